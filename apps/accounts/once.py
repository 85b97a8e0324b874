"""A form that is sent twice does its work once: the second sending is answered as the first one was.

The form holds `{% once_token %}`; its view is decorated with `@once`. Only answers that redirect are remembered, for ten
minutes: a form that came back with errors may be sent again.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import Any, TypeVar

from django.contrib import messages
from django.core.cache import cache
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from redis.exceptions import RedisError

from apps.accounts.access import page_to_return_to

FIELD = "once"
KEPT_SECONDS = 600
_WORKING = ""  # somebody is at it; an address: this is where it led
_PATIENCE_SECONDS = 5.0
_LONGEST = 64

View = TypeVar("View", bound=Callable[..., HttpResponse])


def once(view: View) -> View:
    """Let a POST with the same token work once; used below `@requires`, so that strangers leave no trace.

    An answer that shows a page instead of redirecting (a secret, say) is not shown again: the repeat leads back to the
    page it was sent from, with a sentence.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        token = request.POST.get(FIELD, "")[:_LONGEST] if request.method == "POST" else ""
        if not token:
            return view(request, *args, **kwargs)
        key = _key(request, token)
        if not _is_first(key):
            return _again(request, key)
        try:
            response = view(request, *args, **kwargs)
        except BaseException:
            _forget(key)
            raise
        _remember(key, request, response)
        return response

    return guarded  # type: ignore[return-value]


def _key(request: HttpRequest, token: str) -> str:
    actor = getattr(request, "actor", None)
    match = request.resolver_match
    return f"once:{actor.user_id if actor else ''}:{match.view_name if match else ''}:{token}"


def _is_first(key: str) -> bool:
    try:
        return bool(cache.add(key, _WORKING, KEPT_SECONDS))
    except RedisError:
        return True  # no memory, no protection: the form still works


def _forget(key: str) -> None:
    with suppress(RedisError):
        cache.delete(key)


def _remember(key: str, request: HttpRequest, response: HttpResponse) -> None:
    if response.status_code >= 400:
        _forget(key)
        return
    address = response.headers.get("Location") or response.headers.get("HX-Redirect") or page_to_return_to(request)

    def keep() -> None:
        with suppress(RedisError):
            cache.set(key, address, KEPT_SECONDS)

    transaction.on_commit(keep)  # the page it leads to exists only then


def _again(request: HttpRequest, key: str) -> HttpResponse:
    until = time.monotonic() + _PATIENCE_SECONDS
    address = _WORKING
    while address == _WORKING and time.monotonic() < until:
        with suppress(RedisError):
            address = cache.get(key, page_to_return_to(request))
        if address == _WORKING:
            time.sleep(0.1)
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204)  # the first answer has changed the page already
    messages.info(request, _("This was sent twice. It was done once."))
    return HttpResponseRedirect(address or page_to_return_to(request))
