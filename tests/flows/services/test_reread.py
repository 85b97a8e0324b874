"""Trying records again whose contents are not kept: they are read from their source once more."""

from collections import Counter
from collections.abc import Callable, Sequence
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch
from uuid import UUID, uuid4

import orjson
import pytest
from django.db import connection
from django.db.models import F
from django.test import Client
from django.utils import timezone

from apps.accounts.actions import Role
from apps.accounts.services import create_user
from apps.connectors.contract import SourceRecord
from apps.customers import retention
from apps.customers.models import Customer
from apps.dispatch.services import enqueue
from apps.flows.models import Batch, Operation, Run
from apps.flows.services import blobs, execute_run
from apps.flows.services.evidence import attempts_of, records_of
from apps.flows.services.replay import correct_operation, replay_operations
from apps.flows.services.reread import recall
from apps.flows.services.start_run import RUN_KIND
from apps.tenants import scope
from tests.lines import Line

MakeLine = Callable[..., Line]


def _adds_up(run: Run) -> bool:
    return run.read == run.written + run.unchanged + run.skipped + run.rejected + run.waiting


def _blocked_by_a_closed_period(make_line: MakeLine) -> tuple[Line, list[Operation]]:
    line = make_line()
    line.faults("erp", closed_period=1)
    line.run()
    line.faults("erp")
    return line, line.operations(state="rejected")


def _drop_contents(line: Line) -> None:
    with scope.work_in(line.partner):
        Batch.objects.update(plan=None, outcome=None, payload_dropped_at=timezone.now())


def _replay(line: Line, operations: Sequence[Operation]) -> Run:
    with scope.work_in(line.partner):
        (run,) = replay_operations([op.id for op in operations], started_by="test")
    line.work()
    return line.reload(run)


def _store_nothing(line: Line) -> None:
    with scope.work_in(line.partner):
        retention.set_payload_rule(Customer.objects.get(id=line.customer.id), stored=False, keep_days=30)


def _let_wait(line: Line, operations: Sequence[Operation]) -> Run:
    """Put blocked lines of a run back to waiting, due now, as a target that was too busy for them leaves them."""
    number, run_id = len(operations), operations[0].run_id
    with scope.work_in(line.partner):
        Operation.objects.filter(id__in=[op.id for op in operations]).update(
            state="waiting", due_at="2020-01-01T00:00:00Z", error_class="", error_message=""
        )
        Run.objects.filter(id=run_id).update(
            state="waiting", finished_at=None, rejected=F("rejected") - number, waiting=number
        )
        enqueue(kind=RUN_KIND, reference=str(run_id), customer_id=line.customer.id)
        return Run.objects.get(id=run_id)


def _make_retries_due(line: Line) -> None:
    with scope.work_in(line.partner):
        Operation.objects.filter(state="waiting").update(due_at="2020-01-01T00:00:00Z")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE dispatch_duework SET due_at = now(), lease_until = now() WHERE state <> 'quarantined'")


def test_contents_dropped_by_retention_are_read_again_for_a_replay(make_line: MakeLine) -> None:
    line, blocked = _blocked_by_a_closed_period(make_line)
    _drop_contents(line)
    run = _replay(line, blocked)
    assert (run.state, run.read, run.written) == ("clean", len(blocked), len(blocked))
    assert Counter(row["external_id"] for row in line.time_lines()) == Counter(op.source_key for op in blocked)
    (op,) = line.operations(id=blocked[0].id)
    with scope.work_in(line.partner):
        latest, first = attempts_of(op)
        assert (first.source, bool(first.dropped_at), first.run_id) == (None, True, op.run_id)
        assert (latest.source is not None, latest.dropped_at) == (True, None)


def test_a_record_that_is_gone_at_its_source_is_handed_to_a_person_and_stops_no_other(make_line: MakeLine) -> None:
    line, blocked = _blocked_by_a_closed_period(make_line)
    _drop_contents(line)
    with scope.work_in(line.partner):
        Operation.objects.filter(id=blocked[0].id).update(source_key="entry-that-was-deleted")
    run = _replay(line, blocked)
    assert run.state == "partial", run.error_message
    assert (run.read, run.written, run.rejected) == (len(blocked), len(blocked) - 1, 1)
    (op,) = line.operations(state="rejected")
    assert (op.id, op.last_run_id, op.error_class) == (blocked[0].id, run.id, "missing_reference")
    assert "no record entry-that-was-deleted any more" in op.error_message
    again = _replay(line, [op])
    assert (again.state, again.read, again.rejected) == ("partial", 1, 1)


def test_a_record_that_was_changed_meanwhile_goes_in_its_newer_version(make_line: MakeLine) -> None:
    line, blocked = _blocked_by_a_closed_period(make_line)
    _drop_contents(line)
    line.psa("PATCH", f"time-entries/{blocked[0].source_key}", {"hours": 2.5})
    run = _replay(line, blocked)
    assert (run.state, run.written) == ("clean", len(blocked))
    assert _adds_up(run)
    assert [op.state for op in line.operations(business_key=blocked[0].business_key)] == ["superseded", "written"]
    posted = {row["external_id"]: Decimal(str(row["quantity"])) for row in line.time_lines()}
    assert len(posted) == len(line.time_lines()) == len(blocked)
    assert posted[blocked[0].source_key] == Decimal("2.5")


def test_retries_that_are_due_come_to_an_end_without_contents(make_line: MakeLine) -> None:
    line, waiting = _blocked_by_a_closed_period(make_line)
    run = _let_wait(line, waiting)
    _drop_contents(line)
    with scope.work_in(line.partner):
        Operation.objects.filter(id=waiting[0].id).update(source_key="entry-that-was-deleted")
    line.psa("PATCH", f"time-entries/{waiting[1].source_key}", {"hours": 1.25})
    line.work()
    run = line.reload(run)
    assert (run.state, run.waiting, run.rejected) == ("partial", 0, 1)
    assert _adds_up(run)
    keys = Counter(row["external_id"] for row in line.time_lines())
    assert max(keys.values()) == 1
    assert len(keys) == len(waiting) - 1
    (changed,) = [row for row in line.time_lines() if row["external_id"] == waiting[1].source_key]
    assert Decimal(str(changed["quantity"])) == Decimal("1.25")


def test_nothing_of_a_record_stays_where_contents_are_not_stored(make_line: MakeLine) -> None:
    line = make_line()
    _store_nothing(line)
    line.faults("erp", closed_period=1)
    line.run()
    line.faults("erp")
    run = _let_wait(line, line.operations(state="rejected"))
    line.work()
    run = line.reload(run)
    assert run.state == "clean", (run.error_message, run.rejected, run.waiting)
    assert _adds_up(run)
    assert len(line.time_lines()) == run.written > 0
    with scope.work_in(line.partner):
        kept = [_opened(batch) for batch in Batch.objects.filter(run_id=run.id)]
        assert records_of(line_ := list(Operation.objects.all())) == {}
    assert len(kept) == 2
    written = orjson.dumps([content for pair in kept for content in pair]).decode()
    entries = line.entries()
    assert all(op.source_key in written for op in line_)
    notes = {entry["notes"] for entry in entries if entry.get("notes")}
    assert notes
    assert [note for note in notes if note in written] == []


def _opened(batch: Batch) -> tuple[Any, Any]:
    plan, outcome = blobs.unpack(batch.plan), blobs.unpack(batch.outcome)
    assert all(entry["values"] is None and entry["mapped"] is None for entry in plan["entries"])
    assert all(not answer["exchange"] or answer["exchange"][4:] == ["", ""] for answer in outcome.values())
    return plan, outcome


def test_what_a_person_typed_counts_also_where_contents_are_not_stored(make_line: MakeLine) -> None:
    line = make_line(problems=True)
    _store_nothing(line)
    line.run()
    blocked = next(op for op in line.operations(state="rejected") if "25" in op.error_message)
    with scope.work_in(line.partner):
        line_ = Operation.objects.get(id=blocked.id)
        correct_operation(line_, field="hours", new_value="7.5", reason="typo", made_by="Fina")
    run = _replay(line, [blocked])
    assert (run.state, run.written) == ("clean", 1)
    (posted,) = [row for row in line.time_lines() if row["external_id"] == blocked.source_key]
    assert Decimal(str(posted["quantity"])) == Decimal("7.5")


def test_a_lost_worker_is_recovered_from_before_contents_are_forgotten(make_line: MakeLine) -> None:
    line = make_line()
    _store_nothing(line)
    run = line.start()

    def die(*args: Any, **kwargs: Any) -> None:
        raise SystemError("the worker is gone")

    with patch.object(execute_run, "settle", die):
        line.work()
    for entry in line.entries(status="approved"):
        line.psa("PATCH", f"time-entries/{entry['id']}", {"hours": 1.5})
    _make_retries_due(line)
    line.work()
    run = line.reload(run)
    assert run.state == "clean"
    keys = Counter(row["external_id"] for row in line.time_lines())
    assert max(keys.values()) == 1
    with scope.work_in(line.partner):
        assert all(_opened(batch) for batch in Batch.objects.all())


def _line(version: str, key: str = "a") -> Any:
    return SimpleNamespace(
        id=uuid4(), source_key=key, source_version=version, business_key=key, state="rejected", attempts=[], revision=0,
        ambiguous=False, last_run_id=uuid4(),
    )  # fmt: skip


def _record(version: str, key: str = "a") -> SourceRecord:
    return SourceRecord("time-entries", key, version, {})


@pytest.mark.parametrize(
    ("read", "now", "expected"),
    [
        ("2", "2", (1, 0, "")),
        ("2", "3", (1, 1, "")),
        ("2", "1", (0, 0, "older state of record a")),
        ("2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z", (0, 0, "older state of record a")),
        ("print-one", "print-two", (1, 1, "")),
        ("2", None, (0, 0, "no record a any more")),
    ],
    ids=["the same version", "a newer one", "an older number", "an earlier instant", "another fingerprint", "gone"],
)
def test_recall_sorts_lines_by_what_the_source_holds(
    read: str, now: str | None, expected: tuple[int, int, str]
) -> None:
    line = _line(read)
    found = {} if now is None else {"a": _record(now)}
    recalled = recall([line], kept={}, keys={line.id: "a"}, found=found)
    records, replaced, words = expected
    assert (len(recalled.records), len(recalled.replaced)) == (records, replaced)
    assert [words in sentence for _, sentence in recalled.lost] == ([True] if words else [])


def test_recall_takes_kept_contents_as_they_are_and_a_record_read_for_two_lines_once() -> None:
    kept, old, older = _line("5", "k"), _line("2"), _line("1")
    keys: dict[UUID, str] = {old.id: "a", older.id: "a"}
    recalled = recall([older, kept, old], kept={kept.id: _record("5", "k")}, keys=keys, found={"a": _record("2")})
    assert [record.key for record in recalled.records] == ["a", "k"]
    assert [known.id for known in recalled.replaced] == [older.id]
    assert recalled.lost == []


@pytest.mark.parametrize(
    ("forget", "words"),
    [
        (_drop_contents, "was dropped by retention on"),
        (_store_nothing, "is not stored for this customer"),
    ],
    ids=["dropped", "not stored"],
)
def test_the_records_page_says_why_nothing_of_it_is_shown(
    make_line: MakeLine, forget: Callable[[Line], None], words: str
) -> None:
    line = make_line()
    if forget is _store_nothing:
        forget(line)
    line.run()
    if forget is _drop_contents:
        forget(line)
    (op, *_) = line.operations(state="written")
    client = Client(headers={"host": "alder.localhost"})
    with scope.work_in(line.partner):
        client.force_login(create_user(email="o@alder.example", name="O", role=Role.OWNER, password="correct horse 9"))
    page = client.get(f"/operations/{op.id}/")
    assert page.status_code == 200
    assert words in page.content.decode()
