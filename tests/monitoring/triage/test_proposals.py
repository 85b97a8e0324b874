"""Proposals on real cases: made once, applied or refused by people, by two, or by nobody, and always on the record."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from uuid_utils.compat import uuid7

from apps.accounts.actions import Role
from apps.accounts.models import AuditEntry
from apps.monitoring.models import CaseNote, ExceptionCase, Team, TriagePolicy, TriageProposal
from apps.monitoring.triage.alone import apply_alone
from apps.monitoring.triage.policy import Handling
from apps.monitoring.triage.proposing import propose_open
from apps.monitoring.triage.scoring import fall_back, judged
from apps.tenants import scope
from tests.monitoring.conftest import Blocked


@pytest.fixture
def proposed(blocked: Blocked) -> Blocked:
    """The same line, its cases looked at once."""
    _look(blocked)
    return blocked


def _look(blocked: Blocked) -> int:
    with scope.enter(blocked.line.partner):
        return propose_open(timezone.now())


def _proposal(blocked: Blocked, case: ExceptionCase) -> TriageProposal:
    with scope.work_in(blocked.line.partner):
        return TriageProposal.objects.filter(case=case).latest("id")


def _post(blocked: Blocked, case: ExceptionCase, deed: str, role: Role = Role.OWNER, **typed: str) -> str:
    address = f"/exceptions/{case.id}/proposals/{_proposal(blocked, case).id}/{deed}/"
    return _text(blocked.as_(role).post(address, typed, follow=True))


def _text(response: Any) -> str:
    found: bytes = response.getvalue()
    return found.decode()


def _policy(blocked: Blocked, **values: Any) -> None:
    with scope.work_in(blocked.line.partner):
        now = timezone.now()
        TriagePolicy.objects.create(changed_at=now, changed_by="Olga", **values)


def _trail(blocked: Blocked, action: str) -> list[AuditEntry]:
    with scope.work_in(blocked.line.partner):
        return list(AuditEntry.objects.filter(action=action).order_by("position"))


def _close(blocked: Blocked, case: ExceptionCase) -> None:
    with scope.work_in(blocked.line.partner):
        ExceptionCase.objects.filter(id=case.id).update(
            state="closed", closed_how="settled", closed_at=timezone.now() - timedelta(days=1)
        )


def test_every_open_case_gets_one_proposal_and_looking_again_makes_no_other(blocked: Blocked) -> None:
    assert (_look(blocked), _look(blocked)) == (7, 0)
    with scope.work_in(blocked.line.partner):
        assert TriageProposal.objects.count() == TriageProposal.objects.values("case").distinct().count() == 7
    queue = _text(blocked.owner.get("/exceptions/?by=list&proposal=yes"))
    assert queue.count("data-case=") == 7
    assert _text(blocked.owner.get("/exceptions/?by=list&proposal=no")).count("data-case=") == 0
    assert "Ask the customer" in _text(blocked.owner.get("/exceptions/?by=list&format=csv"))


def test_one_click_does_what_was_proposed_and_says_so_in_the_trail(proposed: Blocked) -> None:
    case = proposed.case("approved_at")
    page = _text(proposed.owner.get(f"/exceptions/{case.id}/"))
    assert "One click applies it." in page
    assert "Only the customer&#x27;s people can put this right" in page
    assert "Done as proposed." in _post(proposed, case, "apply")
    with scope.work_in(proposed.line.partner):
        note = CaseNote.objects.get(case=case)
    assert note.shared
    assert note.text.endswith("tell us to which day it shall be posted.")
    assert (_proposal(proposed, case).state, proposed.again(case).waiting_on) == ("applied", "customer")
    (entry,) = _trail(proposed, "triage_applied")
    assert entry.details["evidence"] == [{"kind": "rule", "name": "customer_knows"}]
    assert (entry.details["policy"], entry.details["because"]) == ("one_click", "usual")
    assert "decided on already" in _post(proposed, case, "apply")  # a second click
    assert _look(proposed) == 0  # it is theirs until they answer


def test_a_change_before_applying_is_kept_and_counts_as_one(proposed: Blocked) -> None:
    case = proposed.case("hours", error_class="parse")
    _post(proposed, case, "apply", question="Is 7,5 seven and a half?")
    with scope.work_in(proposed.line.partner):
        assert CaseNote.objects.get(case=case).text == "Is 7,5 seven and a half?"
    assert _proposal(proposed, case).state == "changed"


def test_much_money_takes_two_people_never_the_same_twice(proposed: Blocked) -> None:
    _policy(proposed, limit=Decimal(500))
    case = proposed.case("approved_at")
    assert "above the limit" in _text(proposed.owner.get(f"/exceptions/{case.id}/"))
    assert "once another person confirms it" in _post(proposed, case, "apply")
    assert "another person has to confirm it" in _post(proposed, case, "apply")
    assert _proposal(proposed, case).state == "approved"
    assert "Done as proposed." in _post(proposed, case, "apply", Role.SUPPORT)
    applied = _proposal(proposed, case)
    assert (applied.state, applied.first_name, applied.decided_by_name) == ("applied", "Owner", "Support")
    assert [entry.actor_name for entry in _trail(proposed, "triage_approved")] == ["Owner"]


def test_who_changes_what_another_agreed_to_is_the_first_again(proposed: Blocked) -> None:
    _policy(proposed, limit=Decimal(500))
    case = proposed.case("approved_at")
    _post(proposed, case, "apply")
    assert "once another person confirms it" in _post(proposed, case, "apply", Role.SUPPORT, question="Open May?")
    assert "Done as proposed." in _post(proposed, case, "apply")
    with scope.work_in(proposed.line.partner):
        assert CaseNote.objects.get(case=case).text == "Open May?"


def test_a_refused_proposal_does_not_come_back_and_too_many_end_the_class(proposed: Blocked) -> None:
    case = proposed.case("approved_at")
    assert "Choose why." in _post(proposed, case, "refuse")
    assert "Refused." in _post(proposed, case, "refuse", reason="wrong_fix")
    assert _look(proposed) == 0
    with scope.work_in(proposed.line.partner):
        row = TriageProposal.objects.get(case=case)
        for _number in range(7):
            row.pk, row._state.adding = None, True
            row.save(force_insert=True)
        TriageProposal.objects.create(
            case=case,
            customer_id=case.customer_id,
            source="rules",
            error_class=case.error_class,
            deed="ask",
            confidence=70,
            made_at=timezone.now(),
        )
    with scope.enter(proposed.line.partner):
        assert (fall_back(timezone.now()), fall_back(timezone.now())) == (1, 0)
    assert "use the ways out below" in _post(proposed, case, "apply")
    board = _text(proposed.owner.get("/exceptions/proposals/scorecard/"))
    assert "Bring back" in board
    fallback = board.split('name="fallback" value="')[1].split('"')[0]
    assert "Counting begins anew" in _text(
        proposed.owner.post("/settings/proposals/return/", {"fallback": fallback}, follow=True)
    )
    with scope.enter(proposed.line.partner):
        assert fall_back(timezone.now()) == 0  # what was decided before does not count any more
    assert "Done as proposed." in _post(proposed, case, "apply")


def test_what_the_policy_allows_is_applied_by_itself_once(proposed: Blocked) -> None:
    _policy(proposed, error_class="closed_period", known=Handling.ALONE)
    case = proposed.case("approved_at")
    with scope.enter(proposed.line.partner):
        assert (apply_alone(timezone.now()), apply_alone(timezone.now())) == (1, 0)
    found = _proposal(proposed, case)
    assert (found.state, found.alone, found.decided_by_name) == ("applied", True, "Triage")
    (entry,) = _trail(proposed, "triage_applied")
    assert (entry.actor_name, entry.details["policy"]) == ("Triage", "alone")
    assert proposed.again(case).waiting_on == "customer"


def test_what_was_asked_by_itself_is_not_judged_while_the_customer_has_it(proposed: Blocked) -> None:
    _policy(proposed, error_class="closed_period", known=Handling.ALONE)
    with scope.enter(proposed.line.partner):
        apply_alone(timezone.now())
    assert _verdicts(proposed) == []
    with scope.work_in(proposed.line.partner):
        ExceptionCase.objects.filter(error_class="closed_period").update(waiting_on="partner")
    assert _verdicts(proposed) == ["refused"]
    _close(proposed, proposed.case("approved_at"))
    assert _verdicts(proposed) == ["accepted"]


def _verdicts(blocked: Blocked) -> list[str]:
    with scope.work_in(blocked.line.partner):
        return list(judged(timezone.now() - timedelta(days=1)).values_list("verdict", flat=True))


def test_what_helped_before_is_proposed_with_the_cases_that_show_it(blocked: Blocked) -> None:
    case = blocked.case("approved_at")
    with scope.work_in(blocked.line.partner):
        team = Team.objects.create(name="Approvals")
        for number in range(2):
            past = ExceptionCase.objects.get(id=case.id)
            past.pk, past._state.adding, past.fingerprint = None, True, f"past{number}"
            past.team = team
            past.state, past.closed_how, past.closed_at = "closed", "settled", timezone.now()
            past.save(force_insert=True)
            past.steps.create(customer_id=case.customer_id, sentence="1 record tried again.", done_at=timezone.now())
    _look(blocked)
    found = _proposal(blocked, case)
    assert (found.source, found.deed, found.confidence, found.team_id) == ("past", "retry", 67, team.id)
    page = _text(blocked.owner.get(f"/exceptions/{case.id}/"))
    assert page.count("it helped") == 2
    assert "It is given to the team Approvals" in page
    assert "Done as proposed." in _post(blocked, case, "apply")
    assert (blocked.again(case).state, blocked.again(case).team_id) == ("resolving", team.id)


def test_what_is_overtaken_is_put_aside(proposed: Blocked) -> None:
    case = proposed.case("approved_at")
    _close(proposed, case)
    _look(proposed)
    assert _proposal(proposed, case).state == "stale"


def test_pages_show_what_was_decided_and_who_has_to_agree(proposed: Blocked) -> None:
    _post(proposed, proposed.case("approved_at"), "apply")
    rows = _text(proposed.owner.get("/exceptions/proposals/?outcome=accepted&format=csv"))
    assert rows.count("Applied") == 1
    assert _text(proposed.owner.get("/exceptions/proposals/?outcome=waiting")).count("row-title") == 6
    assert "7 exceptions" in _text(proposed.owner.get("/exceptions/proposals/summary/"))
    typed = {"kind": "parse", "known": "2", "estimated": "2", "unknown": "4", "limit": "50", "currency": "chf"}
    typed |= {"above": "3", "destructive": "3", "floor": "60"}
    saved = _text(proposed.owner.post("/settings/proposals/policy/", typed, follow=True))
    assert "Never: by hand only" in saved
    page = _text(proposed.owner.get(f"/exceptions/{proposed.case('hours', error_class='parse').id}/"))
    assert "It is for reading only." in page
    wrong = proposed.owner.post("/settings/proposals/policy/", {**typed, "floor": "120"})
    assert (wrong.status_code, "100" in _text(wrong)) == (400, True)


def test_every_figure_of_the_summary_leads_to_exactly_its_exceptions(proposed: Blocked) -> None:
    first, second, *_ = proposed.cases()
    with scope.work_in(proposed.line.partner):
        ExceptionCase.objects.update(waiting_on="partner")
        ExceptionCase.objects.filter(id=first.id).update(due_at=timezone.now() - timedelta(days=1))
        ExceptionCase.objects.filter(id=second.id).update(waiting_on="customer")
        other = ExceptionCase.objects.get(id=first.id)
        other.pk, other._state.adding, other.fingerprint = None, True, "another"
        other.error_class, other.error_field = second.error_class, "another_field"
        other.save(force_insert=True)
    for narrowed in ("", f"customer={proposed.line.customer.id}"):
        summary = proposed.owner.get(f"/exceptions/proposals/summary/?{narrowed}").context["summary"]
        assert [figure.cases for figure in summary.figures] == [8, 2, 1, 7]
        for figure in (*summary.figures, *summary.causes):
            answer = proposed.owner.get(f"/exceptions/?by=list&{figure.query}&{narrowed}")
            assert answer.context["list"].total == figure.cases, figure
        records = sum(row.records for row in answer.context["list"].rows)
        assert records == summary.causes[-1].records
    page = _text(proposed.owner.get("/exceptions/proposals/summary/"))
    assert page.count("by=list&amp;cause=") == 2 * len(summary.causes)


def test_every_figure_of_the_scorecard_leads_to_exactly_its_proposals(proposed: Blocked) -> None:
    first, second, third, *_ = [case for case in proposed.cases() if _proposal(proposed, case) is not None]
    _post(proposed, first, "apply")
    _post(proposed, second, "refuse", refusal="wrong_fix")
    now = timezone.now()
    with scope.work_in(proposed.line.partner):
        kept = TriageProposal.objects.exclude(decided_at=None).order_by("id")
        for decided in list(kept):  # more than are counted, and some from too long ago
            for days in (*range(1, 23), 200):
                decided.pk, decided._state.adding = uuid7(), True
                decided.decided_at = now - timedelta(days=days)
                decided.save(force_insert=True)
    lines = proposed.owner.get("/exceptions/proposals/scorecard/").context["lines"]
    assert lines
    seen = 0
    for line in lines:
        for number, address in (
            (line.accepted, line.accepted_url),
            (line.changed, line.changed_url),
            (line.refused, line.refused_url),
            (line.applied, line.applied_url),
            (line.held, line.held_url),
        ):
            assert proposed.owner.get(address).context["list"].total == number, address
            seen += number
    assert seen >= 40
    assert third.is_open
