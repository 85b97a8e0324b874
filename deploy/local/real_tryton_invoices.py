"""Customer invoices of a real Tryton: books opened, invoices posted, credited, cancelled and paid there, then read by us.

The books are made for the proof and gone with it: the database is put back before the next one (real_systems.py).
"""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from apps.connectors.auth import build_signer
from apps.connectors.canonical.registry import canonical_type
from apps.connectors.catalog.tryton.connector import CONNECTOR
from apps.connectors.catalog.tryton.manifest import INVOICE, MANIFEST
from apps.connectors.contract import Connector, SourceRecord
from apps.connectors.errors import FieldProblem, RemoteError
from apps.connectors.http import Door
from apps.connectors.protocols.rest_reading import source_record
from apps.connectors.rate_budget import NoBudget
from apps.flows.engine.steps.extract import ExtractStep
from apps.flows.mapping.compile import compile_mapping
from apps.flows.mapping.layers import merge_layers
from deploy.local.real_checks import Check
from deploy.local.real_firm import COMPANY, CURRENCY, PROJECTS
from deploy.local.real_http import AnswerError
from deploy.local.real_tryton import Tryton, decimal_value, tryton_date

INSTALMENTS = (30, 60)  # days after the invoice, half of it each
PRICE, TAX_RATE = Decimal("130.00"), Decimal("0.19")
_TRAVEL = Decimal("12.3456")  # more decimals than the currency has, and no tax on it
_BILLED, _CREDITED, _WITHDRAWN = Decimal("12.5"), Decimal("-2.25"), Decimal(3)


class Books:
    """The accounts of the firm's company. `client` is the party that its invoices go to."""

    def __init__(self, tryton: Tryton) -> None:
        self._call = tryton.administrator(company=None)
        self._company = self._first("company.company", [])
        self._call = tryton.administrator(self._company)
        self.day = datetime.now(UTC).date()
        self.client = self._first("party.party", [["name", "=", PROJECTS[0].client]])

    def open(self) -> None:
        """Make accounts, tax, terms, the fiscal year and its numbers: what posting an invoice needs."""
        self._receivable = self._account("Receivable", "balance", {"receivable": True, "assets": True}, reconcile=True)
        self._revenue = self._account("Revenue", "income", {"revenue": True})
        self._cash = self._account("Cash", "balance", {"assets": True})
        owed = self._account("Tax owed", "balance", {})
        both = {"invoice_account": owed, "credit_note_account": owed}
        tax = {"name": "VAT", "description": "VAT", "type": "percentage", "rate": decimal_value(TAX_RATE)}
        self._tax = self._make("account.tax", {**tax, **both, "company": self._company})
        self._term = self._make(
            "account.invoice.payment_term", {"name": "Two halves", "lines": [["create", _halves()]]}
        )
        self._address = self._make("party.address", {"party": self.client, "street": "Harbour 1"})
        self._open_year()
        # Without it Tryton lets nobody cancel a posted customer invoice, only credit it.
        self._call("company.company", "write", [self._company], {"cancel_invoice_out": True})

    def bill(self, hours: Decimal, *, post: bool = True) -> int:
        """Enter a customer invoice over hours, a comment and travel, and post it; returns its number in the database."""
        sign = 1 if hours > 0 else -1
        each: dict[str, Any] = {"currency": self._currency, "company": self._company}
        billed = {**each, "type": "line", "account": self._revenue}
        lines = [
            {**billed, "description": "Consulting", "quantity": float(hours), "unit_price": decimal_value(PRICE),
             "taxes": [["add", [self._tax]]]},
            {**each, "type": "comment", "description": "As agreed"},
            {**billed, "description": "Travel", "quantity": float(sign), "unit_price": decimal_value(_TRAVEL)},
        ]  # fmt: skip
        journal = self._first("account.journal", [["type", "=", "revenue"]])
        values = {
            **each, "type": "out", "party": self.client, "invoice_address": self._address, "account": self._receivable,
            "journal": journal, "payment_term": self._term, "invoice_date": tryton_date(self.day if post else None),
            "reference": "PO-77", "lines": [["create", lines]],
        }  # fmt: skip
        number = self._make("account.invoice", values)
        if post:
            self._call("account.invoice", "post", [number])
        return number

    def cancel(self, invoice: int) -> None:
        """Cancel a posted invoice."""
        self._call("account.invoice", "cancel", [invoice])

    def pay(self, invoice: int, amount: Decimal) -> None:
        """Pay an invoice whole, in cash, by the wizard that people use."""
        method = self._make(
            "account.invoice.payment.method",
            {
                "company": self._company, "name": "Cash", "journal": self._first("account.journal", [["type", "=", "cash"]]),
                "credit_account": self._cash, "debit_account": self._cash,
            },
        )  # fmt: skip
        start = {
            "payee": self.client, "payees": [self.client], "amount": decimal_value(amount), "currency": self._currency,
            "company": self._company, "invoice_account": self._receivable, "payment_method": method,
            "date": tryton_date(self.day),
        }  # fmt: skip
        wizard = "wizard.account.invoice.pay"
        session = self._call(wizard, "create")[0]
        active = {"active_model": "account.invoice", "active_id": invoice, "active_ids": [invoice]}
        self._call(wizard, "execute", session, {"start": start}, "choice", **active)

    @property
    def _currency(self) -> int:
        return self._first("currency.currency", [["code", "=", CURRENCY]])

    def _account(self, name: str, statement: str, kind: dict[str, bool], *, reconcile: bool = False) -> int:
        shared = {"name": name, "company": self._company}
        type_id = self._make("account.account.type", {**shared, "statement": statement, **kind})
        values = {**shared, "code": name, "type": type_id, "reconcile": reconcile, "party_required": reconcile}
        return self._make("account.account", values)

    def _open_year(self) -> None:
        moves, invoices = (self._numbers(name) for name in ("Account Move", "Invoice"))
        kinds = ("out_invoice_sequence", "out_credit_note_sequence", "in_invoice_sequence", "in_credit_note_sequence")
        given = {"company": self._company, **dict.fromkeys(kinds, invoices)}
        values = {
            "name": str(self.day.year), "company": self._company, "move_sequence": moves,
            "start_date": tryton_date(date(self.day.year, 1, 1)), "end_date": tryton_date(date(self.day.year, 12, 31)),
            "invoice_sequences": [["create", [given]]],
        }  # fmt: skip
        self._call("account.fiscalyear", "create_period", [self._make("account.fiscalyear", values)], 1)

    def _numbers(self, sort: str) -> int:
        sequence_type = self._first("ir.sequence.type", [["name", "=", sort]])
        values = {"name": sort, "sequence_type": sequence_type, "company": self._company}
        return self._make("ir.sequence.strict", values)

    def _make(self, model: str, values: dict[str, Any]) -> int:
        return int(self._call(model, "create", [values])[0])

    def _first(self, model: str, domain: list[Any]) -> int:
        return int(self._call(model, "search", domain, 0, 1, None)[0])


@dataclass
class InvoiceProof:
    """Walks the story once: four invoices entered, three of them read, one of those paid and read again."""

    tryton: Tryton
    checks: list[Check] = field(default_factory=list)

    async def run(self) -> list[Check]:
        """Do everything in order and return the checks."""
        books = Books(self.tryton)
        books.open()
        billed, credited, withdrawn = (books.bill(hours) for hours in (_BILLED, _CREDITED, _WITHDRAWN))
        books.bill(_BILLED, post=False)
        books.cancel(withdrawn)
        records, checkpoint = await self._read(None)
        told = {record.key: _canonical(record)[0] for record in records}
        self._check("invoices: read are those with a number", set(told), {str(billed), str(credited), str(withdrawn)})
        self._check("invoices: every value can be read", [each for r in records for each in _canonical(r)[1]], [])
        if not all(check.holds for check in self.checks):
            return self.checks
        due = books.day + timedelta(days=INSTALMENTS[-1])
        self._compare(told[str(billed)], _BILLED, ("invoice", "posted", due), books.day)
        self._compare(told[str(credited)], _CREDITED, ("credit", "posted", due), books.day)
        self._compare(told[str(withdrawn)], _WITHDRAWN, ("invoice", "void", due), books.day)
        await self._pay(books, billed, told[str(billed)], checkpoint, {(r.key, r.version) for r in records})
        return self.checks

    def _compare(self, one: dict[str, Any], hours: Decimal, wanted: tuple[str, str, date], today: date) -> None:
        name = f"invoices: {wanted[0]}, {wanted[1]}"
        self._check(f"{name}: kind, state, due", (one["kind"], one["state"], one.get("due_date")), wanted)
        self._check(f"{name}: net, tax, gross", (one["net"], one["tax"], one["gross"]), _amounts(hours))
        nets = [Decimal(line["net"]) for line in one["lines"]]
        self._check(f"{name}: lines, without the comment", (len(nets), sum(nets)), (2, one["net"]))
        problems = [each for rule in canonical_type("Invoice").checks for each in rule.find(one, today)]
        self._check(f"{name}: nothing to complain of", problems, [])

    async def _pay(self, books: Books, paid: int, before: dict[str, Any], checkpoint: Any, known: set[Any]) -> None:
        self._check("invoices: all is still to be paid", before["open_amount"], before["gross"])
        async with self._connector() as connector:
            found = await connector.find(INVOICE.name, [before["number"], "no such number"])
        self._check("invoices: found by number", {n: r.key for n, r in found.items()}, {before["number"]: str(paid)})
        books.pay(paid, before["gross"])
        records, _ = await self._read(checkpoint)
        news = [_canonical(record)[0] for record in records if (record.key, record.version) not in known]
        states = [(one["id"], one["state"], one["open_amount"]) for one in news]
        self._check("invoices: a paid one comes alone", states, [(str(paid), "paid", Decimal(0))])

    async def _read(self, checkpoint: Any) -> tuple[list[SourceRecord], Any]:
        async with self._connector() as connector:
            pages = [page async for page in connector.read(INVOICE.name, checkpoint)]
        return [record for page in pages for record in page.records], pages[-1].checkpoint

    def _connector(self) -> Connector:
        """Return the catalogue's connector, as the product opens it but for the database."""
        settings = {"company": COMPANY}
        door = Door(
            base_url=self.tryton.address,
            auth=build_signer(MANIFEST.auth, {"token": self.tryton.key}, settings),
            limits=MANIFEST.limits,
            allow=(f"127.0.0.1:{self.tryton.server.port}",),
            budget=NoBudget(),
            system=MANIFEST.slug,
        )
        return CONNECTOR(MANIFEST, door, settings)

    def _check(self, name: str, found: object, wanted: object) -> None:
        holds = found == wanted
        self.checks.append(Check(name, holds, str(found)[:60] if holds else f"{found}, expected {wanted}"))


def prove_invoices(tryton: Tryton) -> list[Check]:
    """Run the checks on a Tryton that runs and holds the firm."""
    proof = InvoiceProof(tryton)
    try:
        return asyncio.run(proof.run())
    except (AnswerError, RemoteError) as error:
        return [*proof.checks, Check("invoices", holds=False, found=str(error))]


def _halves() -> list[dict[str, Any]]:
    first, last = ([["create", [{"days": days}]]] for days in INSTALMENTS)
    half = {"ratio": decimal_value(Decimal("0.5")), "divisor": decimal_value(Decimal(2))}
    return [
        {"type": "percent_on_total", **half, "sequence": 1, "relativedeltas": first},
        {"type": "remainder", "sequence": 2, "relativedeltas": last},
    ]


def _amounts(hours: Decimal) -> tuple[Decimal, Decimal, Decimal]:
    """Return what an invoice over these hours is, by our own arithmetic: net, tax, gross."""
    cent = Decimal("0.01")
    travel = _TRAVEL.quantize(cent) if hours > 0 else -_TRAVEL.quantize(cent)
    net, tax = hours * PRICE + travel, (hours * PRICE * TAX_RATE).quantize(cent)
    return net, tax, net + tax


def _canonical(record: SourceRecord) -> tuple[dict[str, Any], tuple[FieldProblem, ...]]:
    """Return what the manifest's own lines make of a record, and what could not be read of it."""
    described = canonical_type(INVOICE.canonical_type)
    lines = compile_mapping(
        merge_layers(INVOICE.reading_lines), source_fields=INVOICE.fields, target_fields=described.fields
    )
    return ExtractStep(described, lines).plan(source_record(INVOICE, dict(record.values)))
