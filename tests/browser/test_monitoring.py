"""Reviews, insights, boards, alert routes and estimates, as the partner's people and their customers' work with them."""

from datetime import date

from django.utils import timezone
from playwright.sync_api import expect

from apps.monitoring.models import AlertRoute, Insight
from apps.tenants import scope
from tests.browser.conftest import OpenTab
from tests.browser.site import Site


def test_a_review_is_written_approved_sent_and_answered(open_tab: OpenTab, site: Site) -> None:
    tab = open_tab("owner")
    tab.go("/reviews/")
    tab.click("Draft a review")
    tab.page.get_by_label("Customer").select_option(label=site.house.lines["one"].customer.name)
    months = tab.page.get_by_label("Month")
    months.select_option(index=4)  # the latest ones may be drafted already
    month = months.locator("option").nth(4).inner_text()
    tab.click("Draft it", role="button")
    expect(tab.page.get_by_role("heading", level=1)).to_have_text(f"Review of {month}")
    page = tab.where
    tab.looks_right()
    tab.click("Change it")
    words = tab.page.get_by_label("Words of “What we recommend”")
    preview = tab.page.locator("#review-preview")
    words.fill("Let us meet in November.")
    expect(preview).to_contain_text("Let us meet in November.")  # while it is typed
    tab.page.get_by_label("“What was changed” is in").uncheck()
    expect(preview).to_contain_text("Left out: What was changed")
    tab.looks_right()
    tab.click("Keep it", role="button")
    tab.shows("Let us meet in November.")
    tab.shows("Changed by Owner")
    tab.click("Approve it", role="button")
    tab.shows("Approved by Owner")
    tab.click("Send it")
    tab.looks_right()
    tab.click("Send it", role="button")
    tab.shows("Sealed: it says what was sent.")
    tab.looks_right()

    reader = open_tab("customer_owner")
    reader.go("/my/reviews/")
    reader.looks_right()
    reader.click(month)
    reader.shows("Let us meet in November.")
    reader.looks_right()
    reader.page.get_by_label("Your comment").fill("Tuesday suits us.")
    reader.click("Say it", role="button")
    reader.shows("Tuesday suits us.")
    tab.go(page)
    tab.shows("Tuesday suits us.")


def test_an_insight_is_found_looked_into_and_dismissed_with_a_reason(open_tab: OpenTab, site: Site) -> None:
    ids, tab = site.house.ids["one"], open_tab("owner")
    tab.go("/insights/")
    tab.looks_right()
    tab.page.locator(f"a[href='/insights/{ids['insight_id']}/']").first.click()
    tab.shows("What was found")
    tab.looks_right()
    tab.click("Dismiss", role="button")  # without a reason
    tab.shows("Say why it is as it should be")
    tab.page.get_by_label("Why it is as it should be").fill("Night work in the data centre, agreed.")
    tab.click("Dismiss", role="button")
    tab.shows("Night work in the data centre, agreed.")
    tab.looks_right()
    state = site.do(lambda: _state_of(site, ids["insight_id"]))
    assert state == "dismissed"
    tab.go("/insights/looks/")
    tab.looks_right()


def _state_of(site: Site, insight_id: object) -> str:
    with scope.work_in(site.house.lines["one"].partner):
        return Insight.objects.get(id=insight_id).state


def test_the_three_questions_lead_from_a_figure_to_its_records(open_tab: OpenTab) -> None:
    tab = open_tab("owner")
    for question in ("unposted", "invoices", "disagreements"):
        tab.go(f"/questions/{question}/")
        tab.looks_right()
    tab.go("/questions/unposted/")
    first = tab.page.locator("main table tbody a").first
    first.click()
    tab.page.wait_for_load_state("load")
    assert tab.where != "/questions/unposted/"


def test_the_boards_of_promises_cut_offs_and_reconciliations_look_right(open_tab: OpenTab, site: Site) -> None:
    line, ids, tab = site.house.lines["one"], site.house.ids["one"], open_tab("owner")
    for path in ("/service-levels/", "/service-levels/missed/", "/cut-offs/", "/reconciliations/"):
        tab.go(path)
        tab.looks_right()
    tab.go(f"/flows/{line.flow.id}/reconciliation/")
    tab.looks_right()
    day = tab.page.locator(f"main a[href='/reconciliations/{ids['reconciliation_id']}/']").first
    day.click()
    tab.page.wait_for_url(f"**/reconciliations/{ids['reconciliation_id']}/")
    tab.looks_right()
    tab.go(f"/service-levels/missed/{ids['breach_id']}/")
    tab.looks_right()


def test_an_alert_route_says_whom_it_would_tell_before_it_is_kept(open_tab: OpenTab, site: Site) -> None:
    tab = open_tab("owner")
    tab.go("/settings/alerts/routes/add/")
    tab.click("Save", role="button")
    tab.looks_right()
    tab.page.get_by_label("Name", exact=True).fill("Severe ones to the chat")
    tab.page.get_by_label("At once").select_option(value=f"channel:{site.house.ids['one']['channel_id']}")
    tab.click("Show who would be told", role="button")
    tab.looks_right()
    tab.click("Save", role="button")
    tab.shows("Severe ones to the chat")
    tab.looks_right()
    assert site.do(lambda: _routes(site, "Severe ones to the chat")) == 1


def _routes(site: Site, name: str) -> int:
    with scope.work_in(site.house.lines["one"].partner):
        return AlertRoute.objects.filter(name=name).count()


def test_an_estimate_follows_what_is_typed_and_is_shared_by_a_link(open_tab: OpenTab) -> None:
    tab = open_tab("owner")
    tab.go("/estimates/new/")
    outcome = tab.page.locator("#estimate-outcome")
    before = outcome.inner_text()
    tab.page.get_by_label("People who book time").fill("1200")
    expect(outcome).not_to_have_text(before)
    tab.looks_right()
    tab.page.get_by_label("Prospect").fill("Harbour Consulting")
    tab.page.get_by_label("Currency").fill("EUR")
    tab.click("Keep it", role="button")
    tab.shows("Harbour Consulting")
    tab.click("Make a link", role="button")
    link = tab.page.locator("#estimate-link").inner_text()
    guest = open_tab("nobody")
    guest.page.goto(link.strip())
    expect(guest.page.locator("body")).to_contain_text("Harbour Consulting")
    guest.looks_right()


def test_the_value_of_a_month_is_shown_with_how_each_figure_is_known(open_tab: OpenTab, site: Site) -> None:
    line, tab = site.house.lines["one"], open_tab("owner")
    month = timezone.now().date().replace(day=1)
    for path in ("/reports/value/", f"/customers/{line.customer.id}/value/?month={_words(month)}"):
        tab.go(path)
        tab.looks_right()


def _words(month: date) -> str:
    return f"{month:%Y-%m}"
