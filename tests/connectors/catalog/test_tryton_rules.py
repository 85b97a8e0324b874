"""The rules of the Tryton connector, by tables: how values travel, how lines are known, how names are matched, what refusals mean."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.connectors.catalog.tryton import lines, references, values
from apps.connectors.catalog.tryton.references import Period, Person, Task
from apps.connectors.errors import BusinessClass, FieldProblem
from tests.connectors.catalog.tryton_stand_in import time_line

OPEN = Period(None, None)


# --- values -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("hours", "seconds"),
    [("2.5", 9000), ("0.25", 900), ("4.35", 15660), ("2.33", 8388), ("0", 0)],
    ids=["half hours", "quarters", "hundredths", "a third as Redmine rounds it", "nothing"],
)
def test_hours_travel_as_seconds_and_come_back_the_same(hours: str, seconds: int) -> None:
    sent = values.duration_value(Decimal(hours))
    assert sent == {"__class__": "timedelta", "seconds": seconds}
    assert Decimal(values.plain({"d": {**sent, "seconds": float(seconds)}})["d"]) == Decimal(hours)


@given(st.decimals(min_value=0, max_value=24, places=2))
def test_hours_of_two_decimals_are_never_rounded(hours: Decimal) -> None:
    assert Decimal(values.plain(values.duration_value(hours))) == hours


def test_what_tryton_sends_becomes_plain_json() -> None:
    row = {
        "__name__": "timesheet.line",
        "id": 7,
        "date": {"__class__": "date", "year": 2026, "month": 11, "day": 2},
        "cost": {"__class__": "Decimal", "decimal": "60.00"},
        "write_date": {
            "__class__": "datetime", "year": 2026, "month": 11, "day": 21, "hour": 3, "minute": 5, "second": 9,
            "microsecond": 120,
        },
        "works": [{"__name__": "timesheet.work", "id": 1}],
    }  # fmt: skip
    assert values.plain(row) == {
        "id": 7,
        "date": "2026-11-02",
        "cost": "60.00",
        "write_date": "2026-11-21T03:05:09.000120Z",
        "works": [{"id": 1}],
    }


# --- lines ------------------------------------------------------------------------------------------------------------
@given(st.text(max_size=60), st.from_regex(r"[A-Za-z]{1,12}:[a-z_]{1,12}:[A-Za-z0-9\[\] -]{1,12}", fullmatch=True))
def test_a_line_is_recognised_by_its_marker_whatever_the_note_says(note: str, key: str) -> None:
    row = {"id": 3, "description": lines.described(note, key)}
    assert lines.by_marker([row], [key, "TimeEntry:redmine:other"]) == {key: row}


def test_the_older_of_two_lines_with_one_marker_is_taken() -> None:
    rows = [{"id": 9, "description": "x [k:1]"}, {"id": 4, "description": "y [k:1]"}]
    assert lines.by_marker(rows, ["k:1"])["k:1"]["id"] == 4


def test_a_note_over_several_lines_becomes_one_line() -> None:
    assert lines.described("Workshop\n\twith client ", "k:1") == "Workshop with client [k:1]"


@pytest.mark.parametrize(
    ("changed", "field", "business_class"),
    [
        ({"employee": ""}, "resource", BusinessClass.MISSING_REFERENCE),
        ({"project": None}, "project", BusinessClass.MISSING_REFERENCE),
        ({"date": "02.11.2026"}, "work_date", BusinessClass.PARSE),
        ({"duration": "2,5"}, "hours", BusinessClass.PARSE),
        ({"duration": "NaN"}, "hours", BusinessClass.PARSE),
        ({"duration": None}, "hours", BusinessClass.PARSE),
    ],
    ids=["no person", "no project", "a date of another form", "a decimal comma", "not a number", "no hours"],
)
def test_a_line_that_cannot_be_read_names_the_field(
    changed: dict[str, Any], field: str, business_class: BusinessClass
) -> None:
    problem = lines.read_wanted(time_line(0, 1, **changed)).problem
    assert problem is not None
    assert (problem.field, problem.business_class) == (field, business_class)


# --- names ------------------------------------------------------------------------------------------------------------
PROJECTS = [
    {"id": 1, "number": "1", "name": "NW-101 Nordwind ERP"},
    {"id": 2, "number": "2", "name": "NW-1010 Other"},
    {"id": 3, "number": "3", "name": "Alpen"},
    {"id": 4, "number": "4", "name": "HB-310"},
    {"id": 5, "number": "5", "name": "HB-310 phase two"},
    {"id": 6, "number": "6", "name": "TM-1 one"},
    {"id": 7, "number": "7", "name": "TM-1 two"},
]


@pytest.mark.parametrize(
    ("code", "number"),
    [("nw-101", 1), ("NW-101 Nordwind ERP", 1), ("alpen", 3), ("3", 3), ("hb-310", 4)],
    ids=[
        "the beginning of a name",
        "the whole name",
        "in other letters",
        "the number",
        "a whole name before a beginning",
    ],
)
def test_a_project_is_found_by_the_words_people_use(code: str, number: int) -> None:
    row = references.match_projects([code], PROJECTS)[code]
    assert not isinstance(row, FieldProblem)
    assert row["id"] == number


@pytest.mark.parametrize(
    ("code", "words"),
    [("zz-9", "no project “zz-9”"), ("tm-1", "fits several projects in Tryton (“TM-1 one”, “TM-1 two”)")],
    ids=["unknown", "two of them"],
)
def test_a_project_that_cannot_be_told_is_a_sentence(code: str, words: str) -> None:
    problem = references.match_projects([code], PROJECTS)[code]
    assert isinstance(problem, FieldProblem)
    assert words in problem.message


def test_two_employees_with_one_email_are_never_guessed_between() -> None:
    party = {"contact_mechanisms": [{"type": "email", "value": "A@x.example"}]}
    rows = [{"id": 1, "party": {"code": "1", **party}}, {"id": 2, "party": {"code": "2", **party}}]
    person = references.match_people(["a@x.example"], rows)["a@x.example"]
    assert person.problem is not None
    assert person.problem.business_class is BusinessClass.DUPLICATE


@pytest.mark.parametrize(
    ("message", "person", "task", "words"),
    [
        ('field "Work"', OPEN, Period(None, date(2026, 11, 1)), "is closed for time after 1 November 2026"),
        ('field "Work"', OPEN, Period(date(2026, 12, 1), None), "takes time only from 1 December 2026"),
        ('field "Employee"', Period(None, date(2026, 10, 31)), OPEN, "Amara Okafor left on 31 October 2026"),
        ('field "Employee"', Period(date(2026, 12, 1), None), OPEN, "Amara Okafor starts on 1 December 2026"),
    ],
    ids=["closed task", "task of later", "who left", "who comes later"],
)
def test_a_refusal_is_explained_in_words_of_the_business(
    message: str, person: Period, task: Period, words: str
) -> None:
    problem = references.explain(
        message,
        date(2026, 11, 2),
        Person("HR-001", 1, "Amara Okafor", person),
        Task("p", "t", 1, "“Build” of “P”", task),
    )
    assert problem is not None
    assert words in problem.message
    assert problem.message.endswith("then replay.")


def test_a_refusal_for_another_reason_is_left_as_tryton_words_it() -> None:
    assert references.explain('field "Work"', date(2026, 11, 2), Person("1", 1), Task("p", "t", 1)) is None
