"""How one door's calls are signed: by fixed headers, by an access token, one by one, and with a CSRF session on top."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from yarl import URL

from apps.connectors.access_tokens import TokenSource
from apps.connectors.auth import Signer
from apps.connectors.csrf_sessions import CsrfSession, is_csrf_refusal
from apps.connectors.judgement import Answer
from apps.connectors.rate_budget import RateBudget

_READ_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

Told = Callable[
    [Answer], Answer
]  # turns an answer into what it means, where a protocol says it otherwise than by a status


class Send(Protocol):
    """Sends one call as it is, and answers."""

    def __call__(
        self, method: str, url: URL, payload: bytes | None, headers: Mapping[str, str] | None, *, writes: bool
    ) -> Awaitable[Answer]:
        """Raise RemoteError when no answer arrived."""


class SignedCalls:
    """Signs and sends. `secrets` grows by what the system hands out on the way: no record may show those either."""

    def __init__(
        self, auth: Signer, send: Send, budget: RateBudget, *, tokens: TokenSource | None, csrf_url: URL | None
    ) -> None:
        self.secrets = auth.secrets
        self._auth, self._send, self._budget, self._tokens = auth, send, budget, tokens
        self._csrf_url = csrf_url
        self._csrf = CsrfSession(self._fetch_csrf) if csrf_url is not None else None

    async def call(
        self,
        method: str,
        url: URL,
        payload: bytes | None,
        headers: Mapping[str, str] | None,
        *,
        writes: bool,
        told: Told | None = None,
    ) -> Answer:
        """Send one call as its system wants it signed. What `told` makes of an answer decides whether a token is renewed."""
        if self._csrf is None or method in _READ_METHODS:
            return await self._authorised(method, url, payload, headers, writes=writes, told=told)
        shown = await self._shown_with_changes(self._csrf)
        signed = {**(headers or {}), **shown}
        answer = await self._authorised(method, url, payload, signed, writes=writes, told=told)
        if not is_csrf_refusal(answer):
            return answer
        # Turned away before anything was done: renewed once, and the call repeated once.
        shown = await self._shown_with_changes(self._csrf, refused=shown)
        signed = {**(headers or {}), **shown}
        return await self._authorised(method, url, payload, signed, writes=writes, told=told)

    async def settle(self) -> None:
        """Return when nothing is under way that must not be cut short."""
        if self._tokens is not None:
            await self._tokens.settle()

    async def _authorised(
        self,
        method: str,
        url: URL,
        payload: bytes | None,
        headers: Mapping[str, str] | None,
        *,
        writes: bool,
        told: Told | None = None,
    ) -> Answer:
        """Call with a token where one is needed; one that is turned away is renewed once, and the call repeated once."""
        meant = told or _as_it_came
        if self._auth.seal is not None and payload is not None:
            payload = self._auth.seal(payload)
        if self._tokens is None:
            await self._budget.take()
            if self._auth.sign is not None:
                headers = {**(headers or {}), **self._auth.sign(method, str(url))}
            return meant(await self._send(method, url, payload, headers, writes=writes))
        token = await self._tokens.current()
        answer = meant(await self._with_token(token, method, url, payload, headers, writes=writes))
        if answer.status != 401:
            return answer
        token = await self._tokens.current(refused=token)
        return meant(await self._with_token(token, method, url, payload, headers, writes=writes))

    async def _with_token(
        self,
        token: str,
        method: str,
        url: URL,
        payload: bytes | None,
        headers: Mapping[str, str] | None,
        *,
        writes: bool,
    ) -> Answer:
        self._hide(token)
        await self._budget.take()
        signed = {**(headers or {}), "Authorization": f"Bearer {token}"}
        return await self._send(method, url, payload, signed, writes=writes)

    async def _shown_with_changes(
        self, csrf: CsrfSession, *, refused: Mapping[str, str] | None = None
    ) -> Mapping[str, str]:
        shown = await csrf.headers(refused=refused)
        for secret in csrf.secrets:
            self._hide(secret)
        return shown

    async def _fetch_csrf(self, headers: Mapping[str, str]) -> Answer:
        if self._csrf_url is None:
            raise RuntimeError("Only a signer with a CSRF address has a session.")
        return await self._authorised("GET", self._csrf_url, None, headers, writes=False)

    def _hide(self, secret: str) -> None:
        if secret not in self.secrets:
            self.secrets = (*self.secrets, secret)


def _as_it_came(answer: Answer) -> Answer:
    return answer
