"""A system that goes away, or refuses the sign-in, pauses its flows once: no attempts, no failed runs, one case, one resumption."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone
from prometheus_client import REGISTRY

from apps.connectors import breaker
from apps.connectors.models import CircuitBreaker, Connection
from apps.connectors.services import disable_connection, enable_connection, set_secrets
from apps.dispatch.models import DueWork, Queue
from apps.flows.engine.definition import parse_definition
from apps.flows.models import Flow, OperationStep, Run
from apps.flows.services.cancel_run import cancel_run
from apps.flows.services.install import install_template
from apps.flows.services.start_run import run_now
from apps.flows.templates_library import registry as templates
from apps.monitoring.judging import judge_ledger
from apps.monitoring.models import ExceptionCase
from apps.tenants import scope
from tests.lines import Line
from tests.told import is_said_in_german

MakeLine = Callable[..., Line]
QUEUED = 20


def _failed_calls(system: str, answer: str) -> float:
    labels = {"system": f"sandbox_{system}", "answer": answer}
    return REGISTRY.get_sample_value("fairlead_call_seconds_count", labels) or 0.0


def _breaker(line: Line, connection: Connection) -> CircuitBreaker:
    with scope.work_in(line.partner):
        return CircuitBreaker.objects.get(connection_id=connection.id)


def _cases(line: Line) -> list[ExceptionCase]:
    with scope.work_in(line.partner):
        judge_ledger()
        return list(ExceptionCase.objects.exclude(state="closed"))


def _runs(line: Line) -> list[Run]:
    with scope.work_in(line.partner):
        return list(Run.objects.order_by("id"))


def _let_time_pass() -> None:
    """Bring what waits for a probe to its time, and nothing else."""
    DueWork.objects.filter(kind=breaker.PROBE_KIND).update(due_at=timezone.now() - timedelta(seconds=1))
    breaker._known.clear()  # a second has passed


@pytest.mark.parametrize("system", ["psa", "erp"])
def test_a_revoked_token_costs_few_calls_and_one_case_and_everything_goes_on_with_a_new_one(
    make_line: MakeLine, system: str
) -> None:
    line = make_line()
    broken = line.source if system == "psa" else line.target
    line.faults(system, wrong_credentials=1)
    with scope.work_in(line.partner):
        second = install_template(
            template="approved-time-to-bill", name="Again", source=line.source, target=line.target, installed_by="t"
        )
        run_now(Flow.objects.get(id=second.id), started_by="test")
    for _ in range(QUEUED):
        line.start()
    before = _failed_calls(system, "4xx")
    line.work()
    assert 1 <= _failed_calls(system, "4xx") - before <= 3
    assert {run.state for run in _runs(line)} <= {"waiting", "queued"}
    assert line.operations(state="rejected") == []
    standing = _breaker(line, broken)
    assert (standing.state, standing.needs_person, standing.next_probe_at) == ("open", True, None)
    cases = _cases(line)
    assert [case.error_class for case in cases] == ["connection"]
    assert broken.name in cases[0].explanation
    assert "2 flows wait" in cases[0].explanation
    assert is_said_in_german(cases[0].explanation)
    before = _failed_calls(system, "4xx")
    line.work(Queue.RUN, Queue.POLL)
    assert _failed_calls(system, "4xx") == before

    line.faults(system)
    with scope.work_in(line.partner):
        set_secrets(Connection.objects.get(id=broken.id), {"token": line.tokens[system]})
    line.work(Queue.RUN, Queue.POLL)
    runs = _runs(line)
    assert {run.state for run in runs} <= {"clean", "empty"}
    assert len(line.time_lines()) == len(line.entries(status="approved", billable=True)) > 0
    tried = [len(o.attempts) for o in line.operations() if o.state in ("written", "unchanged")]
    assert set(tried) == {1}
    assert _cases(line) == []
    with scope.work_in(line.partner):
        assert Connection.objects.get(id=broken.id).state == "working"


def test_a_system_that_is_away_is_probed_and_its_work_goes_on_by_itself(make_line: MakeLine) -> None:
    line = make_line()
    line.faults("erp", down=1)
    run = line.run()
    assert run.state == "waiting"
    DueWork.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    line.work()
    run = line.reload(run)
    assert (run.state, run.outages) == ("waiting", 0)
    assert "as soon as it is back" in run.error_message
    standing = _breaker(line, line.target)
    assert (standing.state, standing.needs_person) == ("open", False)
    assert _cases(line) == []  # a short hiccup is nobody's business

    for _ in range(3):
        _let_time_pass()
        line.work(Queue.POLL)
    standing = _breaker(line, line.target)
    assert (standing.state, standing.probes) == ("open", 3)
    (case,) = _cases(line)
    assert case.error_class == "provider_outage"
    assert is_said_in_german(case.explanation)
    calls = _failed_calls("erp", "5xx")
    line.work()
    assert _failed_calls("erp", "5xx") == calls

    line.faults("erp")
    _let_time_pass()
    line.work(Queue.POLL, Queue.RUN)
    assert line.reload(run).state == "clean"
    assert len(line.time_lines()) == len(line.entries(status="approved", billable=True))
    assert _breaker(line, line.target).state == "closed"
    assert _cases(line) == []
    with scope.work_in(line.partner):
        assert Connection.objects.get(id=line.target.id).state == "working"


def test_records_that_walk_wait_with_the_connection_of_their_step(
    make_line: MakeLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = templates.TEMPLATES["approved-time-to-bill"]
    steps = [{"kind": "extract"}, {"kind": "check"}, {"kind": "deliver"}]
    stored = {"canonical_type": "TimeEntry", "steps": steps, "filter": {"conditions": ["approved", "billable"]}}
    walking = replace(known, definition=parse_definition(stored), lines=(), shaped_by=None)
    monkeypatch.setitem(templates.TEMPLATES, "approved-time-to-bill", walking)
    line = make_line(people=2)
    line.faults("erp", wrong_credentials=1)
    before = _failed_calls("erp", "4xx")
    run = line.run()
    assert 1 <= _failed_calls("erp", "4xx") - before <= 3
    assert (run.state, run.rejected) == ("waiting", 0)
    assert run.waiting > 5
    with scope.work_in(line.partner):
        delivering = OperationStep.objects.filter(kind="deliver")
        assert set(delivering.values_list("state", "attempts")) == {("waiting", 0)}
        assert "no longer accepts the sign-in" in delivering[0].note
    line.faults("erp")
    with scope.work_in(line.partner):
        set_secrets(Connection.objects.get(id=line.target.id), {"token": line.tokens["erp"]})
    line.work(Queue.RUN, Queue.POLL)
    run = line.reload(run)
    assert (run.state, run.waiting) == ("clean", 0)
    assert run.written == len(line.time_lines()) > 5


def test_a_system_that_answers_the_probe_and_fails_again_is_left_alone_again(make_line: MakeLine) -> None:
    line = make_line()
    with scope.work_in(line.partner):
        for _ in range(2):
            breaker.note_outage(line.target.id, "It was away.")
    _let_time_pass()
    line.work(Queue.POLL)
    assert _breaker(line, line.target).state == "half_open"
    line.faults("erp", down=1)
    run = line.run()
    assert (run.state, run.outages) == ("waiting", 0)
    assert _breaker(line, line.target).state == "open"


def test_one_customer_s_outage_pauses_nobody_else(make_line: MakeLine) -> None:
    broken, well = make_line(), make_line()
    with scope.work_in(broken.partner):
        breaker.note_refusal(broken.target.id, "The token was revoked.")
    assert broken.run().state == "queued"
    assert well.run().state == "clean"


def test_a_cancelled_run_of_a_paused_connection_is_closed_at_once(make_line: MakeLine) -> None:
    line = make_line()
    line.faults("erp", wrong_credentials=1)
    run = line.run()
    with scope.work_in(line.partner):
        cancel_run(run, made_by="Hanna")
    line.work()
    run = line.reload(run)
    assert run.state == "cancelled"
    assert run.waiting == 0


def test_switching_a_connection_off_and_on_again_lets_its_work_go_on(make_line: MakeLine) -> None:
    line = make_line()
    with scope.work_in(line.partner):
        breaker.note_refusal(line.target.id, "The token was revoked.")
    run = line.run()
    with scope.work_in(line.partner):
        disable_connection(Connection.objects.get(id=line.target.id), reason="moving")
        enable_connection(Connection.objects.get(id=line.target.id))
    line.work()
    assert line.reload(run).state == "clean"
