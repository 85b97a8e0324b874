"""Drives the sandbox's controls from demo, tests and benches."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self
from urllib.parse import quote, urlsplit

from apps.connectors.auth import Signer
from apps.connectors.http import Door
from apps.connectors.judgement import Answer
from apps.connectors.manifest import Limits
from apps.connectors.rate_budget import NoBudget


class SandboxError(RuntimeError):
    """The sandbox refused what was asked of it."""


class SandboxClient:
    """All controls of a running sandbox. Use as an async context."""

    def __init__(self, base_url: str, admin_token: str) -> None:
        self._base_url = base_url.rstrip("/")
        self._door = Door(
            base_url=self._base_url,
            auth=Signer(headers={"Authorization": f"Bearer {admin_token}"}, secrets=(admin_token,)),
            limits=Limits(),
            allow=(urlsplit(base_url).netloc,),
            budget=NoBudget(),
            max_bytes=256 * 1024 * 1024,
        )

    async def __aenter__(self) -> Self:
        await self._door.__aenter__()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._door.__aexit__(*exc)

    def base_url(self, system: str, company: str) -> str:
        """Return the address a connection to this company uses."""
        return f"{self._base_url}/{system}/{company}/api/v1"

    async def found_company(self, system: str, company: str, **wishes: Any) -> str:
        """Make a company ("psa", "erp", "crm", "workspace", "tax") and return its token. Wishes: those of `firm.Wishes`.

        The token of a CRM is its client secret; the client id is the company's name.
        """
        return str((await self._do("PUT", f"sandbox/{system}/{company}", wishes))["token"])

    async def set_faults(self, system: str, company: str, **shares: float) -> None:
        """Set which faults happen and how often (0 to 1); those not named are off."""
        await self._do("PUT", f"sandbox/{system}/{company}/faults", shares)

    async def set_webhook(self, company: str, url: str, secret: str, *, host: str = "", system: str = "psa") -> None:
        """Let the PSA announce approvals, or the CRM deals that are won, at `url`, signed with `secret`."""
        await self._do("PUT", f"sandbox/{system}/{company}/webhook", {"url": url, "secret": secret, "host": host})

    async def set_clock(self, company: str, now: datetime | None) -> None:
        """Let the PSA's lists show what stood there at `now`; None: the present."""
        await self._do("PUT", f"sandbox/psa/{company}/clock", {"now": now.isoformat() if now else None})

    async def announce(
        self, company: str, key: str, *, copies: int = 1, delivery_id: str = "", system: str = "psa"
    ) -> str:
        """Announce one time entry, or one deal of the CRM, by hand and return the delivery's id."""
        wanted = {"key": key, "copies": copies, "id": delivery_id}
        return str((await self._do("POST", f"sandbox/{system}/{company}/webhook/announce", wanted))["id"])

    async def deliveries(self, company: str, *, system: str = "psa") -> list[dict[str, Any]]:
        """Return the webhook attempts of the PSA or the CRM, newest first."""
        return list((await self._do("GET", f"sandbox/{system}/{company}/webhook/deliveries"))["deliveries"])

    async def records(self, system: str, company: str, kind: str) -> list[dict[str, Any]]:
        """Return all records of a kind ("time-entries", "time-lines", "periods" ...)."""
        return list((await self._do("GET", f"sandbox/{system}/{company}/records/{kind}"))["records"])

    async def change_record(self, system: str, company: str, kind: str, key: str, /, **changes: Any) -> dict[str, Any]:
        """Change a record as a person at that system would; faults do not strike, its rules hold."""
        return dict(
            await self._do("PATCH", f"sandbox/{system}/{company}/records/{kind}/{quote(key, safe='')}", changes)
        )

    async def remove_record(self, system: str, company: str, kind: str, key: str) -> None:
        """Take a record away as a person at that system could, also where its interface offers no removal."""
        await self._do("DELETE", f"sandbox/{system}/{company}/records/{kind}/{quote(key, safe='')}")

    async def create_record(self, system: str, company: str, kind: str, /, **values: Any) -> dict[str, Any]:
        """Make a record as a person at that system would, an employee the ERP did not know, say."""
        return dict(await self._do("POST", f"sandbox/{system}/{company}/records/{kind}", values))

    async def approve(self, company: str, *keys: str, system: str = "psa") -> None:
        """Approve time entries in the PSA, bookings or expenses in their tools; a registered listener is told."""
        await self._do("POST", f"sandbox/{system}/{company}/approvals", {"ids": list(keys)})

    async def win(self, company: str, *keys: str, copies: int = 1) -> None:
        """Win deals in the CRM; a registered listener is told of each, `copies` times at once."""
        await self._do("POST", f"sandbox/crm/{company}/wins", {"ids": list(keys), "copies": copies})

    async def effects(self, system: str, company: str, *, after: int = 0) -> list[dict[str, Any]]:
        """Return the journal of everything that was really applied: what a checker trusts."""
        return list((await self._do("GET", f"sandbox/{system}/{company}/effects?after={after}"))["effects"])

    async def _do(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        answer: Answer = await self._door.send(method, path, body=body)
        if answer.status >= 400:
            raise SandboxError(f"{method} {path}: {answer.status} {answer.body[:300].decode('utf-8', 'replace')}")
        return answer.json()
