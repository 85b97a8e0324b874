"""The call step: starts another flow of the same customer for one record."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

from apps.connectors.canonical.shapes import CanonicalType
from apps.flows.engine.acts import Act, CallFlow, StepContext
from apps.flows.engine.stored import Group, written


@dataclass(frozen=True, slots=True)
class CallOptions:
    """Starts the customer's flow made from `template` for the source record that `key` names ("" : the same one)."""

    kind: ClassVar[str] = "call"
    owner_queue: ClassVar[str] = "integration"
    keys: ClassVar[frozenset[str]] = frozenset({"template", "key", "wait"})
    template: str
    key: str = ""
    wait: bool = False

    @classmethod
    def read(cls, group: Group, described: CanonicalType) -> Self:
        """Read the options. Raises DefinitionError."""
        return cls(group.text("template", required=True), group.expression("key", described), group.flag("wait"))

    def plan(self, context: StepContext) -> Act:
        """Start it."""
        return CallFlow(self.template, context.text(self.key) if self.key else context.source_key, self.wait)

    def to_json(self) -> dict[str, Any]:
        """Return the options as they are stored."""
        return written(self)
