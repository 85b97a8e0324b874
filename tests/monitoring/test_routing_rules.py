"""Routing as people use it: a rule takes new exceptions, a preview tells the truth, applying it changes what it said."""

from typing import Any

import pytest

from apps.accounts.actions import Role
from apps.accounts.models import User
from apps.monitoring.models import CaseWatch, ExceptionCase, RoutingRule, Team, TeamMember
from apps.tenants import scope
from tests.monitoring.conftest import Blocked

EVERYTHING = {"name": "Month end", "is_on": "on", "kind": "closed_period", "queue": "delivery"}


def _page(response: Any) -> str:
    return response.content.decode()


def _write(blocked: Blocked, path: str = "rules/add/", **values: Any) -> Any:
    return blocked.owner.post(f"/settings/routing/{path}", {**EVERYTHING, **values}, follow=True)


def _rule(blocked: Blocked, **filters: Any) -> RoutingRule:
    with scope.work_in(blocked.line.partner):
        return RoutingRule.objects.get(**filters)


@pytest.fixture
def kinds(blocked: Blocked) -> dict[str, list[ExceptionCase]]:
    """The open cases by their class."""
    found: dict[str, list[ExceptionCase]] = {}
    for case in blocked.cases():
        found.setdefault(case.error_class, []).append(case)
    return found


@pytest.fixture
def worker(blocked: Blocked) -> User:
    """Somebody who works exceptions."""
    with scope.work_in(blocked.line.partner):
        return blocked.person(Role.SUPPORT)


def test_a_written_rule_is_previewed_applied_and_kept_in_each_history(
    blocked: Blocked, kinds: dict[str, list[ExceptionCase]], worker: User
) -> None:
    kind, cases = next(iter(kinds.items()))
    with scope.work_in(blocked.line.partner):
        team = Team.objects.create(name="Night watch")
    typed = {
        "kind": kind,
        "queue": "provider",
        "team_id": str(team.id),
        "owner_id": str(worker.id),
        "priority": "1",
        "tags": "Month end,  KEY account, month end",
        "watchers": [str(worker.id)],
    }
    looked = _write(blocked, step="look", **typed)
    assert looked.context["looked"].changes == len(cases)
    with scope.work_in(blocked.line.partner):
        assert not RoutingRule.objects.exists()
    assert "Saved: Month end." in _page(_write(blocked, **typed))
    preview = blocked.owner.get("/settings/routing/preview/")
    (first, *others) = preview.context["groups"]
    assert (first.name, first.cases, first.changes) == ("Month end", len(cases), len(cases))
    assert sum(group.cases for group in others) == len(blocked.cases()) - len(cases)
    applied = _page(blocked.owner.post("/settings/routing/preview/", follow=True))
    assert "routed anew" in applied
    for case in map(blocked.again, cases):
        assert (case.queue, case.team_id, case.owner_id, case.priority) == ("provider", team.id, worker.id, 1)
        assert case.tags == ["key account", "month end"]
        page = _page(blocked.owner.get(f"/exceptions/{case.id}/"))
        assert "Routed by the rule “Month end”." in page
        assert "Night watch" in page
    for case in (known for other, found in kinds.items() if other != kind for known in found):
        assert blocked.again(case).queue == case.queue
    with scope.work_in(blocked.line.partner):
        assert CaseWatch.objects.filter(person_id=worker.id).count() == len(cases)
    assert blocked.owner.get("/settings/routing/preview/").context["changes"] == 0
    listed = blocked.owner.get(f"/exceptions/?by=list&team={team.id}&tag=month+end&priority=1").context["list"].rows
    assert {row.id for row in listed} == {case.id for case in cases}


def test_a_new_exception_goes_where_the_first_fitting_rule_says(blocked: Blocked) -> None:
    case = blocked.case("hours")
    _write(blocked, name="Second", kind="", queue="provider")
    _write(blocked, name="First", kind=case.error_class, queue="access")
    second = _rule(blocked, name="Second")
    with scope.work_in(blocked.line.partner):
        CaseWatch.objects.all().delete()
        ExceptionCase.objects.all().delete()
    blocked.judge()
    assert {known.queue for known in blocked.cases()} == {"provider"}
    blocked.owner.post(f"/settings/routing/rules/{second.id}/move/", {"down": "1"})
    with scope.work_in(blocked.line.partner):
        ExceptionCase.objects.all().delete()
    blocked.judge()
    assert blocked.case("hours").queue == "access"
    assert {known.queue for known in blocked.cases() if known.error_class != case.error_class} == {"provider"}
    _write(blocked, f"rules/{second.id}/", name="Second", kind="", queue="provider", is_on="")
    with scope.work_in(blocked.line.partner):
        ExceptionCase.objects.all().delete()
    blocked.judge()
    assert "provider" not in {known.queue for known in blocked.cases() if known.error_class != case.error_class}


def test_a_rule_that_names_somebody_who_left_is_refused_at_that_field(blocked: Blocked, worker: User) -> None:
    _write(blocked, owner_id=str(worker.id))
    with scope.work_in(blocked.line.partner):
        User.objects.filter(id=worker.id).update(is_active=False)
    refused = _write(blocked, f"rules/{_rule(blocked).id}/", owner_id=str(worker.id))
    assert set(refused.context["form"].errors) == {"owner_id"}


def test_who_has_an_exception_keeps_it_and_who_left_gets_none(blocked: Blocked, worker: User) -> None:
    case, browser = blocked.case("hours"), blocked.owner
    owner = blocked.people["owner"]
    browser.post(f"/exceptions/{case.id}/assign/", {"owner": str(owner.id)})
    _write(blocked, kind="", queue="", owner_id=str(worker.id))
    blocked.owner.post("/settings/routing/preview/")
    assert blocked.again(case).owner_id == owner.id
    others = [known for known in blocked.cases() if known.id != case.id]
    assert {known.owner_id for known in others} == {worker.id}
    with scope.work_in(blocked.line.partner):
        ExceptionCase.objects.update(owner=None)
        User.objects.filter(id=worker.id).update(is_active=False)
    assert blocked.owner.get("/settings/routing/preview/").context["changes"] == 0


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"name": ""}, "This field is required"),
        ({"queue": ""}, "Say what the rule does"),
        ({"amount_from": "5"}, "Say in which currency"),
        ({"amount_from": "5", "currency": "E1"}, "three capital letters"),
        ({"amount_from": "-1", "currency": "EUR"}, "greater than or equal to 0"),
        ({"tags": "x" * 31}, "is too long"),
        ({"tags": "<script>"}, "cannot be a tag"),
        ({"tags": ",".join(f"t{n}" for n in range(11))}, "At most 10 tags"),
        ({"owner_id": "nonsense"}, "Select a valid choice"),
        ({"kind": "nonsense"}, "Select a valid choice"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_rule_that_cannot_be_is_explained_in_place(blocked: Blocked, typed: dict[str, str], sentence: str) -> None:
    answer = _write(blocked, **typed)
    assert answer.status_code == 400
    assert sentence in _page(answer)
    with scope.work_in(blocked.line.partner):
        assert not RoutingRule.objects.exists()


def test_two_rules_cannot_have_one_name_and_a_removed_rule_is_gone(blocked: Blocked) -> None:
    _write(blocked)
    assert "a rule with this name already" in _page(_write(blocked, name="month END"))
    rule = _rule(blocked)
    blocked.owner.post(f"/settings/routing/rules/{rule.id}/remove/")
    with scope.work_in(blocked.line.partner):
        assert not RoutingRule.objects.exists()


def test_a_team_is_put_together_changed_and_removed(blocked: Blocked, worker: User) -> None:
    made = blocked.owner.post(
        "/settings/routing/teams/add/", {"name": "Night watch", "people": [str(worker.id)]}, follow=True
    )
    assert worker.name in _page(made)
    with scope.work_in(blocked.line.partner):
        team = Team.objects.get()
    stranger = blocked.owner.post(f"/settings/routing/teams/{team.id}/", {"name": "Night", "people": ["1"]})
    assert "Select a valid choice" in _page(stranger)
    blocked.owner.post(f"/settings/routing/teams/{team.id}/", {"name": "Night", "people": []})
    with scope.work_in(blocked.line.partner):
        assert Team.objects.get().name == "Night"
        assert not TeamMember.objects.exists()
    _write(blocked, team_id=str(team.id))
    blocked.owner.post(f"/settings/routing/teams/{team.id}/remove/")
    assert _rule(blocked).team_id is None
