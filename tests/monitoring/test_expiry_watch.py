"""Secrets that end soon: people are told 30 days, 7 days and 1 day ahead, and no more once they are renewed."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from apps.connectors import services, vault
from apps.connectors.models import Connection, Credential
from apps.flows.models import Flow
from apps.monitoring import case_book
from apps.monitoring.expiry_watch import judge_expiries
from apps.monitoring.models import ExceptionCase
from apps.tenants import scope
from tests.lines import Line
from tests.told import is_said_in_german

NOW = datetime.combine(timezone.now().date(), time(9), tzinfo=timezone.now().tzinfo)
TODAY = NOW.date()


class Desk:
    """A line whose source's token ends on a day, and the judge of a day."""

    def __init__(self, line: Line) -> None:
        self.line = line

    def ends(self, days: int) -> None:
        with scope.work_in(self.line.partner):
            Credential.objects.filter(connection=self.line.source).update(expires_on=TODAY + timedelta(days=days))

    def judge(self, after_days: int = 0) -> tuple[int, int]:
        with scope.work_in(self.line.partner), transaction.atomic():
            case_book.take_turn()
            return judge_expiries(NOW + timedelta(days=after_days))

    def cases(self) -> list[ExceptionCase]:
        with scope.work_in(self.line.partner):
            return list(ExceptionCase.objects.filter(error_class="expiring").order_by("id"))


@pytest.fixture
def desk(make_line: Callable[..., Line]) -> Desk:
    """A desk with a live flow."""
    return Desk(make_line())


def _due(case: ExceptionCase) -> date:
    return case.due_at.date()


def test_each_stage_has_a_case_of_its_own_that_ends_with_the_next(desk: Desk) -> None:
    desk.ends(31)
    assert desk.judge() == (0, 0)
    assert desk.judge(1) == (1, 0)
    assert desk.judge(1) == (0, 0)
    assert desk.judge(23) == (0, 0)
    assert desk.judge(24) == (1, 1)
    assert desk.judge(30) == (1, 1)
    assert desk.judge(33) == (0, 0)  # over: the refused sign-in has a case of its own
    first, second, third = desk.cases()
    ends_on = TODAY + timedelta(days=31)
    assert [(case.severity, case.state) for case in (first, second, third)] == [
        ("low", "closed"),
        ("normal", "closed"),
        ("high", "open"),
    ]
    assert [_due(case) for case in (first, second, third)] == [
        ends_on - timedelta(days=7),
        ends_on - timedelta(days=1),
        ends_on,
    ]
    assert first.closed_reason == "The day has come nearer: another case goes on."
    assert f"Access token of PSA expires on {ends_on:%d %b %Y}." in third.explanation
    assert is_said_in_german(third.explanation)
    assert third.title == "A secret expires soon"


def test_a_renewed_secret_closes_its_case_by_itself(desk: Desk) -> None:
    desk.ends(5)
    assert desk.judge() == (1, 0)
    with scope.work_in(desk.line.partner):
        source = Connection.objects.get(id=desk.line.source.id)
        services.set_secrets(source, {"token": desk.line.tokens["psa"]}, {"token": TODAY + timedelta(days=700)})
    assert desk.judge() == (0, 1)
    (case,) = desk.cases()
    assert (case.closed_how, case.closed_reason) == ("ran_well", "It was renewed or is needed no more.")


def test_what_a_person_closed_stays_closed_until_the_next_stage(desk: Desk) -> None:
    desk.ends(30)
    desk.judge()
    with scope.work_in(desk.line.partner):
        case = ExceptionCase.objects.get(error_class="expiring")
        case_book.close_case(case, ExceptionCase.ClosedHow.BY_PERSON, reason="Known.", now=NOW, done_by="Olga")
    assert desk.judge(1) == (0, 0)
    assert desk.judge(23) == (1, 0)


def test_only_what_a_live_flow_needs_and_what_is_switched_on_opens_a_case(desk: Desk) -> None:
    desk.ends(5)
    with scope.work_in(desk.line.partner):
        Flow.objects.filter(id=desk.line.flow.id).update(state=Flow.State.PAUSED)
    assert desk.judge() == (0, 0)
    with scope.work_in(desk.line.partner):
        Flow.objects.filter(id=desk.line.flow.id).update(state=Flow.State.LIVE)
        services.disable_connection(Connection.objects.get(id=desk.line.source.id), reason="Audit.")
    assert desk.judge() == (0, 0)


def test_of_several_secrets_of_a_connection_the_first_to_end_counts(desk: Desk) -> None:
    desk.ends(25)
    with scope.work_in(desk.line.partner):
        source = Connection.objects.get(id=desk.line.source.id)
        vault.set_secret(source, "client_secret", "another-4711", expires_on=TODAY + timedelta(days=6))
    assert desk.judge() == (1, 0)
    assert "Client secret of PSA expires" in desk.cases()[0].explanation
