"""A toast can carry the way back."""

from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.sessions.backends.cache import SessionStore
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.test import RequestFactory

from apps.accounts.toasts import say_with_undo
from apps.tenants.templatetags.portal import undo_of


def _request() -> HttpRequest:
    request = RequestFactory().get("/")
    request.session = SessionStore()
    request._messages = FallbackStorage(request)  # type: ignore[attr-defined]
    return request


def test_a_deed_with_an_inverse_can_be_taken_back_from_its_toast() -> None:
    request = _request()
    say_with_undo(request, "Paused.", undo_url="/flows/7/resume/", fields={"reason": 'error "quoted" <script>'})
    (message,) = request._messages  # type: ignore[attr-defined]
    assert undo_of(message) == {"url": "/flows/7/resume/", "fields": {"reason": 'error "quoted" <script>'}}
    html = render_to_string("components/toasts.html", {"messages": [message], "csrf_token": "x"})
    assert 'action="/flows/7/resume/"' in html
    assert "tone-success" in html
    assert "<script>" not in html
