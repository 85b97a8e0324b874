"""The emit step: says in business words what has happened, for every flow that listens or waits."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from apps.connectors.canonical.shapes import CanonicalType
from apps.flows.engine.acts import Act, Say, StepContext
from apps.flows.engine.stored import DefinitionError, Group, plain


@dataclass(frozen=True, slots=True)
class EmitOptions:
    """Says `event` about the subject that `about` gives ("" : the record itself); `payload` values are expressions."""

    kind: ClassVar[str] = "emit"
    owner_queue: ClassVar[str] = "integration"
    keys: ClassVar[frozenset[str]] = frozenset({"event", "about", "payload"})
    event: str
    payload: Mapping[str, str]
    about: str = ""

    @classmethod
    def read(cls, group: Group, described: CanonicalType) -> Self:
        """Read the options. Raises DefinitionError."""
        stored = group.stored.get("payload", {})
        if not isinstance(stored, Mapping):
            raise DefinitionError(group.where("payload"), "must be a group of keys")
        inner = Group(stored, group.where("payload"), tuple(map(str, stored)), settings=group.settings)
        payload = {str(name): inner.expression(str(name), described, required=True) for name in stored}
        return cls(group.text("event", required=True, longest=60), payload, group.expression("about", described))

    def plan(self, context: StepContext) -> Act:
        """Say it."""
        subject = context.text(self.about) if self.about else context.business_key
        said = {name: plain(context.evaluate(expression)) for name, expression in self.payload.items()}
        return Say(self.event, subject[:200], {"key": context.source_key, **said})

    def to_json(self) -> dict[str, Any]:
        """Return the options as they are stored."""
        stored: dict[str, Any] = {"event": self.event}
        if self.payload:
            stored["payload"] = dict(self.payload)
        return stored | ({"about": self.about} if self.about else {})
