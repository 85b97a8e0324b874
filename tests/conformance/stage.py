"""How a system is brought up for the conformance suite: a start, records to read, a sample to write, hands of a person."""

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, ClassVar, Self

import pytest

from apps.connectors import registry
from apps.connectors.access_tokens import TokenShelf
from apps.connectors.answers import at_path
from apps.connectors.contract import Connector, Page, SourceRecord, Write, WriteOutcome
from apps.connectors.errors import BusinessClass
from apps.connectors.manifest import ObjectManifest, SystemManifest
from apps.connectors.rate_budget import NoBudget, RateBudget
from tests.conformance.front import Front, Trouble, echoing, fronted
from tests.sandbox_server import SandboxServer


class NotOnStageError(LookupError):
    """A stage says that its system has something, and does not show it."""

    def __init__(self, stage: "Stage", method: str) -> None:
        super().__init__(f"The stage of {stage.slug} says that it has this: give {type(stage).__name__} a {method}().")


class RefusedOutsideError(Exception):
    """The system itself does not let a person enter this value."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A change of the sample that the system refuses, the class of the refusal, and the field that is blamed."""

    name: str
    values: Mapping[str, Any]
    business_class: BusinessClass
    field: str


@dataclass(frozen=True, slots=True)
class Planted:
    """Where a person can enter any value of one sort: the list, and the outside field."""

    name: str
    field: str


class Later(StrEnum):
    """What becomes of a record that a system takes first."""

    WAITS = "waits"
    DONE = "done"
    REFUSED = "refused"
    ELSEWHERE = "elsewhere"  # the system says that another host tells


class Stage(ABC):
    """One system, brought up for one test with records of its own.

    A subclass says what it holds; what a system does not have stays empty, and the check then says why it is left out.
    """

    slug: ClassVar[str]
    lists: ClassVar[tuple[str, ...]]  # what is listed; each holds at least six records
    # One of them, in which at least six records were changed at the same instant; "" when no record says when it was.
    level: ClassVar[str]
    writes: ClassVar[tuple[str, ...]] = ()
    refusals: ClassVar[Mapping[str, tuple[Refusal, ...]]] = {}  # by what is written
    texts: ClassVar[Mapping[str, str]] = {}  # by what is written: a field that takes any text
    numbers: ClassVar[Mapping[str, str]] = {}  # by what is written: a field that takes any amount
    changed: ClassVar[Mapping[str, Mapping[str, Any]]] = {}  # by what is written: an allowed change of the sample
    planted: ClassVar[Mapping[str, Planted]] = {}  # "text", "number", "date": where a person can enter such a value
    bodiless: ClassVar[tuple[str, ...]] = ()  # what is written whose good answers have no body
    stamps_late: ClassVar[bool] = False  # a record may become visible after one that was changed later
    spared: ClassVar[tuple[str, ...]] = ()  # paths that the faults leave alone
    late: ClassVar[tuple[str, ...]] = ()  # what is written that the system takes first and tells about later
    settings: ClassVar[Mapping[str, Any]] = {}
    shelf: ClassVar[TokenShelf | None] = None  # where good tokens lie, for systems where buying one takes long
    token_path: ClassVar[str] = ""  # of the stand-in, for systems whose tokens come from another host

    front: Front

    # --- what each system says of itself ------------------------------------------------------------------------------
    @abstractmethod
    async def begin(self, stack: AsyncExitStack, sandbox: SandboxServer) -> str:
        """Bring the system up with its records and return its base address."""

    @property
    @abstractmethod
    def secrets(self) -> dict[str, str]:
        """What a connection to it holds."""

    @abstractmethod
    async def truth(self, name: str) -> list[dict[str, Any]]:
        """Return all records of a list as the system itself holds them, each with its `id`."""

    @abstractmethod
    async def touch(self, name: str, key: str) -> None:
        """Change a record, as a person at the system does."""

    @abstractmethod
    async def add(self, name: str) -> str:
        """Make a record, as a person at the system does, and return its key."""

    async def remove(self, name: str) -> str | None:
        """Remove a record and return its key; None when this system keeps every record."""
        return None

    async def slip_in(self, name: str, seconds: float) -> str:
        """Make a record that says it was changed so many seconds before the newest one."""
        raise NotOnStageError(self, "slip_in")

    def sample(self, name: str, number: int, /, **changes: Any) -> Write:
        """Return a write that the system takes; another number is another record."""
        raise NotOnStageError(self, "sample")

    def late_sample(self, name: str, number: int, /) -> Write:
        """Return a write that the system takes first; another number is another record."""
        raise NotOnStageError(self, "late_sample")

    def let_later(self, what: Later) -> None:
        """Say what becomes of what the system takes from now on."""
        raise NotOnStageError(self, "let_later")

    async def plant(self, sort: str, value: Any) -> str:
        """Enter a value where `planted` says; return the record's key. Raises RefusedOutsideError."""
        raise NotOnStageError(self, "plant")

    def days(self) -> list[tuple[Any, date | None]]:
        """Return dates as the system writes them, with the day each means; None for a day that does not exist."""
        return [("2028-02-29", date(2028, 2, 29)), ("2026-12-31", date(2026, 12, 31)), ("2026-02-29", None)]

    def natural(self, name: str, values: Mapping[str, Any]) -> str:
        """Return the name by which `find` looks a record up, from what was read of it."""
        spec = self.spec(name)
        return str(at_path(values, spec.natural_key or spec.key_field) or "")

    def text_in(self, name: str, record: Mapping[str, Any]) -> Any:
        """Return the text field of a record that was written."""
        return record[self.texts[name]]

    def fronted(self, behind: str) -> AbstractAsyncContextManager[Front]:
        """Serve what stands between the connector and this system."""
        return fronted(behind, self.spared)

    def fault(self, name: str, trouble: Trouble) -> Trouble | None:
        """Return what becomes of a call in the failure of this name; None where this system's protocol knows no such thing."""
        return trouble

    def echo(self, secrets: set[str]) -> Trouble:
        """Return a refusal that repeats the caller's secrets."""
        return echoing(secrets)

    async def announce(self, url: str, secret: str) -> None:
        """Let the system send one real event to `url`, signed with `secret`."""
        raise NotOnStageError(self, "announce")

    # --- what all of them share ---------------------------------------------------------------------------------------
    @asynccontextmanager
    async def standing(self, sandbox: SandboxServer) -> AsyncIterator[Self]:
        """Bring the system up behind a front."""
        async with AsyncExitStack() as stack:
            behind = await self.begin(stack, sandbox)
            self.front = await stack.enter_async_context(self.fronted(behind))
            yield self

    @property
    def manifest(self) -> SystemManifest:
        """The system's capability sheet."""
        return registry.manifest(self.slug)

    def spec(self, name: str) -> ObjectManifest:
        """Return one object of it."""
        return self.manifest.object_named(name)

    def connector(
        self,
        *,
        page_size: int = 0,
        secrets: Mapping[str, str] | None = None,
        budget: RateBudget | None = None,
        timeout: float = 5.0,
        base_url: str = "",
    ) -> Any:
        """Return the catalogue's connector, as the product opens it; `page_size` asks for smaller pages than usual."""
        address = base_url or self.front.url
        system = with_pages_of(self.manifest, page_size) if page_size else self.manifest
        if self.token_path:
            auth = dataclasses.replace(system.auth, token_path=self.token_path)
            system = dataclasses.replace(system, auth=auth)
        made: Any = registry.open_system(
            system,
            base_url=address,
            settings=self.settings,
            secrets=self.secrets if secrets is None else secrets,
            allow=(address.partition("://")[2].partition("/")[0],),
            budget=budget or NoBudget(),
            correlation_id="conformance",
            shelf=self.shelf if secrets is None else None,
        )
        made._door._timeout = timeout
        return made

    async def ask(self, connector: Connector) -> None:
        """Ask for something, as the first call of a flow does."""
        await anext(connector.read(self.lists[0], None))

    async def read(
        self, name: str, checkpoint: Mapping[str, Any] | None = None, keys: Sequence[str] = (), *, page_size: int = 0
    ) -> list[Page]:
        """Read a list to its end with a connection of its own."""
        async with self.connector(page_size=page_size) as connector:
            return [page async for page in connector.read(name, checkpoint, keys)]

    async def send(self, name: str, *writes: Write) -> list[WriteOutcome]:
        """Deliver with a connection of its own; outcomes come in the order of the writes."""
        async with self.connector() as connector:
            return sorted(await connector.upsert(name, writes), key=lambda outcome: outcome.position)

    async def held(self, name: str, key: str | None) -> dict[str, Any]:
        """Return one record as the system itself holds it."""
        return next(record for record in await self.truth(name) if str(record["id"]) == key)

    async def keys(self, name: str) -> set[str]:
        """Return the keys of all records of a list."""
        return {str(record["id"]) for record in await self.truth(name)}


def records_of(pages: Sequence[Page]) -> list[SourceRecord]:
    """Return the records of some pages."""
    return [record for page in pages for record in page.records]


def not_applicable(reason: str) -> None:
    """Leave a check out, with the reason that the table shows."""
    pytest.skip(f"n/a: {reason}")


def with_pages_of(manifest: SystemManifest, size: int) -> SystemManifest:
    """Return the manifest with pages of another size."""
    return dataclasses.replace(manifest, objects=tuple(_paged(spec, size) for spec in manifest.objects))


def _paged(spec: ObjectManifest, size: int) -> ObjectManifest:
    if spec.reading is None:
        return spec
    paging = dataclasses.replace(spec.reading.paging, size=size)
    return dataclasses.replace(spec, reading=dataclasses.replace(spec.reading, paging=paging))
