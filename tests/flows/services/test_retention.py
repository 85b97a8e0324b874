"""The hourly clean-up: months come and go, contents are emptied by customer, old ledger lines go with their runs."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.conf import settings
from django.db import connection, connections
from django.utils import timezone
from psycopg import sql

from apps.customers import retention as rules
from apps.customers.models import Customer
from apps.customers.services import create_customer
from apps.dispatch.models import Queue
from apps.dispatch.services import enqueue
from apps.dispatch.worker import drain
from apps.flows.models import (
    Batch,
    Correction,
    DroppedMonth,
    FlowDay,
    Link,
    Milestone,
    Operation,
    OperationStep,
    Reconciliation,
    Run,
    TriggerEvent,
)
from apps.flows.services import blobs, retention
from apps.flows.services.evidence import attempts_of
from apps.flows.services.ledger_writes import lowest_id_at, moment_of, new_id
from apps.tenants import scope
from apps.tenants.scope import PartnerRef
from tests.lines import Line

MakeLine = Callable[..., Line]
_PARTS = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'flows_batch'::regclass ORDER BY 1"


@pytest.fixture
def firm(committed: PartnerRef) -> Iterator[Customer]:
    """A customer of partner A; what the test changes of the batches' parts is put right afterwards."""
    with scope.work_in(committed):
        customer = create_customer(name="Meridian Consulting")
    yield customer
    owner = connections["owner"]
    owner.set_schema_to_public()
    for part in _parts(committed):
        if part not in _standing_parts():
            with owner.cursor() as cursor:
                cursor.execute(
                    sql.SQL("DROP TABLE {}.{}").format(sql.Identifier(committed.schema_name), sql.Identifier(part))
                )
    with scope.work_in(committed):
        retention.add_months(timezone.now())


def _standing_parts() -> list[str]:
    first = timezone.now().astimezone(UTC).replace(day=1)
    following = (first + timedelta(days=31)).replace(day=1)
    return [f"flows_batch_{first:%Y_%m}", f"flows_batch_{following:%Y_%m}", "flows_batch_rest"]


def _parts(partner: PartnerRef) -> list[str]:
    with scope.work_in(partner), connection.cursor() as cursor:
        cursor.execute(_PARTS)
        return [row[0].rpartition(".")[2] for row in cursor.fetchall()]


def _part_of(batch_id: UUID) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM flows_batch WHERE id = %s", [batch_id])
        return str(cursor.fetchone()[0]).rpartition(".")[2]


def _id_of(moment: datetime) -> UUID:
    return UUID(int=lowest_id_at(moment).int | (new_id().int & ((1 << 80) - 1)))


def _batch(customer: Customer, *, days_ago: float, state: str = "settled", step: str = "") -> Batch:
    moment = timezone.now() - timedelta(days=days_ago)
    return Batch.objects.create(
        id=_id_of(moment),
        customer=customer,
        run_id=new_id(),
        number=None if step else 1,
        step=step,
        state=state,
        plan=blobs.pack({"again": False, "entries": []}),
        outcome=blobs.pack({}),
        size=0,
        created_at=moment,
    )


def _clean_up(partner: PartnerRef) -> None:
    with scope.work_in(partner):
        enqueue(kind=retention.RETENTION_KIND)
    drain(Queue.MAINT, worker="test", seconds=30)


def _kept(partner: PartnerRef) -> set[UUID]:
    with scope.work_in(partner):
        return set(Batch.objects.filter(plan__isnull=False).values_list("id", flat=True))


def test_a_new_partner_has_parts_for_this_month_and_the_next_and_a_rest(committed: PartnerRef) -> None:
    assert set(_standing_parts()) <= set(_parts(committed))
    assert _parts(committed)[-1] == "flows_batch_rest"


def test_a_batch_goes_to_the_part_of_its_month_and_is_found_by_its_id(firm: Customer, committed: PartnerRef) -> None:
    with scope.work_in(committed):
        now, old = _batch(firm, days_ago=0), _batch(firm, days_ago=70)
        assert (_part_of(now.id), _part_of(old.id)) == (_standing_parts()[0], "flows_batch_rest")
        assert Batch.objects.get(id=old.id).plan == old.plan
        assert abs(moment_of(old.id) - old.created_at) < timedelta(milliseconds=2)


def test_a_month_that_was_missed_takes_over_what_the_rest_holds_of_it(firm: Customer, committed: PartnerRef) -> None:
    with scope.work_in(committed):
        old = _batch(firm, days_ago=70)
    with scope.work_in(committed):
        assert retention.add_months(old.created_at) != []
        assert _part_of(old.id) == f"flows_batch_{old.created_at:%Y_%m}"
        assert retention.add_months(old.created_at) == []


def test_a_part_goes_once_nobody_keeps_anything_of_it_and_its_attempts_say_when(
    make_line: MakeLine, firm: Customer, committed: PartnerRef
) -> None:
    line = make_line()
    line.run()
    (op, *_) = line.operations(state="written")
    with scope.work_in(committed):
        old, young = _batch(firm, days_ago=100), _batch(firm, days_ago=20)
        retention.add_months(old.created_at)
        Operation.objects.filter(id=op.id).update(attempts=[old.id, *op.attempts])
        rules.set_payload_rule(firm, stored=True, keep_days=150)
    part = f"flows_batch_{old.created_at:%Y_%m}"
    _clean_up(committed)
    assert part in _parts(committed)
    with scope.work_in(committed):
        rules.set_payload_rule(firm, stored=True, keep_days=30)
    _clean_up(committed)
    assert part not in _parts(committed)
    with scope.work_in(committed):
        assert set(Batch.objects.filter(id__in=[old.id, young.id])) == {young}
        assert DroppedMonth.objects.filter(month=old.created_at.date().replace(day=1)).count() == 1
        latest, first = attempts_of(Operation.objects.get(id=op.id))
        assert (first.number, first.source, first.at.date()) == (1, None, old.created_at.date())
        assert first.dropped_at is not None
        assert (latest.dropped_at, latest.source is not None) == (None, True)
    with scope.work_in(committed, line.customer.id):
        assert attempts_of(Operation.objects.get(id=op.id))[-1].dropped_at is not None


def test_a_part_with_a_batch_that_is_still_on_its_way_stays(firm: Customer, committed: PartnerRef) -> None:
    with scope.work_in(committed):
        old = _batch(firm, days_ago=100, state="sent")
        retention.add_months(old.created_at)
    _clean_up(committed)
    assert f"flows_batch_{old.created_at:%Y_%m}" in _parts(committed)
    assert old.id in _kept(committed)


def test_contents_go_after_the_days_of_their_customer(
    firm: Customer, committed: PartnerRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "PORTION", 2)
    with scope.work_in(committed):
        short, long = create_customer(name="Short"), create_customer(name="Long")
        rules.set_payload_rule(short, stored=True, keep_days=2)
        rules.set_payload_rule(long, stored=True, keep_days=60)
        gone = [_batch(firm, days_ago=31), *[_batch(short, days_ago=3 + n) for n in range(5)]]
        stay = [_batch(firm, days_ago=29), _batch(short, days_ago=1), _batch(long, days_ago=31)]
        stay += [_batch(short, days_ago=9, state="sent")]
    _clean_up(committed)
    assert _kept(committed) == {batch.id for batch in stay}
    with scope.work_in(committed):
        emptied = Batch.objects.filter(id__in=[batch.id for batch in gone])
        assert emptied.count() == len(gone)
        assert not emptied.filter(payload_dropped_at=None).exists()
        assert not emptied.exclude(outcome=None).exists()


def test_where_nothing_is_stored_the_steps_of_walks_are_forgotten_within_the_hour(
    firm: Customer, committed: PartnerRef
) -> None:
    with scope.work_in(committed):
        rules.set_payload_rule(firm, stored=False, keep_days=30)
        walk, straight = _batch(firm, days_ago=0.1, step="create project"), _batch(firm, days_ago=0.1)
        at_work = _batch(firm, days_ago=0.1, step="create project", state="sent")
    _clean_up(committed)
    assert walk.id not in _kept(committed)
    assert {straight.id, at_work.id} <= _kept(committed)


def test_what_an_ended_walk_read_is_forgotten_and_what_it_made_stays(
    make_line: MakeLine, committed: PartnerRef
) -> None:
    line = make_line()
    line.run()
    done, going = line.operations(state="written")[:2]
    old = timezone.now() - timedelta(days=40)
    with scope.work_in(committed):
        Operation.objects.filter(id__in=[done.id, going.id]).update(changed_at=old)
        Operation.objects.filter(id=going.id).update(state="waiting")
        for op in (done, going):
            _step(op, old)
    _clean_up(committed)
    with scope.work_in(committed):
        results = {step.operation_id: (step.result, step.outside_key) for step in OperationStep.objects.all()}
    assert results == {done.id: ({}, "P-1"), going.id: ({"name": "Meridian"}, "P-1")}


def _step(op: Operation, moment: datetime) -> None:
    OperationStep.objects.create(
        id=_id_of(moment),
        operation=op,
        flow_id=op.flow_id,
        customer_id=op.customer_id,
        name="create",
        kind="deliver",
        position=1,
        state="done",
        outside_key="P-1",
        result={"name": "Meridian"},
        started_at=moment,
        changed_at=moment,
    )


def _age(line: Line, *, days: int) -> None:
    """Move all that a line has run so far into the past, ids and all."""
    moment = timezone.now() - timedelta(days=days)
    run_id, event_id = _id_of(moment), _id_of(moment)
    with scope.work_in(line.partner), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute("UPDATE flows_triggerevent SET id = %s, run_id = %s", [event_id, run_id])
        cursor.execute("UPDATE flows_run SET id = %s, event_id = %s", [run_id, event_id])
        for op in Operation.objects.all():
            cursor.execute(
                "UPDATE flows_operation SET id = %s, run_id = %s, last_run_id = %s WHERE id = %s",
                [_id_of(moment), run_id, run_id, op.id],
            )


def test_the_ledger_is_kept_for_its_months_and_what_is_open_or_entered_a_state_for_ever(
    make_line: MakeLine, committed: PartnerRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "PORTION", 7)
    line = make_line()
    line.faults("erp", closed_period=0.2)
    line.run()
    with scope.work_in(committed):
        moment = timezone.now() - timedelta(days=500)
        statement = {"begun_at": moment, "since": moment, "until": moment, "zone": "UTC", "version_number": 1}
        day = {"first": moment.date(), "last": moment.date(), "id": lowest_id_at(moment)}
        Reconciliation.objects.create(customer=line.customer, flow=line.flow, **day, **statement)
    _age(line, days=500)
    lines = {state: line.operations(state=state) for state in ("written", "rejected", "skipped")}
    entered, corrected = lines["written"][0], lines["written"][1]
    with scope.work_in(committed):
        links, days = Link.objects.count(), FlowDay.objects.count()
        Milestone.objects.create(
            customer_id=line.customer.id,
            operation=entered,
            subject="x",
            state="deal_closed",
            entered_at=timezone.now(),
        )
        Correction.objects.create(
            operation=corrected, customer_id=line.customer.id, field="hours", made_by="Fina", made_at=timezone.now()
        )
        rules.set_ledger_months(24)
    _clean_up(committed)
    assert len(line.operations()) == sum(map(len, lines.values()))
    with scope.work_in(committed):
        assert Reconciliation.objects.count() == 1
        rules.set_ledger_months(13)
    _clean_up(committed)
    kept = {op.id for op in line.operations()}
    assert kept == {entered.id, *(op.id for op in lines["rejected"])}
    with scope.work_in(committed):
        assert (Link.objects.count(), FlowDay.objects.count()) == (links, days)
        assert Reconciliation.objects.count() == 0, "a statement says what its lines said, and goes with them"
        assert (Correction.objects.count(), Run.objects.count(), TriggerEvent.objects.count()) == (0, 1, 1)


def test_an_old_run_goes_with_its_last_line_and_its_event_after_it(make_line: MakeLine, committed: PartnerRef) -> None:
    line = make_line()
    line.run()
    _age(line, days=500)
    young = line.run()
    before = line.operations(run_id=young.id)
    _clean_up(committed)
    with scope.work_in(committed):
        assert list(Run.objects.values_list("id", flat=True)) == [young.id]
        assert TriggerEvent.objects.count() == 1
    assert line.operations() == before
    again = line.run()  # and nothing of the past began anew
    assert (again.written, again.state) in [(0, "clean"), (0, "empty")]


def test_an_event_that_still_waits_for_its_run_is_never_removed(make_line: MakeLine, committed: PartnerRef) -> None:
    line = make_line()
    line.run()
    _age(line, days=500)
    with scope.work_in(committed):
        TriggerEvent.objects.update(run=None)
        Run.objects.update(state="queued")
    _clean_up(committed)
    with scope.work_in(committed):
        assert (TriggerEvent.objects.count(), Run.objects.count()) == (1, 1)


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("SELECT flows_drop_batch_months(now())", "kept for a day at least"),
        ("SELECT flows_add_batch_month('2999-01-01')", "too far ahead"),
        ("DROP TABLE flows_batch_rest", "must be owner"),
        ("DELETE FROM flows_batch_rest", "permission denied"),
        ("SELECT * FROM flows_batch_rest", "permission denied"),
    ],
    ids=["dropping what is young", "a far month", "dropping a part itself", "emptying a part", "reading a part"],
)
def test_the_application_may_do_no_more_to_the_parts_than_that(
    in_partner_a: PartnerRef, statement: str, words: str
) -> None:
    with pytest.raises(Exception, match=words), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize(
    "statement",
    ["SELECT flows_add_batch_month(current_date)", "SELECT flows_drop_batch_months(now() - interval '2 years')"],
    ids=["adding", "dropping"],
)
def test_a_customers_people_and_other_logins_cannot_touch_the_parts(partner_a: PartnerRef, statement: str) -> None:
    with (
        pytest.raises(Exception, match="permission denied"),
        scope.work_in(partner_a, new_id()),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_the_parts_functions_take_no_name_from_their_caller(firm: Customer, committed: PartnerRef) -> None:
    default = settings.DATABASES["default"]
    login = {"host": default["HOST"], "port": default["PORT"], "user": default["USER"], "dbname": default["NAME"]}
    with psycopg.connect(password=default["PASSWORD"], **login, autocommit=False) as other:
        other.execute("SET ROLE fairlead_staff")
        other.execute("CREATE TEMP TABLE flows_batch_rest (id uuid)")
        other.execute(sql.SQL("SET search_path = pg_temp, {}").format(sql.Identifier(committed.schema_name)))
        made: Any = other.execute(
            sql.SQL("SELECT {}.flows_add_batch_month('2020-01-01')").format(sql.Identifier(committed.schema_name))
        ).fetchone()
        assert made == (True,)
        other.rollback()


def test_the_longest_time_of_any_customer_decides() -> None:
    assert retention.longest_days([]) == 30
    assert retention.longest_days([rules.PayloadRule(True, 7), rules.PayloadRule(False, 90)]) == 90
