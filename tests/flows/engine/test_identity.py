"""Identity: stable names, distinct effects, honest order of versions."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.flows.engine.identity import (
    BUSINESS_KEY_LENGTH,
    VERSION_LENGTH,
    EffectScope,
    business_key,
    content_version,
    fingerprint,
    fit_version,
    idempotency_key,
    is_older,
)

PARTS = {"partner": "p", "flow": "f", "connection": "c", "source_key": "k", "source_version": "v"}
words = st.text(max_size=12)


def test_an_idempotency_key_is_what_it_was_when_first_sent() -> None:
    # A changed key would deliver everything in flight a second time: this value must never change.
    assert idempotency_key(**PARTS) == "d76fdce23f5dec2b16bd6327292f958c"
    assert idempotency_key(**PARTS) == EffectScope("p", "f", "c").key("k", "v")
    assert idempotency_key(**PARTS, revision=2) == f"{idempotency_key(**PARTS)}:2"


@pytest.mark.parametrize("part", list(PARTS))
def test_another_part_makes_another_key(part: str) -> None:
    assert idempotency_key(**{**PARTS, part: "other"}) != idempotency_key(**PARTS)


@given(first=st.tuples(words, words), second=st.tuples(words, words))
def test_only_the_same_record_and_version_share_a_key(first: tuple[str, str], second: tuple[str, str]) -> None:
    scope = EffectScope("p", "f", "c")
    assert (scope.key(*first) == scope.key(*second)) == (first == second) or "\x1f" in "".join(first + second)


def test_a_business_key_can_be_read_and_always_fits() -> None:
    assert business_key("TimeEntry", "sandbox_psa", "4711") == "TimeEntry:sandbox_psa:4711"
    long = business_key("TimeEntry", "sandbox_psa", "x" * 500)
    assert len(long) <= BUSINESS_KEY_LENGTH
    assert long.startswith("TimeEntry:sandbox_psa:hash-")
    assert long != business_key("TimeEntry", "sandbox_psa", "x" * 501)


def test_a_version_always_fits() -> None:
    assert fit_version("2026-11-03") == "2026-11-03"
    assert len(fit_version("x" * 500)) <= VERSION_LENGTH


@given(st.dictionaries(st.text(max_size=5), st.integers(-9, 9) | st.text(max_size=5) | st.none(), max_size=6))
def test_a_fingerprint_does_not_depend_on_the_order_of_fields(values: dict[str, object]) -> None:
    backwards = dict(reversed(list(values.items())))
    assert fingerprint(values) == fingerprint(backwards)
    assert fingerprint({**values, "other": 1}) != fingerprint({**values, "other": 2})


def test_a_fingerprint_takes_decimals_and_dates() -> None:
    assert fingerprint({"a": Decimal("1.50"), "b": date(2026, 1, 2)}) == fingerprint(
        {"b": date(2026, 1, 2), "a": "1.50"}
    )
    assert len(fingerprint({})) == 32


def test_a_content_version_has_no_order() -> None:
    first, second = content_version({"a": 1}), content_version({"a": 2})
    assert first != second
    assert not is_older(first, second)
    assert not is_older(second, first)


@pytest.mark.parametrize(
    ("version", "than", "expected"),
    [
        pytest.param("9", "10", True, id="numbers are compared as numbers"),
        pytest.param("10", "9", False, id="a newer number"),
        pytest.param("9", "9", False, id="the same"),
        pytest.param("2026-11-03T09:00:00Z", "2026-11-03T09:00:01Z", True, id="instants"),
        pytest.param("2026-11-03T09:00:00+01:00", "2026-11-03T08:30:00Z", True, id="instants of two zones"),
        pytest.param("2026-11-03T09:00:00", "2026-11-03T09:00:01Z", True, id="an instant without zone counts as utc"),
        pytest.param("2026-11-03", "2026-11-04T00:00:00Z", True, id="a day before an instant"),
        pytest.param("2026-11-03T09:00:00Z", "17", False, id="mixed forms"),
        pytest.param("1" * 32, "2" * 32, False, id="long digits are hashes"),
        pytest.param("abc", "abd", False, id="words"),
        pytest.param("2026-99-99", "2026-11-03", False, id="no date at all"),
        pytest.param("", "1", False, id="no version"),
    ],
)
def test_a_version_is_older_only_when_that_is_sure(version: str, than: str, expected: bool) -> None:
    assert is_older(version, than) is expected
