"""What records from before an upgrade named is filled in from what is still kept: once, in portions, and under nothing newer."""

from collections.abc import Callable
from importlib import import_module
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connections, transaction
from django.utils import timezone

from apps.customers import retention
from apps.customers.models import Customer
from apps.dispatch.models import DueWork, Queue
from apps.dispatch.services import enqueue
from apps.dispatch.worker import drain
from apps.flows.models import Batch, EarlierRecords, Operation, RecordMarket, RecordReference
from apps.flows.queries.record_keys import find_records
from apps.flows.services import earlier_records
from apps.monitoring.lineage.matter import get_matter
from apps.tenants import scope
from tests.flows.services.killed_workers import Killed
from tests.wiring import Wired

MakeWired = Callable[..., Wired]
Named = dict[str, str]  # business key of a contract: the deal it names


@pytest.fixture
def wired(make_wired: MakeWired) -> Wired:
    """A flow that has carried contracts, each naming a deal, as an earlier version left them: with no reference kept."""
    wired = make_wired("contract-renewal", source="contract", target="crm", roles={"tasks": "support"})
    wired.run()
    return wired


def _named(wired: Wired) -> Named:
    with scope.work_in(wired.partner):
        return dict(RecordReference.objects.values_list("business_key", "outside_key"))


def _as_before_the_upgrade(wired: Wired) -> Named:
    """Forget what records name, as if they had been carried before it was kept; returns what they named."""
    before = _named(wired)
    assert len(before) > 2
    with scope.work_in(wired.partner):
        RecordReference.objects.all().delete()
        EarlierRecords.objects.create(flow_id=wired.flow.id, customer_id=wired.customer.id)
    return before


def _fill_in(wired: Wired) -> EarlierRecords:
    with scope.work_in(wired.partner):
        enqueue(kind=earlier_records.EARLIER_RECORDS_KIND, unique_key="earlier")
    drain(Queue.MAINT, worker="test", seconds=30)
    with scope.work_in(wired.partner):
        assert not DueWork.objects.filter(kind=earlier_records.EARLIER_RECORDS_KIND).exists()
        return EarlierRecords.objects.get(flow_id=wired.flow.id)


def test_earlier_records_are_found_by_what_they_name_and_their_matter_is_followed(wired: Wired) -> None:
    before = _as_before_the_upgrade(wired)
    key, deal = min(before.items())
    with scope.work_in(wired.partner):
        assert find_records(deal) == []
    filled = _fill_in(wired)
    assert _named(wired) == before
    assert (filled.added, filled.finished_at is not None) == (len(before), True)
    assert filled.lines == len(wired.operations())
    with scope.work_in(wired.partner):
        assert key in {line.business_key for line in find_records(deal)}
        assert get_matter(Operation.objects.filter(business_key=key).latest("id")).stages


def test_a_second_pass_changes_nothing(wired: Wired) -> None:
    _as_before_the_upgrade(wired)
    _fill_in(wired)
    with scope.work_in(wired.partner):
        ids = set(RecordReference.objects.values_list("id", flat=True))
        EarlierRecords.objects.update(before=None, finished_at=None, lines=0, added=0)
    assert _fill_in(wired).added == 0
    with scope.work_in(wired.partner):
        assert set(RecordReference.objects.values_list("id", flat=True)) == ids
    ended = _fill_in(wired)
    assert ended.lines == len(wired.operations()), "a flow that was gone through is not looked at again"


def test_a_pass_that_is_killed_goes_on_where_it_was(wired: Wired, monkeypatch: pytest.MonkeyPatch) -> None:
    before = _as_before_the_upgrade(wired)
    monkeypatch.setattr(earlier_records, "PORTION", 1)
    whole, portions = earlier_records._fill_in_portion, []

    def killed_in_the_third(left: EarlierRecords) -> None:
        portions.append(left.before)
        whole(left)
        if len(portions) == 3:
            raise Killed

    monkeypatch.setattr(earlier_records, "_fill_in_portion", killed_in_the_third)
    with pytest.raises(Killed):
        _fill_in(wired)
    with scope.work_in(wired.partner):
        left = EarlierRecords.objects.get()
        assert (left.lines, RecordReference.objects.count()) == (2, left.added), "the third went with its worker"
    with scope.public():
        DueWork.objects.update(state="ready", lease_owner="", lease_until=None)
    filled = _fill_in(wired)
    assert _named(wired) == before
    assert portions[3] == portions[2], "the portion that was lost is done again, no earlier one"
    assert (filled.lines, filled.added) == (len(wired.operations()), len(before))


def test_what_a_record_says_since_is_never_replaced_by_what_it_said_before(wired: Wired) -> None:
    before = _as_before_the_upgrade(wired)
    touched, silent = sorted(before)[:2]
    with scope.work_in(wired.partner):
        RecordReference.objects.create(
            customer=wired.customer, connection=wired.flow.source, canonical_type="Contract", business_key=touched,
            field="opportunity", to_type="Opportunity", outside_key="D-NEW",
        )  # fmt: skip
        # The newest version of another one names no deal any more.
        line = Operation.objects.filter(business_key=silent).latest("id")
        _carried_again(line)
    _fill_in(wired)
    assert _named(wired) == {key: deal for key, deal in before.items() if key != silent} | {touched: "D-NEW"}


def _carried_again(line: Operation) -> None:
    """Write a newer version of a line's record whose contents are not kept."""
    values: dict[str, Any] = {
        field.attname: getattr(line, field.attname) for field in Operation._meta.concrete_fields if field.name != "id"
    }
    Operation.objects.create(**{**values, "source_version": f"{line.source_version}+", "attempts": []})


def test_what_is_not_kept_any_more_stays_unknown(wired: Wired) -> None:
    _as_before_the_upgrade(wired)
    with scope.work_in(wired.partner):
        Batch.objects.update(plan=None, outcome=None, payload_dropped_at=timezone.now())
    assert _fill_in(wired).added == 0
    assert _named(wired) == {}


def test_a_customer_whose_contents_are_not_kept_is_done_at_once(wired: Wired) -> None:
    _as_before_the_upgrade(wired)
    with scope.work_in(wired.partner):
        retention.set_payload_rule(Customer.objects.get(id=wired.customer.id), stored=False, keep_days=30)
    filled = _fill_in(wired)
    assert (filled.lines, filled.added, filled.finished_at is not None) == (0, 0, True)


def test_clients_and_deals_say_again_what_part_of_the_business_they_belong_to(make_wired: MakeWired) -> None:
    wired = make_wired("lead-to-project", source="crm", target="psa", roles={"workspace": "workspace"})
    deal = wired.records("crm", "opportunities")[0]
    wired.change("crm", "opportunities", deal["id"], stage="won")
    wired.run()
    with scope.work_in(wired.partner):
        before = set(RecordMarket.objects.values_list("business_key", "outside_key", "service_line", "region"))
        assert before
        RecordMarket.objects.all().delete()
        EarlierRecords.objects.create(flow_id=wired.flow.id, customer_id=wired.customer.id)
    _fill_in(wired)
    with scope.work_in(wired.partner):
        assert set(RecordMarket.objects.values_list("business_key", "outside_key", "service_line", "region")) == before


def test_a_flow_of_records_that_name_nothing_kept_is_not_read_at_all(make_line: Callable[..., Any]) -> None:
    line = make_line()
    line.run()
    with scope.work_in(line.partner):
        EarlierRecords.objects.create(flow_id=line.flow.id, customer_id=line.customer.id)
        with patch.object(earlier_records, "_lines_before", side_effect=AssertionError):
            left = EarlierRecords.objects.get()
            earlier_records._fill_in_portion(left)
    assert (left.lines, left.finished_at is not None) == (0, True)


def test_the_upgrade_names_every_flow_that_has_carried_anything(wired: Wired) -> None:
    said = import_module("apps.flows.migrations.0030_earlier_records")._FLOWS_OF_THIS_DAY
    owner = connections["owner"]
    with transaction.atomic(using="owner"), owner.cursor() as cursor:
        cursor.execute("SELECT set_config('search_path', %s, true)", [wired.partner.schema_name])
        cursor.execute("ALTER TABLE flows_earlierrecords NO FORCE ROW LEVEL SECURITY")  # it is fenced after this
        cursor.execute(said)
        cursor.execute("SELECT flow_id, customer_id, finished_at, lines FROM flows_earlierrecords")
        assert cursor.fetchall() == [(wired.flow.id, wired.customer.id, None, 0)]
        cursor.execute("SELECT relforcerowsecurity FROM pg_class WHERE oid = 'flows_flow'::regclass")
        assert cursor.fetchone() == (True,)
        transaction.set_rollback(True, using="owner")
