"""Writes SOAP envelopes: values in the order of the schema, each in the form of its kind (pure).

https://www.w3.org/TR/2000/NOTE-SOAP-20000508/ and https://www.w3.org/TR/soap12-part1/. What has no value is left out, and
said to be nil where the schema allows that: an element that is neither optional nor nillable cannot be emptied.
"""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from apps.connectors.protocols.soap_tree import Node
from apps.connectors.soap_spec import SoapKind, SoapPlace, SoapVersion

SPACES = {
    SoapVersion.V1_1: "http://schemas.xmlsoap.org/soap/envelope/",
    SoapVersion.V1_2: "http://www.w3.org/2003/05/soap-envelope",
}
INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
OWN_PREFIXES = frozenset({"s", "xsi", "xml", "xmlns", "wsse", "wsu"})  # those that envelopes use themselves
# What no XML may hold, not even escaped (https://www.w3.org/TR/xml/#charsets).
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_FORMED = {"\r": "&#13;"}  # a bare one would be read as the end of a line
_IN_ATTRIBUTES = {**_FORMED, "\n": "&#10;", "\t": "&#9;"}


class UnwritableError(ValueError):
    """A value cannot be written; `path` says where in the message, `reason` why."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path, self.reason = path, reason


class NoPlaceError(UnwritableError):
    """The message has no element of this name."""

    def __init__(self, path: str) -> None:
        super().__init__(path, "The request has no such element.")


def write_envelope(version: SoapVersion, spaces: Mapping[str, str], root: Node, values: Mapping[str, Any]) -> bytes:
    """Return an envelope with an empty header and one element in its body. Raises UnwritableError.

    `values` are nested as the message is; lists fill repeated elements.
    """
    declared = "".join(f" xmlns:{prefix}={quoteattr(uri)}" for prefix, uri in spaces.items())
    body = "".join(_written(root, values, ""))
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        f'<s:Envelope xmlns:s="{SPACES[version]}" xmlns:xsi="{INSTANCE}"{declared}>'
        f"<s:Header></s:Header><s:Body>{body}</s:Body></s:Envelope>"
    ).encode()


def headers_for(version: SoapVersion, action: str) -> dict[str, str]:
    """Return the headers of a request (SOAP 1.1, section 6.1.1; RFC 3902)."""
    if version is SoapVersion.V1_1:
        return {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{action}"', "Accept": "text/xml"}
    named = f'; action="{action}"' if action else ""
    return {
        "Content-Type": f"application/soap+xml; charset=utf-8{named}",
        "Accept": "application/soap+xml",
    }


def _written(node: Node, value: Any, path: str) -> Iterator[str]:
    """Yield one element with what is in it."""
    name = f"{node.part.space}:{node.name}" if node.part.space else node.name
    if value is None:
        yield f'<{name} xsi:nil="true"/>'
    elif not node.below and node.part.kind is not SoapKind.GROUP:
        yield f"<{name}>{escape(_text(node, value, path), _FORMED)}</{name}>"
    else:
        values = _group(node, value, path)
        attributes = "".join(_attributes(node, values, path))
        yield f"<{name}{attributes}>"
        for below in node.below.values():
            if below.part.place is not SoapPlace.ATTRIBUTE:
                yield from _within(below, values, _path(path, below.name))
        yield f"</{name}>"


def _group(node: Node, value: Any, path: str) -> Mapping[str, Any]:
    """Return the values of a group. Raises UnwritableError, NoPlaceError for a name that the schema does not have."""
    if not isinstance(value, Mapping):
        raise UnwritableError(path, "This holds several values: fill those instead.")
    for name in value:
        if name not in node.below:
            raise NoPlaceError(_path(path, str(name)))
    return value


def _within(node: Node, values: Mapping[str, Any], path: str) -> Iterator[str]:
    """Yield the elements of one part of a group: none, one, or as many as its list has."""
    value = values.get(node.name)
    if node.part.place is SoapPlace.CONTENT:
        if value is not None:
            yield escape(_text(node, value, path), _FORMED)
    elif node.part.repeated:
        for entry in value if isinstance(value, list | tuple) else () if value is None else (value,):
            yield from _written(node, entry, path)
    elif value is not None or (node.name in values and node.part.nillable):
        yield from _written(node, value, path)
    elif node.part.required and node.part.kind is SoapKind.GROUP:
        yield from _written(node, {}, path)
    elif node.part.required and node.part.nillable:
        yield from _written(node, None, path)


def _attributes(node: Node, values: Mapping[str, Any], path: str) -> Iterator[str]:
    for below in node.below.values():
        if below.part.place is SoapPlace.ATTRIBUTE and values.get(below.name) is not None:
            name = f"{below.part.space}:{below.name}" if below.part.space else below.name
            text = _text(below, values[below.name], _path(path, below.name))
            yield f" {name}={quoteattr(text, _IN_ATTRIBUTES)}"


def _text(node: Node, value: Any, path: str) -> str:
    """Return a value as the schema writes it. Raises UnwritableError."""
    if isinstance(value, Mapping | list | tuple):
        raise UnwritableError(path, "A single value belongs here.")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | Decimal):
        return _number(value, path)
    text = str(value)
    if _UNWRITABLE.search(text):
        raise UnwritableError(path, "This text holds a character that cannot be sent: write it again.")
    return text.strip() if node.part.kind is not SoapKind.TEXT else text


def _number(value: float | Decimal, path: str) -> str:
    """Return a number without an exponent, which xs:decimal does not know."""
    exact = value if isinstance(value, Decimal) else Decimal(repr(value))
    if not exact.is_finite():
        raise UnwritableError(path, "This is no number.")
    return format(exact, "f")


def _path(above: str, name: str) -> str:
    return f"{above}.{name}" if above else name
