"""SAP Concur: reports as the expenses they hold, and nothing of anybody's bank account."""

from decimal import Decimal
from typing import Any

import pytest
from aiohttp import web

from apps.connectors.auth import build_signer
from apps.connectors.auth_spec import AuthScheme, AuthSpec
from apps.connectors.catalog.concur.connector import CONNECTOR
from apps.connectors.catalog.concur.details import DetailsError, divided, read_details
from apps.connectors.catalog.concur.manifest import EXPENSES, MANIFEST
from apps.connectors.contract import SourceRecord
from apps.connectors.errors import BusinessClass, RetryableError
from tests.connectors.catalog import concur_stand_in as concur
from tests.connectors.catalog.canonical_reading import read_canonical
from tests.connectors.conftest import door_to

HALVES = [
    {"id": "a1", "percentage": "33.33000000%", "customs": {"Custom5": "NW-201"}},
    {"id": "a2", "percentage": "66.67000000%"},
]
READ: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "an expense": ({}, {
        "resource": "robin@brightforge.example", "resource_name": "Robin Vale", "project": "NW-101", "category": "Train",
        "spent_on": "2026-10-30", "amount": Decimal("42.5"), "currency": "EUR", "approval": "approved", "note": "Workshop",
        "updated_at": "2026-11-02 08:00:00+00:00",
    }),
    "cut down when it was approved": ({"approved": "40.00000000"}, {"amount": Decimal(40)}),
    "without a project": ({"customs": {}}, {"project": None}),
}  # fmt: skip


async def _read(
    system: concur.ConcurStandIn, *keys: str, settings: dict[str, str] | None = None
) -> tuple[SourceRecord, ...]:
    signer = build_signer(AuthSpec(AuthScheme.BEARER), {"token": concur.ACCESS_TOKEN})
    chosen = settings or {"project_field": "Custom5.Code"}
    async with system.serve() as url, CONNECTOR(MANIFEST, door_to(url, auth=signer), chosen) as connector:
        pages = [page async for page in connector.read("expenses", None, keys)]
    assert system.violations == []
    return tuple(record for page in pages for record in page.records)


@pytest.mark.parametrize(("changes", "told"), READ.values(), ids=READ.keys())
@pytest.mark.parametrize("named", [False, True], ids=["in the list", "by key"])
async def test_an_expense_is_read(changes: dict[str, Any], told: dict[str, Any], named: bool) -> None:
    system = concur.ConcurStandIn()
    row = system.enter("expenses", **{**concur.entry(1), **changes})
    (record,) = await _read(system, *([row["id"]] if named else []))
    canonical = read_canonical(EXPENSES, dict(record.values))
    shown = {name: value if isinstance(value := canonical.get(name), Decimal | None) else str(value) for name in told}
    assert shown == told
    assert concur.BANK_ACCOUNT not in repr(record)


async def test_what_is_divided_or_itemized_is_read_part_by_part() -> None:
    system = concur.ConcurStandIn()
    system.enter("expenses", id="R1:E1", **{**concur.entry(1), "amount": "10.00000000", "shares": HALVES})
    items = [{"amount": "30.0", "category": "Room"}, {"amount": "12.5", "category": "Breakfast"}]
    system.enter("expenses", id="R1:E2", **{**concur.entry(1), "itemized": items})
    system.enter("expenses", id="R1:E3", **{**concur.entry(1), "personal": True})
    records = await _read(system)
    assert [(r.key, r.values["amount"], r.values["category"], r.values["project"]) for r in records] == [
        ("R1:E1:a1", "3.33", "Train", "NW-201"),
        ("R1:E1:a2", "6.67", "Train", "NW-101"),
        ("R1:E20", "30.0", "Room", "NW-101"),
        ("R1:E21", "12.5", "Breakfast", "NW-101"),
    ]
    assert [r.key for r in await _read(system, "R1:E1:a2", "R1", "R2:E1", "../x:1")] == ["R1:E1:a2"]


async def test_a_report_that_is_not_approved_is_left_out() -> None:
    system = concur.ConcurStandIn()
    row = system.enter("expenses", **concur.entry(1, ApprovalStatusCode="A_PEND"))
    assert await _read(system) == ()
    assert await _read(system, row["id"]) == ()


async def test_the_project_stands_where_the_connection_says() -> None:
    system = concur.ConcurStandIn()
    system.enter("expenses", **{**concur.entry(1), "customs": {"Custom1": "A-1", "Custom5": "NW-101"}})
    told = [(await _read(system, settings={"project_field": field}))[0] for field in (" Custom5.Value ", "", "Custom9")]
    assert [record.values["project"] for record in told] == ["Audit", "A-1", None]


DIVIDED: dict[str, tuple[str | None, list[str | None], str, list[str | None]]] = {
    "what rounding leaves over goes to the last": (
        "100.00", ["33.33330000%", "33.33330000%", "33.33340000%"], "EUR", ["33.33", "33.33", "33.34"],
    ),
    "a currency without cents": ("101", ["50%", "50%"], "JPY", ["51", "50"]),
    "shares that are not the whole": ("100", ["50%", "40%"], "EUR", [None, None]),
    "a share that does not say": ("100", [None, "100%"], "EUR", [None, None]),
    "no amount": (None, ["50%", "50%"], "EUR", [None, None]),
    "an amount that is none": ("Infinity", ["50%", "50%"], "EUR", [None, None]),
}  # fmt: skip


@pytest.mark.parametrize(("amount", "percentages", "currency", "parts"), DIVIDED.values(), ids=DIVIDED.keys())
def test_an_amount_is_divided_to_the_cent(
    amount: str | None, percentages: list[str | None], currency: str, parts: list[str | None]
) -> None:
    assert divided(amount, percentages, currency) == parts


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<ReportDetails><ReportID>",
        b"<Error/>",
        b"<!DOCTYPE x [<!ENTITY a 'b'>]><ReportDetails>&a;</ReportDetails>",
    ],
    ids=["nothing", "cut short", "another document", "entities"],
)
def test_a_document_that_is_no_report_is_refused(body: bytes) -> None:
    with pytest.raises(DetailsError):
        read_details(body)


async def test_details_that_are_cut_short_are_read_again_later() -> None:
    class CutShort(concur.ConcurStandIn):
        async def routed(self, request: web.Request) -> web.StreamResponse:
            answer = await super().routed(request)
            assert isinstance(answer, web.Response)
            if answer.content_type == "application/xml" and isinstance(answer.body, bytes):
                answer.body = answer.body[:200]
            return answer

    system = CutShort()
    system.enter("expenses", **concur.entry(1))
    with pytest.raises(RetryableError, match="cut short") as caught:
        await _read(system)
    assert (caught.value.business_class, caught.value.ambiguous) == (BusinessClass.PARSE, False)
