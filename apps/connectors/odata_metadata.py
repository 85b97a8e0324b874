"""What an OData service says about itself in its metadata document (CSDL as XML), as fields of our own (pure).

Version 4: https://docs.oasis-open.org/odata/odata-csdl-xml/v4.01/odata-csdl-xml-v4.01.html. Version 2 differs in its name
spaces only, which are not looked at, and in SAP's attributes (sap:label, sap:creatable, sap:updatable).
Whether a record can be made without a property is not told there: Nullable speaks of values, and services fill in their
own. So nothing is called required that only the document speaks for.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from apps.connectors.manifest import ValueKind
from apps.connectors.shapes import MOST_CHOICES, MOST_FIELDS, DiscoveredField

_DEEPEST = 10  # types that build on one another
_DEEPEST_INSIDE = 3
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
class Property:
    """One property of a type. `written` is its type as the document has it, `inside` the complex type it holds, "" for none.

    `has_value` says that no record may be without one, and that none is filled in: a new record most likely needs it.
    """

    field: DiscoveredField
    written: str
    inside: str = ""
    is_navigation: bool = False
    is_filterable: bool = True
    has_value: bool = False


@dataclass(frozen=True, slots=True)
class KeyPart:
    """One property of a key, with its type: "Edm.Guid"."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class EntitySet:
    """One set of records: its name, the type of its records, and its element with everything that is noted about it."""

    name: str
    type_name: str
    element: Element
    notes: tuple[Element, ...]


@dataclass(frozen=True, slots=True)
class _Type:
    base: str
    properties: tuple[Element, ...]
    key: tuple[str, ...]


class Metadata:
    """One metadata document. Raises MetadataError when it is none."""

    def __init__(self, document: bytes) -> None:
        try:
            root = fromstring(document, forbid_dtd=True)
        except (ParseError, DefusedXmlException, ValueError) as problem:
            raise MetadataError(str(problem)) from None
        self._types: dict[str, _Type] = {}
        self._choices: dict[str, tuple[str, ...]] = {}
        self._sets: dict[str, EntitySet] = {}
        self._notes: dict[str, list[Element]] = {}
        # Looked up once for each type: very many sets may share one of very many properties.
        self._keys: dict[str, tuple[KeyPart, ...]] = {}
        self._properties: dict[str, tuple[Property, ...]] = {}
        schemas = [element for element in root.iter() if local_name(element) == "Schema"]
        if not schemas:
            raise MetadataError("there is no schema in it")
        self.versions = tuple(sorted(_versions(root)))
        for schema in schemas:
            self._note(schema)
        for schema in schemas:
            self._take_in(schema)

    def entity_sets(self) -> tuple[EntitySet, ...]:
        """Return the sets of the service in the order of the document."""
        return tuple(self._sets.values())

    def key_of(self, type_name: str) -> tuple[KeyPart, ...]:
        """Return the properties that are the key of a type's records, () when it has none."""
        if type_name not in self._keys:
            line = list(self._line_of(type_name))
            names = next((described.key for described in line if described.key), ())
            types = {e.get("Name"): e.get("Type", "") for one in line for e in one.properties} if names else {}
            self._keys[type_name] = tuple(KeyPart(name, types.get(name, "")) for name in names)
        return self._keys[type_name]

    def properties_of(self, type_name: str) -> tuple[Property, ...]:
        """Return the properties of a type, those of the type it builds on first, MOST_FIELDS at most."""
        if type_name not in self._properties:
            types = reversed(list(self._line_of(type_name)))
            entries = islice((entry for described in types for entry in described.properties), MOST_FIELDS)
            self._properties[type_name] = tuple(self._property(entry) for entry in entries)
        return self._properties[type_name]

    def named_within(self, properties: Iterable[Property]) -> Iterator[tuple[str, Property]]:
        """Yield properties, then what lies inside their complex types under dotted names, level by level; circles end.

        Nothing is unfolded before it is asked for: types that hold one another can be very many together.
        """
        level: list[tuple[str, str]] = []
        for one in properties:
            yield one.field.name, one
            level += [(one.field.name, one.inside)] if one.inside else []
        for _depth in range(_DEEPEST_INSIDE - 1):
            above, level = level, []
            for prefix, type_name in above:
                for one in self.properties_of(type_name):
                    if not one.is_navigation:
                        yield f"{prefix}.{one.field.name}", one
                        level += [(f"{prefix}.{one.field.name}", one.inside)] if one.inside else []

    def fields_of(self, entity_set: str) -> tuple[DiscoveredField, ...] | None:
        """Return the properties of the records in a set, None when the service has no such set."""
        found = self._sets.get(entity_set)
        if found is None:
            return None
        named = islice(self.named_within(self.properties_of(found.type_name)), MOST_FIELDS)
        return tuple(replace(one.field, name=name) for name, one in named)

    def _line_of(self, type_name: str) -> Iterator[_Type]:
        """Yield a type and those it builds on, the nearest first."""
        name = type_name
        for _ in range(_DEEPEST):
            described = self._types.get(name)
            if described is None:
                return
            yield described
            name = described.base

    def _note(self, schema: Element) -> None:
        """Take in what is noted about a set apart from it: <Annotations Target="Demo.Box/customers">."""
        for element in schema:
            if local_name(element) == "Annotations":
                self._notes.setdefault(element.get("Target", "").rpartition("/")[2], []).extend(element)

    def _take_in(self, schema: Element) -> None:
        spaces = [space for space in (schema.get("Namespace"), schema.get("Alias")) if space]
        for element in schema:
            names = [f"{space}.{element.get('Name')}" for space in spaces]
            if local_name(element) in {"EntityType", "ComplexType"}:
                properties = tuple(e for e in element if local_name(e) in {"Property", "NavigationProperty"})
                described = _Type(element.get("BaseType", ""), properties, tuple(_key_names(element)))
                self._types.update(dict.fromkeys(names, described))
            elif local_name(element) == "EnumType":
                self._choices.update(dict.fromkeys(names, _members(element)))
            elif local_name(element) == "EntityContainer":
                self._sets.update((one.name, one) for one in self._sets_of(element))

    def _sets_of(self, container: Element) -> Iterator[EntitySet]:
        for entry in container:
            if local_name(entry) == "EntitySet":
                name = entry.get("Name", "")
                yield EntitySet(name, entry.get("EntityType", ""), entry, (*entry, *self._notes.get(name, ())))

    def _property(self, entry: Element) -> Property:
        written = entry.get("Type", "")
        return Property(
            self._field(entry),
            written,
            written if written in self._types else "",
            is_navigation=local_name(entry) == "NavigationProperty",
            is_filterable=attribute(entry, "filterable") != "false",
            has_value=entry.get("Nullable") == "false" and entry.get("DefaultValue") is None,
        )

    def _field(self, entry: Element) -> DiscoveredField:
        kind, choices = self._kind(entry)
        length = entry.get("MaxLength", "")
        return DiscoveredField(
            name=entry.get("Name", ""),
            kind=kind,
            label=attribute(entry, "label"),
            read_only=_is_computed(entry),
            choices=choices,
            max_length=int(length) if length.isdecimal() and len(length) < 10 else None,
        )

    def _kind(self, entry: Element) -> tuple[ValueKind, tuple[str, ...]]:
        written = entry.get("Type", "")
        if written in self._choices:
            choices = self._choices[written]
            return (_K.CHOICE, choices) if choices else (_K.TEXT, ())
        if local_name(entry) == "NavigationProperty" or written.startswith("Collection(") or written in self._types:
            return _K.NESTED, ()
        if written == "Edm.DateTime" and attribute(entry, "display-format") == "Date":
            return _K.DATE, ()  # version 2 has no type for a day
        return _KINDS.get(written, _K.TEXT), ()


def local_name(element: Element) -> str:
    """Return what an element is called without its name space."""
    return str(element.tag).rpartition("}")[2]


def attribute(element: Element, name: str) -> str:
    """Return an attribute by its local name, whatever its name space."""
    for key, value in element.items():
        if key == name or key.endswith(f"}}{name}"):
            return value
    return ""


def _versions(root: Element) -> set[str]:
    """Return the versions that a document says of itself: of the document (4.0) or of its services (1.0 to 3.0).

    https://www.odata.org/documentation/odata-version-2-0/overview/ (DataServiceVersion); that of the document itself is
    1.0 in all versions before 4.
    """
    services = [element for element in root if local_name(element) == "DataServices"]
    told = {attribute(one, name) for one in services for name in ("DataServiceVersion", "MaxDataServiceVersion")}
    own = root.get("Version", "")
    return {version for version in (told if own.startswith("1") else {own}) if version}


def _key_names(element: Element) -> Iterator[str]:
    for entry in element:
        if local_name(entry) == "Key":
            yield from (part.get("Name", "") for part in entry if local_name(part) == "PropertyRef")


def _members(element: Element) -> tuple[str, ...]:
    """Return the values of an enumeration; () of one whose values can be set together, which makes any text of them."""
    if element.get("IsFlags") == "true":
        return ()
    return tuple(entry.get("Name", "") for entry in element if local_name(entry) == "Member")[:MOST_CHOICES]


def _is_computed(entry: Element) -> bool:
    if "false" in (attribute(entry, "creatable"), attribute(entry, "updatable")):
        return attribute(entry, "creatable") == attribute(entry, "updatable")
    return any(
        local_name(note) == "Annotation" and note.get("Term") in _COMPUTED and note.get("Bool", "true") == "true"
        for note in entry
    )
