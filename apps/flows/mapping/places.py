"""The places where a flow maps, as its versions keep them: reading its source, writing its target, each delivering step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from apps.connectors.manifest import MappingLine, ObjectManifest
from apps.flows.mapping.layers import Layers, merge_layers, parse_layer

READING, DELIVERY = "reading", "delivery"
StoredLines = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class StoredPlace:
    """One place's four layers as stored. `object` is the outside object they read or write, "": the one for the type."""

    object: str = ""
    system: StoredLines = ()
    template: StoredLines = ()
    partner: StoredLines = ()
    customer: StoredLines = ()

    @property
    def system_lines(self) -> tuple[MappingLine, ...]:
        """The outside system's own lines, as they were when the version was made. Raises LayerError."""
        return tuple(layered.line for layered in merge_layers((), parse_layer(list(self.system))))

    @property
    def layers(self) -> Layers:
        """What is laid over them. Raises LayerError."""
        read = [parse_layer(list(lines)) for lines in (self.template, self.partner, self.customer)]
        return Layers(*read)

    def with_customer(self, lines: StoredLines) -> "StoredPlace":
        """Return the place with other lines of the customer."""
        return replace(self, customer=tuple(lines))

    def reads(self, kind: ObjectManifest) -> ObjectManifest:
        """Return the object as it is read here."""
        return replace(kind, reading_lines=self.system_lines)

    def writes(self, kind: ObjectManifest) -> ObjectManifest:
        """Return the object as it is written here."""
        return replace(kind, writing_lines=self.system_lines)

    def to_json(self) -> dict[str, Any]:
        """Return the place as it is stored."""
        lines = {name: list(getattr(self, name)) for name in ("system", "template", "partner", "customer")}
        return {"object": self.object, **lines}


def read_places(layers: Mapping[str, Any]) -> dict[str, StoredPlace]:
    """Return the places of a version by name; one made before reading was kept has no place for it."""
    return {name: StoredPlace(**place) for name, place in layers["places"].items()}


def write_places(places: Mapping[str, StoredPlace]) -> dict[str, Any]:
    """Return places as a version stores them; `read_places` reads them back."""
    return {"places": {name: place.to_json() for name, place in places.items()}}
