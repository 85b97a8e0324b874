"""The first call of a door goes alone; a refusal is answered once, an outage is not waited for one by one."""

import asyncio

import pytest

from tests.connectors.conftest import door_to, read_request, reply, wire


async def _served(status: str, number: int, *, slow: float = 0.02) -> tuple[int, int, list[int]]:
    """Make `number` calls at once; return calls that arrived, the most that were under way at once, and the statuses."""
    arrived, under_way, most = 0, 0, 0

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal arrived, under_way, most
        while True:
            await read_request(reader)
            arrived, under_way = arrived + 1, under_way + 1
            most = max(most, under_way)
            await asyncio.sleep(slow)
            under_way -= 1
            writer.write(reply(status))
            await writer.drain()

    async with wire(script) as url, door_to(url) as door:
        answers = await asyncio.gather(*(door.send("POST", "x", body={"n": n}) for n in range(number)))
    return arrived, most, [answer.status for answer in answers]


@pytest.mark.parametrize("number", [1, 2, 12])
async def test_a_refused_sign_in_is_refused_once_however_many_ask(number: int) -> None:
    arrived, most, statuses = await _served("401 Unauthorized", number)
    assert statuses == [401] * number
    assert (arrived, most) == (1, 1)


async def test_after_one_good_call_all_lanes_are_open() -> None:
    arrived, most, _ = await _served("200 OK", 12)
    assert arrived == 12
    assert most == 4


async def test_a_refused_call_tells_the_others_nothing_of_what_it_sent() -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await read_request(reader)
            await asyncio.sleep(0.02)
            writer.write(reply("401 Unauthorized"))
            await writer.drain()

    async with wire(script) as url, door_to(url) as door:
        first, second = await asyncio.gather(
            door.send("POST", "x", body={"name": "Ada"}), door.send("POST", "x", body={"name": "Bob"})
        )
    assert "Ada" in first.exchange.request
    assert "Ada" not in f"{second.exchange}"


async def test_calls_after_a_refusal_try_again() -> None:
    statuses = iter(["401 Unauthorized", "200 OK"])

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await read_request(reader)
            writer.write(reply(next(statuses)))
            await writer.drain()

    async with wire(script) as url, door_to(url) as door:
        assert (await door.send("GET", "x")).status == 401
        assert (await door.send("GET", "x")).status == 200


async def test_time_outs_are_not_waited_for_one_after_the_other() -> None:
    started = 0

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal started
        await read_request(reader)
        started += 1
        await asyncio.sleep(5)

    async with wire(script) as url, door_to(url, timeout=0.3) as door:
        await asyncio.gather(*(door.send("GET", "x") for _ in range(8)), return_exceptions=True)
        assert started >= 5  # the first alone, then all lanes
