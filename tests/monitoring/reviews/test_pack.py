"""Reviews as values: what an edit and a refresh do to one, what a customer gets of it, when it is due, what is advised."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.monitoring.reviews.calendar import due_month, nth_working_day
from apps.monitoring.reviews.pack import (
    Edit,
    Line,
    Part,
    Section,
    differences,
    digest_of,
    edited,
    for_customer,
    refreshed,
    sections_as_values,
    sections_from_values,
)
from apps.monitoring.reviews.rules import Facts, Rule, advise

LINES = st.lists(st.builds(Line, st.text(max_size=9), st.text(max_size=9), st.text(max_size=9)), max_size=3)
SECTIONS = st.permutations(list(Part)).flatmap(
    lambda parts: st.tuples(
        *(st.builds(Section, st.just(part), st.text(max_size=9), LINES.map(tuple), st.booleans()) for part in parts)
    )
)


@given(SECTIONS, st.lists(st.integers(1, 7), min_size=len(Part), max_size=len(Part)), st.booleans())
def test_an_edit_moves_and_rewords_parts_and_leaves_every_figure(
    sections: tuple[Section, ...], places: list[int], is_on: bool
) -> None:
    edits = {part: Edit("mine", is_on, place) for part, place in zip(Part, places, strict=True)}
    after = edited(sections, edits)
    assert {one.part: one.lines for one in after} == {one.part: one.lines for one in sections}
    assert [edits[one.part].place for one in after] == sorted(places)
    assert {(one.text, one.is_on) for one in after} == {("mine", is_on)}


@given(SECTIONS)
def test_what_is_stored_comes_back_and_no_customer_gets_the_partners_links(sections: tuple[Section, ...]) -> None:
    assert sections_from_values(sections_as_values(sections)) == sections
    theirs = for_customer(sections)
    assert not any(line.url for one in theirs for line in one.lines)
    assert [one.part for one in theirs] == [one.part for one in sections if one.is_on and (one.text or one.lines)]


def test_a_part_moves_to_the_place_that_was_chosen_and_the_others_make_room() -> None:
    sections = tuple(Section(part, "", ()) for part in Part)
    stay = {part: Edit("", is_on=True, place=place) for place, part in enumerate(Part, start=1)}
    up = edited(sections, {**stay, Part.NEXT: Edit("", is_on=True, place=1)})
    down = edited(sections, {**stay, Part.VOLUME: Edit("", is_on=True, place=3)})
    assert [one.part for one in up][:2] == [Part.NEXT, Part.VOLUME]
    assert [one.part for one in down][:3] == [Part.SERVICE, Part.VALUE, Part.VOLUME]


def test_a_refresh_keeps_the_words_and_says_which_figures_moved() -> None:
    before = (Section(Part.VOLUME, "mine", (Line("10 records"),), is_on=False), Section(Part.VALUE, "", (Line("1 h"),)))
    after = refreshed(before, {Part.VOLUME: [Line("12 records")], Part.VALUE: [Line("1 h")]})
    assert (after[0].text, after[0].is_on) == ("mine", False)
    assert differences(before, after) == {"volume": {"gone": ["10 records"], "new": ["12 records"]}}
    assert digest_of(before) != digest_of(after)


@pytest.mark.parametrize(
    ("today", "working_day", "due"),
    [
        (date(2026, 11, 1), 1, None),  # a Sunday
        (date(2026, 11, 2), 1, date(2026, 10, 1)),
        (date(2026, 11, 30), 1, date(2026, 10, 1)),  # late is better than never
        (date(2026, 11, 5), 5, None),
        (date(2026, 11, 6), 5, date(2026, 10, 1)),
        (date(2027, 1, 1), 1, date(2026, 12, 1)),
    ],
)
def test_a_review_is_due_from_its_working_day_on(today: date, working_day: int, due: date | None) -> None:
    assert due_month(today, working_day) == due


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(1, 15))
def test_a_working_day_is_the_one_of_its_number(day: date, number: int) -> None:
    first = day.replace(day=1)
    found = nth_working_day(first, number)
    days = [first + timedelta(days=n) for n in range((found - first).days + 1)]
    assert found.weekday() < 5
    assert sum(one.weekday() < 5 for one in days) == number


@pytest.mark.parametrize(
    ("facts", "rules"),
    [
        (Facts(), []),
        (Facts(came_back=(("mapping_gap", 3), ("closed_period", 2))), [Rule.CAME_BACK]),
        (Facts(waits=(("Time", Decimal(1)),)), []),
        (Facts(waits=(("Time", Decimal("1.1")), ("Bills", Decimal(4)))), [Rule.APPROVALS_WAIT]),
        (Facts(missed=1, unexplained=2), [Rule.UNEXPLAINED, Rule.MISSED]),
        (Facts(held=(("mapping_gap", 4), ("other", 0))), [Rule.STILL_HELD]),
        (Facts(posted=5, reconciled=False), [Rule.NOT_RECONCILED]),
        (Facts(posted=99, posted_before=10), []),
        (Facts(posted=124, posted_before=100), []),
        (Facts(posted=125, posted_before=100), [Rule.GREW]),
        (Facts(company_cases=1, is_assumed=True), [Rule.UNKNOWN_COMPANY, Rule.ASSUMED]),
    ],
)
def test_figures_advise_what_follows_from_them(facts: Facts, rules: list[Rule]) -> None:
    assert [one.rule for one in advise(facts)] == rules


def test_what_is_sold_is_for_the_partner_alone() -> None:
    everything = Facts((("a", 3),), (("a", 1),), 1, (("f", Decimal(2)),), 1, False, 125, 100, 1, True)
    internal = {one.rule for one in advise(everything) if one.is_internal}
    assert internal == {Rule.UNKNOWN_COMPANY, Rule.GREW, Rule.ASSUMED}
    assert {one.rule for one in advise(everything)} == set(Rule)


def test_a_part_that_a_draft_was_made_without_comes_last() -> None:
    before = (Section(Part.VOLUME, "mine", (Line("10 records"),)),)
    after = refreshed(before, {Part.RISK: [Line("EUR 5")], Part.VOLUME: [Line("12 records")], Part.NEXT: []})
    assert [(one.part, one.text, [line.text for line in one.lines]) for one in after] == [
        (Part.VOLUME, "mine", ["12 records"]),
        (Part.RISK, "", ["EUR 5"]),
    ]
