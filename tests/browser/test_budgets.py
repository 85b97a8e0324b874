"""Pages stay light and stand still: what a view weighs as production sends it, and how much it jumps while it appears."""

from time import sleep
from urllib.parse import urljoin

import pytest
from playwright.sync_api import BrowserContext, Response

from deploy.local.browsing import NARROW, WIDE, settle
from deploy.local.page_weights import FIRST_KB, LATER_KB, compressed_size, weigh_pages
from tests.browser.conftest import OpenTab
from tests.browser.tab import Tab

STILL = 0.05  # of the window's area; 0.1 still counts as good on the web
_JUMPS = """() => new Promise((done) => {
  const jumps = [];
  const note = (list) => {
    for (const one of list.getEntries()) if (!one.hadRecentInput) jumps.push([one.value,
      one.sources.slice(0, 2).map((source) => source.node?.outerHTML?.slice(0, 120) ?? "?").join(" & ")]);
  };
  new PerformanceObserver(note).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(jumps), 300);
})"""
PEOPLE = ["owner", "finance_approver", "operator"]  # support sees what the owner sees


@pytest.fixture
def fresh_tab(open_tab: OpenTab):  # type: ignore[no-untyped-def]  # a fixture that gives a function
    """Return a function that opens a tab as somebody who is signed in, in a browser that has fetched nothing yet."""
    opened: list[BrowserContext] = []

    def open_fresh(label: str) -> Tab:
        first = open_tab(label)
        browser = first.page.context.browser
        assert browser is not None
        context = browser.new_context(
            viewport=WIDE, locale="en-GB", timezone_id="Europe/Berlin", storage_state=first.page.context.storage_state()
        )
        opened.append(context)
        return Tab(context.new_page(), first.site, first.host)

    yield open_fresh
    for context in opened:
        context.close()


@pytest.mark.parametrize("label", PEOPLE)
def test_the_first_view_and_every_later_one_keep_to_their_budget(fresh_tab, label: str) -> None:  # type: ignore[no-untyped-def]
    tab = fresh_tab(label)
    over, charts = [], list[Response]()
    # The chart library comes once, with the first page that draws one; the browser keeps it from then on.
    tab.page.on("response", lambda answer: charts.append(answer) if "echarts" in answer.url else None)
    counted = False
    for number, weighed in enumerate(weigh_pages(tab.page, urljoin(tab.site.address(tab.host), "/"), times=0)):
        budget = FIRST_KB if number == 0 else LATER_KB
        if charts and not counted:
            counted = True
            budget += 0 if number == 0 else compressed_size(charts[0]) // 1000
        if weighed.kilobytes > budget:
            over.append(f"{weighed.pattern}: {weighed.kilobytes:.0f} kB, {budget} kB are allowed")
    assert not over, "\n".join(over)


@pytest.mark.parametrize(
    ("label", "path"),
    [
        pytest.param("owner", "/", id="a partner's home"),
        pytest.param("owner", "/exceptions/", id="the exceptions"),
        pytest.param("owner", "/flows/{flow_id}/", id="a flow"),
        pytest.param("owner", "/reports/", id="the reports"),
        pytest.param("finance_approver", "/my/", id="a customer's home"),
    ],
)
def test_nothing_jumps_while_a_page_appears_even_when_fonts_come_late(fresh_tab, label: str, path: str) -> None:  # type: ignore[no-untyped-def]
    tab = fresh_tab(label)
    tab.page.route("**/*.woff2", lambda route: (sleep(0.4), route.continue_()))
    for size in (WIDE, NARROW):
        tab.page.set_viewport_size(size)
        tab.go(path.format(**tab.site.house.ids["one"]))
        assert settle(tab.page) == ""
        jumps = tab.page.evaluate(_JUMPS)
        assert sum(value for value, _ in jumps) < STILL, f"{size['width']} px: {jumps}"
