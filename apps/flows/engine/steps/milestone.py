"""The milestone step: enters a business state that everyone agrees on."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

from apps.connectors.canonical.shapes import CanonicalType
from apps.flows.engine.acts import Act, Enter, StepContext
from apps.flows.engine.stored import Group, written

MILESTONES = (
    "deal_closed",
    "contract_approved",
    "client_activated",
    "project_ready",
    "billing_enabled",
    "onboarding_complete",
)


@dataclass(frozen=True, slots=True)
class MilestoneOptions:
    """Enters `state` for the engagement that `about` names ("" : the record itself)."""

    kind: ClassVar[str] = "milestone"
    owner_queue: ClassVar[str] = "delivery"
    keys: ClassVar[frozenset[str]] = frozenset({"state", "about"})
    state: str
    about: str = ""

    @classmethod
    def read(cls, group: Group, described: CanonicalType) -> Self:
        """Read the options. Raises DefinitionError."""
        return cls(group.choice("state", MILESTONES), group.expression("about", described))

    def plan(self, context: StepContext) -> Act:
        """Enter the state."""
        return Enter(self.state, (context.text(self.about) if self.about else context.business_key)[:200])

    def to_json(self) -> dict[str, Any]:
        """Return the options as they are stored."""
        return written(self)
