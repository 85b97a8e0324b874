"""What steps do inside the house: tell people, call another flow, enter a state, say what happened."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import pytest

from apps.accounts.models import OutgoingMail, User
from apps.connectors.models import Connection
from apps.flows.engine.definition import FlowDefinition, parse_definition
from apps.flows.models import BusinessEvent, Flow, Milestone, Operation, OperationStep, Run, Trigger
from apps.flows.services.flow_state import pause_flow, resume_flow
from apps.flows.services.install import install_template
from apps.flows.services.replay import replay_operations
from apps.flows.templates_library import registry as templates
from apps.tenants import scope
from tests.lines import Line, found_line
from tests.sandbox_server import SandboxServer

CHECKED = [{"kind": "extract"}, {"kind": "check"}]
APPROVED = {"conditions": ["approved", "billable"]}
MakeLine = Callable[..., Line]


def _walking(*steps: dict[str, Any]) -> FlowDefinition:
    return parse_definition({"canonical_type": "TimeEntry", "steps": [*CHECKED, *steps], "filter": APPROVED})


@pytest.fixture
def walk_of(committed: Any, sandbox: SandboxServer) -> Iterator[MakeLine]:
    """Return a maker of lines whose flow walks these steps; a straight flow can be installed beside it."""
    known = templates.TEMPLATES["approved-time-to-bill"]
    with patch.object(
        templates, "TEMPLATES", {**templates.TEMPLATES, "straight": replace(known, slug="straight")}
    ) as all_:

        def make(*steps: dict[str, Any], **wishes: Any) -> Line:
            all_["approved-time-to-bill"] = replace(known, definition=_walking(*steps), lines=(), shaped_by=None)
            return found_line(committed, sandbox, **{"entries": 12, **wishes})  # each record walks by itself

        yield make


def _beside(line: Line) -> Flow:
    """Install a straight flow of the same customer between the same systems."""
    with scope.work_in(line.partner):
        source, target = (Connection.objects.get(id=known.id) for known in (line.source, line.target))
        return install_template(template="straight", name="Beside", source=source, target=target, installed_by="t")


def _row(line: Line, operation: Operation, name: str) -> OperationStep:
    with scope.work_in(line.partner):
        return OperationStep.objects.get(operation_id=operation.id, name=name)


def test_people_of_a_role_are_told_once_in_words_of_the_record(walk_of: MakeLine) -> None:
    line = walk_of({"kind": "notify", "role": "finance", "subject": "{hours} h\nwait", "text": "{project_name} moved."})
    with scope.work_in(line.partner):
        for name in ("fina", "flo"):
            User.objects.create(email=f"{name}@alder.example", name=name, role="finance")
        User.objects.create(email="gone@alder.example", name="Gone", role="finance", is_active=False)
        User.objects.create(email="else@alder.example", name="Else", role="support")
    line.run()
    operations = line.operations(state="written")
    with scope.work_in(line.partner):
        mails = list(OutgoingMail.objects.all())
    assert len(mails) == 2 * len(operations)
    assert {mail.to for mail in mails} == {"fina@alder.example", "flo@alder.example"}
    assert "\n" not in mails[0].subject
    assert _row(line, operations[0], "notify").result == {"told": 2}


def test_another_flow_is_called_and_waited_for(walk_of: MakeLine) -> None:
    line = walk_of(
        {"kind": "call", "template": "straight", "wait": True},
        {"kind": "emit", "event": "time.billed", "about": "r.id"},
    )
    beside = _beside(line)
    run = line.run()
    for _ in range(3):
        line.work()
    assert line.reload(run).state == "clean"
    operations = line.operations(state="written")
    assert len(line.time_lines()) == len(operations) > 0
    with scope.work_in(line.partner):
        called = Run.objects.filter(flow=beside)
        assert called.count() == len(operations)
        assert BusinessEvent.objects.filter(name="time.billed").count() == len(operations)


def test_a_called_flow_that_fails_stops_the_walk_and_a_replay_calls_it_anew(walk_of: MakeLine) -> None:
    line = walk_of(
        {"kind": "call", "template": "straight", "wait": True}, {"kind": "milestone", "state": "billing_enabled"}
    )
    _beside(line)
    line.faults("erp", closed_period=1)
    line.run()
    for _ in range(2):
        line.work()
    blocked = line.operations(state="rejected")
    assert blocked
    assert all("ended partial" in operation.error_message for operation in blocked)
    line.faults("erp")
    with scope.work_in(line.partner):
        chosen = [
            operation.id for operation in Operation.objects.filter(state="rejected").exclude(flow_id=line.flow.id)
        ]
        replay_operations(chosen, started_by="t")
        replay_operations([operation.id for operation in blocked], started_by="t")
    for _ in range(3):
        line.work()
    assert line.operations(state="rejected") == []
    with scope.work_in(line.partner):
        assert Milestone.objects.count() == len(blocked)


def test_a_flow_that_is_not_there_is_named(walk_of: MakeLine) -> None:
    line = walk_of({"kind": "call", "template": "straight"})
    line.run()
    assert {o.error_class for o in line.operations(state="rejected")} == {"missing_reference"}
    assert all("install it or set it live" in o.error_message for o in line.operations(state="rejected"))


def test_a_milestone_is_entered_once_for_its_subject(walk_of: MakeLine) -> None:
    line = walk_of({"kind": "milestone", "state": "project_ready", "about": "r.project"})
    line.run()
    with scope.work_in(line.partner):
        subjects = list(Milestone.objects.values_list("subject", flat=True))
    assert sorted(subjects) == sorted({operation.project_ref for operation in line.operations(state="written")})


def test_a_flow_that_listens_is_started_by_what_another_says_also_while_it_is_paused(walk_of: MakeLine) -> None:
    line = walk_of({"kind": "emit", "event": "time.approved"})
    beside = _beside(line)
    with scope.work_in(line.partner):
        Trigger.objects.create(
            flow=beside, customer_id=line.customer.id, kind=Trigger.Kind.EVENT, event_name="time.approved"
        )
        pause_flow(Flow.objects.get(id=beside.id), reason="Month end", made_by="t")
    line.run()
    line.work()
    assert line.time_lines() == []
    with scope.work_in(line.partner):
        resume_flow(Flow.objects.get(id=beside.id))
    line.work()
    assert len(line.time_lines()) == len(line.operations(state="written")) > 0
