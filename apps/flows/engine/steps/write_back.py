"""The write back step: tells the source what became of its record (exported, refused, its number elsewhere)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from apps.connectors.canonical.shapes import CanonicalType
from apps.flows.engine.acts import Act, Mark, StepContext
from apps.flows.engine.stored import DefinitionError, Group


@dataclass(frozen=True, slots=True)
class WriteBackOptions:
    """Sets fields of the source record: each value is an expression."""

    kind: ClassVar[str] = "write_back"
    owner_queue: ClassVar[str] = "integration"
    keys: ClassVar[frozenset[str]] = frozenset({"values"})
    values: Mapping[str, str]

    @classmethod
    def read(cls, group: Group, described: CanonicalType) -> Self:
        """Read the fields and their expressions. Raises DefinitionError."""
        stored = group.stored.get("values")
        if not isinstance(stored, Mapping) or not stored:
            raise DefinitionError(group.where("values"), "must name at least one field of the source")
        inner = Group(stored, group.where("values"), tuple(map(str, stored)), settings=group.settings)
        return cls({str(name): inner.expression(str(name), described, required=True) for name in stored})

    def plan(self, context: StepContext) -> Act:
        """Mark the source record."""
        return Mark({name: context.evaluate(expression) for name, expression in self.values.items()})

    def to_json(self) -> dict[str, Any]:
        """Return the options as they are stored."""
        return {"values": dict(self.values)}
