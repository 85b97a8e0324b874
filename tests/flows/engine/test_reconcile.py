"""Every record of both sides under one cause at most; the causes always add up to the difference."""

import random
from collections import Counter
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.flows.engine.identity import VERSION_LENGTH, is_older
from apps.flows.engine.reconcile import (
    UNEXPLAINED,
    Absence,
    Cause,
    Entry,
    Line,
    Money,
    Shown,
    Verdict,
    ends_with_delivery,
    finding_of,
    finding_version,
    judge,
    state,
)
from apps.flows.engine.states import OperationState

S = OperationState
NOW, LATER = "2026-11-20T10:00:00Z", "2026-11-20T11:00:00Z"


def eur(amount: str) -> Money:
    return Money(Decimal(amount), "EUR")


HUNDRED, NINETY = Shown(1, eur("100.00")), Shown(1, eur("90.00"))
WRITTEN = (Line(NOW, S.WRITTEN, money=eur("100.00")),)


@pytest.mark.parametrize(
    ("entry", "cause", "count", "euros"),
    [
        pytest.param(Entry("k", HUNDRED, HUNDRED, WRITTEN, NOW), None, 0, "0", id="both hold it"),
        pytest.param(Entry("k", None, None, WRITTEN, absence=Absence.GONE), None, 0, "0", id="neither holds it"),
        pytest.param(Entry("k", HUNDRED, None, WRITTEN, NOW), Cause.MISSING_IN_TARGET, 1, "100", id="delivered and gone"),
        pytest.param(
            Entry("k", HUNDRED, None, (*WRITTEN, Line(LATER, S.WAITING)), LATER),
            Cause.MISSING_IN_TARGET, 1, "100", id="gone while its next version waits",
        ),
        pytest.param(
            Entry("k", HUNDRED, None, (*WRITTEN, Line(LATER, S.SKIPPED)), LATER),
            Cause.FILTERED, 1, "100", id="gone in the target, and no longer for this flow",
        ),
        pytest.param(Entry("k", HUNDRED, None, (), NOW), Cause.WAITING, 1, "100", id="not read yet"),
        pytest.param(
            Entry("k", HUNDRED, None, (), NOW, read_before=True), Cause.NEVER_READ, 1, "100", id="slipped through"
        ),
        pytest.param(Entry("k", HUNDRED, None, (Line(NOW, S.WAITING),), NOW), Cause.WAITING, 1, "100", id="waiting"),
        pytest.param(
            Entry("k", HUNDRED, None, (Line(NOW, S.REJECTED, "closed_period"),), NOW),
            Cause.IN_EXCEPTION, 1, "100", id="in exception",
        ),
        pytest.param(
            Entry("k", HUNDRED, None, (Line(NOW, S.REJECTED, "duplicate"),), NOW),
            Cause.DUPLICATE, 1, "100", id="a second copy",
        ),
        pytest.param(Entry("k", HUNDRED, None, (Line(NOW, S.SKIPPED),), NOW), Cause.FILTERED, 1, "100", id="filtered"),
        pytest.param(
            Entry("k", HUNDRED, None, (Line(NOW, S.REJECTED, "parse"),), LATER),
            Cause.IN_EXCEPTION, 1, "100", id="a newer version of what is in exception",
        ),
        pytest.param(Entry("k", None, NINETY, WRITTEN, absence=Absence.GONE), Cause.DELETED, -1, "-90", id="deleted"),
        pytest.param(
            Entry("k", None, NINETY, WRITTEN, absence=Absence.CHANGED), Cause.CHANGED_AFTER, -1, "-90", id="changed after"
        ),
        pytest.param(Entry("k", None, NINETY, ()), Cause.EXTRA_IN_TARGET, -1, "-90", id="nobody delivered it"),
        pytest.param(
            Entry("k", HUNDRED, Shown(2, eur("200.00")), WRITTEN, NOW), Cause.EXTRA_IN_TARGET, -1, "-100", id="twice"
        ),
        pytest.param(Entry("k", HUNDRED, NINETY, WRITTEN, NOW), Cause.AMOUNT_DIFFERS, 0, "10", id="another amount"),
        pytest.param(
            Entry("k", HUNDRED, NINETY, WRITTEN, NOW, accepted=True), Cause.ACCEPTED, 0, "10", id="a person left it so"
        ),
        pytest.param(
            Entry("k", HUNDRED, NINETY, WRITTEN, NOW, expected=eur("90.00")),
            Cause.CONVERTED, 0, "10", id="the mapping makes it ninety",
        ),
        pytest.param(
            Entry("k", HUNDRED, NINETY, (Line(NOW, S.WRITTEN, money=eur("90.00")),), NOW),
            Cause.CONVERTED, 0, "10", id="a person corrected it to ninety",
        ),
        pytest.param(
            Entry("k", HUNDRED, NINETY, WRITTEN, LATER), Cause.CHANGED_AFTER, 0, "10", id="its change is not read yet"
        ),
        pytest.param(
            Entry("k", HUNDRED, NINETY, WRITTEN, LATER, read_before=True),
            Cause.NEVER_READ, 0, "10", id="its change slipped through",
        ),
        pytest.param(
            Entry("k", HUNDRED, NINETY, (*WRITTEN, Line(LATER, S.REJECTED, "parse")), LATER),
            Cause.IN_EXCEPTION, 0, "10", id="its change is in exception",
        ),
        pytest.param(
            Entry("k", HUNDRED, NINETY, (*WRITTEN, Line(LATER, S.WRITTEN, money=eur("90.00"))), NOW),
            Cause.CHANGED_AFTER, 0, "10", id="a newer version came in between",
        ),
        pytest.param(Entry("k", HUNDRED, Shown(1), WRITTEN, NOW), None, 0, "0", id="the target says no amount"),
    ],
)  # fmt: skip
def test_each_record_has_one_cause(entry: Entry, cause: Cause | None, count: int, euros: str) -> None:
    judged = judge(entry)
    assert (judged.cause, judged.count, judged.sums.get("EUR", Decimal(0))) == (cause, count, Decimal(euros))
    assert judged.proven


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param(Entry("k", HUNDRED, None, WRITTEN, NOW, asked=False), id="the target cannot be asked"),
        pytest.param(Entry("k", None, NINETY, WRITTEN, absence=Absence.UNKNOWN), id="the source would not say"),
        pytest.param(
            Entry("k", None, None, WRITTEN, absence=Absence.UNKNOWN), id="gone there, and the source is silent"
        ),
    ],
)
def test_what_could_not_be_looked_at_is_no_proof(entry: Entry) -> None:
    judged = judge(entry)
    assert (judged.cause, judged.proven) == (None, False)
    assert state([judged]).verdict is Verdict.UNPROVEN


def test_amounts_are_compared_to_the_cent_and_never_without_a_currency() -> None:
    assert Money.of(Decimal("10.004999"), "EUR") == eur("10.00")
    assert Money.of(Decimal(10), "") is None
    assert Money.of(None, "EUR") is None
    assert Money.of(Decimal("NaN"), "EUR") is None


_money = st.none() | st.builds(
    Money, st.decimals(-10_000, 10_000, places=2, allow_nan=False), st.sampled_from(["EUR", "USD"])
)
_shown = st.none() | st.builds(Shown, st.integers(1, 3), _money)
_versions = st.sampled_from(["", NOW, LATER, "content-1"])
_lines = st.lists(
    st.builds(Line, _versions, st.sampled_from(list(S)), st.sampled_from(["", "duplicate"]), _money), max_size=3
)
_entries = st.lists(
    st.builds(
        Entry,
        key=st.text("abc", min_size=1, max_size=4),
        source=_shown,
        target=_shown,
        lines=_lines.map(tuple),
        version=_versions,
        absence=st.sampled_from(list(Absence)),
        expected=_money,
        read_before=st.booleans(),
        asked=st.booleans(),
        accepted=st.booleans(),
    ),
    max_size=30,
)


@given(_entries)
def test_the_causes_always_add_up_to_the_difference(entries: list[Entry]) -> None:
    statement = state(judge(entry) for entry in entries)
    count = sum(part.difference.count for part in statement.parts.values())
    assert count == statement.source.count - statement.target.count
    for currency in ("EUR", "USD"):
        explained = sum(
            (part.difference.sums.get(currency, Decimal(0)) for part in statement.parts.values()), Decimal(0)
        )
        apart = statement.source.sums.get(currency, Decimal(0)) - statement.target.sums.get(currency, Decimal(0))
        assert explained == apart
    causes = Counter(judged.cause for judged in map(judge, entries))
    assert {cause: part.records for cause, part in statement.parts.items()} == {c: n for c, n in causes.items() if c}


@given(_entries, st.randoms(use_true_random=False))
def test_the_order_of_the_records_does_not_matter(entries: list[Entry], chance: random.Random) -> None:
    shuffled = list(entries)
    chance.shuffle(shuffled)
    assert state(map(judge, shuffled)) == state(map(judge, entries))


@given(_entries)
def test_only_nothing_unexplained_is_agreed(entries: list[Entry]) -> None:
    statement = state(map(judge, entries))
    unexplained = any(judge(entry).cause in UNEXPLAINED for entry in entries)
    assert (statement.verdict is Verdict.UNEXPLAINED) == unexplained
    assert statement.verdict is not Verdict.AGREED or not statement.unproven


@pytest.mark.parametrize("cause", sorted(UNEXPLAINED))
def test_a_finding_is_known_by_its_version_and_is_older_than_nothing(cause: Cause) -> None:
    version = finding_version("0" * 32, cause)
    assert finding_of(version) is cause
    assert finding_of(NOW) is None
    assert len(version) <= VERSION_LENGTH
    assert not is_older(version, NOW)
    assert not is_older(NOW, version)
    assert ends_with_delivery(version) == (cause is Cause.NEVER_READ)
    assert ends_with_delivery(NOW)
