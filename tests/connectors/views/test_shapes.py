"""The fields of a connection's system on its page: read by a worker, told when they change, agreed to by a person."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.actions import Role
from apps.accounts.models import AuditEntry
from apps.connectors import registry, shape_book
from apps.connectors.connection_tests import request_test
from apps.connectors.models import Connection, Discovery, ObjectShape
from apps.connectors.services import disable_connection
from apps.dispatch.models import DueWork, Queue
from apps.tenants import scope
from tests.connectors.views.test_connections import _browser, _page
from tests.lines import Line


@pytest.fixture
def line(make_line: Callable[..., Line]) -> Line:
    """A customer with two connections and the flow between them."""
    return make_line()


@pytest.fixture
def owner(line: Line) -> Client:
    """The owner's browser."""
    return _browser(line, Role.OWNER)


def _here(line: Line) -> str:
    return f"/connections/{line.source.id}/"


def _read(line: Line, owner: Client) -> str:
    """Press the button, let the worker work, and return the page."""
    owner.post(f"{_here(line)}fields/read/")
    line.work(Queue.POLL)
    return _page(owner.get(_here(line)))


def _shape(line: Line, name: str = "time-entries") -> Any:
    with scope.work_in(line.partner):
        return ObjectShape.objects.get(connection=line.source, object_name=name)


def test_the_button_reads_every_object_with_its_fields_and_choices(line: Line, owner: Client) -> None:
    assert "Not read yet" in _page(owner.get(_here(line)))
    assert owner.post(f"{_here(line)}fields/read/")["Location"] == f"{_here(line)}#fields"
    owner.post(f"{_here(line)}fields/read/")
    waiting = owner.get(f"{_here(line)}fields/live/", headers={"HX-Request": "true"})
    assert "Asking PSA which fields" in _page(waiting)
    line.work(Queue.POLL)
    page = _page(owner.get(f"{_here(line)}fields/live/"))
    for words in ("Time entries", "23 fields", "Worked on", "Takes: draft, submitted, approved, rejected.", "Day"):
        assert words in page, words
    assert "Asking PSA" not in page
    with scope.work_in(line.partner):
        read = set(ObjectShape.objects.filter(connection=line.source).values_list("object_name", flat=True))
        assert read == {spec.name for spec in registry.manifest("sandbox_psa").objects}
        assert Discovery.objects.get(connection=line.source).state == "done"


def test_a_field_that_is_renamed_is_told_until_it_is_back(line: Line, owner: Client) -> None:
    assert "no longer as mappings rely on them" not in _read(line, owner)
    line.faults("psa", schema_change=1)
    page = _read(line, owner)
    assert "no longer as mappings rely on them" in page
    assert "Hours (hours) is gone." in page
    assert "duration is new." in page
    with scope.work_in(line.partner):
        entry = AuditEntry.objects.filter(action="connection_changed").latest("position")
        assert entry.details == {"fields": {"time-entries": ["duration: added", "hours: gone"]}}
    _read(line, owner)
    line.faults("psa")
    page = _read(line, owner)
    assert "no longer as mappings rely on them" not in page
    assert "No longer so: Hours (hours) is gone." in page
    # One added, one gone, and both the other way round: what stays as it is, is no news.
    assert len(_shape(line).notes) == 4


def test_a_person_takes_the_fields_as_they_are_now(line: Line, owner: Client) -> None:
    _read(line, owner)
    line.faults("psa", schema_change=1)
    assert "Take the fields as they are now" in _read(line, owner)
    assert _browser(line, Role.SUPPORT).post(f"{_here(line)}fields/agree/").status_code == 403
    answer = owner.post(f"{_here(line)}fields/agree/", follow=True)
    assert "count as they are now" in _page(answer)
    assert "Hours (hours) is gone." in _page(answer)  # among the news
    assert "no longer as mappings rely on them" not in _page(answer)
    assert "as they were agreed already" in _page(owner.post(f"{_here(line)}fields/agree/", follow=True))


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("down", "could not be read the last time. Out of service"),
        ("wrong_credentials", "no longer accepts the sign-in"),
    ],
)
def test_a_reading_that_fails_is_told_and_what_was_known_stays(
    line: Line, owner: Client, fault: str, words: str
) -> None:
    _read(line, owner)
    line.faults("psa", **{fault: 1})
    page = _read(line, owner)
    assert "The fields could not be read the last time." in page
    assert "23 fields" in page
    assert words.partition(". ")[0] in page
    assert not _shape(line).notes


def test_nothing_is_read_from_what_is_switched_off(line: Line, owner: Client) -> None:
    with scope.work_in(line.partner):
        disable_connection(Connection.objects.get(id=line.source.id), reason="Moves house.")
    assert "It is switched off: switch it on first." in _page(owner.post(f"{_here(line)}fields/read/", follow=True))
    with scope.work_in(line.partner):
        assert not Discovery.objects.exists()


def test_a_test_that_passes_reads_them_by_itself_and_the_day_after_they_are_read_again(line: Line) -> None:
    with scope.work_in(line.partner):
        request_test(Connection.objects.get(id=line.source.id))
    line.work(Queue.POLL)
    first = _shape(line).discovered_at
    with scope.work_in(line.partner):
        shape_book.ask_for_the_old()
        assert not DueWork.objects.filter(kind=shape_book.DISCOVER_KIND).exists()
        Discovery.objects.update(finished_at=timezone.now() - timedelta(hours=23))
        shape_book.ask_for_the_old()
        shape_book.ask_for_the_old()
        due = DueWork.objects.filter(kind=shape_book.DISCOVER_KIND)
        assert [work.reference for work in due] == [str(line.source.id)]  # the target was never tested
    line.work(Queue.POLL)
    assert _shape(line).discovered_at > first
