"""What each kind of trouble on the wire and each status means, and what of it is kept."""

import asyncio
import gzip
import ssl
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from apps.connectors.auth import Signer
from apps.connectors.errors import BusinessClass, FailureKind, RateLimitedError, RemoteError
from apps.connectors.http import Door
from apps.connectors.manifest import Limits
from tests.connectors.conftest import Script, door_to, read_request, reply, says, wire

K, B = FailureKind, BusinessClass
PAGE = b"<!DOCTYPE html><html><body>Sign in</body></html>"
HTML = "Content-Type: text/html\r\n"


async def _fails(door: Door, method: str = "POST", path: str = "x") -> RemoteError:
    async with door:
        with pytest.raises(RemoteError) as caught:
            (await door.request(method, path, body={"a": 1} if method == "POST" else None)).json()
    return caught.value


# status line, headers, body -> kind, class, ambiguous after a write
STATUSES = {
    "401": ("401 Unauthorized", "", b"{}", K.AUTH_EXPIRED, B.PERMISSION, False),
    "401 as a page": ("401 Unauthorized", HTML, PAGE, K.AUTH_EXPIRED, B.PERMISSION, False),
    "403": ("403 Forbidden", "", b"{}", K.MISCONFIGURED, B.PERMISSION, False),
    "407": ("407 Proxy", "", b"{}", K.MISCONFIGURED, B.CONNECTION, False),
    "408": ("408 Timeout", "", b"{}", K.RETRYABLE, B.TIMEOUT, True),
    "429 with seconds": ("429 Slow", "Retry-After: 7\r\n", b"{}", K.RATE_LIMITED, B.PROVIDER_OUTAGE, False),
    "429 with nothing": ("429 Slow", "", b"{}", K.RATE_LIMITED, B.PROVIDER_OUTAGE, False),
    "500": ("500 Oops", "", b"{}", K.RETRYABLE, B.PROVIDER_OUTAGE, True),
    "500 as a page": ("500 Oops", HTML, PAGE, K.RETRYABLE, B.PROVIDER_OUTAGE, True),
    "501": ("501 Never", "", b"{}", K.RETRYABLE, B.PROVIDER_OUTAGE, True),
    "502": ("502 Gateway", "", b"", K.RETRYABLE, B.PROVIDER_OUTAGE, True),
    "503": ("503 Away", "", b"", K.RETRYABLE, B.PROVIDER_OUTAGE, True),
    "503 with seconds": ("503 Away", "Retry-After: 30\r\n", b"", K.RATE_LIMITED, B.PROVIDER_OUTAGE, False),
    "504": ("504 Gateway", "", b"", K.RETRYABLE, B.TIMEOUT, True),
    "a page instead of data": ("200 OK", HTML, PAGE, K.MISCONFIGURED, B.CONNECTION, False),
    "a page that claims to be data": (
        "200 OK",
        "Content-Type: application/json\r\n",
        PAGE,
        K.MISCONFIGURED,
        B.CONNECTION,
        False,
    ),
    "404 as a page": ("404 Not Found", HTML, PAGE, K.MISCONFIGURED, B.CONNECTION, False),
    "a redirect to another host": (
        "302 Found",
        "Location: https://evil.example/\r\n",
        b"",
        K.MISCONFIGURED,
        B.CONNECTION,
        False,
    ),
    "a permanent redirect": ("308 Moved", "Location: /new\r\n", b"", K.MISCONFIGURED, B.CONNECTION, False),
    "cut JSON": ("200 OK", "Content-Type: application/json\r\n", b'{"id": 1', K.RETRYABLE, B.PARSE, True),
    "empty where JSON is due": ("200 OK", "Content-Type: application/json\r\n", b"", K.RETRYABLE, B.PARSE, True),
    "gzip that is none": ("200 OK", "Content-Encoding: gzip\r\n", b"not gzip", K.RETRYABLE, B.PARSE, True),
}


@pytest.mark.parametrize("case", STATUSES.values(), ids=STATUSES.keys())
@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_a_bad_answer_lands_in_its_kind(case: tuple[Any, ...], method: str) -> None:
    status, headers, body, kind, business_class, ambiguous = case
    async with wire(says(reply(status, body, headers))) as url:
        error = await _fails(door_to(url), method)
    assert (error.kind, error.business_class) == (kind, business_class)
    assert error.ambiguous is (ambiguous and method == "POST")
    assert error.exchange is not None
    assert error.message.endswith(".")


@pytest.mark.parametrize(
    "status", ["400 Bad", "404 Not Found", "409 Conflict", "412 Stale", "413 Large", "422 Invalid"]
)
async def test_a_refusal_that_may_be_about_one_record_is_returned(status: str) -> None:
    async with wire(says(reply(status, b'{"why": "x"}'))) as url, door_to(url) as door:
        answer = await door.request("POST", "x", body={})
    assert answer.json() == {"why": "x"}
    assert answer.exchange.response == '{"why":"x"}'


async def _close_at_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def _close_after_request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    writer.transport.abort()


async def _headers_only(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
    await writer.drain()


async def _cut_body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _headers_only(reader, writer)
    writer.write(b'{"id"')
    await writer.drain()


async def _silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    await asyncio.sleep(5)


async def _byte_by_byte(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(1000):
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.02)


async def _no_http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    writer.write(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
    await writer.drain()


WIRE: dict[str, tuple[Script, BusinessClass]] = {
    "closed at once": (_close_at_once, B.CONNECTION),
    "closed after the request": (_close_after_request, B.CONNECTION),
    "headers only": (_headers_only, B.CONNECTION),
    "body cut": (_cut_body, B.CONNECTION),
    "silence": (_silent, B.TIMEOUT),
    "a byte at a time": (_byte_by_byte, B.TIMEOUT),
    "another protocol": (_no_http, B.CONNECTION),
}


@pytest.mark.parametrize(("script", "business_class"), WIRE.values(), ids=WIRE.keys())
@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_a_broken_wire_is_retryable_and_in_doubt_only_after_a_write(
    script: Script, business_class: BusinessClass, method: str
) -> None:
    async with wire(script) as url:
        error = await _fails(door_to(url, timeout=0.4), method)
    assert (error.kind, error.business_class, error.ambiguous) == (K.RETRYABLE, business_class, method == "POST")


async def test_a_refused_connection_leaves_nothing_in_doubt() -> None:
    async with wire(_silent) as url:
        pass
    error = await _fails(door_to(url))
    assert (error.kind, error.business_class, error.ambiguous) == (K.RETRYABLE, B.CONNECTION, False)


async def test_an_unknown_name_leaves_nothing_in_doubt() -> None:
    async def look_up(host: str, port: int) -> list[str]:
        raise OSError("Name or service not known")

    error = await _fails(door_to("https://erp.example.com", look_up=look_up))
    assert (error.kind, error.business_class, error.ambiguous) == (K.RETRYABLE, B.CONNECTION, False)
    assert "host name" in error.message


async def test_a_server_without_tls_leaves_nothing_in_doubt() -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(reply("400 Bad Request"))
        await writer.drain()

    async with wire(plain) as url:
        port = url.rsplit(":", 1)[1]
        error = await _fails(door_to(f"https://127.0.0.1:{port}"))
    assert (error.kind, error.business_class, error.ambiguous) == (K.RETRYABLE, B.CONNECTION, False)
    assert isinstance(error.__cause__, ssl.SSLError | OSError)


async def test_a_body_larger_than_the_cap_is_refused_whether_announced_or_not() -> None:
    async def unannounced(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + b"x" * 5000)
        await writer.drain()

    for script in (says(reply("200 OK", b"x" * 5000)), unannounced):
        async with wire(script) as url:
            error = await _fails(door_to(url, max_bytes=1000), "GET")
        assert (error.kind, error.business_class) == (K.MISCONFIGURED, B.TOO_LARGE)


async def test_a_small_body_that_unpacks_to_a_huge_one_is_refused() -> None:
    bomb = gzip.compress(b"0" * 5_000_000)
    async with wire(says(reply("200 OK", bomb, "Content-Encoding: gzip\r\n"))) as url:
        error = await _fails(door_to(url, max_bytes=100_000), "GET")
    assert error.business_class is B.TOO_LARGE


async def test_a_packed_answer_is_unpacked() -> None:
    packed = gzip.compress(b'{"id": 7}')
    async with wire(says(reply("200 OK", packed, "Content-Encoding: gzip\r\n"))) as url, door_to(url) as door:
        assert (await door.request("GET", "x")).json() == {"id": 7}


async def test_a_rate_limit_says_until_when_and_holds_the_budget() -> None:
    class Budget:
        held = 0.0

        async def take(self) -> None: ...

        async def hold(self, seconds: float) -> None:
            self.held = seconds

    budget = Budget()
    async with wire(says(reply("429 Slow", headers="Retry-After: 7\r\n"))) as url:
        error = await _fails(door_to(url, budget=budget))
    assert isinstance(error, RateLimitedError)
    assert timedelta(seconds=5) < error.until - datetime.now(UTC) <= timedelta(seconds=7)
    assert budget.held == 7.0


async def test_what_is_sent_carries_signature_correlation_and_own_headers_and_nothing_from_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    seen: list[bytes] = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await read_request(reader))
        writer.write(reply("200 OK", headers="Set-Cookie: sid=1\r\n"))
        seen.append(await read_request(reader))
        writer.write(reply("200 OK"))

    async with wire(listen) as url:
        signer = Signer(headers={"Authorization": "Bearer t0ken-value"}, secrets=("t0ken-value",))
        async with door_to(url + "/base/", auth=signer, correlation_id="run-7") as door:
            await door.request(
                "POST", "/lines", body={"a": 1}, headers={"Idempotency-Key": "k1"}, parameters={"x": "1 2"}
            )
            await door.request("GET", "lines")
    head = seen[0].decode()
    assert head.startswith(("POST /base/lines?x=1+2 HTTP/1.1", "POST /base/lines?x=1%202 HTTP/1.1"))
    for expected in ("Authorization: Bearer t0ken-value", "X-Correlation-Id: run-7", "Idempotency-Key: k1", '{"a":1}'):
        assert expected in head
    assert b"Cookie" not in seen[1]


async def test_the_evidence_of_a_failure_holds_no_secret_and_that_of_a_success_no_body() -> None:
    signer = Signer(headers={"X-API-Key": "s3cret-of-this-connection"}, secrets=("s3cret-of-this-connection",))
    body = b'{"message": "bad key s3cret-of-this-connection", "password": "hunter2"}'
    async with wire(says(reply("422 Invalid", body))) as url, door_to(url, auth=signer) as door:
        failed = (
            await door.request("POST", "x", body={"token": "abc", "hours": 3}, parameters={"api_key": "zzz"})
        ).exchange
    assert "s3cret" not in str(failed)
    assert "hunter2" not in str(failed)
    assert "zzz" not in failed.url
    assert '"hours":3' in failed.request
    async with wire(says(reply("200 OK", b'{"id": 1}'))) as url, door_to(url) as door:
        good = (await door.request("POST", "x", body={"hours": 3})).exchange
    assert (good.request, good.response, good.status) == ("", "", 200)


async def test_no_more_calls_are_under_way_than_the_system_allows() -> None:
    under_way = most = 0

    async def count(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal under_way, most
        while True:
            await read_request(reader)
            under_way += 1
            most = max(most, under_way)
            await asyncio.sleep(0.01)
            under_way -= 1
            writer.write(reply("200 OK"))

    async with wire(count) as url, door_to(url, limits=Limits(at_once=3)) as door:
        await asyncio.gather(*(door.request("GET", "x") for _ in range(12)))
    assert most == 3


async def test_a_closed_door_says_so() -> None:
    with pytest.raises(RuntimeError, match="Open the door first"):
        await door_to("https://erp.example.com").send("GET", "x")
