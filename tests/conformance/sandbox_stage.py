"""What the stages of all sandbox systems share: a company of their own, and its controls as the hands of a person."""

from contextlib import AsyncExitStack
from typing import Any, ClassVar
from uuid import uuid4

from apps.connectors.contract import Write
from apps.connectors.sandbox.client import SandboxClient, SandboxError
from tests.conformance.stage import RefusedOutsideError, Stage
from tests.sandbox_server import SandboxServer


class SandboxStage(Stage):
    """One company in one sandbox system."""

    system: ClassVar[str]
    touched: ClassVar[dict[str, str]]  # by list: a text that a person may change
    made: ClassVar[dict[str, dict[str, Any]]]  # by list: a record a person may make; {n} becomes a number
    samples: ClassVar[dict[str, dict[str, Any]]] = {}  # by what is written; {n} becomes the sample's number

    client: SandboxClient
    company: str
    token: str
    _made = 0

    async def begin(self, stack: AsyncExitStack, sandbox: SandboxServer) -> str:
        self.client = await stack.enter_async_context(sandbox.client())
        self.company = f"c{uuid4().hex[:12]}"
        self.token = await self.client.found_company(self.system, self.company, people=30, entries=20, weeks=1)
        return self.client.base_url(self.system, self.company)

    @property
    def secrets(self) -> dict[str, str]:
        return {"token": self.token}

    async def truth(self, name: str) -> list[dict[str, Any]]:
        return await self.client.records(self.system, self.company, name)

    async def touch(self, name: str, key: str) -> None:
        self._made += 1
        await self._change(name, key, {self.touched[name]: f"Touched {self._made}"})

    async def add(self, name: str) -> str:
        self._made += 1
        values = _numbered(self.made[name], 7000 + self._made)
        return str((await self.client.create_record(self.system, self.company, name, **values))["id"])

    def sample(self, name: str, number: int, /, **changes: Any) -> Write:
        values = {**_numbered(self.samples[name], number), **changes}
        return Write(number, values, f"Ours:{name}:{number}", f"key-{name}-{number}")

    async def plant(self, sort: str, value: Any) -> str:
        place = self.planted[sort]
        key = str((await self.truth(place.name))[0]["id"])
        await self._change(place.name, key, {place.field: value})
        return key

    async def _change(self, name: str, key: str, values: dict[str, Any]) -> None:
        try:
            await self.client.change_record(self.system, self.company, name, key, **values)
        except SandboxError as problem:
            raise RefusedOutsideError(str(problem)) from problem


def _numbered(values: dict[str, Any], number: int) -> dict[str, Any]:
    return {
        name: value.replace("{n}", f"{number:04d}") if isinstance(value, str) else value
        for name, value in values.items()
    }
