"""From an empty customer to a live flow through the wizard, and one step done by somebody at the customer through a link."""

import re
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import expect

from apps.accounts.models import OutgoingMail
from apps.customers.models import Customer
from apps.tenants import scope
from tests.browser.conftest import OpenTab
from tests.browser.site import Site
from tests.browser.tab import Tab

FIRM = "wizard-firm"


def _founded(site: Site) -> dict[str, str]:
    """Found the firm's two systems in the sandbox; returns their tokens."""
    line = site.house.lines["one"]

    def found(system: str) -> Any:
        return line.sandbox.do(
            lambda client: client.found_company(system, FIRM, people=5, weeks=1, seed=9, problems=True)
        )

    return {system: site.do(lambda system=system: found(system)) for system in ("psa", "erp")}


def _link_in_mail(site: Site) -> str:
    def newest() -> str:
        with scope.work_in(site.house.a):
            return str(OutgoingMail.objects.filter(to="lena@wizard.example").latest("created_at").text)

    return urlsplit(re.search(r"https?://\S+/onboarding/link/\S+", site.do(newest)).group(0)).path  # type: ignore[union-attr]


def _send(tab: Tab, name: str) -> None:
    tab.click(name, role="button")


def test_a_partner_leads_a_customer_from_nothing_to_a_live_flow(open_tab: OpenTab, site: Site) -> None:
    tokens, sandbox = _founded(site), site.house.lines["one"].sandbox
    tab, guest = open_tab("owner"), open_tab("nobody")
    tab.go("/customers/")
    tab.click("Onboarding")
    tab.click("Onboard a customer")
    tab.page.get_by_label("Name", exact=True).fill("Wizard Works")
    tab.page.get_by_label("Country").fill("de")
    _send(tab, "Begin")
    tab.shows("Its companies")
    _send(tab, "Yes, go on")
    tab.shows("Which systems does the customer have?")
    tab.looks_right()

    tab.click("Connect Sandbox PSA")
    tab.page.get_by_label("Address").fill(f"{sandbox.url}/psa/{FIRM}/api/v1")
    tab.page.get_by_label("Access token").fill(tokens["psa"])
    _send(tab, "Store and test")
    tab.shows("Testing")
    _send(tab, "Plan for later: Sandbox ERP")

    _ask_lena(tab)
    guest.go(_link_in_mail(site))
    guest.shows("Sandbox ERP")
    guest.looks_right()
    guest.page.get_by_label("Address").fill(f"{sandbox.url}/erp/{FIRM}/api/v1")
    guest.page.get_by_label("Access token").fill(tokens["erp"])
    _send(guest, "Send and test")
    guest.shows("We try to sign in")
    site.work()
    guest.shows("Thank you")

    tab.shows("Everything that is needed is connected and works.")
    tab.click("Go on")
    _configure_and_try(tab, site)
    _send(tab, "Go live")
    tab.shows("Wizard Works is live")
    tab.looks_right()
    site.work()
    tab.click("Watch the first run")
    tab.shows("Written")
    assert site.do(lambda: _state_of(site)) == Customer.State.LIVE
    tab.go("/onboarding/")
    expect(tab.page.locator("main")).not_to_contain_text("Wizard Works")


def _ask_lena(tab: Tab) -> None:
    tab.click("Send this step")
    asked = tab.page.locator("form", has=tab.page.get_by_label("E-mail"))
    asked.get_by_label("Name").fill("Lena Wizard")
    asked.get_by_label("E-mail").fill("lena@wizard.example")
    asked.get_by_label("Access to").select_option("sandbox_erp")
    _send(tab, "Send the link")
    tab.shows("Sent to Lena Wizard")


def _configure_and_try(tab: Tab, site: Site) -> None:
    tab.shows("Carries every approved, billable time entry")
    heading = tab.page.get_by_role("heading", name="Approved time to bill", exact=True)
    card = tab.page.locator("section.surface").filter(has=heading)
    card.get_by_text("Choose it").click()
    for side, system in (("Reads from", "PSA"), ("Writes to", "ERP")):
        offered = card.get_by_label(side)
        offered.select_option(offered.locator("option", has_text=system).get_attribute("value"))
    card.get_by_role("button", name="Install as a draft").click()
    tab.page.wait_for_load_state("load")
    _send(tab, "Read a sample")
    tab.shows("Reading")
    site.work()
    tab.shows("Is this what the target should get?")
    tab.looks_right()
    _send(tab, "Yes, go on")
    _send(tab, "Go on without")
    _send(tab, "Start the dry run")
    site.work()
    tab.shows("would be created")
    tab.page.go_back()
    tab.shows("Everything but writing")  # a page, not the question whether to send the form again
    tab.page.go_forward()
    tab.shows("would be created")
    tab.page.get_by_role("link", name="Go live").last.click()
    tab.shows("The last look")
    tab.looks_right()
    known = tab.page.get_by_label("I know what is still missing")
    if known.count():
        known.check()


def _state_of(site: Site) -> str:
    with scope.work_in(site.house.a):
        return str(Customer.objects.get(name="Wizard Works").state)
