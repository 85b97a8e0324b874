"""A system of things that is made up for the tests of the manifest-driven connector, and a server that plays it."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson

from apps.connectors.auth_spec import AuthSpec
from apps.connectors.contract import Page
from apps.connectors.errors import BusinessClass, FailureKind
from apps.connectors.manifest import (
    ChangeRead,
    ErrorRule,
    ErrorShape,
    Idempotency,
    Limits,
    MappingLine,
    ObjectManifest,
    Paging,
    ProofLabel,
    Reading,
    SystemManifest,
    Writing,
)
from apps.connectors.protocols.rest import RestConnector
from apps.connectors.webhook_spec import WebhookSpec
from tests.connectors.conftest import door_to, read_request, reply, wire

Body = Any
Answering = Callable[[str, str, Mapping[str, str], Body], tuple[int, Body]]  # method, path, query, body -> status, body
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)

READING = Reading(
    "things",
    records_path="records",
    change_read=ChangeRead.MODIFIED_SINCE,
    since_parameter="since",
    paging=Paging("page", 3, "size", "page"),
    one_path="things/{key}",
    since_sorted=True,
)
WRITING = Writing(
    "things",
    "things/{key}",
    idempotency=Idempotency.OWN_KEY_FIELD,
    idempotency_header="Idempotency-Key",
    own_key_field="ours",
)
BATCHED = dataclasses.replace(
    WRITING,
    batch_path="things/batch",
    batch_size=4,
    batch_position_path="position",
    batch_key_field="key",
    batch_target_field="id",
)
THINGS = ObjectManifest(
    "things",
    "Things",
    "TimeEntry",
    version_field="changed",
    natural_key="ours",
    find_parameter="ours",
    find_at_once=2,
    reading=READING,
    writing=WRITING,
    reading_lines=(MappingLine("id", "id", required=True),),
)
SYSTEM = SystemManifest(
    slug="thing_system",
    name="Thing system",
    category="ERP",
    summary="",
    proof=ProofLabel.DOCUMENTATION,
    documentation="",
    auth=AuthSpec(),
    objects=(THINGS,),
    test_path="whoami",
    limits=Limits(at_once=2),
    error_shape=ErrorShape(),
    error_rules=(
        ErrorRule(FailureKind.REJECTED, BusinessClass.DUPLICATE, code="duplicate", sentence="Already there."),
    ),
    webhook=WebhookSpec("standard"),
)


def system_with(*, writing: Writing | None = WRITING, **reading: Any) -> SystemManifest:
    spec = dataclasses.replace(THINGS, writing=writing, reading=dataclasses.replace(READING, **reading))
    return dataclasses.replace(SYSTEM, objects=(spec,))


@asynccontextmanager
async def opened(
    answering: Answering,
    manifest: SystemManifest = SYSTEM,
    *,
    headers: Mapping[str, str] | None = None,
    **settings: Any,
) -> AsyncIterator[RestConnector]:
    """A connector to a server that answers as `answering` says, with these headers besides."""
    told = "".join(
        f"{name}: {value}\r\n" for name, value in {"Content-Type": "application/json", **(headers or {})}.items()
    )

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head, _, body = (await read_request(reader)).partition(b"\r\n\r\n")
            method, target, _ = head.decode().split("\r\n")[0].split(" ")
            query = {name: values[0] for name, values in parse_qs(urlsplit(target).query).items()}
            status, said = answering(method, urlsplit(target).path, query, orjson.loads(body) if body else None)
            writer.write(reply(f"{status} X", orjson.dumps(said), told))
            await writer.drain()

    async with (
        wire(script) as url,
        RestConnector(
            manifest, door_to(url, timeout=2, limits=manifest.limits), settings, clock=lambda: NOW
        ) as connector,
    ):
        yield connector


async def pages(
    connector: RestConnector, checkpoint: Mapping[str, Any] | None = None, keys: tuple[str, ...] = ()
) -> list[Page]:
    return [page async for page in connector.read("things", checkpoint, keys)]


def keys_of(read: list[Page]) -> list[str]:
    return [record.key for page in read for record in page.records]


class Shelf:
    """A list sorted by change, as a well-behaved system serves it."""

    def __init__(self, *changed: str) -> None:
        self.records = [{"id": f"r{n}", "changed": moment} for n, moment in enumerate(changed)]
        self.asked: list[Mapping[str, str]] = []

    def __call__(self, method: str, path: str, query: Mapping[str, str], body: Body) -> tuple[int, Body]:
        self.asked.append(query)
        records = sorted(self.records, key=lambda record: record["changed"])
        chosen = [record for record in records if record["changed"] >= query.get("since", "")]
        start = (int(query.get("page", 1)) - 1) * 3
        return 200, {"records": chosen[start : start + 3]}


DAYS = [f"2026-11-{day:02d}T08:00:00Z" for day in range(1, 9)]
