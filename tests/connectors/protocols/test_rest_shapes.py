"""What a REST system tells about its own fields, as its manifest says where each part stands."""

from collections.abc import AsyncIterator
from dataclasses import replace

import orjson
import pytest

from apps.connectors.catalog.sandbox_tax.manifest import MANIFEST
from apps.connectors.contract import OutsideRecord, Page, SourceRecord
from apps.connectors.describe_spec import DescribeSpec
from apps.connectors.errors import BusinessClass, FailureKind, RemoteError
from apps.connectors.manifest import ValueKind
from apps.connectors.protocols.rest import RestConnector
from apps.connectors.protocols.rest_shapes import first_record
from apps.connectors.shapes import DiscoveredField, DiscoveredShape, ShapeSource
from tests.connectors.conftest import door_to, reply, says, wire

# As Salesforce describes its objects: https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_sobject_describe.htm
SALESFORCE = DescribeSpec(
    path="sobjects/{object}/describe",
    label_path="label",
    kinds={"double": "decimal", "picklist": "choice", "date": "date"},
    required_path="!nillable",
    read_only_path="!updateable",
    choices_path="picklistValues.value",
    length_path="length",
)
TOLD = {
    "fields": [
        {"name": "Id", "type": "id", "label": "Account ID", "nillable": False, "updateable": False, "length": 18},
        {"name": "Size", "type": "double", "label": "Size", "nillable": True, "updateable": True, "length": 0},
        {
            "name": "Kind",
            "type": "picklist",
            "label": "Kind",
            "nillable": True,
            "updateable": True,
            "length": 40,
            "picklistValues": [{"value": "A"}, {"value": "B"}, {"value": "A"}],
        },
        {"type": "nameless"},
        "no field at all",
    ]
}


async def _discovered(answer: bytes) -> tuple[DiscoveredShape, ...]:
    async with wire(says(answer)) as url:
        manifest = replace(MANIFEST, describe=SALESFORCE)
        async with RestConnector(manifest, door_to(url), {}) as connector:
            return await connector.discover()


async def test_each_part_is_taken_from_where_the_manifest_says_it_stands() -> None:
    (shape,) = await _discovered(reply("200 OK", orjson.dumps(TOLD)))
    assert shape.source is ShapeSource.LIVE
    kind = {"choices": ("A", "B"), "max_length": 40, "known": False}
    assert shape.fields == (
        DiscoveredField("Id", ValueKind.TEXT, "Account ID", read_only=True, max_length=18, known=False),
        DiscoveredField("Size", ValueKind.DECIMAL, "Size", known=False),
        DiscoveredField("Kind", ValueKind.CHOICE, "Kind", **kind),  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("status", ["403 Forbidden", "404 Not Found"])
async def test_what_the_sign_in_may_not_see_is_taken_from_the_manifest(status: str) -> None:
    (shape,) = await _discovered(reply(status, b'{"error": {"code": "no", "message": "No"}}'))
    assert shape.source is ShapeSource.MANIFEST
    assert {field.name for field in shape.fields} == {field.name for field in MANIFEST.objects[0].fields}


UNREADABLE = {
    "an outage": (reply("503 Service Unavailable"), FailureKind.RETRYABLE, BusinessClass.PROVIDER_OUTAGE),
    "a refused sign-in": (reply("401 Unauthorized"), FailureKind.AUTH_EXPIRED, BusinessClass.PERMISSION),
    "no list": (reply("200 OK", b'{"fields": {"a": 1}}'), FailureKind.MISCONFIGURED, BusinessClass.SCHEMA_DRIFT),
    "no fields": (reply("200 OK", b'{"fields": [1, 2]}'), FailureKind.MISCONFIGURED, BusinessClass.SCHEMA_DRIFT),
    "something else": (reply("200 OK", b"[]"), FailureKind.MISCONFIGURED, BusinessClass.SCHEMA_DRIFT),
}


@pytest.mark.parametrize("case", UNREADABLE)
async def test_what_cannot_be_read_is_told_as_what_it_is(case: str) -> None:
    answer, kind, business_class = UNREADABLE[case]
    with pytest.raises(RemoteError) as caught:
        await _discovered(answer)
    assert (caught.value.kind, caught.value.business_class) == (kind, business_class)


def _pages(*numbers: int) -> AsyncIterator[Page]:
    async def pages() -> AsyncIterator[Page]:
        for number in numbers:
            record: OutsideRecord = {"n": number}
            yield Page((SourceRecord("things", str(number), "1", record),) if number else (), {})

    return pages()


@pytest.mark.parametrize(
    ("numbers", "found"),
    [((7, 8), {"n": 7}), ((0, 0, 9), {"n": 9}), ((), None), ((0,) * 5 + (1,), None)],
    ids=["at once", "after empty pages", "none", "none soon"],
)
async def test_the_first_record_is_looked_for_in_a_few_pages(numbers: tuple[int, ...], found: object) -> None:
    assert await first_record(_pages(*numbers)) == found
