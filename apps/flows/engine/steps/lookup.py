"""The lookup step: reads one record of a system, so that later steps can decide and map by it."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

from apps.connectors.canonical.registry import CANONICAL_TYPES, canonical_type
from apps.connectors.canonical.shapes import CanonicalType
from apps.flows.engine.acts import Act, LookUp, StepContext
from apps.flows.engine.stored import DefinitionError, Group, written


@dataclass(frozen=True, slots=True)
class LookupOptions:
    """Finds the record whose natural key the expression `key` gives, and keeps the fields named.

    Where it looks is either `object`, by the name and with the fields of one system, or `type`: whatever object of that
    system holds the canonical type, read as the canonical record, so that the same step serves many systems. Later steps
    read r.steps.<name>.found, .key and the fields kept; figures are kept as texts: double(r.steps.<name>.hours).
    """

    kind: ClassVar[str] = "lookup"
    owner_queue: ClassVar[str] = "master_data"
    keys: ClassVar[frozenset[str]] = frozenset({"role", "object", "key", "keep", "required", "type"})
    role: str
    object: str
    key: str
    keep: tuple[str, ...] = ()
    required: bool = False
    type: str = ""

    @classmethod
    def read(cls, group: Group, described: CanonicalType) -> Self:
        """Read the options. Raises DefinitionError."""
        found = cls(
            role=group.text("role", required=True),
            object=group.text("object"),
            key=group.expression("key", described, required=True),
            keep=group.texts("keep"),
            required=group.flag("required"),
            type=group.choice("type", tuple(CANONICAL_TYPES)) if group.text("type") else "",
        )
        if bool(found.object) == bool(found.type):
            raise DefinitionError(group.where("object"), "or a type must say what is looked up, and only one of them")
        for name in found.keep if found.type else ():
            if canonical_type(found.type).field_named(name) is None:
                raise DefinitionError(group.where("keep"), f"{found.type} has no field {name!r}")
        return found

    def plan(self, context: StepContext) -> Act:
        """Look the record up."""
        return LookUp(self.role, self.object, context.text(self.key), self.keep, self.required, self.type)

    def to_json(self) -> dict[str, Any]:
        """Return the options as they are stored."""
        return written(self)
