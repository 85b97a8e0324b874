"""What a step of a walking operation may decide to do, and what it may look at (plain values)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from re import Match
from typing import Any

from apps.connectors.canonical.shapes import Amount, fill_sentence
from apps.connectors.canonical.values import UnusableValueError
from apps.connectors.errors import BusinessClass, FieldProblem
from apps.flows.engine.states import OperationState
from apps.flows.engine.stored import STEP_NAME, STEPS_ROOT, TODAY_ROOT, Settings
from apps.flows.mapping.expressions import build_scope_builder, compile_expression

Result = Mapping[str, Any]  # what a step leaves for later ones: small, plain JSON
NO_RESULT: Result = {}


@dataclass(frozen=True, slots=True)
class StepContext:
    """One operation as its steps see it. `results` is by step name; `label` is the sentence people know it by.

    `settings` are the customer's choices, which every expression may read.
    """

    record: Mapping[str, Any]
    results: Mapping[str, Result]
    business_key: str
    source_key: str
    label: str
    amount: Amount | None
    began_at: datetime
    now: datetime
    settings: Settings = field(default_factory=dict)

    def evaluate(self, text: str) -> Any:
        """Return what an expression gives. Raises UnusableValueError in words for people."""
        expression = compile_expression(text)
        scope = build_scope_builder([expression], self.settings)
        seen = {**self.record, STEPS_ROOT: self.results, TODAY_ROOT: self.now.date()}
        return expression.evaluate(scope(seen))

    def text(self, expression: str) -> str:
        """Return what an expression gives, as text. Raises UnusableValueError when it gives nothing."""
        value = self.evaluate(expression)
        if value in (None, ""):
            raise UnusableValueError("the calculation gives nothing", BusinessClass.MAPPING_GAP)
        return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)

    def fill(self, sentence: str) -> str:
        """Return a sentence with its {names} filled: fields of the record, and {steps.<name>.<field>} of earlier steps."""
        return fill_sentence(STEP_NAME.sub(self._brought, sentence), self.record)

    def _brought(self, found: Match[str]) -> str:
        value = self.results.get(found[1], NO_RESULT).get(found[2])
        return "?" if value is None else str(value).replace("{", "{{").replace("}", "}}")

    def holds(self, condition: str) -> bool:
        """Return whether a condition is true; no condition is. Raises UnusableValueError."""
        return not condition or self.evaluate(condition) is True


@dataclass(frozen=True, slots=True)
class Go:
    """Nothing to call: the step is done. `to` names the step that follows, "" the next one."""

    result: Result = field(default_factory=dict)
    note: str = ""
    to: str = ""


@dataclass(frozen=True, slots=True)
class End:
    """The walk ends here, in a state that says how."""

    state: OperationState
    note: str


@dataclass(frozen=True, slots=True)
class Refuse:
    """The record is wrong as it is: someone must act."""

    problems: tuple[FieldProblem, ...]


@dataclass(frozen=True, slots=True)
class LookUp:
    """Read one record by its natural key. Missing and `required`: the operation is refused.

    With `canonical_type` the system's object for it is read and what is kept are canonical values. `judge` says what is wrong
    with the record found, as it is now: a retry looks again.
    """

    role: str
    object_name: str
    key: str
    keep: tuple[str, ...]
    required: bool
    canonical_type: str = ""
    judge: Callable[[Mapping[str, Any]], tuple[FieldProblem, ...]] | None = None


@dataclass(frozen=True, slots=True)
class Send:
    """Create or update one record of `canonical_type` in the system called `role`.

    With `onto`, the number that the system gave a record already there, that one is changed, and only in what `values` hold.
    """

    role: str
    canonical_type: str
    values: Mapping[str, Any]
    onto: str = ""


@dataclass(frozen=True, slots=True)
class TakeBack:
    """Take back what the flow created as `canonical_type` for this record in the system called `role`."""

    role: str
    canonical_type: str


@dataclass(frozen=True, slots=True)
class Mark:
    """Set fields of the source record, in the source's own words."""

    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask people of a role; times in seconds, 0 for none. With `go_on_refused` a no is an answer like a yes."""

    question: str
    facts: Sequence[tuple[str, str]]
    amount: Decimal | None
    currency: str
    role: str
    needed: int
    due_seconds: int
    remind_seconds: int
    escalate_to: str
    go_on_refused: bool = False


@dataclass(frozen=True, slots=True)
class WaitFor:
    """Wait until something is said about `correlation`, at most until `until`.

    With `gives_way` a newer version of the record ends the walk and takes its place.
    """

    event_name: str
    correlation: str
    until: datetime | None
    go_on_without: bool
    gives_way: bool = False


@dataclass(frozen=True, slots=True)
class WaitUntil:
    """Wait for a time. With `gives_way` a newer version of the record ends the walk and takes its place."""

    until: datetime
    gives_way: bool = False


@dataclass(frozen=True, slots=True)
class Tell:
    """Send a mail to people of a role, or to one address."""

    role: str
    address: str
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class CallFlow:
    """Start another flow of the same customer for one record; `wait` until its run is over."""

    template: str
    key: str
    wait: bool


@dataclass(frozen=True, slots=True)
class Enter:
    """Enter a business state."""

    state: str
    subject: str


@dataclass(frozen=True, slots=True)
class Say:
    """Tell everyone who listens that something happened."""

    name: str
    subject: str
    payload: Mapping[str, Any]


Act = Go | End | Refuse | LookUp | Send | TakeBack | Mark | Ask | WaitFor | WaitUntil | Tell | CallFlow | Enter | Say
CALLS = (LookUp, Send, TakeBack, Mark)  # what leaves the house: written ahead, called outside any transaction, settled
