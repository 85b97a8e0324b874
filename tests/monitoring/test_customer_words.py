"""Not one technical word on any page or mail that a customer's person sees."""

import html
import re

import pytest
from django.utils import timezone

from apps.accounts.actions import Role
from apps.accounts.models import OutgoingMail, Preference
from apps.connectors.errors import BusinessClass
from apps.monitoring.alerting.telling import tell
from apps.monitoring.blame import OWN_CLASSES
from apps.monitoring.customer_words import words_for
from apps.monitoring.digest import send_digests
from apps.tenants import scope
from tests.monitoring.conftest import Blocked
from tests.monitoring.test_digest import _next_monday

# Words of people who build integrations, which a finance lead would not use.
TECHNICAL = re.compile(
    r"\b(flows?|runs?|running|operations?|mappings?|mapped|webhooks?|apis?|sync\w*|ids?|uuids?|json|https?|errors?|error codes?"
    r"|payloads?|batch\w*|sandbox|connectors?|endpoints?|schemas?|queues?|replay\w*|retr(?:y|ied|ies)|ledger|checkpoints?"
    r"|tokens?|status codes?|templates?|triggers?|exceptions?|exchange|attempts?|rejected|null|parse\w*|fields?|canonical"
    r"|integration|transactions?|database|server)\b",
    re.IGNORECASE,
)
# The names of two pages, as the menu has them.
_NAMES = ("My flows", "Exceptions")
# What the brand calls itself and what flows were named by people are their own words.
_GIVEN = ("Approved time to bill",)


def _technical(words: str) -> list[str]:
    for given in (*_NAMES, *_GIVEN):
        words = words.replace(given, " ")
    return [match.group() for match in TECHNICAL.finditer(words)]


def _words_of(page: str) -> str:
    """Return everything that can be read or heard on the page's own part."""
    main = page.split("<main", 1)[1].split(">", 1)[1].split("</main>", 1)[0] if "<main" in page else page
    main = re.sub(r"<script.*?</script>|<style.*?</style>|<!--.*?-->", " ", main, flags=re.DOTALL)
    heard = re.findall(r'(?:aria-label|title|placeholder|alt)="([^"]*)"', main)
    return html.unescape(" ".join([re.sub(r"<[^>]*>", " ", main), *heard]))


def _paths(blocked: Blocked) -> list[str]:
    cases = blocked.cases()
    records = [blocked.records(case)[0].id for case in cases if blocked.records(case)]
    written = blocked.line.operations(state="written")[0].id
    first, record = blocked.case("hours"), blocked.records(blocked.case("hours"))[0]
    return [
        *("/my/", "/my/flows/", "/my/needs/", "/exceptions/", "/exceptions/?view=settled", "/exceptions/?view=ours"),
        *("/my/records/", "/my/records/?what=held", "/my/records/?what=arrived&since=2026-01-01"),
        *("/reports/", "/reports/held/", "/reports/activity/", "/reports/?period=chosen"),
        *("/questions/unposted/", "/questions/invoices/", "/questions/disagreements/"),
        *(f"/exceptions/{case.id}/" for case in cases),
        *(f"/my/records/{record_id}/" for record_id in (*records, written)),
        f"/exceptions/{first.id}/records/{record.id}/correct/",
    ]


def test_no_page_of_a_customer_has_a_technical_word(blocked: Blocked) -> None:
    browser = blocked.as_(Role.CUSTOMER_OWNER)
    found = {}
    for path in _paths(blocked):
        response = browser.get(path)
        assert response.status_code in {200, 400}, path
        words = _words_of(response.content.decode())
        if technical := _technical(words):
            found[path] = technical
        assert "fairlead" not in words.lower()
    assert found == {}


def test_no_digest_to_a_customer_has_a_technical_word(blocked: Blocked) -> None:
    with scope.work_in(blocked.line.partner):
        Preference.objects.create(user=blocked.person(Role.FINANCE_APPROVER), digest="weekly")
    with scope.enter(blocked.line.partner):
        send_digests(_next_monday(7))
    with scope.work_in(blocked.line.partner):
        (mail,) = OutgoingMail.objects.all()
    plain = re.sub(r"https?://\S+", " ", mail.text)
    assert _technical(f"{mail.subject} {plain} {_words_of(re.sub(r'href=.[^>]*', '', mail.html))}") == []


@pytest.mark.parametrize("business_class", [*BusinessClass, *OWN_CLASSES, "never heard of"])
def test_every_reason_has_plain_words(business_class: str) -> None:
    words = words_for(business_class)
    for sentence in (words.title, words.happened, words.ours, words.yours):
        assert str(sentence)
        assert _technical(str(sentence)) == []
    assert str(words.happened).endswith(".")


def test_no_alert_to_a_customer_has_a_technical_word(blocked: Blocked) -> None:
    with scope.work_in(blocked.line.partner):
        blocked.person(Role.FINANCE_APPROVER)
        tell(timezone.now())
        (mail,) = OutgoingMail.objects.filter(to="finance_approver@alder.example")
    plain = re.sub(r"https?://\S+", " ", mail.text)
    assert _technical(f"{mail.subject} {plain}") == []
    assert "fairlead" not in f"{mail.subject}{mail.text}{mail.html}".lower()
