"""A connection that is pointed at another company: nothing passes before somebody has confirmed that this is meant."""

import asyncio
from collections.abc import Callable

import pytest
from django.db import connections
from django.test import Client

from apps.accounts.actions import Role
from apps.accounts.models import AuditEntry
from apps.accounts.services import create_user
from apps.connectors import connection_state, connection_tests, identity, services
from apps.connectors.contract import Connector, TestReport
from apps.connectors.models import CircuitBreaker, Connection, ConnectionTest
from apps.dispatch.models import Queue
from apps.monitoring.judging import judge_ledger
from apps.monitoring.models import ExceptionCase
from apps.tenants import scope
from tests.lines import Line


class Desk:
    """A line whose target is known by its tests, a second company, and the owner's browser."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.other = f"{line.company}-b"
        wishes = {"people": 2, "weeks": 1}
        self.token = line.sandbox.do(lambda client: client.found_company("erp", self.other, **wishes))
        self.test()
        self.browser = Client(headers={"host": "alder.localhost"})
        with scope.work_in(line.partner):
            self.browser.force_login(
                create_user(email="olga@alder.example", name="Olga Stein", role=Role.OWNER, password="correct horse")
            )

    def test(self) -> None:
        with scope.work_in(self.line.partner):
            connection_tests.request_test(self.target())
        self.line.work(Queue.POLL)

    def target(self) -> Connection:
        return Connection.objects.get(id=self.line.target.id)

    def stored(self) -> Connection:
        with scope.work_in(self.line.partner):
            return self.target()

    def point_at(self, company: str, token: str) -> None:
        """Enter another address and another token, as people do one after the other."""
        url = f"{self.line.sandbox.url}/erp/{company}/api/v1"
        with scope.work_in(self.line.partner):
            services.change_connection(self.target(), name="ERP", base_url=url, values={})
            services.set_secrets(self.target(), {"token": token})

    def lines_of(self, company: str) -> int:
        return len(list(self.line.sandbox.do(lambda client: client.records("erp", company, "time-lines"))))

    def page(self) -> str:
        shown = self.browser.get(f"/connections/{self.line.target.id}/").content.decode()
        return " ".join(shown.replace("&quot;", '"').split())


@pytest.fixture
def desk(make_line: Callable[..., Line]) -> Desk:
    """A desk with a flow that is live."""
    return Desk(make_line())


def test_another_companys_records_pass_only_once_somebody_has_confirmed_it(desk: Desk) -> None:
    assert desk.stored().account == desk.line.company
    desk.point_at(desk.other, desk.token)
    run = desk.line.run()
    assert desk.lines_of(desk.other) == 0  # not even before the test has told whose records these are
    desk.line.work(Queue.POLL, Queue.RUN)
    stored = desk.stored()
    assert (stored.id, stored.account, stored.account_seen) == (desk.line.target.id, desk.line.company, desk.other)
    assert stored.state == "attention"
    assert stored.state_reason.startswith(
        f"Another account answers: it was “{desk.line.company}”, now it is “{desk.other}”."
    )
    assert desk.lines_of(desk.other) == 0
    page = desk.page()
    for words in ("Needs confirmation:", f"Yes, “{desk.other}” is meant", "Nothing passes until somebody confirms it."):
        assert words in page, words
    assert "Needs confirmation" in desk.browser.get("/connections/").content.decode()
    _judge(desk)
    with scope.work_in(desk.line.partner):
        assert "ERP answers for another account since" in ExceptionCase.objects.get().explanation
    _end_well(desk)
    assert desk.stored().state == "attention"  # what was under way and went well hides nothing

    confirm = f"/connections/{desk.line.target.id}/account/"
    wrong = desk.browser.post(confirm, {"account": "somebody-else"}, follow=True)
    assert "answers for another account by now" in wrong.content.decode()
    assert desk.stored().account == desk.line.company
    done = desk.browser.post(confirm, {"account": desk.other}, follow=True)
    assert f"Confirmed: records of {desk.other} pass from now on." in done.content.decode()
    desk.line.work(Queue.POLL, Queue.RUN)
    stored = desk.stored()
    assert (stored.account, stored.account_seen, stored.state) == (desk.other, "", "working")
    assert desk.line.reload(run).state not in {"queued", "running"}
    with scope.work_in(desk.line.partner):
        entry = AuditEntry.objects.filter(action="connection_changed").latest("id")
        assert desk.other in f"{vars(entry)}"


def _judge(desk: Desk) -> None:
    """Let monitoring look."""
    with scope.enter(desk.line.partner):
        judge_ledger()


def _end_well(desk: Desk) -> None:
    """End a run that was under way all the time."""
    with scope.work_in(desk.line.partner):
        connection_state.mark_working(desk.line.target.id)


def test_entering_the_former_company_again_asks_nothing_more(desk: Desk) -> None:
    desk.point_at(desk.other, desk.token)
    desk.line.work(Queue.POLL)
    assert desk.stored().account_seen == desk.other
    desk.point_at(desk.line.company, desk.line.tokens["erp"])
    desk.line.work(Queue.POLL)
    stored = desk.stored()
    assert (stored.account, stored.account_seen, stored.state) == (desk.line.company, "", "working")
    desk.line.run()
    assert desk.lines_of(desk.line.company) > 0


def test_the_same_companys_new_credentials_are_tested_by_themselves_and_let_work_go_on(desk: Desk) -> None:
    with scope.work_in(desk.line.partner):
        services.set_secrets(desk.target(), {"token": desk.line.tokens["erp"]})
        assert CircuitBreaker.objects.get().is_held
    assert "is being tested. What waits goes on by itself afterwards." in desk.page()
    desk.line.work(Queue.POLL)
    with scope.work_in(desk.line.partner):
        assert ConnectionTest.objects.first().state == "passed"  # type: ignore[union-attr]
        assert CircuitBreaker.objects.get().state == "closed"
    assert desk.stored().state == "working"


def test_wrong_credentials_wait_for_a_person_as_ever(desk: Desk) -> None:
    with scope.work_in(desk.line.partner):
        services.set_secrets(desk.target(), {"token": "a-wrong-token-4711"})
    desk.line.work(Queue.POLL)
    assert desk.stored().state == "attention"
    assert "no longer accepts the sign-in" in desk.stored().state_reason
    desk.line.run()
    with scope.work_in(desk.line.partner):
        breaker = CircuitBreaker.objects.get()
        assert (breaker.needs_person, breaker.is_unconfirmed) == (True, False)


def test_a_test_that_is_asked_for_while_another_runs_is_of_what_was_entered_last(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first test has opened the old token when the new one is stored: its result says nothing."""
    with scope.work_in(desk.line.partner):
        services.set_secrets(desk.target(), {"token": "a-wrong-token-4711"})
        running = ConnectionTest.objects.get(state="running")
    real = connection_tests._test
    entered: list[bool] = []

    async def slow(connector: Connector) -> TestReport:
        if not entered:
            entered.append(True)
            await _enter_meanwhile(desk)
        return await real(connector)

    monkeypatch.setattr(connection_tests, "_test", slow)
    desk.line.work(Queue.POLL)
    with scope.work_in(desk.line.partner):
        assert ConnectionTest.objects.get(id=running.id).state == "passed"
    assert desk.stored().state == "working"


async def _enter_meanwhile(desk: Desk) -> None:
    """Store the right token, in a thread with a database connection of its own."""

    def enter() -> None:
        try:
            with scope.work_in(desk.line.partner):
                services.set_secrets(desk.target(), {"token": desk.line.tokens["erp"]})
        finally:
            connections.close_all()

    await asyncio.to_thread(enter)


def test_another_address_is_tested_by_itself(desk: Desk) -> None:
    typed = {"name": "ERP", "base_url": f"{desk.line.sandbox.url}/erp/{desk.line.company}/api/v1/"}
    changed = desk.browser.post(f"/connections/{desk.line.target.id}/edit/", typed, follow=True)
    assert "ERP is changed and being tested." in changed.content.decode()
    desk.line.work(Queue.POLL)
    assert desk.stored().state == "working"


def test_a_system_that_tells_no_account_is_let_go_on_at_once(desk: Desk) -> None:
    with scope.work_in(desk.line.partner):
        Connection.objects.filter(id=desk.line.target.id).update(account="")
        services.set_secrets(desk.target(), {"token": desk.line.tokens["erp"]})
        assert not CircuitBreaker.objects.exclude(state="closed").exists()
        assert identity.note_account(desk.line.target.id, "")
        assert identity.question_of(desk.line.target.id) == ""
