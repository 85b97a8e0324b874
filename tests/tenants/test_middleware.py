"""Host -> partner -> scope -> transaction."""

from typing import Any

import pytest
from django.db import OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from apps.tenants import scope
from apps.tenants.domains import forget_hosts, partner_for_host
from apps.tenants.middleware import PartnerMiddleware
from apps.tenants.models import Domain, Partner
from apps.tenants.scope import PartnerRef


def _answered(host: str) -> tuple[HttpResponse, list[str]]:
    seen: list[str] = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append(f"{connection.schema_name} {connection.in_atomic_block}")
        return HttpResponse("ok")

    response = PartnerMiddleware(view)(RequestFactory().get("/", headers={"host": host}))
    return response, seen


@pytest.mark.parametrize(
    "host",
    ["alder.localhost", "alder.localhost:8000", "ALDER.localhost", "alder.localhost."],
    ids=["plain", "with a port", "capitals", "with a dot"],
)
def test_a_partners_host_opens_its_schema_inside_a_transaction(partner_a: PartnerRef, host: str) -> None:
    response, seen = _answered(host)
    assert response.status_code == 200
    assert seen == [f"{partner_a.schema_name} True"]
    assert scope.current() is None


@pytest.mark.parametrize(
    "host",
    ["nobody.localhost", "localhost", "127.0.0.1", "alder.localhost.evil.example", "", "a" * 300],
    ids=["unknown", "bare", "an address", "a look-alike", "none", "very long"],
)
def test_a_host_nobody_owns_is_answered_before_any_view(partner_a: PartnerRef, host: str) -> None:
    response, seen = _answered(host)
    assert response.status_code == 404
    assert seen == []
    assert "Alder" not in response.content.decode()


def test_the_platforms_host_stays_in_public(db: None) -> None:
    _, seen = _answered("platform.localhost")
    assert seen == ["public True"]


@pytest.mark.parametrize(
    ("state", "words", "named"),
    [
        (Partner.State.SUSPENDED, "This portal is paused", True),
        (Partner.State.PROVISIONING, "This portal is being set up", False),
        (Partner.State.FAILED, "This portal is being set up", False),
    ],
)
def test_a_partner_that_is_not_active_is_told_so_and_nothing_of_it_is_opened(
    partner_a: PartnerRef, state: str, words: str, named: bool
) -> None:
    Partner.objects.filter(id=partner_a.id).update(state=state)
    forget_hosts()
    response, seen = _answered("alder.localhost")
    assert (response.status_code, seen) == (503, [])
    assert words in response.content.decode()
    assert ("Alder" in response.content.decode()) is named
    assert response["Retry-After"]
    assert "unsafe" not in response["Content-Security-Policy"]


def test_a_suspended_partner_still_gets_what_dresses_the_page_that_says_so(partner_a: PartnerRef) -> None:
    Partner.objects.filter(id=partner_a.id).update(state=Partner.State.SUSPENDED)
    forget_hosts()
    client = Client(headers={"host": "alder.localhost"})
    assert client.get("/brand/theme.css").status_code == 200
    assert client.get("/accounts/login/").status_code == 503


@pytest.mark.parametrize("host", ["alder.localhost", "platform.localhost"])
def test_maintenance_closes_every_portal_in_its_own_brand(partner_a: PartnerRef, settings: Any, host: str) -> None:
    settings.MAINTENANCE = True
    response, seen = _answered(host)
    assert (response.status_code, seen) == (503, [])
    page = response.content.decode()
    assert "We are back in a moment" in page
    assert ("Alder" in page) is host.startswith("alder")


def test_a_database_that_cannot_be_reached_is_not_called_our_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(_host: str) -> None:
        raise OperationalError("the password inside")

    monkeypatch.setattr("apps.tenants.middleware.partner_for_host", gone)
    response, seen = _answered("alder.localhost")
    assert (response.status_code, seen) == (503, [])
    assert "password" not in response.content.decode()


def test_an_unverified_address_is_not_answered(partner_a: PartnerRef) -> None:
    Domain.objects.filter(tenant_id=partner_a.id).update(verified_at=None)
    forget_hosts()
    assert partner_for_host("alder.localhost") is None


def test_a_known_host_costs_no_query(partner_a: PartnerRef, django_assert_num_queries: object) -> None:
    partner_for_host("alder.localhost")
    with django_assert_num_queries(0):  # type: ignore[operator]
        partner_for_host("alder.localhost")
        partner_for_host("alder.localhost")


def test_a_failing_view_writes_nothing(partner_a: PartnerRef) -> None:
    from apps.customers.models import Customer

    def view(request: HttpRequest) -> HttpResponse:
        Customer.objects.create(name="Half written", currency="EUR")
        return HttpResponse("broken", status=500)

    PartnerMiddleware(view)(RequestFactory().get("/", headers={"host": "alder.localhost"}))
    with scope.work_in(partner_a):
        assert not Customer.objects.exists()


def test_two_partners_answer_with_their_own_brand(partner_a: PartnerRef, partner_b: PartnerRef) -> None:
    teal = Client(headers={"host": "alder.localhost"}).get("/brand/theme.css").content.decode()
    violet = Client(headers={"host": "brightforge.localhost"}).get("/brand/theme.css").content.decode()
    assert "#0f766e" in teal
    assert "#6d28d9" in violet
    assert "#6d28d9" not in teal
