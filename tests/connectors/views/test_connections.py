"""The pages about connections and systems, over a sandbox that really answers."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.actions import Role
from apps.accounts.models import AuditEntry, User
from apps.accounts.services import create_user
from apps.connectors.connection_tests import request_test
from apps.connectors.models import Connection, ConnectionTest, Credential, WebhookEndpoint
from apps.connectors.services import disable_connection
from apps.customers.services import add_member
from apps.dispatch.models import Queue
from apps.tenants import scope
from tests.lines import Line

SECRET = "a-token-that-nobody-may-see-4711"


def _page(response: Any) -> str:
    return response.content.decode()


@pytest.fixture
def line(make_line: Callable[..., Line]) -> Line:
    """A customer with two connections and the flow between them."""
    return make_line()


def _browser(line: Line, role: Role) -> Client:
    client = Client(headers={"host": "alder.localhost"})
    with scope.work_in(line.partner):
        address = f"{role.value}@alder.example"
        known = User.objects.filter(email=address).first()
        person = known or create_user(email=address, name=role.value, role=role, password="correct horse battery")
        if role is Role.CUSTOMER_OWNER:
            add_member(user=person, customer_id=line.customer.id)
        client.force_login(person)
    return client


@pytest.fixture
def owner(line: Line) -> Client:
    """The owner's browser."""
    return _browser(line, Role.OWNER)


def _stored(line: Line, connection: Connection) -> Connection:
    with scope.work_in(line.partner):
        return Connection.objects.get(id=connection.id)


def _typed(line: Line, **changes: str) -> dict[str, str]:
    return {
        "customer": str(line.customer.id),
        "name": "Second PSA",
        "environment": "sandbox",
        "base_url": f"{line.sandbox.url}/psa/{line.company}/api/v1",
        "secret_token": line.tokens["psa"],
        **changes,
    }


def test_a_system_is_connected_tested_and_its_result_shown_step_by_step(line: Line, owner: Client) -> None:
    assert "Sandbox PSA" in _page(owner.get(f"/connections/new/?customer={line.customer.id}"))
    form = _page(owner.get(f"/connections/new/sandbox_psa/?customer={line.customer.id}"))
    assert 'type="password"' in form
    response = owner.post("/connections/new/sandbox_psa/", _typed(line))
    assert response.status_code == 302
    page = _page(owner.get(response["Location"]))
    assert 'hx-trigger="every 2s"' in page
    assert line.tokens["psa"] not in page
    line.work(Queue.POLL)
    page = _page(owner.get(response["Location"]))
    for words in ("Reachable", "Allowed", "Can read", "Limits", "Working"):
        assert words in page, words
    assert "hx-trigger" not in page


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"secret_token": ""}, "Access token is needed."),
        ({"base_url": "psa.example.com"}, "Write the whole address"),
        ({"base_url": "http://psa.example.com"}, "Use https"),
        ({"base_url": "https://me:pass@psa.example.com"}, "Leave user name and password out"),
        ({"name": "PSA"}, "already has a connection called"),
        ({"customer": str(uuid4())}, "Select a valid choice"),
        ({"environment": "moon"}, "Select a valid choice"),
    ],
    ids=["no secret", "no scheme", "plain http", "sign-in in the address", "taken name", "stranger", "environment"],
)
def test_what_is_wrong_is_said_beside_the_field_and_no_secret_comes_back(
    line: Line, owner: Client, wrong: dict[str, str], sentence: str
) -> None:
    response = owner.post("/connections/new/sandbox_psa/", _typed(line, **{"secret_token": SECRET, **wrong}))
    assert response.status_code == 400
    assert sentence in _page(response)
    assert SECRET not in _page(response)
    with scope.work_in(line.partner):
        assert Connection.objects.count() == 2


def test_a_system_that_is_down_is_told_in_a_sentence(line: Line, owner: Client) -> None:
    line.faults("psa", wrong_credentials=1)
    here = f"/connections/{line.source.id}/"
    assert owner.post(f"{here}test/").status_code == 302
    with scope.work_in(line.partner):
        test = ConnectionTest.objects.get(connection=line.source)
    live = f"{here}tests/{test.id}/"
    assert "HX-Refresh" not in owner.get(live, headers={"HX-Request": "true"})
    line.work(Queue.POLL)
    over = owner.get(live, headers={"HX-Request": "true"})
    assert over["HX-Refresh"] == "true"
    page = _page(owner.get(here))
    assert "Failed" in page
    assert "Needs attention" in page
    assert "Needs attention" in _page(owner.get("/connections/?state=attention"))


def test_asking_twice_is_one_test_until_it_was_lost(line: Line, owner: Client) -> None:
    path = f"/connections/{line.source.id}/test/"
    owner.post(path)
    owner.post(path)
    with scope.work_in(line.partner):
        test = ConnectionTest.objects.get(connection=line.source)
        ConnectionTest.objects.filter(id=test.id).update(started_at=timezone.now() - timedelta(minutes=11))
    owner.post(path)
    with scope.work_in(line.partner):
        states = ConnectionTest.objects.filter(connection=line.source).order_by("id").values_list("state", flat=True)
        assert list(states) == ["failed", "running"]


def test_a_secret_is_replaced_and_never_shown(line: Line, owner: Client) -> None:
    path = f"/connections/{line.source.id}/secrets/token/"
    assert owner.post(path, {"value": ""}).status_code == 400
    assert owner.post(path, {"value": SECRET}).status_code == 302
    page = _page(owner.get(f"/connections/{line.source.id}/"))
    assert "••••4711" in page
    assert SECRET not in page
    assert owner.get(f"/connections/{line.source.id}/secrets/nonsense/").status_code == 404
    with scope.work_in(line.partner):
        assert SECRET.encode() not in bytes(Credential.objects.get(connection=line.source).sealed)
        entry = AuditEntry.objects.filter(action="credential_set").latest("position")
        assert SECRET not in str(entry.details)
    assert _stored(line, line.source).state == "untested"


def test_a_switched_off_connection_lets_nothing_through_until_it_is_switched_on(line: Line, owner: Client) -> None:
    here = f"/connections/{line.target.id}/"
    assert owner.post(f"{here}disable/", {"reason": ""}).status_code == 302
    assert _stored(line, line.target).state != "disabled"
    owner.post(f"{here}disable/", {"reason": "The ERP moves house."})
    page = _page(owner.get(here))
    assert "The ERP moves house." in page
    assert "It is switched off: switch it on first." in page
    run = line.run()
    assert run.state == "failed"
    assert "switched off" in run.error_message
    assert line.time_lines() == []
    owner.post(f"{here}edit/", {"name": "ERP", "base_url": line.target.base_url})
    assert _stored(line, line.target).state == "disabled"
    owner.post(f"{here}enable/")
    line.work(Queue.POLL)
    assert _stored(line, line.target).state == "working"
    assert line.run().written > 0


def test_a_test_of_what_was_switched_off_meanwhile_says_so(line: Line) -> None:
    with scope.work_in(line.partner):
        test = request_test(Connection.objects.get(id=line.source.id))
        disable_connection(Connection.objects.get(id=line.source.id), reason="Moves house.")
    line.work(Queue.POLL)
    with scope.work_in(line.partner):
        done = ConnectionTest.objects.get(id=test.id)
        assert done.state == "failed"
        assert "switched off" in done.steps[0]["sentence"]


def test_a_connection_is_changed_and_must_be_tested_again(line: Line, owner: Client) -> None:
    path = f"/connections/{line.source.id}/edit/"
    wrong = owner.post(path, {"name": "ERP", "base_url": line.source.base_url})
    assert wrong.status_code == 400
    assert "There is already a connection called" in _page(wrong)
    assert owner.post(path, {"name": "Their PSA", "base_url": line.source.base_url}).status_code == 302
    assert (_stored(line, line.source).name, _stored(line, line.source).state) == ("Their PSA", "untested")


def test_a_webhook_address_is_shown_once_and_can_be_closed(line: Line, owner: Client) -> None:
    made = owner.post(f"/connections/{line.source.id}/webhooks/new/")
    page = _page(made)
    assert "/in/" in page
    assert "whsec_" in page
    assert "no-store" in made["Cache-Control"]
    assert "whsec_" not in _page(owner.get(f"/connections/{line.source.id}/"))
    with scope.work_in(line.partner):
        endpoint = WebhookEndpoint.objects.get(connection=line.source)
    owner.post(f"/connections/{line.source.id}/webhooks/{endpoint.id}/close/")
    with scope.work_in(line.partner):
        assert not WebhookEndpoint.objects.get(id=endpoint.id).active


def test_a_connections_page_names_the_flows_that_use_it(line: Line, owner: Client) -> None:
    page = _page(owner.get(f"/connections/{line.source.id}/"))
    assert f"/flows/{line.flow.id}/" in page
    assert "Reads" in page


def test_the_list_is_filtered_and_takes_the_same_queries_for_few_and_many(
    line: Line, owner: Client, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    with scope.work_in(line.partner):
        for number in range(55):
            Connection.objects.create(
                customer=line.customer, system="tryton", name=f"ERP {number:02}", base_url="https://erp.example"
            )
    with django_assert_max_num_queries(24):
        assert owner.get("/connections/").status_code == 200
    assert "ERP 10" in _page(owner.get("/connections/?system=tryton"))
    assert "ERP 10" not in _page(owner.get("/connections/?system=sandbox_psa"))
    assert "ERP 54" in _page(owner.get("/connections/?system=tryton&page=2"))
    assert "No connection fits" in _page(owner.get(f"/connections/?customer={uuid4()}"))
    assert "ERP 10" in _page(owner.get("/connections/?customer=nonsense&q=ERP 10"))


def test_the_catalogue_shows_every_system_with_its_proof(line: Line, owner: Client) -> None:
    page = _page(owner.get("/systems/"))
    for words in ("Tryton", "Redmine", "Sandbox ERP", "Talks to a simulated system", "Runs against the real system"):
        assert words in page, words
    assert "Tryton" not in _page(owner.get("/systems/?category=PSA"))
    assert "Repeats" in _page(owner.get("/systems/tryton/"))
    assert owner.get("/systems/abacus/").status_code == 404


def test_others_find_nothing_and_readers_only_look(line: Line, owner: Client) -> None:
    here = f"/connections/{line.source.id}/"
    reader = _browser(line, Role.READ_ONLY)
    page = _page(reader.get(here))
    assert "Your role does not include testing connections." in page
    assert "Switch off" not in page
    for path in ("test/", "disable/", "enable/", "webhooks/new/", "secrets/token/", "edit/"):
        assert reader.post(here + path).status_code == 403, path
    assert _browser(line, Role.CUSTOMER_OWNER).get(here).status_code == 403
    assert owner.get(f"/connections/{uuid4()}/").status_code == 404
    assert owner.get(f"{here}test/").status_code == 405


BC = {
    "name": "BC",
    "environment": "sandbox",
    "base_url": "https://api.businesscentral.dynamics.com",
    "setting_tenant": "0f6d1c8e-5a35-4c0b-9d8e-2f4f3a1b7c60",
    "setting_environment": "Production",
    "setting_company": "7d1fb4c5-1a6e-4a4f-8d0a-5b8a2f0e9c11",
    "secret_client_id": "fd0b3c54-6f6f-4c39-a5f5-2b1f9a0d7e21",
    "secret_client_secret": SECRET,
}


def _in_days(days: int) -> str:
    return (timezone.now().date() + timedelta(days=days)).isoformat()


def test_the_day_a_secret_expires_is_kept_with_it_and_shown_until_it_is_replaced(line: Line, owner: Client) -> None:
    typed = {"customer": str(line.customer.id), **BC}
    assert "Client secret expires on" in _page(owner.get("/connections/new/business_central/"))
    for wrong, sentence in {
        "2026-02-31": "Enter a valid date",
        _in_days(-1): "This day has passed",
        "9999-12-31": "too far away",
    }.items():
        refused = owner.post("/connections/new/business_central/", {**typed, "ends_secret_client_secret": wrong})
        assert refused.status_code == 400
        assert sentence in _page(refused)
    made = owner.post("/connections/new/business_central/", {**typed, "ends_secret_client_secret": _in_days(12)})
    assert "expires in 12 days" in _page(owner.get(made["Location"]))
    listed = _page(owner.get("/connections/?sort=expires"))
    assert "expires in 12 days" in listed
    assert listed.index("expires in 12 days") < listed.index(">PSA<")  # what ends first stands first
    replaced = owner.post(f"{made['Location']}secrets/client_secret/", {"value": SECRET, "ends_value": _in_days(200)})
    assert replaced.status_code == 302
    assert "expires in 200 days" in _page(owner.get(made["Location"]))
    owner.post(f"{made['Location']}secrets/client_secret/", {"value": SECRET})
    assert "expires in" not in _page(owner.get(made["Location"]))  # nobody said: the old day is not the new one's


ADDRESSES = {
    "one for everybody": ("xero", 'value="https://api.xero.com"'),
    "one of a form": ("zendesk", "The address of its API: https://&lt;subdomain&gt;.zendesk.com."),
    "one that only the customer knows": ("tryton", "The whole address of its API"),
}


@pytest.mark.parametrize(("system", "shown"), ADDRESSES.values(), ids=ADDRESSES.keys())
def test_an_address_that_is_known_is_there_already(owner: Client, system: str, shown: str) -> None:
    assert shown in _page(owner.get(f"/connections/new/{system}/"))
