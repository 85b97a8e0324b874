"""How ready a customer is: rules over facts, without any database."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.customers.onboarding import Facts, Lack, Stage, Step, StepState, readiness

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
NOTHING = Facts(started_at=START)
CONNECTED = replace(
    NOTHING,
    has_country=True,
    entities=2,
    connections=2,
    sources=1,
    targets=1,
    confirmed=frozenset({"entities"}),
    entities_at=START + timedelta(days=1),
    connected_at=START + timedelta(days=3),
)
CONFIGURED = replace(
    CONNECTED,
    flows=1,
    is_sampled=True,
    people=1,
    confirmed=frozenset({"entities", "mapping"}),
    configured_at=START + timedelta(days=5),
)
TRIED = replace(CONFIGURED, is_dry_run=True, dry_run_at=START + timedelta(days=6))
LIVE = replace(TRIED, live_flows=1)

CASES = [
    pytest.param(NOTHING, Stage.COMPANY, Step.COMPANY, id="nothing is known yet"),
    pytest.param(
        replace(NOTHING, has_country=True), Stage.COMPANY, Step.ENTITIES, id="the companies are not confirmed"
    ),
    pytest.param(
        replace(CONNECTED, sources=0, targets=0, connections=0), Stage.CONNECT, Step.CONNECTIONS, id="no system yet"
    ),
    pytest.param(replace(CONNECTED, untested=1), Stage.CONNECT, Step.CONNECTIONS, id="one system is not tested"),
    pytest.param(replace(CONNECTED, planned=1), Stage.CONNECT, Step.CONNECTIONS, id="one system is only planned"),
    pytest.param(CONNECTED, Stage.CONFIGURE, Step.TEMPLATE, id="connected, nothing chosen"),
    pytest.param(
        replace(CONNECTED, flows=1, people=1), Stage.CONFIGURE, Step.MAPPING, id="a draft without a look at it"
    ),
    pytest.param(replace(CONFIGURED, people=0), Stage.CONFIGURE, Step.PEOPLE, id="nobody is invited"),
    pytest.param(CONFIGURED, Stage.TEST, Step.DRY_RUN, id="no dry run"),
    pytest.param(replace(TRIED, refused=3), Stage.TEST, Step.DRY_RUN, id="the dry run refused records"),
    pytest.param(replace(TRIED, is_dry_run_stale=True), Stage.TEST, Step.DRY_RUN, id="the mapping changed since"),
    pytest.param(TRIED, Stage.GO_LIVE, Step.GO_LIVE, id="everything but the switch"),
    pytest.param(LIVE, Stage.GO_LIVE, Step.GO_LIVE, id="live"),
]


@pytest.mark.parametrize(("facts", "stage", "next_step"), CASES)
def test_the_stage_and_the_next_step_follow_from_the_facts(facts: Facts, stage: Stage, next_step: Step) -> None:
    found = readiness(facts)
    assert (found.stage, found.next_step.step) == (stage, next_step)


def test_the_bar_grows_with_every_step_and_is_full_only_when_live() -> None:
    percents = [readiness(facts).percent for facts in (NOTHING, CONNECTED, CONFIGURED, TRIED, LIVE)]
    assert percents == sorted(set(percents))
    assert percents[-2:] == [93, 100]


LOCKED = [
    pytest.param(NOTHING, Step.TEMPLATE, (Lack.NO_SOURCE, Lack.NO_TARGET), id="a template needs both ends"),
    pytest.param(replace(CONNECTED, targets=0), Step.TEMPLATE, (Lack.NO_TARGET,), id="a template needs a target"),
    pytest.param(CONNECTED, Step.MAPPING, (Lack.NO_FLOW,), id="a mapping needs a flow"),
    pytest.param(CONNECTED, Step.DRY_RUN, (Lack.NO_FLOW,), id="a dry run needs a flow"),
    pytest.param(
        replace(TRIED, troubled=1), Step.GO_LIVE, (Lack.NOT_WORKING,), id="nothing goes live over a broken connection"
    ),
]


@pytest.mark.parametrize(("facts", "step", "needs"), LOCKED)
def test_a_locked_step_says_what_comes_first(facts: Facts, step: Step, needs: tuple[Lack, ...]) -> None:
    found = readiness(facts).of(step)
    assert (found.state, found.needs) == (StepState.LOCKED, needs)


@pytest.mark.parametrize("step", [Step.COMPANY, Step.ENTITIES, Step.CONNECTIONS, Step.PEOPLE])
def test_steps_that_need_nothing_are_open_from_the_start(step: Step) -> None:
    assert readiness(NOTHING).of(step).state is StepState.READY


def test_holes_may_be_gone_live_with_and_stoppers_may_not() -> None:
    found = readiness(replace(TRIED, refused=2, people=0, untested=1))
    assert found.holes == (Lack.NOBODY_INVITED, Lack.RECORDS_REFUSED)
    assert found.stoppers == (Lack.NOT_TESTED,)


SINCE = [
    pytest.param(NOTHING, START, id="company: since the beginning"),
    pytest.param(
        replace(CONNECTED, untested=1), START + timedelta(days=1), id="connect: since the companies were confirmed"
    ),
    pytest.param(CONNECTED, START + timedelta(days=3), id="configure: since the last system passed"),
    pytest.param(CONFIGURED, START + timedelta(days=5), id="test: since the mapping was confirmed"),
    pytest.param(TRIED, START + timedelta(days=6), id="go live: since the dry run"),
    pytest.param(
        replace(CONNECTED, connected_at=None, entities_at=None), START, id="what no row tells counts from the beginning"
    ),
    pytest.param(
        replace(CONNECTED, connected_at=START - timedelta(days=9), entities_at=None),
        START,
        id="a connection of before the onboarding does not make it older",
    ),
]


@pytest.mark.parametrize(("facts", "since"), SINCE)
def test_the_days_in_a_stage_count_from_what_completed_the_one_before(facts: Facts, since: datetime) -> None:
    assert readiness(facts).stage_since == since


@st.composite
def any_facts(draw: Any) -> Facts:
    small, yes = st.integers(0, 3), st.booleans()
    return Facts(
        started_at=START,
        has_country=draw(yes),
        entities=draw(small),
        entities_without_country=draw(small),
        connections=draw(small),
        sources=draw(small),
        targets=draw(small),
        planned=draw(small),
        untested=draw(small),
        troubled=draw(small),
        flows=draw(small),
        live_flows=draw(small),
        is_sampled=draw(yes),
        people=draw(small),
        is_dry_run=draw(yes),
        is_dry_run_stale=draw(yes),
        refused=draw(small),
        confirmed=draw(st.frozensets(st.sampled_from(["entities", "mapping", "people"]))),
    )


@given(any_facts())
def test_whatever_the_facts_the_bar_and_the_steps_agree(facts: Facts) -> None:
    found = readiness(facts)
    assert 0 <= found.percent <= 100
    assert (found.percent == 100) == all(one.state is StepState.DONE for one in found.steps)
    for one in found.steps:
        assert (one.state is StepState.DONE) == (not one.lacks)
        assert bool(one.needs) == (one.state is StepState.LOCKED)
    assert found.next_step.state is not StepState.LOCKED or all(
        one.state in (StepState.LOCKED, StepState.DONE) for one in found.steps
    )
