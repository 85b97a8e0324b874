"""Projects at risk: hours and money against the budget, days against the end, milestones against their dates."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.monitoring.insights.found import LOOK, NOW, SOON, Cause, Stake
from apps.monitoring.insights.projects import (
    Booked,
    Milestone,
    Project,
    booked_by,
    days_left,
    judge_milestones,
    judge_project,
)

D = Decimal
TODAY = date(2026, 11, 20)
PROJECT = Project("Project:psa:P-1", "Project Beacon", "Beacon", frozenset({"PRJ-1", "P-1"}), budget_hours=D(400))
BOOKED = Booked(D(100), D(40), TODAY - timedelta(days=60), TODAY - timedelta(days=1), 20, D(9500), "EUR")


def judged(project: Project, booked: Booked | None = BOOKED, known: bool = False) -> dict[Cause, object]:
    """Return what is found of a project, by cause."""
    before = {(cause, project.key) for cause in Cause} if known else set()
    return {one.cause: one for one in judge_project(project, booked, TODAY, before).findings}


@pytest.mark.parametrize(
    ("used", "lately", "ends", "known", "urgency"),
    [
        pytest.param(100, 40, None, False, None, id="a quarter"),
        pytest.param(340, 40, None, False, SOON, id="nearly all"),
        pytest.param(330, 40, None, False, None, id="not nearly all"),
        pytest.param(330, 40, None, True, SOON, id="it was told before"),
        pytest.param(400, 40, None, False, NOW, id="all"),
        pytest.param(250, 140, 60, False, SOON, id="more than half, and at this pace it ends too soon"),
        pytest.param(250, 140, 20, False, None, id="at this pace it lasts"),
        pytest.param(150, 300, 60, False, None, id="less than half says nothing yet"),
        pytest.param(250, 0, 60, False, None, id="nothing is used any more"),
    ],
)
def test_hours_are_held_against_the_budget(
    used: int, lately: int, ends: int | None, known: bool, urgency: int | None
) -> None:
    project = replace(PROJECT, ends=TODAY + timedelta(days=ends) if ends else None)
    found = judged(project, replace(BOOKED, hours=D(used), lately=D(lately)), known).get(Cause.BUDGET_HOURS)
    assert getattr(found, "urgency", None) == urgency


def test_what_is_beyond_the_budget_is_worth_the_average_rate() -> None:
    found = judged(PROJECT, replace(BOOKED, hours=D(500), money=D(50_000)))[Cause.BUDGET_HOURS]
    assert found.stake == Stake(D("10000.00"), "EUR", sure=False)  # type: ignore[attr-defined]


def test_the_systems_own_figure_counts_where_it_knows_of_more() -> None:
    facts = judged(replace(PROJECT, actual_hours=D(390)))[Cause.BUDGET_HOURS].facts  # type: ignore[attr-defined]
    assert (facts["used"], facts["counted"], facts["least"]) == ("390", False, False)


def test_hours_that_are_not_all_counted_are_a_least() -> None:
    partly = replace(BOOKED, hours=D(390), whole=False)
    assert judged(PROJECT, partly)[Cause.BUDGET_HOURS].facts["least"]  # type: ignore[attr-defined]
    started = replace(PROJECT, starts=TODAY - timedelta(days=60), ends=TODAY + timedelta(days=10))
    assert Cause.BEHIND not in judged(started, replace(BOOKED, hours=D(1), whole=False)), "a least is no little"


@pytest.mark.parametrize(
    ("project", "booked", "cause"),
    [
        pytest.param({"state": "closed"}, {"hours": D(900)}, None, id="what is over is left alone"),
        pytest.param({"budget_hours": None}, {"hours": D(900)}, None, id="no budget"),
        pytest.param(
            {"budget_money": D(10_000), "currency": "EUR"}, {}, Cause.BUDGET_MONEY, id="nearly all of the money"
        ),
        pytest.param({"budget_money": D(10_000), "currency": "USD"}, {}, None, id="another currency"),
        pytest.param({"ends": TODAY - timedelta(days=5)}, {}, Cause.END_PASSED, id="work after the end"),
        pytest.param(
            {"ends": TODAY - timedelta(days=90)}, {"last": TODAY - timedelta(days=60)}, None, id="that was long ago"
        ),
        pytest.param(
            {"starts": TODAY - timedelta(days=60), "ends": TODAY + timedelta(days=20)},
            {"hours": D(20), "lately": D(5)},
            Cause.BEHIND,
            id="three quarters of the time, a twentieth of the hours",
        ),
        pytest.param(
            {"starts": TODAY - timedelta(days=60), "ends": TODAY + timedelta(days=20)},
            {"first": TODAY - timedelta(days=20), "hours": D(20), "lately": D(5)},
            None,
            id="what came before the first entry is not known",
        ),
    ],
)
def test_what_else_puts_a_project_at_risk(project: dict, booked: dict, cause: Cause | None) -> None:
    found = judged(replace(PROJECT, **project), replace(BOOKED, **booked))
    assert list(found) == ([cause] if cause else [])
    if cause is Cause.BEHIND:
        assert found[cause].urgency == LOOK  # type: ignore[attr-defined]


def test_without_any_work_nothing_is_said_of_hours() -> None:
    started = replace(PROJECT, starts=TODAY - timedelta(days=60), ends=TODAY + timedelta(days=20))
    assert judged(started, None) == {}


@pytest.mark.parametrize(
    ("state", "due", "urgency"),
    [
        pytest.param("planned", -3, SOON, id="late"),
        pytest.param("ready", -20, NOW, id="very late"),
        pytest.param("billed", -20, None, id="billed"),
        pytest.param("planned", 0, None, id="today is not late"),
        pytest.param("planned", None, None, id="without a date"),
    ],
)
def test_a_milestone_is_late_when_its_day_has_passed(state: str, due: int | None, urgency: int | None) -> None:
    day = TODAY + timedelta(days=due) if due is not None else None
    one = Milestone("BillingMilestone:x:1", "Milestone", "Design", "PRJ-1", state, day, D(5000), "EUR")
    found = judge_milestones([one], TODAY)
    assert [one.urgency for one in found.findings] == ([urgency] if urgency else [])
    assert [one.stake for one in found.findings] == ([Stake(D(5000), "EUR")] if urgency else [])


def test_a_name_that_two_projects_share_leads_to_none() -> None:
    other = replace(PROJECT, key="Project:psa:P-2", refs=frozenset({"PRJ-2", "P-1"}))
    assert {ref: one.key for ref, one in booked_by([PROJECT, other]).items()} == {
        "PRJ-1": PROJECT.key,
        "PRJ-2": other.key,
    }


@given(st.decimals("1", "9999", places=1), st.decimals("0", "9999", places=1), st.decimals("0", "500", places=1))
def test_a_budget_lasts_longer_the_less_is_used(budget: D, used: D, lately: D) -> None:
    left = days_left(budget, used, lately)
    assert left is None or left >= 0
    more = days_left(budget, used + 1, lately)
    assert left is None or more is None or more <= left
    assert (left == 0) or used < budget
