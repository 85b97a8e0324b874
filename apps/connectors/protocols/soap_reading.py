"""Reads SOAP answers: the element in an envelope's body as plain values, or the fault that stands there (pure).

Elements are known by their local names: services are careless with name spaces. What the schema declares comes out in the
form of its kind, lists as lists even when they have one entry or none; what it does not declare comes out as text, so that
nothing a system adds is lost. A SOAP message has no document type (SOAP 1.1, section 3), so none is read.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from apps.connectors.protocols.soap_tree import Node
from apps.connectors.protocols.soap_writing import INSTANCE, SPACES
from apps.connectors.soap_spec import SoapKind, SoapPlace

MOST_ELEMENTS = 500_000
DEEPEST = 60
_NIL = f"{{{INSTANCE}}}nil"
_ENVELOPES = frozenset(f"{{{space}}}Envelope" for space in SPACES.values())
_WHOLE = re.compile(r"[+-]?\d{1,18}")
_DAY = re.compile(r"(-?\d{4,}-\d\d-\d\d)(?:Z|[+-]\d\d:\d\d)?")
_YES_NO = {"true": True, "1": True, "false": False, "0": False}


class UnreadableAnswerError(ValueError):
    """An answer is no well-formed XML, or more of it than is read."""


class NoEnvelopeError(ValueError):
    """An answer is XML, but no SOAP."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What went wrong, as the service words it. `codes` go from the particular to the general, as local names.

    `is_ours` is true where the service blames what was sent (Client in SOAP 1.1, Sender in 1.2).
    """

    codes: tuple[str, ...]
    text: str
    detail: Any = None
    is_ours: bool = False


def read_envelope(content: bytes) -> Element | Fault | None:
    """Return the element in the body of an answer, its fault, or None when the body is empty.

    Raises:
        UnreadableAnswerError: it is cut short, broken, has a document type, or is nested beyond measure.
        NoEnvelopeError: it is XML of another kind.

    """
    root = _parsed(content)
    body = next((child for child in root if _local(child) == "Body"), None)
    if root.tag not in _ENVELOPES or body is None:
        raise NoEnvelopeError(_local(root))
    first = next(iter(body), None)
    return _fault(first) if first is not None and _local(first) == "Fault" else first


def plain_values(element: Element, root: Node) -> dict[str, Any]:
    """Return an answer's element as nested values, in the form that the schema's kinds have in JSON."""
    return _group(element, root)


def undeclared(values: Any, root: Node, path: str) -> bool:
    """Say whether an answer has parts that the schema does not know, in any of the groups on the way along `path`."""
    node: Node | None = root
    for step in ("", *path.split(".")):
        if step:
            node = node.at(step) if node else None
            values = values.get(step) if isinstance(values, dict) else None
        if node is None or not isinstance(values, dict):
            return False
        if values.keys() - node.below.keys():
            return True
    return False


def _parsed(content: bytes) -> Element:
    parser = DefusedXMLParser(target=_BoundedBuilder(), forbid_dtd=True)
    try:
        parser.feed(content)
        root: Element = parser.close()
    except (ParseError, DefusedXmlException, ValueError, LookupError) as problem:  # LookupError: of an unknown encoding
        raise UnreadableAnswerError(str(problem)) from None
    return root


class _BoundedBuilder(TreeBuilder):
    """Builds a tree that is neither too deep nor too large."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = self._elements = 0

    def start(self, tag: Any, attrs: Any, /) -> Element:
        self._depth, self._elements = self._depth + 1, self._elements + 1
        if self._depth > DEEPEST or self._elements > MOST_ELEMENTS:
            raise UnreadableAnswerError("It has more parts, or parts within parts, than are read.")
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> Element:
        self._depth -= 1
        return super().end(tag)


def _group(element: Element, node: Node) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for child in element:
        below = node.below.get(_local(child))
        if below is None or below.part.place is not SoapPlace.ELEMENT:
            _add(values, _local(child), _generic(child))
        elif below.part.repeated:
            values.setdefault(below.name, []).append(_value(child, below))
        else:
            values[below.name] = _value(child, below)
    if node.content is not None:
        values[node.content.name] = _scalar(element.text or "", node.content.part.kind)
    # What is optional and left out says so; what is needed and missing stays missing: that is a change of the format.
    left_out: dict[str, Any] = {
        name: [] if below.part.repeated else None
        for name, below in node.below.items()
        if name not in values and (below.part.repeated or not below.part.required)
    }
    return {**left_out, **values, **_attributes(element, node)}


def _attributes(element: Element, node: Node) -> dict[str, Any]:
    told = ((node.below.get(name.rpartition("}")[2]), text) for name, text in element.attrib.items())
    return {
        below.name: _scalar(text, below.part.kind)
        for below, text in told
        if below is not None and below.part.place is SoapPlace.ATTRIBUTE
    }


def _value(element: Element, node: Node) -> Any:
    if _is_nil(element):
        return None
    if node.below or node.part.kind is SoapKind.GROUP:
        return _group(element, node)
    return _generic(element) if len(element) else _scalar(element.text or "", node.part.kind)


def _scalar(text: str, kind: SoapKind) -> Any:
    """Return a text in the form of its kind. What has another form than the kind says stays the text it is."""
    if kind is SoapKind.TEXT:
        return text
    bare = text.strip()
    if not bare:
        return None
    if kind is SoapKind.WHOLE and _WHOLE.fullmatch(bare):
        return int(bare)
    if kind is SoapKind.YES_NO:
        return _YES_NO.get(bare, bare)
    day = _DAY.fullmatch(bare) if kind is SoapKind.DAY else None
    return day[1] if day else bare  # a day may name its time zone: it is the same day


def _generic(element: Element) -> Any:
    """Return an element that no schema declares: text, or a group in which a name that comes again is a list."""
    if _is_nil(element):
        return None
    if not len(element):
        return element.text or ""
    values: dict[str, Any] = {}
    for child in element:
        _add(values, _local(child), _generic(child))
    return values


def _add(values: dict[str, Any], name: str, value: Any) -> None:
    if name not in values:
        values[name] = value
    elif isinstance(values[name], list):
        values[name].append(value)
    else:
        values[name] = [values[name], value]


def _fault(element: Element) -> Fault:
    parts = {_local(child): child for child in element}
    if "Code" in parts:  # SOAP 1.2, section 5.4
        codes = tuple(_codes(parts["Code"]))
        reasons = list(parts["Reason"]) if "Reason" in parts else []
        text = _words(next((one for one in reasons if _language(one).startswith("en")), next(iter(reasons), None)))
        detail = parts.get("Detail")
    else:  # SOAP 1.1, section 4.4: a dotted code names the general first
        dotted = _words(parts.get("faultcode")).rpartition(":")[2]
        general = dotted.partition(".")[0]
        codes = tuple(dict.fromkeys((dotted.rpartition(".")[2], dotted, general)))
        text, detail = _words(parts.get("faultstring")), parts.get("detail")
    told = _generic(detail) if detail is not None else None
    return Fault(codes, text, told if isinstance(told, dict) else None, is_ours=bool({"Client", "Sender"} & set(codes)))


def _codes(code: Element) -> Iterator[str]:
    """Yield the codes of a SOAP 1.2 fault, the most particular first."""
    parts = {_local(child): child for child in code}
    if "Subcode" in parts:
        yield from _codes(parts["Subcode"])
    yield _words(parts.get("Value")).rpartition(":")[2]


def _language(element: Element) -> str:
    return element.get("{http://www.w3.org/XML/1998/namespace}lang", "")


def _words(element: Element | None) -> str:
    return "" if element is None else " ".join("".join(element.itertext()).split())


def _is_nil(element: Element) -> bool:
    return element.get(_NIL, "").strip() in {"true", "1"}


def _local(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]
