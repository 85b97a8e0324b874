"""Rollouts: 80 customers in rings, each ring watched, a bad one stopped and taken back without a person."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from unittest.mock import patch

import pytest
from django.utils import timezone

from apps.customers.services import create_customer
from apps.dispatch.models import DueWork, Queue
from apps.dispatch.worker import drain
from apps.flows.engine.rings import Gates, Ring
from apps.flows.mapping.layers import LineChange
from apps.flows.mapping.rebase import Choice
from apps.flows.models import Flow, FlowVersion, Operation, Rollout, RolloutMember, Run, TriggerEvent
from apps.flows.services import bases, rollouts
from apps.flows.services.publish import change_line
from apps.flows.services.rollouts import (
    RolloutError,
    defer,
    flows_behind,
    pause_rollout,
    resume_rollout,
    start_rollout,
    stop_rollout,
    take_back_all,
)
from apps.flows.services.upgrades import upgrade
from apps.flows.templates_library import TEMPLATES
from apps.tenants import scope
from tests.lines import Line

RINGS = (Ring("Pilot", 0.05), Ring("A quarter", 0.25), Ring("All", 1))
# What rings reconcile is tested beside (test_ring_proofs.py): these flows are copied rows that can ask no system.
GATES = Gates(minutes=60, records=20, error_rise=0.05, held=Decimal(5_000), unexplained=None)


@pytest.fixture(params=[20])
def many(make_line: Callable[..., Line], request: pytest.FixtureRequest) -> Iterator[Line]:
    """One real line and further customers with the same flow, all behind a newer version of its template."""
    line = make_line()
    template = TEMPLATES[line.flow.template]
    newer = replace(
        template,
        version=template.version + 1,
        lines=(*template.lines[:0], LineChange("description", {"default": "Work"})),
    )
    with scope.work_in(line.partner):
        first = Flow.objects.select_related("live_version").get(id=line.flow.id)
        for number in range(request.param - 1):
            _like(first, number)
    with (
        patch.object(bases, "flow_template", lambda _slug: newer),
        patch.object(rollouts, "flow_template", lambda _slug: newer),
    ):
        yield line


def _like(first: Flow, number: int) -> Flow:
    """Copy a flow for one more customer: its rows alone, for what is tested here calls no system."""
    version = first.live_version
    assert version is not None
    customer = create_customer(name=f"Customer {number} of {first.id}", currency="EUR")
    flow = Flow.objects.create(
        customer=customer,
        template=first.template,
        name=first.name,
        source=first.source,
        target=first.target,
        state=Flow.State.LIVE,
    )
    flow.live_version = FlowVersion.objects.create(
        flow=flow,
        customer=customer,
        number=1,
        definition=version.definition,
        layers=version.layers,
        template_version=version.template_version,
        made_at=timezone.now(),
        published_at=timezone.now(),
    )
    flow.save()
    return flow


def _start(line: Line, **wishes: object) -> Rollout:
    with scope.work_in(line.partner):
        return start_rollout(
            template=line.flow.template,
            **{"rings": RINGS, "gates": GATES, "started_by": "Rona", "note": "Shorter texts", **wishes},  # type: ignore[arg-type]
        )


def _work(line: Line, rollout: Rollout) -> Rollout:
    """Let a worker look at the rollout until it has nothing to do but wait."""
    for _ in range(8):
        with scope.work_in(line.partner):
            DueWork.objects.filter(reference=str(rollout.id)).update(due_at=timezone.now())
        drain(Queue.MAINT, worker="test", seconds=5)
    with scope.work_in(line.partner):
        return Rollout.objects.get(id=rollout.id)


def _later(line: Line, rollout: Rollout, **passed: int) -> None:
    with scope.work_in(line.partner):
        since = timezone.now() - timedelta(**passed)
        Rollout.objects.filter(id=rollout.id, ring_since__isnull=False).update(ring_since=since)


def _states(line: Line, rollout: Rollout, **filters: object) -> dict[str, int]:
    with scope.work_in(line.partner):
        found: dict[str, int] = {}
        for state in RolloutMember.objects.filter(rollout=rollout, **filters).values_list("state", flat=True):
            found[state] = found.get(state, 0) + 1
        return found


def _ran(line: Line, rollout: Rollout, ring: int, *, read: int, rejected: int) -> None:
    """Let every changed flow of a ring have run once with its new version."""
    with scope.work_in(line.partner):
        for member in RolloutMember.objects.filter(rollout=rollout, ring=ring, state="changed").select_related(
            "flow", "version_after"
        ):
            assert member.version_after is not None
            now = timezone.now()
            event = TriggerEvent.objects.create(
                flow=member.flow, customer_id=member.customer_id, kind="person", dedupe_key=str(now), received_at=now
            )
            Run.objects.create(
                flow=member.flow,
                customer_id=member.customer_id,
                event=event,
                version=member.version_after,
                state="partial" if rejected else "clean",
                read=read,
                rejected=rejected,
                written=read - rejected,
                created_at=now,
            )


def test_all_customers_are_changed_ring_after_ring(many: Line) -> None:
    rollout = _start(many)
    assert _work(many, rollout).ring == 0
    assert _states(many, rollout) == {"changed": 1, "waiting": 19}
    for ring, through in ((0, 5), (1, 20)):
        _ran(many, rollout, ring, read=50, rejected=0)
        _later(many, rollout, minutes=61)
        assert _work(many, rollout).ring == ring + 1
        assert _states(many, rollout) == {"changed": through} | ({"waiting": 15} if through < 20 else {})
    _ran(many, rollout, 2, read=50, rejected=1)
    _later(many, rollout, minutes=61)
    assert _work(many, rollout).state == Rollout.State.DONE


@pytest.mark.parametrize("many", [80], indirect=True)
def test_it_stops_by_itself_when_the_second_rings_errors_rise_and_takes_that_ring_back(many: Line) -> None:
    rollout = _start(many)
    _work(many, rollout)
    _ran(many, rollout, 0, read=50, rejected=0)
    _later(many, rollout, minutes=61)
    assert _work(many, rollout).ring == 1
    _ran(many, rollout, 1, read=50, rejected=10)
    stopped = _work(many, rollout)
    assert stopped.state == Rollout.State.STOPPED
    assert "“A quarter”: 20.0 % of the records are refused (160 of 800); 0.0 % were usual" in stopped.reason
    assert _states(many, rollout, ring=1) == {"taken_back": 16}
    assert _states(many, rollout) == {"changed": 4, "taken_back": 16, "waiting": 60}
    with scope.work_in(many.partner):
        for member in RolloutMember.objects.filter(rollout=rollout, ring=1).select_related(
            "flow__live_version", "version_before"
        ):
            live = member.flow.live_version
            assert live is not None
            assert member.version_before is not None
            assert live.layers == member.version_before.layers
    assert _work(many, rollout).ring == 1, "nothing goes on by itself"


def _found_unexplained(line: Line, rollout: Rollout, ring: int, *, carried: bool) -> None:
    """Let a reconciliation of one changed flow have found a record that differs; `carried` over by its new version, or before."""
    with scope.work_in(line.partner):
        member = RolloutMember.objects.filter(rollout=rollout, ring=ring, state="changed").earliest("id")
        run = Run.objects.filter(flow_id=member.flow_id, version_id=member.version_after_id).latest("id")
        for version, state in (("2026-11-01T00:00:00Z", "written"), ("unreconciled:amount_differs:1", "rejected")):
            Operation.objects.create(
                customer_id=member.customer_id,
                flow_id=member.flow_id,
                run=run if carried or state == "rejected" else Run(id=member.id),
                last_run=run if carried or state == "rejected" else Run(id=member.id),
                canonical_type="TimeEntry",
                business_key=f"TimeEntry:sandbox_psa:{carried}",
                source_key="1",
                source_version=version,
                state=state,
                step="deliver",
                error_class="unreconciled" if state == "rejected" else "",
                error_code="amount_differs" if state == "rejected" else "",
                created_at=timezone.now(),
                changed_at=timezone.now(),
            )


def test_a_ring_whose_records_differ_on_both_sides_without_a_reason_stops(many: Line) -> None:
    rollout = _start(many, gates=replace(GATES, unexplained=0))
    _work(many, rollout)
    _ran(many, rollout, 0, read=10, rejected=0)
    _found_unexplained(many, rollout, 0, carried=False)
    assert _work(many, rollout).state == Rollout.State.RUNNING, (
        "what an earlier version carried over says nothing of this one"
    )
    _found_unexplained(many, rollout, 0, carried=True)
    stopped = _work(many, rollout)
    assert stopped.state == Rollout.State.STOPPED
    assert "1 record differs between both sides without a known reason; 0 is the limit" in stopped.reason
    assert _states(many, rollout, ring=0) == {"taken_back": 1}


def test_nothing_goes_on_while_too_little_was_seen(many: Line) -> None:
    rollout = _start(many)
    _work(many, rollout)
    _later(many, rollout, minutes=61)
    assert _work(many, rollout).ring == 0
    _later(many, rollout, days=8)
    assert _work(many, rollout).ring == 1, "a week of silence is answer enough"


def test_a_flow_with_a_conflict_is_held_and_no_ring_follows_one_that_shows_nothing(many: Line) -> None:
    with scope.work_in(many.partner):
        flow = Flow.objects.get(id=many.flow.id)
        change_line(flow, target="description", changes={"default": "Ours"}, made_by="Ann")
        rollout = _start(many, pilots=[many.customer.id])
    paused = _work(many, rollout)
    assert (paused.state, paused.ring) == (Rollout.State.PAUSED, 0)
    assert "No flow of the ring “Pilot” could be changed" in paused.reason
    assert _states(many, rollout) == {"held": 1, "waiting": 19}
    with scope.work_in(many.partner):
        held = RolloutMember.objects.get(rollout=rollout, flow=many.flow)
        assert (held.ring, held.version_after) == (0, None)
        assert held.reason == "1 line was changed on both sides: choose for each which is to hold."
        upgrade(Flow.objects.get(id=many.flow.id), made_by="Ann", choices={"delivery:description.default": Choice.OURS})
        resume_rollout(rollout)
    assert _work(many, rollout).state == Rollout.State.RUNNING
    assert _states(many, rollout, ring=0) == {"changed": 1}, "who was brought there by hand belongs to the ring"


def test_a_customer_puts_it_off_within_what_is_allowed(many: Line) -> None:
    rollout = _start(many, defer_days=7)
    with scope.work_in(many.partner):
        pilot = RolloutMember.objects.filter(rollout=rollout, ring=0).first()
        assert pilot is not None
        with pytest.raises(RolloutError, match="Choose a day up to"):
            defer(pilot, until=timezone.localdate() + timedelta(days=8), made_by="Carla")
        defer(pilot, until=timezone.localdate() + timedelta(days=7), made_by="Carla", reason="Closing the year")
    assert _work(many, rollout).ring == 0, "the next ring waits for what this one will show"
    assert _states(many, rollout, ring=0) == {"deferred": 1}
    with scope.work_in(many.partner):
        RolloutMember.objects.filter(id=pilot.id).update(deferred_until=timezone.localdate())
    _work(many, rollout)
    assert _states(many, rollout, ring=0) == {"changed": 1}


def test_a_person_pauses_resumes_stops_and_takes_all_back(many: Line) -> None:
    rollout = _start(many, rings=(Ring("A fifth", 0.2), Ring("All", 1)))
    with scope.work_in(many.partner):
        with pytest.raises(RolloutError, match="under way"):
            _start(many)
        pause_rollout(rollout)
    assert _states(many, _work(many, rollout)) == {"waiting": 20}
    with scope.work_in(many.partner):
        resume_rollout(rollout)
    _work(many, rollout)
    with scope.work_in(many.partner):
        changed = Flow.objects.get(id=RolloutMember.objects.filter(rollout=rollout, state="changed")[:1].get().flow_id)
        change_line(changed, target="cost_center", changes={"default": "CC-1"}, made_by="Ann")
        stop_rollout(rollout, made_by="Rona", take_back=False)
        assert take_back_all(rollout, made_by="Rona") == 3
        left = RolloutMember.objects.get(rollout=rollout, flow=changed)
        assert "published since" in left.reason
        with pytest.raises(RolloutError, match="over"):
            stop_rollout(rollout, made_by="Rona", take_back=True)


def test_nobody_is_behind(make_line: Callable[..., Line]) -> None:
    with pytest.raises(RolloutError, match="newest version already"):
        _start(make_line())


def test_flows_made_of_the_same_are_judged_once_and_another_one_by_itself(
    many: Line,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries: Callable[..., AbstractContextManager[object]],
) -> None:
    judged, plan = [], rollouts.plan_upgrade

    def counted(flow: Flow, **more: object) -> object:
        judged.append(flow.id)
        return plan(flow, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(rollouts, "plan_upgrade", counted)
    with scope.work_in(many.partner):
        ids = set(Flow.objects.values_list("id", flat=True))
        with django_assert_num_queries(4):  # flows, roles, one version, the partner's lines
            assert {flow.id for flow in flows_behind(many.flow.template)} == ids
        assert len(judged) == 1
        moved, other = Flow.objects.order_by("-id")[:2]
        upgrade(moved, made_by="Rona")
        Flow.objects.filter(id=other.id).update(state=Flow.State.RETIRED)
        judged.clear()
        found = flows_behind(many.flow.template)
        assert {flow.id for flow in found} == ids - {moved.id, other.id}
        assert len(judged) == 2
        one_by_one = [flow for flow in Flow.objects.select_related("live_version") if plan(flow) is not None]
        assert {flow.id for flow in one_by_one} - {other.id} == {flow.id for flow in found}
