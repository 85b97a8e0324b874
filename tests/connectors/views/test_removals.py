"""Removing a connection: the page that says what breaks, what it refuses, and what of the past stays."""

from collections.abc import Callable

import pytest
from django.test import Client

from apps.accounts.actions import Role
from apps.accounts.models import AuditEntry
from apps.connectors.errors import MisconfiguredError
from apps.connectors.models import CircuitBreaker, Connection, Credential, WebhookEndpoint
from apps.connectors.opening import open_connector
from apps.connectors.services import NewConnection, create_connection
from apps.connectors.webhook_endpoints import create_webhook_endpoint
from apps.customers.models import Customer
from apps.flows.models import Flow, Link
from apps.tenants import scope
from apps.tenants.scope import PartnerRef
from tests.connectors.views.desk import browser_of, new_customer, words_of
from tests.lines import Line


@pytest.fixture
def owner(partner_a: PartnerRef) -> Client:
    return browser_of(partner_a, Role.OWNER)


def _wanted(name: str = "PSA") -> NewConnection:
    return NewConnection(
        system="sandbox_psa", name=name, base_url="https://psa.example", secrets={"token": "t-4711"}, settings={}
    )


@pytest.fixture
def customer(partner_a: PartnerRef) -> Customer:
    return new_customer(partner_a, "Harbour Advisory")


@pytest.fixture
def unused(partner_a: PartnerRef, customer: Customer) -> Connection:
    """A connection that no flow uses, with a secret, a webhook address and an open breaker."""
    with scope.enter(partner_a):
        made = create_connection(customer, _wanted())
        create_webhook_endpoint(made)
        CircuitBreaker.objects.create(connection=made, customer_id=customer.id, state="open")
        return made


def test_an_unused_connection_goes_with_its_secrets_when_its_name_is_typed(
    partner_a: PartnerRef, owner: Client, customer: Customer, unused: Connection
) -> None:
    here = f"/connections/{unused.id}/remove/"
    assert here in words_of(owner.get(f"/connections/{unused.id}/"))
    removal = owner.get(here).context["removal"]
    assert (removal.live, removal.endpoints, removal.secrets) == ([], 1, 1)
    page = words_of(owner.post(here, {"name": "PSA "}, follow=True))
    assert "PSA is removed." in page
    assert owner.get(f"/connections/{unused.id}/").status_code == 404
    assert owner.get(here).status_code == 404
    with scope.enter(partner_a):
        assert not Credential.objects.filter(connection_id=unused.id).exists()
        assert CircuitBreaker.objects.get(connection_id=unused.id).state == "closed"
        assert list(WebhookEndpoint.objects.filter(connection_id=unused.id).values_list("active", flat=True)) == [False]
        entry = AuditEntry.objects.filter(action="connection_removed").latest("position")
        assert (entry.details["name"], entry.details["secrets destroyed"]) == ("PSA", 1)
        assert create_connection(customer, _wanted()).id != unused.id  # the name is free again


@pytest.mark.parametrize("typed", ["", "psa", "PSA2"], ids=["nothing", "other letters", "another name"])
def test_without_its_name_nothing_is_removed(owner: Client, unused: Connection, typed: str) -> None:
    answer = owner.post(f"/connections/{unused.id}/remove/", {"name": typed})
    assert answer.status_code == 400
    assert "Type the connection&#x27;s name as it is: PSA" in words_of(answer)
    assert owner.get(f"/connections/{unused.id}/").status_code == 200


def test_live_flows_forbid_it_until_they_are_paused_and_the_past_keeps_its_names(
    make_line: Callable[..., Line],
) -> None:
    line = make_line()
    line.run()
    owner, here = browser_of(line.partner, Role.OWNER), f"/connections/{line.target.id}/remove/"
    page = owner.get(here)
    assert [use.name for use in page.context["removal"].live] == ["Approved time to bill"]
    assert "Records still pass through it" in words_of(page)
    refused = owner.post(here, {"name": line.target.name})
    assert refused.status_code == 400
    assert owner.get(f"/connections/{line.target.id}/").status_code == 200
    with scope.work_in(line.partner):
        Flow.objects.filter(id=line.flow.id).update(state=Flow.State.PAUSED)
        links = Link.objects.filter(connection_id=line.target.id).count()
    assert "could not run any more" in words_of(owner.get(here))
    assert owner.post(here, {"name": line.target.name}).status_code == 302
    resumed = owner.post(f"/flows/{line.flow.id}/resume/", follow=True)
    assert "ERP was removed: install the flow anew with another connection." in words_of(resumed)
    operation = line.operations()[0]
    assert line.target.name in words_of(owner.get(f"/operations/{operation.id}/"))
    assert owner.get(f"/flows/{line.flow.id}/").status_code == 200
    assert owner.get("/").status_code == 200
    with scope.work_in(line.partner):
        assert Link.objects.filter(connection_id=line.target.id).count() == links > 0
        with pytest.raises(MisconfiguredError, match="was removed"):
            open_connector(Flow.objects.select_related("target").get(id=line.flow.id).target, correlation_id="x")
        Flow.objects.filter(id=line.flow.id).update(state=Flow.State.LIVE)
    run = line.run()
    assert run.state == "failed"
    assert "was removed" in run.error_message


def test_who_cannot_edit_cannot_remove(partner_a: PartnerRef, partner_b: PartnerRef, unused: Connection) -> None:
    here = f"/connections/{unused.id}/remove/"
    operations = browser_of(partner_a, Role.OPERATIONS)
    assert here not in words_of(operations.get(f"/connections/{unused.id}/"))
    assert operations.post(here, {"name": "PSA"}).status_code == 403
    assert browser_of(partner_b, Role.OWNER).post(here, {"name": "PSA"}).status_code == 404
