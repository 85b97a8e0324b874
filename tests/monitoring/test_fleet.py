"""The operator's pages about partners, and the sign-up of new ones."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection, connections, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from uuid_utils.compat import uuid7

from apps.accounts.actions import Role
from apps.accounts.models import AuditEntry, Invitation
from apps.accounts.services import create_user
from apps.customers.models import Customer
from apps.dispatch.models import DueWork, Queue
from apps.dispatch.services import enqueue
from apps.dispatch.worker import drain
from apps.flows.models import Run
from apps.monitoring import fleet
from apps.monitoring.queries.fleet import PARTNERS_A_PAGE, WaitingWork, list_fleet
from apps.monitoring.views.sign_up import SIGN_UPS_AN_HOUR
from apps.tenants import scope
from apps.tenants.models import Domain, Partner
from apps.tenants.scope import PartnerRef
from tests.monitoring.conftest import Blocked
from tests.people import PASSWORD

HOST = "platform.localhost"
RIGHT = {
    "name": "Cedar Cloud",
    "slug": "cedar",
    "primary_colour": "#1f4ed8",
    "accent_colour": "#0f766e",
    "owner_name": "Cleo Cedar",
    "owner_email": "cleo@cedar.example",
}


def _browser(host: str = HOST) -> Client:
    return Client(headers={"host": host})


@pytest.fixture
def operator(db: None) -> Client:
    """The browser of an operator."""
    return _signed_in()


def _signed_in() -> Client:
    client = _browser()
    with transaction.atomic():
        client.force_login(create_user(email="op@platform.example", name="Ola", role=Role.OPERATOR, password=PASSWORD))
    return client


@pytest.fixture
def swept(committed: object, clean_cache: None) -> Iterator[None]:
    """Partners made by the test are gone afterwards, schema included."""
    known = set(Partner.objects.values_list("id", flat=True))
    yield
    for partner in Partner.objects.exclude(id__in=known):
        with connections["owner"].cursor() as cursor:
            cursor.execute(f'DROP SCHEMA IF EXISTS "{partner.schema_name}" CASCADE')
        Partner.objects.filter(id=partner.id).delete()


def _words(response: Any) -> str:
    words: str = response.content.decode()
    return words


def _when_over(partner: Partner) -> str:
    ends = time.monotonic() + 900  # a set-up ends, however busy the machine is
    while time.monotonic() < ends:
        partner.refresh_from_db()
        if partner.state != Partner.State.PROVISIONING:
            break
        time.sleep(0.2)
    return str(partner.state)


def _unmade(number: int = 1) -> Partner:
    partner: Partner = Partner.objects.create(slug=f"unmade{number}", name=f"Unmade {number:03}")
    Domain.objects.create(
        domain=f"unmade{number}.localhost", tenant=partner, is_primary=True, verified_at=timezone.now()
    )
    return partner


def test_the_list_shows_each_partner_with_its_own_figures(blocked: Blocked, operator: Client) -> None:
    rows = {row.host: row for row in list_fleet(now=timezone.now()).rows}
    mine, other = rows["alder.localhost"].figures, rows["brightforge.localhost"].figures
    assert mine is not None
    assert other is not None
    with scope.work_in(blocked.line.partner):
        assert mine.customers == Customer.objects.count() == 1
    assert (mine.live_flows, mine.open_cases) == (1, len(blocked.cases()))
    with scope.work_in(blocked.line.partner):
        assert mine.records_today == Run.objects.get(id=blocked.run.id).read > 0
    assert (other.customers, other.live_flows, other.open_cases, other.records_today) == (0, 0, 0, 0)
    page = _words(operator.get("/"))
    assert "Alder &amp; Quay" in page
    assert "http://alder.localhost" in page
    assert "fairlead" not in page.lower()


def test_the_list_shows_what_waits_for_each_partner_and_since_when(operator: Client, partner_a: PartnerRef) -> None:
    now = timezone.now()
    with scope.work_in(partner_a):
        for minutes in (-90, -5, 60):
            enqueue(kind=fleet.INVITE_OWNER, due_at=now + timedelta(minutes=minutes))
    rows = {row.host: row.waiting for row in list_fleet(now=now).rows}
    mine = rows["alder.localhost"]
    assert (mine.due, mine.later) == (2, 1)
    assert mine.oldest_at is not None
    assert abs((now - mine.oldest_at).total_seconds() - 5400) < 60
    assert rows["brightforge.localhost"] == WaitingWork()
    assert "Oldest of it due since" in _words(operator.get(f"/partners/{partner_a.id}/"))


def test_the_list_never_shows_a_partners_records(blocked: Blocked, operator: Client) -> None:
    page = _words(operator.get("/"))
    for operation in blocked.line.operations():
        assert operation.business_key not in page
    assert blocked.line.customer.name not in page


def test_the_list_costs_a_constant_number_of_queries_per_partner(operator: Client, partner_a: PartnerRef) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert operator.get("/").status_code == 200
        return len(seen)

    queries()
    two = queries()
    for number in range(10):
        _unmade(number)
    assert queries() == two  # those without tables cost nothing
    Partner.objects.filter(slug="brightforge").update(state=Partner.State.FAILED)
    assert 0 < two - queries() <= 6
    assert two <= 25


def test_a_partner_without_tables_is_listed_without_figures(operator: Client) -> None:
    _unmade()
    response = operator.get("/?state=provisioning")
    (row,) = response.context["page"].rows
    assert (row.name, row.figures) == ("Unmade 001", None)
    assert "Being set up" in _words(response)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("?q=bright", ["Brightforge"]),
        ("?q=alder.localhost", ["Alder & Quay"]),
        ("?q=nobody", []),
        ("?state=suspended", []),
        ("?state=nonsense", ["Alder & Quay", "Brightforge"]),
        ("?page=99", ["Alder & Quay", "Brightforge"]),
    ],
)
def test_the_list_is_searched_and_filtered(operator: Client, query: str, names: list[str]) -> None:
    response = operator.get(f"/{query}")
    assert [row.name for row in response.context["page"].rows] == names
    assert ("No partner fits" in _words(response)) == (not names)


def test_many_partners_are_turned_page_by_page(operator: Client) -> None:
    for number in range(PARTNERS_A_PAGE):
        _unmade(number)
    first, second = operator.get("/"), operator.get("/?page=2")
    assert (len(first.context["page"].rows), len(second.context["page"].rows)) == (PARTNERS_A_PAGE, 2)
    assert f"1 to {PARTNERS_A_PAGE} of {PARTNERS_A_PAGE + 2}" in _words(first)


@pytest.mark.parametrize(
    ("wrong", "field", "words"),
    [
        ({"name": ""}, "name", "required"),
        ({"name": "x" * 81}, "name", "80 characters"),
        ({"slug": ""}, "slug", "required"),
        ({"slug": "Cedar Cloud"}, "slug", "lower-case letters"),
        ({"slug": "alder"}, "slug", "taken"),
        ({"slug": "platform"}, "slug", "kept for the platform"),
        ({"primary_colour": "#ffee00"}, "primary_colour", "too light to read"),
        ({"accent_colour": "red"}, "accent_colour", "six hexadecimal digits"),
        ({"owner_email": "nonsense"}, "owner_email", "valid email"),
    ],
    ids=lambda value: value if isinstance(value, str) else next(iter(value.values()))[:12] or "empty",
)
def test_a_wrong_value_is_explained_at_its_field_and_nothing_is_kept(
    operator: Client, partner_a: PartnerRef, wrong: dict[str, str], field: str, words: str
) -> None:
    before = Partner.objects.count()
    response = operator.post("/partners/new/", {**RIGHT, **wrong})
    assert response.status_code == 400
    assert list(response.context["form"].errors) == [field]
    assert words in " ".join(response.context["form"].errors[field])
    assert Partner.objects.count() == before


def test_a_partner_is_added_set_up_and_its_owner_invited(swept: None) -> None:
    client = _signed_in()
    response = client.post("/partners/new/", RIGHT)
    partner = Partner.objects.get(slug="cedar")
    assert response["Location"] == f"/partners/{partner.id}/"
    assert client.get(response["Location"], headers={"HX-Request": "true"}).status_code == 200
    assert _when_over(partner) == Partner.State.ACTIVE
    assert "Being set up" not in _words(client.get(response["Location"]))
    drain(Queue.MAINT, worker="test")
    with scope.work_in(partner.as_ref()):
        invitation = Invitation.objects.get()
        assert (invitation.email, invitation.role) == ("cleo@cedar.example", Role.OWNER)
        assert AuditEntry.objects.filter(action="person_invited").exists()
    assert AuditEntry.objects.filter(action="partner_created", actor_name="Ola").exists()
    for queue in Queue:
        drain(queue, worker="test")
    assert [message.to for message in mail.outbox] == [["cleo@cedar.example"]]
    assert "http://cedar.localhost" in mail.outbox[0].body
    assert _browser("cedar.localhost").get("/accounts/login/").status_code == 200


def test_a_failed_set_up_is_shown_and_can_be_begun_again(swept: None) -> None:
    client = _signed_in()
    partner = _unmade()
    Partner.objects.filter(id=partner.id).update(state=Partner.State.FAILED)
    assert "The set-up failed" in _words(client.get(f"/partners/{partner.id}/"))
    assert client.post(f"/partners/{partner.id}/set-up/").status_code == 302
    assert _when_over(partner) == Partner.State.ACTIVE


def test_a_set_up_that_breaks_leaves_the_partner_marked_failed(swept: None) -> None:
    partner = _unmade()
    with connections["owner"].cursor() as cursor:  # something is in the way of the first table
        cursor.execute(f'CREATE SCHEMA "{partner.schema_name}"')
        cursor.execute(f'CREATE VIEW "{partner.schema_name}".django_migrations AS SELECT 1 AS id')
    fleet.set_up(partner.id)
    partner.refresh_from_db()
    assert partner.state == Partner.State.FAILED


def test_a_set_up_of_which_nothing_is_heard_may_be_begun_again_after_a_while(operator: Client) -> None:
    partner = _unmade()
    assert not fleet.may_set_up_again(partner, now=timezone.now())
    later = timezone.now() + fleet.SET_UP_TAKES + timedelta(seconds=5)
    assert fleet.may_set_up_again(partner, now=later)
    operator.post(f"/partners/{partner.id}/set-up/")
    assert "nothing to set up again" in _words(operator.get(f"/partners/{partner.id}/"))


def test_a_suspended_partners_host_says_that_its_portal_rests_until_it_is_activated_again(
    operator: Client, partner_a: PartnerRef, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    door = _browser("alder.localhost")
    assert door.get("/accounts/login/").status_code == 200
    with django_capture_on_commit_callbacks(execute=True):
        assert operator.post(f"/partners/{partner_a.id}/suspend/").status_code == 302
    closed = door.get("/accounts/login/")
    assert closed.status_code == 503
    assert "This portal is paused" in _words(closed)
    assert "password" not in _words(closed).lower()
    assert "Suspended" in _words(operator.get("/"))
    with django_capture_on_commit_callbacks(execute=True):
        operator.post(f"/partners/{partner_a.id}/activate/")
    assert door.get("/accounts/login/").status_code == 200
    told = AuditEntry.objects.filter(action="partner_changed").order_by("position").values_list("details", flat=True)
    assert [row["state"] for row in told] == [["active", "suspended"], ["suspended", "active"]]


@pytest.mark.parametrize(
    ("state", "move"), [("suspended", "suspend"), ("active", "activate"), ("provisioning", "suspend")]
)
def test_a_move_that_does_not_fit_the_state_changes_nothing(
    operator: Client, partner_a: PartnerRef, state: str, move: str
) -> None:
    Partner.objects.filter(id=partner_a.id).update(state=state)
    response = operator.post(f"/partners/{partner_a.id}/{move}/", follow=True)
    assert "somebody may have been quicker" in _words(response)
    assert Partner.objects.get(id=partner_a.id).state == state
    assert not AuditEntry.objects.filter(action="partner_changed").exists()


def test_an_owner_is_invited_from_the_partners_page(operator: Client, partner_a: PartnerRef) -> None:
    path = f"/partners/{partner_a.id}/invite/"
    wrong = operator.post(path, {"email": "nonsense"})
    assert (wrong.status_code, "valid email" in _words(wrong)) == (400, True)
    assert not DueWork.objects.exists()
    assert operator.post(path, {"email": "new@alder.example", "name": "Nia"}).status_code == 302
    work = DueWork.objects.get()
    assert (work.kind, work.partner_id) == (fleet.INVITE_OWNER, partner_a.id)


PAGES = ["", "partners/new/", "partners/{id}/", "partners/{id}/suspend/", "partners/{id}/activate/"]


@pytest.mark.parametrize("path", [*PAGES, "partners/{id}/invite/", "partners/{id}/set-up/"])
def test_only_operators_get_in(partner_a: PartnerRef, path: str) -> None:
    address = "/" + path.format(id=partner_a.id)
    for answer in (_browser().get(address), _browser().post(address)):
        assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/accounts/login/")
    owner = _browser("alder.localhost")
    with scope.work_in(partner_a):
        owner.force_login(create_user(email="o@alder.example", name="O", role=Role.OWNER, password=PASSWORD))
    assert owner.get(f"/partners/{partner_a.id}/").status_code == 404
    assert owner.get(address, headers={"host": HOST}).status_code == 302


@pytest.mark.parametrize("path", ["", "suspend/", "activate/", "invite/", "set-up/"])
def test_a_partner_that_is_not_there_is_not_found(operator: Client, path: str) -> None:
    address = f"/partners/{uuid7()}/{path}"
    assert (operator.post(address) if path else operator.get(address)).status_code == 404


@pytest.mark.parametrize("path", ["suspend/", "activate/", "invite/", "set-up/"])
def test_what_changes_a_partner_is_never_done_by_a_link(operator: Client, partner_a: PartnerRef, path: str) -> None:
    assert operator.get(f"/partners/{partner_a.id}/{path}").status_code == 405


NEWCOMER = {"name": "Cedar Cloud", "slug": "cedar", "owner_name": "Cleo", "owner_email": "cleo@cedar.example"}


@pytest.fixture
def open_doors(settings: Any, clean_cache: None) -> None:
    """The platform lets partners sign up."""
    settings.PARTNER_SIGNUP = True


def test_sign_up_is_closed_unless_the_settings_open_it(db: None) -> None:
    assert _browser().get("/sign-up/").status_code == 404
    assert _browser().post("/sign-up/", NEWCOMER).status_code == 404
    assert _browser().get(f"/sign-up/{uuid7()}/").status_code == 404
    assert not Partner.objects.filter(slug="cedar").exists()


def test_sign_up_is_for_the_platforms_host_only(open_doors: None, partner_a: PartnerRef) -> None:
    assert _browser("alder.localhost").get("/sign-up/").status_code == 404


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": ""}, "name"),
        ({"slug": "alder"}, "slug"),
        ({"slug": "a b"}, "slug"),
        ({"slug": "www"}, "slug"),
        ({"owner_name": ""}, "owner_name"),
        ({"owner_email": "cleo"}, "owner_email"),
    ],
    ids=["no name", "a taken short name", "a space", "a kept name", "no person", "a bad address"],
)
def test_a_wrong_sign_up_is_explained_at_its_field(
    open_doors: None, partner_a: PartnerRef, wrong: dict[str, str], field: str
) -> None:
    response = _browser().post("/sign-up/", {**NEWCOMER, **wrong})
    assert (response.status_code, list(response.context["form"].errors)) == (400, [field])


def test_a_partner_signs_up_and_its_owner_comes_in_by_the_mailed_link(open_doors: None, swept: None) -> None:
    visitor = _browser()
    first_page = _words(visitor.get("/sign-up/"))
    assert "fairlead" not in first_page.lower()
    assert "Operator console" not in first_page
    progress = visitor.post("/sign-up/", NEWCOMER)["Location"]
    assert progress.startswith("/sign-up/")
    partner = Partner.objects.get(slug="cedar")
    assert _when_over(partner) == Partner.State.ACTIVE
    assert "Look into your mailbox" in _words(visitor.get(progress))
    for _ in range(2):
        for queue in Queue:
            drain(queue, worker="test")
    link = next(word for word in mail.outbox[0].body.split() if "/join/" in word)
    door = _browser("cedar.localhost")
    path = "/" + link.split("/", 3)[3]
    assert "cleo@cedar.example" in _words(door.get(path))
    assert door.post(path, {"name": "Cleo Cedar", "password": PASSWORD})["Location"] == "/"
    assert door.get("/people/").status_code == 200


def test_sign_ups_from_one_network_are_limited(open_doors: None, partner_a: PartnerRef) -> None:
    visitor = _browser()
    for _ in range(SIGN_UPS_AN_HOUR):
        assert visitor.post("/sign-up/", {**NEWCOMER, "slug": "alder"}).status_code == 400
    refused = visitor.post("/sign-up/", NEWCOMER)
    assert (refused.status_code, "too many sign-ups" in _words(refused)) == (429, True)
    assert not Partner.objects.filter(slug="cedar").exists()


def test_the_progress_of_a_suspended_partner_is_nobodys_business(open_doors: None, partner_a: PartnerRef) -> None:
    Partner.objects.filter(id=partner_a.id).update(state=Partner.State.SUSPENDED)
    assert _browser().get(f"/sign-up/{partner_a.id}/").status_code == 404
