"""The stage of a system that is played by a stand-in: what a person's hands do is the same for all of them."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any, ClassVar, Self

from apps.connectors.answers import at_path
from tests.conformance.stage import NotOnStageError, Stage
from tests.connectors.catalog.stand_in import StandIn, put
from tests.sandbox_server import SandboxServer


class StandInStage(Stage):
    """Nine records in each list; those of `level` were all entered in one moment, the others a second apart.

    A subclass names its stand-in, says what the next record of a list holds (`entry`), which text of it a person changes
    (`touched`), and a sample for each list that is written.
    """

    stand_in: ClassVar[type[StandIn]]
    touched: ClassVar[Mapping[str, str]]  # by list: the text field that a person changes; may be dotted
    removable: ClassVar[tuple[str, ...]] = ()  # lists that records can be removed from
    address: ClassVar[str] = ""  # what the base address has after the host
    spared = ("/token",)

    system: StandIn

    def entry(self, name: str, number: int) -> Mapping[str, Any]:
        """Return the values of the next record of a list; another number is another record."""
        raise NotOnStageError(self, "entry")

    def made(self) -> StandIn:
        """Return the stand-in, empty."""
        return self.stand_in(public=lambda: self.front.url.removesuffix(self.address))

    async def begin(self, stack: AsyncExitStack, sandbox: SandboxServer) -> str:
        self.system = self.made()
        for name in self.lists:
            for number in range(1, 10):
                if name != self.level:
                    self.system.tick()
                self.system.enter(name, **self.entry(name, number))
        return await stack.enter_async_context(self.system.serve()) + self.address

    @asynccontextmanager
    async def standing(self, sandbox: SandboxServer) -> AsyncIterator[Self]:
        async with super().standing(sandbox) as stage:
            yield stage
            assert self.system.violations == []

    @property
    def secrets(self) -> dict[str, str]:
        return dict(zip(("client_id", "client_secret"), self.system.client, strict=True))

    async def truth(self, name: str) -> list[dict[str, Any]]:
        return [{**row, "id": str(at_path(row, self.system.key))} for row in self.system.rows[name]]

    async def touch(self, name: str, key: str) -> None:
        row = self.system.row(name, key)
        self.system.tick()
        put(row, self.touched[name], f"Touched at {self.system.clock:%H:%M:%S}")
        self.system.stamp(name, row)

    async def add(self, name: str) -> str:
        self.system.tick()
        row = self.system.enter(name, **self.entry(name, len(self.system.rows[name]) + 1))
        return str(at_path(row, self.system.key))

    async def remove(self, name: str) -> str | None:
        if name not in self.removable:
            return None
        return str(at_path(self.system.rows[name].pop(2), self.system.key))

    async def slip_in(self, name: str, seconds: float) -> str:
        key = await self.add(name)
        self.system.stamp(name, self.system.row(name, key), self.system.clock - timedelta(seconds=seconds + 1))
        return key

    async def plant(self, sort: str, value: Any) -> str:
        place = self.planted[sort]
        row = self.system.rows[place.name][0]
        self.system.tick()
        put(row, place.field, value)
        self.system.stamp(place.name, row)
        return str(at_path(row, self.system.key))
