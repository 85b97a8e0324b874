"""Every address x everybody: the table of roles decides, and nothing else does."""

import re
from copy import deepcopy
from datetime import timedelta

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from apps.accounts.actions import CUSTOMER_ROLES, PARTNER_ROLES, Action, Role, allowed
from apps.accounts.models import Invitation, User
from apps.accounts.services import create_user
from apps.tenants import scope
from tests.architecture.addresses import PARTNER_URLS, PLATFORM_URLS, Address, all_addresses
from tests.architecture.asked import Answer, plain_answers
from tests.architecture.house import PASSWORD, House, Visitor

pytestmark = pytest.mark.timeout(600)  # many requests, on however busy a machine
ADDRESSES = all_addresses()
EVERYBODY = ["nobody", *sorted(PARTNER_ROLES), *sorted(CUSTOMER_ROLES)]
REFUSALS = {401, 403}
SIGN_IN = "/accounts/login/"
# Signs the visitor out; and an address that answers 404 on purpose (a person's e-mail address is fixed).
_NOT_ASKED = frozenset({"account_logout", "account_email"})


def _of(urlconf: str) -> list[Address]:
    return [address for address in ADDRESSES if address.urlconf == urlconf]


def _ask(house: House, client: Client, method: str, path: str) -> HttpResponse:
    """Ask once, by POST where a page takes nothing else, and take back what it did."""
    kept = deepcopy(client.cookies)
    try:
        with house.undone():
            response = getattr(client, method)(path, **({} if method == "get" else _JSON))
        if response.status_code == 405 and method == "get":
            with house.undone():
                response = client.post(path)
    finally:
        client.cookies = kept
    return response


def _outcome(response: HttpResponse | Answer) -> str:
    where = response.headers.get("Location", "")
    if response.status_code in {301, 302} and where.startswith(SIGN_IN):
        return "sign in"
    return str(response.status_code)


def _expected(address: Address, method: str, visitor: Visitor) -> set[str]:
    """Return the outcomes that are right for rows of the visitor's own."""
    action = address.demanded(method)
    assert action is not None, f"{address} names no action"
    if action is Action.PUBLIC:
        return _OPEN
    if visitor.role is None:
        return {"401"} if address.is_api else {"sign in"}
    if action is Action.OWN_PROFILE:
        return _SERVED | {"404"}  # a second step that was never set up, say
    return _SERVED if allowed(visitor.role, action) else {"403"}


def _says_who_can_help(response: HttpResponse | Answer, visitor: Visitor) -> bool:
    # A customer's people know the portal's contact, not its staff by name.
    words = response.content.decode()
    who = "Ask an owner of this portal" if visitor.role in CUSTOMER_ROLES else "can change your role"
    return "This page needs the right to" in words and who in words


_JSON = {"data": {"reason": "The sweep asks."}, "content_type": "application/json"}
_SERVED = {"200", "201", "202", "204", "301", "302", "400", "409", "415", "422"}
# A public page may say what it wants but "something broke".
_OPEN = _SERVED | {"sign in", "401", "403", "404", "405", "410", "413", "429"}


def _sweep(house: House, visitor: Visitor, urlconf: str, ids: dict[str, object]) -> list[str]:
    client, wrong = visitor.client(), []
    answers = plain_answers(house, visitor.label) if urlconf == PARTNER_URLS else {}
    for address in _of(urlconf):
        if address.name in _NOT_ASKED:
            continue
        for method in address.methods():
            path = address.path(ids)
            response: HttpResponse | Answer | None = answers.get(address) if method == "get" else None
            if response is None or response.status_code == 405:
                response = _ask(house, client, method, path)
            got, right = _outcome(response), _expected(address, method, visitor)
            if got not in right:
                wrong.append(f"{method.upper()} {path} ({address}): {got}, not one of {sorted(right)}")
            elif got == "403" and not address.is_api and not _says_who_can_help(response, visitor):
                wrong.append(f"{method.upper()} {path} ({address}): the refusal does not say who can grant the right")
    return wrong


@pytest.mark.parametrize("label", EVERYBODY)
def test_every_page_answers_each_person_as_the_table_of_roles_says(house: House, label: str) -> None:
    wrong = _sweep(house, house.visitors[label], PARTNER_URLS, house.ids["one"])
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("label", ["nobody_at_platform", "operator"])
def test_every_page_of_the_console_answers_as_the_table_of_roles_says(house: House, label: str) -> None:
    ids = {**house.ids["one"], **_platform_rows(house)}
    wrong = _sweep(house, house.visitors[label], PLATFORM_URLS, ids)
    assert not wrong, "\n".join(wrong)


def _platform_rows(house: House) -> dict[str, object]:
    with scope.public(), transaction.atomic():
        person = User.objects.filter(email="second@platform.example").first() or create_user(
            email="second@platform.example", name="Sec Ond", role=Role.OPERATOR, password=PASSWORD
        )
        invitation, _ = Invitation.objects.get_or_create(
            email="third@platform.example",
            defaults={
                "role": Role.OPERATOR,
                "token_hash": "third",
                "expires_at": timezone.now() + timedelta(days=3),
            },
        )
    return {"person_id": person.id, "invitation_id": invitation.id, "partner_id": house.a.id}


FOREIGN = [
    pytest.param("other_customer_owner", "one", id="another customer's person asks for this customer's rows"),
    pytest.param("customer_owner", "two", id="this customer's person asks for another customer's rows"),
    pytest.param("foreign_owner", "one", id="another partner's owner asks for this partner's rows"),
    pytest.param("owner", "three", id="this partner's owner asks for another partner's rows"),
]


@pytest.mark.parametrize(("label", "whose"), FOREIGN)
def test_foreign_rows_look_exactly_like_rows_that_never_were(house: House, label: str, whose: str) -> None:
    visitor, wrong = house.visitors[label], []
    client = visitor.client()
    for address in _of(PARTNER_URLS):
        for method in address.methods() if address.has_rows else ():
            action = address.demanded(method)
            if action is Action.PUBLIC or visitor.role is None or action is None:
                continue
            foreign, missing = (_ask(house, client, method, address.path(house.ids[ids])) for ids in (whose, "nowhere"))
            right = 404 if allowed(visitor.role, action) else 403
            if foreign.status_code != right or missing.status_code != right:
                wrong.append(
                    f"{method.upper()} {address}: foreign {foreign.status_code}, missing {missing.status_code}, not {right}"
                )
            elif _plain(foreign) != _plain(missing):
                wrong.append(f"{method.upper()} {address}: a foreign row can be told from one that is not there")
    assert not wrong, "\n".join(wrong)


def _plain(response: HttpResponse) -> str:
    """Return the answer without what differs from request to request: ids, tokens and nonces."""
    words = response.content.decode(errors="replace")
    words = re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "id", words)
    return re.sub(
        r"""(nonce|csrfmiddlewaretoken"? value|X-CSRFToken(&quot;|"|\\")?:?)\W+[\w+/=-]{16,}""", "once", words
    )


def test_a_session_of_one_partner_is_worth_nothing_at_another_or_at_the_console(house: House) -> None:
    client = house.visitors["owner"].client()
    assert _outcome(client.get("/people/")) == "200"
    for host in ("brightforge.localhost", "platform.localhost"):
        assert _outcome(client.get("/people/", headers={"host": host})) == "sign in"


def test_an_operators_session_is_worth_nothing_at_a_partner(house: House) -> None:
    client = house.visitors["operator"].client()
    assert _outcome(client.get("/people/")) == "200"
    assert _outcome(client.get("/people/", headers={"host": "alder.localhost"})) == "sign in"


@pytest.mark.parametrize("host", ["nobody.localhost", "alder.localhost.example.com", "alder.example", "127.0.0.1", ""])
def test_a_host_that_nobody_owns_is_answered_neutrally_whatever_is_asked(house: House, host: str) -> None:
    client = Client(headers={"host": host})
    for path in ("/", "/accounts/login/", "/api/v1/flows/", "/brand/theme.css"):
        response = client.get(path)
        assert response.status_code == 404
        words = response.content.decode().lower()
        assert not any(name in words for name in ("alder", "brightforge", "fairlead"))


def test_a_page_that_is_not_there_says_so_in_the_brand(house: House) -> None:
    for label in ("nobody", "owner", "operator"):
        response = house.visitors[label].client().get("/nothing/is/here/")
        assert response.status_code == 404
        assert "There is nothing here" in response.content.decode()


def test_a_page_that_breaks_says_so_without_details_and_without_the_database(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: object, **_named: object) -> None:
        raise RuntimeError("the secret inside")

    monkeypatch.setattr("apps.accounts.views.people.queries.list_people", broken)
    with house.undone():
        response = house.visitors["owner"].client().get("/people/")
    assert response.status_code == 500
    words = response.content.decode()
    assert "Something went wrong on our side" in words
    assert "secret inside" not in words
