"""The pages about people, keys and the trail."""

import re
from collections.abc import Callable
from uuid import uuid4

import pytest
from django.test import Client

from apps.accounts import services
from apps.accounts.actions import Action, Role
from apps.accounts.actor import acting
from apps.accounts.audit import AuditAction, record
from apps.accounts.models import ApiKey, AuditEntry, Invitation, OutgoingMail, User
from apps.customers.models import Membership
from apps.customers.services import create_customer
from apps.tenants import scope
from apps.tenants.scope import PartnerRef
from tests.accounts.conftest import PASSWORD, host_of, new_person

pytestmark = pytest.mark.usefixtures("clean_cache")
OpenBrowser = Callable[..., Client]


@pytest.mark.parametrize(
    "path", ["/people/", "/people/invite/", "/api-keys/", "/api-keys/new/", "/audit/", "/audit/trail.csv"]
)
def test_a_viewer_is_told_no_and_nobody_is_sent_to_sign_in(
    browser: OpenBrowser, partner_a: PartnerRef, viewer_a: User, path: str
) -> None:
    assert browser(partner_a, viewer_a).get(path).status_code == 403
    assert browser(partner_a).get(path).status_code == 302


@pytest.mark.parametrize("path", ["/people/", "/people/invite/", "/api-keys/", "/api-keys/new/", "/audit/"])
def test_an_owners_pages_render_without_the_products_name(
    browser: OpenBrowser, partner_a: PartnerRef, owner_a: User, path: str
) -> None:
    response = browser(partner_a, owner_a).get(path)
    assert response.status_code == 200
    assert "fairlead" not in response.content.decode().lower()
    assert "Alder &amp; Quay" in response.content.decode()


@pytest.mark.parametrize("path", ["/people/", "/people/invite/", "/audit/"])
def test_an_operators_pages_render(browser: OpenBrowser, path: str) -> None:
    operator = new_person(None, Role.OPERATOR)
    response = browser(None, operator).get(path)
    assert response.status_code == 200
    assert "Operator console" in response.content.decode()


def test_the_list_of_people_costs_the_same_for_few_and_many(
    browser: OpenBrowser, partner_a: PartnerRef, owner_a: User, django_assert_max_num_queries: Callable[[int], object]
) -> None:
    for number in range(12):
        new_person(partner_a, Role.SUPPORT, email=f"s{number}@alder.example")
    client = browser(partner_a, owner_a)
    with django_assert_max_num_queries(21):  # type: ignore[attr-defined]
        assert "s11@alder.example" in client.get("/people/").content.decode()


def test_a_person_is_invited_joins_and_is_signed_in(browser: OpenBrowser, partner_a: PartnerRef, owner_a: User) -> None:
    response = browser(partner_a, owner_a).post("/people/invite/", {"email": "sam@example.com", "role": "support"})
    assert response.status_code == 302
    newcomer = browser(partner_a)
    path = _join_path(partner_a)
    assert "sam@example.com" in newcomer.get(path).content.decode()
    assert (
        newcomer.post(path, {"name": "Sam", "password": PASSWORD})["Location"] == "/exceptions/"
    )  # where support starts
    with scope.enter(partner_a):
        deeds = list(AuditEntry.objects.order_by("-position").values_list("action", flat=True)[:2])
    assert deeds == ["signed_in", "person_joined"]
    again = newcomer.get(path)
    assert (again.status_code, "already used" in again.content.decode()) == (410, True)


def test_the_invitation_mail_is_in_the_brand_in_both_forms(
    browser: OpenBrowser, partner_a: PartnerRef, owner_a: User
) -> None:
    browser(partner_a, owner_a).post("/people/invite/", {"email": "sam@example.com", "role": "support"})
    with scope.enter(partner_a):
        written = OutgoingMail.objects.get()
    assert written.subject == "Olivia Owner invites you to Alder & Quay"
    assert "Alder & Quay" in written.sender
    assert "http://alder.localhost" in written.text
    assert "#0f766e" in written.html
    assert "Alder &amp; Quay" in written.html
    assert "fairlead" not in (written.text + written.html + written.subject).lower()


def test_a_customers_person_joins_their_customer(browser: OpenBrowser, partner_a: PartnerRef, owner_a: User) -> None:
    with scope.enter(partner_a):
        customer = create_customer(name="Northwind Consulting")
    form = {"email": "c@example.com", "role": "customer_owner", "customer_id": str(customer.id)}
    assert browser(partner_a, owner_a).post("/people/invite/", form).status_code == 302
    browser(partner_a).post(_join_path(partner_a), {"name": "Cleo", "password": PASSWORD})
    with scope.enter(partner_a):
        assert Membership.objects.get().customer_id == customer.id
    listed = browser(partner_a, owner_a).get("/people/").context["list"].rows
    assert [row.customer_name for row in listed if row.person.name == "Cleo"] == ["Northwind Consulting"]
    told = browser(partner_a, owner_a).get("/audit/?action=person_invited").content.decode()
    assert "customer: Northwind Consulting" in told


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"email": "nonsense", "role": "support"}, "valid email"),
        ({"email": "sam@example.com", "role": "king"}, "valid choice"),
        ({"email": "owner@alder.example", "role": "support"}, "already sign in"),
    ],
    ids=["a bad address", "a bad role", "somebody who is in"],
)
def test_a_wrong_invitation_is_explained_in_place(
    browser: OpenBrowser, partner_a: PartnerRef, owner_a: User, form: dict[str, str], words: str
) -> None:
    response = browser(partner_a, owner_a).post("/people/invite/", form)
    assert response.status_code == 400
    assert words in response.content.decode()
    with scope.enter(partner_a):
        assert not Invitation.objects.exists()


def test_a_weak_password_is_explained_in_place(browser: OpenBrowser, partner_a: PartnerRef, owner_a: User) -> None:
    browser(partner_a, owner_a).post("/people/invite/", {"email": "sam@example.com", "role": "support"})
    response = browser(partner_a).post(_join_path(partner_a), {"name": "Sam", "password": "short"})
    assert response.status_code == 400
    assert "too short" in response.content.decode()


def test_a_link_nobody_sent_says_so(browser: OpenBrowser, partner_a: PartnerRef) -> None:
    response = browser(partner_a).get("/join/nonsense/")
    assert response.status_code == 410
    assert "not valid" in response.content.decode()


def test_an_owner_changes_a_role_and_closes_and_opens_the_door(
    browser: OpenBrowser, partner_a: PartnerRef, owner_a: User, viewer_a: User
) -> None:
    client = browser(partner_a, owner_a)
    client.post(f"/people/{viewer_a.id}/role/", {"role": "finance"})
    client.post(f"/people/{viewer_a.id}/deactivate/")
    with scope.enter(partner_a):
        viewer_a.refresh_from_db()
    assert (viewer_a.role, viewer_a.is_active) == ("finance", False)
    client.post(f"/people/{viewer_a.id}/reactivate/")
    with scope.enter(partner_a):
        viewer_a.refresh_from_db()
    assert viewer_a.is_active


def test_an_owner_cannot_change_themselves(browser: OpenBrowser, partner_a: PartnerRef, owner_a: User) -> None:
    client = browser(partner_a, owner_a)
    for path, form in (("role", {"role": "support"}), ("deactivate", {})):
        page = client.post(f"/people/{owner_a.id}/{path}/", form, follow=True)
        assert "ask another owner" in page.content.decode()
    with scope.enter(partner_a):
        owner_a.refresh_from_db()
    assert (owner_a.role, owner_a.is_active) == ("owner", True)


@pytest.mark.parametrize("path", ["role", "deactivate", "reactivate"])
def test_a_person_of_another_partner_is_not_found(
    browser: OpenBrowser, partner_a: PartnerRef, owner_a: User, owner_b: User, path: str
) -> None:
    assert browser(partner_a, owner_a).post(f"/people/{owner_b.id}/{path}/", {"role": "support"}).status_code == 404


def test_a_withdrawn_invitation_is_gone(browser: OpenBrowser, partner_a: PartnerRef, owner_a: User) -> None:
    client = browser(partner_a, owner_a)
    client.post("/people/invite/", {"email": "sam@example.com", "role": "support"})
    path = _join_path(partner_a)
    with scope.enter(partner_a):
        invitation = Invitation.objects.get()
    client.post(f"/people/invitations/{invitation.id}/withdraw/")
    assert browser(partner_a).get(path).status_code == 410


def test_a_key_is_shown_once(browser: OpenBrowser, partner_a: PartnerRef, owner_a: User) -> None:
    client = browser(partner_a, owner_a)
    form = {"name": "Nightly export", "scopes": ["view_runs", "view_flows"], "days": "90"}
    page = client.post("/api-keys/new/", form).content.decode()
    text = re.search(r"fl_live_\w+", page)
    assert text is not None
    listed = client.get("/api-keys/").content.decode()
    assert "Nightly export" in listed
    assert text[0] not in listed
    with scope.enter(partner_a):
        key = ApiKey.objects.get()
    client.post(f"/api-keys/{key.id}/revoke/")
    assert "Revoked" in client.get("/api-keys/").content.decode()


def test_a_key_without_rights_is_explained_in_place(browser: OpenBrowser, partner_a: PartnerRef, owner_a: User) -> None:
    response = browser(partner_a, owner_a).post("/api-keys/new/", {"name": "Export", "days": "90"})
    assert response.status_code == 400
    assert "This field is required" in response.content.decode()


def test_the_trail_is_filtered_by_deed_and_person(browser: OpenBrowser, partner_a: PartnerRef, owner_a: User) -> None:
    with scope.enter(partner_a), acting(owner_a.as_actor()):
        services.create_api_key(name="Export", scopes=[Action.VIEW_RUNS])
    client = browser(partner_a, owner_a)
    only_keys = client.get("/audit/?action=api_key_created").context["list"].rows
    assert [row.entry.action for row in only_keys] == ["api_key_created"]
    assert client.get("/audit/?person=olivia&action=api_key_created").context["list"].rows
    assert client.get(f"/audit/?person={owner_a.id}&action=api_key_created").context["list"].rows
    nothing = client.get("/audit/?person=nobody")
    assert not nothing.context["list"].rows
    assert "Nothing fits" in nothing.content.decode()


def test_the_trail_is_read_page_by_page(browser: OpenBrowser, partner_a: PartnerRef, owner_a: User) -> None:
    with scope.enter(partner_a):
        for number in range(60):
            record(AuditAction.CASE_NOTED, subject=f"case {number}")
    client = browser(partner_a, owner_a)
    first = client.get("/audit/?action=case_noted").context["list"]
    assert len(first.rows) == 50
    assert first.words == "1 to 50 of 60"
    second = client.get(f"/audit/{first.older_url}").context["list"]
    assert [row.entry.subject for row in second.rows][-1] == "case 0"
    assert len(second.rows) == 10
    assert second.older_url == ""
    oldest = client.get("/audit/?action=case_noted&sort=when").context["list"].rows[0]
    assert oldest.entry.subject == "case 0"


def test_the_trail_of_one_person_says_whose_it_is(browser: OpenBrowser, partner_a: PartnerRef, owner_a: User) -> None:
    with scope.enter(partner_a), acting(owner_a.as_actor()):
        record(AuditAction.CASE_NOTED, subject="mine")
    page = browser(partner_a, owner_a).get(f"/audit/?by={owner_a.id}").context["list"]
    assert [str(each.value) for each in page.active_filters] == ["Olivia Owner"]
    nobody = browser(partner_a, owner_a).get(f"/audit/?by={uuid4()}").context["list"]
    assert not nobody.rows
    assert [str(each.value) for each in nobody.active_filters] == ["one that is not here"]


@pytest.mark.parametrize(
    "query", ["?since=x", "?page=99999999999999999999", "?action=%00", "?person=%00&until=-1", "?by=me&sort=hash"]
)
def test_a_nonsense_filter_breaks_nothing(
    browser: OpenBrowser, partner_a: PartnerRef, owner_a: User, query: str
) -> None:
    assert browser(partner_a, owner_a).get(f"/audit/{query}").status_code == 200


def test_the_trail_as_a_file_is_safe_and_its_taking_recorded(
    browser: OpenBrowser, partner_a: PartnerRef, owner_a: User
) -> None:
    with scope.enter(partner_a):
        record(AuditAction.CASE_NOTED, subject="=HYPERLINK(1)")
    client = browser(partner_a, owner_a)
    text = b"".join(client.get("/audit/trail.csv?action=case_noted")).decode()
    assert "'=HYPERLINK(1)" in text
    assert text.count("\r\n") == 2
    with scope.enter(partner_a):
        assert AuditEntry.objects.first().details["entries"] == 1  # type: ignore[union-attr]


def _join_path(partner: PartnerRef) -> str:
    with scope.enter(partner):
        text = OutgoingMail.objects.order_by("-created_at")[0].text
    found = re.search(rf"http://{re.escape(host_of(partner))}(?::\d+)?(/join/\S+/)", text)
    assert found is not None
    return found[1]
