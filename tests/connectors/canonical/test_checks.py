"""Checks: each rule with what passes, what does not, and the sentence that helps."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from apps.connectors.canonical import checks
from apps.connectors.canonical.shapes import Check
from apps.connectors.errors import BusinessClass

TODAY = date(2026, 11, 21)
D = Decimal


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


PASSING = [
    pytest.param(checks.present("project", "x"), {"project": "P"}, id="a project is there"),
    pytest.param(checks.present("amount", "x"), {"amount": D(0)}, id="zero is a value"),
    pytest.param(checks.hours_of_one_day(), {"hours": D(24)}, id="24 hours are the limit"),
    pytest.param(checks.hours_of_one_day(), {"hours": D("0.01")}, id="a little time"),
    pytest.param(checks.not_negative("bill_rate", "rate"), {"bill_rate": D(0)}, id="a rate of nothing"),
    pytest.param(checks.not_negative("bill_rate", "rate"), {}, id="no rate"),
    pytest.param(checks.not_above("hours_per_day", D(24), "hours"), {"hours_per_day": D(24)}, id="just the most"),
    pytest.param(checks.not_above("hours_per_day", D(24), "hours"), {}, id="no amount to be too much"),
    pytest.param(checks.currency_known(), {"currency": "EUR"}, id="euro"),
    pytest.param(checks.currency_known(), {}, id="no currency"),
    pytest.param(checks.currency_for("bill_rate"), {"bill_rate": D(1), "currency": "EUR"}, id="rate with currency"),
    pytest.param(checks.currency_for("bill_rate"), {}, id="neither rate nor currency"),
    pytest.param(checks.currency_among(("EUR", "USD")), {"currency": "USD"}, id="an agreed currency"),
    pytest.param(checks.form_of("project", "PRJ-####", "project code"), {"project": "PRJ-0042"}, id="form of digits"),
    pytest.param(
        checks.form_of("project", "@@*", "code"), {"project": "ABanything!"}, id="form of letters and the rest"
    ),
    pytest.param(checks.form_of("project", "A.B", "code"), {"project": "A.B"}, id="a point is only a point"),
    pytest.param(checks.form_of("project", "PRJ-####", "code"), {}, id="no code has no form"),
    pytest.param(checks.not_longer_than("name", 3, "name"), {"name": "abc"}, id="a text that just fits"),
    pytest.param(checks.not_longer_than("name", 3, "name"), {}, id="no text"),
    pytest.param(checks.not_in_future("work_date", "day"), {"work_date": TODAY}, id="today"),
    pytest.param(checks.not_in_future("work_date", "day"), {"work_date": date(2026, 11, 22)}, id="today in Auckland"),
    pytest.param(checks.not_in_future("work_date", "day"), {}, id="no day"),
    pytest.param(
        checks.approved_not_before("work_date"),
        {"work_date": date(2026, 11, 3), "approved_at": at("2026-11-02T10:00")},
        id="an approval on the morning of that day in Auckland",
    ),
    pytest.param(
        checks.approved_not_before("work_date", UTC),
        {"work_date": date(2026, 11, 3), "approved_at": at("2026-11-03T00:00")},
        id="an approval on the same day",
    ),
    pytest.param(
        checks.approved_not_before("work_date", ZoneInfo("Pacific/Auckland")),
        {"work_date": date(2026, 11, 3), "approved_at": at("2026-11-02T20:00")},
        id="the same day in the flow's zone",
    ),
    pytest.param(
        checks.approved_not_before("work_date", UTC),
        {"work_date": date(2026, 11, 3), "approved_at": at("2026-11-09T10:00")},
        id="an approval days later",
    ),
    pytest.param(checks.approved_not_before("work_date"), {"work_date": date(2026, 11, 3)}, id="not approved"),
    pytest.param(checks.approved_not_before("work_date"), {"approved_at": at("2026-11-02T10:00")}, id="no day of work"),
    pytest.param(checks.days_in_order("starts", "ends", "project"), {"starts": TODAY, "ends": TODAY}, id="one day"),
    pytest.param(checks.days_in_order("starts", "ends", "project"), {"starts": TODAY}, id="an open end"),
]


@pytest.mark.parametrize(("check", "values"), PASSING)
def test_a_check_passes(check: Check, values: dict[str, Any]) -> None:
    assert check.find(values, TODAY) == ()


FAILING = [
    pytest.param(
        checks.present("project", "The project is missing. Choose one on the entry in {source}."),
        {},
        "project",
        "The project is missing. Choose one on the entry in {source}.",
        BusinessClass.MISSING_REFERENCE,
        id="a missing project",
    ),
    pytest.param(checks.present("id", "No number."), {"id": ""}, "id", "No number.", None, id="an empty id"),
    pytest.param(
        checks.hours_of_one_day(),
        {"hours": D(25)},
        "hours",
        "25 hours on one day cannot be right: the limit is 24. Correct the entry in {source}.",
        BusinessClass.VALIDATION,
        id="25 hours",
    ),
    pytest.param(checks.hours_of_one_day(), {"hours": D(0)}, "hours", "more than 0", None, id="no time at all"),
    pytest.param(checks.hours_of_one_day(), {"hours": D(-1)}, "hours", "-1 hours", None, id="time below zero"),
    pytest.param(checks.hours_of_one_day(), {}, "hours", "hours are missing", None, id="missing hours"),
    pytest.param(
        checks.not_negative("bill_rate", "rate"),
        {"bill_rate": D(-5)},
        "bill_rate",
        "below zero",
        None,
        id="a rate below 0",
    ),
    pytest.param(
        checks.not_above("hours_per_day", D(24), "number of hours a day"),
        {"hours_per_day": D("24.5")},
        "hours_per_day",
        "24.5, more than 24",
        None,
        id="more than there is of a day",
    ),
    pytest.param(checks.currency_known(), {"currency": "DOGE"}, "currency", "“DOGE”", None, id="no such currency"),
    pytest.param(
        checks.currency_known(), {"currency": "XXX"}, "currency", "“XXX”", None, id="the code for no currency"
    ),
    pytest.param(
        checks.currency_for("bill_rate"), {"bill_rate": D(1)}, "currency", "currency is missing", None, id="a bare rate"
    ),
    pytest.param(
        checks.currency_among(("EUR",)),
        {"currency": "USD"},
        "currency",
        "agreed here",
        None,
        id="not an agreed currency",
    ),
    pytest.param(checks.currency_among(("EUR",)), {}, "currency", "agreed here", None, id="no currency at all"),
    pytest.param(
        checks.form_of("project", "PRJ-####", "project code"),
        {"project": "PRJ-42"},
        "project",
        "does not have the form PRJ-####",
        BusinessClass.INVALID_DIMENSION,
        id="a code of another form",
    ),
    pytest.param(
        checks.not_longer_than("name", 3, "name"),
        {"name": "abcd"},
        "name",
        "4 characters; 3 fit",
        BusinessClass.TOO_LARGE,
        id="a text too long",
    ),
    pytest.param(
        checks.not_in_future("work_date", "day"),
        {"work_date": date(2026, 11, 23)},
        "work_date",
        "in the future",
        None,
        id="the day after tomorrow",
    ),
    pytest.param(
        checks.approved_not_before("work_date"),
        {"work_date": date(2026, 11, 3), "approved_at": at("2026-11-02T09:59")},
        "approved_at",
        "earlier than the work of 2026-11-03",
        BusinessClass.MISSING_APPROVAL,
        id="an approval before the day began anywhere",
    ),
    pytest.param(
        checks.approved_not_before("work_date", UTC),
        {"work_date": date(2026, 11, 3), "approved_at": at("2026-11-02T23:59")},
        "approved_at",
        "earlier than the work",
        None,
        id="an approval on the day before, in the flow's zone",
    ),
    pytest.param(
        checks.days_in_order("starts", "ends", "project"),
        {"starts": TODAY, "ends": date(2026, 1, 1)},
        "ends",
        "before it starts",
        None,
        id="an end before the start",
    ),
]


@pytest.mark.parametrize(("check", "values", "field", "words", "business_class"), FAILING)
def test_a_check_names_the_field_and_says_what_to_do(
    check: Check, values: dict[str, Any], field: str, words: str, business_class: BusinessClass | None
) -> None:
    (found,) = check.find(values, TODAY)
    assert found.field == field
    assert words in found.message
    assert business_class in (None, found.business_class)


def test_a_mask_of_many_stars_stays_quick() -> None:
    check = checks.form_of("project", "*" * 60 + "X", "code")
    assert check.find({"project": "a" * 5_000}, TODAY)
