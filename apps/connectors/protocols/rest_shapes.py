"""Finds out what the objects of a REST system look like: as it describes them itself, else by its manifest and one record."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any

from apps.connectors.answers import at_path, text_at, walk_path
from apps.connectors.contract import OutsideRecord, Page
from apps.connectors.describe_spec import DescribeSpec
from apps.connectors.errors import BusinessClass, FailureKind, MisconfiguredError, RemoteError
from apps.connectors.manifest import ObjectManifest, SystemManifest, ValueKind
from apps.connectors.pagination import page_parameters
from apps.connectors.protocols.calls import Calls
from apps.connectors.protocols.rest_reading import first_question
from apps.connectors.shapes import MOST_FIELDS, DiscoveredField, DiscoveredShape, live_shape, manifest_shape

_MOST_PAGES = 5  # without a record, as systems have them that are read person by person

Sample = Callable[[ObjectManifest], Awaitable[OutsideRecord | None]]


def chosen_objects(manifest: SystemManifest, object_names: Sequence[str]) -> tuple[ObjectManifest, ...]:
    """Return the objects of these names, all of them for none. Raises KeyError."""
    return tuple(manifest.object_named(name) for name in object_names) or manifest.objects


async def discover_shapes(calls: Calls, specs: Sequence[ObjectManifest], sample: Sample) -> tuple[DiscoveredShape, ...]:
    """Return what these objects look like. `sample` fetches one record of an object, None where there is none.

    Raises:
        RemoteError: the system cannot be asked just now. An object that this sign-in may not see is none: it is taken from
            the manifest.

    """
    describe = calls.manifest.describe
    if describe is None:
        return tuple(await asyncio.gather(*(_compared(spec, sample) for spec in specs)))
    return tuple(await asyncio.gather(*(_described(calls, describe, spec) for spec in specs)))


async def one_record(calls: Calls, spec: ObjectManifest) -> OutsideRecord | None:
    """Return one record of a list, None when it is empty or there is none."""
    if spec.reading is None or not spec.reading.is_list:
        return None
    reading = spec.reading
    first = {} if reading.since_in_header else first_question(reading)
    parameters = {**reading.parameters, **first, **page_parameters(reading.paging, None)}
    if reading.paging.size_parameter:
        parameters[reading.paging.size_parameter] = "1"
    _, records = await calls.list_records(spec, calls.path(reading.path), parameters)
    return records[0] if records else None


async def first_record(pages: AsyncIterator[Page]) -> OutsideRecord | None:
    """Return the first record of a reading that is not carried on, None when its first pages are empty."""
    looked_at = 0
    try:
        async for page in pages:
            looked_at += 1
            if page.records:
                return page.records[0].values
            if page.last or looked_at >= _MOST_PAGES:
                return None
        return None
    finally:
        if isinstance(pages, AsyncGenerator):
            await pages.aclose()


def may_be_passed_over(error: RemoteError) -> bool:
    """Tell whether a failure is about one object only: the sign-in may not see it, or the address is not there."""
    return error.kind in {FailureKind.MISCONFIGURED, FailureKind.REJECTED}


async def _compared(spec: ObjectManifest, sample: Sample) -> DiscoveredShape:
    try:
        return manifest_shape(spec, await sample(spec))
    except RemoteError as error:
        if may_be_passed_over(error):
            return manifest_shape(spec)
        raise


async def _described(calls: Calls, describe: DescribeSpec, spec: ObjectManifest) -> DiscoveredShape:
    path = calls.path(describe.path.replace("{object}", spec.name))
    try:
        answer = await calls.call("GET", path, spec=spec)
    except RemoteError as error:
        if may_be_passed_over(error):
            return manifest_shape(spec)
        raise
    told = at_path(answer.json(), describe.fields_path)
    if not isinstance(told, list):
        raise _unreadable(calls, spec)
    shape = live_shape(spec, _fields(describe, told))
    if not shape.fields:
        raise _unreadable(calls, spec)
    return shape


def _fields(describe: DescribeSpec, told: list[Any]) -> Iterator[DiscoveredField]:
    for entry in told[:MOST_FIELDS]:
        if isinstance(entry, Mapping) and text_at(entry, describe.name_path):
            yield _field(describe, entry)


def _field(describe: DescribeSpec, entry: Mapping[str, Any]) -> DiscoveredField:
    length = at_path(entry, describe.length_path) if describe.length_path else None
    choices = walk_path(at_path(entry, ""), describe.choices_path) if describe.choices_path else ()
    return DiscoveredField(
        name=text_at(entry, describe.name_path),
        kind=ValueKind(describe.kinds.get(text_at(entry, describe.kind_path), ValueKind.TEXT)),
        label=text_at(entry, describe.label_path) if describe.label_path else "",
        required=_yes(entry, describe.required_path),
        read_only=_yes(entry, describe.read_only_path),
        choices=tuple(dict.fromkeys(str(choice) for choice in choices)),
        # Systems write "no limit" as 0 or as nothing.
        max_length=length if isinstance(length, int) and length > 0 else None,
    )


def _yes(entry: Mapping[str, Any], path: str) -> bool:
    if not path:
        return False
    told = bool(at_path(entry, path.removeprefix("!")))
    return not told if path.startswith("!") else told


def _unreadable(calls: Calls, spec: ObjectManifest) -> MisconfiguredError:
    return MisconfiguredError(
        f"{calls.manifest.name} no longer describes its {spec.label.lower()} in the form that was agreed.",
        business_class=BusinessClass.SCHEMA_DRIFT,
    )
