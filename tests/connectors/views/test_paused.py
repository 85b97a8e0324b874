"""A connection that is not called says so where people look: on its own page and on every page of its flows."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from apps.accounts.actions import Role
from apps.accounts.services import create_user
from apps.connectors import breaker
from apps.dispatch.models import Queue
from apps.tenants import scope
from tests.lines import Line


def _page(response: Any) -> str:
    return " ".join(response.content.decode().split())


@pytest.fixture
def line(make_line: Callable[..., Line]) -> Line:
    """A customer with two connections and the flow between them."""
    return make_line()


@pytest.fixture
def owner(line: Line) -> Client:
    """The owner's browser."""
    client = Client(headers={"host": "alder.localhost"})
    with scope.work_in(line.partner):
        client.force_login(
            create_user(email="o@alder.example", name="O", role=Role.OWNER, password="correct horse battery")
        )
    return client


def test_a_paused_connection_says_since_when_and_when_it_is_tried_next(line: Line, owner: Client) -> None:
    pages = [f"/connections/{line.target.id}/", f"/flows/{line.flow.id}/", f"/flows/{line.flow.id}/runs/"]
    for page in pages:
        assert "Paused:" not in _page(owner.get(page))
    with scope.work_in(line.partner):
        for _ in range(2):
            breaker.note_outage(line.target.id, "erp.example.com did not answer in time.")
    for page in pages:
        shown = _page(owner.get(page))
        assert "Paused: ERP does not answer." in shown
        assert "next try" in shown
    assert "erp.example.com did not answer in time." in _page(owner.get(pages[0]))
    assert f'href="/connections/{line.target.id}/"' in _page(owner.get(pages[1]))

    with scope.work_in(line.partner):
        breaker.note_refusal(line.target.id, "The system no longer accepts the sign-in.")
    for page in pages:
        shown = _page(owner.get(page))
        assert "Paused: ERP no longer accepts the sign-in." in shown
        assert "next try" not in shown

    with scope.work_in(line.partner):
        breaker.reset(line.target.id)
    for page in pages:
        assert "Paused:" not in _page(owner.get(page))


def test_new_credentials_entered_on_the_page_let_the_work_go_on(line: Line, owner: Client) -> None:
    line.faults("erp", wrong_credentials=1)
    run = line.run()
    assert run.state == "waiting"
    line.faults("erp")
    answer = owner.post(f"/connections/{line.target.id}/secrets/token/", {"value": line.tokens["erp"]})
    assert answer.status_code == 302
    line.work()
    assert line.reload(run).state == "clean"


def test_a_passed_test_lets_the_work_go_on(line: Line, owner: Client) -> None:
    line.faults("erp", wrong_credentials=1)
    run = line.run()
    line.faults("erp")
    owner.post(f"/connections/{line.target.id}/test/")
    line.work(Queue.POLL, Queue.RUN)
    assert line.reload(run).state == "clean"
