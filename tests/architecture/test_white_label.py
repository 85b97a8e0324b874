"""A partner's people see their partner's brand and nothing else; pages carry no script or style of their own."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from apps.accounts.models import OutgoingMail
from apps.tenants import scope
from tests.architecture.addresses import PARTNER_URLS, all_addresses
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


@pytest.mark.parametrize("label", ["nobody", "owner", "customer_owner"])
def test_no_page_of_a_partner_names_the_product_or_another_partner(house: House, label: str) -> None:
    client, named, seen = house.visitors[label].client(), [], 0
    for address in all_addresses():
        if address.urlconf != PARTNER_URLS or "logout" in address.name or "get" not in address.methods():
            continue
        path = address.path(house.ids["one"])
        with house.undone():
            response = client.get(path)
        words = response.content.decode(errors="replace").lower()
        headers = " ".join(f"{name}: {value}" for name, value in response.headers.items()).lower()
        seen += response.status_code == 200
        named += [f"{path} ({response.status_code})" for word in (PRODUCT, "brightforge") if word in words + headers]
    assert named == []
    assert seen > 3


def test_no_mail_of_a_partner_names_the_product_or_another_partner(house: House) -> None:
    client = house.visitors["owner"].client()
    client.post("/people/invite/", {"email": "somebody@new.example", "role": "support"})
    with scope.work_in(house.a):
        mails = list(OutgoingMail.objects.all())
    assert mails
    for mail in mails:
        words = " ".join(str(getattr(mail, field.attname)) for field in mail._meta.concrete_fields).lower()
        assert PRODUCT not in words
        assert "brightforge" not in words
