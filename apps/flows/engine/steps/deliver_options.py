"""The deliver step of a walking operation: one record into one system."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

from apps.connectors.canonical.registry import CANONICAL_TYPES, canonical_type, restore
from apps.connectors.canonical.shapes import CanonicalType
from apps.flows.engine.acts import Act, Refuse, Send, StepContext
from apps.flows.engine.stored import DefinitionError, Group, written

OWN = "target"  # the role of a flow's target


@dataclass(frozen=True, slots=True)
class DeliverOptions:
    """Delivers the record that the step `of` mapped ("" : the flow's own) as `type` to the system called `role`."""

    kind: ClassVar[str] = "deliver"
    owner_queue: ClassVar[str] = "integration"
    keys: ClassVar[frozenset[str]] = frozenset({"role", "type", "of"})
    type: str
    role: str = OWN
    of: str = ""

    @classmethod
    def read(cls, group: Group, described: CanonicalType) -> Self:
        """Read role, type and origin. Raises DefinitionError."""
        of = group.text("of")
        if of and of not in group.earlier:
            raise DefinitionError(group.where("of"), f"{of!r} is no earlier step")
        kind = group.choice("type", tuple(CANONICAL_TYPES), default=described.name)
        if not of and kind != described.name:
            raise DefinitionError(group.where("type"), f"the record is a {described.name}: map it to {kind} first")
        return cls(kind, group.text("role") or OWN, of)

    def plan(self, context: StepContext) -> Act:
        """Send the record."""
        if not self.of:
            return Send(self.role, self.type, context.record)
        values, problems = restore(canonical_type(self.type), context.results.get(self.of, {}))
        return Refuse(problems) if problems else Send(self.role, self.type, values)

    def to_json(self) -> dict[str, Any]:
        """Return the options as they are stored."""
        return written(self)
