"""The forms in which OData writes times and exact numbers, turned into their usual ones and back (pure).

In version 4 a decimal is a number of JSON, unless IEEE754Compatible was agreed on
(https://docs.oasis-open.org/odata/odata-json-format/v4.01/odata-json-format-v4.01.html, 7.1). In version 2 a time is "/Date(1573755038314)/"; Edm.Decimal and Edm.Int64 are texts, lest a reader of JSON rounds them.
https://www.odata.org/documentation/odata-version-2-0/json-format/ (4. Primitive Types)
"""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from apps.connectors.answers import at_path
from apps.connectors.canonical.values import write_number
from apps.connectors.contract import OutsideRecord
from apps.connectors.instants import UnreadableInstantError, read_instant, write_instant
from apps.connectors.manifest import FieldSpec, InstantForm, ObjectManifest, ValueKind
from apps.connectors.odata_spec import ODataSpec
from apps.connectors.protocols.odata_query import type_of

_TIMES = frozenset({ValueKind.INSTANT, ValueKind.DATE})
_EXACT = frozenset({ValueKind.DECIMAL, ValueKind.MONEY, ValueKind.HOURS})


def with_numbers(value: Any) -> Any:
    """Return a body for version 4: exact numbers as numbers of JSON, as far as those hold them exactly."""
    if isinstance(value, Decimal):
        return write_number(value)
    if isinstance(value, Mapping):
        return {name: with_numbers(one) for name, one in value.items()}
    return [with_numbers(one) for one in value] if isinstance(value, list) else value


def usual_record(spec: ObjectManifest, record: OutsideRecord) -> OutsideRecord:
    """Return a record with its times as ISO texts: instants with Z, days without a time. Other texts stay as they are."""
    return _changed(spec, record, _usual)


def v2_record(spec: ObjectManifest, odata: ODataSpec, record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record as the service takes it: times as /Date(..)/, exact numbers as texts."""
    return _changed(spec, record, lambda field, value: _as_v2(field, value, type_of(spec, odata, field.name)))


def _changed(
    spec: ObjectManifest, record: Mapping[str, Any], change: Callable[[FieldSpec, Any], Any]
) -> dict[str, Any]:
    found = dict(record)
    for field in spec.fields:
        value = at_path(record, field.name)
        if value is not None and field.kind is not ValueKind.NESTED:
            found = _with(found, field.name, change(field, value))
    return found


def _with(record: Mapping[str, Any], path: str, value: Any) -> dict[str, Any]:
    first, _, rest = path.partition(".")
    if not rest:
        return {**record, first: value}
    inner = record.get(first)
    return {**record, first: _with(inner, rest, value)} if isinstance(inner, Mapping) else dict(record)


def _usual(field: FieldSpec, value: Any) -> Any:
    if field.kind not in _TIMES or not isinstance(value, str):
        return value
    try:
        moment = read_instant(value, InstantForm.DOTNET)
    except UnreadableInstantError:
        return value
    return write_instant(moment, InstantForm.DATE if field.kind is ValueKind.DATE else InstantForm.ISO_MILLIS)


def _as_v2(field: FieldSpec, value: Any, written: str) -> Any:
    if field.kind in _EXACT or written == "Edm.Int64":
        return str(value) if isinstance(value, int | float | Decimal) and not isinstance(value, bool) else value
    moment = _moment(value) if field.kind in _TIMES else None
    return value if moment is None else write_instant(moment, InstantForm.DOTNET)


def _moment(value: Any) -> datetime | None:
    """Return the instant that a value means, a day being its beginning; None for what is no time."""
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, date):
        return datetime.combine(value, time(), UTC)
    try:
        return read_instant(value, InstantForm.ISO) if isinstance(value, str) else None
    except UnreadableInstantError:
        return None
