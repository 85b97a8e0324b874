"""Query options, keys and links of OData v4, as text (pure), and the literals that v2 writes otherwise.

https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part2-url-conventions.html
https://www.odata.org/documentation/odata-version-2-0/overview/ (6. Primitive Data Types)
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin

from apps.connectors.errors import BusinessClass, MisconfiguredError
from apps.connectors.manifest import FieldSpec, ObjectManifest, ValueKind
from apps.connectors.odata_spec import ODataSpec

NEXT = "next"  # where a page's next link lies after `following_link`: dotted paths cannot name "@odata.nextLink"

_GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_WHOLE = re.compile(r"-?\d{1,19}")
_LONGEST_TEXT = 250  # of a name that is looked for, where the manifest knows no limit
_BARE = frozenset({ValueKind.WHOLE, ValueKind.DECIMAL, ValueKind.MONEY, ValueKind.HOURS})


def is_guid(text: str) -> bool:
    """Return whether a text is a GUID in its usual form."""
    return _GUID.fullmatch(text) is not None


def is_whole(text: str) -> bool:
    """Return whether a text is a whole number that fits 64 bits."""
    return _WHOLE.fullmatch(text) is not None


def quoted(text: str) -> str:
    """Return a text literal: "O'Neil" is written 'O''Neil'."""
    return "'" + text.replace("'", "''") + "'"


def query_of(spec: ObjectManifest, odata: ODataSpec, parameters: Mapping[str, str]) -> dict[str, str] | None:
    """Return the query options for a list; None when nothing can match.

    Parameters whose name begins with "$" pass as they are. The others are conditions: "changedAt ge" compares, a mere
    field name ("number") is looked for among the values, which are parted by commas where `find_at_once` says so.
    """
    options = {name: value for name, value in parameters.items() if name.startswith("$")}
    conditions = [f"({options['$filter']})"] if options.get("$filter") else []
    for name, value in parameters.items():
        if name.startswith("$"):
            continue
        field, _, operator = name.partition(" ")
        condition = (
            f"{field} {operator} {_literal(spec, odata, field, value)}"
            if operator
            else _any_of(spec, odata, field, value)
        )
        if not condition:
            return None
        conditions.append(condition)
    if conditions:
        options["$filter"] = " and ".join(conditions)
    if odata.select and spec.fields:
        options["$select"] = ",".join(selected(spec))
    return options


def selected(spec: ObjectManifest) -> tuple[str, ...]:
    """Return the properties that the manifest names, each once."""
    names = (spec.key_field, *(field.name.split(".", 1)[0] for field in spec.fields), spec.version_field)
    return tuple(dict.fromkeys(name for name in names if name))


def plain_record(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record without the protocol's own annotations ("@odata.etag", "photo@odata.mediaReadLink")."""
    return {name: value for name, value in values.items() if "@odata." not in name}


def following_link(asked: str, body: Any) -> str | None:
    """Return where the next page lies, None after the last.

    A relative link counts from the context's address, else from the one that was `asked`.
    """
    link = body.get("@odata.nextLink") if isinstance(body, Mapping) else None
    if not isinstance(link, str) or not link:
        return None
    context = str(body.get("@odata.context") or "")
    return link if "://" in link else urljoin(context if "://" in context else asked, link)


def _any_of(spec: ObjectManifest, odata: ODataSpec, field: str, value: str) -> str:
    """Return the condition that a field has one of some values; "" when it can have none of them."""
    texts = value.split(",") if spec.find_at_once > 1 else [value]
    if len(texts) > 1:
        texts.append(value)  # a name may hold a comma itself
    if field in odata.guid_fields or type_of(spec, odata, field) == "Edm.Guid":
        literals: Iterable[str] = (_guid(odata, text) for text in texts if is_guid(text))
    else:
        known = _field(spec, field)
        longest = (known.max_length if known else None) or _LONGEST_TEXT
        literals = (quoted(text) for text in texts if text and len(text) <= longest)
    told = " or ".join(f"{field} eq {literal}" for literal in dict.fromkeys(literals))
    return f"({told})" if told else ""


def _guid(odata: ODataSpec, text: str) -> str:
    return f"guid'{text}'" if odata.version == 2 else text


def _literal(spec: ObjectManifest, odata: ODataSpec, field: str, value: str) -> str:
    known = _field(spec, field)
    kind = known.kind if known else ValueKind.TEXT
    if kind in {ValueKind.INSTANT, ValueKind.DATE}:
        text = _moment(spec, field, value)
        if odata.version != 2:
            return text
        if kind is ValueKind.INSTANT and type_of(spec, odata, field) == "Edm.DateTime":
            return f"datetime'{_without_zone(text)}'"
        return f"datetimeoffset'{text}'" if kind is ValueKind.INSTANT else f"datetime'{text[:10]}T00:00:00'"
    return value if kind in _BARE else quoted(value)


def _moment(spec: ObjectManifest, field: str, value: str) -> str:
    """Return an instant or a day as it stands in a filter, without quotes; whatever else stood there would be a query."""
    try:
        datetime.fromisoformat(value)
    except ValueError:
        raise MisconfiguredError(
            f"{spec.label} have {value!r} as {field}, which is no time: changes cannot be asked for.",
            business_class=BusinessClass.SCHEMA_DRIFT,
        ) from None
    return value


def _without_zone(text: str) -> str:
    """Return an instant in UTC as a type without zones takes it, to the millisecond."""
    moment = datetime.fromisoformat(text)
    here = moment.astimezone(UTC) if moment.tzinfo else moment
    return here.replace(tzinfo=None).isoformat(timespec="milliseconds")


def type_of(spec: ObjectManifest, odata: ODataSpec, field: str) -> str:
    """Return the type of a property where the manifest names it ("Edm.DateTime"), "" where its kind says enough."""
    return odata.types.get(f"{entity_set_of(spec)}/{field}", "") if odata.types else ""


def entity_set_of(spec: ObjectManifest) -> str:
    """Return the name of the set that an object's list stands under: the last part of its path."""
    return spec.reading.path.rpartition("/")[2].partition("(")[0] if spec.reading else spec.name


def _field(spec: ObjectManifest, name: str) -> FieldSpec | None:
    return next((field for field in spec.fields if field.name == name), None)
