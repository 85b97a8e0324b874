"""A ring of a rollout sets both sides of its flows against each other, and the next one waits for what that comes to."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.actions import Role
from apps.accounts.models import AuditEntry
from apps.accounts.services import create_user
from apps.dispatch.models import DueWork, Queue
from apps.dispatch.worker import drain
from apps.flows.engine.rings import Gates, Ring, Unproven
from apps.flows.mapping.layers import LineChange
from apps.flows.models import Flow, Reconciliation, Rollout, RolloutMember, Run
from apps.flows.queries.rollouts import get_rollout_page
from apps.flows.services import bases, ring_proofs, rollouts
from apps.flows.services.cancel_run import cancel_run
from apps.flows.services.rollouts import resume_rollout, start_rollout
from apps.flows.templates_library import TEMPLATES
from apps.flows.triggers import reconciliations
from apps.flows.triggers import ring_proofs as starting
from apps.flows.triggers.reconciliations import reconcile_now
from apps.tenants import scope
from tests.lines import Line, customers_day

MakeLine = Callable[..., Line]
GATES = Gates(minutes=60, records=1)


@pytest.fixture
def pilot(make_line: MakeLine) -> Iterator[Line]:
    """The first of two customers whose flows are behind a newer version of their template; nothing has run yet."""
    pilot = make_line(name="Harbour")
    make_line(name="Meridian")
    template = TEMPLATES[pilot.flow.template]
    lines = (LineChange("description", {"default": "Work"}),)
    newer = replace(template, version=template.version + 1, lines=lines)
    with (
        patch.object(bases, "flow_template", lambda _slug: newer),
        patch.object(rollouts, "flow_template", lambda _slug: newer),
    ):
        yield pilot


def _roll_out(pilot: Line, gates: Gates = GATES) -> Rollout:
    """Start a rollout, let the pilot's flow be changed and carry over its records, and let the watched time pass."""
    with scope.work_in(pilot.partner):
        rollout = start_rollout(
            template=pilot.flow.template,
            rings=(Ring("Pilot", 0.5), Ring("All", 1)),
            gates=gates,
            pilots=[pilot.customer.id],
            started_by="Rona",
        )
    _look(pilot, rollout)
    assert pilot.run().written > 0
    return _after(pilot, rollout, minutes=61)


def _look(pilot: Line, rollout: Rollout) -> Rollout:
    """Let a worker look at the rollout until it has nothing to do but wait; no run is worked on."""
    for _ in range(3):
        with scope.work_in(pilot.partner):
            DueWork.objects.filter(reference=str(rollout.id)).update(due_at=timezone.now())
        drain(Queue.MAINT, worker="test", seconds=5)
    with scope.work_in(pilot.partner):
        return Rollout.objects.get(id=rollout.id)


def _after(pilot: Line, rollout: Rollout, **passed: int) -> Rollout:
    with scope.work_in(pilot.partner):
        Rollout.objects.filter(id=rollout.id).update(ring_since=timezone.now() - timedelta(**passed))
    return _look(pilot, rollout)


def _proofs(pilot: Line) -> list[Run]:
    with scope.work_in(pilot.partner):
        return list(Run.objects.filter(mode=Run.Mode.RECONCILE).order_by("id"))


def _page(pilot: Line, rollout: Rollout) -> str:
    client = Client(headers={"host": f"{pilot.partner.slug}.localhost"})
    with scope.work_in(pilot.partner):
        person = create_user(email="rona@alder.example", name="Rona", role=Role.OWNER, password="correct horse battery")
        client.force_login(person)
    return client.get(f"/rollouts/{rollout.id}/").content.decode()


def test_the_next_ring_waits_until_both_sides_of_the_changed_flows_agree(pilot: Line) -> None:
    rollout = _roll_out(pilot)
    (run,) = _proofs(pilot)
    assert (rollout.ring, rollout.state) == (0, Rollout.State.RUNNING)
    with scope.work_in(pilot.partner):
        member = RolloutMember.objects.get(rollout=rollout, ring=0)
        assert (run.flow_id, run.version_id) == (pilot.flow.id, member.version_after_id)
        row = get_rollout_page(rollout).rings[0]
        assert (row.pending, row.waits_until is not None) == (1, True)
    page = _page(pilot, rollout)
    assert "What it waits for" in page
    assert "It is being reconciled." in page
    _look(pilot, rollout)
    assert len(_proofs(pilot)) == 1, "one for each flow, however often it is looked at"

    pilot.work()
    with scope.work_in(pilot.partner):
        found = Reconciliation.objects.get(run=run)
        assert (found.verdict, found.first, found.last) == ("agreed", customers_day(), customers_day())
    rollout = _look(pilot, rollout)
    assert rollout.ring == 1
    with scope.work_in(pilot.partner):
        first = get_rollout_page(rollout).rings[0].members[0]
        assert (first.proof, str(found.id) in first.proof_url) == ("Reconciled.", True)


def test_what_the_reconciliation_finds_stops_the_ring_by_itself(pilot: Line) -> None:
    rollout = _roll_out(pilot)
    key = pilot.operations(state="written")[0].target_key
    pilot.sandbox.do(lambda client: client.remove_record("erp", pilot.company, "time-lines", key))
    pilot.work()
    rollout = _look(pilot, rollout)
    assert rollout.state == Rollout.State.STOPPED
    assert "1 record differs between both sides" in rollout.reason
    with scope.work_in(pilot.partner):
        assert RolloutMember.objects.get(rollout=rollout, ring=0).state == RolloutMember.State.TAKEN_BACK


def test_a_flow_that_cannot_be_reconciled_holds_its_ring_until_a_person_lets_it_pass(pilot: Line) -> None:
    with patch.object(reconciliations, "why_unreconcilable", lambda _flow: "ERP shows nothing."):
        rollout = _roll_out(pilot)
    assert (rollout.ring, rollout.state) == (0, Rollout.State.PAUSED)
    assert "1 flow is not proven (Harbour: ERP shows nothing.)" in rollout.reason
    assert _proofs(pilot) == []
    page = _page(pilot, rollout)
    assert "Not proven: ERP shows nothing." in page
    with scope.work_in(pilot.partner):
        resume_rollout(rollout)
        assert AuditEntry.objects.filter(action="rollout_accepted", subject_id=str(rollout.id)).count() == 1
    rollout = _look(pilot, rollout)
    assert (rollout.ring, rollout.state) == (1, Rollout.State.RUNNING), "nobody is asked twice"


def test_a_ring_may_pass_with_its_unproven_flows_named(pilot: Line) -> None:
    with patch.object(reconciliations, "why_unreconcilable", lambda _flow: "ERP shows nothing."):
        rollout = _roll_out(pilot, replace(GATES, unproven=Unproven.NAME))
    assert (rollout.ring, rollout.state) == (1, Rollout.State.RUNNING)
    with scope.work_in(pilot.partner):
        assert get_rollout_page(rollout).rings[0].members[0].proof == "Not proven: ERP shows nothing."


def test_a_system_that_stays_away_is_waited_for_no_longer_than_the_rings_longest_time(pilot: Line) -> None:
    rollout = _roll_out(pilot)
    pilot.faults("erp", down=1.0)
    pilot.work()
    (run,) = _proofs(pilot)
    assert run.state == "waiting"
    rollout = _after(pilot, rollout, days=6)
    assert (rollout.ring, rollout.state) == (0, Rollout.State.RUNNING)
    with scope.work_in(pilot.partner):
        assert get_rollout_page(rollout).rings[0].members[0].proof.startswith("Its reconciliation waits: ")
    rollout = _after(pilot, rollout, days=7, minutes=1)
    assert rollout.state == Rollout.State.PAUSED
    assert "Harbour: its reconciliation did not end in time" in rollout.reason


def test_a_reconciliation_that_is_broken_off_is_no_proof(pilot: Line) -> None:
    rollout = _roll_out(pilot)
    (run,) = _proofs(pilot)
    with scope.work_in(pilot.partner):
        cancel_run(run, made_by="Ann")
    pilot.work()
    rollout = _look(pilot, rollout)
    assert rollout.state == Rollout.State.PAUSED
    assert "Harbour: its reconciliation was cancelled" in rollout.reason


def test_it_waits_for_a_reconciliation_that_somebody_started_and_for_the_end_of_a_quiet_time(pilot: Line) -> None:
    with patch.object(starting, "quiet_until", lambda _flow, now: now):
        rollout = _roll_out(pilot)
    assert (rollout.ring, _proofs(pilot)) == (0, [])
    with patch.object(ring_proofs, "AT_ONCE", 0):
        _look(pilot, rollout)
    assert _proofs(pilot) == [], "others of the rollout are under way: its turn comes"
    today = customers_day()
    with scope.work_in(pilot.partner):
        flow = Flow.objects.select_related("customer", "source", "target", "live_version").get(id=pilot.flow.id)
        theirs = reconcile_now(flow, first=today, last=today, started_by="Fina")
    rollout = _look(pilot, rollout)
    assert [run.id for run in _proofs(pilot)] == [theirs.id]
    pilot.work()
    _look(pilot, rollout)
    assert len(_proofs(pilot)) == 2
    pilot.work()
    assert _look(pilot, rollout).ring == 1


def test_nothing_is_reconciled_where_differences_do_not_count(pilot: Line) -> None:
    rollout = _roll_out(pilot, replace(GATES, unexplained=None))
    assert (rollout.ring, _proofs(pilot)) == (1, [])
