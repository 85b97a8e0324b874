"""Onboarding: the board, and the wizard from an empty customer to a live flow."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from apps.accounts.actions import Role
from apps.accounts.models import Invitation, User
from apps.connectors.models import Connection
from apps.customers.models import Customer, Onboarding
from apps.customers.services import add_member, create_customer
from apps.flows.models import DryRun, Flow, Operation, Run, Trigger
from apps.flows.services.publish import change_line
from apps.tenants import scope
from tests.flows.views.conftest import Desk, page_of, work_onboarding
from tests.sandbox_server import SandboxServer

FIRM = "fresh-firm"


def test_a_new_customer_begins_at_its_first_open_step(browser: Client, desk: Desk) -> None:
    typed = {"name": "Harbour Ltd", "currency": "gbp", "country": "gb", "time_zone": "Europe/London"}
    response = browser.post("/onboarding/start/", typed)
    with scope.work_in(desk.partner):
        made = Customer.objects.get(name="Harbour Ltd")
        assert Onboarding.objects.get(customer=made).owner.email == "owner@alder.example"  # type: ignore[union-attr]
    assert response["Location"] == f"/onboarding/{made.id}/entities/"
    again = browser.post("/onboarding/start/", typed)
    assert again.status_code == 400
    assert "already a customer" in page_of(again)


def test_a_customer_that_was_added_elsewhere_stands_on_the_board_too(browser: Client, desk: Desk) -> None:
    page = page_of(browser.get("/onboarding/"))
    assert "Fresh Firm" in page
    assert "Nobody has said that the list of companies is complete." in page
    assert "Fresh Firm" not in page_of(browser.get("/onboarding/?owner=00000000-0000-0000-0000-000000000001"))
    assert "Fresh Firm" in page_of(browser.get("/onboarding/?owner=nobody&view=table"))


def test_the_whole_way_from_nothing_to_a_live_flow(browser: Client, desk: Desk, sandbox: SandboxServer) -> None:
    tokens = {
        system: sandbox.do(
            lambda client, system=system: client.found_company(system, FIRM, people=6, weeks=1, seed=3, problems=True)
        )
        for system in ("psa", "erp")
    }
    assert browser.post(desk.path("entities/"), {"confirm": "yes"})["Location"] == desk.path("connections/")
    assert "something comes first" in page_of(browser.get(desk.path("template/")))
    for system, token in tokens.items():
        typed = {
            "name": system.upper(),
            "environment": "sandbox",
            "base_url": f"{sandbox.url}/{system}/{FIRM}/api/v1",
            "secret_token": token,
        }
        response = browser.post(desk.path(f"connect/sandbox_{system}/"), typed)
        assert response.status_code == 302, page_of(response)
    assert "Testing" in page_of(browser.get(desk.path("connections/")))
    work_onboarding()
    assert "Everything that is needed is connected and works." in page_of(browser.get(desk.path("connections/")))
    with scope.work_in(desk.partner):
        psa, erp = (Connection.objects.get(name=name) for name in ("PSA", "ERP"))
    install = {"template": "approved-time-to-bill", "name": "Time to bill", "source": psa.id, "target": erp.id}
    assert browser.post(desk.path("template/"), install)["Location"] == desk.path("mapping/")
    with scope.work_in(desk.partner):
        flow = Flow.objects.get()
        assert flow.state == Flow.State.DRAFT
    _teach_the_mapping(browser, desk, flow)
    invited = {
        "people-TOTAL_FORMS": "2",
        "people-INITIAL_FORMS": "0",
        "people-0-email": "lena@fresh.example",
        "people-0-role": "finance_approver",
    }
    assert browser.post(desk.path("people/"), invited)["Location"] == desk.path("dry-run/")
    browser.post(desk.path("dry-run/"))
    work_onboarding()
    tried = page_of(browser.get(desk.path("dry-run/")))
    assert "would be created" in tried
    assert "Why records would be refused" in tried
    with scope.work_in(desk.partner):
        assert (Run.objects.count(), Operation.objects.count()) == (0, 0)
    last = page_of(browser.get(desk.path("go-live/")))
    assert "You would go live with this still missing:" in last
    every = {f"every_{flow.id.hex}": "900", "run_now": "on"}
    refused = browser.post(desk.path("go-live/"), every)
    assert refused.status_code == 400
    assert "Say that you know what is still missing" in page_of(refused)
    done = browser.post(desk.path("go-live/"), {**every, "accepts_holes": "on"})
    assert "Fresh Firm is live" in page_of(browser.get(done["Location"]))
    with scope.work_in(desk.partner):
        assert Flow.objects.get().state == Flow.State.LIVE
        assert Customer.objects.get(id=desk.customer.id).state == Customer.State.LIVE
        assert Trigger.objects.get(flow=flow).active
        assert Run.objects.count() == 1
    browser.post(desk.path("go-live/"), {**every, "accepts_holes": "on"})
    with scope.work_in(desk.partner):
        assert Run.objects.count() == 1, "sending it twice starts nothing twice"
        Flow.objects.update(state=Flow.State.PAUSED)
    assert "Fresh Firm" not in page_of(browser.get("/onboarding/"))
    assert "are paused: resume one" in page_of(browser.get(desk.path("go-live/")))


def _teach_the_mapping(browser: Client, desk: Desk, flow: Flow) -> None:
    """Read a sample with a value that no table knows, add it, and see the gap gone without another reading."""
    with scope.work_in(desk.partner):
        changes = {"value_map": {"AMER": "200"}}
        change_line(flow, target="company", changes=changes, made_by="test", despite="other regions")
    browser.post(desk.path("mapping/") + f"?flow={flow.id}", {"sample": "yes"})
    assert "Reading" in page_of(browser.get(desk.path("mapping/")))
    live = browser.get(desk.path(f"trial/{flow.id}/"), headers={"HX-Request": "true"})
    assert "HX-Refresh" not in live.headers
    work_onboarding()
    assert browser.get(desk.path(f"trial/{flow.id}/"), headers={"HX-Request": "true"})["HX-Refresh"] == "true"
    page = page_of(browser.get(desk.path("mapping/")))
    assert "Values to translate" in page
    values = set(re.findall(r'name="outside_value" value="(\w+)"', page))
    assert values
    for value in values:
        typed = {"target": "company", "outside_value": value, "new_value": "100"}
        assert browser.post(desk.path("mapping/"), typed).status_code == 302
    assert "Values to translate" not in page_of(browser.get(desk.path("mapping/")))
    with scope.work_in(desk.partner):
        assert DryRun.objects.count() == 1
    assert browser.post(desk.path("mapping/"), {"confirm": "yes"})["Location"] == desk.path("people/")


WRONG = [
    pytest.param("company/", {"name": ""}, "This field is required", id="company without a name"),
    pytest.param("company/", {"name": "x" * 161, "currency": "EUR"}, "at most 160", id="company with an endless name"),
    pytest.param("company/", {"name": "a\x00b"}, "Null characters", id="company with a null character"),
    pytest.param("entities/", {"code": "", "name": "", "currency": "€"}, "This field is required", id="empty entity"),
    pytest.param("connect/sandbox_psa/", {"name": "PSA", "base_url": "nonsense"}, "whole address", id="no address"),
    pytest.param(
        "people/",
        {"people-TOTAL_FORMS": "1", "people-INITIAL_FORMS": "0", "people-0-email": "nobody", "people-0-role": "owner"},
        "valid email address",
        id="no mail address, foreign role",
    ),
    pytest.param("people/", {"people-TOTAL_FORMS": "99999999", "people-INITIAL_FORMS": "x"}, "", id="broken row count"),
    pytest.param("company/send/", {"to_team": "y"}, "This field is required", id="asks nobody of the team"),
    pytest.param(
        "company/send/",
        {"to_customer": "y", "link-name": "L", "link-email": "<script>"},
        "valid email",
        id="script mail",
    ),
]


@pytest.mark.parametrize(("path", "typed", "sentence"), WRONG)
def test_what_is_wrong_is_said_in_place_and_kept(
    browser: Client, desk: Desk, path: str, typed: dict[str, str], sentence: str
) -> None:
    response = browser.post(desk.path(path), typed)
    assert response.status_code == 400
    assert sentence in page_of(response)


def test_coming_back_leads_to_where_the_work_stopped(browser: Client, desk: Desk) -> None:
    assert "Go on: Legal entities" in page_of(browser.get(desk.path()))
    browser.post(desk.path("connections/"), {"system": "sandbox_psa"})
    page = page_of(browser.get(desk.path()))
    assert "Go on: Systems" in page
    assert "Sandbox PSA" in page_of(browser.get(desk.path("connections/")))
    browser.post(desk.path("connections/"), {"system": "sandbox_psa", "forget": "yes"})
    with scope.work_in(desk.partner):
        assert Onboarding.objects.get().planned == []


def test_a_wrong_row_invites_nobody(browser: Client, desk: Desk) -> None:
    typed = {
        "people-TOTAL_FORMS": "2",
        "people-INITIAL_FORMS": "0",
        "people-0-email": "good@fresh.example",
        "people-0-role": "customer_viewer",
        "people-1-email": "owner@alder.example",
        "people-1-role": "customer_viewer",
    }
    response = browser.post(desk.path("people/"), typed)
    assert response.status_code == 400
    assert "belongs to somebody who can already sign in" in page_of(response)
    with scope.work_in(desk.partner):
        assert not Invitation.objects.exists()


def test_notes_are_saved_as_they_are_typed_and_survive(browser: Client, desk: Desk) -> None:
    response = browser.post(desk.path("notes/"), {"notes": "Call <b>Lena</b>"}, headers={"HX-Request": "true"})
    assert "Saved" in page_of(response)
    assert "Call &lt;b&gt;Lena&lt;/b&gt;" in page_of(browser.get(desk.path()))
    too_long = browser.post(desk.path("notes/"), {"notes": "x" * 10_001}, headers={"HX-Request": "true"})
    assert "at most 10000 characters" in page_of(too_long)


ROLES = [
    pytest.param(Role.BUILDER, 200, 200, id="builders work on it"),
    pytest.param(Role.READ_ONLY, 200, 403, id="readers see how far it is"),
    pytest.param(Role.FINANCE, 200, 403, id="finance sees how far it is"),
    pytest.param(Role.CUSTOMER_OWNER, 403, 403, id="customers see nothing of it"),
]


@pytest.mark.parametrize(("role", "sees", "works"), ROLES)
def test_each_role_sees_and_does_what_it_may(desk: Desk, role: Role, sees: int, works: int) -> None:
    client = desk.as_(role)
    if role is Role.CUSTOMER_OWNER:
        with scope.work_in(desk.partner):
            add_member(user=User.objects.get(email=f"{role.value}@alder.example"), customer_id=desk.customer.id)
    assert client.get("/onboarding/").status_code == sees
    assert client.get(desk.path()).status_code == sees
    assert client.get(desk.path("company/")).status_code == works


def test_a_builder_is_told_that_only_an_owner_invites(desk: Desk) -> None:
    assert "Only an owner of this portal invites people" in page_of(desk.as_(Role.BUILDER).get(desk.path("people/")))


@pytest.mark.parametrize("path", ["nonsense/", "nonsense/send/", "connect/nonsense/"])
def test_what_does_not_exist_is_not_found(browser: Client, desk: Desk, path: str) -> None:
    assert browser.get(desk.path(path)).status_code == 404


def test_the_board_takes_the_same_queries_for_few_and_many(
    browser: Client, desk: Desk, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    with scope.work_in(desk.partner):
        for number in range(25):
            customer = create_customer(name=f"Firm {number:02}")
            Connection.objects.create(customer=customer, system="sandbox_psa", name="PSA", base_url="https://x.example")
    with django_assert_max_num_queries(26):
        page = page_of(browser.get("/onboarding/"))
    assert "Firm 24" in page
