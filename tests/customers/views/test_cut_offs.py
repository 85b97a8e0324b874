"""The pages about cut-offs, and what they tell the home page and the customer's page."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from apps.accounts.actions import Role
from apps.accounts.models import AuditEntry, User
from apps.accounts.services import create_user
from apps.customers.cut_offs import Rhythm, Rule
from apps.customers.models import Customer, CutOff
from apps.customers.queries import day_words, upcoming_cut_offs
from apps.customers.services import MOST_CUT_OFFS, add_cut_off, create_customer
from apps.tenants import scope
from apps.tenants.scope import PartnerRef

GOOD = {"name": "Invoice run", "purpose": "Time must be posted.", "day": "weekly:4", "at": "16:00"}
NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)


def _page(response: Any) -> str:
    return response.content.decode()


@pytest.fixture
def meridian(partner_a: PartnerRef) -> Customer:
    """A customer of partner A."""
    with scope.enter(partner_a):
        return create_customer(name="Meridian Consulting", time_zone="Europe/Berlin")


@pytest.fixture
def browser(partner_a: PartnerRef) -> Callable[[Role], Client]:
    """Return a function that gives the browser of one of partner A's people."""

    def open_as(role: Role) -> Client:
        client = Client(headers={"host": "alder.localhost"})
        with scope.enter(partner_a):
            known = User.objects.filter(role=role).first()
            email = f"{role.value}@alder.example"
            client.force_login(
                known or create_user(email=email, name=role.value, role=role, password="correct horse battery")
            )
        return client

    return open_as


@pytest.fixture
def owner(browser: Callable[[Role], Client]) -> Client:
    """The owner's browser."""
    return browser(Role.OWNER)


def test_a_cut_off_is_added_changed_and_removed_and_each_leaves_a_trace(
    owner: Client, meridian: Customer, partner_a: PartnerRef
) -> None:
    settings = f"/customers/{meridian.id}/settings/"
    assert owner.post(f"/customers/{meridian.id}/cut-offs/new/", GOOD).headers["Location"] == settings
    page = _page(owner.get(settings))
    assert "Invoice run" in page
    assert "Every Friday at 16:00" in page
    with scope.enter(partner_a):
        made = CutOff.objects.get(customer=meridian)
    here = f"/customers/{meridian.id}/cut-offs/{made.id}/"
    assert 'value="16:00"' in _page(owner.get(here))
    assert owner.post(here, {**GOOD, "day": "working_day:-1", "at": "09:30"}).status_code == 302
    assert "On the last working day of each month at 09:30" in _page(owner.get(settings))
    assert owner.post(f"{here}remove/").status_code == 302
    with scope.enter(partner_a):
        assert not CutOff.objects.exists()
        assert AuditEntry.objects.filter(action="customer_changed", subject_id=str(meridian.id)).count() == 3


def test_what_somebody_else_changed_meanwhile_is_said_and_nothing_typed_is_lost(
    owner: Client, meridian: Customer, partner_a: PartnerRef
) -> None:
    with scope.enter(partner_a):
        made = add_cut_off(meridian, name="Payroll", purpose="", rule=Rule(Rhythm.MONTHLY, 1, time(12)))
    here = f"/customers/{meridian.id}/cut-offs/{made.id}/"
    shown = owner.get(here).context["form"]
    version = shown["version"].value()
    owner.post(here, {**GOOD, "name": "Theirs"})
    response = owner.post(here, {**GOOD, "name": "Mine", "version": version})
    assert response.status_code == 400
    page = _page(response)
    assert "Theirs" in page
    assert 'value="Mine"' in page
    with scope.enter(partner_a):
        assert CutOff.objects.get().name == "Theirs"


def test_a_form_that_is_sent_twice_adds_one_cut_off(
    owner: Client, meridian: Customer, partner_a: PartnerRef, clean_cache: None
) -> None:
    for _ in range(2):
        assert owner.post(f"/customers/{meridian.id}/cut-offs/new/", {**GOOD, "once": "a-token"}).status_code == 302
    with scope.enter(partner_a):
        assert CutOff.objects.count() == 1


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"name": ""}, "This field is required."),
        ({"name": "x" * 81}, "at most 80"),
        ({"name": "bad\x00name"}, "Null characters"),
        ({"name": "Payroll"}, "There is already a cut-off called"),
        ({"purpose": "x" * 201}, "at most 200"),
        ({"day": "weekly:9"}, "is not one of the available choices"),
        ({"day": "<script>"}, "is not one of the available choices"),
        ({"day": ""}, "This field is required."),
        ({"at": "25:00"}, "Write the time as hours and minutes"),
        ({"at": "noon"}, "Write the time as hours and minutes"),
        ({"at": ""}, "This field is required."),
    ],
    ids=[
        "no name", "long name", "null character", "taken name", "long purpose", "no such day", "a script", "no day",
        "no such hour", "words for a time", "no time",
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_beside_the_field(
    owner: Client, meridian: Customer, partner_a: PartnerRef, wrong: dict[str, str], sentence: str
) -> None:
    with scope.enter(partner_a):
        add_cut_off(meridian, name="Payroll", purpose="", rule=Rule(Rhythm.MONTHLY, 1, time(12)))
    response = owner.post(f"/customers/{meridian.id}/cut-offs/new/", {**GOOD, **wrong})
    assert response.status_code == 400
    assert sentence in _page(response)
    assert "<script>" not in _page(response).split("</head>")[1].split("<main")[1].split("</main>")[0]
    with scope.enter(partner_a):
        assert CutOff.objects.count() == 1


def test_a_customer_has_only_so_many(owner: Client, meridian: Customer, partner_a: PartnerRef) -> None:
    with scope.enter(partner_a):
        for number in range(MOST_CUT_OFFS):
            add_cut_off(meridian, name=f"No. {number}", purpose="", rule=Rule(Rhythm.MONTHLY, 1, time(12)))
    response = owner.post(f"/customers/{meridian.id}/cut-offs/new/", GOOD)
    assert response.status_code == 400
    assert f"at most {MOST_CUT_OFFS} cut-offs" in _page(response)


def test_readers_see_them_and_change_nothing_and_foreign_ones_are_not_found(
    browser: Callable[[Role], Client], owner: Client, meridian: Customer, partner_a: PartnerRef
) -> None:
    with scope.enter(partner_a):
        other = create_customer(name="Northfield")
        theirs = add_cut_off(other, name="Payroll", purpose="", rule=Rule(Rhythm.MONTHLY, 1, time(12)))
    reader = browser(Role.READ_ONLY)
    assert "Add a cut-off" not in _page(reader.get(f"/customers/{meridian.id}/settings/"))
    assert reader.post(f"/customers/{meridian.id}/cut-offs/new/", GOOD).status_code == 403
    for path in (f"/customers/{meridian.id}/cut-offs/{theirs.id}/", f"/customers/{uuid4()}/cut-offs/new/"):
        assert owner.get(path).status_code == 404, path
    assert owner.post(f"/customers/{meridian.id}/cut-offs/{theirs.id}/remove/").status_code == 404


def test_the_upcoming_ones_are_those_within_the_span_the_soonest_first(
    meridian: Customer, partner_a: PartnerRef, django_assert_num_queries: Callable[[int], Any]
) -> None:
    with scope.enter(partner_a):
        gone = create_customer(name="Gone", state="left")
        for customer, name, rule in (
            (meridian, "Sunday", Rule(Rhythm.WEEKLY, 6, time(12))),
            (meridian, "Tonight", Rule(Rhythm.WEEKLY, 5, time(20))),
            (meridian, "Friday", Rule(Rhythm.WEEKLY, 4, time(12))),
            (gone, "Nobody's", Rule(Rhythm.WEEKLY, 5, time(20))),
        ):
            add_cut_off(customer, name=name, purpose="", rule=rule)
        with django_assert_num_queries(1):
            near = upcoming_cut_offs(timedelta(hours=48), now=NOW)
        assert [line.name for line in near] == ["Tonight", "Sunday"]
        # On the customer's clock: Berlin is an hour ahead in November.
        assert near[0].next_at == datetime(2026, 11, 21, 19, tzinfo=UTC)
        assert (near[0].customer, near[0].words) == ("Meridian Consulting", "every Saturday at 20:00")


def test_a_customers_people_see_their_own_only(meridian: Customer, partner_a: PartnerRef) -> None:
    with scope.enter(partner_a):
        other = create_customer(name="Northfield")
        for customer in (meridian, other):
            add_cut_off(customer, name="Payroll", purpose="", rule=Rule(Rhythm.MONTHLY, 1, time(12)))
    with scope.enter(partner_a), scope.narrowed_to(other.id):
        assert {line.customer for line in upcoming_cut_offs(timedelta(days=40), now=NOW)} == {"Northfield"}


@pytest.mark.parametrize(
    ("rhythm", "day", "words"),
    [
        (Rhythm.WEEKLY, 0, "every Monday"),
        (Rhythm.MONTHLY, 15, "on day 15 of each month"),
        (Rhythm.MONTHLY, -1, "on the last day of each month"),
        (Rhythm.WORKING_DAY, 3, "on working day 3 of each month"),
        (Rhythm.WORKING_DAY, -1, "on the last working day of each month"),
    ],
)
def test_every_rule_has_words(rhythm: Rhythm, day: int, words: str) -> None:
    assert day_words(rhythm, day) == words
