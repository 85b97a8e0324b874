"""A closed accounting period: finance is told once, nothing tries by itself, and after reopening each line is posted once."""

from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone

from apps.accounts.actions import Role
from apps.dispatch.models import DueWork, Queue
from apps.monitoring.judging import judge_ledger
from apps.monitoring.models import ExceptionCase
from apps.tenants import scope
from tests.lines import Line
from tests.people import Watched

MakeLine = Callable[..., Line]


def _set_periods(line: Line, state: str, keys: list[str]) -> None:
    for key in keys:
        line.sandbox.do(lambda client, key=key: client.change_record("erp", line.company, "periods", key, state=state))


def _open_periods(line: Line) -> list[str]:
    periods = line.sandbox.do(lambda client: client.records("erp", line.company, "periods"))
    return [period["id"] for period in periods if period["state"] == "open"]


def _posted(line: Line) -> list[str]:
    effects = line.sandbox.do(lambda client: client.effects("erp", line.company))
    return [effect["external_id"] for effect in effects if effect["object"] == "time-lines"]


def _open_cases(line: Line) -> list[ExceptionCase]:
    with scope.work_in(line.partner):
        judge_ledger()
        return list(ExceptionCase.objects.exclude(state="closed"))


def test_a_closed_period_goes_to_finance_and_one_replay_posts_everything_once_after_it_is_open_again(
    make_line: MakeLine,
) -> None:
    line = make_line()
    closed = _open_periods(line)
    _set_periods(line, "closed", closed)
    run = line.run()
    blocked = line.operations(state="rejected")
    assert (run.state, run.written, run.rejected) == ("partial", 0, len(blocked))
    assert {operation.error_class for operation in blocked} == {"closed_period"}
    (case,) = _open_cases(line)
    assert (case.queue, case.error_class, case.operation_count) == ("finance", "closed_period", len(blocked))

    assert all(operation.due_at is None for operation in blocked)
    for _ in range(3):
        DueWork.objects.update(due_at=timezone.now() - timedelta(days=1))  # whatever is due by itself
        line.work(Queue.RUN, Queue.MAINT)
    assert {len(operation.attempts) for operation in line.operations(state="rejected")} == {1}
    assert _posted(line) == []

    _set_periods(line, "open", closed)
    finance = Watched(line, run).as_(Role.FINANCE)
    asked = finance.post("/replays/ask/", {"everything": "1", "query": "state=rejected"})["Location"]
    assert f"Retry {len(blocked)} records" in finance.get(asked).content.decode()
    for _ in range(2):  # a double click
        finance.post(f"{asked}start/", {"begin": "failed_step", "version": "live"})
    for _ in range(4):
        DueWork.objects.update(due_at=timezone.now() - timedelta(days=1))
        line.work(Queue.MAINT, Queue.RUN)
    assert sorted(_posted(line)) == sorted(operation.source_key for operation in blocked)
    assert line.operations(state="rejected") == []
    assert _open_cases(line) == []
