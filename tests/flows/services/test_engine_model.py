"""A model of records, runs, crashes, retries, replays, approvals, events and cancels, driven against the real tables.

Hypothesis chooses what happens next; the process "dies" between any two statements, and clocks are moved instead of waited for. More of it:
`ENGINE_MODEL_EXAMPLES=500 ENGINE_MODEL_STEPS=40 pytest tests/flows/services/test_engine_model.py`.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any, ClassVar
from unittest.mock import patch

import pytest
from django.db import connection
from django.db.models import F
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from apps.accounts.models import User
from apps.connectors import breaker
from apps.dispatch.models import DueWork, Queue, WorkState
from apps.dispatch.worker import drain
from apps.flows.engine.definition import parse_definition
from apps.flows.engine.states import RUN_TERMINAL, OperationState
from apps.flows.models import ApprovalRequest, EventWait, OpenReceipt, Operation, OperationStep, Run
from apps.flows.services import events
from apps.flows.services.approvals import decide
from apps.flows.services.cancel_run import cancel_run
from apps.flows.services.replay import replay_operations
from apps.flows.templates_library import TEMPLATES
from apps.tenants import scope
from apps.tenants.scope import PartnerRef
from bench.outages.journal import judge_journal
from tests.lines import Line, found_line
from tests.sandbox_server import SandboxServer
from tests.slow_system import SlowSystem, slowed

EXAMPLES = int(os.environ.get("ENGINE_MODEL_EXAMPLES", "12"))
STEPS = int(os.environ.get("ENGINE_MODEL_STEPS", "20"))
TEMPLATE = "approved-time-to-bill"
WALK = [
    {"kind": "extract"},
    {"kind": "check"},
    {"kind": "wait", "event": "entry.signed", "about": "r.id"},
    {"kind": "approve", "question": "Bill {id}?", "role": "finance"},
    {"kind": "deliver"},
]
FAULTS: tuple[dict[str, float], ...] = (
    {},
    {"error_after": 1},
    {"drop_after": 0.5},
    {"error_before": 0.5},
    {"closed_period": 1},
)
A_DAY = timedelta(days=1)
ROUNDS = 40  # in which everything must be through, once nothing is broken any more


class Died(BaseException):
    """The process is gone: nothing catches it, and nothing of it writes any more."""


@contextmanager
def dying_before(statement: int) -> Iterator[None]:
    """Let this process die just before its next statement but so many; 0 lives on. The dead cannot speak to the database."""
    seen = 0

    def execute(run: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal seen
        seen += 1
        if statement and seen >= statement:
            raise Died
        return run(sql, params, many, context)

    try:
        with connection.execute_wrapper(execute):
            yield
    except Died:
        pass
    finally:
        connection.close()


class Engine(RuleBasedStateMachine):
    """One customer with a flow, some records, and everything that can happen to them."""

    partner: ClassVar[PartnerRef]
    sandbox: ClassVar[SandboxServer]

    line: Line
    slow: SlowSystem | None

    @initialize(walks=st.booleans(), batch=st.sampled_from([1, 2, 10]), slow=st.booleans())
    def found(self, walks: bool, batch: int, slow: bool) -> None:
        """Found a firm with a few entries, and the flow; a slow target takes every record first and tells later."""
        known = TEMPLATES[TEMPLATE]
        stored = known.definition.to_json() | ({"steps": WALK} if walks else {})
        changed = replace(
            known, definition=replace(parse_definition(stored), batch_size=batch), lines=(), shaped_by=None
        )
        with patch.dict(TEMPLATES, {TEMPLATE: changed}):
            self.line = found_line(self.partner, self.sandbox, people=2, entries=4)
        self.stack = ExitStack()
        self.slow = self.stack.enter_context(slowed(self.line)) if slow else None
        entries = self.line.entries(status="approved", billable=True)
        self.history = {entry["id"]: [Decimal(str(entry["hours"]))] for entry in entries}
        self.said = 0
        with scope.work_in(self.partner):
            self.approver = User.objects.filter(email="model@alder.example").first() or User.objects.create(
                email="model@alder.example", name="Model", role="finance"
            )

    @rule(place=st.integers(0, 3))
    def edit(self, place: int) -> None:
        """A person changes the hours of an entry to what they never were."""
        keys = sorted(self.history)
        if not keys:
            return
        key = keys[place % len(keys)]
        self.history[key].append(Decimal(610 + len(self.history[key])) / 100)
        hours = float(self.history[key][-1])
        self.sandbox.do(lambda c: c.change_record("psa", self.line.company, "time-entries", key, hours=hours))

    @rule(edited=st.lists(st.integers(0, 3), max_size=2), rows=st.integers(0, 20))
    def read(self, edited: list[int], rows: int) -> None:
        """Some entries are changed, a person starts a reading, and a worker begins with it."""
        for place in edited:
            self.edit(place)
        self.line.start()
        if rows:
            drain(Queue.RUN, worker="model", seconds=20, limit=rows)

    @rule(faults=st.sampled_from(FAULTS))
    def break_target(self, faults: dict[str, float]) -> None:
        """The target begins to fail, or is well again."""
        self.line.faults("erp", **faults)

    @precondition(lambda self: self.slow is not None)
    @rule(works=st.booleans())
    def let_target_work(self, works: bool) -> None:
        """A slow target begins to work on what it has taken, or stops."""
        if self.slow is not None:
            self.slow.works = works

    @rule(rows=st.integers(1, 20), dies_before=st.one_of(st.just(0), st.integers(1, 150)))
    def work(self, rows: int, dies_before: int) -> None:
        """A worker does what is due, and may die at it."""
        with dying_before(dies_before):
            drain(Queue.POLL, worker="model", seconds=20, limit=rows)  # probes of a system that was away
            drain(Queue.RUN, worker="model", seconds=20, limit=rows)

    @rule()
    def time_passes(self) -> None:
        """What had a time is due; the leases of the dead are over. Machines died, the work is no poison: it is not counted."""
        breaker._known.clear()  # what a process remembers of them holds for a second
        with scope.public():
            DueWork.objects.update(due_at=F("due_at") - A_DAY, attempts=0, lost_leases=0)
            DueWork.objects.filter(state=WorkState.LEASED).update(lease_until=F("lease_until") - A_DAY)
        with scope.work_in(self.partner):
            OperationStep.objects.filter(due_at__isnull=False).update(due_at=F("due_at") - A_DAY)
            Operation.objects.filter(due_at__isnull=False).update(due_at=F("due_at") - A_DAY)
            OpenReceipt.objects.update(due_at=F("due_at") - A_DAY)

    @rule(place=st.integers(0, 3))
    def sign(self, place: int) -> None:
        """An event is told of a record that waits for it, or of any where none does."""
        with scope.work_in(self.partner):
            keys = sorted(self._open(EventWait).values_list("correlation", flat=True)) or sorted(self.history)
            if not keys:
                return
            self.said += 1
            events.publish(
                "entry.signed",
                customer_id=self.line.customer.id,
                subject=keys[place % len(keys)],
                payload={},
                dedupe_key=f"{self.line.company}:{self.said}",
            )

    @precondition(lambda self: self._is_any(ApprovalRequest, state="open"))
    @rule(yes=st.booleans())
    def answer(self, yes: bool) -> None:
        """Finance answers one question."""
        with scope.work_in(self.partner):
            request = self._open(ApprovalRequest).order_by("asked_at").first()
            if request is not None:
                decide(request.id, person=self.approver, decision="approve" if yes else "reject", reason="So it is.")

    @precondition(lambda self: self._is_any(Operation, state="rejected"))
    @rule()
    def replay(self) -> None:
        """A person tries everything again that was blocked."""
        with scope.work_in(self.partner):
            blocked = [operation.id for operation in self._operations(state=OperationState.REJECTED)]
            if blocked:
                replay_operations(blocked, started_by="model")

    @precondition(lambda self: self._is_any(Run, state__in=["queued", "running", "waiting"]))
    @rule(place=st.integers(0, 3))
    def cancel(self, place: int) -> None:
        """A person cancels a run that is not over."""
        with scope.work_in(self.partner):
            runs = list(Run.objects.filter(flow_id=self.line.flow.id).exclude(state__in=RUN_TERMINAL).order_by("id"))
            if runs:
                cancel_run(runs[place % len(runs)], made_by="model")

    @invariant()
    def counts_add_up(self) -> None:
        """Every run says what it read, and its parts make up the whole; an ended one has nothing waiting."""
        with scope.work_in(self.partner):
            for run in Run.objects.filter(flow_id=self.line.flow.id):
                parts = (run.written, run.unchanged, run.skipped, run.rejected, run.waiting)
                assert min(parts) >= 0, (run.id, parts)
                assert run.read == sum(parts), (run.id, run.read, parts)
                waiting = Operation.objects.filter(last_run_id=run.id, state=OperationState.WAITING).count()
                assert run.waiting == waiting, (run.state, run.waiting, waiting)

    @invariant()
    def nothing_waits_for_nothing(self) -> None:
        """Whatever waits has due work, a question, an event, or another version of itself that has."""
        with scope.public():
            due = set(DueWork.objects.values_list("kind", "reference"))
        with scope.work_in(self.partner):
            asked = set(self._open(ApprovalRequest).values_list("operation_id", flat=True))
            asked |= set(self._open(EventWait).values_list("operation_id", flat=True))
            going: set[str] = set()
            behind: set[str] = set()
            for operation in self._operations(state=OperationState.WAITING):
                carried = ("flows.walk", str(operation.id)) in due or ("flows.run", str(operation.last_run_id)) in due
                (going if carried or operation.id in asked else behind).add(operation.business_key)
            assert behind <= going
            for run in Run.objects.filter(flow_id=self.line.flow.id).exclude(state__in=RUN_TERMINAL):
                assert ("flows.run", str(run.id)) in due or run.waiting, (run.state, run.reading_done)

    @invariant()
    def the_target_saw_each_version_once_and_in_order(self) -> None:
        """One creation a record, one effect a version, never an older one after a newer one, nothing made up."""
        effects = self._effects()
        found = judge_journal(self.history, effects)
        assert (found.doubled, found.out_of_order, found.invented) == ((), (), ())
        seen = [(e["external_id"], e["values"]["quantity"]) for e in effects if "quantity" in e["values"]]
        assert len(seen) == len(set(seen)), seen

    def teardown(self) -> None:
        """Once nothing is broken and everybody answers, everything arrives."""
        if not hasattr(self, "line"):
            return
        with self.stack:
            self._bring_to_an_end()
        self._clear()

    def _bring_to_an_end(self) -> None:
        self.line.faults("erp")
        self.let_target_work(True)
        for _ in range(ROUNDS):
            self.time_passes()
            self.work(50, 0)
            if not self._help_along():
                break
        self.counts_add_up()
        self.the_target_saw_each_version_once_and_in_order()
        assert judge_journal(self.history, self._effects()).lost == ()
        with scope.work_in(self.partner):
            assert not OpenReceipt.objects.filter(operation__flow_id=self.line.flow.id).exists()

    def _help_along(self) -> bool:
        """Sign, approve and retry what waits for people, and read once more in the end; False when all is through."""
        with scope.work_in(self.partner):
            waits = list(self._open(EventWait).values_list("correlation", flat=True))
            requests = list(self._open(ApprovalRequest).values_list("id", flat=True))
        for _ in waits:
            self.sign(0)
        with scope.work_in(self.partner):
            for request in requests:
                decide(request, person=self.approver, decision="approve")
        self.replay()
        with scope.work_in(self.partner):
            going_on = Run.objects.filter(flow_id=self.line.flow.id).exclude(state__in=RUN_TERMINAL).exists()
        if not going_on and not waits and not requests:
            self.line.start()
            self.work(50, 0)
            with scope.work_in(self.partner):
                return any(o.state == OperationState.WAITING for o in self._operations())
        return True

    def _clear(self) -> None:
        with scope.public():
            DueWork.objects.all().delete()

    def _open(self, model: Any) -> Any:
        return model.objects.filter(customer_id=self.line.customer.id, state="open")

    def _is_any(self, model: Any, **filters: Any) -> bool:
        with scope.work_in(self.partner):
            return bool(model.objects.filter(customer_id=self.line.customer.id, **filters).exists())

    def _operations(self, **filters: Any) -> list[Operation]:
        return list(Operation.objects.filter(flow_id=self.line.flow.id, **filters).order_by("id"))

    def _effects(self) -> list[dict[str, Any]]:
        return list(self.sandbox.do(lambda client: client.effects("erp", self.line.company)))


@pytest.mark.timeout(0)
def test_whatever_happens_nothing_is_lost_doubled_overtaken_or_forgotten(
    committed: PartnerRef, sandbox: SandboxServer
) -> None:
    Engine.partner, Engine.sandbox = committed, sandbox
    run_state_machine_as_test(
        Engine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize="ENGINE_MODEL_EXAMPLES" not in os.environ,
            database=None,
            phases=[Phase.generate],  # a sequence is short enough to be read; making it shorter takes minutes
            suppress_health_check=list(HealthCheck),
        ),
    )
