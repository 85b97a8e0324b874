"""A CSRF token and the cookies it belongs to: fetched before something is changed, shown with each change.

SAP Gateway: a reading call with "X-CSRF-Token: Fetch" is answered with a token and cookies; a changing call shows both; a
403 with "X-CSRF-Token: Required" says that they have ended (https://help.sap.com, "Cross-Site Request Forgery
Protection"). All cookies go back, whatever their names: SAP has changed those before (SAP note 3339155).
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from http.cookies import CookieError, SimpleCookie

from apps.connectors.errors import BusinessClass, MisconfiguredError
from apps.connectors.judgement import Answer

_HEADER = "X-CSRF-Token"


class CsrfSession:
    """What one door shows with each change. It lives and ends with the door: no other connection ever sees it."""

    def __init__(self, fetch: Callable[[Mapping[str, str]], Awaitable[Answer]]) -> None:
        self._fetch = fetch
        self._token = ""
        self._cookies: dict[str, str] = {}
        self._one_at_a_time = asyncio.Lock()

    async def headers(self, *, refused: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return the headers of a changing call; `refused` are those that were just turned away.

        Raises:
            MisconfiguredError: the system hands out no token at this address.
            RemoteError: what fetching it raises.

        """
        async with self._one_at_a_time:
            if not self._token or (refused is not None and refused.get(_HEADER) == self._token):
                await self._renew()
            shown = {_HEADER: self._token}
            if self._cookies:
                shown["Cookie"] = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
            return shown

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no record may show of it."""
        return (self._token, *self._cookies.values())

    async def _renew(self) -> None:
        self._token, self._cookies = "", {}
        answer = await self._fetch({_HEADER: "Fetch"})
        token = answer.headers.get(_HEADER, "")
        if not token or token.lower() == "required":
            error = MisconfiguredError(
                "The system hands out no CSRF token at this address: check the base address and the sign-in's rights.",
                business_class=BusinessClass.CONNECTION,
                status=answer.status,
            )
            error.exchange = answer.exchange
            raise error
        self._token, self._cookies = token, _cookies(answer.headers)


def is_csrf_refusal(answer: Answer) -> bool:
    """Tell whether an answer says that token or cookies have ended."""
    return answer.status == 403 and answer.headers.get(_HEADER, "").lower() == "required"


def _cookies(headers: Mapping[str, str]) -> dict[str, str]:
    every = getattr(headers, "getall", None)
    lines = every("Set-Cookie", []) if every is not None else [headers.get("Set-Cookie", "")]
    found: dict[str, str] = {}
    for line in lines:
        try:
            found |= {name: morsel.coded_value for name, morsel in SimpleCookie(line).items()}
        except CookieError:
            continue  # a cookie that no browser would take either
    return found
