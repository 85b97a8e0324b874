"""What an OData service says about itself in its metadata document (CSDL as XML), as fields of our own (pure).

Version 4: https://docs.oasis-open.org/odata/odata-csdl-xml/v4.01/odata-csdl-xml-v4.01.html. Version 2 differs in its name
spaces only, which are not looked at, and in SAP's attributes (sap:label, sap:creatable, sap:updatable).
Whether a record can be made without a property is not told there: Nullable speaks of values, and services fill in their
own. So nothing is called required that only the document speaks for.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from apps.connectors.manifest import ValueKind
from apps.connectors.shapes import MOST_CHOICES, DiscoveredField

_DEEPEST = 10  # types that build on one another
_K = ValueKind
_KINDS: Mapping[str, ValueKind] = {
    **dict.fromkeys(("Edm.Byte", "Edm.SByte", "Edm.Int16", "Edm.Int32", "Edm.Int64"), _K.WHOLE),
    **dict.fromkeys(("Edm.Decimal", "Edm.Double", "Edm.Single"), _K.DECIMAL),
    "Edm.Boolean": _K.YES_NO,
    "Edm.Date": _K.DATE,
    **dict.fromkeys(("Edm.DateTimeOffset", "Edm.DateTime"), _K.INSTANT),
}
_COMPUTED = frozenset({"Org.OData.Core.V1.Computed", "Core.Computed"})


class MetadataError(ValueError):
    """The document cannot be read."""


@dataclass(frozen=True, slots=True)
class _Type:
    base: str
    properties: tuple[Element, ...]


class Metadata:
    """One metadata document. Raises MetadataError when it is none."""

    def __init__(self, document: bytes) -> None:
        try:
            root = fromstring(document, forbid_dtd=True)
        except (ParseError, DefusedXmlException, ValueError) as problem:
            raise MetadataError(str(problem)) from None
        self._types: dict[str, _Type] = {}
        self._choices: dict[str, tuple[str, ...]] = {}
        self._sets: dict[str, str] = {}
        schemas = [element for element in root.iter() if _tag(element) == "Schema"]
        if not schemas:
            raise MetadataError("there is no schema in it")
        for schema in schemas:
            self._take_in(schema)

    def fields_of(self, entity_set: str) -> tuple[DiscoveredField, ...] | None:
        """Return the properties of the records in a set, None when the service has no such set."""
        name, found = self._sets.get(entity_set), list[DiscoveredField]()
        if name is None:
            return None
        for _ in range(_DEEPEST):
            described = self._types.get(name)
            if described is None:
                break
            found = [*(self._field(entry) for entry in described.properties), *found]
            name = described.base
        return tuple(found)

    def _take_in(self, schema: Element) -> None:
        spaces = [space for space in (schema.get("Namespace"), schema.get("Alias")) if space]
        for element in schema:
            names = [f"{space}.{element.get('Name')}" for space in spaces]
            if _tag(element) in {"EntityType", "ComplexType"}:
                properties = tuple(entry for entry in element if _tag(entry) in {"Property", "NavigationProperty"})
                self._types.update(dict.fromkeys(names, _Type(element.get("BaseType", ""), properties)))
            elif _tag(element) == "EnumType":
                members = tuple(entry.get("Name", "") for entry in element if _tag(entry) == "Member")
                self._choices.update(dict.fromkeys(names, members[:MOST_CHOICES]))
            elif _tag(element) == "EntityContainer":
                self._sets.update(_sets(element))

    def _field(self, entry: Element) -> DiscoveredField:
        kind, choices = self._kind(entry)
        length = entry.get("MaxLength", "")
        return DiscoveredField(
            name=entry.get("Name", ""),
            kind=kind,
            label=_attribute(entry, "label"),
            read_only=_is_computed(entry),
            choices=choices,
            max_length=int(length) if length.isdecimal() and len(length) < 10 else None,
        )

    def _kind(self, entry: Element) -> tuple[ValueKind, tuple[str, ...]]:
        written = entry.get("Type", "")
        if written in self._choices:
            return _K.CHOICE, self._choices[written]
        if _tag(entry) == "NavigationProperty" or written.startswith("Collection(") or written in self._types:
            return _K.NESTED, ()
        return _KINDS.get(written, _K.TEXT), ()


def _sets(container: Element) -> Iterator[tuple[str, str]]:
    for entry in container:
        if _tag(entry) == "EntitySet":
            yield entry.get("Name", ""), entry.get("EntityType", "")


def _is_computed(entry: Element) -> bool:
    if "false" in (_attribute(entry, "creatable"), _attribute(entry, "updatable")):
        return _attribute(entry, "creatable") == _attribute(entry, "updatable")
    return any(
        _tag(note) == "Annotation" and note.get("Term") in _COMPUTED and note.get("Bool", "true") == "true"
        for note in entry
    )


def _tag(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _attribute(element: Element, name: str) -> str:
    """Return an attribute by its local name, whatever its name space."""
    return next((value for key, value in element.items() if key.rpartition("}")[2] == name), "")
