"""Whatever stands at the other end: each bad answer has a named outcome, and a sentence a person understands."""

import asyncio
import ssl
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.test import RequestFactory

from apps.connectors import registry
from apps.connectors.auth import Signer
from apps.connectors.canonical.registry import canonical_type
from apps.connectors.contract import Page, SourceRecord
from apps.connectors.egress import EgressRefusedError
from apps.connectors.errors import BusinessClass, FailureKind, FieldProblem, RemoteError
from apps.connectors.manifest import MappingLine, ObjectManifest
from apps.connectors.protocols.rest import RestConnector
from apps.flows.engine.steps.extract import ExtractStep
from apps.flows.mapping.compile import compile_mapping
from apps.flows.mapping.layers import LineChange, merge_layers
from apps.flows.views.intake import WebhookDoor
from tests.conformance.plain_words import require_plain_words
from tests.connectors.conftest import Script, door_to, read_request, reply, says, wire

K, B = FailureKind, BusinessClass
PSA = registry.manifest("sandbox_psa")
ENTRIES = PSA.object_named("time-entries")
GIGABYTE = 1024 * 1024 * 1024
MEGABYTE = 1024 * 1024
ENTRY = {
    "id": "TE-1", "project_code": "PRJ-1", "person_id": "E-1", "worked_on": "2026-11-02", "hours": 7.5,
    "status": "approved", "notes": "Workshop", "modified_at": "2026-11-02T17:00:00.000000Z",
}  # fmt: skip


def listed(*records: dict[str, Any], total: int = 10_000) -> bytes:
    return orjson.dumps({"page": 1, "size": 200, "total": total, "results": records})


async def read(url: str, **door: Any) -> list[Page]:
    """Read time entries of a PSA at this address, as the product does."""
    opened = door_to(url, auth=Signer(headers={"Authorization": "Bearer right-token"}), **door)
    async with RestConnector(PSA, opened, {}) as connector:
        return [page async for page in connector.read("time-entries", None)]


async def error_of(script: Script, **door: Any) -> RemoteError:
    async with wire(script) as url:
        with pytest.raises(RemoteError) as caught:
            await read(url, **door)
    require_plain_words(caught.value)
    return caught.value


# --- the answer as a whole --------------------------------------------------------------------------------------------
ANSWERS = {
    "wrong credentials": (reply("401 Unauthorized"), K.AUTH_EXPIRED, B.PERMISSION, "enter valid credentials"),
    "wrong address": (reply("404 Not Found", b'{"message": "no such page"}'), K.MISCONFIGURED, B.CONNECTION, "address"),
    "HTML instead of JSON": (
        reply("200 OK", b"<!doctype html><title>Welcome</title>", "Content-Type: text/html\r\n"),
        K.MISCONFIGURED, B.CONNECTION, "web page instead of data",
    ),
    "HTML that claims to be JSON": (
        reply("200 OK", b"\n <html><body>Login</body></html>"), K.MISCONFIGURED, B.CONNECTION, "web page instead of data",
    ),
    "truncated JSON": (reply("200 OK", listed(ENTRY)[:-9]), K.RETRYABLE, B.PARSE, "cut short"),
    "raw NUL bytes": (reply("200 OK", listed(ENTRY).replace(b"Workshop", b"Work\x00hop")), K.RETRYABLE, B.PARSE, "JSON"),
    "bytes of no alphabet": (reply("200 OK", b'{"results": ["\xff\xfe"]}'), K.RETRYABLE, B.PARSE, "JSON"),
    "a list that is none": (reply("200 OK", b'{"results": {"a": 1}}'), K.MISCONFIGURED, B.SCHEMA_DRIFT, "format"),
    "depth without end": (reply("200 OK", b"[" * 5000), K.RETRYABLE, B.PARSE, "JSON"),
    "a redirect to a private address": (
        reply("302 Found", b"", "Location: http://10.0.0.1/latest/\r\n"), K.MISCONFIGURED, B.CONNECTION, "redirects",
    ),
    "a redirect to the cloud's own data": (
        reply("307 Moved", b"", "Location: http://169.254.169.254/latest/meta-data/\r\n"),
        K.MISCONFIGURED, B.CONNECTION, "redirects",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", ANSWERS)
async def test_a_bad_answer_is_named(what: str) -> None:
    content, kind, business_class, words = ANSWERS[what]
    error = await error_of(says(content))
    assert (error.kind, error.business_class, error.ambiguous) == (kind, business_class, False)
    assert words in error.message


@pytest.mark.parametrize("announced", [True, False], ids=["announced", "unannounced"])
async def test_an_answer_of_two_gigabytes_is_given_up_early_and_never_held(announced: bool) -> None:
    sent = 0

    async def pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await read_request(reader)
        length = f"Content-Length: {2 * GIGABYTE}\r\n" if announced else "Connection: close\r\n"
        writer.write(f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{length}\r\n".encode())
        piece = b" " * (256 * 1024)
        while sent < 2 * GIGABYTE:
            writer.write(piece)
            await writer.drain()
            sent += len(piece)

    tracemalloc.start()
    try:
        error = await error_of(pour, timeout=30)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (error.kind, error.business_class) == (K.MISCONFIGURED, B.TOO_LARGE)
    assert "larger than 10 MiB" in error.message
    assert sent < 64 * MEGABYTE
    assert most < 64 * MEGABYTE


async def test_a_name_that_leads_to_a_private_address_is_not_called() -> None:
    async def look_up(host: str, port: int) -> list[str]:
        return ["10.1.2.3"]

    with pytest.raises(EgressRefusedError, match=r"leads to 10\.1\.2\.3, a private address") as caught:
        await read("https://psa.example.com", look_up=look_up, allow=())
    assert (caught.value.kind, caught.value.business_class) == (K.MISCONFIGURED, B.CONNECTION)


async def test_a_certificate_that_nobody_vouches_for_ends_the_call(tmp_path: Path) -> None:
    heard: list[bytes] = []

    async def look_up(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    async with secured(tmp_path, "psa.test", heard) as port:
        with pytest.raises(RemoteError) as caught:
            await read(f"https://psa.test:{port}", look_up=look_up, allow=(f"psa.test:{port}",))
    error = caught.value
    assert (error.kind, error.business_class, error.ambiguous) == (K.RETRYABLE, B.CONNECTION, False)
    assert "its certificate is not valid" in error.message
    require_plain_words(error)
    assert heard == []  # the token was never sent


@asynccontextmanager
async def secured(folder: Path, name: str, heard: list[bytes]) -> AsyncIterator[int]:
    """Serve TLS with a certificate that signs itself."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False).sign(key, hashes.SHA256())
    )  # fmt: skip
    held = folder / "both.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    held.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(held)

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            heard.append(await read_request(reader))
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


# --- lists that do not end --------------------------------------------------------------------------------------------
async def test_a_page_that_repeats_stops_the_reading() -> None:
    page = listed(*({**ENTRY, "id": f"TE-{number}"} for number in range(200)))
    error = await error_of(says(reply("200 OK", page)))
    assert (error.kind, error.business_class) == (K.MISCONFIGURED, B.SCHEMA_DRIFT)
    assert "repeats the same pages of time entries" in error.message


async def test_an_endless_chain_of_empty_pages_stops_the_reading() -> None:
    asked = 0

    async def chain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        while True:
            await read_request(reader)
            asked += 1
            writer.write(reply("200 OK", orjson.dumps({"results": [], "next": f"page-{asked}"})))
            await writer.drain()

    error = await _chained(chain)
    assert (error.kind, error.business_class) == (K.MISCONFIGURED, B.SCHEMA_DRIFT)
    assert asked < 10


async def test_an_endless_chain_of_pages_that_go_round_in_a_circle_stops_the_reading() -> None:
    asked = 0

    async def circle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        while True:
            await read_request(reader)
            asked += 1
            place = asked % 3
            entry = {**ENTRY, "id": f"TE-{place}", "modified_at": f"2026-11-0{place + 1}T08:00:00Z"}
            page = {"results": [entry], "next": f"page-{place}"}
            writer.write(reply("200 OK", orjson.dumps(page)))
            await writer.drain()

    error = await _chained(circle)
    assert (error.kind, error.business_class) == (K.MISCONFIGURED, B.SCHEMA_DRIFT)
    assert asked < 20


async def _chained(script: Script) -> RemoteError:
    """Read a list whose pages name the next one."""
    assert ENTRIES.reading is not None
    paging = replace(ENTRIES.reading.paging, style="token", position_parameter="page", next_path="next")
    spec = replace(ENTRIES, reading=replace(ENTRIES.reading, paging=paging, since_sorted=False))
    async with wire(script) as url, RestConnector(replace(PSA, objects=(spec,)), door_to(url), {}) as connector:
        with pytest.raises(RemoteError) as caught:
            async for _ in connector.read("time-entries", None):
                pass
    require_plain_words(caught.value)
    return caught.value


async def test_a_next_page_at_a_private_address_is_not_followed() -> None:
    page = orjson.dumps({"results": [ENTRY], "next": "http://10.0.0.1/next"})
    assert ENTRIES.reading is not None
    paging = replace(ENTRIES.reading.paging, style="link", next_path="next")
    spec = replace(ENTRIES, reading=replace(ENTRIES.reading, paging=paging, since_sorted=False))
    async with (
        wire(says(reply("200 OK", page))) as url,
        RestConnector(replace(PSA, objects=(spec,)), door_to(url), {}) as connector,
    ):
        with pytest.raises(EgressRefusedError, match="another host"):
            [one async for one in connector.read("time-entries", None)]


# --- values within a good answer --------------------------------------------------------------------------------------
VALUES = {
    "an unknown enum value": ({"status": "blessed"}, "approval", B.MAPPING_GAP, "“blessed”"),
    "a decimal with a comma": ({"hours": "7,5"}, "hours", B.PARSE, "decimal comma"),
    "a number in words": ({"hours": "seven"}, "hours", B.PARSE, "is not a number"),
    "31.02.2026": ({"worked_on": "31.02.2026"}, "work_date", B.PARSE, "31.02.2026"),
    "2026-02-31": ({"worked_on": "2026-02-31"}, "work_date", B.PARSE, "not a day of the calendar"),
    "a NUL in a text": ({"notes": "Work\x00shop"}, "note", B.PARSE, "null character"),
    "a NUL in a reference": ({"project_code": "PRJ\x00"}, "project", B.PARSE, "null character"),
    "a NUL inside a group": ({"custom": {"region": "EM\x00EA"}}, "region", B.PARSE, "null character"),
    "a list where a text is due": ({"notes": ["a", "b"]}, "note", B.PARSE, "single text"),
    "hours beyond measure": ({"hours": 1e300}, "hours", B.PARSE, "too large"),
}


@pytest.mark.parametrize("what", VALUES)
async def test_a_value_that_cannot_be_used_names_its_field_and_keeps_no_other_record_back(what: str) -> None:
    change, field, business_class, words = VALUES[what]
    page = listed({**ENTRY, **change}, {**ENTRY, "id": "TE-2"}, total=2)
    async with wire(says(reply("200 OK", page))) as url:
        bad, good = (record for one in await read(url) for record in one.records)
    canonical, problems = _extracted(ENTRIES, bad)
    assert field not in canonical
    assert [(problem.field, problem.business_class) for problem in problems] == [(field, business_class)]
    assert words in problems[0].message
    assert problems[0].message.endswith(".")
    assert "\x00" not in problems[0].message
    assert _extracted(ENTRIES, good)[1] == ()


def test_a_day_that_does_not_exist_is_refused_in_the_form_a_mapping_reads_too() -> None:
    change = LineChange("work_date", {"transforms": ("date_parse:%d.%m.%Y",)})
    record = SourceRecord("time-entries", "TE-1", "1", {**ENTRY, "worked_on": "31.02.2026"})
    canonical, problems = _extracted(ENTRIES, record, change)
    assert "work_date" not in canonical
    assert [(problem.field, problem.business_class) for problem in problems] == [("work_date", B.PARSE)]


def _extracted(
    spec: ObjectManifest, record: SourceRecord, *changes: LineChange | MappingLine
) -> tuple[dict[str, Any], tuple[FieldProblem, ...]]:
    described = canonical_type(spec.canonical_type)
    lines = merge_layers(spec.reading_lines, template=changes)
    compiled = compile_mapping(lines, source_fields=spec.fields, target_fields=described.fields)
    return ExtractStep(described, compiled).plan(record)


# --- a webhook --------------------------------------------------------------------------------------------------------
class Untouched:
    """A body that says when somebody begins to read it."""

    def __init__(self) -> None:
        self.read_from = False

    def read(self, size: int = -1) -> bytes:
        self.read_from = True
        return b"x" * max(0, size)


def test_a_webhook_of_ten_megabytes_is_refused_before_it_is_read() -> None:
    body = Untouched()
    request = RequestFactory().generic("POST", "/in/token", content_type="application/json")
    request.META["CONTENT_LENGTH"] = str(10 * MEGABYTE)
    request._stream = body  # type: ignore[attr-defined]
    answer = WebhookDoor(lambda _request: pytest.fail("handed on"))(request)
    assert (answer.status_code, answer.content) == (413, b"")
    assert not body.read_from
