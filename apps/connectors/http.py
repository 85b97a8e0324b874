"""The one door to the network: checked addresses, one deadline, capped bodies, paced calls, redacted evidence."""

import socket
import ssl
import time
import zlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Self

import aiohttp
import orjson
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from apps.connectors.access_tokens import BoughtSource, RefreshKeeper, RenewingSource, TokenShelf, TokenSource
from apps.connectors.auth import Signer
from apps.connectors.call_log import CallLog
from apps.connectors.client_certificates import ClientCertificate, server_checks
from apps.connectors.contract import CallCounts, Exchange
from apps.connectors.egress import Destination, EgressRefusedError, parse_destination
from apps.connectors.entrance import Entrance
from apps.connectors.errors import BusinessClass, MisconfiguredError, RemoteError, RetryableError
from apps.connectors.grants import AccessToken, Grant, TokenAnswer, read_answer, token_address
from apps.connectors.http_problems import transport_error
from apps.connectors.judgement import Answer, judge, refused_grant, wait_asked
from apps.connectors.manifest import Limits
from apps.connectors.name_service import LookUp, find_addresses, look_up_addresses
from apps.connectors.rate_budget import RateBudget
from apps.connectors.redaction import redact_body, redact_url
from apps.connectors.signed_calls import SignedCalls
from apps.connectors.telemetry import milliseconds_since, note_call

MAX_BYTES = 10 * 1024 * 1024
_CONNECT_SECONDS = 10.0
_READ_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

__all__ = ["MAX_BYTES", "Answer", "Door", "ask_for_token"]


class Door:
    """All calls of one connection, through one pool. Use as an async context."""

    def __init__(  # noqa: PLR0913  each is one decision of the caller, all by name
        self,
        *,
        base_url: str,
        auth: Signer,
        limits: Limits,
        allow: tuple[str, ...],
        budget: RateBudget,
        correlation_id: str = "",
        system: str = "",
        timeout: float = 30,
        max_bytes: int = MAX_BYTES,
        look_up: LookUp = look_up_addresses,
        shelf: TokenShelf | None = None,
        keeper: RefreshKeeper | None = None,
        log: CallLog | None = None,
        trusted: str = "",  # authorities in PEM form that servers may have their certificate of, besides the usual ones
    ) -> None:
        self.destination = parse_destination(base_url, allow)
        self.limits = limits
        self._base = self.destination.origin + self.destination.path
        self._auth, self._budget, self._allow = auth, budget, allow
        self._system, self._log = system, log
        self._timeout, self._max_bytes = timeout, max_bytes
        self._look_up = look_up
        self._trusted = trusted
        self._tls = _tls(auth, trusted)
        self._headers = {
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
            "User-Agent": "integration/1.0",
            **auth.headers,
        }
        if correlation_id:
            self._headers["X-Correlation-Id"] = correlation_id
        self._entrance = Entrance(limits.at_once)
        self._urls: dict[str, URL] = {}
        self._base_url, self._correlation_id = base_url, correlation_id
        self._calls = SignedCalls(
            auth,
            self._exchange,
            budget,
            tokens=self._token_source(auth.grant, shelf, keeper) if auth.grant is not None else None,
            csrf_url=self._address(auth.csrf_path) if auth.csrf_path else None,
        )
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=self.limits.at_once,
                resolver=_CheckedResolver(self.destination, self._look_up),
                ttl_dns_cache=30,
                ssl=self._tls,
            ),
            headers=self._headers,
            timeout=aiohttp.ClientTimeout(total=self._timeout, sock_connect=min(_CONNECT_SECONDS, self._timeout)),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,  # bodies are inflated here, under the same cap
            trust_env=False,
        )
        return self

    async def __aexit__(self, *exc: object) -> None:
        session, self._session = self._session, None
        await self._calls.settle()
        if self._log is not None:
            self._log.tell()
        if session is not None:
            await session.close()

    def take_counts(self) -> CallCounts:
        """Return how the calls since the last asking fared."""
        return self._entrance.take_counts()

    async def request(
        self,
        method: str,
        path: str,
        *,
        parameters: Mapping[str, str] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        writes: bool | None = None,
    ) -> Answer:
        """Call the system and judge the answer's status.

        `path` is relative to the base address, or a full address on the same host. A 4xx that may be about one record
        (400, 404, 409, 422 ...) is returned, not raised. `writes` False marks a POST that only searches.

        Raises:
            RemoteError: one of the five kinds, when the call as a whole failed.

        """
        answer = await self.send(method, path, parameters=parameters, body=body, headers=headers, writes=writes)
        error = judge(answer, now=datetime.now(UTC))
        if error is not None:
            raise error
        return answer

    async def send(  # noqa: PLR0913  each is one decision of the caller, all by name
        self,
        method: str,
        path: str,
        *,
        parameters: Mapping[str, str] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        writes: bool | None = None,
        told: Callable[[Answer], Answer] | None = None,
    ) -> Answer:
        """Like `request`, but leave the judgement of the status to the caller.

        `told` turns an answer into what it means, before anything is concluded from its status: a protocol may carry its
        own refusals with a status that says something else.

        Raises:
            RemoteError: no answer arrived, or it was too large.

        """
        url = self._address(path)
        if parameters:
            url = url.extend_query(parameters)
        payload = body if body is None or isinstance(body, bytes) else orjson.dumps(body, default=_plain)
        if writes is None:
            writes = method not in _READ_METHODS
        answer = await self._entrance.go(
            lambda: self._calls.call(method, url, payload, headers, writes=writes, told=told)
        )
        if answer.status == 429 or (answer.status == 503 and "Retry-After" in answer.headers):
            await self._budget.hold(wait_asked(answer.headers, now=datetime.now(UTC)))
        return answer

    async def hold(self, seconds: float) -> None:
        """Let nobody call this system for so long: it said so within an answer, where no status tells."""
        await self._budget.hold(seconds)

    def _token_source(self, grant: Grant, shelf: TokenShelf | None, keeper: RefreshKeeper | None) -> TokenSource:
        shelf = shelf or TokenShelf(key=self._base_url, secret="|".join(grant.secrets))
        if not self._auth.renews:
            return BoughtSource(shelf, self._buy_token)
        if keeper is None:
            raise RuntimeError("A sign-in that is renewed needs a keeper of its refresh token.")
        return RenewingSource(shelf, keeper, lambda token: self._ask(grant.renewing(token)))

    async def _buy_token(self) -> AccessToken:
        if self._auth.grant is None:
            raise RuntimeError("Only a signer with a grant buys tokens.")
        return (await self._ask(self._auth.grant)).access

    async def _ask(self, grant: Grant) -> TokenAnswer:
        return await ask_for_token(
            grant,
            base_url=self._base_url,
            allow=self._allow,
            budget=self._budget,
            correlation_id=self._correlation_id,
            system=self._system,
            timeout=self._timeout,
            look_up=self._look_up,
            client=self._auth.client,
            trusted=self._trusted,
        )

    async def _exchange(
        self,
        method: str,
        url: URL,
        payload: bytes | None,
        headers: Mapping[str, str] | None,
        *,
        writes: bool,
    ) -> Answer:
        if self._session is None:
            raise RuntimeError("Open the door first: `async with Door(...) as door`.")
        sent = {"Content-Type": "application/json", **(headers or {})} if payload is not None else headers
        started = time.perf_counter()
        try:
            async with self._session.request(
                method, url, data=payload, headers=sent, allow_redirects=False
            ) as response:
                content = await self._content(response)
        except (aiohttp.ClientError, TimeoutError, RemoteError, OSError) as problem:
            error = problem if isinstance(problem, RemoteError) else transport_error(problem, self.destination.host)
            error.ambiguous = error.ambiguous and writes
            error.exchange = self._evidence(method, url, None, started, payload, b"")
            self._note(error.exchange, started, payload, b"")
            raise error from problem
        status = response.status
        if status < 400:
            exchange = Exchange(method, self._shown(url), status, milliseconds_since(started))
        else:
            exchange = self._evidence(method, url, status, started, payload, content)
        self._note(exchange, started, payload, content)
        return Answer(status, response.headers, content, exchange.milliseconds, exchange, writes, self._calls.secrets)

    def _note(self, exchange: Exchange, started: float, sent: bytes | None, received: bytes) -> None:
        note_call(self._system, exchange.method, self.destination.host, exchange.status, started)
        if self._log is not None:
            self._log.note(exchange, sent, received, self._calls.secrets)

    async def _content(self, response: aiohttp.ClientResponse) -> bytes:
        declared = response.content_length
        if declared is not None and declared <= self._max_bytes:
            content = await response.read()
        else:
            content = await self._capped(response)
        encoding = response.headers.get("Content-Encoding")
        return _inflate(content, self._max_bytes) if encoding in {"gzip", "x-gzip", "deflate"} else content

    async def _capped(self, response: aiohttp.ClientResponse) -> bytes:
        if (response.content_length or 0) > self._max_bytes:
            raise _too_large(self._max_bytes)
        content = bytearray()
        async for piece in response.content.iter_any():
            content += piece
            if len(content) > self._max_bytes:
                raise _too_large(self._max_bytes)
        return bytes(content)

    def _address(self, path: str) -> URL:
        url = self._urls.get(path)
        if url is None:
            if "://" not in path:
                url = URL(f"{self._base}/{path.lstrip('/')}" if path else self._base)
            else:
                url = URL(path)
                if str(url.origin()) != str(URL(self.destination.origin).origin()):
                    raise EgressRefusedError(
                        "The system points to another host for its next page: that is not followed."
                    )
            if len(self._urls) < 512:
                self._urls[path] = url
        return url

    def _evidence(
        self,
        method: str,
        url: URL,
        status: int | None,
        started: float,
        sent: bytes | None,
        received: bytes,
    ) -> Exchange:
        return Exchange(
            method=method,
            url=redact_url(str(url), self._calls.secrets),
            status=status,
            milliseconds=milliseconds_since(started),
            request=redact_body(sent or b"", self._calls.secrets),
            response=redact_body(received, self._calls.secrets),
        )

    def _shown(self, url: URL) -> str:
        return redact_url(str(url), self._calls.secrets) if url.raw_query_string else str(url)


async def ask_for_token(
    grant: Grant, *, base_url: str, client: ClientCertificate | None = None, **door: Any
) -> TokenAnswer:
    """Ask a token endpoint, which may stand on another host than the data: through a door of its own, equally guarded.

    `base_url` is the connection's; `client` is the certificate that is shown there; `door` are allow, budget and the
    like, as for Door.

    Raises:
        RemoteError: no answer arrived, or it holds no token: the sentence says what to mend.

    """
    address = token_address(grant.token_path, base_url)
    headers, body = grant.request(address, time.time())
    origin, signer = str(URL(address).origin()), Signer(secrets=grant.secrets, client=client)
    async with Door(base_url=origin, auth=signer, limits=Limits(at_once=1), **door) as desk:
        # Nothing of the customer's changes there: a lost answer leaves no record in doubt.
        answer = await desk.send("POST", address, body=body, headers=headers, writes=False)
    found = read_answer(answer.json(), now=time.time()) if answer.status == 200 else None
    if found is None:
        raise refused_grant(answer, now=datetime.now(UTC), refused=grant.refused, ended=grant.ended)
    return found


class _CheckedResolver(AbstractResolver):
    """Hands aiohttp only addresses that were judged: what is checked is what is connected to."""

    def __init__(self, destination: Destination, look_up: LookUp) -> None:
        self._destination, self._look_up = destination, look_up

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the addresses of the door's host, all of them judged."""
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in await find_addresses(self._destination, self._look_up)
        ]

    async def close(self) -> None:
        """Hold nothing open."""


def _tls(auth: Signer, trusted: str) -> ssl.SSLContext | bool:
    """Return how TLS is set up. Raises MisconfiguredError when the client certificate cannot be used."""
    if auth.client is not None:
        return auth.client.context(time.time(), trusted)
    return server_checks(trusted) if trusted else True


def _too_large(max_bytes: int) -> MisconfiguredError:
    return MisconfiguredError(
        f"The answer is larger than {max_bytes // 1024 // 1024 or 1} MiB: read fewer records at a time.",
        business_class=BusinessClass.TOO_LARGE,
        ambiguous=True,
    )


def _inflate(content: bytes, max_bytes: int) -> bytes:
    unpack = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)  # 32: gzip or zlib, told by the first bytes
    try:
        plain = unpack.decompress(content, max_bytes + 1)
    except zlib.error:
        raise RetryableError(
            "The answer of the system is packed in a way that does not unpack.",
            business_class=BusinessClass.PARSE,
            ambiguous=True,
        ) from None
    if len(plain) > max_bytes:
        raise _too_large(max_bytes)
    return plain


def _plain(value: object) -> str:
    """Money and hours leave as text: a JSON number would pass through a binary fraction somewhere."""
    if isinstance(value, Decimal):
        return format(value, "f")
    raise TypeError(f"{type(value).__name__} cannot be sent")
