"""What a step of a walking operation may decide to do, and what it may look at (plain values)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from apps.connectors.canonical.shapes import Amount
from apps.connectors.canonical.values import UnusableValueError
from apps.connectors.errors import BusinessClass, FieldProblem
from apps.flows.engine.states import OperationState
from apps.flows.engine.stored import STEPS_ROOT, Settings
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
        build_scope = build_scope_builder([expression], self.settings)
        return expression.evaluate(build_scope({**self.record, STEPS_ROOT: self.results}))

    def text(self, expression: str) -> str:
        """Return what an expression gives, as text. Raises UnusableValueError when it gives nothing."""
        value = self.evaluate(expression)
        if value in (None, ""):
            raise UnusableValueError("the calculation gives nothing", BusinessClass.MAPPING_GAP)
        return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)

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
    """Read one record by its natural key. Missing and `required`: the operation is refused."""

    role: str
    object_name: str
    key: str
    keep: tuple[str, ...]
    required: bool


@dataclass(frozen=True, slots=True)
class Send:
    """Create or update one record of `canonical_type` in the system called `role`."""

    role: str
    canonical_type: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Mark:
    """Set fields of the source record, in the source's own words."""

    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask people of a role; times in seconds, 0 for none."""

    question: str
    facts: Sequence[tuple[str, str]]
    amount: Decimal | None
    currency: str
    role: str
    needed: int
    due_seconds: int
    remind_seconds: int
    escalate_to: str


@dataclass(frozen=True, slots=True)
class WaitFor:
    """Wait until something is said about `correlation`, at most until `until`."""

    event_name: str
    correlation: str
    until: datetime | None
    go_on_without: bool


@dataclass(frozen=True, slots=True)
class WaitUntil:
    """Wait for a time."""

    until: datetime


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


Act = Go | End | Refuse | LookUp | Send | Mark | Ask | WaitFor | WaitUntil | Tell | CallFlow | Enter | Say
CALLS = (LookUp, Send, Mark)  # what leaves the house: written ahead, called outside any transaction, settled
