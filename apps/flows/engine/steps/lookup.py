"""The lookup step: reads one record of a system, so that later steps can decide and map by it."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

from apps.connectors.canonical.shapes import CanonicalType
from apps.flows.engine.acts import Act, LookUp, StepContext
from apps.flows.engine.stored import Group, written


@dataclass(frozen=True, slots=True)
class LookupOptions:
    """Finds the record of `object` whose natural key the expression `key` gives, and keeps the fields named.

    Later steps read r.steps.<name>.found, .key and the fields kept.
    """

    kind: ClassVar[str] = "lookup"
    owner_queue: ClassVar[str] = "master_data"
    keys: ClassVar[frozenset[str]] = frozenset({"role", "object", "key", "keep", "required"})
    role: str
    object: str
    key: str
    keep: tuple[str, ...] = ()
    required: bool = False

    @classmethod
    def read(cls, group: Group, described: CanonicalType) -> Self:
        """Read the options. Raises DefinitionError."""
        return cls(
            role=group.text("role", required=True),
            object=group.text("object", required=True),
            key=group.expression("key", described, required=True),
            keep=group.texts("keep"),
            required=group.flag("required"),
        )

    def plan(self, context: StepContext) -> Act:
        """Look the record up."""
        return LookUp(self.role, self.object, context.text(self.key), self.keep, self.required)

    def to_json(self) -> dict[str, Any]:
        """Return the options as they are stored."""
        return written(self)
