"""The list of flows, and doing one thing with many of them."""

import csv
import io

import pytest

from apps.accounts.actions import Role
from apps.accounts.listing import ListPage
from apps.flows.models import Flow, Run
from apps.flows.queries import template_library
from apps.flows.queries.flow_list import FlowRow
from apps.tenants import scope
from tests.flows.views.conftest import Shown


def _list(shown: Shown, query: str = "") -> ListPage[FlowRow]:
    page: ListPage[FlowRow] = shown.owner.get(f"/flows/{query}").context["list"]
    return page


def _flow(shown: Shown) -> Flow:
    with scope.work_in(shown.line.partner):
        return Flow.objects.get(id=shown.line.flow.id)


def _runs(shown: Shown) -> int:
    with scope.work_in(shown.line.partner):
        return Run.objects.count()


@pytest.mark.parametrize("column", ["name", "customer", "source", "target", "state", "run", "success", "blocked"])
def test_every_order_the_heads_offer_works_both_ways(shown: Shown, column: str) -> None:
    for order in (column, f"-{column}"):
        page = _list(shown, f"?sort={order}&columns=source,target,blocked,run,success")
        assert len(page.rows) == 1
        assert (page.state.sort, page.state.descending) == (column, order.startswith("-"))


def test_a_row_counts_what_is_blocked_and_draws_what_was_written(shown: Shown) -> None:
    row = _list(shown).rows[0]
    assert row.blocked == len(shown.line.operations(state="rejected"))
    assert row.trend[-1] == row.today.written > 0
    assert row.last_run is not None
    assert row.last_run.id == shown.run.id


def test_the_file_holds_what_the_page_shows(shown: Shown) -> None:
    text = b"".join(shown.owner.get("/flows/?columns=customer,state,blocked&format=csv")).decode("utf-8-sig")
    header, row = csv.reader(io.StringIO(text))
    assert header == ["Flow", "Customer", "State", "Blocked"]
    assert row[1:3] == [shown.line.customer.name, "live"]


def test_selected_flows_are_paused_with_a_reason_resumed_and_run(shown: Shown) -> None:
    ids = {"ids": [str(shown.line.flow.id)], "query": "state=live"}
    answer = shown.owner.post("/flows/pause/", {**ids, "reason": "Audit"}, follow=True)
    assert "1 flow is paused." in answer.content.decode()
    assert answer.redirect_chain[0][0] == "/flows/?state=live"
    assert (_flow(shown).state, _flow(shown).state_reason) == ("paused", "Audit (Owner)")
    again = shown.owner.post("/flows/pause/", {"everything": "1", "query": "", "reason": "Audit"}, follow=True)
    assert "1 is not live and was left as it is." in again.content.decode()
    runs = _runs(shown)
    queued = shown.owner.post("/flows/run/", {"everything": "1", "query": ""}, follow=True).content.decode()
    assert "1 is paused: its run is queued until it is resumed." in queued
    assert "paused: 1 trigger waits" in queued
    assert _runs(shown) == runs + 1
    resumed = shown.owner.post("/flows/resume/", {**ids, "query": ""}, follow=True).content.decode()
    assert "1 flow is live again." in resumed
    assert "1 flow is started." in shown.owner.post("/flows/run/", ids, follow=True).content.decode()
    assert _runs(shown) == runs + 2


@pytest.mark.parametrize(
    ("posted", "words"),
    [
        ({"reason": "x"}, "None of the selected flows is here any more"),
        ({"ids": ["nonsense", "0197f3c2-8a1e-7d40-8000-000000000000"], "reason": "x"}, "None of the selected flows"),
        ({"everything": "1", "query": "q=nobody", "reason": "x"}, "None of the selected flows"),
        ({"everything": "1", "reason": " \x00 "}, "Say why the flows are paused"),
    ],
    ids=["nothing", "strange ids", "a filter that nothing fits", "no reason"],
)
def test_a_selection_of_nothing_or_without_a_reason_changes_nothing(
    shown: Shown, posted: dict[str, object], words: str
) -> None:
    assert words in shown.owner.post("/flows/pause/", posted, follow=True).content.decode()
    assert _flow(shown).state == "live"


@pytest.mark.parametrize("role", [Role.READ_ONLY, Role.SUPPORT, Role.FINANCE])
def test_who_may_not_run_flows_sees_no_check_boxes_and_is_refused(shown: Shown, role: Role) -> None:
    person = shown.as_(role)
    assert "data-picks" not in person.get("/flows/").content.decode()
    for path in ("/flows/run/", "/flows/pause/", "/flows/resume/"):
        assert person.post(path, {"everything": "1"}).status_code == 403


def test_a_template_page_leads_to_all_flows_of_it(shown: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    template, leads_to = shown.line.flow.template, "All 1 flows of this template"
    assert leads_to not in shown.owner.get(f"/templates/{template}/").content.decode(), "all of them are on the page"
    monkeypatch.setattr(template_library, "USERS_SHOWN", 0)
    page = shown.owner.get(f"/templates/{template}/").content.decode()
    assert f'href="/flows/?template={template}"' in page
    assert _list(shown, f"?template={template}").total == 1
    assert _list(shown, "?template=hours-to-payroll").total == 0
