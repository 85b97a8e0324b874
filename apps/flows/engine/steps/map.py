"""The map step: a canonical record becomes what a target's object holds, or a canonical record of another type."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Self

from apps.connectors.canonical.registry import CANONICAL_TYPES, canonical_type
from apps.connectors.canonical.shapes import CanonicalType
from apps.connectors.manifest import FieldSpec, MappingLine, ValueKind
from apps.flows.engine.acts import Act, Go, Refuse, StepContext
from apps.flows.engine.identity import fingerprint
from apps.flows.engine.stored import STEPS_ROOT, DefinitionError, Group, Settings, plain
from apps.flows.mapping.compile import Field, compile_mapping
from apps.flows.mapping.compiled import CompiledMapping, Mapped, MappingError
from apps.flows.mapping.layers import LayerError, merge_layers, parse_layer, write_layer


class MapStep:
    """Maps records of a batch with the flow's compiled delivery mapping."""

    kind = "map"
    owner_queue = "integration"

    def __init__(self, delivery: CompiledMapping) -> None:
        self.delivery = delivery

    def plan(self, canonical: Mapping[str, Any]) -> tuple[Mapped, str]:
        """Return what would be delivered and its fingerprint ("" when it cannot be delivered)."""
        mapped = self.delivery.apply(canonical)
        return mapped, "" if mapped.problems else fingerprint(mapped.values)


@dataclass(frozen=True, slots=True)
class MapOptions:
    """Makes a record of another canonical type out of the flow's own and what earlier steps brought.

    `part`: only some of its fields, to change a record that is there; the lines need not fill what every record needs.
    """

    kind: ClassVar[str] = "map"
    owner_queue: ClassVar[str] = "integration"
    keys: ClassVar[frozenset[str]] = frozenset({"type", "lines", "part"})
    type: str
    lines: tuple[MappingLine, ...]
    compiled: CompiledMapping = field(compare=False, repr=False)
    part: bool = False

    @classmethod
    def build(
        cls,
        described: CanonicalType,
        into: str,
        lines: tuple[MappingLine, ...],
        settings: Settings | None = None,
        *,
        part: bool = False,
    ) -> Self:
        """Compile the lines. Raises MappingError. Without `settings` (a template's own text) none is held unknown."""
        sources: list[Field] = [*described.fields, FieldSpec(STEPS_ROOT, ValueKind.NESTED)]
        fields = canonical_type(into).fields
        if part:
            fields = tuple(replace(spec, required=False) for spec in fields)
        needed = {spec.name for spec in fields if spec.required}
        layered = merge_layers([replace(line, required=line.required or line.target in needed) for line in lines])
        compiled = compile_mapping(layered, source_fields=sources, target_fields=fields, settings=settings)
        return cls(into, lines, compiled, part)

    @classmethod
    def read(cls, group: Group, described: CanonicalType) -> Self:
        """Read type and lines. Raises DefinitionError naming the first line that is wrong."""
        into = group.choice("type", tuple(CANONICAL_TYPES))
        try:
            changes = parse_layer(group.stored.get("lines", []))
            lines = tuple(entry.line for entry in merge_layers((), changes))
            return cls.build(described, into, lines, group.settings, part=group.flag("part"))
        except LayerError as wrong:
            raise DefinitionError(group.where("lines"), str(wrong)) from None
        except MappingError as wrong:
            first = wrong.problems[0]
            raise DefinitionError(f"{group.where('lines')}.{first.target}", first.message) from None

    def plan(self, context: StepContext) -> Act:
        """Map the record."""
        mapped = self.compiled.apply({**context.record, STEPS_ROOT: context.results})
        return Refuse(mapped.problems) if mapped.problems else Go(plain(mapped.values))

    def to_json(self) -> dict[str, Any]:
        """Return the options as they are stored."""
        stored = {"type": self.type, "lines": write_layer(self.lines)}
        return stored | ({"part": True} if self.part else {})
