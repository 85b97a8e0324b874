"""What every kind of walking step answers."""

from typing import Any, ClassVar, Protocol, Self

from apps.connectors.canonical.shapes import CanonicalType
from apps.flows.engine.acts import Act, StepContext
from apps.flows.engine.stored import Group


class StepKind(Protocol):
    """The options of one kind of step: read once when a version is opened, then asked what to do.

    `owner_queue` is who works what this kind refuses, where the step names nobody; `keys` are those it may be stored with.
    """

    kind: ClassVar[str]
    owner_queue: ClassVar[str]
    keys: ClassVar[frozenset[str]]

    @classmethod
    def read(cls, group: Group, described: CanonicalType) -> Self:
        """Read the options; `group.earlier` are the names of the steps before. Raises DefinitionError."""

    def plan(self, context: StepContext) -> Act:
        """Return what is to be done. Raises UnusableValueError when the record does not allow to say."""

    def to_json(self) -> dict[str, Any]:
        """Return the options as `read` takes them."""
