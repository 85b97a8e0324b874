"""The pages about customers."""

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django.test import Client

from apps.accounts.actions import Role
from apps.accounts.models import AuditEntry, User
from apps.accounts.services import create_user
from apps.connectors.models import Connection
from apps.customers.models import Customer, LegalEntity
from apps.customers.services import add_member, change_customer, create_customer
from apps.tenants import scope
from apps.tenants.scope import PartnerRef

GOOD = {"name": "Harbour Ltd", "currency": "gbp", "country": "gb", "time_zone": "Europe/London", "segment": "Design"}
OpenBrowser = Callable[[Role], Client]


def _page(response: Any) -> str:
    return response.content.decode()


@pytest.fixture
def browser(partner_a: PartnerRef) -> OpenBrowser:
    """Return a function that gives the browser of one of partner A's people."""

    def open_as(role: Role) -> Client:
        client = Client(headers={"host": "alder.localhost"})
        with scope.enter(partner_a):
            address = f"{role.value}@alder.example"
            known = User.objects.filter(email=address).first()
            person = known or create_user(email=address, name=role.value, role=role, password="correct horse battery")
            client.force_login(person)
        return client

    return open_as


@pytest.fixture
def owner(browser: OpenBrowser) -> Client:
    """The owner's browser."""
    return browser(Role.OWNER)


@pytest.fixture
def meridian(partner_a: PartnerRef) -> Customer:
    """A customer of partner A."""
    with scope.enter(partner_a):
        return create_customer(name="Meridian Consulting", segment="Advice", external_reference="C-100")


def _connect(customer: Customer, name: str, state: str) -> None:
    Connection.objects.create(
        customer=customer, system="sandbox_psa", name=name, base_url="https://psa.example", state=state
    )


def test_a_customer_is_added_with_its_first_company_and_leaves_a_trace(owner: Client, partner_a: PartnerRef) -> None:
    response = owner.post("/customers/new/", GOOD)
    assert response.status_code == 302
    page = _page(owner.get(response["Location"]))
    assert "Harbour Ltd is added." in page
    with scope.enter(partner_a):
        made = Customer.objects.get(name="Harbour Ltd")
        assert (made.currency, made.country) == ("GBP", "GB")
        assert str(LegalEntity.objects.get(customer=made)) == "MAIN Harbour Ltd"
        assert AuditEntry.objects.filter(action="customer_created", subject_id=str(made.id)).exists()


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"name": ""}, "This field is required."),
        ({"name": "Meridian Consulting"}, "There is already a customer called"),
        ({"currency": "EU"}, "three capital letters"),
        ({"country": "7!"}, "two capital letters"),
        ({"time_zone": "Mars/Base"}, "Mars/Base is not one of the available choices"),
        ({"name": "x" * 161}, "at most 160"),
        ({"name": "bad\x00name"}, "Null characters"),
    ],
    ids=["no name", "taken name", "short currency", "no country", "no time zone", "long name", "null character"],
)
def test_what_is_wrong_is_said_beside_the_field(
    owner: Client, meridian: Customer, partner_a: PartnerRef, wrong: dict[str, str], sentence: str
) -> None:
    response = owner.post("/customers/new/", {**GOOD, **wrong})
    assert response.status_code == 400
    assert sentence in _page(response)
    with scope.enter(partner_a):
        assert list(Customer.objects.all()) == [meridian]


def test_the_list_is_searched_and_filtered_by_state(owner: Client, meridian: Customer, partner_a: PartnerRef) -> None:
    with scope.enter(partner_a):
        create_customer(name="Northfield", state="paused")
        _connect(meridian, "PSA", "attention")
    page = _page(owner.get("/customers/"))
    assert "Meridian Consulting" in page
    assert "1 needs attention" in page
    assert "Northfield" in _page(owner.get("/customers/?state=paused"))
    assert "Meridian" not in _page(owner.get("/customers/?state=paused"))
    assert "Meridian" in _page(owner.get("/customers/", {"q": "c-100\x00"}))
    assert "No customer fits this filter." in _page(owner.get("/customers/?q=nobody&state=nonsense&page=99999999"))


def test_the_list_says_how_a_customer_is_doing(owner: Client, meridian: Customer, partner_a: PartnerRef) -> None:
    with scope.enter(partner_a):
        _connect(meridian, "PSA", "attention")
        create_customer(name="Northfield")
    rows = owner.get("/customers/").context["list"].rows
    assert [(row.customer.name, row.health.colour) for row in rows] == [
        ("Meridian Consulting", "red"),
        ("Northfield", "grey"),
    ]
    lines = b"".join(owner.get("/customers/?columns=health,cases&format=csv")).decode("utf-8-sig").splitlines()
    assert lines == ["Customer,Health,Open exceptions", "Meridian Consulting,red,0", "Northfield,grey,0"]


def test_an_empty_portal_says_what_to_do_first(owner: Client, browser: OpenBrowser) -> None:
    assert "Add the first firm" in _page(owner.get("/customers/"))
    assert "A builder or owner of this portal adds the first one." in _page(browser(Role.READ_ONLY).get("/customers/"))


def test_the_list_takes_the_same_queries_for_few_and_many(
    owner: Client, partner_a: PartnerRef, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    with scope.enter(partner_a):
        for number in range(60):
            _connect(create_customer(name=f"Firm {number:02}"), "PSA", "working")
    with django_assert_max_num_queries(25):
        page = _page(owner.get("/customers/"))
    assert "Firm 49" in page
    assert "Firm 50" not in page
    assert "Firm 50" in _page(owner.get("/customers/?page=2"))


def test_a_customers_page_shows_its_companies_connections_and_people(
    owner: Client, meridian: Customer, partner_a: PartnerRef
) -> None:
    with scope.enter(partner_a):
        _connect(meridian, "Their PSA", "working")
        lena = create_user(
            email="lena@meridian.example", name="Lena", role=Role.CUSTOMER_OWNER, password="correct horse battery"
        )
        add_member(user=lena, customer_id=meridian.id)
    shown = {
        "": ("Their PSA", "Sandbox PSA"),
        "connections/": ("Their PSA", "Sandbox PSA"),
        "people/": ("lena@meridian.example", f"/people/invite/?customer={meridian.id}"),
        "settings/": ("MAIN", "C-100", "Account owner"),
    }
    for part, words in shown.items():
        page = _page(owner.get(f"/customers/{meridian.id}/{part}"))
        assert [one for one in words if one not in page] == [], part
    invite = _page(owner.get(f"/people/invite/?customer={meridian.id}"))
    assert f'<option value="{meridian.id}" selected>' in invite


def test_a_customer_is_changed_and_what_stays_leaves_no_trace(
    owner: Client, meridian: Customer, partner_a: PartnerRef
) -> None:
    typed = {**GOOD, "name": meridian.name, "state": "live"}
    assert owner.post(f"/customers/{meridian.id}/edit/", typed).status_code == 302
    owner.post(f"/customers/{meridian.id}/edit/", typed)
    with scope.enter(partner_a):
        assert Customer.objects.get(id=meridian.id).state == "live"
        trail = AuditEntry.objects.filter(action="customer_changed")
        assert trail.count() == 1
        assert trail.get().details["state"] == ["onboarding", "live"]


def test_companies_are_added_and_changed_and_a_code_is_taken_once(
    owner: Client, meridian: Customer, partner_a: PartnerRef
) -> None:
    typed = {"code": "DE01", "name": "Meridian GmbH", "country": "de", "currency": "eur"}
    new = f"/customers/{meridian.id}/companies/new/"
    assert owner.post(new, typed).status_code == 302
    again = owner.post(new, typed)
    assert again.status_code == 400
    assert "already a company" in _page(again)
    with scope.enter(partner_a):
        company = LegalEntity.objects.get(code="DE01")
    here = f"/customers/{meridian.id}/companies/{company.id}/"
    assert owner.post(here, {**typed, "name": "Meridian AG"}).status_code == 302
    with scope.enter(partner_a):
        assert LegalEntity.objects.get(code="DE01").name == "Meridian AG"


def test_foreign_ids_are_not_found_and_readers_change_nothing(
    owner: Client, browser: OpenBrowser, meridian: Customer, partner_b: PartnerRef
) -> None:
    with scope.enter(partner_b):
        foreign = create_customer(name="Kestrel")
    for path in (
        f"/customers/{foreign.id}/",
        f"/customers/{uuid4()}/edit/",
        f"/customers/{meridian.id}/companies/{uuid4()}/",
    ):
        assert owner.get(path).status_code == 404, path
    reader = browser(Role.READ_ONLY)
    assert reader.get(f"/customers/{meridian.id}/").status_code == 200
    for path in ("/customers/new/", f"/customers/{meridian.id}/edit/"):
        assert reader.post(path, GOOD).status_code == 403, path
    assert f"/customers/{meridian.id}/connections/" not in _page(
        browser(Role.FINANCE).get(f"/customers/{meridian.id}/")
    )


def test_a_customer_sent_twice_is_added_once(
    owner: Client, partner_a: PartnerRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transaction, "on_commit", lambda keep: keep())
    found = re.search(r'name="once" value="([^"]+)"', _page(owner.get("/customers/new/")))
    assert found
    form = {**GOOD, "once": found[1]}
    first, second = owner.post("/customers/new/", form), owner.post("/customers/new/", form)
    assert (first.status_code, second["Location"]) == (302, first["Location"])
    with scope.enter(partner_a):
        assert Customer.objects.filter(name=GOOD["name"]).count() == 1


def test_a_customer_changed_elsewhere_meanwhile_is_not_overwritten_unseen(
    owner: Client, partner_a: PartnerRef, meridian: Customer
) -> None:
    path = f"/customers/{meridian.id}/edit/"
    page = owner.get(path).context["form"]
    sent = {name: page[name].value() or "" for name in page.fields}
    with scope.enter(partner_a):
        change_customer(meridian, changes={"segment": "Law"})
    answer = owner.post(path, {**sent, "name": "Meridian Group"})
    assert answer.status_code == 400
    assert "Segment" in str(answer.context["form"].non_field_errors())
    again = {name: answer.context["form"][name].value() or "" for name in page.fields}
    assert (again["name"], again["segment"]) == ("Meridian Group", "Law")
    assert owner.post(path, again).status_code == 302
    with scope.enter(partner_a):
        assert (Customer.objects.get().name, Customer.objects.get().segment) == ("Meridian Group", "Law")
