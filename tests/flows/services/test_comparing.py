"""Deletions that leave no trace: found, looked at again, told once; doubted when too much is missing; safe against kills."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import pytest

from apps.connectors.contract import Page
from apps.connectors.errors import BusinessClass, MisconfiguredError, RetryableError
from apps.connectors.protocols.rest import RestConnector
from apps.dispatch.models import DueWork, Priority
from apps.flows.models import Comparison, ComparisonRule, Flow, ListedPage, Operation, Run
from apps.flows.services import comparing
from apps.flows.services.replay import replay_operations, skip_operations
from apps.flows.triggers.comparisons import ComparisonError, look_now
from apps.tenants import scope
from tests.flows.services.killed_workers import work_killed_at
from tests.lines import Line

MakeLine = Callable[..., Line]


def _flow(line: Line) -> Flow:
    return Flow.objects.select_related("customer", "source", "target", "live_version").get(id=line.flow.id)


def _ask(line: Line, *, agreed: bool = False) -> Run:
    with scope.work_in(line.partner):
        return look_now(_flow(line), started_by="Fina", agreed=agreed)


def _compare(line: Line, *, agreed: bool = False) -> tuple[Run, Comparison]:
    run = _ask(line, agreed=agreed)
    line.work()
    with scope.work_in(line.partner):
        return line.reload(run), Comparison.objects.get(run_id=run.id)


def _found(comparison: Comparison) -> tuple[int, int, int, int]:
    return comparison.missing, comparison.gone, comparison.there, comparison.unclear


def _delivered(line: Line) -> list[Operation]:
    return line.operations(state="written")


def _deletions(line: Line) -> list[Operation]:
    return line.operations(error_class=BusinessClass.SOURCE_DELETED.value)


def _delete(line: Line, *operations: Operation) -> None:
    for operation in operations:
        line.psa("DELETE", f"time-entries/{operation.source_key}")


def _guard(line: Line, *, percent: int = 5, records: int = 20) -> None:
    with scope.work_in(line.partner):
        rule = {"customer_id": line.customer.id, "at": "03:00", "most_percent": percent, "most_records": records}
        ComparisonRule.objects.update_or_create(flow_id=line.flow.id, defaults=rule)


@contextmanager
def _reading(change: Callable[..., Any]) -> Iterator[None]:
    """Let `change(read, keys, checkpoint)` stand between the engine and the source's pages."""
    read = RestConnector.read

    def changed(self: Any, name: str, checkpoint: Any, keys: Any = ()) -> Any:
        return change(lambda: read(self, name, checkpoint, keys), keys, checkpoint)

    with patch.object(RestConnector, "read", changed):
        yield


def _adds_up(run: Run) -> bool:
    return run.read == run.written + run.unchanged + run.skipped + run.rejected + run.waiting


def test_a_deleted_record_is_told_once_with_all_that_is_known_of_it(make_line: MakeLine) -> None:
    line = make_line()
    line.run()
    victim = _delivered(line)[3]
    _delete(line, victim)
    assert line.run().read == 0, "a reading of changes never notices"
    run, comparison = _compare(line)
    assert (run.state, run.mode, run.rejected) == ("partial", "compare", 1)
    assert _adds_up(run)
    assert (comparison.known, *_found(comparison)) == (len(_delivered(line)), 1, 1, 0, 0)
    [told] = _deletions(line)
    for name in ("business_key", "source_key", "target_key", "amount", "currency", "label", "project_ref"):
        assert getattr(told, name) == getattr(victim, name)
    assert (told.state, told.error_code, told.run_id) == ("rejected", "reconciliation", run.id)
    assert f"ERP still holds it as {victim.target_key}" in told.error_message
    assert len(line.time_lines()) == len(_delivered(line)), "nothing is taken back by itself"
    again, second = _compare(line)
    assert (again.state, second.known, second.missing) == ("empty", comparison.known - 1, 0)
    assert len(_deletions(line)) == 1
    with scope.work_in(line.partner):
        assert not ListedPage.objects.exists()


def test_a_comparison_stands_behind_all_live_work_and_moves_nothing(make_line: MakeLine) -> None:
    line = make_line()
    line.run()
    run = _ask(line)
    with scope.work_in(line.partner):
        row = DueWork.objects.get(reference=str(run.id))
        assert (row.priority, row.connection_id) == (Priority.BACKFILL, line.source.id)
        with pytest.raises(ComparisonError, match="under way"):
            look_now(_flow(line), started_by="Fina")
    line.work()
    assert (line.reload(run).state, line.reload(run).read) == ("empty", 0)
    with scope.work_in(line.partner):
        assert Comparison.objects.get(run_id=run.id).listed == len(line.entries())
    assert line.run().read == 0, "the checkpoint of the readings stays"


def test_a_retry_asks_the_source_again_and_one_that_is_left_out_stays_left_out(make_line: MakeLine) -> None:
    line = make_line()
    line.run()
    _delete(line, _delivered(line)[0])
    _compare(line)
    [before] = _deletions(line)
    with scope.work_in(line.partner):
        replay_operations([before.id], started_by="Fina")
    line.work()
    [after] = _deletions(line)
    assert (after.state, after.error_message, after.error_code) == (
        before.state,
        before.error_message,
        "reconciliation",
    )
    assert len(line.time_lines()) == len(_delivered(line)), "nothing was sent again"
    with scope.work_in(line.partner):
        skip_operations([after.id], reason="meant", made_by="Fina")
    assert _compare(line)[1].missing == 0
    assert [one.state for one in _deletions(line)] == ["skipped"]


def test_a_record_that_comes_back_settles_its_deletion(make_line: MakeLine) -> None:
    line = make_line()
    line.run()
    victim = _delivered(line)[0]

    def hidden(read: Any, keys: Any, _checkpoint: Any) -> Any:
        return _without({victim.source_key}, read())

    with _reading(hidden):
        assert _compare(line)[1].gone == 1
    [told] = _deletions(line)
    with scope.work_in(line.partner):
        replay_operations([told.id], started_by="Fina")
    line.work()
    assert [one.state for one in _deletions(line)] == ["superseded"]
    assert len(line.time_lines()) == len(_delivered(line))
    _delete(line, victim)
    assert _compare(line)[1].gone == 1, "deleted once more, it is told once more"
    assert [one.state for one in _deletions(line)] == ["superseded", "rejected"]


async def _without(left_out: set[str], pages: Any) -> Any:
    async for page in pages:
        kept = tuple(record for record in page.records if record.key not in left_out)
        yield Page(kept, page.checkpoint, page.last)


async def _failing(error: Exception) -> Any:
    raise error
    yield  # pragma: no cover  an asynchronous generator needs one


def test_what_a_list_leaves_out_but_is_there_is_no_deletion(make_line: MakeLine) -> None:
    line = make_line()
    line.run()
    hidden = {one.source_key for one in _delivered(line)[:2]}

    def shifted(read: Any, keys: Any, _checkpoint: Any) -> Any:
        return read() if keys else _without(hidden, read())

    with _reading(shifted):
        _, comparison = _compare(line)
        assert _found(comparison) == (2, 0, 2, 0)
        assert set(comparison.unlisted) == hidden
        _guard(line, percent=1, records=0)
        assert _compare(line)[1].held is False, "the same two are no surprise the next time"
    assert _deletions(line) == []


def _refused() -> MisconfiguredError:
    return MisconfiguredError("No right to see it.", business_class=BusinessClass.PERMISSION, status=403)


def test_a_refused_question_is_no_deletion(make_line: MakeLine) -> None:
    line = make_line()
    line.run()
    _delete(line, *_delivered(line)[:2])

    def guarded(read: Any, keys: Any, _checkpoint: Any) -> Any:
        return _failing(_refused()) if keys else read()

    with _reading(guarded):
        run, comparison = _compare(line)
    assert (run.state, *_found(comparison)) == ("empty", 2, 0, 0, 2)
    assert _deletions(line) == []


def test_too_little_at_once_is_held_for_a_person(make_line: MakeLine) -> None:
    line = make_line(people=14, weeks=1)
    line.run()
    delivered = _delivered(line)
    assert len(delivered) > 42
    half, everything = (
        {one.source_key for one in delivered[len(delivered) // 2 :]},
        {one["id"] for one in line.entries()},
    )
    sentences = {
        "PSA suddenly lists nothing at all": everything,
        f"PSA suddenly lists only {len(delivered) // 2} of the {len(delivered)} records": half,
    }
    for sentence, hidden in sentences.items():
        with _reading(lambda read, _keys, _checkpoint, hidden=hidden: _without(hidden, read())):
            run, comparison = _compare(line)
        assert (run.state, run.error_class, comparison.held) == ("failed", "source_shrunk", True)
        assert sentence in run.error_message
        assert "Nothing was treated as deleted" in run.error_message
    assert _deletions(line) == []
    with scope.work_in(line.partner):
        assert not ListedPage.objects.exists()
        assert type(line.source).objects.get(id=line.source.id).state != "attention"
    assert _compare(line)[0].state == "empty", "once everything is seen again, all is well"


def test_what_a_person_agreed_to_is_believed_and_still_looked_at_again(make_line: MakeLine) -> None:
    line = make_line()
    line.run()
    _guard(line, percent=1, records=1)
    _delete(line, *_delivered(line)[:5])
    run, comparison = _compare(line)
    assert (run.state, comparison.held, comparison.gone) == ("failed", True, 0)
    run, comparison = _compare(line, agreed=True)
    assert (run.state, *_found(comparison)) == ("partial", 5, 5, 0, 0)
    assert len(_deletions(line)) == 5


def test_a_killed_comparison_goes_on_and_tells_each_deletion_once(make_line: MakeLine) -> None:
    line = make_line()
    line.run()
    for number, at in enumerate(("_take_page", "_judge", "_settle", "_end"), start=1):
        _delete(line, *_delivered(line)[2 * number : 2 * number + 2])
        run = _ask(line)
        with patch.object(comparing, "ASKED_SINGLY", 1):
            work_killed_at(line.work, run, comparing._Comparing, at)
        ended = line.reload(run)
        assert (ended.state, ended.rejected, len(_deletions(line))) == ("partial", 2, 2 * number), at
        assert _adds_up(ended)


def test_a_listing_goes_on_with_the_next_page_in_the_next_slice(make_line: MakeLine) -> None:
    line = make_line()
    line.run()
    _delete(line, *_delivered(line)[:2])
    asked: list[Any] = []

    def noted(read: Any, keys: Any, checkpoint: Any) -> Any:
        if not keys:
            asked.append(checkpoint)
        return read()

    with _reading(noted), patch.object(comparing._Comparing, "_list_on", _one_page_at_a_time):
        run, comparison = _compare(line)
    assert comparison.pages == len(asked)
    assert asked[0] is None
    assert (run.state, comparison.gone) == ("partial", 2)


def _one_page_at_a_time(self: Any) -> bool:
    pages = self._session.source.read(self._session.pinned.source_object.name, self._row.position)
    return bool(self._take_page(pages))


def test_a_system_that_is_away_is_waited_for(make_line: MakeLine) -> None:
    line = make_line()
    line.run()
    _delete(line, _delivered(line)[0])
    broken = RetryableError("PSA does not answer.", business_class=BusinessClass.PROVIDER_OUTAGE)
    run = _ask(line)
    for outages, looking_again in enumerate((False, True), start=1):
        with _reading(lambda read, keys, _, again=looking_again: _failing(broken) if bool(keys) is again else read()):
            line.work()
        waiting = line.reload(run)
        assert (waiting.state, waiting.outages) == ("waiting", outages)
        _let_time_pass(run)
    line.work()
    assert (line.reload(run).state, len(_deletions(line))) == ("partial", 1)


def _let_time_pass(run: Run) -> None:
    with scope.public():
        DueWork.objects.filter(reference=str(run.id)).update(due_at="2026-01-01T00:00:00Z")


def test_a_comparison_waits_while_a_reading_is_half_way(make_line: MakeLine) -> None:
    line = make_line()
    line.run()
    reading = line.run()
    with scope.work_in(line.partner):
        Run.objects.filter(id=reading.id).update(state="waiting", reading_done=False, finished_at=None)
    run = _ask(line)
    line.work()
    assert line.reload(run).state == "running"
    with scope.work_in(line.partner):
        assert not ListedPage.objects.exists()
        Run.objects.filter(id=reading.id).update(state="clean", reading_done=True)
    _let_time_pass(run)
    line.work()
    assert line.reload(run).state == "empty"


def test_two_customers_are_compared_apart(make_line: MakeLine) -> None:
    one, other = make_line(), make_line()
    one.run()
    other.run()
    victim = _delivered(one)[0]
    assert victim.source_key in {each.source_key for each in _delivered(other)}, "both have the same numbers"
    _delete(one, victim)
    _compare(one)
    assert _compare(other)[1].missing == 0
    assert (len(_deletions(one)), len(_deletions(other))) == (1, 0)
    with scope.work_in(one.partner, customer_id=other.customer.id):
        assert Comparison.objects.count() == 1
