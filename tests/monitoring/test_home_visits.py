"""Since when changes are news: the end of the last visit, however often a page is opened within one."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.accounts.actions import Role
from apps.accounts.models import User
from apps.accounts.services import create_user
from apps.monitoring.home_visits import FIRST_LOOKS_BACK, VISIT_ENDS_AFTER, last_visit, record_visit
from apps.tenants.scope import PartnerRef

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SHORT, LONG = VISIT_ENDS_AFTER / 2, VISIT_ENDS_AFTER * 2


@pytest.fixture
def hanna(in_partner_a: PartnerRef) -> User:
    """Somebody of partner A."""
    return create_user(email="h@alder.example", name="Hanna", role=Role.OWNER, password="correct horse battery")


def test_the_first_visit_looks_back_a_day(hanna: User) -> None:
    assert last_visit(hanna.id, now=NOON) == NOON - FIRST_LOOKS_BACK
    assert record_visit(hanna.id, now=NOON) == NOON - FIRST_LOOKS_BACK


@pytest.mark.parametrize(
    ("waits", "since"),
    [
        pytest.param([SHORT, SHORT], -FIRST_LOOKS_BACK, id="opening it again keeps the news"),
        pytest.param([SHORT] * 6, -FIRST_LOOKS_BACK, id="a long visit is one visit"),
        pytest.param([LONG], timedelta(0), id="the next visit tells what came since the last"),
        pytest.param([SHORT, LONG], SHORT, id="since its end, not its beginning"),
        pytest.param([LONG, SHORT], timedelta(0), id="and keeps telling it"),
    ],
)
def test_news_begin_where_the_last_visit_ended(hanna: User, waits: list[timedelta], since: timedelta) -> None:
    now, found = NOON, record_visit(hanna.id, now=NOON)
    for wait in waits:
        now += wait
        found = record_visit(hanna.id, now=now)
    assert found == NOON + since
    assert last_visit(hanna.id, now=now) == found


def test_a_clock_that_goes_back_loses_nothing(hanna: User) -> None:
    record_visit(hanna.id, now=NOON)
    assert record_visit(hanna.id, now=NOON - timedelta(minutes=5)) == NOON - FIRST_LOOKS_BACK
    assert record_visit(hanna.id, now=NOON + LONG) == NOON


def test_nobody_in_person_is_told_of_the_last_day(in_partner_a: PartnerRef) -> None:
    assert last_visit(None, now=NOON) == NOON - FIRST_LOOKS_BACK
