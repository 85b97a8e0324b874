"""In which language and time zone something is said: a page to who reads it, a mail to who receives it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.translation.trans_real import catalog

Respond = Callable[[HttpRequest], HttpResponse]
API_PATH = "/api/"
MOST_TEXTS = 20_000  # the product has some nine thousand; what people typed may be asked for too


class LanguageMiddleware:
    """Answers each request in the reader's language and time zone; programs always read English and UTC."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer in the language the person chose, else the one the browser asks for."""
        if request.path.startswith(API_PATH):
            with speaking(settings.LANGUAGE_CODE):
                return self.get_response(request)
        actor = getattr(request, "actor", None)
        chosen = actor.language if actor else ""
        with speaking(
            chosen or translation.get_language_from_request(request), time_zone=actor.time_zone if actor else ""
        ):
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", translation.get_language() or settings.LANGUAGE_CODE)
        return response


@contextmanager
def speaking(language: str, *, time_zone: str = "") -> Iterator[None]:
    """Say everything inside in `language` (one of settings.LANGUAGES, else English) and `time_zone` (else UTC)."""
    known = language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
    with translation.override(known), timezone.override(zone_of(time_zone)):
        _remember(catalog())
        yield


def _remember(texts: Any) -> None:
    """Keep what a text is in a language once it was looked up: a page asks a thousand times.

    English has no text of its own for any of them: without this each is sought in every library's catalogue first.
    """
    if "gettext" not in vars(texts):
        texts.gettext = lru_cache(maxsize=MOST_TEXTS)(texts.gettext)


def zone_of(name: str) -> ZoneInfo:
    """Return the zone of that IANA name; UTC when there is none of that name."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
