"""Subscriptions as a manifest declares them, for a system that wants to be told their end and keeps no versions."""

import dataclasses
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from apps.connectors.contract import Subscriber, WantedSubscription
from apps.connectors.errors import MisconfiguredError, RetryableError
from apps.connectors.webhook_spec import SubscriptionSpec, WebhookSpec
from tests.connectors.protocols.things import NOW, Body, opened, system_with

# As Microsoft Graph: https://learn.microsoft.com/graph/api/subscription-post-subscriptions
SPEC = SubscriptionSpec(
    path="subscriptions",
    one_path="subscriptions/{key}",
    resources={"things": "all/things"},
    body={
        "changeType": "updated",
        "notificationUrl": "{address}",
        "resource": "{resource}",
        "expirationDateTime": "{until}",
        "clientState": "{secret}",
    },
    renewal={"expirationDateTime": "{until}"},
    life_seconds=4000,
    key_field="id",
)
SYSTEM = dataclasses.replace(system_with(), webhook=WebhookSpec("client_state", subscription=SPEC))
WANTED = WantedSubscription("things", "https://portal.example.com/in/abc", "shared-secret-4711")
UNTIL = "2026-11-21T13:06:40Z"


class System:
    """Answers as told and remembers what it was asked."""

    def __init__(self, **answers: tuple[int, Body]) -> None:
        self.answers, self.asked = answers, list[tuple[str, str, Body]]()

    def __call__(self, method: str, path: str, query: Mapping[str, str], body: Body) -> tuple[int, Body]:
        self.asked.append((method, path, body))
        return self.answers[method]


async def test_one_is_made_with_the_end_that_is_asked_for() -> None:
    system = System(GET=(200, {"value": []}), POST=(201, {"id": "s-1", "expirationDateTime": "2026-11-21T13:00:00Z"}))
    async with opened(system, SYSTEM) as connector:
        assert isinstance(connector, Subscriber)
        held = await connector.subscribe(WANTED)
    assert (held.key, held.until) == ("s-1", NOW + timedelta(hours=1))
    assert system.asked[1] == (
        "POST",
        "/subscriptions",
        {
            "changeType": "updated",
            "notificationUrl": WANTED.address,
            "resource": "all/things",
            "expirationDateTime": UNTIL,
            "clientState": WANTED.secret,
        },
    )


async def test_one_that_is_there_already_is_taken_over() -> None:
    ours = {"id": "s-7", "notificationUrl": WANTED.address, "resource": "/all/things"}
    others = {**ours, "id": "s-6", "notificationUrl": "https://elsewhere.example.com/in/abc"}
    system = System(GET=(200, {"value": [others, ours]}), PATCH=(200, {**ours, "expirationDateTime": UNTIL}))
    async with opened(system, SYSTEM) as connector:
        held = await connector.subscribe(WANTED)
    assert held.key == "s-7"
    assert system.asked[1:] == [("PATCH", "/subscriptions/s-7", {"expirationDateTime": UNTIL})]


ENDS: dict[str, tuple[Any, timedelta]] = {
    "told in UTC": ("2026-11-21T12:30:00Z", timedelta(minutes=30)),
    "told with an offset": ("2026-11-21T14:30:00+02:00", timedelta(minutes=30)),
    "told without a zone": ("2026-11-21T12:30:00.0000000", timedelta(minutes=30)),
    "not told": (None, timedelta(seconds=4000)),
    "not a time": ("soon", timedelta(seconds=4000)),
    "beyond what the system allows": ("2036-11-21T12:30:00Z", timedelta(seconds=4000)),
}


@pytest.mark.parametrize(("told", "lasts"), ENDS.values(), ids=ENDS.keys())
async def test_a_renewed_one_lasts_as_long_as_the_system_says(told: Any, lasts: timedelta) -> None:
    async with opened(System(PATCH=(200, {"id": "s-1", "expirationDateTime": told})), SYSTEM) as connector:
        held = await connector.renew_subscription("s-1", WANTED)
    assert held is not None
    assert held.until == NOW + lasts


@pytest.mark.parametrize("status", [404, 410])
async def test_one_that_was_forgotten_is_told_as_such_and_ending_it_is_no_error(status: int) -> None:
    gone = (status, {"message": "no such subscription"})
    async with opened(System(PATCH=gone, DELETE=gone), SYSTEM) as connector:
        assert await connector.renew_subscription("s-1", WANTED) is None
        await connector.unsubscribe("s-1")


async def test_an_outage_is_no_forgetting() -> None:
    async with opened(System(PATCH=(503, {}), DELETE=(503, {})), SYSTEM) as connector:
        with pytest.raises(RetryableError):
            await connector.renew_subscription("s-1", WANTED)
        with pytest.raises(RetryableError):
            await connector.unsubscribe("s-1")


async def test_one_without_a_number_could_not_be_renewed() -> None:
    async with opened(System(GET=(200, {"value": []}), POST=(201, {})), SYSTEM) as connector:
        with pytest.raises(MisconfiguredError, match="without a number"):
            await connector.subscribe(WANTED)


async def test_a_system_that_is_told_by_hand_says_so() -> None:
    async with opened(System()) as connector:
        with pytest.raises(MisconfiguredError, match="enter the webhook address there"):
            await connector.subscribe(WANTED)


@pytest.mark.parametrize(
    ("wrong", "words"), [({"body": {"resource": "{resource}"}}, "body:"), ({"life_seconds": 60}, "life_seconds:")]
)
def test_what_cannot_work_is_refused_when_it_is_declared(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        dataclasses.replace(SPEC, **wrong)
