"""A colleague enters credentials through a link: once, seeing nothing else, and is told what came of it."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts import link_limits
from apps.accounts.actions import Role
from apps.accounts.models import AuditEntry
from apps.accounts.services import create_user
from apps.connectors import registry, vault
from apps.connectors.auth_spec import AuthScheme, AuthSpec, SecretSpec
from apps.connectors.credential_links import MOST_OPEN_LINKS
from apps.connectors.models import Connection, CredentialLink, SignIn
from apps.connectors.services import disable_connection
from apps.dispatch.models import Queue
from apps.dispatch.worker import drain
from apps.tenants import scope
from tests.connectors.vendor import Vendor, open_for_business
from tests.lines import Line

WRONG = "not-the-token-4711"


@pytest.fixture
def line(make_line: Callable[..., Line], clean_cache: None) -> Line:
    """A customer with two connections and the flow between them."""
    return make_line()


@pytest.fixture
def owner(line: Line) -> Client:
    """The owner's browser."""
    client = Client(headers={"host": "alder.localhost"})
    with scope.work_in(line.partner):
        client.force_login(
            create_user(email="olga@alder.example", name="Olga Stein", role=Role.OWNER, password="correct horse")
        )
    return client


def _page(response: Any) -> str:
    return " ".join(response.content.decode().split())


def _colleague() -> Client:
    return Client(headers={"host": "alder.localhost"})


def _link(owner: Client, connection: Connection, name: str = "Robin Vale") -> str:
    """Make a link on the page; returns its path."""
    made = owner.post(f"/connections/{connection.id}/colleague/", {"for_whom": name})
    assert made.status_code == 200
    found = re.search(r"http://alder\.localhost(?::\d+)?(/credentials/[\w-]{43}/)", made.content.decode())
    assert found is not None
    return found[1]


def test_a_colleague_enters_the_secrets_and_is_told_that_they_work(line: Line, owner: Client) -> None:
    with scope.work_in(line.partner):
        vault.set_secret(line.source, "token", WRONG)
    path, browser = _link(owner, line.source), _colleague()
    form = _page(browser.get(path))
    for words in ("Hello Robin Vale, Olga Stein of", "Rights the account needs", "The right to read", "Access token"):
        assert words in form, words
    for foreign in ("/flows/", "/customers/", "/connections/", "Olga@", "olga@alder.example", line.flow.name):
        assert foreign not in form, foreign
    used = browser.post(path, {"token": line.tokens["psa"]})
    assert re.fullmatch(r"/credentials/received/[0-9a-f-]{36}/", used["Location"])
    waiting = _page(browser.get(used["Location"]))
    assert "Thank you" in waiting
    assert "Testing" in waiting
    line.work(Queue.POLL)
    assert browser.get(used["Location"], headers={"HX-Request": "true"})["HX-Refresh"] == "true"
    done = _page(browser.get(used["Location"]))
    assert "It works." in done
    assert "<form" not in done.partition("</main>")[0].partition("<main")[2]
    with scope.work_in(line.partner):
        assert vault.secrets_of(line.source)["token"] == line.tokens["psa"]
        assert Connection.objects.get(id=line.source.id).state == "working"
        entry = AuditEntry.objects.filter(action="credential_set", subject_id=str(line.source.id)).latest("id")
        assert "Robin Vale (by link)" in f"{vars(entry)}"


def test_what_does_not_work_is_entered_again_in_the_same_browser_and_nowhere_else(line: Line, owner: Client) -> None:
    path, browser = _link(owner, line.source), _colleague()
    result = browser.post(path, {"token": WRONG})["Location"]
    line.work(Queue.POLL)
    page = _page(browser.get(result))
    assert "It does not work yet:</strong> Sandbox PSA does not accept this sign-in." in page
    assert WRONG not in page
    assert _colleague().get(result).status_code == 404
    assert _colleague().post(result, {"token": "of-a-stranger"}).status_code == 404
    assert browser.post(result, {"token": line.tokens["psa"]})["Location"] == result
    line.work(Queue.POLL)
    assert "It works." in _page(browser.get(result))
    with scope.work_in(line.partner):
        CredentialLink.objects.update(used_at=timezone.now() - timedelta(hours=2))
    assert browser.get(result).status_code == 404


def _never_made(path: str) -> str:
    return f"/credentials/{'x' * 43}/"


def _used(path: str) -> str:
    _colleague().post(path, {"token": WRONG})
    return path


def _run_out(path: str) -> str:
    CredentialLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    return path


def _taken_back(path: str) -> str:
    CredentialLink.objects.update(revoked_at=timezone.now())
    return path


def test_links_that_open_nothing_look_all_alike_and_change_nothing(line: Line, owner: Client) -> None:
    pages = []
    for spoil in (_never_made, _used, _run_out, _taken_back):
        path = _link(owner, line.source)
        with scope.work_in(line.partner):
            path = spoil(path) if spoil is not _used else path
        if spoil is _used:
            _used(path)
        with scope.work_in(line.partner):
            held = vault.secrets_of(line.source)
        asked = [_colleague().get(path), _colleague().post(path, {"token": "too-late-4711"})]
        assert [answer.status_code for answer in asked] == [404, 404]
        pages += [re.sub(r"nonce-[\w+/=-]+|nonce=\"[^\"]+\"|value=\"[\w]{64}\"", "", _page(one)) for one in asked]
        with scope.work_in(line.partner):
            assert vault.secrets_of(line.source) == held
            CredentialLink.objects.update(revoked_at=timezone.now())
    shown = {re.search(r"<main.*</main>", page)[0] for page in pages}  # type: ignore[index]
    assert len(shown) == 1
    assert "This link does not work" in shown.pop()


def test_who_guesses_is_stopped_for_an_hour(line: Line, owner: Client) -> None:
    path = _link(owner, line.source)
    with patch.object(link_limits, "WRONG_LINKS_AN_HOUR", 2):
        for _ in range(3):
            assert _colleague().get(f"/credentials/{'y' * 43}/").status_code == 404
        refused = _colleague().get(path)
    assert refused.status_code == 429
    assert "Wait an hour" in _page(refused)


def test_looking_uses_nothing_up_and_an_empty_secret_is_told_beside_its_field(line: Line, owner: Client) -> None:
    path, browser = _link(owner, line.source), _colleague()
    for _ in range(3):
        assert browser.get(path).status_code == 200
        assert browser.head(path).status_code == 200
    wrong = browser.post(path, {"token": ""})
    assert wrong.status_code == 400
    assert "Access token is needed." in _page(wrong)
    with scope.work_in(line.partner):
        link = CredentialLink.objects.get()
    assert link.used_at is None
    assert link.opened_at is not None
    assert path.split("/")[2] not in f"{vars(link)}"


def test_a_colleague_reads_how_to_get_what_is_asked_for(line: Line, owner: Client) -> None:
    with scope.work_in(line.partner):
        Connection.objects.filter(id=line.source.id).update(system="redmine")
    words = _page(_colleague().get(_link(owner, line.source)))
    help_words = words.partition("How to get what is asked for here")[2].partition("</details>")[0]
    assert "The REST interface switched on" in help_words
    assert "administrator" in help_words
    assert "How it works" not in help_words


def test_a_link_opens_nothing_at_another_partner(line: Line, owner: Client) -> None:
    path = _link(owner, line.source)
    assert Client(headers={"host": "brightforge.localhost"}).get(path).status_code == 404


def test_links_are_listed_and_taken_back_and_not_made_without_end(line: Line, owner: Client) -> None:
    page = f"/connections/{line.source.id}/colleague/"
    path = _link(owner, line.source)
    assert "Robin Vale" in _page(owner.get(page))
    with scope.work_in(line.partner):
        link = CredentialLink.objects.get()
    back = owner.post(f"{page}{link.id}/take-back/", follow=True)
    assert "it opens nothing any more" in _page(back)
    assert "Robin Vale" not in _page(back)
    assert _colleague().get(path).status_code == 404
    assert owner.post(f"/connections/{line.target.id}/colleague/{link.id}/take-back/").status_code == 404
    for number in range(MOST_OPEN_LINKS):
        _link(owner, line.source, f"Colleague {number}")
    refused = owner.post(page, {"for_whom": "One more"})
    assert refused.status_code == 400
    assert "open links already" in _page(refused)
    with scope.work_in(line.partner):
        deeds = list(AuditEntry.objects.filter(action__startswith="credential_link").values_list("action", flat=True))
    assert deeds.count("credential_link_made") == MOST_OPEN_LINKS + 1
    assert deeds.count("credential_link_revoked") == 1


def test_a_connection_is_stored_without_secrets_for_a_colleague_to_enter_them(line: Line, owner: Client) -> None:
    typed = {
        "customer": str(line.customer.id),
        "name": "Third PSA",
        "environment": "sandbox",
        "base_url": f"{line.sandbox.url}/psa/{line.company}/api/v1",
        "secret_token": "",
        "colleague": "yes",
    }
    stored = owner.post("/connections/new/sandbox_psa/", typed)
    assert re.fullmatch(r"/connections/[0-9a-f-]{36}/colleague/", stored["Location"])
    with scope.work_in(line.partner):
        connection = Connection.objects.get(name="Third PSA")
        assert connection.state == "untested"
        assert vault.secrets_of(connection) == {}
    path, browser = _link(owner, connection), _colleague()
    result = browser.post(path, {"token": line.tokens["psa"]})["Location"]
    line.work(Queue.POLL)
    assert "It works." in _page(browser.get(result))


def test_what_is_entered_while_it_is_switched_off_is_kept_and_not_tried(line: Line, owner: Client) -> None:
    path, browser = _link(owner, line.source), _colleague()
    with scope.work_in(line.partner):
        disable_connection(line.source, reason="The year is being closed.")
    result = browser.post(path, {"token": line.tokens["psa"]})["Location"]
    assert "will be tested when the connection is switched on" in _page(browser.get(result))
    with scope.work_in(line.partner):
        assert Connection.objects.get(id=line.source.id).state == "disabled"


def test_where_people_sign_in_the_colleague_does(
    line: Line, owner: Client, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    vendor, known = Vendor(), registry.manifest
    with open_for_business(vendor) as url:
        settings.EGRESS_ALLOW = (url.removeprefix("http://"),)
        auth = AuthSpec(AuthScheme.OAUTH_CODE, token_path="/oauth/token", authorize_address=f"{url}/authorize")
        parts = (SecretSpec("client_id", "Client id"), SecretSpec("client_secret", "Client secret"))
        system = replace(known("sandbox_psa"), auth=auth, secrets=parts)
        monkeypatch.setattr(registry, "manifest", lambda slug: system if slug == "sandbox_psa" else known(slug))
        refused = owner.post(f"/connections/{line.source.id}/colleague/", {"for_whom": "Robin Vale"})
        assert refused.status_code == 400  # nobody could sign in yet: the application's own id is missing
        with scope.work_in(line.partner):
            Connection.objects.filter(id=line.source.id).update(base_url=f"{url}/api")
            for name in ("client_id", "client_secret"):
                vault.set_secret(line.source, name, {"client_id": "our-app"}.get(name, "client-secret-4711"))
        path, browser = _link(owner, line.source), _colleague()
        form = browser.get(path)
        assert "Sign in at Sandbox PSA" in _page(form)
        assert 'type="password"' not in _page(form)
        left = browser.post(path)
        asked = dict(re.findall(r"(\w+)=([^&\"]+)", left.context["address"].partition("?")[2]))
        vendor.codes["code-number-1"] = (asked["code_challenge"], "http://alder.localhost/connections/sign-in/back/")
        back = f"/connections/sign-in/back/?code=code-number-1&state={asked['state']}"
        assert _colleague().get(back)["Location"].startswith("/accounts/login/")  # another browser: nobody's
        returned = browser.get(back)
        assert returned["Location"].startswith("/credentials/received/")
        assert "Testing" in _page(browser.get(returned["Location"]))
        drain(Queue.POLL, worker="test", seconds=20)
        with scope.work_in(line.partner):
            assert vault.secrets_of(line.source)["refresh_token"] == vendor.refresh_token
            assert SignIn.objects.get().person == "Robin Vale (by link)"
        assert "no longer works" not in _page(browser.get(returned["Location"]))
        assert browser.get(path).status_code == 404
        assert browser.get(back).status_code == 404
