"""Figures beside entries of the menu; the rooms above say how to count when they start.

Counted at most every few seconds a person: every page shows them.
"""

from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from django.core.cache import cache
from redis.exceptions import RedisError

from apps.accounts.actor import Actor

KEPT_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Badge:
    """A figure beside an entry; `mine` are those of them that are the person's own."""

    number: int
    mine: int = 0


Count = Callable[[Actor], Badge]
_counts: dict[str, Count] = {}


def register(name: str, count: Count) -> None:
    """Count with `count` from now on; called once, when a room starts."""
    _counts[name] = count


def counts_for(who: Actor, names: Collection[str]) -> dict[str, Badge]:
    """Return the figures of those names that anybody counts, for the person who acts in the open scope."""
    wanted = {_key(name, who.user_id, who.customer_id): name for name in names if name in _counts}
    if not wanted:
        return {}
    known: dict[str, Badge] = {}
    with suppress(RedisError):  # without its memory a page counts anew, it does not break
        known = {wanted[key]: badge for key, badge in cache.get_many(list(wanted)).items()}
    fresh = {name: _counts[name](who) for name in wanted.values() if name not in known}
    if fresh:
        with suppress(RedisError):
            cache.set_many({key: fresh[name] for key, name in wanted.items() if name in fresh}, KEPT_SECONDS)
    return {**known, **fresh}


def _key(name: str, person: UUID | None, customer: UUID | None) -> str:
    return f"badge:{name}:{person}:{customer or ''}"
