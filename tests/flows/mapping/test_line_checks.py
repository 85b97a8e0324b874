"""The checks of a line: every example of every one, every wrong argument, and patterns that cannot run away."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.connectors.canonical.values import UnusableValueError
from apps.connectors.errors import BusinessClass
from apps.flows.mapping.line_checks import LINE_CHECKS, LineCheckError, build_line_check, build_line_checks
from tests.flows.mapping.test_transforms import JSON

EXAMPLES = [
    pytest.param(*example, id=f"{example[0]} of {example[1]!r}")
    for check in LINE_CHECKS.values()
    for example in check.examples
]


def passes(written: str, value: Any) -> bool:
    try:
        assert build_line_checks([written])(value) is value
    except UnusableValueError:
        return False
    return True


@pytest.mark.parametrize(("written", "value", "expected"), EXAMPLES)
def test_an_example_holds(written: str, value: Any, expected: bool) -> None:
    assert passes(written, value) is expected


@pytest.mark.parametrize("name", sorted(LINE_CHECKS))
def test_a_check_is_documented_with_a_value_that_passes_and_one_that_does_not(name: str) -> None:
    check = LINE_CHECKS[name]
    assert check.summary.endswith(".")
    assert {passed for _, _, passed in check.examples} == {True, False}
    assert all(written.partition(":")[0] == name for written, _, _ in check.examples)
    assert bool(check.argument) == ("{argument}" in check.demand)


@pytest.mark.parametrize("name", sorted(set(LINE_CHECKS) - {"not_empty"}))
def test_a_missing_value_passes_all_but_one(name: str) -> None:
    assert passes(LINE_CHECKS[name].examples[0][0], None)


def test_what_does_not_pass_is_said_with_value_demand_and_mend() -> None:
    with pytest.raises(UnusableValueError) as refused:
        build_line_checks(("at_least:0", "at_most:24"))("24.5")
    assert refused.value.message.startswith("“24.5” must be at most 24. Correct it in {source}")
    assert "the check “at_most:24” of this line" in refused.value.message
    assert refused.value.business_class is BusinessClass.VALIDATION


def test_a_limit_is_exact_although_numbers_are_sent_as_doubles() -> None:
    assert passes("at_most:24.1", 24.1)
    assert passes("decimals_at_most:2", 1.15)
    assert not passes("at_most:24.1", 24.11)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("below:3", "there is no check 'below'"),
        ("not_empty:x", "takes nothing"),
        ("at_most", "needs a number"),
        ("at_most: ", "needs a number"),
        ("at_most:x", "as at_most:24"),
        ("decimals_at_most:1.5", "a whole number from 0 to 12"),
        ("length_at_most:-1", "a whole number"),
        ("one_of: , ", "names no value"),
        ("not_after:2026-02-31", "needs a day"),
        ("matches:(", "missing"),
        (r"matches:(a)\1", "cannot be used"),
        ("matches:a(?=b)", "cannot be used"),
        ("matches:(a{1,1000}){1,1000}", "cannot be used"),
        ("matches:a\nb", "cannot be shown"),
        ("matches:" + "a" * 201, "at most 200"),
        ("one_of:" + "a," * 300, "607 characters"),
    ],
)
def test_a_wrong_check_is_refused_with_what_would_be_right(written: str, words: str) -> None:
    with pytest.raises(LineCheckError, match=words):
        build_line_check(written)


@pytest.mark.parametrize(
    ("written", "value", "expected"),
    [
        ('matches:^"$', '"', True),
        (r"matches:^\d+\\$", "12\\", True),
        (r"matches:^\x{1F600}$", "\U0001f600", True),
        ("matches:^a{2}$", "aa", True),
        # Engines that try one way after the other need 2 to the 30th steps for this one.
        ("matches:^(a|aa)+$", "a" * 60_000 + "b", False),
    ],
)
def test_a_pattern_means_what_is_written(written: str, value: str, expected: bool) -> None:
    assert passes(written, value) is expected


def test_half_a_character_is_refused_with_a_sentence() -> None:
    with pytest.raises(UnusableValueError, match="half a character"):
        build_line_checks(["matches:a"])("\ud800")


WRITTEN = sorted({example[0] for check in LINE_CHECKS.values() for example in check.examples})


@given(written=st.sampled_from(WRITTEN), value=JSON)
def test_any_value_ends_in_an_answer_or_a_named_error(written: str, value: Any) -> None:
    with suppress(UnusableValueError, ArithmeticError, ValueError):
        assert build_line_checks([written])(value) is value


@given(argument=st.text(max_size=30), name=st.sampled_from(sorted(LINE_CHECKS)))
def test_any_argument_is_taken_or_refused_by_name(argument: str, name: str) -> None:
    with suppress(LineCheckError):
        check, holds = build_line_check(f"{name}:{argument}")
        assert check.name == name
        with suppress(UnusableValueError):
            assert holds("12") in (True, False)
