"""The approve step: people decide whether it goes on."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar, Self

from apps.connectors.canonical.shapes import CanonicalType
from apps.flows.engine.acts import Act, Ask, Go, StepContext
from apps.flows.engine.stored import DefinitionError, Group, read_expression, read_list, written

HOUR = 3_600
_MOST_HOURS = 24 * 365
_CALCULATED = "="


@dataclass(frozen=True, slots=True)
class Threshold:
    """From this amount on, `needed` people of `role` must say yes."""

    above: Decimal
    role: str
    needed: int = 1


@dataclass(frozen=True, slots=True)
class ApproveOptions:
    """Asks people of a role. `question` and `facts` are sentences filled from the record and what earlier steps brought.

    A fact that begins with "=" is an expression instead, and is left out where that gives nothing.

    Thresholds are looked at from the highest down: the first whose amount is reached decides who is asked. `free_below`:
    smaller amounts need nobody. An operation without a known amount is asked about as the dearest one would be.
    `go_on_refused`: a no is an answer like a yes, and later steps read r.steps.<name>.approved; without it a no stops the walk.
    """

    kind: ClassVar[str] = "approve"
    owner_queue: ClassVar[str] = "finance"
    keys: ClassVar[frozenset[str]] = frozenset({
        "question", "facts", "role", "needed", "thresholds", "free_below", "due_hours", "remind_hours", "escalate_to", "go_on_refused",
    })  # fmt: skip
    question: str
    role: str
    facts: Mapping[str, str]
    needed: int = 1
    thresholds: tuple[Threshold, ...] = ()
    free_below: Decimal = Decimal(0)
    due_hours: int = 0
    remind_hours: int = 0
    escalate_to: str = ""
    go_on_refused: bool = False

    @classmethod
    def read(cls, group: Group, described: CanonicalType) -> Self:
        """Read the options. Raises DefinitionError. Who may approve is a role of the product, checked when published."""
        stored = read_list(group.stored.get("thresholds", []), group.where("thresholds"))
        thresholds = [_threshold(one, f"{group.where('thresholds')}.{place}") for place, one in enumerate(stored)]
        return cls(
            question=group.sentence("question", described, required=True, longest=300),
            role=group.text("role", required=True),
            facts=_facts(group, described),
            needed=group.whole("needed", least=1, most=9, default=1),
            thresholds=tuple(sorted(thresholds, key=lambda one: one.above, reverse=True)),
            free_below=group.money("free_below"),
            due_hours=group.whole("due_hours", least=1, most=_MOST_HOURS),
            remind_hours=group.whole("remind_hours", least=1, most=_MOST_HOURS),
            escalate_to=group.text("escalate_to"),
            go_on_refused=group.flag("go_on_refused"),
        )

    @property
    def roles(self) -> tuple[str, ...]:
        """Every role it may ask."""
        asked = (self.role, *(one.role for one in self.thresholds), self.escalate_to)
        return tuple(role for role in asked if role)

    def plan(self, context: StepContext) -> Act:
        """Ask the right people, or nobody when the amount is small."""
        amount = context.amount.value if context.amount else None
        if amount is not None and amount < self.free_below:
            return Go({"approved": True}, note="Below the amount that needs an approval.")
        role, needed = self._asked(amount)
        return Ask(
            question=context.fill(self.question)[:300],
            facts=tuple((label, told) for label, text in self.facts.items() if (told := _told(text, context))),
            amount=amount,
            currency=context.amount.currency if context.amount else "",
            role=role,
            needed=needed,
            due_seconds=self.due_hours * HOUR,
            remind_seconds=self.remind_hours * HOUR,
            escalate_to=self.escalate_to,
            go_on_refused=self.go_on_refused,
        )

    def _asked(self, amount: Decimal | None) -> tuple[str, int]:
        for one in self.thresholds:
            if amount is None or amount >= one.above:
                return one.role, one.needed
        return self.role, self.needed

    def to_json(self) -> dict[str, Any]:
        """Return the options as they are stored."""
        stored = written(self, without=("thresholds", "facts"))
        if self.facts:  # as a list: a stored group forgets its order, and people read the facts in theirs
            stored["facts"] = [[label, text] for label, text in self.facts.items()]
        if self.thresholds:
            stored["thresholds"] = [written(one) | {"above": str(one.above)} for one in self.thresholds]
        return stored


def _threshold(stored: Any, path: str) -> Threshold:
    group = Group(stored, path, {"above", "role", "needed"})
    return Threshold(
        group.money("above"), group.text("role", required=True), group.whole("needed", least=1, most=9, default=1)
    )


def _facts(group: Group, described: CanonicalType) -> dict[str, str]:
    stored = group.stored.get("facts", {})
    if isinstance(stored, list) and all(isinstance(pair, list) and len(pair) == 2 for pair in stored):
        stored = {str(label): text for label, text in stored}
    if not isinstance(stored, Mapping):
        raise DefinitionError(group.where("facts"), "must be a group of texts, or a list of pairs")
    inner = Group(stored, group.where("facts"), tuple(map(str, stored)), earlier=group.earlier, settings=group.settings)
    return {str(label): _fact(inner, str(label), described) for label in stored}


def _fact(group: Group, label: str, described: CanonicalType) -> str:
    text = group.text(label, required=True)
    if text.startswith(_CALCULATED):
        read_expression(text.removeprefix(_CALCULATED), group.where(label), described, group.settings)
        return text
    return group.sentence(label, described, required=True)


def _told(text: str, context: StepContext) -> str:
    """Return a fact in words; "" where a calculation gives nothing, and then it is not shown."""
    if not text.startswith(_CALCULATED):
        return context.fill(text)
    value = context.evaluate(text.removeprefix(_CALCULATED))
    return "" if value is None else str(value)
