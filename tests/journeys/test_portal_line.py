"""A partner's first day, through the pages: a customer, its systems, a flow, a blocked record mended. For both brands."""

import re
import time
from dataclasses import dataclass
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from apps.accounts.actions import Role
from apps.accounts.models import AuditEntry
from apps.accounts.services import create_user
from apps.dispatch.models import Queue
from apps.dispatch.worker import drain
from apps.flows.models import Operation, Run
from apps.monitoring.models import ExceptionCase
from apps.tenants import scope
from apps.tenants.models import Partner
from apps.tenants.scope import PartnerRef
from tests.sandbox_server import SandboxServer

JUDGED_AFTER_SECONDS = 1.1  # cases follow the ledger a second later, so that several batches are judged at once
PASSWORD = "correct horse battery"
BRANDS = [pytest.param("alder", id="Alder & Quay"), pytest.param("brightforge", id="Brightforge")]
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
pytestmark = pytest.mark.usefixtures("committed", "clean_cache")


@dataclass
class Portal:
    """One person's browser at one partner, signed in by the form."""

    partner: PartnerRef
    client: Client

    def get(self, path: str, status: int = 200) -> str:
        """Return a page's words."""
        response = self.client.get(path)
        assert response.status_code == status, f"{path}: {response.status_code} {_words(response)[:600]}"
        return _words(response)

    def post(self, path: str, **typed: Any) -> str:
        """Send a form and return where it leads."""
        response = self.client.post(path, typed)
        assert response.status_code == 302, f"{path}: {response.status_code} {_words(response)[:1500]}"
        return str(response["Location"])

    def refused(self, path: str, **typed: Any) -> str:
        """Send a form that is sent back, and return its words."""
        response = self.client.post(path, typed)
        assert response.status_code == 400, f"{path}: {response.status_code}"
        return _words(response)


def _words(response: HttpResponse) -> str:
    text = re.sub(r"<(script|style|svg).*?</\1>", " ", response.content.decode(), flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", text).replace("&#x27;", "'").replace("&quot;", '"').split())


def _id_in(address: str) -> str:
    found = _ID.search(address)
    assert found, address
    return found.group(0)


def _work() -> None:
    for queue in Queue:
        drain(queue, worker="test", seconds=60)
    time.sleep(JUDGED_AFTER_SECONDS)
    drain(Queue.MAINT, worker="test", seconds=60)


def _sign_in(slug: str, role: Role) -> Portal:
    partner = Partner.objects.get(slug=slug).as_ref()
    email = f"{role}@{slug}.example"
    with scope.work_in(partner):
        create_user(email=email, name=role.value.title(), role=role, password=PASSWORD)
    portal = Portal(partner, Client(headers={"host": f"{slug}.localhost"}))
    assert portal.post("/accounts/login/", login=email, password=PASSWORD) == "/"
    return portal


@dataclass
class Firm:
    """A customer with both its systems connected through the pages."""

    company: str
    customer_id: str
    psa_id: str
    erp_id: str


def _connect_firm(portal: Portal, sandbox: SandboxServer, company: str) -> Firm:
    customer_id = _id_in(
        portal.post("/customers/new/", name=f"Firm {company}", country="de", currency="eur", time_zone="Europe/Berlin")
    )
    connected = {}
    for system in ("psa", "erp"):
        token = sandbox.do(
            lambda client, system=system: client.found_company(
                system, company, people=6, weeks=1, seed=9, problems=True
            )
        )
        connected[system] = _id_in(
            portal.post(
                f"/connections/new/sandbox_{system}/",
                customer=customer_id,
                name=system.upper(),
                environment="sandbox",
                base_url=f"{sandbox.url}/{system}/{company}/api/v1",
                secret_token=token,
            )
        )
    return Firm(company, customer_id, connected["psa"], connected["erp"])


@pytest.mark.parametrize("slug", BRANDS)
def test_a_partner_brings_a_customers_time_into_its_erp_through_the_pages(slug: str, sandbox: SandboxServer) -> None:
    portal = _sign_in(slug, Role.OWNER)
    firm = _connect_firm(portal, sandbox, f"portal-{slug}")
    _work()
    for connection in (firm.psa_id, firm.erp_id):
        assert "Passed" in portal.get(f"/connections/{connection}/")
    flow_id = _id_in(
        portal.post(
            f"/flows/install/?customer={firm.customer_id}",
            template="approved-time-to-bill",
            name="Approved time to bill",
            source=firm.psa_id,
            target=firm.erp_id,
        )
    )
    run_id = _id_in(portal.post(f"/flows/{flow_id}/run/"))
    assert "Starts in a moment" in portal.get(f"/runs/{run_id}/")
    _work()
    with scope.work_in(portal.partner):
        run = Run.objects.get(id=run_id)
        blocked = next(op for op in Operation.objects.filter(run=run, state="rejected") if "25" in op.error_message)
        case = ExceptionCase.objects.get(case_operations__operation=blocked)
    assert run.written == len(_lines(sandbox, firm)) > 20
    assert run.rejected >= 5
    assert f"{run.written} " in portal.get(f"/runs/{run_id}/")
    assert case.title in portal.get(f"/exceptions/?customer={firm.customer_id}")
    assert "limit is 24" in portal.get(f"/exceptions/{case.id}/")
    home = portal.get("/")
    assert f"Firm {firm.company}" in home
    sentence = portal.refused(
        f"/operations/{blocked.id}/correct/", field="hours", new_value="a lot", reason="Typed 25 instead of 2.5."
    )
    assert "Hours" in sentence
    portal.post(f"/operations/{blocked.id}/correct/", field="hours", new_value="2.5", reason="Typed 25 instead of 2.5.")
    _work()
    posted = [row for row in _lines(sandbox, firm) if row["external_id"] == blocked.source_key]
    assert [float(row["quantity"]) for row in posted] == [2.5]
    assert "closed" in portal.get(f"/exceptions/{case.id}/").lower()
    with scope.work_in(portal.partner):
        assert ExceptionCase.objects.get(id=case.id).state == "closed"
        deeds = set(AuditEntry.objects.values_list("action", flat=True))
    assert len(deeds) >= 6, deeds


def _lines(sandbox: SandboxServer, firm: Firm) -> list[dict[str, Any]]:
    return list(sandbox.do(lambda client: client.records("erp", firm.company, "time-lines")))


@pytest.mark.parametrize("slug", BRANDS)
def test_a_wrong_secret_is_told_in_words_and_stops_nothing_else(slug: str, sandbox: SandboxServer) -> None:
    portal = _sign_in(slug, Role.BUILDER)
    firm = _connect_firm(portal, sandbox, f"wrong-{slug}")
    _work()
    portal.post(f"/connections/{firm.psa_id}/secrets/token/", value="not the right one")
    portal.post(f"/connections/{firm.psa_id}/test/")
    _work()
    page = portal.get(f"/connections/{firm.psa_id}/")
    assert "Failed" in page
    assert "Traceback" not in page
    assert "not the right one" not in page
    assert "Passed" in portal.get(f"/connections/{firm.erp_id}/")
    assert f"Firm {firm.company}" in portal.get("/connections/?state=attention")


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"base_url": "not an address"}, "ddress"),
        ({"base_url": "ftp://example.com"}, "http"),
        ({"base_url": "https://user:word@example.com"}, "ddress"),
        ({"secret_token": ""}, "is needed"),
        ({"customer": ""}, "required"),
        ({"name": ""}, "required"),
    ],
    ids=["no address", "another scheme", "a password in the address", "no secret", "no customer", "no name"],
)
def test_what_is_wrong_with_a_new_connection_is_said_beside_the_field(typed: dict[str, str], words: str) -> None:
    portal = _sign_in("alder", Role.OWNER)
    customer_id = _id_in(portal.post("/customers/new/", name="Firm", currency="EUR", time_zone="UTC"))
    right = {
        "customer": customer_id,
        "name": "PSA",
        "environment": "sandbox",
        "base_url": "https://psa.example.com/api",
        "secret_token": "a-secret-value",
    }
    page = portal.refused("/connections/new/sandbox_psa/", **{**right, **typed})
    assert words in page
    assert "a-secret-value" not in page


def test_a_name_that_is_taken_is_refused_in_place() -> None:
    portal = _sign_in("alder", Role.OWNER)
    portal.post("/customers/new/", name="Firm", currency="EUR", time_zone="UTC")
    assert "already" in portal.refused("/customers/new/", name="Firm", currency="EUR", time_zone="UTC")
    assert "EUR" in portal.refused("/customers/new/", name="Other", currency="E1", time_zone="UTC")
