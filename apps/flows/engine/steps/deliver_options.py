"""The deliver step of a walking operation: one record into one system."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

from apps.connectors.canonical.registry import CANONICAL_TYPES, canonical_type, restore
from apps.connectors.canonical.shapes import CanonicalType
from apps.connectors.errors import BusinessClass, FieldProblem
from apps.flows.engine.acts import Act, Refuse, Send, StepContext
from apps.flows.engine.stored import DefinitionError, Group, written

OWN = "target"  # the role of a flow's target
_NOTHING_THERE = "There is nothing to change: the record was not found. Create it there, then retry."


@dataclass(frozen=True, slots=True)
class DeliverOptions:
    """Delivers the record that the step `of` mapped ("" : the flow's own) as `type` to the system called `role`.

    `onto` names a look-up: the record it found is changed, in what `of` mapped and nothing else; none is ever made.
    """

    kind: ClassVar[str] = "deliver"
    owner_queue: ClassVar[str] = "integration"
    keys: ClassVar[frozenset[str]] = frozenset({"role", "type", "of", "onto"})
    type: str
    role: str = OWN
    of: str = ""
    onto: str = ""

    @classmethod
    def read(cls, group: Group, described: CanonicalType) -> Self:
        """Read role, type, origin and what is changed. Raises DefinitionError."""
        of, onto = group.text("of"), group.text("onto")
        for key, named in (("of", of), ("onto", onto)):
            if named and named not in group.earlier:
                raise DefinitionError(group.where(key), f"{named!r} is no earlier step")
        kind = group.choice("type", tuple(CANONICAL_TYPES), default=described.name)
        if not of and kind != described.name:
            raise DefinitionError(group.where("type"), f"the record is a {described.name}: map it to {kind} first")
        return cls(kind, group.text("role") or OWN, of, onto)

    def plan(self, context: StepContext) -> Act:
        """Send the record, or the change of one that is there."""
        onto = str(context.results.get(self.onto, {}).get("key", ""))
        if self.onto and not onto:
            return Refuse((FieldProblem("", _NOTHING_THERE, BusinessClass.MISSING_REFERENCE),))
        if not self.of:
            return Send(self.role, self.type, context.record, onto)
        values, problems = restore(canonical_type(self.type), context.results.get(self.of, {}))
        return Refuse(problems) if problems else Send(self.role, self.type, values, onto)

    def to_json(self) -> dict[str, Any]:
        """Return the options as they are stored."""
        return written(self)
