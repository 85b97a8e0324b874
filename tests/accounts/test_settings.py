"""The settings: one's own profile, the language, and where a person starts."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from apps.accounts.actions import Role
from apps.accounts.models import User
from apps.accounts.preferences import profile_of
from apps.customers.services import add_member, create_customer
from apps.tenants import scope
from apps.tenants.scope import PartnerRef
from tests.accounts.conftest import PASSWORD, new_person

pytestmark = pytest.mark.usefixtures("clean_cache")
OpenBrowser = Callable[..., Client]
PATH = "/settings/profile/"


def _form(**changes: Any) -> dict[str, Any]:
    return {"name": "Olivia Owner", "digest": "weekly", "alerts": "on", **changes}


def _again(partner: PartnerRef | None, person: User) -> User:
    if partner is None:
        return User.objects.get(pk=person.pk)
    with scope.enter(partner):
        return User.objects.get(pk=person.pk)


def _profile(partner: PartnerRef, person: User) -> Any:
    with scope.enter(partner):
        return profile_of(User.objects.get(pk=person.pk))


def test_the_settings_lead_to_ones_own_profile(browser: OpenBrowser, partner_a: PartnerRef, viewer_a: User) -> None:
    assert browser(partner_a, viewer_a).get("/settings/")["Location"] == PATH


@pytest.mark.parametrize("role", list(Role), ids=str)
def test_everybody_can_open_their_profile(browser: OpenBrowser, partner_a: PartnerRef, role: Role) -> None:
    home = None if role is Role.OPERATOR else partner_a
    person = new_person(home, role)
    if role in (Role.CUSTOMER_OWNER, Role.FINANCE_APPROVER, Role.DELIVERY_LEAD, Role.CUSTOMER_VIEWER):
        with scope.enter(partner_a):
            add_member(user=person, customer_id=create_customer(name="Northwind").id)
    client = browser(home, person)
    assert client.get(PATH).status_code == 200
    sent = _form(name="New Name", language="de", time_zone="europe/berlin", digest="daily")
    assert client.post(PATH, sent).status_code == 302
    changed = _again(home, person)
    assert (changed.name, changed.language, changed.time_zone) == ("New Name", "de", "Europe/Berlin")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 121),
        ("name", "nul\x00"),
        ("time_zone", "Atlantis"),
        ("time_zone", "<script>"),
        ("language", "xx"),
        ("start_page", "accounts:people"),
        ("theme", "pink"),
        ("digest", "hourly"),
        ("digest", ""),
    ],
    ids=[
        "no name", "a long name", "NUL", "no such zone", "a script", "no such language", "a page not of the menu",
        "no such theme", "no such digest", "no digest",
    ],
)  # fmt: skip
def test_a_wrong_value_is_answered_beside_its_field(
    browser: OpenBrowser, partner_a: PartnerRef, owner_a: User, field: str, value: str
) -> None:
    response = browser(partner_a, owner_a).post(PATH, _form(**{field: value}))
    assert response.status_code == 400
    assert field in response.context["form"].errors
    assert _again(partner_a, owner_a).name == "Olivia Owner"


def test_a_profile_changed_elsewhere_meanwhile_is_not_overwritten_unseen(
    browser: OpenBrowser, partner_a: PartnerRef, owner_a: User
) -> None:
    client = browser(partner_a, owner_a)
    version = client.get(PATH).context["form"]["version"].value()
    client.post(PATH, _form(name="Olivia Ahead"))
    stale = client.post(PATH, _form(name="Olivia Behind", version=version))
    assert stale.status_code == 400
    assert "Olivia Ahead" in stale.content.decode()
    assert 'value="Olivia Behind"' in stale.content.decode()
    client.post(PATH, _form(name="Olivia Behind", version=stale.context["form"]["version"].value()))
    assert _again(partner_a, owner_a).name == "Olivia Behind"


def test_the_theme_is_worn_at_once_and_after_the_next_sign_in(
    browser: OpenBrowser, partner_a: PartnerRef, owner_a: User
) -> None:
    client = browser(partner_a, owner_a)
    assert client.post(PATH, _form(theme="dark")).cookies["theme"].value == "dark"
    assert 'data-theme="dark"' in client.get(PATH).content.decode()
    elsewhere = browser(partner_a)
    signed_in = elsewhere.post("/accounts/login/", {"login": owner_a.email, "password": PASSWORD})
    assert signed_in.cookies["theme"].value == "dark"
    assert client.post(PATH, _form(theme="")).cookies["theme"].value == ""


@pytest.mark.parametrize(
    ("role", "path"), [(Role.OWNER, "/"), (Role.SUPPORT, "/exceptions/"), (Role.FINANCE, "/")], ids=str
)
def test_a_person_starts_on_the_first_page_of_the_menu(
    browser: OpenBrowser, partner_a: PartnerRef, role: Role, path: str
) -> None:
    person = new_person(partner_a, role)
    response = browser(partner_a).post("/accounts/login/", {"login": person.email, "password": PASSWORD})
    assert response["Location"] == path


def test_a_person_starts_where_they_chose_unless_another_page_was_asked_for(
    browser: OpenBrowser, partner_a: PartnerRef, owner_a: User
) -> None:
    browser(partner_a, owner_a).post(PATH, _form(start_page="flows:flow-list"))
    form = {"login": owner_a.email, "password": PASSWORD}
    assert browser(partner_a).post("/accounts/login/", form)["Location"] == "/flows/"
    asked = browser(partner_a).post("/accounts/login/", {**form, "next": "/customers/"})
    assert asked["Location"] == "/customers/"


def test_the_language_is_switched_before_signing_in_and_the_wanted_page_is_kept(
    browser: OpenBrowser, partner_a: PartnerRef
) -> None:
    client = browser(partner_a)
    page = "/accounts/login/?next=/customers/"
    response = client.post("/settings/language/", {"language": "de", "next": page})
    assert (response["Location"], response.cookies["language"].value) == (page, "de")
    assert 'lang="de"' in client.get(page).content.decode()


def test_a_signed_in_person_is_spoken_to_in_the_chosen_language_everywhere(
    browser: OpenBrowser, partner_a: PartnerRef, owner_a: User
) -> None:
    browser(partner_a, owner_a).post("/settings/language/", {"language": "de", "next": "/"})
    assert _again(partner_a, owner_a).language == "de"
    with translation.override("en-gb"):
        assert 'lang="de"' in browser(partner_a, owner_a).get(PATH).content.decode()


@pytest.mark.parametrize(
    ("sent", "leads_to"),
    [
        ({"language": "de", "next": "https://evil.example/"}, "/"),
        ({"language": "de", "next": "//evil.example/"}, "/"),
        ({"language": "de", "next": "javascript:alert(1)"}, "/"),
        ({"language": "klingon", "next": "/customers/"}, "/customers/"),
        ({}, "/"),
    ],
    ids=["another host", "another host without a scheme", "a script", "an unknown language", "nothing"],
)
def test_the_language_switch_leads_nowhere_else(
    browser: OpenBrowser, partner_a: PartnerRef, sent: dict[str, str], leads_to: str
) -> None:
    response = browser(partner_a).post("/settings/language/", sent)
    assert response["Location"] == leads_to
    assert ("language" in response.cookies) == (sent.get("language") == "de")


def test_the_figures_of_the_menu_can_be_asked_for(browser: OpenBrowser, partner_a: PartnerRef, owner_a: User) -> None:
    counts = browser(partner_a, owner_a).get("/settings/counts/").json()
    nothing = {"number": 0, "mine": 0}
    assert counts == dict.fromkeys(("open-cases", "open-approvals", "open-changes", "broken-connections"), nothing)


@pytest.mark.parametrize(
    ("path", "headers", "wanted"),
    [
        ("/people/invite/", {}, "/accounts/login/?next=/people/invite/"),
        ("/", {}, "/accounts/login/"),
        ("/customers/?state=live", {}, "/accounts/login/?next=/customers/%3Fstate%3Dlive"),
    ],
    ids=["a page", "the first page", "a filtered list"],
)
def test_the_wanted_page_is_remembered_over_the_sign_in(
    browser: OpenBrowser, partner_a: PartnerRef, path: str, headers: dict[str, str], wanted: str
) -> None:
    assert browser(partner_a).get(path, headers=headers)["Location"] == wanted


@pytest.mark.parametrize(
    ("page", "wanted"),
    [
        ("http://alder.localhost/customers/?q=x", "/accounts/login/?next=/customers/%3Fq%3Dx"),
        ("http://evil.example/customers/", "/accounts/login/"),
        ("", "/accounts/login/"),
    ],
    ids=["the page with the form", "a page elsewhere", "unknown"],
)
def test_a_form_sent_after_the_session_ended_leads_back_to_its_page(
    browser: OpenBrowser, partner_a: PartnerRef, page: str, wanted: str
) -> None:
    client = browser(partner_a)
    assert client.post("/people/invite/", {}, headers={"referer": page})["Location"] == wanted
    part = client.get("/people/", headers={"hx-request": "true", "hx-current-url": page})
    assert (part.status_code, part["HX-Redirect"]) == (401, wanted)


def test_who_may_not_reads_which_right_is_missing_and_who_can_give_it(
    browser: OpenBrowser, partner_a: PartnerRef, owner_a: User, viewer_a: User
) -> None:
    response = browser(partner_a, viewer_a).get("/people/invite/")
    assert response.status_code == 403
    words = response.content.decode()
    assert "invite people and change their roles" in words
    assert "Read only" in words
    assert "Olivia Owner" in words
