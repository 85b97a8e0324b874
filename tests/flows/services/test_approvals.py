"""Approvals: who may decide, how many it takes, and what a decision does."""

import threading
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import pytest
from django.db import ProgrammingError, connections, transaction
from django.utils import timezone

from apps.accounts.actions import KEY_ACTIONS, Action, Role
from apps.accounts.actor import acting
from apps.accounts.models import ApiKey, AuditEntry
from apps.dispatch.models import DueWork
from apps.flows.models import ApprovalDecision, ApprovalRequest, Delegation
from apps.flows.services import approvals
from apps.flows.services.approval_voices import asked_voices, may_stand_in
from apps.flows.services.approvals import ApprovalClosedError, ApprovalError, NotAskedError, decide, open_requests_for
from apps.flows.services.stand_ins import delegations_of, stood_in_for
from apps.flows.services.walk_lanes import WALK_KIND
from apps.tenants import scope
from apps.tenants.scope import PartnerRef
from tests.flows.asked import Office, open_office, stand_in


@pytest.fixture
def office(in_partner_a: PartnerRef) -> Office:
    """A customer with a flow, in the partner's scope."""
    return open_office()


def _due(request: ApprovalRequest, kind: str) -> int:
    references = {WALK_KIND: str(request.operation_id), approvals.APPROVAL_KIND: str(request.id)}
    return DueWork.objects.filter(kind=kind, reference=references[kind]).count()


MAY = [
    pytest.param("finance", Role.FINANCE, False, False, True, id="the role that is asked"),
    pytest.param("finance", Role.OWNER, False, False, True, id="an owner, always"),
    pytest.param("finance", Role.BUILDER, False, False, False, id="another role of the partner"),
    pytest.param("finance", Role.FINANCE_APPROVER, False, False, False, id="the customer, where the partner is asked"),
    pytest.param("finance_approver", Role.FINANCE_APPROVER, False, False, True, id="the customer's own people"),
    pytest.param("finance_approver", Role.FINANCE_APPROVER, True, False, False, id="another customer's people"),
    pytest.param("finance_approver", Role.CUSTOMER_OWNER, False, False, False, id="another role of the customer"),
    pytest.param("finance_approver", Role.OWNER, False, False, True, id="an owner, also for the customer"),
    pytest.param("finance", Role.CUSTOMER_OWNER, False, True, True, id="whom it was escalated to"),
    pytest.param("finance", Role.CUSTOMER_OWNER, True, True, False, id="the same role at another customer"),
]


@pytest.mark.parametrize(("asked", "role", "stranger", "escalated", "allowed"), MAY)
def test_who_may_decide(office: Office, asked: str, role: Role, stranger: bool, escalated: bool, allowed: bool) -> None:
    request = office.ask(role=asked, escalate_to="customer_owner")
    if escalated:
        ApprovalRequest.objects.update(escalated_at=timezone.now())
    person = office.person(role, stranger=stranger)
    is_own = person.as_actor().is_customer and not stranger
    with scope.narrowed_to(office.customer.id) if is_own else nullcontext():
        listed = not stranger and open_requests_for(person.as_actor()).filter(id=request.id).exists()
        if allowed:
            assert decide(request.id, person=person, decision="approve").state == "approved"
        else:
            with pytest.raises(NotAskedError):
                decide(request.id, person=person, decision="approve")
    # An owner may answer what only the customer is asked, but it does not wait for them.
    assert listed is (allowed and not (role is Role.OWNER and asked == "finance_approver"))
    assert _due(request, WALK_KIND) == int(allowed)
    assert _due(request, approvals.APPROVAL_KIND) == int(not allowed)


def test_somebody_who_left_decides_nothing(office: Office) -> None:
    request, person = office.ask(), office.person(Role.FINANCE)
    type(person).objects.filter(id=person.id).update(is_active=False)
    with pytest.raises(NotAskedError):
        decide(request.id, person=person, decision="approve")


def test_a_customer_cannot_reach_another_customers_question(office: Office) -> None:
    request, other = office.ask(role="finance_approver"), open_office("Elsewhere AG")
    person = other.person(Role.FINANCE_APPROVER, "Eve")
    with scope.narrowed_to(other.customer.id), pytest.raises(ApprovalRequest.DoesNotExist):
        decide(request.id, person=person, decision="approve")


def test_two_people_are_needed_and_one_cannot_be_both(office: Office) -> None:
    request = office.ask(needed=2)
    ann, ben = office.person(Role.FINANCE, "Ann"), office.person(Role.FINANCE, "Ben")
    assert decide(request.id, person=ann, decision="approve").state == "open"
    assert _due(request, WALK_KIND) == 0
    assert list(open_requests_for(ann.as_actor())) == []
    with pytest.raises(NotAskedError, match="known already"):
        decide(request.id, person=ann, decision="approve")
    assert decide(request.id, person=ben, decision="approve").state == "approved"
    assert approvals.words_of(request) == "Ann, Ben"
    assert _due(request, WALK_KIND) == 1


def test_one_no_is_enough_and_needs_a_reason(office: Office) -> None:
    request, person = office.ask(needed=3), office.person(Role.FINANCE)
    with pytest.raises(ApprovalError, match="Say why") as caught:
        decide(request.id, person=person, decision="reject", reason="  ")
    assert caught.value.field == "reason"
    ended = decide(request.id, person=person, decision="reject", reason="The rate is wrong.")
    assert (ended.state, approvals.words_of(ended)) == ("rejected", "Finance")
    assert _due(request, WALK_KIND) == 1


REFUSED = [
    pytest.param({"decision": "maybe"}, "decision", id="a word that is no decision"),
    pytest.param({"decision": "approve", "reason": "x" * 501}, "reason", id="a reason longer than is kept"),
]


@pytest.mark.parametrize(("wanted", "field"), REFUSED)
def test_a_decision_that_makes_no_sense_changes_nothing(office: Office, wanted: dict[str, Any], field: str) -> None:
    request, person = office.ask(), office.person(Role.FINANCE)
    with pytest.raises(ApprovalError) as caught:
        decide(request.id, person=person, **wanted)
    assert caught.value.field == field
    assert not ApprovalDecision.objects.exists()


def test_a_closed_question_says_who_decided_and_when(office: Office) -> None:
    request = office.ask()
    decide(request.id, person=office.person(Role.FINANCE, "Ann"), decision="approve")
    with pytest.raises(ApprovalClosedError, match=r"^Ann approved this already: \d+ \w+ \d{4}"):
        decide(request.id, person=office.person(Role.FINANCE, "Ben"), decision="reject", reason="No.")


def test_a_decision_is_in_the_audit_trail_with_its_amount_and_its_way(office: Office) -> None:
    request, person = office.ask(), office.person(Role.FINANCE, "Ann")
    with acting(person.as_actor()):
        decide(request.id, person=person, decision="approve", via="mail")
    entry = AuditEntry.objects.get(action="approval_decided")
    assert (entry.actor_name, entry.subject_id) == ("Ann", str(request.id))
    assert entry.details["amount"] == "18240.5"
    assert {"decision": "approve", "via": "mail", "currency": "EUR"}.items() <= entry.details.items()


DAYS = [
    pytest.param(0, 0, True, id="today"),
    pytest.param(-5, 5, True, id="around today"),
    pytest.param(2, 9, False, id="from the day after tomorrow"),
    pytest.param(-9, -2, False, id="until the day before yesterday"),
]


@pytest.mark.parametrize(("first", "last", "counts"), DAYS)
def test_a_stand_in_decides_on_the_days_of_the_absence(office: Office, first: int, last: int, counts: bool) -> None:
    request = office.ask(role="owner")
    owner, finance = office.person(Role.OWNER), office.person(Role.FINANCE)
    stand_in(owner, finance, first, last)
    assert open_requests_for(finance.as_actor()).exists() is counts
    assert (finance in [voice.person for voice in asked_voices(request, timezone.now())]) is counts
    if not counts:
        with pytest.raises(NotAskedError):
            decide(request.id, person=finance, decision="approve")
        return
    decide(request.id, person=finance, decision="approve")
    assert ApprovalDecision.objects.get().for_person == owner


def test_a_colleagues_voice_counts_once_whoever_speaks_it(office: Office) -> None:
    request = office.ask(role="owner", needed=2)
    owner, finance = office.person(Role.OWNER), office.person(Role.FINANCE)
    stand_in(owner, finance)
    assert decide(request.id, person=owner, decision="approve").state == "open"
    assert list(open_requests_for(finance.as_actor())) == []
    with pytest.raises(NotAskedError):
        decide(request.id, person=finance, decision="approve")
    again = office.ask(role="owner", needed=2)
    assert decide(again.id, person=finance, decision="approve").state == "open"
    with pytest.raises(NotAskedError):
        decide(again.id, person=owner, decision="approve")


PAIRS = [
    pytest.param(Role.OWNER, Role.FINANCE, False, True, id="colleagues of the partner"),
    pytest.param(Role.FINANCE, Role.SUPPORT, False, False, id="somebody who may not approve"),
    pytest.param(Role.CUSTOMER_OWNER, Role.FINANCE_APPROVER, False, True, id="colleagues of a customer"),
    pytest.param(Role.CUSTOMER_OWNER, Role.FINANCE_APPROVER, True, False, id="people of two customers"),
    pytest.param(Role.CUSTOMER_OWNER, Role.FINANCE, False, False, id="the partner for its customer"),
    pytest.param(Role.FINANCE, Role.CUSTOMER_OWNER, False, False, id="the customer for the partner"),
]


@pytest.mark.parametrize(("one", "other", "stranger", "allowed"), PAIRS)
def test_who_may_stand_in_for_whom(office: Office, one: Role, other: Role, stranger: bool, allowed: bool) -> None:
    assert may_stand_in(office.person(one), office.person(other, stranger=stranger)) is allowed


def test_customers_people_stand_in_for_each_other_and_reach_nobody_elses_absences(office: Office) -> None:
    request = office.ask(role="finance_approver")
    boss, approver = office.person(Role.CUSTOMER_OWNER), office.person(Role.FINANCE_APPROVER)
    stand_in(approver, boss)
    stand_in(office.person(Role.OWNER), office.person(Role.FINANCE))
    with scope.narrowed_to(office.customer.id):
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            Delegation.objects.count()
        assert [one.stand_in for one in delegations_of(approver)] == [boss]
        assert [one.person for one in stood_in_for(boss)] == [approver]
        assert {voice.person for voice in asked_voices(request, timezone.now())} == {approver, boss}
        assert list(open_requests_for(boss.as_actor())) == [request]
        decide(request.id, person=boss, decision="approve")
    assert ApprovalDecision.objects.get().for_person == approver


def _key(**values: object) -> ApiKey:
    number = ApiKey.objects.count()
    return ApiKey.objects.create(
        name="Warehouse", prefix=f"k{number}", hash="x", scopes=["approve"], expires_at=timezone.now(), **values
    )


def test_a_key_decides_in_its_own_name_and_all_keys_are_one_voice(office: Office) -> None:
    assert Action.APPROVE in KEY_ACTIONS
    request = office.ask(needed=2)
    with acting(_key().as_actor()):
        assert decide(request.id, person=None, decision="approve", via="api").state == "open"
    decision = ApprovalDecision.objects.get()
    assert (decision.person, decision.person_name) == (None, "API key Warehouse")
    with acting(other := _key().as_actor()), pytest.raises(NotAskedError, match="must come from people"):
        decide(request.id, person=None, decision="approve", via="api")
    assert list(open_requests_for(other)) == []
    assert decide(request.id, person=office.person(Role.FINANCE), decision="approve").state == "approved"


@pytest.mark.parametrize(("role", "allowed"), [("finance", False), ("finance_approver", True)])
def test_a_key_of_a_customer_answers_what_its_people_are_asked(office: Office, role: str, allowed: bool) -> None:
    request = office.ask(role=role)
    actor = _key(customer_id=office.customer.id).as_actor()
    with acting(actor):
        assert open_requests_for(actor).exists() is allowed
        if allowed:
            assert decide(request.id, person=None, decision="approve", via="api").state == "approved"
        else:
            with pytest.raises(NotAskedError, match="partner's people"):
                decide(request.id, person=None, decision="approve", via="api")


def test_nobody_at_all_decides_nothing(office: Office) -> None:
    request = office.ask()
    with acting(None), pytest.raises(NotAskedError, match="Sign in"):
        decide(request.id, person=None, decision="approve")


def test_two_answers_at_the_same_moment_have_one_outcome(committed: PartnerRef) -> None:
    with scope.work_in(committed):
        office = open_office()
        people = {name: office.person(Role.FINANCE, name) for name in ("Ann", "Ben", "Cem", "Dia")}
        request = office.ask()
    answers: list[str] = []
    gate = threading.Barrier(len(people))

    def answer(name: str, decision: str) -> Callable[[], None]:
        def run() -> None:
            gate.wait()
            try:
                with scope.work_in(committed):
                    decide(request.id, person=people[name], decision=decision, reason="Because.")
                answers.append(decision)
            except ApprovalClosedError as error:
                answers.append(f"closed: {error}")
            finally:
                connections.close_all()

        return run

    said = zip(people, ("approve", "reject", "approve", "reject"), strict=True)
    threads = [threading.Thread(target=answer(name, decision)) for name, decision in said]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken = [one for one in answers if not one.startswith("closed")]
    assert (len(answers), len(taken)) == (4, 1)
    with scope.work_in(committed):
        ended = ApprovalRequest.objects.get(id=request.id)
        assert ended.state == {"approve": "approved", "reject": "rejected"}[taken[0]]
        assert ApprovalDecision.objects.filter(request=request).count() == 1
        assert _due(request, WALK_KIND) == 1
