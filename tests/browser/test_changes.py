"""A change of a production flow goes its way in the browser: from the inbox to its page, approved, and live."""

from playwright.sync_api import expect

from apps.flows.models import ChangeRequest, Flow
from apps.flows.services.change_policy import Demands, set_policy
from apps.flows.services.publish import change_line
from apps.tenants import scope
from tests.browser.conftest import OpenTab
from tests.browser.site import Site
from tests.lines import Line


def _ask(line: Line) -> str:
    """Demand one approval and ask for another wording; returns the address of the change."""
    with scope.work_in(line.partner):
        set_policy(line.customer, Demands(approvals=1))
        flow = Flow.objects.select_related("source", "target", "live_version").get(id=line.flow.id)
        version = change_line(
            flow, target="description", changes={"default": "Consulting"}, made_by="Bo Builder", note="Clearer invoices"
        )
        set_policy(line.customer, None)
        return f"/changes/{ChangeRequest.objects.get(version=version).id}/"


def test_an_owner_finds_a_change_approves_it_and_makes_it_live(open_tab: OpenTab, site: Site) -> None:
    line, tab = site.house.lines["one"], open_tab("owner")
    address = site.do(lambda: _ask(line))
    tab.go("/changes/?view=mine")
    tab.looks_right()
    tab.click("Clearer invoices")
    expect(tab.page).to_have_url(f"{tab.page.url.split('/changes/')[0]}{address}")
    tab.shows("1 approval is missing")
    tab.shows("What changes")
    tab.looks_right()
    tab.click("Refuse", role="button")
    tab.shows("Say why you refuse")
    tab.page.locator("[name=note]").fill("Reads well")
    tab.click("Approve", role="button")
    tab.shows("Everybody needed has approved.")
    tab.click("Make it live", role="button")
    tab.shows("has made it live")
    tab.looks_right()
