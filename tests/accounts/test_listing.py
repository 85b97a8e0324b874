"""List pages over the people of a partner: sorting, filtering, files, selections and saved views."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.db.models import QuerySet
from django.test import Client, RequestFactory

from apps.accounts import listing, saved_views
from apps.accounts.account_lists import PEOPLE
from apps.accounts.actions import Role
from apps.accounts.listing import ListPage, read_selection
from apps.accounts.models import SavedView, User
from apps.accounts.views.people import PersonRow
from apps.customers.services import add_member, create_customer
from apps.tenants import scope
from apps.tenants.scope import PartnerRef
from tests.accounts.conftest import new_person

OpenBrowser = Callable[..., Client]


def _list(client: Client, query: str = "") -> ListPage[PersonRow]:
    page: ListPage[PersonRow] = client.get(f"/people/{query}").context["list"]
    return page


def _names(page: ListPage[PersonRow]) -> list[str]:
    return [row.person.name for row in page.rows]


@pytest.fixture
def team(partner_a: PartnerRef, owner_a: User) -> list[User]:
    """Four people besides the owner; Zed cannot sign in any more."""
    names = [("Ada", Role.SUPPORT), ("Bob", Role.FINANCE), ("Cid", Role.SUPPORT), ("Zed", Role.BUILDER)]
    people = [new_person(partner_a, role, email=f"{name.lower()}@alder.example", name=name) for name, role in names]
    with scope.enter(partner_a):
        User.objects.filter(name="Zed").update(is_active=False)
    return people


@pytest.fixture
def client(browser: OpenBrowser, partner_a: PartnerRef, owner_a: User, team: list[User]) -> Client:
    """The owner's browser, with a team."""
    return browser(partner_a, owner_a)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["Ada", "Bob", "Cid", "Olivia Owner", "Zed"]),
        ("?sort=-name", ["Zed", "Olivia Owner", "Cid", "Bob", "Ada"]),
        ("?state=inactive", ["Zed"]),
        ("?role=support&sort=-name", ["Cid", "Ada"]),
        ("?q=CID%40alder", ["Cid"]),
        ("?q=%00&role=king&state=asleep&sort=%27&page=zz&columns=%00", ["Ada", "Bob", "Cid", "Olivia Owner", "Zed"]),
        ("?q=nobody", []),
        ("?page=99", ["Ada", "Bob", "Cid", "Olivia Owner", "Zed"]),
    ],
    ids=["as usual", "sorted", "by state", "by role", "by words", "nonsense", "nothing fits", "far page"],
)
def test_a_list_shows_what_is_asked_for(client: Client, query: str, names: list[str]) -> None:
    assert _names(_list(client, query)) == names


def test_a_column_is_hidden_with_its_cells_and_the_choice_travels_with_every_link(client: Client) -> None:
    page = client.get("/people/?columns=email")
    text = page.content.decode()
    assert 'data-label="E-mail"' in text
    assert 'data-label="Role"' not in text
    shown = page.context["list"]
    assert "columns=name,email" in shown.headers[0].sort_url
    assert all("columns=name,email" in chip.url for chip in shown.chip_groups[0].chips)


def test_chips_count_what_fits_the_other_filters(client: Client) -> None:
    chips = _list(client, "?q=alder.example&role=support").chip_groups[0].chips
    assert [(str(chip.label), chip.count) for chip in chips] == [("All", 2), ("Can sign in", 2), ("Deactivated", 0)]


def test_a_file_has_the_filtered_rows_and_the_chosen_columns_and_no_formula(
    client: Client, partner_a: PartnerRef, team: list[User]
) -> None:
    with scope.enter(partner_a):
        User.objects.filter(name="Ada").update(name="=1+1")
    answer = client.get("/people/?role=support&columns=email&format=csv")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert "people-" in answer["Content-Disposition"]
    lines = b"".join(answer).decode("utf-8-sig").splitlines()
    assert lines == ["Name,E-mail", "'=1+1,ada@alder.example", "Cid,cid@alder.example"]


def test_a_file_that_is_too_long_says_so_at_its_end(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "MOST_IN_A_FILE", 2)
    lines = b"".join(client.get("/people/?columns=email&format=csv")).decode("utf-8-sig").splitlines()
    assert len(lines) == 4
    assert lines[3] == "Only the first 2 rows are in this file: narrow the filter."


def _chosen(everyone: QuerySet[User], **posted: object) -> list[str]:
    request = RequestFactory().post("/", posted)
    return [person.name for person in read_selection(request, PEOPLE).narrow(everyone)]


def test_a_selection_is_the_ticked_rows_or_everything_that_fits(partner_a: PartnerRef, team: list[User]) -> None:
    with scope.enter(partner_a):
        everyone = User.objects.all()
        ids = [str(team[0].id), str(team[2].id), "nonsense", str(uuid4())]
        assert _chosen(everyone, ids=ids) == ["Ada", "Cid"]
        assert _chosen(everyone) == []
        assert len(_chosen(everyone, everything="1", ids=ids)) == 5
        request = RequestFactory().post("/", {"query": "q=bo&state=active\x00", "reason": " too\x00 late " * 90})
        chosen = read_selection(request, PEOPLE)
        assert chosen.state.value("q") == "bo"
        assert len(chosen.reason) <= 300
        assert "\x00" not in chosen.reason


def test_a_view_is_saved_opened_shared_and_deleted(
    client: Client, browser: OpenBrowser, partner_a: PartnerRef, team: list[User]
) -> None:
    saved = {"list_key": "people", "query": "role=support&sort=-name", "name": "Support", "next": "/people/"}
    answer = client.post("/views/save/", {**saved, "is_shared": "on"})
    assert answer["Location"] == "/people/?role=support&sort=-name"
    page = _list(client, "?role=support&sort=-name")
    assert page.view_name == "Support"
    other = browser(partner_a, team[1])
    with scope.enter(partner_a):
        view = SavedView.objects.get()
        User.objects.filter(pk=team[1].pk).update(role=Role.OPERATIONS)
    assert [entry.is_mine for entry in _list(other).views] == [False]
    assert other.get(f"/views/{view.id}/").status_code == 404
    assert other.post(f"/views/{view.id}/delete/").status_code == 404
    assert client.post(f"/views/{view.id}/", {"name": "Mine", "next": "/people/"}).status_code == 302
    assert not _list(other).views
    assert client.post(f"/views/{view.id}/delete/", {"next": "/people/"})["Location"] == "/people/?all=1"
    with scope.enter(partner_a):
        assert not SavedView.objects.exists()


def test_the_default_view_opens_a_bare_address_and_can_be_left(client: Client) -> None:
    saved = {"list_key": "people", "query": "state=inactive", "name": "Gone", "is_default": "on", "next": "/people/"}
    client.post("/views/save/", saved)
    assert _names(_list(client)) == ["Zed"]
    assert len(_names(_list(client, "?all=1"))) == 5
    assert _list(client).clear_url == "?all=1"
    client.post("/views/save/", {**saved, "query": "role=finance", "name": "Money"})
    assert _names(_list(client)) == ["Bob"]


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"name": ""}, "This field is required."),
        ({"name": "x" * 61}, "at most 60"),
        ({"name": "a\x00b"}, "Null characters"),
        ({"query": "x" * 1001}, "There are too many filters to save"),
        ({"list_key": "no list!"}, "Open the list again"),
        ({"name": "TAKEN"}, "You have a view called “TAKEN” already."),
    ],
    ids=["no name", "long name", "null", "long query", "no list", "taken"],
)
def test_what_is_wrong_with_a_view_is_said_in_place(client: Client, typed: dict[str, str], words: str) -> None:
    good = {"list_key": "people", "query": "role=support", "name": "Good", "next": "/people/"}
    client.post("/views/save/", {**good, "name": "Taken"})
    answer = client.post("/views/save/", {**good, **typed})
    assert answer.status_code == 400
    assert words in answer.content.decode()


@pytest.mark.parametrize(
    "next_path", ["//evil.example/", "https://evil.example/", "javascript:alert(1)", "/x?y=1#z", ""]
)
def test_saving_a_view_leads_nowhere_else(client: Client, next_path: str) -> None:
    form = {"list_key": "people", "query": "role=support\r\nX: y", "name": "Away", "next": next_path}
    location = client.post("/views/save/", form)["Location"]
    assert location.startswith("/?role=support")
    assert "\n" not in location


def test_a_person_has_fifty_views_at_most(client: Client, partner_a: PartnerRef, owner_a: User) -> None:
    with scope.enter(partner_a):
        for number in range(SavedView.MOST_PER_PERSON):
            SavedView.objects.create(owner=owner_a, list_key="flows", name=f"v{number}")
    answer = client.post("/views/save/", {"list_key": "people", "query": "", "name": "One more"})
    assert answer.status_code == 400
    assert "You have 50 saved views already" in answer.content.decode()


def test_people_of_two_customers_share_nothing_not_even_with_the_team(partner_a: PartnerRef, owner_a: User) -> None:
    with scope.enter(partner_a):
        firms = [create_customer(name=name) for name in ("Meridian", "Northfield")]
    people = [new_person(partner_a, Role.CUSTOMER_OWNER, email=f"c{n}@x.example", name=f"C{n}") for n in range(2)]
    with scope.enter(partner_a):
        for person, firm in zip(people, firms, strict=True):
            add_member(user=person, customer_id=firm.id)
            SavedView.objects.create(
                owner=person, customer_id=firm.id, list_key="activity", name=firm.name, is_shared=True
            )
        assert not saved_views.list_views(owner_a.as_actor(), "activity")
    with scope.enter(partner_a, firms[0].id):
        assert [view.name for view in SavedView.objects.all()] == ["Meridian"]
