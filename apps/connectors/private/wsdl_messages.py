"""Turns the types of a WSDL file into the flat messages of a SoapSpec, and into fields; zeep has read the types.

Types that hold themselves end where they come again. What has no place in a message of ours is left out: elements of any kind,
and those with a name that holds a dot.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from apps.connectors.manifest import FieldSpec, ValueKind
from apps.connectors.private.wsdl import Facets
from apps.connectors.soap_spec import SoapKind, SoapMessage, SoapPart, SoapPlace

MOST_PARTS = 400  # of one message
_DEEPEST = 6
_CONTENT = "value"  # what the text of an element that has attributes besides is called
_ZEEPS_CONTENT = "_value_1"
_KINDS: Mapping[str, SoapKind] = {
    **dict.fromkeys(("Boolean",), SoapKind.YES_NO),
    **dict.fromkeys(("Decimal", "Float", "Double"), SoapKind.NUMBER),
    **dict.fromkeys(("Date",), SoapKind.DAY),
    **dict.fromkeys(("DateTime",), SoapKind.INSTANT),
    **dict.fromkeys(("Integer",), SoapKind.WHOLE),
}
_FIELD_KINDS: Mapping[SoapKind, ValueKind] = {
    SoapKind.TEXT: ValueKind.TEXT,
    SoapKind.WHOLE: ValueKind.WHOLE,
    SoapKind.NUMBER: ValueKind.DECIMAL,
    SoapKind.DAY: ValueKind.DATE,
    SoapKind.INSTANT: ValueKind.INSTANT,
    SoapKind.YES_NO: ValueKind.YES_NO,
    SoapKind.GROUP: ValueKind.NESTED,
}


@dataclass(slots=True)
class Spaces:
    """The name spaces that messages use, by the prefixes given to them here."""

    named: dict[str, str] = field(default_factory=dict)

    def prefix(self, uri: str | None) -> str:
        """Return the prefix of a name space, "" for none."""
        if not uri:
            return ""
        known = next((prefix for prefix, one in self.named.items() if one == uri), "")
        if not known:
            known = f"n{len(self.named) + 1}"
            self.named[known] = uri
        return known


@dataclass(frozen=True, slots=True)
class DescribedPart:
    """A part of a message, with what only drafting wants to know: the name of its type and what that allows."""

    part: SoapPart
    type_name: str
    facets: Facets
    most: int = 1  # how often it may stand there; 0: as often as anybody likes

    @property
    def name(self) -> str:
        """The last step of its path."""
        return self.part.path.rpartition(".")[2]

    @property
    def is_value(self) -> bool:
        """Say whether it holds a single value."""
        return self.part.kind is not SoapKind.GROUP and not self.part.repeated


@dataclass(frozen=True)  # without slots: what is worked out of its parts is kept
class DescribedMessage:
    """One message with its parts in order."""

    name: str
    space: str
    parts: tuple[DescribedPart, ...]

    @cached_property
    def single(self) -> tuple[DescribedPart, ...]:
        """The parts that stand there once at most: in no list, and none themselves."""
        return tuple(one for one in self.outside_lists if not one.part.repeated)

    @cached_property
    def outside_lists(self) -> tuple[DescribedPart, ...]:
        """The parts that stand in no list, lists among them."""
        inside, found = set[str](), list[DescribedPart]()
        for one in self.parts:  # a group stands before what is in it
            above = one.part.path.rpartition(".")[0]
            if above in inside:
                inside.add(one.part.path)
                continue
            found.append(one)
            if one.part.repeated:
                inside.add(one.part.path)
        return tuple(found)

    @cached_property
    def records(self) -> dict[str, DescribedPart]:
        """The groups that stand there once at most, the first of each type by its name."""
        groups = [one for one in self.single if one.part.kind is SoapKind.GROUP]
        return {one.type_name: one for one in reversed(groups)}

    def below(self, path: str) -> Iterator[DescribedPart]:
        """Yield what is in a group."""
        yield from (one for one in self.parts if one.part.path.startswith(f"{path}."))

    def plain(self) -> SoapMessage:
        """Return the message as a manifest has it."""
        return SoapMessage(self.name, self.space, tuple(one.part for one in self.parts))


def describe(element: Any, spaces: Spaces, facets: Mapping[str, Facets]) -> DescribedMessage:
    """Return what an element of zeep's schema holds."""
    walk = _Walk(spaces, facets)
    walk.into(element.type, "", ())
    qname = element.qname
    return DescribedMessage(qname.localname, spaces.prefix(qname.namespace), tuple(walk.parts))


def fields_below(message: DescribedMessage, path: str, most: int) -> tuple[FieldSpec, ...]:
    """Return the fields of the record at `path`: single values by dotted name, lists as one nested field."""
    found: list[FieldSpec] = []
    lists: list[str] = []
    for one in message.below(path) if path else message.parts:
        if any(one.part.path.startswith(f"{inside}.") for inside in lists):
            continue
        name = one.part.path.removeprefix(f"{path}.") if path else one.part.path
        if one.part.repeated:
            lists.append(one.part.path)
            found.append(FieldSpec(name, ValueKind.NESTED))
        elif one.is_value:
            kind = ValueKind.CHOICE if one.facets.choices else _FIELD_KINDS[one.part.kind]
            needed = one.part.required and not one.part.nillable and "." not in name
            found.append(FieldSpec(name, kind, "", needed, one.facets.choices[:100], one.facets.max_length))
    return tuple(found[:most])


class _Walk:
    """Goes through a type and notes its parts."""

    def __init__(self, spaces: Spaces, facets: Mapping[str, Facets]) -> None:
        self._spaces, self._facets = spaces, facets
        self.parts: list[DescribedPart] = []
        self._paths: set[str] = set()

    def into(self, kind: Any, path: str, above: tuple[int, ...]) -> None:
        """Note what a complex type holds."""
        from zeep.xsd import ComplexType

        if not isinstance(kind, ComplexType) or id(kind) in above or len(above) >= _DEEPEST:
            return
        within = (*above, id(kind))
        for _name, attribute in kind.attributes:
            self._attribute(attribute, path)
        for _name, inner in kind.elements_nested:
            self._inner(inner, path, within, needed=True, repeated=False)

    def _inner(self, inner: Any, path: str, above: tuple[int, ...], *, needed: bool, repeated: bool) -> None:
        from zeep.xsd import Choice, Element, Group
        from zeep.xsd.elements.indicators import OrderIndicator

        if isinstance(inner, OrderIndicator | Group):
            least = inner.min_occurs > 0 and not isinstance(inner, Choice)
            inside = inner.child if isinstance(inner, Group) else inner
            for each in inside if isinstance(inside, list) else (inside,):
                self._inner(each, path, above, needed=needed and least, repeated=repeated or inner.accepts_multiple)
        elif isinstance(inner, Element):
            self._element(inner, path, above, needed=needed, repeated=repeated)

    def _element(self, element: Any, path: str, above: tuple[int, ...], *, needed: bool, repeated: bool) -> None:
        from zeep.xsd import ComplexType

        if element.name in {None, _ZEEPS_CONTENT}:
            text = SoapPart(_below(path, _CONTENT), _kind(element.type), "", SoapPlace.CONTENT, required=needed)
            self._note(text, element.type)
            return
        is_group = isinstance(element.type, ComplexType)
        if "." in element.name or (is_group and (id(element.type) in above or len(above) >= _DEEPEST)):
            return
        part = SoapPart(
            _below(path, element.name),
            SoapKind.GROUP if is_group else _kind(element.type),
            self._spaces.prefix(element.qname.namespace),
            repeated=repeated or element.accepts_multiple,
            required=needed and element.min_occurs > 0,
            nillable=bool(element.nillable),
        )
        if self._note(part, element.type, element.max_occurs) and is_group:
            self.into(element.type, part.path, above)

    def _attribute(self, attribute: Any, path: str) -> None:
        name = getattr(attribute, "name", None)
        if name and "." not in name and getattr(attribute, "type", None) is not None:
            part = SoapPart(
                _below(path, attribute.name),
                _kind(attribute.type),
                self._spaces.prefix(attribute.qname.namespace),
                SoapPlace.ATTRIBUTE,
                required=bool(attribute.required),
            )
            self._note(part, attribute.type)

    def _note(self, part: SoapPart, kind: Any, most: int | str = 1) -> bool:
        """Note a part; say no when there is no room for it, or when something else has its name already."""
        if part.path in self._paths or len(self.parts) >= MOST_PARTS:
            return False
        self._paths.add(part.path)
        name = str(kind.qname or "") if getattr(kind, "qname", None) is not None else ""
        often = most if isinstance(most, int) else 0
        self.parts.append(DescribedPart(part, name, self._facets.get(name, Facets()), often))
        return True


def _kind(kind: Any) -> SoapKind:
    names = (base.__name__ for base in type(kind).__mro__)
    return next((_KINDS[name] for name in names if name in _KINDS), SoapKind.TEXT)


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
