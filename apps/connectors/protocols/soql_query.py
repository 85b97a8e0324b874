"""Queries of Salesforce's SOQL as text: selected fields, escaped literals, walks by time of change and id (pure).

https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql.htm
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from unicodedata import category
from urllib.parse import quote

from apps.connectors.errors import BusinessClass, MisconfiguredError
from apps.connectors.manifest import FieldSpec, ObjectManifest, ValueKind

CHANGED = "SystemModstamp"  # set by people, triggers and the platform alike; LastModifiedDate misses the last
CUSTOM = "custom"  # where the fields lie that a connection's settings name

# Only quotes and backslashes must be escaped; signs that no line of text holds have sequences of their own.
# https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_quotedstringescapes.htm
_ESCAPES = str.maketrans({"\\": r"\\", "'": r"\'", "\n": r"\n", "\r": r"\r", "\t": r"\t", "\b": r"\b", "\f": r"\f"})
_NO_TEXT = frozenset({"Cc", "Cs"})  # control signs, halves of pairs
_ID = re.compile(r"[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?")
_FIELD = re.compile(r"[A-Za-z]\w*(?:\.[A-Za-z]\w*)*", re.ASCII)
_LONGEST_TEXT = 255  # of a text field that can be filtered by
_LONGEST_LIST = 8_000  # encoded bytes of the names in one query; the whole address may have 16,384


def quoted(text: str) -> str | None:
    """Return a text literal ("O'Neil" is written 'O\\'Neil'); None for a text that no field can hold."""
    if not text or len(text) > _LONGEST_TEXT or any(category(sign) in _NO_TEXT for sign in text.translate(_ESCAPES)):
        return None
    return f"'{text.translate(_ESCAPES)}'"


def is_id(text: str) -> bool:
    """Return whether a text has the form of a record's id: 15 letters and digits, or 18."""
    return _ID.fullmatch(text) is not None


def instant(text: str, spec: ObjectManifest) -> str:
    """Return an instant as it stands in a query, in UTC and without quotes. Raises MisconfiguredError for no instant."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise MisconfiguredError(
            f"{spec.label} have {text!r} as {CHANGED}, which is no time: changes cannot be asked for.",
            business_class=BusinessClass.SCHEMA_DRIFT,
        ) from None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return f"{aware.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{aware.microsecond // 1000:03d}Z"


def behind(spec: ObjectManifest, since: str, after: str) -> str:
    """Return the condition for what lies behind a record in the order of time and id; without an id, from an instant on."""
    moment = instant(since, spec)
    if not is_id(after):
        return f"{CHANGED} >= {moment}"
    return f"({CHANGED} > {moment} OR ({CHANGED} = {moment} AND Id > '{after}'))"


def among(field: str, names: Sequence[str], at_once: int) -> Iterator[str]:
    """Yield conditions that a field has one of some values, each short enough for an address."""
    room, literals = _LONGEST_LIST, list[str]()
    for name in dict.fromkeys(names):
        literal = quoted(name)
        if literal is None or (field == "Id" and not is_id(name)):
            continue
        length = len(quote(literal, safe="")) + 3
        if literals and (length > room or len(literals) >= at_once):
            yield f"{field} IN ({', '.join(literals)})"
            room, literals = _LONGEST_LIST, []
        literals.append(literal)
        room -= length
    if literals:
        yield f"{field} IN ({', '.join(literals)})"


def query(spec: ObjectManifest, fields: Sequence[str], conditions: Sequence[str] = (), *, limit: int = 0) -> str:
    """Return the query for an object's records, the oldest change first; `limit` 0 asks for all of them."""
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    order = f" ORDER BY {CHANGED} ASC, Id ASC"
    end = f" LIMIT {limit}" if limit else ""
    return f"SELECT {', '.join(fields)} FROM {spec.name}{where}{order}{end}"  # noqa: S608  literals are quoted above


def selected(spec: ObjectManifest, further: Sequence[str] = (), without: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the fields to ask for, each once: those of the manifest that are columns, and `further` ones."""
    columns = (field.name for field in spec.fields if field.kind is not ValueKind.NESTED)
    return tuple(dict.fromkeys(name for name in ("Id", CHANGED, *columns, *further) if name not in without))


def custom_fields(setting: str, object_name: str) -> tuple[str, ...]:
    """Return the fields of one object out of a setting such as "Account.VAT__c, Opportunity.Service_Line__c".

    Raises:
        MisconfiguredError: a part of the setting names no field.

    """
    named = [part for part in re.split(r"[\s,;]+", setting) if part]
    for part in named:
        if "." not in part or not _FIELD.fullmatch(part):
            raise MisconfiguredError(
                f"The setting for further fields holds {part!r}: write each as Object.Field, such as "
                "Account.VAT__c, and part them by commas.",
                business_class=BusinessClass.CONNECTION,
            )
    pairs = (part.partition(".") for part in named)
    return tuple(dict.fromkeys(field for owner, _, field in pairs if owner.lower() == object_name.lower()))


def plain_record(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record without the service's own notes ("attributes"), in related records as well."""
    return {
        name: plain_record(value) if isinstance(value, Mapping) else value
        for name, value in values.items()
        if name != "attributes"
    }


def custom_field_spec() -> FieldSpec:
    """Return the field under which a manifest offers what a connection's settings add: "custom.VAT__c"."""
    return FieldSpec(CUSTOM, ValueKind.NESTED, "Further fields")
