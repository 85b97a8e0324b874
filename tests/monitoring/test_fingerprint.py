"""Same cause, same fingerprint; different cause, another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.monitoring.fingerprint import Cause, fingerprint, normalised


def cause(message: str, **changes: str) -> Cause:
    return Cause(
        **{
            "place": "flow-1",
            "step": "deliver",
            "business_class": "validation",
            "field": "hours",
            "code": "",
            **changes,
        },
        message=message,
    )


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        pytest.param("25 hours on one day cannot be right", "… hours on one day cannot be right", id="a number"),
        pytest.param("25.5 hours", "… hours", id="a decimal"),
        pytest.param("7,5 is no number", "… is no number", id="a decimal comma"),
        pytest.param("The period 2026-03 is closed.", "the period … is closed.", id="a period"),
        pytest.param("Project PRJ-0042 is closed", "project … is closed", id="a code"),
        pytest.param("Employee E17 is unknown", "employee … is unknown", id="a short code"),
        pytest.param("Nobody called 'Jo' exists", "nobody called … exists", id="single quotes"),
        pytest.param('"cc 5" and “cc 6” are unknown', "… and … are unknown", id="double and curly quotes"),
        pytest.param("ask ann.lee+x@firm.example about it", "ask … about it", id="an e-mail address"),
        pytest.param("see https://erp.example/x?y=1 for more", "see … for more", id="an address"),
        pytest.param("no line 0193e4a1-7b2c-7def-8123-0123456789ab", "no line …", id="a UUID"),
        pytest.param("The person Jane Roe left", "the person … left", id="a name"),
        pytest.param("  too   many\n spaces ", "too many spaces", id="spaces"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_it_replaces_what_differs_between_records(message: str, expected: str) -> None:
    assert normalised(message) == expected


def test_it_replaces_the_records_own_references() -> None:
    assert normalised("project atlas is closed", ("atlas",)) == "project … is closed"


def test_it_leaves_references_alone_that_are_too_short_to_be_telling() -> None:
    assert normalised("a person is missing", ("a", "is")) == "a person is missing"


def test_two_records_with_one_cause_share_a_fingerprint() -> None:
    one = fingerprint(cause("25 hours for Anna Berg on 2026-03-02 cannot be right"))
    other = fingerprint(cause("31.5 hours for Bob van Dyke on 2026-04-12 cannot be right"))
    longer = fingerprint(cause("30 hours for Carla Maria Sommer on 2026-04-12 cannot be right"))
    assert one == other == longer


@pytest.mark.parametrize(
    "changes",
    [{"place": "flow-2"}, {"step": "check"}, {"business_class": "parse"}, {"field": "rate"}, {"code": "too_many"}],
    ids=lambda changes: next(iter(changes)),
)
def test_another_place_or_kind_is_another_cause(changes: dict[str, str]) -> None:
    assert fingerprint(cause("the same words")) != fingerprint(cause("the same words", **changes))


@given(st.text(max_size=300), st.lists(st.text(max_size=12), max_size=4))
def test_it_takes_any_text(message: str, known: list[str]) -> None:
    assert len(fingerprint(cause(message), known)) == 32


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_numbers_never_split_a_group(one: int, other: int) -> None:
    assert fingerprint(cause(f"{one} hours is too much")) == fingerprint(cause(f"{other} hours is too much"))
