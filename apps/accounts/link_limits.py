"""How often links that open without an account may be tried: wrong ones by one address, answers by one link."""

from allauth.account.adapter import get_adapter
from django.core.cache import cache
from django.http import HttpRequest

ANSWERS_AN_HOUR = 60  # by one link
WRONG_LINKS_AN_HOUR = 40  # from one address
_HOUR_SECONDS = 3600


def has_guessed(request: HttpRequest, what: str) -> bool:
    """Return whether too many wrong links of this kind ("onboarding") came from the caller's address lately."""
    return int(cache.get(_network(request, what)) or 0) > WRONG_LINKS_AN_HOUR


def note_wrong_link(request: HttpRequest, what: str) -> None:
    """Count a link that was never made."""
    _count(_network(request, what))


def answers_too_often(what: str, link: object) -> bool:
    """Count an answer through one link, and return whether there were too many."""
    return _count(f"{what}-link:{link}") > ANSWERS_AN_HOUR


def _network(request: HttpRequest, what: str) -> str:
    return f"{what}-wrong-link:{get_adapter(request).get_client_ip(request)}"


def _count(key: str) -> int:
    cache.add(key, 0, _HOUR_SECONDS)
    try:
        return int(cache.incr(key))
    except ValueError:  # it ran out between the two calls
        return 1
