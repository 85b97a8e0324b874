"""The withdraw step: takes back from one system what the flow made there for the record."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

from apps.connectors.canonical.registry import CANONICAL_TYPES
from apps.connectors.canonical.shapes import CanonicalType
from apps.flows.engine.acts import Act, StepContext, TakeBack
from apps.flows.engine.steps.deliver_options import OWN
from apps.flows.engine.stored import Group, written


@dataclass(frozen=True, slots=True)
class WithdrawOptions:
    """Takes back what the flow created as `type` for this record in the system called `role`, in whatever version.

    Each system says by its manifest what taking back means: removed, closed, made inactive. What was there before the flow
    came stays.
    """

    kind: ClassVar[str] = "withdraw"
    owner_queue: ClassVar[str] = "integration"
    keys: ClassVar[frozenset[str]] = frozenset({"role", "type"})
    type: str
    role: str = OWN

    @classmethod
    def read(cls, group: Group, described: CanonicalType) -> Self:
        """Read role and type. Raises DefinitionError."""
        kind = group.choice("type", tuple(CANONICAL_TYPES), default=described.name)
        return cls(kind, group.text("role") or OWN)

    def plan(self, _context: StepContext) -> Act:
        """Take it back."""
        return TakeBack(self.role, self.type)

    def to_json(self) -> dict[str, Any]:
        """Return the options as they are stored."""
        return written(self)
