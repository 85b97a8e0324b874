"""The decide step: goes on one way or another."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

from apps.connectors.canonical.shapes import CanonicalType
from apps.flows.engine.acts import Act, End, Go, StepContext
from apps.flows.engine.states import OperationState
from apps.flows.engine.stored import Group, written

END = "end"  # the walk stops here: the record is skipped, with `sentence` as the reason


@dataclass(frozen=True, slots=True)
class DecideOptions:
    """Goes to `then` when the expression `when` is true, else to `otherwise`; "" is the next step."""

    kind: ClassVar[str] = "decide"
    owner_queue: ClassVar[str] = "integration"
    keys: ClassVar[frozenset[str]] = frozenset({"when", "then", "otherwise", "sentence"})
    when: str
    then: str = ""
    otherwise: str = ""
    sentence: str = ""

    @classmethod
    def read(cls, group: Group, described: CanonicalType) -> Self:
        """Read the options. Raises DefinitionError."""
        return cls(
            when=group.expression("when", described, required=True),
            then=group.text("then"),
            otherwise=group.text("otherwise"),
            sentence=group.text("sentence", longest=300),
        )

    @property
    def ways(self) -> tuple[tuple[str, str], ...]:
        """The steps it may go to, each with the key that names it."""
        return tuple((key, to) for key, to in (("then", self.then), ("otherwise", self.otherwise)) if to)

    def plan(self, context: StepContext) -> Act:
        """Choose the way."""
        chosen = context.holds(self.when)
        to = self.then if chosen else self.otherwise
        if to == END:
            return End(OperationState.SKIPPED, self.sentence or "The flow ends here for this record.")
        return Go({"chosen": chosen}, to=to)

    def to_json(self) -> dict[str, Any]:
        """Return the options as they are stored."""
        return written(self)
