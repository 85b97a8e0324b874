"""The clocks of a case on its page: due, standing still and why, what is left, missed by how much, and the way to the boards."""

from datetime import timedelta

from django.utils import timezone

from apps.accounts.actions import Role
from apps.flows.models import Flow
from apps.monitoring import case_book, case_clocks
from apps.monitoring.models import ExceptionCase, SlaBreach
from apps.monitoring.queries.clocks_of_case import list_clocks
from apps.monitoring.sla_watch import watch_clocks
from tests.service_levels import Firm, at


def _rows(case: ExceptionCase, minutes: int) -> list[tuple[str, str, str]]:
    return [(one.promise, one.state, one.words) for one in list_clocks(case, at(minutes))]


def test_a_cases_clocks_say_how_each_stands(firm: Firm) -> None:
    firm.promise()
    case = firm.open(failed_at=at(-5))
    assert _rows(case, 30) == [
        ("Noticed", "met", "kept, after 5 min"),
        ("Taken up", "running", "30 min left"),
        ("Resolved", "running", "7 h 30 min left"),
    ]
    case.waiting_on = "customer"
    case.save(update_fields=["waiting_on"])
    case_clocks.follow_waiting(case, at(40))
    taken_up, resolved = list_clocks(case, at(90))[1:]
    assert (taken_up.state, taken_up.words, taken_up.is_late) == ("breached", "missed by 30 min so far", True)
    assert (resolved.state, resolved.cause, resolved.paused_at) == ("paused", "waiting for the customer", at(40))
    assert (resolved.due_at, resolved.words) == (None, "7 h 20 min left")


def test_a_missed_promise_leads_to_itself_and_a_running_one_to_the_board(firm: Firm) -> None:
    firm.promise()
    case = firm.open()
    watch_clocks(at(100), lambda: None)
    taken_up, resolved = list_clocks(case, at(100))
    assert taken_up.url == f"/service-levels/missed/{SlaBreach.objects.get().id}/"
    assert resolved.url == f"/service-levels/?promise=resolve&customer={firm.customer.id}"
    case_clocks.acknowledge(case, at(120))
    case_book.close_case(case, ExceptionCase.ClosedHow.SETTLED, reason="done.", now=at(130))
    taken_up, resolved = list_clocks(case, at(9000))
    assert (taken_up.words, resolved.words, resolved.url) == ("missed by 1 h", "kept, after 2 h 10 min", "")


def test_the_page_of_an_exception_lists_its_clocks(firm: Firm) -> None:
    now = timezone.now()
    firm.promise(since=now - timedelta(days=2))
    case = firm.open(now=now - timedelta(hours=2))
    Flow.objects.update(live_version=None)  # it has rows only, nothing that a page could read
    page = firm.browser(Role.SUPPORT).get(f"/exceptions/{case.id}/").content.decode()
    for words in ("Its clocks", "Taken up", "missed by 1 h so far", "Gold", "/service-levels/?promise=resolve"):
        assert words in page, words
