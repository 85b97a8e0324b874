"""What is proposed, who has to agree, and when a class falls back: tables of cases and properties, no database."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.connectors.errors import BusinessClass
from apps.monitoring.impact import Quality
from apps.monitoring.triage.advice import ARGUMENTS, Deed, Facts, KnownValue, Source, advise
from apps.monitoring.triage.deeds import last_deed
from apps.monitoring.triage.nearest import (
    Neighbour,
    PastCase,
    Traits,
    advise_from_past,
    likeness,
    nearest,
    team_of,
    words_of,
)
from apps.monitoring.triage.policy import Handling, Money, Policy, Reason, decide
from apps.monitoring.triage.score import FEWEST, Score, Verdict, score_of

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
GAP = ("cost_center", "Sales DE")


def _value(new: str, customer: str, *, own: bool = False) -> KnownValue:
    return KnownValue(new, f"flow-{customer}", f"Time of {customer}", customer, own)


@pytest.mark.parametrize(
    ("business_class", "deed"),
    [
        (BusinessClass.TIMEOUT, Deed.RETRY),
        (BusinessClass.CLOSED_PERIOD, Deed.ASK),
        (BusinessClass.DUPLICATE, Deed.SKIP),
        (BusinessClass.MAPPING_GAP, Deed.ASK),
        (BusinessClass.MISSING_REFERENCE, Deed.ASK),
    ],
)
def test_rules_propose_by_the_class(business_class: str, deed: Deed) -> None:
    advice = advise(Facts(business_class))
    assert advice is not None
    assert (advice.source, advice.deed) == (Source.RULES, deed)


def test_a_change_of_fields_is_left_to_people() -> None:
    assert advise(Facts(BusinessClass.SCHEMA_DRIFT)) is None


@pytest.mark.parametrize(
    ("uses", "new_value"),
    [
        ((_value("4100", "Meridian", own=True), _value("9", "Other"), _value("8", "Third")), "4100"),
        ((_value("4100", "Other"), _value("4100", "Third")), "4100"),
        ((_value("4100", "Other"),), None),  # one other customer's word is its own business
        ((_value("4100", "Other"), _value("4200", "Third")), None),  # they do not agree
        ((_value("1", "Meridian", own=True), _value("2", "Meridian", own=True)), None),
    ],
)
def test_a_translation_is_proposed_only_where_those_who_use_it_agree(uses: Any, new_value: str | None) -> None:
    advice = advise(Facts(BusinessClass.MAPPING_GAP, "cost_center", missing=(GAP,), known={GAP: uses}))
    assert advice is not None
    assert advice.arguments.get("new_value") == new_value
    assert advice.deed is (Deed.ADD_VALUE if new_value else Deed.ASK)


def test_one_flow_that_can_bring_what_is_missing_is_proposed_two_are_not() -> None:
    one, two = (("f1", "Clients"),), (("f1", "Clients"), ("f2", "People"))
    assert advise(Facts(BusinessClass.MISSING_REFERENCE, bringing=one)).deed is Deed.BRING  # type: ignore[union-attr]
    assert advise(Facts(BusinessClass.MISSING_REFERENCE, bringing=two)).deed is Deed.ASK  # type: ignore[union-attr]


def _traits(words: str = "period is closed", **changed: Any) -> Traits:
    kept = {"business_class": "closed_period", "error_field": "", "source": "psa", "target": "erp", "step": "deliver"}
    return Traits(**{**kept, **changed}, words=words_of(words))


def _past(number: int, deed: Deed = Deed.RETRY, *, held: bool = True, **changed: Any) -> PastCase:
    said = {"arguments": (), "closed_at": NOW - timedelta(days=number), "queue": "finance", **changed}
    return PastCase(str(number), f"Case {number}", said.pop("traits", _traits()), deed, held=held, **said)


TRAITS = st.builds(
    Traits,
    *(st.sampled_from(["", "a", "b"]) for _ in range(5)),
    st.frozensets(st.sampled_from(["period", "closed", "hours", "client"])),
)


@given(TRAITS, TRAITS)
def test_likeness_is_the_same_either_way_and_whole_only_for_the_same(one: Traits, other: Traits) -> None:
    found = likeness(one, other)
    assert found == pytest.approx(likeness(other, one))
    assert 0 <= found <= 1.0000001
    assert (found > 0.9999) == (one == other)


@given(st.permutations([_past(n, step) for n, step in enumerate([Deed.RETRY, Deed.ASK, Deed.SKIP] * 3)]))
def test_the_nearest_do_not_depend_on_the_order_they_are_read_in(past: list[PastCase]) -> None:
    assert [one.past.id for one in nearest(_traits(), past)] == ["0", "1", "2", "3", "4"]


def test_what_helped_in_like_cases_is_proposed_with_those_cases_as_evidence() -> None:
    past = [_past(1), _past(2), _past(3, Deed.ASK, held=False), _past(4, traits=_traits("no", business_class="parse"))]
    advice = advise_from_past(Facts("closed_period"), nearest(_traits(), past))
    assert advice is not None
    assert (advice.deed, advice.source, advice.queue) == (Deed.RETRY, Source.PAST, "finance")
    assert [seen["case"] for seen in advice.evidence] == ["1", "2", "3"]
    assert 0 < advice.confidence < 67


@pytest.mark.parametrize(
    ("past", "facts"),
    [
        ([_past(1)], Facts("closed_period")),  # one case is an anecdote
        ([_past(1), _past(2), *(_past(n, held=False) for n in (3, 4, 5))], Facts("closed_period")),
        ([_past(1), _past(2)], Facts("closed_period", flow_is_live=False)),
        ([_past(1), _past(2)], Facts("closed_period", tried=frozenset({Deed.RETRY}))),
        ([], Facts("closed_period")),
    ],
)
def test_the_past_is_silent_where_it_does_not_help(past: list[PastCase], facts: Facts) -> None:
    assert advise_from_past(facts, nearest(_traits(), past)) is None


@pytest.mark.parametrize(("own", "proposed"), [(True, True), (False, False)])
def test_what_was_said_for_another_customer_is_not_repeated(*, own: bool, proposed: bool) -> None:
    said = (("target", GAP[0]), ("outside_value", GAP[1]), ("new_value", "4100"))
    past = [_past(n, Deed.ADD_VALUE, arguments=said, own=own) for n in (1, 2)]
    advice = advise_from_past(Facts("closed_period", missing=(GAP,)), nearest(_traits(), past))
    assert (advice is not None) is proposed


@pytest.mark.parametrize(
    ("history", "deed"),
    [
        (["Opened.", "Assigned to Ada.", "3 records tried again.", "Closed: 3 records settled."], Deed.RETRY),
        (["1 record was left out: a test"], Deed.SKIP),
        (["cost_center: Sales DE is now translated to 4100. Tried again."], Deed.ADD_VALUE),
        (["Waits for the customer now. Open May", "1 record tried again."], Deed.ASK),
        (["Waits for the system's provider now."], Deed.WAIT),
        (["Opened.", "Closed: a later run ended well."], None),
    ],
)
def test_what_was_done_is_read_back_from_the_history(history: list[str], deed: Deed | None) -> None:
    done = last_deed(history)
    assert (done.deed if done else None) == deed
    if deed is Deed.ADD_VALUE:
        assert done is not None
        assert dict(done.arguments) == {"target": "cost_center", "outside_value": "Sales DE", "new_value": "4100"}


POLICIES = st.builds(
    Policy,
    *(st.sampled_from(Handling) for _ in range(3)),
    above=st.sampled_from(Handling),
    destructive=st.sampled_from(Handling),
)
MONEY = st.builds(
    Money,
    st.sampled_from(Quality),
    st.none() | st.decimals(0, 1_000_000, places=2),
    has_rate=st.booleans(),
)


@given(POLICIES, st.sampled_from(Deed), MONEY, st.booleans())
def test_more_reasons_for_care_never_loosen_anything(policy: Policy, deed: Deed, money: Money, tried: bool) -> None:
    usual = decide(policy, deed, money)
    assert decide(policy, deed, money, tried=tried).handling >= usual.handling
    assert decide(policy, deed, money, fell_back=True).handling is Handling.NEVER
    if deed in {Deed.PLAN, Deed.BRING}:
        assert usual.handling >= Handling.ONE_CLICK
    if deed is Deed.SKIP:
        assert usual.handling >= policy.destructive
    if money.amount is not None and money.amount >= policy.limit:
        assert usual.handling >= policy.above


@pytest.mark.parametrize(
    ("deed", "money", "handling", "reason"),
    [
        (Deed.RETRY, Money(Quality.KNOWN, Decimal(50)), Handling.ONE_CLICK, Reason.USUAL),
        (Deed.RETRY, Money(Quality.KNOWN, Decimal(10_000)), Handling.TWO_PEOPLE, Reason.MUCH_MONEY),
        (Deed.RETRY, Money(Quality.KNOWN, Decimal(1), has_rate=False), Handling.TWO_PEOPLE, Reason.NO_RATE),
        (Deed.SKIP, Money(Quality.UNKNOWN, None), Handling.TWO_PEOPLE, Reason.DESTRUCTIVE),
    ],
)
def test_the_house_policy(deed: Deed, money: Money, handling: Handling, reason: Reason) -> None:
    ruling = decide(Policy(), deed, money)
    assert (ruling.handling, ruling.reason) == (handling, reason)


def test_every_deed_says_what_it_needs() -> None:
    assert set(ARGUMENTS) == set(Deed)


A, C, R = Verdict.ACCEPTED, Verdict.CHANGED, Verdict.REFUSED


@pytest.mark.parametrize(
    ("verdicts", "share", "falls"),
    [
        ([], None, False),
        ([R] * (FEWEST - 1), 0, False),  # too few to say anything
        ([R] * 4 + [A] * 4, 50, False),  # at the limit is not below it
        ([R] * 5 + [A] * 4, 44, True),
        ([C] * 8, 50, False),  # one with a change was half right
        ([A] * 20 + [R] * 50, 100, False),  # only the latest count
    ],
)
def test_a_class_falls_back_when_too_few_are_accepted(
    verdicts: list[Verdict], share: int | None, *, falls: bool
) -> None:
    score = score_of(verdicts)
    assert (score.share, score.falls(50)) == (share, falls)


def test_a_score_counts_each_kind() -> None:
    assert score_of([A, C, R, A]) == Score(2, 1, 1)


@pytest.mark.parametrize(
    ("teams", "team"),
    [
        pytest.param(["A", "A", "B"], "A", id="two of three"),
        pytest.param(["A", "B"], "", id="one each"),
        pytest.param(["A", "A", "B", "B"], "", id="as many"),
        pytest.param(["", "", ""], "", id="nobody shares work by teams"),
        pytest.param(["A"], "", id="one case is an anecdote"),
    ],
)
def test_the_team_that_solved_most_of_the_nearest_cases_is_proposed(teams: list[str], team: str) -> None:
    traits = Traits("conflict", "", "psa", "erp", "deliver", frozenset())
    near = [
        Neighbour(PastCase(str(number), "x", traits, Deed.RETRY, (), held=True, closed_at=NOW, team=one), 1.0)
        for number, one in enumerate(teams)
    ]
    assert team_of(near) == team
    unsolved = [Neighbour(replace(one.past, held=False), 1.0) for one in near]
    assert team_of(unsolved) == ""
