"""Every class of failure has a queue, words and a way out."""

from datetime import timedelta
from decimal import Decimal

import pytest

from apps.connectors.errors import BusinessClass
from apps.monitoring.blame import (
    EXPIRING,
    OVERDUE,
    Fix,
    Severity,
    WaitingOn,
    WorkQueue,
    queue_for,
    severity_for,
    time_to_resolve,
    verdict_for,
)


@pytest.mark.parametrize("business_class", [*BusinessClass, OVERDUE, EXPIRING])
def test_each_class_has_words_for_people_and_a_way_out(business_class: str) -> None:
    verdict = verdict_for(business_class)
    assert verdict.title
    assert verdict.explanation.endswith(".")
    assert verdict.runbook.endswith(".")
    assert verdict.fixes
    assert len(verdict.title) <= 120


def test_no_two_classes_share_a_title() -> None:
    titles = [verdict_for(business_class).title for business_class in [*BusinessClass, OVERDUE, EXPIRING]]
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize(
    ("business_class", "queue", "waiting_on"),
    [
        ("closed_period", WorkQueue.FINANCE, WaitingOn.CUSTOMER),
        ("mapping_gap", WorkQueue.MASTER_DATA, WaitingOn.PARTNER),
        ("inactive_project", WorkQueue.DELIVERY, WaitingOn.CUSTOMER),
        ("connection", WorkQueue.ACCESS, WaitingOn.PARTNER),
        ("provider_outage", WorkQueue.PROVIDER, WaitingOn.PROVIDER),
        ("schema_drift", WorkQueue.INTEGRATION, WaitingOn.PARTNER),
        ("a class nobody knows", WorkQueue.INTEGRATION, WaitingOn.PARTNER),
    ],
)
def test_it_knows_whose_work_it_is(business_class: str, queue: WorkQueue, waiting_on: WaitingOn) -> None:
    verdict = verdict_for(business_class)
    assert (verdict.queue, verdict.waiting_on) == (queue, waiting_on)


def test_a_missing_translation_is_offered_as_the_first_fix() -> None:
    assert verdict_for("mapping_gap").fixes[0] is Fix.ADD_VALUE


@pytest.mark.parametrize(
    ("business_class", "amount", "severity"),
    [
        pytest.param("validation", None, Severity.NORMAL, id="unknown money"),
        pytest.param("validation", Decimal("9999.99"), Severity.NORMAL, id="little money"),
        pytest.param("duplicate", Decimal(10_000), Severity.HIGH, id="much money"),
        pytest.param("connection", None, Severity.HIGH, id="everything is blocked"),
    ],
)
def test_it_knows_how_bad_it_is(business_class: str, amount: Decimal | None, severity: Severity) -> None:
    assert severity_for(business_class, amount) is severity


def test_severe_cases_get_half_the_time() -> None:
    assert time_to_resolve(WorkQueue.FINANCE, Severity.NORMAL) == timedelta(hours=24)
    assert time_to_resolve(WorkQueue.FINANCE, Severity.HIGH) == timedelta(hours=12)


@pytest.mark.parametrize(
    ("business_class", "named", "queue"),
    [
        (BusinessClass.MISSING_REFERENCE, "delivery", WorkQueue.DELIVERY),
        (BusinessClass.CLOSED_PERIOD, "", WorkQueue.FINANCE),
        (BusinessClass.PERMISSION, "delivery", WorkQueue.ACCESS),
    ],
    ids=["whom the flow names for the step", "nobody is named", "what needs access"],
)
def test_the_flow_may_name_whose_work_a_step_is(business_class: str, named: str, queue: WorkQueue) -> None:
    assert queue_for(business_class, named) is queue
