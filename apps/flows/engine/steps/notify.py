"""The notify step: tells people by mail."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

from apps.connectors.canonical.shapes import CanonicalType
from apps.flows.engine.acts import Act, StepContext, Tell
from apps.flows.engine.stored import DefinitionError, Group, written


@dataclass(frozen=True, slots=True)
class NotifyOptions:
    """Writes to everyone of a role, or to the address that `address` gives. Texts are filled from the record."""

    kind: ClassVar[str] = "notify"
    owner_queue: ClassVar[str] = "integration"
    keys: ClassVar[frozenset[str]] = frozenset({"role", "address", "subject", "text"})
    subject: str
    text: str
    role: str = ""
    address: str = ""

    @classmethod
    def read(cls, group: Group, described: CanonicalType) -> Self:
        """Read the options. Raises DefinitionError."""
        found = cls(
            subject=group.sentence("subject", described, required=True, longest=200),
            text=group.sentence("text", described, required=True),
            role=group.text("role"),
            address=group.expression("address", described),
        )
        if bool(found.role) == bool(found.address):
            raise DefinitionError(group.path, "must have either a role or an address")
        return found

    @property
    def roles(self) -> tuple[str, ...]:
        """Every role it writes to."""
        return (self.role,) if self.role else ()

    def plan(self, context: StepContext) -> Act:
        """Tell them."""
        subject = context.fill(self.subject).replace("\n", " ")
        address = context.text(self.address) if self.address else ""
        return Tell(self.role, address, subject[:200], context.fill(self.text))

    def to_json(self) -> dict[str, Any]:
        """Return the options as they are stored."""
        return written(self)
