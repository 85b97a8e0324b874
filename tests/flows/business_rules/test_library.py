"""Every business rule, proved by its own samples; and what a batch adds to them."""

import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.connectors.canonical.registry import CANONICAL_TYPES
from apps.connectors.canonical.shapes import Amount, AmountQuality
from apps.connectors.manifest import ObjectManifest
from apps.flows.business_rules.batch import Answers, Candidate, Ledger, Standing, judge_batch
from apps.flows.business_rules.library import RULES, rule_of_code, rules_for
from apps.flows.business_rules.people import content_of
from apps.flows.business_rules.projects import BUDGET_LEFT
from apps.flows.business_rules.rule import BusinessRule, Sample, number, words
from apps.flows.business_rules.systems import Answerer, Judgeable
from apps.monitoring.blame import WorkQueue

DAY = date(2026, 11, 20)
_SAMPLES = [(rule, sample) for rule in RULES.values() for sample in rule.samples]


@pytest.mark.parametrize(("rule", "sample"), _SAMPLES, ids=[f"{rule.name}: {sample.name}" for rule, sample in _SAMPLES])
def test_a_rule_says_of_its_sample_what_the_sample_expects(rule: BusinessRule, sample: Sample) -> None:
    found = rule.find(sample.values, sample.facts, sample.today)
    assert [problem.message for problem in found] == ([sample.sentence] if sample.sentence else [])
    assert all((one.code, one.business_class) == (rule.code, rule.business_class) for one in found)


@pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))
def test_a_rule_names_its_field_its_queue_and_what_to_do_and_has_samples_both_ways(rule: BusinessRule) -> None:
    assert any(sample.sentence for sample in rule.samples)
    assert any(not sample.sentence for sample in rule.samples)
    assert rule.queue in set(WorkQueue)
    assert all(rule.blames == "" or CANONICAL_TYPES[kind].field_named(rule.blames) for kind in rule.types)
    assert all(
        ask.field == "" or CANONICAL_TYPES[kind].field_named(ask.field) for kind in rule.types for ask in rule.asks
    )
    assert all(set(ask.reads) <= {field.name for field in CANONICAL_TYPES[ask.kind].fields} for ask in rule.asks)
    assert re.fullmatch(r"[A-Z].*\.", rule.runbook)
    assert rule_of_code(rule.code) is rule


def test_codes_of_systems_belong_to_no_rule() -> None:
    assert rule_of_code("duplicate") is None
    assert rule_of_code("rule:of_thumb") is None
    assert [rule.name for rule in rules_for("Assignment")] == ["project_open"]


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ({"hours": Decimal("8.00")}, {"hours": Decimal(8)}, True),
        ({"note": "Workshop  Day"}, {"note": "workshop day"}, True),
        ({"note": "Workshop"}, {}, False),
        ({"task": "T-1"}, {"task": "T-2"}, False),
        ({"id": "TE-1"}, {"id": "TE-2"}, True),
    ],
    ids=["figures written otherwise", "capitals and spaces", "a note more", "another task", "another number"],
)
def test_content_is_what_two_entries_say(first: dict[str, Any], second: dict[str, Any], *, same: bool) -> None:
    base = {"resource": "E-0001", "work_date": DAY, "project": "PRJ-0001", "task": "T-9"}
    assert (content_of("TimeEntry", base | first) == content_of("TimeEntry", base | second)) is same


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("TimeEntry", {"resource": "E-0001", "note": "Workshop"}),
        ("TimeEntry", {"resource": "E-0001", "work_date": DAY, "hours": Decimal(4), "project": "PRJ-0001"}),
        ("Project", {"code": "P"}),
    ],
    ids=["no day", "nothing that tells two apart", "no person"],
)
def test_what_cannot_be_compared_has_no_content(kind: str, values: dict[str, Any]) -> None:
    assert content_of(kind, values) == ""


def _entry(key: str, hours: str = "8", *, person: str = "E-0001", note: str = "", money: str = "800") -> Candidate:
    values = {"resource": person, "work_date": DAY, "project": "PRJ-0001", "hours": Decimal(hours), "note": note or key}
    return Candidate(key, f"TE-{key}", values, Amount(Decimal(money), "EUR", AmountQuality.KNOWN))


def _judge(names: str, candidates: list[Candidate], ledger: Ledger | None = None, **budget: Any) -> dict[str, str]:
    spec = ObjectManifest(name="projects", label="Projects", canonical_type="Project")
    rules = [
        Judgeable(
            RULES[name], tuple((ask, Answerer(is_target=True, system="the ERP", spec=spec)) for ask in RULES[name].asks)
        )
        for name in names.split()
    ]
    answers = Answers({(BUDGET_LEFT.asks[0], "PRJ-0001"): {"code": "PRJ-0001", "currency": "EUR", **budget}})
    found = judge_batch(rules, candidates, answers, ledger or Ledger(), kind="TimeEntry", today=DAY)
    return {key: problems[0].message for key, problems in found.items()}


def test_all_entries_of_a_day_with_too_many_hours_are_held_back_and_others_go_on() -> None:
    found = _judge("hours_of_day", [_entry("1", "13"), _entry("2", "12"), _entry("3", "12", person="E-0002")])
    assert set(found) == {"1", "2"}
    assert "E-0001 has 25 hours on 2026-11-20: 13 in this entry and 12 in another entry." in found["1"]


def test_hours_of_the_ledger_count_with_those_of_the_batch() -> None:
    ledger = Ledger(days={("E-0001", DAY): [Standing("TE-9", Decimal(20), "")]})
    assert set(_judge("hours_of_day", [_entry("1", "3"), _entry("2", "2")], ledger)) == {"1", "2"}
    assert _judge("hours_of_day", [_entry("1", "3"), _entry("2", "1")], ledger) == {}


def test_of_two_equal_entries_the_later_one_is_held_back() -> None:
    found = _judge("duplicate", [_entry("1", note="Workshop"), _entry("2", note="Workshop"), _entry("3")])
    assert list(found) == ["2"]
    assert "the same as TE-1" in found["2"]


def test_an_entry_equal_to_one_in_the_ledger_is_held_back() -> None:
    entry = _entry("1")
    ledger = Ledger(days={("E-0001", DAY): [Standing("TE-9", Decimal(8), content_of("TimeEntry", entry.values))]})
    assert "the same as TE-9" in _judge("duplicate", [entry], ledger)["1"]


def test_a_budget_is_filled_in_the_order_of_the_batch_by_what_fits() -> None:
    ledger = Ledger(project_money={("PRJ-0001", "EUR"): Decimal(9000)})
    entries = [_entry("1", money="900"), _entry("2", money="200"), _entry("3", money="100")]
    found = _judge("budget_left", entries, ledger, budget_money=Decimal(10_000))
    assert list(found) == ["2"]
    assert "of which 9,900.00 EUR are used: 200.00 EUR more do not fit" in found["2"]


def test_a_rule_whose_question_nobody_answers_judges_nothing() -> None:
    rule = Judgeable(BUDGET_LEFT, ((BUDGET_LEFT.asks[0], None),))
    assert not rule.can_be_judged
    assert judge_batch([rule], [_entry("1")], Answers(), Ledger(), kind="TimeEntry", today=DAY) == {}


@given(st.lists(st.decimals(min_value=Decimal("0.25"), max_value=24, places=2), max_size=8))
def test_entries_of_one_day_pass_together_exactly_when_they_fit_into_it(hours: list[Decimal]) -> None:
    entries = [_entry(str(place), str(part)) for place, part in enumerate(hours)]
    held = set(_judge("hours_of_day", entries))
    too_much = len(hours) > 1 and sum(hours) > 24
    assert held == ({entry.key for entry in entries} if too_much else set())


@pytest.mark.parametrize(("value", "said"), [("7.50", "7.5"), ("8.00", "8"), ("1234.125", "1,234.125"), ("0.00", "0")])
def test_hours_are_said_without_empty_decimals(value: str, said: str) -> None:
    assert number(Decimal(value)) == said


def test_codes_of_others_stay_on_one_line_and_short() -> None:
    assert words("A\nB  C") == "A B C"
    assert len(words("x" * 500)) == 61


def test_a_translated_code_is_asked_for_and_named() -> None:
    rule = RULES["cost_center_mapped"]
    spec = ObjectManifest(name="cost-centers", label="Cost centres", canonical_type="DimensionValue")
    judged = Judgeable(rule, ((rule.asks[0], Answerer(is_target=True, system="the ERP", spec=spec)),))
    entry = Candidate("1", "TE-1", {"cost_center": "North"}, known_as={"cost_center": "CC-7"})
    answers = Answers({(rule.asks[0], "CC-7"): None})
    found = judge_batch([judged], [entry], answers, Ledger(), kind="TimeEntry", today=DAY)
    assert found["1"][0].message.startswith("Cost centre CC-7 does not exist in the ERP.")
