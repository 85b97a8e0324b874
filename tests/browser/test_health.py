"""Health, provider status and business figures, as people look at them: by chart, on a phone, in both themes."""

from tests.browser.conftest import OpenTab
from tests.browser.site import Site


def test_the_pages_about_health_look_right(open_tab: OpenTab, site: Site) -> None:
    line, tab = site.house.lines["one"], open_tab("owner")
    tab.go(f"/flows/{line.flow.id}/health/")
    tab.shows("The last runs, by result")
    tab.looks_right()
    tab.go("/providers/")
    tab.shows("How long answers take")
    tab.looks_right()
    tab.go("/providers/sandbox_erp/")
    tab.shows("Its connections")
    tab.looks_right()
    tab.go("/reports/business/")
    tab.shows("From deal to billing")
    tab.looks_right()
    tab.go("/reports/business/states/deal_closed-client_activated/")
    tab.looks_right()


def test_the_operators_page_looks_right(open_tab: OpenTab) -> None:
    tab = open_tab("operator")
    tab.go("/providers/")
    tab.shows("Partners touched")
    tab.looks_right()
    tab.go("/providers/sandbox_erp/")
    tab.shows("Partner by partner")
    tab.looks_right()
