"""The figures beside the menu: counted seldom, for each person, and never a reason for a page to break."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import cache
from redis.exceptions import ConnectionError as RedisConnectionError

from apps.accounts import badges
from apps.accounts.actions import Role
from apps.accounts.actor import Actor, actor_for_person
from apps.accounts.badges import Badge, counts_for

pytestmark = pytest.mark.usefixtures("clean_cache")


@pytest.fixture
def asked() -> Iterator[list[Actor]]:
    """Everybody a figure was counted for."""
    people: list[Actor] = []

    def count(who: Actor) -> Badge:
        people.append(who)
        return Badge(7, mine=2)

    badges.register("test-figure", count)
    yield people
    del badges._counts["test-figure"]


def _person() -> Actor:
    return actor_for_person(user_id=uuid4(), name="Ann", email="ann@alder.example", role=Role.OWNER)


@pytest.mark.usefixtures("in_partner_a")
def test_a_figure_is_counted_once_in_a_while_for_each_person(asked: list[Actor]) -> None:
    ann, ben = _person(), _person()
    for who in (ann, ann, ben, ann):
        assert counts_for(who, ["test-figure", "nobody counts this"]) == {"test-figure": Badge(7, 2)}
    assert asked == [ann, ben]


@pytest.mark.usefixtures("in_partner_a")
def test_without_its_memory_a_page_counts_anew(asked: list[Actor], monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise RedisConnectionError("away")

    monkeypatch.setattr(cache, "get_many", away)
    monkeypatch.setattr(cache, "set_many", away)
    who = _person()
    assert counts_for(who, ["test-figure"]) == counts_for(who, ["test-figure"]) == {"test-figure": Badge(7, 2)}
    assert asked == [who, who]
