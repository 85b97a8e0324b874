"""Patterns from outside: useful ones are let in, those that can take long are not."""

import pytest

from apps.connectors.private.patterns import TRIES_IN_LONG_TEXTS, pattern_problem


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        r"(?i)period .* closed",
        r"closed|locked|period is over",
        r"project '(\w+)' not found",
        r"[(+*]?already exists",
        r"\(a\)+",
        r"code \d{3,5}",
    ],
)
def test_a_plain_pattern_is_let_in(pattern: str) -> None:
    assert pattern_problem(pattern) == ""


@pytest.mark.parametrize(
    "pattern",
    [
        pytest.param(r"(a+)+$", id="repeats of repeats"),
        pytest.param(r"(a|a)*b", id="repeated alternatives"),
        pytest.param(r"(?:ab){2,}", id="a repeated group"),
        pytest.param(r"(?P<x>a){9}", id="a repeated named group"),
        pytest.param(r"(?x)(a+) +", id="verbose: the space is nothing"),
        pytest.param(r"(a)\1", id="a reference back"),
        pytest.param(r"(?P<x>a)(?P=x)", id="a named reference back"),
        pytest.param(r"(?=a)b", id="a look ahead"),
        pytest.param(r"(?<!a)b", id="a look behind"),
        pytest.param(r".*.*.*x", id="open repeats side by side"),
        pytest.param("a?" * 30 + "a" * 30, id="many that may be missing"),
        pytest.param("(a|b)" * 20, id="many alternatives side by side"),
        pytest.param(r"a{1,99}" * 5, id="many ends side by side"),
        pytest.param("(", id="broken"),
        pytest.param("a" * 201, id="too long"),
        pytest.param("a{99999999999}", id="a number too large"),
    ],
)
def test_a_pattern_that_can_take_long_is_refused(pattern: str) -> None:
    assert pattern_problem(pattern)


def test_in_long_texts_every_repeat_needs_an_end() -> None:
    assert pattern_problem(r"/projects/(\d+)", most_tries=TRIES_IN_LONG_TEXTS)
    assert pattern_problem(r"/projects/(\d{1,20})", most_tries=TRIES_IN_LONG_TEXTS) == ""
