"""What a page asks the database does not grow with the rows it shows, and stays below a ceiling."""

import re
from collections import Counter

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.tenants import brands, domains
from tests.architecture.house import PASSWORD, House, run_through
from tests.architecture.house_rows import ids_of
from tests.lines import found_line
from tests.sandbox_server import SandboxServer

pytestmark = pytest.mark.timeout(600)  # many requests, on however busy a machine

# Who looks at which page, and the most statements it may take: what was measured, and a little air. Nothing is remembered
# from an earlier request, so that the count is the worst there is.
CEILINGS = {
    "owner": {
        "/": 45,
        "/customers/": 24,
        "/customers/{customer_id}/": 43,
        "/customers/{customer_id}/flows/": 28,
        "/customers/{customer_id}/connections/": 20,
        "/customers/{customer_id}/mappings/": 24,
        "/customers/{customer_id}/owners/": 26,
        "/customers/{customer_id}/exceptions/": 20,
        "/customers/{customer_id}/runs/": 19,
        "/customers/{customer_id}/people/": 21,
        "/customers/{customer_id}/settings/": 22,
        "/customers/{customer_id}/value/": 26,
        "/customers/{customer_id}/value/summary/": 30,
        "/exceptions/": 23,
        "/exceptions/news/": 19,
        "/exceptions/bulk/": 12,
        "/exceptions/{case_id}/": 55,
        "/exceptions/proposals/": 18,
        "/exceptions/proposals/scorecard/": 18,
        "/exceptions/proposals/summary/": 20,
        "/settings/proposals/": 16,
        "/flows/": 24,
        "/flows/{flow_id}/": 30,
        "/flows/{flow_id}/edit/": 20,
        "/flows/{flow_id}/health/": 26,
        "/flows/{flow_id}/runs/": 17,
        "/flows/{flow_id}/versions/": 20,
        "/flows/{flow_id}/monitors/": 45,
        "/flows/{flow_id}/monitors/slow/": 24,
        "/monitors/": 24,
        "/what-ifs/{what_if_id}/": 15,
        "/runs/": 15,
        "/runs/{run_id}/": 19,
        "/operations/": 17,
        "/records/{operation_id}/": 40,
        "/records/{operation_id}/TimeEntry/": 28,
        "/approvals/": 22,
        "/approvals/{request_id}/": 22,
        "/changes/": 21,
        "/changes/{change_id}/": 28,
        "/connections/": 20,
        "/connections/{connection_id}/": 26,
        "/connections/{connection_id}/calls/": 12,
        "/connections/{connection_id}/remove/": 20,
        "/systems/": 13,
        "/templates/": 13,
        "/onboarding/": 21,
        "/onboarding/{customer_id}/": 23,
        "/settings/alerts/": 25,
        "/settings/alerts/preview/": 25,
        "/settings/alerts/log/": 15,
        "/settings/alerts/routes/{route_id}/": 25,
        "/settings/alerts/channels/{channel_id}/": 16,
        "/settings/alerts/on-call/{schedule_id}/": 20,
        "/reports/": 25,
        "/questions/unposted/": 20,
        "/questions/invoices/": 20,
        "/questions/disagreements/": 22,
        "/insights/": 20,
        "/insights/looks/": 16,
        "/insights/{insight_id}/": 16,
        "/reports/held/": 18,
        "/reports/activity/": 16,
        "/reports/records/": 19,
        "/reports/business/": 40,
        "/providers/": 16,
        "/providers/{system}/": 16,
        "/reports/value/": 16,
        "/reports/value/summary/": 24,
        "/estimates/": 15,
        "/estimates/{estimate_id}/": 12,
        "/reviews/": 15,
        "/reviews/{pack_id}/": 13,
        "/search/?q=e": 26,
        "/people/": 21,
        "/api-keys/": 15,
        "/audit/": 15,
    },
    # Whoever may approve is also asked for whom they stand in: that is looked up with the menu's figure.
    "customer_owner": {
        "/my/": 42,
        "/my/flows/": 25,
        "/my/needs/": 24,
        "/my/records/": 21,
        "/my/value/": 20,
        "/my/value/summary/": 29,
        "/my/reviews/": 18,
        "/insights/": 20,
        "/insights/{insight_id}/": 18,
        "/my/reviews/{copy_id}/": 18,
        "/reports/": 26,
        "/reports/business/": 35,
        "/approvals/": 26,
        "/approvals/{request_id}/": 24,
    },
    "operator": {"/": 18, "/people/": 14, "/providers/": 20},
}
# The figure of the changes that wait, beside its entry of the menu: on every page of those who may decide.
FIGURE_OF_CHANGES = {"owner": 1}
PAGES = [(label, path) for label, pages in CEILINGS.items() for path in pages]
MORE_CUSTOMERS = 3  # one statement for each row would show as three; what is remembered for seconds, as one or two
_AROUND = ("SAVEPOINT", "RELEASE", "ROLLBACK", "SET ", "BEGIN", "COMMIT")
_VALUES = re.compile(r"'[^']*'|\b\d+\b|(?:\{\}, )+")


def _asked(house: House, label: str, path: str) -> Counter[str]:
    """Return what the page asks the database, without the values, and how often."""
    client, path = house.visitors[label].client(), path.format(**house.ids["one"])
    cache.clear()
    brands._remembered.clear()
    domains.forget_hosts()
    with house.undone(), CaptureQueriesContext(connection) as asked:
        response = client.get(path)
    assert response.status_code == 200, f"{path}: {response.status_code}"
    statements = [query["sql"] for query in asked.captured_queries]
    return Counter(_VALUES.sub("{}", sql)[:4000] for sql in statements if not sql.startswith(_AROUND))


def _ceiling(label: str, path: str) -> int:
    return CEILINGS[label][path] + FIGURE_OF_CHANGES.get(label, 0)


def test_a_page_asks_as_much_for_many_rows_as_for_few(house: House, sandbox: SandboxServer) -> None:
    few = {page: _asked(house, *page) for page in PAGES}
    for number in range(MORE_CUSTOMERS):
        line = found_line(house.a, sandbox, name=f"Company {number}", problems=True, seed=11 + number)
        run_through(line)
        ids_of(line, password=PASSWORD)
    many = {page: _asked(house, *page) for page in PAGES}
    grown = [
        f"{label} {path}: {few[label, path].total()}, then {asked.total()}: {list(asked - few[label, path])}"
        for (label, path), asked in many.items()
        if asked.total() - few[label, path].total() >= MORE_CUSTOMERS
    ]
    assert grown == [], "\n".join(grown)
    high = [
        f"{label} {path}: {many[label, path].total()}, at most {_ceiling(label, path)}"
        for label, path in PAGES
        if many[label, path].total() > _ceiling(label, path)
    ]
    assert high == [], "\n".join(high)
