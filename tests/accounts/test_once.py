"""A form that is sent twice does its work once."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.test import RequestFactory
from redis.exceptions import ConnectionError as RedisConnectionError

from apps.accounts import once as once_module
from apps.accounts.once import once

pytestmark = pytest.mark.usefixtures("clean_cache", "db")


@pytest.fixture(autouse=True)
def _kept_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every request commits at its end; a test's transaction never does."""
    monkeypatch.setattr(transaction, "on_commit", lambda keep: keep())
    monkeypatch.setattr(once_module.messages, "info", lambda *_: None)


def _sent(**form: str) -> HttpRequest:
    request = RequestFactory().post("/customers/new/", form, headers={"referer": "http://testserver/customers/new/"})
    request.resolver_match = None
    return request


def _view(answers: list[HttpResponse]) -> tuple[Callable[..., HttpResponse], list[Any]]:
    calls: list[Any] = []

    @once
    def view(request: HttpRequest) -> HttpResponse:
        calls.append(request)
        return answers[len(calls) - 1]

    return view, calls


def test_the_second_sending_is_answered_as_the_first() -> None:
    view, calls = _view([HttpResponseRedirect("/customers/7/")])
    first, second = view(_sent(once="a")), view(_sent(once="a"))
    assert (first["Location"], second["Location"], len(calls)) == ("/customers/7/", "/customers/7/", 1)


def test_a_form_that_came_back_with_errors_may_be_sent_again() -> None:
    view, calls = _view([HttpResponse(status=400), HttpResponseRedirect("/customers/7/")])
    view(_sent(once="a"))
    assert view(_sent(once="a"))["Location"] == "/customers/7/"
    assert len(calls) == 2


def test_a_page_shown_once_is_not_shown_twice() -> None:
    view, calls = _view([HttpResponse("the secret")])
    view(_sent(once="a"))
    again = view(_sent(once="a"))
    assert (again.status_code, again["Location"], len(calls)) == (302, "/customers/new/", 1)


def test_a_part_of_a_page_sent_twice_leaves_the_page_as_the_first_answer_made_it() -> None:
    view, calls = _view([HttpResponse("<p>noted</p>")])
    view(_sent(once="a"))
    again = _sent(once="a")
    again.META["HTTP_HX_REQUEST"] = "true"
    assert (view(again).status_code, len(calls)) == (204, 1)


@pytest.mark.parametrize("form", [{}, {"once": ""}], ids=["no token", "an empty one"])
def test_forms_without_a_token_work_every_time(form: dict[str, str]) -> None:
    view, calls = _view([HttpResponseRedirect("/1/"), HttpResponseRedirect("/2/")])
    view(_sent(**form))
    view(_sent(**form))
    assert len(calls) == 2


def test_two_forms_are_two_deeds() -> None:
    view, calls = _view([HttpResponseRedirect("/1/"), HttpResponseRedirect("/2/")])
    view(_sent(once="a"))
    view(_sent(once="b"))
    assert len(calls) == 2


def test_a_deed_that_broke_may_be_tried_again() -> None:
    calls = []

    @once
    def view(request: HttpRequest) -> HttpResponse:
        calls.append(request)
        if len(calls) == 1:
            raise RuntimeError("broken")
        return HttpResponseRedirect("/1/")

    with pytest.raises(RuntimeError):
        view(_sent(once="a"))
    assert view(_sent(once="a"))["Location"] == "/1/"


def test_a_form_still_works_while_the_memory_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise RedisConnectionError("away")

    for name in ("add", "set", "delete", "get"):
        monkeypatch.setattr(cache, name, away)
    view, calls = _view([HttpResponseRedirect("/1/")])
    assert view(_sent(once="a"))["Location"] == "/1/"
    assert len(calls) == 1
