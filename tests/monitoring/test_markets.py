"""A failure keeps which service line, segment and region it was about: told by the record, its deal, or its client."""

from collections.abc import Callable
from dataclasses import asdict, astuple
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from uuid_utils.compat import uuid7

from apps.connectors.canonical.markets import Market
from apps.customers.models import Customer
from apps.customers.services import create_customer
from apps.flows.models import Link, Operation, RecordMarket, RecordReference
from apps.monitoring.judging import judge_ledger
from apps.monitoring.markets import markets_of
from apps.monitoring.models import CaseOperation
from apps.tenants import scope
from tests.deals import Deals
from tests.lines import Line
from tests.monitoring.conftest import Blocked

MakeDeals = Callable[..., Deals]
ACME = Market("Data", "Large", "EMEA")


def _says(
    line: Line,
    kind: str,
    key: str,
    market: Market,
    *,
    customer: Customer | None = None,
    name: str = "",
    project: str = "",
) -> str:
    """Keep what a client or a deal of the PSA said of itself; returns our own name of it."""
    business_key = f"{kind}:sandbox_psa:{key}"
    RecordMarket.objects.create(
        customer=customer or line.customer, connection=line.source, canonical_type=kind, business_key=business_key,
        outside_key=key, name=name, project=project, **asdict(market),
    )  # fmt: skip
    return business_key


def _numbered(line: Line, kind: str, outside_key: str, business_key: str) -> None:
    """Let the ERP have a number for a record of ours."""
    Link.objects.create(
        customer=line.customer, connection=line.target, canonical_type=kind, business_key=business_key,
        outside_key=outside_key,
    )  # fmt: skip


def _held(line: Line, kind: str = "TimeEntry", key: str = "1", **refs: str) -> Operation:
    return Operation(
        id=uuid7(), customer_id=line.customer.id, flow_id=line.flow.id, canonical_type=kind,
        business_key=f"{kind}:sandbox_psa:{key}", source_key=key, **refs,
    )  # fmt: skip


def _told(*held: Operation) -> list[Market]:
    found = markets_of(held)
    return [found[one.id] for one in held]


def test_a_client_is_known_by_its_name_and_by_its_number_in_any_system(line: Line) -> None:
    with scope.work_in(line.partner):
        client = _says(line, "Customer", "AC-1", ACME, name="Acme")
        _numbered(line, "Customer", "C-1001", client)
        named = [_held(line, key=word, client_ref=word) for word in ("Acme", "AC-1", "C-1001", "Nobody", "acme")]
        assert _told(*named) == [ACME] * 3 + [Market()] * 2
        assert _told(_held(line, "Customer", "AC-1", client_ref="Acme")) == [ACME]


def test_a_deal_says_it_for_what_follows_from_it_and_the_client_says_the_rest(line: Line) -> None:
    with scope.work_in(line.partner):
        _says(line, "Customer", "AC-1", ACME, name="Acme")
        deal = _says(line, "Opportunity", "OP-1", Market("Cloud"), project="P-1-a")
        _numbered(line, "Project", "P-1", deal)
        RecordReference.objects.create(
            customer=line.customer, connection=line.source, canonical_type="Contract", field="opportunity",
            business_key="Contract:sandbox_psa:AG-1", to_type="Opportunity", outside_key="OP-1",
        )  # fmt: skip
        follows = Market("Cloud", "Large", "EMEA")
        assert _told(
            _held(line, project_ref="P-1", client_ref="Acme"),
            _held(line, project_ref="P-1-a", client_ref="Acme"),
            _held(line, "Contract", "AG-1", client_ref="Acme"),
            _held(line, "Opportunity", "OP-1", client_ref="Acme"),
            _held(line, project_ref="P-2", client_ref="Acme"),
            _held(line, "Contract", "AG-2"),
        ) == [follows, follows, follows, follows, ACME, Market()]


def test_what_is_not_sure_is_not_known(line: Line) -> None:
    with scope.work_in(line.partner):
        _says(line, "Customer", "AC-1", Market("Data", region="EMEA"), name="Acme")
        _says(line, "Customer", "AC-2", Market("Web", region="EMEA"), name="Acme")
        assert _told(_held(line, client_ref="Acme")) == [Market(region="EMEA")], "two clients of one name"
        deal = _says(line, "Opportunity", "OP-1", Market("Cloud"))
        _numbered(line, "Customer", "C-7", deal)
        assert _told(_held(line, client_ref="C-7")) == [Market()], "the deal a client was made from is but one of its"
        assert _told(_held(line)) == [Market()], "it names nobody"


def test_another_customers_client_of_the_same_name_says_nothing(line: Line) -> None:
    with scope.work_in(line.partner):
        stranger = create_customer(name="Somebody else")
        _says(line, "Customer", "AC-1", ACME, customer=stranger, name="Acme")
        assert _told(_held(line, client_ref="Acme"), _held(line, client_ref="AC-1")) == [Market()] * 2


@pytest.mark.parametrize(("records", "queries"), [(0, 0), (1, 1), (300, 1)])
def test_however_many_fail_one_query_is_asked(line: Line, records: int, queries: int) -> None:
    with scope.work_in(line.partner):
        held = [_held(line, key=str(n), project_ref=f"P-{n % 40}", client_ref=f"c {n % 90}") for n in range(records)]
        assert RecordMarket.objects.count() == 0  # the scope is entered with the first question
        with CaptureQueriesContext(connection) as asked:
            assert len(markets_of(held)) == records
        assert len(asked) == queries
        with CaptureQueriesContext(connection) as asked:
            markets_of([_held(line)])
        assert len(asked) == 0, "a record that names nobody asks nothing"


def test_a_failure_keeps_what_was_known_when_it_was_judged(blocked: Blocked) -> None:
    with scope.work_in(blocked.line.partner):
        assert set(CaseOperation.objects.values_list("service_line", "segment", "region")) == {("", "", "")}
        record = Operation.objects.filter(flow=blocked.line.flow, state="rejected").exclude(client_ref="")[0]
        _says(blocked.line, "Customer", "AC-1", ACME, name=record.client_ref)
        Operation.objects.filter(id=record.id).update(changed_at=timezone.now())
    blocked.judge()
    with scope.work_in(blocked.line.partner):
        RecordMarket.objects.update(service_line="Web")
    blocked.judge()
    with scope.work_in(blocked.line.partner):
        kept = CaseOperation.objects.filter(operation=record.id).order_by("failed_at")
        assert list(kept.values_list("service_line", "segment", "region")) == [("", "", ""), astuple(ACME)]


def test_a_deal_that_stops_and_the_time_on_its_project_are_about_its_service_line(make_deals: MakeDeals) -> None:
    deals = make_deals()
    deals.run()
    deals.run()  # reads them once more, with the projects that they became
    begun = [deal["id"] for deal in deals.won()]
    deals.faults("workspace", forbidden=1)
    deals.win(*deals.open_deals()[:2])
    deals.run()
    told = {deal["id"]: (deal["service_line"], deal["account"]["segment"], deal["region"]) for deal in deals.won()}
    with scope.work_in(deals.partner):
        stopped = {line.id: line.source_key for line in Operation.objects.filter(state="rejected")}
        assert set(stopped.values()) == set(told) - set(begun)
        late = {_on_project_of(key, next(iter(stopped))): key for key in begun}
        judge_ledger()
        kept = {row.operation_id: (row.service_line, row.segment, row.region) for row in CaseOperation.objects.all()}
        assert kept == {line: told[key] for line, key in (stopped | late).items()}


def _on_project_of(deal: str, example: UUID) -> UUID:
    """Add a time entry that was refused, on the project that a deal became."""
    entry = Operation.objects.get(id=example)
    entry.id, entry.canonical_type, entry.business_key = uuid7(), "TimeEntry", f"TimeEntry:sandbox_psa:{deal}"
    entry.client_ref, entry.project_ref = "somebody", f"P-{deal}"
    entry.save(force_insert=True)
    return entry.id


@pytest.fixture
def line(make_line: Callable[..., Line]) -> Line:
    """Return a customer with two systems and the flow between them, never run."""
    return make_line()
