"""The exception queue: saved queues, causes, the case beside them, and the way from one case to the next."""

from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.actions import Role
from apps.accounts.models import User
from apps.accounts.saved_views import save_view
from apps.dispatch.models import Queue
from apps.monitoring.models import BulkJob, ExceptionCase
from apps.tenants import scope
from tests.monitoring.conftest import Blocked

QUERY_CEILING = 12  # of the room's own tables, whatever the length of the list
PANE = {"HX-Request": "true", "HX-Target": "case-pane"}

NOBODY = "01a1fd01-208e-75a7-8082-0cc1a0b35fbc"  # the same in every worker, which must collect the same tests


def _page(response: Any) -> str:
    return unescape(response.content.decode())


def _cases_in(response: Any) -> set[Any]:
    """Return the cases a page lists, by cause or one by one."""
    found = set()
    for row in response.context["list"].rows:
        if not hasattr(row, "key"):
            found.add(row.id)
        elif row.only is not None:
            found.add(row.only.id)
        else:
            found |= {case.id for case in row.rows}
    return found


@pytest.fixture
def many(blocked: Blocked) -> Blocked:
    """The blocked line's cases, and a second customer's with the same causes."""
    other = blocked.line.customer
    with scope.work_in(blocked.line.partner):
        now = timezone.now()
        for place, state in enumerate(["open", "open", "closed"]):
            ExceptionCase.objects.create(
                customer=other,
                flow=blocked.line.flow,
                fingerprint=f"more-{place}",
                title="A value has no translation: Cost centre",
                explanation="One system uses a value for which nobody has said yet what it is called in the other.",
                queue="master_data",
                waiting_on="partner",
                severity="high",
                error_class="mapping_gap",
                error_field="cost_center",
                state=state,
                opened_at=now - timedelta(days=9),
                changed_at=now,
                due_at=now - timedelta(days=place + 1),
                closed_at=now if state == "closed" else None,
            )
    return blocked


@pytest.mark.parametrize(
    ("query", "fits"),
    [
        ("", lambda case: case.is_open),
        ("view=mine", lambda case: False),
        ("view=unassigned", lambda case: case.is_open),
        ("view=overdue", lambda case: case.is_open and case.due_at < timezone.now()),
        ("view=due_soon", lambda case: False),
        ("view=customer", lambda case: case.is_open and case.waiting_on == "customer"),
        ("view=closed", lambda case: not case.is_open),
        ("queue=master_data", lambda case: case.is_open and case.queue == "master_data"),
        ("severity=high", lambda case: case.is_open and case.severity == "high"),
        ("age=week", lambda case: case.is_open and case.opened_at < timezone.now() - timedelta(days=7)),
        ("owner=nobody", lambda case: case.is_open),
        ("class=mapping_gap", lambda case: case.is_open and case.error_class == "mapping_gap"),
        ("q=no translation", lambda case: case.is_open and "no translation" in case.title),
        ("cause=mapping_gap:cost_center:sandbox_erp", lambda case: case.is_open and case.error_class == "mapping_gap"),
        ("queue=nonsense&view=nonsense&page=-3&owner=<script>&age=1", lambda case: case.is_open),
        (f"view={NOBODY}&age={NOBODY}&by={NOBODY}&cause={NOBODY}", lambda case: case.is_open),
        (f"queue={NOBODY}", lambda case: False),
        ("cause=:::::&sort=';drop&case=nonsense", lambda case: case.is_open),
        ("q=%00%F0%9F%92%A9" + "x" * 500, lambda case: False),
        (f"customer={NOBODY}", lambda case: False),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)
def test_a_saved_queue_or_filter_shows_what_fits(many: Blocked, query: str, fits: Any) -> None:
    with scope.work_in(many.line.partner):
        right = {case.id for case in ExceptionCase.objects.all() if fits(case)}
    assert _cases_in(many.owner.get(f"/exceptions/?by=list&{query}")) == right


def test_the_number_beside_a_queue_is_the_number_of_its_cases(many: Blocked) -> None:
    page = many.owner.get("/exceptions/?by=list").context
    for entry in (*page["queues"], *page["work_queues"]):
        assert len(_cases_in(many.owner.get(f"/exceptions/{entry['url']}"))) == entry["count"], str(entry["label"])


def test_a_cause_counts_its_cases_and_unfolds_into_them(many: Blocked) -> None:
    groups = {group.key: group for group in many.owner.get("/exceptions/").context["list"].rows}
    gap = groups["mapping_gap:cost_center:sandbox_erp"]
    assert (gap.cases, gap.customers, gap.is_late, gap.only) == (2, 1, True, None)
    assert gap.title == "A value has no translation: Cost centre"
    assert sum(group.cases for group in groups.values()) == len(many.cases())
    unfolded = many.owner.get(f"/exceptions/cause/?key={quote(gap.key)}")
    assert len(unfolded.context["rows"]) == 2
    assert "<html" not in _page(unfolded)
    for nonsense in ("", "nonsense", "a:b", "x" * 900):
        assert "None of its exceptions" in _page(many.owner.get("/exceptions/cause/", {"key": nonsense}))


def test_the_queue_is_ordered_by_urgency_money_or_age(many: Blocked) -> None:
    rows = many.owner.get("/exceptions/?by=list").context["list"].rows
    assert [row.due_at for row in rows] == sorted(row.due_at for row in rows)
    rows = many.owner.get("/exceptions/?by=list&sort=-money").context["list"].rows
    known = [row.amount for row in rows if row.amount is not None]
    assert known
    assert known == sorted(known, reverse=True)
    groups = many.owner.get("/exceptions/?sort=age").context["list"].rows
    assert [group.oldest_at for group in groups] == sorted(group.oldest_at for group in groups)


def test_the_queue_asks_the_database_equally_often_however_long_it_is(many: Blocked) -> None:
    browser = many.owner
    for address in ("/exceptions/", "/exceptions/?by=list"):
        browser.get(address)
        with CaptureQueriesContext(connection) as asked:
            browser.get(address)
        selects = [query["sql"] for query in asked.captured_queries if "monitoring_" in query["sql"]]
        assert len(selects) <= QUERY_CEILING, address


def test_a_portal_without_exceptions_says_so(blocked: Blocked) -> None:
    with scope.work_in(blocked.line.partner):
        ExceptionCase.objects.all().delete()
    assert "No open exceptions" in _page(blocked.owner.get("/exceptions/"))
    assert "No exception fits this filter." in _page(blocked.owner.get("/exceptions/?q=nothing"))


def test_a_link_to_a_case_opens_it_beside_the_queue_it_came_from(many: Blocked) -> None:
    case = many.case("hours")
    page = _page(many.owner.get(f"/exceptions/?view=unassigned&case={case.id}"))
    assert f'data-shown-case="{case.id}"' in page
    assert 'name="from" value="view=unassigned"' in page
    part = _page(many.owner.get(f"/exceptions/{case.id}/?from=view%3Dunassigned", headers=PANE))
    assert "<html" not in part
    assert "What to do" in part
    assert many.owner.get(f"/exceptions/?case={uuid4()}").status_code == 200


def test_an_action_leads_to_the_next_case_and_lets_the_list_read_itself_again(many: Blocked) -> None:
    case, following = many.case("hours"), many.case("resource")
    answer = many.owner.post(
        f"/exceptions/{case.id}/retry/", {"from": "by=list", "next": str(following.id)}, headers=PANE
    )
    assert f'data-shown-case="{following.id}"' in _page(answer)
    assert answer["HX-Push-Url"] == f"/exceptions/?by=list&case={following.id}"
    assert "queue-changed" in answer["HX-Trigger-After-Settle"]
    assert "On its way again." in _page(answer)
    assert many.again(case).state == "resolving"
    last = many.owner.post(f"/exceptions/{following.id}/retry/", {"from": "", "next": "nonsense"}, headers=PANE)
    assert "That was the last one" in _page(last)


@pytest.mark.parametrize(
    ("verb", "typed", "sentence"),
    [
        ("skip", {"reason": " "}, "Say why these records are left out"),
        ("close", {"reason": ""}, "Say why it is closed"),
        ("note", {"text": "\n"}, "an empty note helps nobody"),
        ("note", {"text": "x" * 4001}, "A note holds 4000 characters"),
        ("note", {"text": "nul \x00 byte"}, "Null characters are not allowed"),
        ("skip", {"reason": "<script>alert(1)</script>" * 20}, "at most 200 characters"),
        ("assign", {"owner": "nobody"}, "Choose a person of the list."),
        ("assign", {"owner": str(uuid4())}, "Choose a person whose role works exceptions."),
    ],
)
def test_what_cannot_be_is_said_beside_what_was_typed(
    many: Blocked, verb: str, typed: dict[str, str], sentence: str
) -> None:
    case = many.case("hours")
    part = many.owner.post(f"/exceptions/{case.id}/{verb}/", {**typed, "from": ""}, headers=PANE)
    assert part.status_code == 200
    assert sentence in _page(part)
    assert "<script>alert" not in part.content.decode()
    page = many.owner.post(f"/exceptions/{case.id}/{verb}/", typed)
    assert page.status_code == 400
    assert sentence in _page(page)
    assert many.again(case).state == "open"


def test_assigning_can_be_taken_back_at_once(many: Blocked) -> None:
    case = many.case("hours")
    with scope.work_in(many.line.partner):
        worker = many.person(Role.SUPPORT)
    done = many.owner.post(f"/exceptions/{case.id}/assign/", {"owner": str(worker.id), "from": ""}, headers=PANE)
    assert "Support has it now." in _page(done)
    assert ">Undo<" in _page(done)
    assert many.again(case).owner_id == worker.id
    many.owner.post(f"/exceptions/{case.id}/assign/", {"owner": "", "from": ""})
    assert many.again(case).owner_id is None


def test_a_correction_shows_its_difference_before_it_is_sent(blocked: Blocked) -> None:
    case = blocked.case("hours")
    (record,) = blocked.records(case)
    here = f"/exceptions/{case.id}/records/{record.id}/edit/"
    typed = {"field": "hours", "new_value": "7.5", "reason": "Typed wrongly.", "from": ""}
    looked = blocked.owner.post(here, {**typed, "step": "look"}, headers=PANE)
    (differs,) = [row for row in looked.context["rows"] if row["differs"]]
    assert differs["right"] == "7.5"
    assert differs["left"] != "7.5"
    assert blocked.again(case).state == "open"
    again = blocked.owner.post(here, {**typed, "step": "change"}, headers=PANE)
    assert 'value="7.5"' in _page(again)
    wrong = blocked.owner.post(here, {**typed, "new_value": "seven", "step": "look"}, headers=PANE)
    assert "Hours:" in _page(wrong)
    sent = blocked.owner.post(here, {**typed, "step": "send"}, headers=PANE)
    assert "Corrected, and on its way again." in _page(sent)
    assert blocked.again(case).state == "resolving"


def test_what_came_meanwhile_is_counted_and_moves_nothing(many: Blocked) -> None:
    now = timezone.now()
    before, after = (quote((now + timedelta(hours=hours)).isoformat()) for hours in (-1, 1))
    new = len([case for case in many.cases() if case.opened_at > now - timedelta(hours=1)])
    assert f"{new} new: show" in _page(many.owner.get(f"/exceptions/news/?since={before}"))
    for since in (after, "", "nonsense", "2026-13-45T99:99", "x" * 300):
        assert "new: show" not in _page(many.owner.get(f"/exceptions/news/?since={since}"))


def test_the_pages_own_saved_views_stand_beside_the_queues(many: Blocked) -> None:
    browser = many.owner
    with scope.work_in(many.line.partner):
        owner = User.objects.get(id=many.people["owner"].id).as_actor()
        save_view(
            actor=owner, list_key="exceptions", query="severity=high", name="Burning", is_shared=False, is_default=True
        )
    page = browser.get("/exceptions/")
    assert "Burning" in _page(page)
    assert _cases_in(page) <= {case.id for case in many.cases() if case.severity == "high"}


def test_everything_that_matches_can_be_chosen_and_is_asked_about_with_true_counts(many: Blocked) -> None:
    ask = "/exceptions/bulk/ask/"
    asked = many.owner.post(
        ask,
        {"kind": "close", "everything": "1", "from": "queue=master_data"},
        headers={"HX-Target": "bulk-dialog-body"},
    )
    page = asked.context["page"]
    fitting = [case for case in many.cases() if case.queue == "master_data"]
    assert page.able == len(fitting)
    assert page.records == sum(case.operation_count for case in fitting)
    refused = many.owner.post(f"/exceptions/bulk/{page.id}/start/", {"reason": " "})
    assert refused.status_code == 400
    assert "Say why" in _page(refused)
    started = many.owner.post(f"/exceptions/bulk/{page.id}/start/", {"reason": "Year end."}, follow=True)
    assert "Waiting" in _page(started)
    many.work()
    many.line.work(Queue.MAINT)
    done = many.owner.get(f"/exceptions/bulk/{page.id}/").context["page"]
    assert (done.state, done.done, done.failed) == ("done", len(fitting), 0)
    assert all(many.again(case).state == "closed" for case in fitting)


@pytest.mark.parametrize(
    "typed",
    [{}, {"kind": "explode", "everything": "1"}, {"kind": "close"}, {"kind": "close", "ids": ["nonsense", "\x00"]}],
    ids=["nothing", "a deed that is none", "no case", "ids that are none"],
)
def test_a_bulk_job_about_nothing_is_refused_in_words(many: Blocked, typed: dict[str, Any]) -> None:
    answer = many.owner.post("/exceptions/bulk/ask/", typed, headers={"HX-Target": "bulk-dialog-body"})
    assert answer.status_code == 200
    assert "This cannot be done" in _page(answer)
    with scope.work_in(many.line.partner):
        assert not BulkJob.objects.exists()


def test_only_who_works_cases_may_ask_for_bulk_jobs(many: Blocked) -> None:
    for role in (Role.READ_ONLY, Role.CUSTOMER_OWNER):
        assert many.as_(role).post("/exceptions/bulk/ask/", {"kind": "close"}).status_code == 403, role
    customer = many.as_(Role.CUSTOMER_OWNER)
    assert customer.get("/exceptions/news/").content == b""
    assert customer.get("/exceptions/cause/?key=a:b:c").content == b""
