"""From an exception to the record in all its systems, and on to everything of the same matter; at a desk and on a phone."""

from tests.browser.conftest import OpenTab
from tests.browser.site import Site


def test_an_exception_leads_to_its_record_in_all_systems_and_to_the_whole_matter(open_tab: OpenTab, site: Site) -> None:
    tab = open_tab("owner")
    tab.go(f"/exceptions/{site.house.ids['one']['case_id']}/")
    tab.click("in all systems")
    tab.shows("It stops before")
    tab.shows("In each system")
    tab.looks_right()
    tab.page.locator(".chain-stage.is-here .chain-name").click()
    tab.page.wait_for_load_state("load")
    tab.shows("What belongs to the same matter")
    tab.looks_right()
