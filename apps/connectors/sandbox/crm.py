"""The sandbox CRM: accounts and the deals with them; a deal that is won is announced to whoever listens."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from apps.connectors.sandbox import rules, tokens
from apps.connectors.sandbox import shown_invoices as invoices
from apps.connectors.sandbox.deals import OPEN_STAGES, account_part
from apps.connectors.sandbox.desk import Deed, Desk, Kind
from apps.connectors.sandbox.faults import Faults
from apps.connectors.sandbox.firm import Firm, instant_text
from apps.connectors.sandbox.replies import answer
from apps.connectors.sandbox.rules import Problem
from apps.connectors.sandbox.store import Company, Record, Store

DEALS = "opportunities"
_STAGES = (*OPEN_STAGES, "won", "lost")
_BILLING = ("time_material", "fixed_fee", "milestone", "retainer", "recurring")
_ACCOUNT_FIELDS = (
    "id",
    "external_id",
    "name",
    "legal_name",
    "country",
    "region",
    "segment",
    "currency",
    "tax_id",
    "invoice_email",
    "payment_terms_days",
    "parent_id",
)
_DEAL_FIELDS = (
    "id",
    "external_id",
    "name",
    "account_id",
    "account_name",
    "stage",
    "probability",
    "amount",
    "currency",
    "close_date",
    "won_at",
    "lost_reason",
    "service_line",
    "legal_entity",
    "region",
    "owner",
    "owner_name",
    "billing_kind",
    "budget_hours",
    "starts",
    "ends",
    "po_number",
    "account",
    "exported",
    "exported_at",
    "project_code",
    "note",
)
_YES_NO: tuple[Any, ...] = (True, False)
_LONGEST = {"name": 255, "note": 2000, "project_code": 40, "external_id": 200}
_DEAL_REQUIRED, _ACCOUNT_REQUIRED = ("name", "account_id", "stage"), ("name",)
_DEAL_CHOICES = {"stage": _STAGES, "billing_kind": _BILLING, "exported": _YES_NO}
KINDS = {
    DEALS: Kind(
        "id",
        ("id", "name", "account_name", "stage", "amount", "currency", "close_date", "exported"),
        prefix="OP-N",
        own_key="external_id",
        renamed=("stage", "phase"),
        money="amount",
        counted=("stage", "won"),
        fields=_DEAL_FIELDS,
        required=_DEAL_REQUIRED,
        choices={name: those for name, those in _DEAL_CHOICES.items() if those != _YES_NO},
        longest=_LONGEST,
    ),
    "accounts": Kind(
        "id",
        ("id", "name", "country", "tax_id", "currency"),
        prefix="AC-N",
        own_key="external_id",
        fields=_ACCOUNT_FIELDS,
        required=_ACCOUNT_REQUIRED,
        longest=_LONGEST,
    ),
    invoices.INVOICES: invoices.KIND,
}


class Crm(Desk):
    """One request to one company's CRM."""

    slug, title, main = "crm", "Sandbox CRM", DEALS
    kinds = KINDS
    event = "opportunity.won"
    hands_out_tokens = True

    @classmethod
    def fill(cls, store: Store, company: Company, firm: Firm) -> None:
        """Store all records of a new company."""
        cls.fill_kind(store, company, "accounts", firm.accounts, instant_text(firm.as_of))
        by_change = sorted(firm.opportunities, key=lambda deal: str(deal["modified_at"]))
        cls.fill_kind(store, company, DEALS, by_change, instant_text(firm.as_of))

    @classmethod
    def admits(cls, company: Company, faults: Faults, offered: str) -> bool:
        """Return whether an Authorization header carries an access token that still holds."""
        scheme, _, token = offered.partition(" ")
        life = faults.seconds("token_seconds")
        return scheme == "Bearer" and tokens.holds(company, token, seconds=life, now=time.time())

    def deeds(self, kind: str, record: Record) -> list[Deed]:
        """Return what a person can do with a record besides changing its fields."""
        is_open = kind == DEALS and record.get("stage") in OPEN_STAGES
        return [Deed("win", "Mark this deal as won")] if is_open else []

    def do(self, deed: str, kind: str, key: str) -> web.Response:
        """Do what `deeds` offered."""
        return self.win([key]) if (deed, kind) == ("win", DEALS) else super().do(deed, kind, key)

    def win(self, keys: list[str]) -> web.Response:
        """Win deals, as their owners do; whoever listens is told about those that were not won before."""
        for key in keys:
            with self._store.change():
                verdict = self.write(DEALS, {"stage": "won"}, key="", target=key)
            if verdict.status >= 400:
                return verdict.response()
        return answer({"won": keys})

    def prepared(self, kind: str, record: Record, number: int) -> Record:
        """Return a new record with what the system adds by itself."""
        if kind == invoices.INVOICES:
            return invoices.settled(record)
        if kind != DEALS:
            return record
        return self.completed(kind, {}, {"stage": OPEN_STAGES[0], "exported": False, **record})

    def completed(self, kind: str, before: Record, changed: Record) -> Record:
        """Winning sets its moment, handing over its own; a deal shows its account as that is now."""
        if kind == invoices.INVOICES:
            return invoices.settled(changed)
        if kind != DEALS:
            return changed
        now = instant_text(datetime.now(UTC))
        follows: Record = {}
        if changed.get("stage") == "won" and before.get("stage") != "won":
            follows |= {"won_at": now, "probability": 1, "close_date": now[:10]}
        if bool(changed.get("exported")) != bool(before.get("exported")):
            follows["exported_at"] = now if changed.get("exported") else None
        account = self.look_up("accounts", str(changed.get("account_id") or ""))
        if account is not None:
            follows |= {"account": account_part(account), "account_name": account["name"]}
        return {**changed, **follows}

    def judge(self, kind: str, record: Record) -> list[Problem]:
        """Return everything wrong with a record that is new or changed."""
        if kind == invoices.INVOICES:
            return invoices.problems_of(record)
        if kind == "accounts":
            found = rules.missing(record, _ACCOUNT_REQUIRED) + rules.unknown(record, _ACCOUNT_FIELDS)
            found += rules.too_long(record, _LONGEST) + rules.country(record) + rules.currency(record)
            found += rules.amounts(record, ("payment_terms_days",))
            return found + rules.unknown_parent(record, "parent_id", lambda number: self.look_up("accounts", number))
        found = rules.missing(record, _DEAL_REQUIRED) + rules.unknown(record, _DEAL_FIELDS)
        found += rules.too_long(record, _LONGEST) + rules.currency(record)
        found += rules.amounts(record, ("amount", "budget_hours"))
        found += rules.choices(record, _DEAL_CHOICES)
        if record.get("account_id") and self.look_up("accounts", str(record["account_id"])) is None:
            found.append(Problem("unknown_account", "account_id", f"Account {record['account_id']} does not exist"))
        return found

    def noted(self, kind: str, before: Record | None, record: Record) -> None:
        """Announce a deal that was won; show a changed account in its deals."""
        if kind == "accounts":
            self._show_in_deals(record)
        elif kind == DEALS and record.get("stage") == "won" and (before is None or before.get("stage") != "won"):
            self._announce(
                {"type": self.event, "object": DEALS, "key": record["id"], "occurred_at": record["modified_at"]}
            )

    def _show_in_deals(self, account: Record) -> None:
        """A deal shows parts of its account, so a corrected account changes its deals too."""
        for deal in list(self._store.every(self._company, DEALS)):
            if deal.get("account_id") == account["id"] and deal.get("account") != account_part(account):
                self.save(DEALS, {**deal, "account": account_part(account), "account_name": account["name"]})


def hand_out_token(company: Company, faults: Faults, headers: Mapping[str, str], body: bytes) -> web.Response:
    """Answer a token request (RFC 6749, 4.4 and 5.2)."""
    if faults.strikes("wrong_credentials") or not tokens.may_buy(company, headers, body):
        return answer({"error": "invalid_client", "error_description": "Client id or secret is wrong"}, status=401)
    if not tokens.wants_client_credentials(body):
        return answer({"error": "unsupported_grant_type"}, status=400)
    life = faults.seconds("token_seconds")
    token = tokens.hand_out(company, time.time())
    return answer({"access_token": token, "token_type": "Bearer", "expires_in": int(life)})
