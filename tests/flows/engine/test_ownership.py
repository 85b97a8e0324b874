"""Who may write a field: every rule over every standing of the two values."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.flows.engine.ownership import (
    OTHERS,
    ConflictRule,
    Guard,
    Held,
    RegisterEntry,
    Ruling,
    build_guard,
    is_empty,
    is_same,
    rule_on,
)

CRM, ERP, PSA = "crm", "erp", "psa"
LINES = [("terms", "payment_terms_days"), ("title", "name")]
EARLY, LATE = "2026-11-01T08:00:00Z", "2026-11-02T08:00:00Z"


def entry(
    field: str = "payment_terms_days", owner: str = ERP, rule: ConflictRule = ConflictRule.REVIEW
) -> RegisterEntry:
    return RegisterEntry("Customer", field, frozenset({owner}), rule, owner.upper())


def guard_of(rule: ConflictRule, owner: str = ERP) -> Guard:
    guard = build_guard([entry(rule=rule, owner=owner)], "Customer", CRM, LINES)
    assert guard is not None
    return guard


@pytest.mark.parametrize(
    ("entries", "guarded"),
    [
        pytest.param([], None, id="an empty register guards nothing"),
        pytest.param([entry(owner=CRM)], None, id="the owner's own field is free"),
        pytest.param([entry("country")], None, id="a field that no line fills guards nothing"),
        pytest.param([entry()], {"terms"}, id="another system's field is guarded"),
        pytest.param([entry(owner=PSA)], {"terms"}, id="so is a field of a third system"),
        pytest.param([entry(OTHERS)], {"terms", "title"}, id="the other fields are all that lines fill"),
        pytest.param([entry(OTHERS), entry("name", CRM)], {"terms"}, id="a field's own entry goes before the others'"),
        pytest.param(
            [entry(owner=CRM, rule=ConflictRule.FIRST_WINS)], {"terms"}, id="the first value holds against the owner"
        ),
    ],
)
def test_a_guard_holds_the_fields_that_are_not_free(entries: list[RegisterEntry], guarded: set[str] | None) -> None:
    guard = build_guard(entries, "Customer", CRM, LINES)
    assert (None if guard is None else set(guard.rules)) == guarded


def test_what_is_calculated_from_several_fields_is_guarded_as_soon_as_one_is() -> None:
    lines = [("title", "name"), ("title", "payment_terms_days"), ("other", "name")]
    guard = build_guard([entry()], "Customer", CRM, lines)
    assert guard is not None
    assert {target: rule.field for target, rule in guard.rules.items()} == {"title": "payment_terms_days"}


def test_entries_of_another_type_guard_nothing() -> None:
    assert build_guard([entry()], "Project", CRM, LINES) is None


@pytest.mark.parametrize(
    ("rule", "theirs", "their_version", "sent", "ruling"),
    [
        pytest.param(ConflictRule.REVIEW, None, EARLY, True, None, id="nothing there is filled in"),
        pytest.param(ConflictRule.REVIEW, "", EARLY, True, None, id="an empty text is nothing"),
        pytest.param(ConflictRule.REVIEW, 0, EARLY, False, Ruling.REVIEW, id="a zero is a value"),
        pytest.param(ConflictRule.REVIEW, "30.0", EARLY, True, None, id="equal values are no dispute"),
        pytest.param(ConflictRule.REVIEW, 14, EARLY, False, Ruling.REVIEW, id="review asks a person"),
        pytest.param(ConflictRule.OWNER_WINS, 14, EARLY, False, Ruling.KEPT, id="the owner wins"),
        pytest.param(ConflictRule.FIRST_WINS, 14, EARLY, False, Ruling.KEPT, id="the first value stays"),
        pytest.param(ConflictRule.LATEST_WINS, 14, EARLY, True, Ruling.WRITTEN, id="a later change is written"),
        pytest.param(ConflictRule.LATEST_WINS, 14, LATE, False, Ruling.REVIEW, id="changed at once: a person is asked"),
        pytest.param(
            ConflictRule.LATEST_WINS, 14, "2026-11-03", False, Ruling.KEPT, id="an earlier change is kept out"
        ),
        pytest.param(ConflictRule.LATEST_WINS, 14, "content-1", False, Ruling.REVIEW, id="no time: a person is asked"),
    ],
)
def test_a_change_from_a_system_that_is_not_the_owner(
    rule: ConflictRule, theirs: Any, their_version: str, sent: bool, ruling: Ruling | None
) -> None:
    ruled = rule_on(guard_of(rule), {"terms": 30, "title": "Ada"}, Held({"terms": theirs}, their_version), LATE)
    assert ("terms" in ruled.values, ruled.values["title"]) == (sent, "Ada")
    assert [dispute.ruling for dispute in ruled.disputes] == ([] if ruling is None else [ruling])
    for dispute in ruled.disputes:
        assert (dispute.field, dispute.ours, dispute.theirs, dispute.owner) == ("payment_terms_days", 30, theirs, "ERP")


@pytest.mark.parametrize(
    ("rule", "ruling"),
    [
        (ConflictRule.REVIEW, Ruling.REVIEW),
        (ConflictRule.OWNER_WINS, Ruling.KEPT),
        (ConflictRule.FIRST_WINS, Ruling.KEPT),
        (ConflictRule.LATEST_WINS, Ruling.REVIEW),
    ],
)
def test_what_cannot_be_seen_is_never_overwritten(rule: ConflictRule, ruling: Ruling) -> None:
    ruled = rule_on(guard_of(rule), {"terms": 30, "title": "Ada"}, None, LATE)
    assert ruled.values == {"title": "Ada"}
    assert [(dispute.theirs, dispute.ruling) for dispute in ruled.disputes] == [(None, ruling)]


def test_a_field_below_another_is_found_by_its_path() -> None:
    guard = build_guard([entry()], "Customer", CRM, [("billing.terms", "payment_terms_days")])
    assert guard is not None
    ruled = rule_on(guard, {"billing.terms": 30}, Held({"billing": {"terms": 14}}), LATE)
    assert (ruled.values, ruled.disputes[0].theirs) == ({}, 14)


values = st.one_of(st.none(), st.just(""), st.integers(0, 3), st.text("ab", max_size=2))


@given(
    rule=st.sampled_from(ConflictRule),
    owner=st.sampled_from([CRM, ERP, PSA]),
    ours=st.dictionaries(st.sampled_from(["terms", "title", "other"]), values),
    theirs=st.one_of(st.none(), st.dictionaries(st.sampled_from(["terms", "title", "other"]), values)),
    times=st.tuples(st.sampled_from([EARLY, LATE, "content-1", ""]), st.sampled_from([EARLY, LATE, ""])),
)
def test_a_ruling_never_invents_loses_or_overwrites_unlawfully(
    rule: ConflictRule, owner: str, ours: dict[str, Any], theirs: dict[str, Any] | None, times: tuple[str, str]
) -> None:
    guard = build_guard([entry(OTHERS, owner, rule)], "Customer", CRM, LINES)
    before = dict(ours)
    if guard is None:
        assert owner == CRM
        return
    ruled = rule_on(guard, ours, None if theirs is None else Held(theirs, times[0]), times[1])
    assert ours == before
    held_back = {one.target_field: one.ours for one in ruled.disputes if one.ruling is not Ruling.WRITTEN}
    assert {**ruled.values, **held_back} == ours  # each value goes or is told of, and none does both
    assert not set(ruled.values) & set(held_back)
    for name in set(guard.rules) & set(ruled.values):
        agreed = theirs is not None and (is_empty(theirs.get(name)) or is_same(theirs.get(name), ours[name]))
        told = [one.rule for one in ruled.disputes if one.target_field == name]
        assert agreed or told == [ConflictRule.LATEST_WINS]
