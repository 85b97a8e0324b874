"""A partner's people see their partner's brand and nothing else; pages carry no script or style of their own, and give every table as a file."""

import re
import socket
from pathlib import Path

import allauth
import pytest
from django.conf import settings
from django.core import mail
from django.db import transaction
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.test import Client
from django.utils import timezone, translation

from apps.accounts.actions import CUSTOMER_ROLES, PARTNER_ROLES
from apps.accounts.mail import send, send_branded, write_mail
from apps.accounts.mail_samples import SAMPLES, MailSample
from apps.accounts.models import OutgoingMail, User
from apps.accounts.page_tables import read_table
from apps.tenants import scope
from apps.tenants.brands import NAMELESS, NEUTRAL, brand_for
from tests.architecture.asked import Answer, plain_answers
from tests.architecture.house import House

ROOT = Path(settings.BASE_DIR)
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
PRODUCT = "fairlead"
_IN_MAILS = re.compile(r"(^|/)(mail|email)/")
_COMMENTS = re.compile(r"\{#.*?#\}|\{% comment %\}.*?\{% endcomment %\}", re.DOTALL)
_INLINE = (
    ("a script of its own", re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)", re.IGNORECASE)),
    ("a style of its own", re.compile(r"<style|<[^>]*\sstyle\s*=", re.IGNORECASE)),
    ("an event attribute", re.compile(r"<[^>{]*\son[a-z]+\s*=", re.IGNORECASE)),
    ("a script address", re.compile(r"javascript:", re.IGNORECASE)),
    (
        "somebody else's server",
        re.compile(r"""<(script|link|img)[^>]*(src|href)\s*=\s*["'](https?:)?//""", re.IGNORECASE),
    ),
)


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT / "templates"))


@pytest.mark.parametrize("path", [p for p in TEMPLATES if not _IN_MAILS.search(_name(p))], ids=_name)
def test_a_template_carries_nothing_that_the_content_policy_forbids(path: Path) -> None:
    text = _COMMENTS.sub("", path.read_text(encoding="utf-8"))
    found = [f"{what}: {match.group(0)[:80]}" for what, pattern in _INLINE for match in pattern.finditer(text)]
    assert found == []


@pytest.mark.parametrize("folder", ["templates", "static/css", "static/js", "static/img"])
def test_nothing_that_is_sent_to_a_browser_names_the_product(folder: str) -> None:
    files = [p for p in (ROOT / folder).rglob("*") if p.suffix in {".html", ".txt", ".css", ".js", ".svg"}]
    assert files
    assert [str(p) for p in files if PRODUCT in _COMMENTS.sub("", p.read_text(encoding="utf-8")).lower()] == []


EVERYBODY = ["nobody", *sorted(PARTNER_ROLES), *sorted(CUSTOMER_ROLES)]
# What a partner's people must never read: the product, the platform, its console's look, and any other partner.
FORBIDDEN = (PRODUCT, "brightforge", "operator console", "platform.localhost", NEUTRAL.primary_colour)


def _leaks(words: str) -> list[str]:
    return [word for word in FORBIDDEN if word in words.lower()]


def _said(response: HttpResponse | Answer) -> str:
    headers = " ".join(f"{name}: {value}" for name, value in response.headers.items())
    return headers + " " + response.content.decode(errors="replace")


@pytest.mark.parametrize("label", EVERYBODY)
def test_no_page_of_a_partner_names_the_product_the_platform_or_another_partner(house: House, label: str) -> None:
    named, seen = [], 0
    for address, answer in plain_answers(house, label).items():
        seen += answer.status_code == 200
        named += [f"{address} ({answer.status_code}): {word}" for word in _leaks(_said(answer))]
    assert named == []
    assert seen > 3


ERROR_TEMPLATES = sorted(path.name for path in (ROOT / "templates" / "errors").glob("*.html") if path.stem != "base")


@pytest.mark.parametrize("template", ERROR_TEMPLATES)
@pytest.mark.parametrize("language", ["en-gb", "de"])
def test_an_error_page_is_in_the_brand_or_in_nobodys(house: House, template: str, language: str) -> None:
    with translation.override(language):
        branded = render_to_string(f"errors/{template}", {"brand": brand_for(house.a)})
        nobodys = render_to_string(f"errors/{template}", {"brand": NAMELESS})
        without = render_to_string(f"errors/{template}", {})
    assert "Alder &amp; Quay" in branded
    assert [_leaks(page) for page in (branded, nobodys, without)] == [[], [], []]
    assert "alder" not in (nobodys + without).lower()


REFUSED = [
    pytest.param("nobody", "get", "/nothing/is/here/", 404, id="not found"),
    pytest.param("read_only", "get", "/api-keys/", 403, id="not allowed"),
    pytest.param("owner", "get", "/people/?page=%00", 0, id="nonsense in the address"),
    pytest.param("nobody", "get", "/join/no-such-token/", 0, id="an invitation that is none"),
]


@pytest.mark.parametrize(("label", "method", "path", "status"), REFUSED)
def test_a_refusal_leads_on_in_the_brand(house: House, label: str, method: str, path: str, status: int) -> None:
    with house.undone():
        response = getattr(house.visitors[label].client(), method)(path)
    said = _said(response)
    assert response.status_code == status or not status
    assert "Alder" in said
    assert _leaks(said) == []


def test_a_form_that_is_too_old_gives_back_what_was_typed_but_no_secret(house: House) -> None:
    client = Client(enforce_csrf_checks=True, headers={"host": "alder.localhost"})
    typed = {"name": "Written for an hour <b>", "password": "hunter22", "api_token": "s3cr3t"}
    response = client.post("/accounts/login/", typed)
    said = _said(response)
    assert response.status_code == 403
    assert "This form is too old" in said
    assert "Written for an hour &lt;b&gt;" in said
    assert "hunter22" not in said
    assert "s3cr3t" not in said
    assert _leaks(said) == []


def test_the_apis_own_pages_are_in_the_brand(house: House) -> None:
    client = house.visitors["owner"].client()
    reference, schema = client.get("/api/v1/docs/"), client.get("/api/v1/schema/")
    assert "Alder &amp; Quay</title>" in _said(reference)
    assert _leaks(_said(reference) + _said(schema)) == []


@pytest.mark.parametrize("language", ["en-gb", "de"])
@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_a_mail_is_in_the_brand_in_every_part(house: House, sample: MailSample, language: str) -> None:
    with scope.work_in(house.a), translation.override(language):
        facts = sample.facts("http://alder.localhost/", timezone.now())
        send_branded(sample.template, "robin@company.example", facts)
        written = OutgoingMail.objects.latest("created_at")
        _send_due(written)
        transaction.set_rollback(True)
    sent = mail.outbox[-1].message()
    said = " ".join([str(sent), *(str(part.get_payload(decode=True)) for part in sent.walk())])
    assert _leaks(said) == []
    assert socket.gethostname().lower() not in str(sent["Message-ID"]).lower()
    assert "Alder" in str(sent["From"])
    assert (written.text.count("Alder") > 0, "Alder &amp; Quay" in written.html) == (True, True)
    words = [word for word in facts.values() if isinstance(word, str) and word.startswith("http")]
    assert all(word in written.text for word in words)


def _send_due(written: OutgoingMail) -> None:
    assert send(written.id)


def _allauths_mails() -> list[str]:
    folder = Path(allauth.__file__).parent / "templates"
    return sorted(
        str(path.relative_to(folder)).removesuffix("_message.txt")
        for room in ("account", "mfa")
        for path in (folder / room / "email").glob("*_message.txt")
        if not path.name.startswith("base_")
    )


@pytest.mark.parametrize("template", _allauths_mails())
def test_whatever_the_sign_in_package_may_send_is_in_the_brand(house: House, template: str) -> None:
    facts = {"password_reset_url": "/x", "activate_url": "/x", "code": "123", "timestamp": timezone.now(), "ip": "::1"}
    with scope.work_in(house.a):
        facts |= {"user": User.objects.get(email="owner@alder.example"), "user_agent": ""}
        written = write_mail(template, "robin@company.example", facts, brand_for(house.a))
    said = f"{written.subject} {written.text} {written.html}"
    assert written.subject
    assert "Alder" in written.text
    assert "example.com" not in said
    assert _leaks(said) == []


def test_a_brands_stylesheet_is_small_and_only_its_own(house: House) -> None:
    for visitor, other in (("owner", "#6d28d9"), ("foreign_owner", "#0f766e")):
        css = house.visitors[visitor].client().get("/brand/theme.css").content.decode()
        assert len(css) < 4096
        assert other not in css
        assert NEUTRAL.primary_colour not in css


_TABLE = re.compile(r'<table class="(?P<kind>rows[^"]*)"(?: data-file="(?P<name>[^"]+)")?')
_NOT_OF_ROWS = "versus"  # two versions of one thing beside each other
# What a page gives by itself, of more than it shows.
_DOWNLOAD = re.compile(r'href="[^"]*(?:format=csv|\.csv|/export/)')


@pytest.mark.parametrize("label", ["owner", "customer_owner"])
def test_every_table_of_every_page_can_be_had_as_a_file(house: House, label: str) -> None:
    without, uneven, seen = [], [], set()
    for address, answer in plain_answers(house, label).items():
        if address.name == "tenants:gallery":  # samples of every component: rows of nobody
            continue
        page = answer.content.decode(errors="replace")
        for table in _TABLE.finditer(page):
            name = table["name"]
            if _NOT_OF_ROWS in table["kind"]:
                continue
            if not (f"csv={name}" in page if name else _DOWNLOAD.search(page)):
                without.append(f"{address}: {page[table.end() : table.end() + 90]}")
            elif name and (read := read_table(page, name)):
                seen.add(name)
                uneven += [f"{address}: {name}: {row}" for row in read.rows if len(row) != len(read.header)]
    assert without == []
    assert uneven == []
    assert len(seen) > 3


# A figure that is no link. On a fleet page it would lead into a partner's own rows, which the operator may not see.
_LOOSE_FIGURE = re.compile(
    r'<div class="stat tone-[^>]*>\s*<span class="stat-label">(?P<label>.*?)</span>\s*'
    r'<span class="stat-number">(?P<number>.*?)</span>',
    re.DOTALL,
)
_FIGURES = (
    "home",
    "customer-overview",
    "flow-detail",
    "run-detail",
    "reports",
    "sla-list",
    "cut-off-list",
    "reconciliation-list",
)


def test_every_figure_of_the_pages_that_sum_up_leads_to_its_rows(house: House) -> None:
    pages = {
        str(address): answer.content.decode()
        for address, answer in plain_answers(house, "owner").items()
        if address.name.partition(":")[2] in _FIGURES
    }
    assert {name.rpartition(":")[2] for name in pages} == set(_FIGURES)
    loose = [
        f"{name}: {_words_of(figure['label'])} {_words_of(figure['number'])}"
        for name, page in pages.items()
        for figure in _LOOSE_FIGURE.finditer(page)
        if _words_of(figure["number"]) != "0"
    ]
    assert loose == []


def _words_of(markup: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", markup).split())


def test_the_file_of_a_table_holds_what_the_page_shows_and_a_name_nobody_knows_is_not_found(house: House) -> None:
    client = house.visitors["owner"].client()
    answer = client.get("/settings/routing/?csv=teams")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.content.decode("utf-8-sig").splitlines()[0] == "Team,Who is in it"
    assert client.get("/settings/routing/?csv=nothing").status_code == 404
