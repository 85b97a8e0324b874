"""In which language and zone people read."""

from datetime import UTC, datetime

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.utils import timezone, translation
from uuid_utils.compat import uuid7

from apps.accounts.actions import Role
from apps.accounts.actor import actor_for_person
from apps.accounts.language import LanguageMiddleware, speaking, zone_of
from apps.tenants.templatetags import wording

NOW = datetime(2026, 11, 21, 23, 30, tzinfo=UTC)


def asked(
    path: str = "/", *, language: str = "", zone: str = "", cookie: str = "", header: str = ""
) -> tuple[str, str]:
    """Return the language and zone in which a request is answered."""
    request = RequestFactory().get(path, HTTP_ACCEPT_LANGUAGE=header)
    if cookie:
        request.COOKIES["language"] = cookie
    if language or zone:
        request.actor = actor_for_person(
            user_id=uuid7(), name="Ann", email="a@x.example", role=Role.OWNER, language=language, time_zone=zone
        )  # type: ignore[attr-defined]
    seen = []

    def respond(_: HttpRequest) -> HttpResponse:
        seen.append((translation.get_language(), timezone.get_current_timezone_name()))
        return HttpResponse()

    response = LanguageMiddleware(respond)(request)
    if not path.startswith("/api/"):
        assert response.headers["Content-Language"] == seen[0][0]
    return seen[0]


@pytest.mark.parametrize(
    ("given", "answered"),
    [
        pytest.param({"language": "de", "zone": "Europe/Berlin", "header": "en"}, ("de", "Europe/Berlin"), id="chosen"),
        pytest.param({"cookie": "de", "header": "en"}, ("de", "UTC"), id="cookie of somebody unknown"),
        pytest.param({"header": "de-AT,de;q=0.9,en;q=0.5"}, ("de", "UTC"), id="what the browser asks for"),
        pytest.param({"header": "fr,it;q=0.8"}, ("en-gb", "UTC"), id="a language we do not speak"),
        pytest.param({"cookie": "../../etc", "header": "xx\x00"}, ("en-gb", "UTC"), id="nonsense"),
        pytest.param({"language": "de", "zone": "Mars/Base"}, ("de", "UTC"), id="a zone that is no more"),
        pytest.param({"path": "/api/v1/flows/", "header": "de"}, ("en-gb", "UTC"), id="programs read English"),
    ],
)
def test_a_request_is_answered_in_the_language_and_zone_of_who_asks(
    given: dict[str, str], answered: tuple[str, str]
) -> None:
    assert asked(**given) == answered


def test_the_language_of_one_request_does_not_leak_into_the_next() -> None:
    before = translation.get_language()
    asked(language="de", zone="Asia/Tokyo")
    assert translation.get_language() == before
    assert timezone.get_current_timezone_name() == "UTC"


@pytest.mark.parametrize("name", ["", "Mars/Base", "../etc/passwd", "Europe/\x00Berlin"])
def test_a_zone_that_does_not_exist_is_read_as_utc(name: str) -> None:
    assert zone_of(name).key == "UTC"


def test_figures_and_moments_follow_the_readers_language_and_zone() -> None:
    with speaking("de", time_zone="Europe/Berlin"):
        assert wording.money_words("1234.5", "EUR") == "EUR\N{NO-BREAK SPACE}1.234,50"
        assert wording.absolute_words(NOW).endswith("00:30 CET")
        assert wording.date_words(NOW).startswith("22")
        assert wording.count_words(12345) == "12.345"
    with speaking("en-gb"):
        assert wording.money_words("1234.5", "EUR") == "EUR\N{NO-BREAK SPACE}1,234.50"
        assert wording.absolute_words(NOW) == "21 Nov 2026, 23:30 UTC"
