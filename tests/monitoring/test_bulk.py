"""Bulk jobs: what is shown before is what is done, each case once, whatever happens to the workers meanwhile."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from apps.accounts.actions import Role
from apps.accounts.actor import Actor
from apps.accounts.models import AuditEntry, User
from apps.accounts.services import create_user
from apps.customers.models import Customer
from apps.customers.services import create_customer
from apps.dispatch import leases
from apps.dispatch.models import DueWork, Queue
from apps.dispatch.worker import drain
from apps.flows.models import Flow, Run
from apps.flows.services.flow_state import pause_flow
from apps.monitoring import bulk, cases
from apps.monitoring.bulk import BulkError, ask_bulk, cancel_bulk, confirm_bulk, do_next, resume_stalled
from apps.monitoring.case_pages import Bar
from apps.monitoring.models import BulkEntry, BulkJob, CaseStep, ExceptionCase
from apps.tenants import scope
from apps.tenants.scope import PartnerRef
from tests.monitoring.conftest import Blocked

MANY = 300


@pytest.fixture
def inside(committed: PartnerRef) -> Iterator[PartnerRef]:
    """Work in partner A's scope, with real commits."""
    with scope.enter(committed):
        yield committed


def _somebody(role: Role = Role.SUPPORT) -> User:
    with transaction.atomic():
        return create_user(email=f"{role.value}@alder.example", name=role.value.title(), role=role, password="x" * 12)


def _cases(number: int, customer: Customer | None = None, **values: object) -> list[ExceptionCase]:
    now = timezone.now()
    with transaction.atomic():
        customer = customer or create_customer(name="Many Ltd")
        return ExceptionCase.objects.bulk_create(
            ExceptionCase(
                customer=customer,
                fingerprint=f"{place:032x}",
                title="The accounting period is closed",
                explanation="Closed.",
                queue="finance",
                waiting_on="customer",
                severity="normal",
                error_class="closed_period",
                opened_at=now,
                changed_at=now,
                due_at=now + timedelta(hours=place),
                **values,
            )
            for place in range(number)
        )


def _asked(kind: str, who: Actor, **needs: object) -> BulkJob:
    with transaction.atomic():
        job = ask_bulk(BulkJob.Kind(kind), ExceptionCase.objects.all(), by=who)
    with transaction.atomic():
        return confirm_bulk(job.id, by=who, **needs)  # type: ignore[arg-type]


def _counts(job: BulkJob) -> dict[str, int]:
    with transaction.atomic():
        states = list(job.entries.values_list("state", flat=True))
    return {state: states.count(state) for state in set(states)}


def _steps(words: str) -> int:
    with transaction.atomic():
        return CaseStep.objects.filter(sentence__startswith=words).count()


def test_three_hundred_cases_are_closed_once_each_though_a_worker_is_killed_and_another_is_replaced(
    inside: PartnerRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = _somebody().as_actor()
    _cases(MANY)
    job = _asked("close", who, reason="Settled with the customer.")
    done_before_the_kill = 40
    real, seen = bulk._settle, 0

    def dies(entry: BulkEntry, refusal: str) -> None:
        nonlocal seen
        seen += 1
        if seen > done_before_the_kill:
            raise KeyboardInterrupt  # what a process that is stopped in the middle of a case looks like
        real(entry, refusal)

    monkeypatch.setattr(bulk, "_settle", dies)
    scope_left = scope.public
    with pytest.raises(KeyboardInterrupt), scope_left():
        drain(Queue.MAINT, worker="killed", seconds=30)
    monkeypatch.setattr(bulk, "_settle", real)
    assert _counts(job) == {"done": done_before_the_kill, "pending": MANY - done_before_the_kill}
    assert _steps("Closed: Settled") == done_before_the_kill, "a case that was not ticked off was not closed either"

    with scope.public():
        (slow,) = _claimed("slow")
        DueWork.objects.filter(id=slow.id).update(lease_until=timezone.now() - timedelta(seconds=1))
        (_next,) = _claimed("next")
        with pytest.raises(leases.LeaseLostError), scope.enter(inside):
            bulk.work_on(slow)  # it woke up again after somebody else had taken over
        leases.release([_next])
        drain(Queue.MAINT, worker="healthy", seconds=60)
    assert _counts(job) == {"done": MANY}
    assert _steps("Closed: Settled") == MANY
    with transaction.atomic():
        assert BulkJob.objects.get(id=job.id).state == "done"
        assert not ExceptionCase.objects.exclude(state="closed").exists()
        assert AuditEntry.objects.filter(action="case_closed", actor_name__contains=who.name).count() == MANY


def _claimed(worker: str) -> list[leases.LeasedWork]:
    DueWork.objects.filter(kind=bulk.BULK, state="leased").update(lease_until=timezone.now() - timedelta(seconds=1))
    DueWork.objects.filter(kind=bulk.BULK).update(due_at=timezone.now() - timedelta(seconds=5))
    return leases.claim(queue=Queue.MAINT, worker=worker, limit=1)


def test_what_cannot_be_done_is_known_before_and_left_alone(blocked: Blocked) -> None:
    with scope.work_in(blocked.line.partner):
        who = blocked.person(Role.SUPPORT).as_actor()
        paused = Flow.objects.get(id=blocked.line.flow.id)
        pause_flow(paused, reason="Year end.", made_by="test")
        _cases(2, blocked.line.customer, state="closed", closed_at=timezone.now())
        _cases(1, blocked.line.customer)
        job = ask_bulk(BulkJob.Kind.RETRY, ExceptionCase.objects.all(), by=who)
        reasons = list(job.entries.filter(state="barred").values_list("reason", flat=True))
        assert reasons.count(Bar.CLOSED) == 2
        assert reasons.count(Bar.NOTHING_BLOCKED) == 1
        assert reasons.count(Bar.FLOW_STOPPED) == job.entries.count() - 3
        with pytest.raises(BulkError, match="nothing left"):
            confirm_bulk(job.id, by=who)
        assert Run.objects.filter(mode=Run.Mode.REPLAY).count() == 0


def test_a_bulk_retry_starts_what_a_single_retry_would_and_says_why_where_it_could_not(blocked: Blocked) -> None:
    with scope.work_in(blocked.line.partner):
        who = blocked.person(Role.SUPPORT).as_actor()
        job = confirm_bulk(ask_bulk(BulkJob.Kind.RETRY, ExceptionCase.objects.all(), by=who).id, by=who)
        able = job.entries.filter(state="pending").count()
        first = job.entries.filter(state="pending").order_by("id").first()
        assert first is not None
        ExceptionCase.objects.filter(id=first.case_id).update(state="closed")
        while do_next(job.id):
            pass
        assert job.entries.filter(state="done").count() == able - 1
        failed = job.entries.get(state="failed")
        assert failed.case_id == first.case_id
        assert "closed" in failed.reason
        assert Run.objects.filter(mode=Run.Mode.REPLAY).count() == able - 1


@pytest.mark.parametrize(
    ("kind", "needs", "field"),
    [("skip", {"reason": "  "}, "reason"), ("close", {}, "reason"), ("assign", {"owner_id": "viewer"}, "owner")],
    ids=["leaving out without a reason", "closing without a reason", "giving it to somebody who may not"],
)
def test_a_deed_that_needs_something_asks_for_it(
    inside: PartnerRef, kind: str, needs: dict[str, object], field: str
) -> None:
    who, viewer = _somebody().as_actor(), _somebody(Role.READ_ONLY)
    _cases(2)
    if "owner_id" in needs:
        needs = {"owner_id": viewer.id}
    with transaction.atomic():
        job = ask_bulk(BulkJob.Kind(kind), ExceptionCase.objects.all(), by=who)
        job.entries.update(state="pending")
        with pytest.raises(BulkError) as refused:
            confirm_bulk(job.id, by=who, **needs)  # type: ignore[arg-type]
    assert refused.value.field == field


def test_nothing_chosen_is_nothing_asked(inside: PartnerRef) -> None:
    with pytest.raises(BulkError, match="at least one"), transaction.atomic():
        ask_bulk(BulkJob.Kind.CLOSE, ExceptionCase.objects.all(), by=_somebody().as_actor())


def test_a_cancelled_job_stops_where_it_is_and_confirming_twice_begins_once(inside: PartnerRef) -> None:
    who = _somebody().as_actor()
    _cases(5)
    job = _asked("assign", who, owner_id=who.user_id)
    with transaction.atomic():
        assert confirm_bulk(job.id, by=who).state == "queued"
        assert do_next(job.id)
        assert do_next(job.id)
    with transaction.atomic():
        cancel_bulk(job.id)
    with transaction.atomic():
        assert not do_next(job.id)
        assert ExceptionCase.objects.filter(owner_id=who.user_id).count() == 2
    assert _counts(job) == {"done": 2, "cancelled": 3}
    with scope.public():
        assert not DueWork.objects.filter(kind=bulk.BULK, state="ready").exists()


def test_somebody_else_cannot_confirm_and_a_person_who_left_does_nothing_more(inside: PartnerRef) -> None:
    person, other = _somebody(), _somebody(Role.OPERATIONS).as_actor()
    _cases(3)
    with transaction.atomic():
        job = ask_bulk(BulkJob.Kind.CLOSE, ExceptionCase.objects.all(), by=person.as_actor())
    with pytest.raises(BulkError, match="whoever asked"), transaction.atomic():
        confirm_bulk(job.id, by=other, reason="Mine now.")
    with transaction.atomic():
        confirm_bulk(job.id, by=person.as_actor(), reason="Done.")
        User.objects.filter(id=person.id).update(is_active=False)
        while do_next(job.id):
            pass
        assert not ExceptionCase.objects.filter(state="closed").exists()
    assert _counts(job) == {"failed": 3}


def test_a_job_whose_due_work_got_lost_is_taken_up_again(inside: PartnerRef) -> None:
    who = _somebody().as_actor()
    _cases(3)
    job = _asked("assign", who, owner_id=who.user_id)
    with scope.public():
        DueWork.objects.filter(kind=bulk.BULK).delete()
    with transaction.atomic():
        resume_stalled()
        resume_stalled()
    with scope.public():
        assert DueWork.objects.filter(kind=bulk.BULK).count() == 1
        drain(Queue.MAINT, worker="healthy", seconds=30)
    assert _counts(job) == {"done": 3}


def test_a_case_that_breaks_the_worker_is_passed_over(inside: PartnerRef, monkeypatch: pytest.MonkeyPatch) -> None:
    who = _somebody().as_actor()
    first, *_rest = _cases(3)
    job = _asked("close", who, reason="Enough.")
    real = cases.close_case

    def breaks(case_id: Any, **needs: Any) -> ExceptionCase:
        if case_id == first.id:
            raise RuntimeError("boom")
        return real(case_id, **needs)

    monkeypatch.setattr(cases, "close_case", breaks)
    with scope.public():
        for _ in range(bulk.MOST_TRIES + 2):
            DueWork.objects.filter(kind=bulk.BULK).update(due_at=timezone.now() - timedelta(seconds=1))
            drain(Queue.MAINT, worker="healthy", seconds=30)
    assert _counts(job) == {"failed": 1, "done": 2}


def test_a_translation_for_many_is_learnt_once_and_its_records_arrive(blocked: Blocked) -> None:
    case = blocked.case("cost_center")
    mapping = f"/flows/{blocked.line.flow.id}/mapping/cost_center/"
    line = {"source": "cost_center", "write_mode": "overwrite", "publish": "1", "otherwise": "CC-110"}
    assert blocked.owner.post(mapping, {**line, "value_from": ["CC-000"], "value_to": ["CC-110"]}).status_code == 302
    every = [str(known.id) for known in blocked.cases()]
    assert (
        blocked.as_(Role.SUPPORT).post("/exceptions/bulk/ask/", {"kind": "value", "ids": every}).url == "/exceptions/"
    )
    asked = blocked.owner.post("/exceptions/bulk/ask/", {"kind": "value", "ids": every}, follow=True)
    page = asked.context["page"]
    able = {known.id for known in blocked.cases() if known.error_class in {"mapping_gap", "missing_reference"}}
    assert (page.able, page.left_alone) == (len(able), len(every) - len(able))
    here = f"/exceptions/bulk/{page.id}/start/"
    assert "Fill this in" in blocked.owner.post(here, {"target": "cost_center"}).content.decode()
    typed = {"target": "cost_center", "outside_value": "CC-990", "new_value": "CC-110"}
    assert blocked.owner.post(here, typed).status_code == 302
    with scope.enter(blocked.line.partner):
        drain(Queue.MAINT, worker="healthy", seconds=30)
    blocked.work()
    assert blocked.again(case).state == "closed"
    done = blocked.owner.get(f"/exceptions/bulk/{page.id}/").context["page"]
    assert (done.done, done.pending) == (len(able), 0)
