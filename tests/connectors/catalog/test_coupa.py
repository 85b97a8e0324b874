"""Coupa: reports as the expenses they hold, what is asked for by key, and records as the canonical model has them."""

from decimal import Decimal
from typing import Any

import pytest

from apps.connectors.auth import build_signer
from apps.connectors.auth_spec import AuthScheme, AuthSpec
from apps.connectors.catalog.coupa.connector import CONNECTOR
from apps.connectors.catalog.coupa.lines import expenses_of, line_of
from apps.connectors.catalog.coupa.manifest import EXPENSES, MANIFEST, USERS
from apps.connectors.contract import SourceRecord
from tests.connectors.catalog import coupa_stand_in as coupa
from tests.connectors.catalog.canonical_reading import read_canonical
from tests.connectors.conftest import door_to

SHARES = [
    {"id": 1, "amount": "30.00", "account": {"segment-2": "NW-101"}},
    {"id": 2, "amount": "12.50", "account": {"segment-2": "NW-102"}},
]
READ: dict[str, tuple[dict[str, Any], str, dict[str, Any]]] = {
    "a line": ({}, "approved_for_payment", {
        "resource": "robin@brightforge.example", "resource_name": "Robin Vale", "project": "NW-101", "category": "Travel",
        "spent_on": "2026-10-30", "amount": Decimal("42.50"), "currency": "EUR", "report_no": "501", "approval": "approved",
    }),
    "cut down when it was approved": ({"approved-amount": "40.00"}, "approved_for_payment", {"amount": Decimal(40)}),
    "approved with nothing": ({"approved-amount": "0.00"}, "approved_for_payment", {"amount": Decimal(0)}),
    "in a draft": ({}, "draft", {"approval": "open"}),
    "on its way": ({}, "pending_approval", {"approval": "submitted"}),
    "in a state that is not known": ({}, "pending_audit", {"approval": "submitted"}),
    "refused": ({}, "rejected", {"approval": "rejected"}),
    "on no account": ({"account": None}, "approved_for_payment", {"project": None}),
}  # fmt: skip


async def _read(system: coupa.CoupaStandIn, *keys: str, project_field: str = "account.segment-2") -> list[SourceRecord]:
    signer = build_signer(AuthSpec(AuthScheme.BEARER), {"token": system.bearer})
    settings = {"project_field": project_field}
    async with system.serve() as url, CONNECTOR(MANIFEST, door_to(url, auth=signer), settings) as connector:
        pages = [page async for page in connector.read("expense_lines", None, keys)]
    assert system.violations == []
    return [record for page in pages for record in page.records]


@pytest.mark.parametrize(("changes", "status", "told"), READ.values(), ids=READ.keys())
@pytest.mark.parametrize("named", [False, True], ids=["in the list", "by key"])
async def test_an_expense_is_read(changes: dict[str, Any], status: str, told: dict[str, Any], named: bool) -> None:
    system = coupa.CoupaStandIn()
    row = system.enter("expense_lines", **{**coupa.line(1), **changes})
    system.statuses[row["report"]] = status
    (record,) = await _read(system, *([str(row["id"])] if named else []))
    canonical = read_canonical(EXPENSES, dict(record.values))
    assert {name: _plain(canonical.get(name)) for name in told} == told


async def test_a_line_that_is_split_is_an_expense_for_each_share() -> None:
    system = coupa.CoupaStandIn()
    whole = system.enter("expense_lines", **coupa.line(1, report=7))
    split = system.enter("expense_lines", **{**coupa.line(2, report=7), "account": None, "account-allocations": SHARES})
    first, second = f"{split['id']}-1", f"{split['id']}-2"
    everything = await _read(system)
    assert [
        (record.key, record.values["amount"], record.values["project"], record.version) for record in everything
    ] == [
        (str(whole["id"]), "42.50", "NW-101", everything[0].version),
        (first, "30.00", "NW-101", everything[0].version),
        (second, "12.50", "NW-102", everything[0].version),
    ]
    assert [record.key for record in await _read(system, second, "nobody", "1", "-3")] == [second]


@pytest.mark.parametrize(
    ("field", "project"),
    [("", "6600-NW-101"), (" account.segment-2 ", "NW-101"), ("account", None), ("custom-fields.job", None)],
    ids=["none named", "named with blanks", "a group of fields", "one that the line has not"],
)
async def test_the_project_stands_where_the_connection_says(field: str, project: str | None) -> None:
    system = coupa.CoupaStandIn()
    system.enter("expense_lines", **coupa.line(1))
    (record,) = await _read(system, project_field=field)
    assert record.values["project"] == project


@pytest.mark.parametrize("shares", [[], [{"amount": "1.00"}]], ids=["whole", "split"])
def test_a_line_without_a_number_is_still_handed_out(shares: list[dict[str, str]]) -> None:
    lines = [{"amount": "1.00", "account-allocations": shares}, {"amount": "2.00"}, "odd"]
    report = SourceRecord("expense_lines", "7", "v", {"id": 7, "expense-lines": lines})
    first, second = expenses_of(report, "account.code")
    assert first.key.startswith("unnumbered-")
    assert (first.key != second.key, first.values["id"], first.values["report"]) == (True, "", {"id": 7})


@pytest.mark.parametrize(
    ("key", "line"),
    [("77", "77"), ("77-12", "77"), ("", ""), ("a-7", ""), ("٧", "")],
    ids=["line", "share", "", "a", "٧"],
)
def test_a_key_names_its_line(key: str, line: str) -> None:
    assert line_of(key) == line


def test_a_person_is_read() -> None:
    canonical = read_canonical(USERS, {"id": 9, "updated-at": "2026-10-30T09:15:30-07:00", **coupa.person(4)})
    told = {"id": "9", "employee_no": "0004", "name": "Robin Vale 4", "active": False}
    assert {name: canonical[name] for name in told} == told
    assert str(canonical["updated_at"]) == "2026-10-30 16:15:30+00:00"


def _plain(value: Any) -> Any:
    return value if isinstance(value, Decimal | None) else str(value)
