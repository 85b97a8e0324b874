"""The log of calls: what of each is kept, for whom, how much of it, and that no call waits for it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from redis import Redis

from apps.connectors import call_log, rate_budget
from apps.connectors.auth import Signer
from apps.connectors.call_log import KEPT_FAILED, KEPT_WELL, CallLog, LoggedCall
from apps.connectors.contract import Exchange
from apps.connectors.errors import RemoteError
from apps.connectors.manifest import Limits
from apps.connectors.rate_budget import RedisBudget, read_use
from tests.connectors.conftest import Script, door_to, read_request, reply, wire

SECRET = "a-token-that-nobody-may-see-4711"
PARTNER = 71


def _log(connection_id: UUID, **changes: Any) -> CallLog:
    return CallLog(PARTNER, connection_id, settings.REDIS_URL, **changes)


def _calls(connection_id: UUID, *, only_failed: bool = False, partner: object = PARTNER) -> list[LoggedCall]:
    call_log.settle()
    return call_log.read_calls(partner, connection_id, settings.REDIS_URL, only_failed=only_failed)


def _answers(*replies: bytes) -> Script:
    async def script(reader: Any, writer: Any) -> None:
        for one in replies:
            await read_request(reader)
            writer.write(one)
            await writer.drain()

    return script


async def test_the_calls_of_a_door_can_be_looked_at_without_what_opens_it() -> None:
    connection_id = uuid4()
    refused = reply("422 No", f'{{"message": "closed", "echo": "{SECRET}", "api_key": "k-998877"}}'.encode())
    seen = reply("200 OK", f'{{"name": "Alder", "note": "{SECRET}"}}'.encode())
    auth = Signer({"Authorization": f"Bearer {SECRET}"}, (SECRET,))
    async with (
        wire(_answers(seen, refused)) as url,
        door_to(url, auth=auth, log=_log(connection_id, purpose="test-1"), limits=Limits(at_once=1)) as door,
    ):
        await door.request("GET", f"people?token={SECRET}&page=2")
        await door.request("POST", "lines", body={"hours": 7.5, "password": "hunter2222"})
    failed, well = _calls(connection_id)
    assert (failed.method, failed.status, failed.failed, failed.purpose) == ("POST", 422, True, "test-1")
    assert "closed" in failed.response
    assert "7.5" in failed.request
    assert (well.method, well.status, well.failed) == ("GET", 200, False)
    assert "Alder" in well.response
    assert "page=2" in well.url
    kept = repr([failed, well])
    for secret in (SECRET, "k-998877", "hunter2222"):
        assert secret not in kept
    assert [call.status for call in _calls(connection_id, only_failed=True)] == [422]


async def test_a_call_without_an_answer_is_a_failed_one() -> None:
    connection_id = uuid4()
    async with door_to("http://127.0.0.1:9", log=_log(connection_id)) as door:
        with pytest.raises(RemoteError):
            await door.request("GET", "people")
    (call,) = _calls(connection_id)
    assert (call.status, call.failed) == (None, True)
    day = call_log.read_day(PARTNER, connection_id, settings.REDIS_URL, datetime.now(UTC))
    assert (day.made, day.failed, day.too_often) == (1, 1, 0)


def test_of_many_calls_the_last_are_kept_and_the_failed_are_not_pushed_out() -> None:
    connection_id = uuid4()
    for number in range(KEPT_WELL):
        log = _log(connection_id)
        log.note(Exchange("GET", f"https://x.example/{number}", 500 if number == 0 else 200, 3), None, b"{}", ())
        log.note(Exchange("GET", f"https://x.example/{number}b", 200, 3), None, b"{}", ())
        log.tell()
    calls = _calls(connection_id)
    assert len(calls) == KEPT_WELL + 1
    assert calls[0].url.endswith(f"/{KEPT_WELL - 1}b")
    assert calls[-1].status == 500
    many = _log(connection_id)
    for _ in range(3 * KEPT_FAILED):
        many.note(Exchange("GET", "https://x.example/", 429, 3), None, b"", ())
    many.tell()
    assert len(_calls(connection_id, only_failed=True)) == KEPT_FAILED
    day = call_log.read_day(PARTNER, connection_id, settings.REDIS_URL, datetime.now(UTC))
    assert (day.made, day.failed, day.too_often) == (2 * KEPT_WELL + 3 * KEPT_FAILED, 1, 3 * KEPT_FAILED)
    assert 0 < Redis.from_url(settings.REDIS_URL).ttl(f"calls:{PARTNER}:{connection_id}:well") <= 24 * 3600


def test_no_contents_are_kept_where_the_customer_keeps_none() -> None:
    connection_id = uuid4()
    log = _log(connection_id, bodies=False)
    log.note(Exchange("POST", "https://x.example/", 422, 3, '{"salary": 1}', '{"salary": 2}'), b"", b"", ())
    log.note(Exchange("GET", "https://x.example/", 200, 3), b"", b'{"salary": 3}', ())
    log.tell()
    calls = _calls(connection_id)
    assert [call.has_bodies for call in calls] == [False, False]


def test_one_partner_finds_nothing_of_another() -> None:
    connection_id = uuid4()
    log = _log(connection_id)
    log.note(Exchange("GET", "https://x.example/", 429, 3), None, b"", ())
    log.tell()
    assert len(_calls(connection_id)) == 1
    assert _calls(connection_id, partner=72) == []
    since = datetime.now(UTC) - timedelta(hours=1)
    assert connection_id in call_log.list_limited(PARTNER, settings.REDIS_URL, since)
    assert connection_id not in call_log.list_limited(72, settings.REDIS_URL, since)
    call_log.forget_calls(PARTNER, connection_id, settings.REDIS_URL)
    assert _calls(connection_id) == []
    assert connection_id not in call_log.list_limited(PARTNER, settings.REDIS_URL, since)


async def test_calls_go_on_while_nothing_can_be_written_down() -> None:
    nowhere = "redis://127.0.0.1:9/0"
    log = CallLog(PARTNER, uuid4(), nowhere)
    async with wire(_answers(reply("200 OK"))) as url, door_to(url, log=log) as door:
        assert (await door.request("GET", "people")).status == 200
    call_log.settle()
    assert call_log.list_limited(PARTNER, nowhere, datetime.now(UTC)) == {}


def test_one_odd_call_does_not_end_the_log_of_all_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def stumble(*_: object, **__: object) -> str:
        raise ValueError("odd")

    odd, sound = uuid4(), uuid4()
    call = Exchange("GET", "https://a.example/people", 200, 3)
    monkeypatch.setattr(call_log, "redact_body", stumble)
    stumbling = _log(odd)
    stumbling.note(call, None, b"{}", ())
    stumbling.tell()
    call_log.settle()
    monkeypatch.undo()
    log = _log(sound)
    log.note(call, None, b"{}", ())
    log.tell()
    assert _calls(odd) == []
    assert [one.url for one in _calls(sound)] == [call.url]


async def test_how_much_of_the_limit_is_used_is_told() -> None:
    limits, key = Limits(calls=600, seconds=3600), str(uuid4())
    fresh = read_use(key, limits, settings.REDIS_URL)
    assert fresh is not None
    assert (fresh.used, fresh.calls, fresh.held_seconds) == (0, 600, 0)
    budget = RedisBudget(rate_budget._client(settings.REDIS_URL), key=key, limits=limits)
    for _ in range(30):
        await budget.take()
    await budget.hold(90)
    used = read_use(key, limits, settings.REDIS_URL)
    assert used is not None
    assert (used.used, used.percent) == (30, 5)
    assert 80 < used.held_seconds <= 90
    assert read_use(key, Limits(), settings.REDIS_URL) is None
