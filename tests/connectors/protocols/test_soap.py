"""The SOAP connector against a service that holds every envelope against its schema: what only SOAP has, beyond conformance."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from apps.connectors import registry
from apps.connectors.contract import Write
from apps.connectors.errors import BusinessClass, MisconfiguredError, RejectedError, RetryableError
from apps.connectors.manifest import SystemManifest
from apps.connectors.protocols.soap import SoapConnector
from apps.connectors.protocols.soap_writing import SPACES
from apps.connectors.rate_budget import NoBudget
from apps.connectors.soap_spec import SoapVersion
from tests.conformance.stages.private_soap import described
from tests.connectors.conftest import read_request, reply, says, wire
from tests.connectors.private.timeworks_stand_in import COMPANY, TimeworksStandIn

ENTRY = {"projectCode": "NW-101", "workDate": "2026-11-02", "hours": "2.5"}
V1_2 = SPACES[SoapVersion.V1_2]


@asynccontextmanager
async def opened(url: str, manifest: SystemManifest | None = None, **settings: Any) -> AsyncIterator[SoapConnector]:
    names = ("username", "password")
    made = registry.open_system(
        manifest or described(),
        base_url=url,
        settings={"companyId": COMPANY, **settings},
        secrets=dict(zip(names, TimeworksStandIn.client, strict=True)),
        allow=(url.partition("://")[2],),
        budget=NoBudget(),
    )
    assert isinstance(made, SoapConnector)
    async with made:
        yield made


@asynccontextmanager
async def service(**settings: Any) -> AsyncIterator[tuple[TimeworksStandIn, SoapConnector]]:
    system = TimeworksStandIn()
    person = system.enter("people", email="a@x.example", firstName="Ann", lastName="Vale")
    for number in range(1, 4):
        system.enter("time_entries", **ENTRY, personId=str(person["id"]), externalId=f"E-{number}", tags=["x"] * number)
    async with system.serve() as url, opened(url, **settings) as connector:
        yield system, connector
    assert system.violations == []


async def test_a_fault_that_blames_the_caller_is_no_outage_though_its_status_is_500() -> None:
    async with service() as (_system, connector):
        (outcome,) = await connector.upsert("time_entries", [Write(0, {**ENTRY, "personId": "nobody"}, "b", "k")])
        counts = connector.take_counts()

    assert isinstance(outcome.error, RejectedError)
    assert outcome.error.business_class is BusinessClass.MISSING_REFERENCE
    assert outcome.exchange is not None
    assert outcome.exchange.status == 500  # as it came
    assert (counts.ok, counts.failed) == (1, 0)


async def test_keys_are_looked_for_together_where_the_request_takes_many() -> None:
    async with service() as (system, connector):
        found = await connector.find("time_entries", ["E-1", "E-3", "E-9", "a,b"])

    assert sorted(found) == ["E-1", "E-3"]
    assert len(system.asked) == 1


async def test_lists_are_lists_however_many_come_and_what_is_left_out_is_nothing() -> None:
    async with service() as (_system, connector):
        (page,) = [page async for page in connector.read("time_entries", None)]

    assert [record.values["tags"] for record in page.records] == [{"tag": ["x"] * number} for number in (1, 2, 3)]
    assert page.records[0].values["billable"] is None
    assert page.records[0].values["hours"] == "2.5"
    assert page.records[0].version.endswith("Z")


async def test_a_text_is_emptied_by_saying_that_it_is_nil() -> None:
    async with service() as (system, connector):
        row = system.rows["time_entries"][0]
        sent = {**ENTRY, "personId": row["personId"], "note": None}
        await connector.upsert("time_entries", [Write(0, {**sent, "note": "x"}, "b", "k", str(row["id"]))])
        assert row["note"] == "x"
        await connector.upsert("time_entries", [Write(0, sent, "b", "k", str(row["id"]))])

    assert row["note"] is None


async def test_a_field_that_the_request_does_not_have_is_named_and_nothing_is_sent() -> None:
    async with service() as (system, connector):
        with pytest.raises(MisconfiguredError, match=r"takes no 'entry\.colour' in CreateTimeEntry") as caught:
            await connector.upsert("time_entries", [Write(0, {**ENTRY, "colour": "red"}, "b", "k")])

    assert caught.value.business_class is BusinessClass.SCHEMA_DRIFT
    assert system.asked == []


async def test_a_text_that_no_xml_can_hold_is_refused_by_its_field_and_nothing_is_sent() -> None:
    async with service() as (system, connector):
        (outcome,) = await connector.upsert("time_entries", [Write(0, {**ENTRY, "hours": "1\x1b"}, "b", "k")])

    assert isinstance(outcome.error, RejectedError)
    assert outcome.error.problems[0].field == "hours"
    assert system.asked == []


async def test_a_setting_that_every_request_needs_is_asked_for_by_name() -> None:
    async with service(companyId="") as (system, connector):
        with pytest.raises(MisconfiguredError, match="The setting 'companyId' of the connection is empty"):
            await anext(connector.read("time_entries", None))

    assert system.asked == []


async def test_a_list_under_another_name_is_a_changed_format_and_no_empty_list() -> None:
    space = SPACES[SoapVersion.V1_1]
    inside = "<ListTimeEntriesResponse><items><entry/></items><totalCount>1</totalCount></ListTimeEntriesResponse>"
    body = f'<s:Envelope xmlns:s="{space}"><s:Body>{inside}</s:Body></s:Envelope>'.encode()
    async with wire(says(reply("200 OK", body, "Content-Type: text/xml\r\n"))) as url, opened(url) as connector:
        with pytest.raises(MisconfiguredError, match="no longer answers with a list of time entries"):
            await anext(connector.read("time_entries", None))


@pytest.mark.parametrize(
    ("status", "inside", "error"),
    [
        pytest.param(
            "400 Bad Request",
            "<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>Duplicate</s:Value></s:Subcode></s:Code>"
            "<s:Reason><s:Text xml:lang='en'>There already.</s:Text></s:Reason></s:Fault>",
            RejectedError, id="the caller's",
        ),
        pytest.param(
            "500 Internal Server Error",
            "<s:Fault><s:Code><s:Value>s:Receiver</s:Value></s:Code><s:Reason><s:Text>Oops.</s:Text></s:Reason></s:Fault>",
            RetryableError, id="the service's",
        ),
    ],
)  # fmt: skip
async def test_soap_1_2_has_a_content_type_and_faults_of_its_own(
    status: str, inside: str, error: type[Exception]
) -> None:
    soap = described().soap
    assert soap is not None
    manifest = replace(described(), soap=replace(soap, version=SoapVersion.V1_2))
    body = f'<s:Envelope xmlns:s="{V1_2}"><s:Body>{inside}</s:Body></s:Envelope>'.encode()
    heard: list[bytes] = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await read_request(reader))
        writer.write(reply(status, body, "Content-Type: application/soap+xml\r\n"))
        await writer.drain()

    async with wire(listen) as url, opened(url, manifest) as connector:
        with pytest.raises(error):
            await connector._calls.call("POST", "DeleteTimeEntry/7", spec=manifest.objects[0])

    (sent,) = heard
    action = b'action="urn:timeworks:service/DeleteTimeEntry"'
    assert b"Content-Type: application/soap+xml; charset=utf-8; " + action in sent
    assert b"SOAPAction" not in sent
    assert V1_2.encode() in sent
