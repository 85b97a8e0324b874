"""The page of a connection's last calls: who sees what of them, and what is said when there are none."""

from uuid import uuid4

import pytest
from django.conf import settings
from django.test import override_settings

from apps.accounts.actions import Role
from apps.connectors import call_log
from apps.connectors.call_log import CallLog
from apps.connectors.contract import Exchange
from apps.connectors.models import Connection
from apps.tenants.scope import PartnerRef
from tests.connectors.views.desk import browser_of, connect, new_customer, words_of


@pytest.fixture
def connection(partner_a: PartnerRef) -> Connection:
    return connect(partner_a, new_customer(partner_a, "Harbour Advisory"), "PSA", system="sandbox_psa")


@pytest.fixture
def called(partner_a: PartnerRef, connection: Connection) -> Connection:
    """A connection with one call that went well and one that did not."""
    log = CallLog(partner_a.id, connection.id, settings.REDIS_URL, purpose="run-4711")
    people = Exchange("GET", "https://psa.example/people?name=Ann%20Alder", 200, 12)
    log.note(people, None, b'{"name": "Ann Alder"}', ())
    refused = Exchange("POST", "https://psa.example/lines", 422, 31, '{"hours": 7.5}', '{"problem": "period closed"}')
    log.note(refused, None, b"", ())
    log.tell()
    call_log.settle()
    return connection


def test_the_last_calls_are_shown_with_what_was_sent_and_answered(partner_a: PartnerRef, called: Connection) -> None:
    owner = browser_of(partner_a, Role.OWNER)
    page = words_of(owner.get(f"/connections/{called.id}/calls/"))
    for words in ("/people?name=Ann%20Alder", "period closed", "7.5", "Ann Alder", "31 ms", "422", "run-4711"):
        assert words in page, words
    failed = words_of(owner.get(f"/connections/{called.id}/calls/?only=failed"))
    assert "period closed" in failed
    assert "Ann Alder" not in failed


def test_without_the_right_to_contents_only_the_line_is_seen(partner_a: PartnerRef, called: Connection) -> None:
    page = words_of(browser_of(partner_a, Role.READ_ONLY).get(f"/connections/{called.id}/calls/"))
    assert "/people" in page
    assert "Your role does not include seeing requests and responses." in page
    for hidden in ("Ann", "period closed", "7.5"):
        assert hidden not in page


def test_the_connections_page_counts_its_calls_of_today(partner_a: PartnerRef, called: Connection) -> None:
    page = browser_of(partner_a, Role.OWNER).get(f"/connections/{called.id}/")
    day = page.context["figures"].day
    assert (day.made, day.failed, day.too_often) == (2, 1, 0)
    assert f"/connections/{called.id}/calls/" in words_of(page)


def test_nothing_was_called_and_nothing_failed_are_said(partner_a: PartnerRef, connection: Connection) -> None:
    owner, here = browser_of(partner_a, Role.OWNER), f"/connections/{connection.id}/calls/"
    assert "No calls in the last day" in words_of(owner.get(here))
    assert "No call failed" in words_of(owner.get(f"{here}?only=failed"))
    assert "No calls in the last day" in words_of(owner.get(f"{here}?only=nonsense"))


def test_the_pages_stand_while_the_store_is_away(partner_a: PartnerRef, called: Connection) -> None:
    owner = browser_of(partner_a, Role.OWNER)
    with override_settings(REDIS_URL="redis://127.0.0.1:9/0"):
        assert "The log cannot be read just now" in words_of(owner.get(f"/connections/{called.id}/calls/"))
        assert "The figures cannot be read just now" in words_of(owner.get(f"/connections/{called.id}/"))
        assert owner.get("/connections/").status_code == 200


def test_the_calls_of_others_are_not_found(partner_a: PartnerRef, partner_b: PartnerRef, called: Connection) -> None:
    assert browser_of(partner_b, Role.OWNER).get(f"/connections/{called.id}/calls/").status_code == 404
    assert browser_of(partner_a, Role.OWNER).get(f"/connections/{uuid4()}/calls/").status_code == 404
    assert browser_of(partner_a, Role.FINANCE).get(f"/connections/{called.id}/calls/").status_code == 403
