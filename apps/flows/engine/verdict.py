"""What one version of a flow makes of one recorded record, as far as that can be known without a call (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from apps.connectors.canonical.registry import canonical_type, restore
from apps.connectors.canonical.shapes import Amount
from apps.connectors.canonical.values import UnusableValueError
from apps.connectors.contract import SourceRecord
from apps.connectors.errors import FieldProblem
from apps.flows.engine.acts import (
    NO_RESULT,
    Act,
    Ask,
    CallFlow,
    End,
    Enter,
    Go,
    LookUp,
    Mark,
    Refuse,
    Result,
    Say,
    Send,
    StepContext,
    TakeBack,
    Tell,
    WaitFor,
)
from apps.flows.engine.definition import Step
from apps.flows.engine.flow import CompiledFlow
from apps.flows.engine.identity import business_key
from apps.flows.engine.pipeline import merge_problems
from apps.flows.engine.records import Correction
from apps.flows.engine.states import OperationState
from apps.flows.engine.stored import STEPS_ROOT
from apps.flows.engine.walk import passed_over
from apps.flows.mapping.compiled import CompiledMapping, Mapped
from apps.flows.mapping.given import apply_given

Results = Mapping[str, Result]
NO_RESULTS: Results = {}
_UNNUMBERED = {"key": "?"}  # what a delivery leaves for later steps where nothing recorded says which number was given


class How(StrEnum):
    """What becomes of a record."""

    PASSES = "passes"
    REFUSED = "refused"
    LEFT_OUT = "left_out"


class Verdict(NamedTuple):
    """What comes of one record. `sent` is what leaves the house, by "field", in a walking flow by "step.field".

    `open_at` names the step from which on nothing is known without a call, "" where everything is; `asked` are the keys
    that look-ups asked for, by step.
    """

    how: How
    canonical: Mapping[str, Any]
    step: str = ""
    reason: str = ""
    problems: tuple[FieldProblem, ...] = ()
    sent: Mapping[str, Any] = {}
    amount: Amount | None = None
    open_at: str = ""
    asked: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Side:
    """One version, compiled. `deliveries` are the mappings of a walking flow's delivering steps, by step."""

    compiled: CompiledFlow
    deliveries: Mapping[str, CompiledMapping] = field(default_factory=dict)


class Seen(NamedTuple):
    """A record as it was recorded: when, what a person had mended of it, and what its steps were answered then."""

    record: SourceRecord
    at: datetime
    correction: Correction | None = None
    results: Results = NO_RESULTS


def judge(side: Side, seen: Seen, asked: Mapping[str, str] | None = None) -> Verdict:
    """Return what a version makes of a record, in the order of the pipeline.

    `asked` is what another version's look-ups asked for: what was answered then holds only for the same question.
    """
    compiled = side.compiled
    canonical, problems = compiled.extract.plan(seen.record, seen.correction)
    reason = compiled.check.skip_reason(canonical)
    if reason:
        return Verdict(How.LEFT_OUT, canonical, "check", reason)
    step = "extract" if problems else "check"
    problems = merge_problems(problems, compiled.check.plan(canonical, seen.at.date()))
    if problems:
        return Verdict(How.REFUSED, canonical, step, problems=problems)
    if compiled.definition.walks:
        return _Walk(side, seen, canonical, asked).verdict()
    mapped, _content = compiled.map.plan(canonical)
    if mapped.problems:
        return Verdict(How.REFUSED, canonical, "map", problems=mapped.problems)
    return Verdict(How.PASSES, canonical, sent=_sent(mapped), amount=compiled.described.amount(canonical))


def _sent(mapped: Mapped) -> dict[str, Any]:
    if not mapped.references:
        return mapped.values
    return mapped.values | {reference.field: reference.key for reference in mapped.references}


class _OpenError(Exception):
    """From this step on, what comes depends on an answer that nobody recorded."""


class _Walk:
    """One record on its way through the steps, with the answers of then."""

    def __init__(self, side: Side, seen: Seen, canonical: dict[str, Any], asked: Mapping[str, str] | None) -> None:
        self.side, self.seen, self.canonical, self.known = side, seen, canonical, asked
        self.described = side.compiled.described
        self.amount = self.described.amount(canonical)
        self.results: dict[str, Result] = {}
        self.sent: dict[str, Any] = {}
        self.asked: dict[str, str] = {}

    def verdict(self) -> Verdict:
        steps, over = self.side.compiled.definition.walk, frozenset[str]()
        for step in steps:
            if step.name in over:
                continue
            act = self._planned(step)
            if isinstance(act, Go) and act.to:
                over |= {passed.name for passed in passed_over(steps, step.name, act.to)}
            if isinstance(act, End):
                left_out = act.state == OperationState.SKIPPED
                return self._verdict(How.LEFT_OUT if left_out else How.PASSES, step.name, act.note)
            try:
                problems = self._problems(step, act)
            except _OpenError:
                return self._verdict(How.PASSES)._replace(open_at=step.name)
            if problems and not step.proceed_on_error:
                return self._verdict(How.REFUSED, step.name, problems=problems)
        return self._verdict(How.PASSES)

    def _verdict(self, how: How, step: str = "", reason: str = "", problems: tuple[FieldProblem, ...] = ()) -> Verdict:
        amount = self.amount if how is How.PASSES else None
        return Verdict(how, self.canonical, step, reason, problems, self.sent, amount, asked=self.asked)

    def _planned(self, step: Step) -> Act:
        context = self._context()
        try:
            if step.options is None or not context.holds(step.condition):
                return Go()
            return step.options.plan(context)
        except UnusableValueError as wrong:
            return Refuse((FieldProblem("", wrong.message, wrong.business_class),))

    def _context(self) -> StepContext:
        key = self.seen.record.key
        return StepContext(
            record=self.canonical,
            results=self.results,
            business_key=business_key(self.described.name, self.side.compiled.source_system, key),
            source_key=key,
            label=self.described.describe(self.canonical),
            amount=self.amount,
            began_at=self.seen.at,
            now=self.seen.at,
            settings=self.side.compiled.definition.settings,
        )

    def _problems(self, step: Step, act: Act) -> tuple[FieldProblem, ...]:
        """Note what the step does, and return what stops the record there. Raises _OpenError."""
        answer = self.seen.results.get(step.name) or None
        if isinstance(act, Refuse):
            return act.problems
        if isinstance(act, Send):
            return self._delivered(step, act, answer)
        if isinstance(act, LookUp):
            return self._looked_up(step, act, answer)
        if isinstance(act, Ask | WaitFor) and answer is None:
            raise _OpenError
        for name, value in _said(act).items():
            self.sent[f"{step.name}.{name}"] = value
        self.results[step.name] = act.result if isinstance(act, Go) else answer or NO_RESULT
        return ()

    def _looked_up(self, step: Step, act: LookUp, answer: Result | None) -> tuple[FieldProblem, ...]:
        self.asked[step.name] = act.key
        other_question = self.known is not None and self.known.get(step.name, act.key) != act.key
        if answer is None or other_question:
            raise _OpenError
        self.results[step.name] = answer
        if act.judge is None or not answer.get("found"):
            return ()
        described = canonical_type(act.canonical_type)
        found, _ = restore(described, {name: value for name, value in answer.items() if described.field_named(name)})
        return act.judge(found)

    def _delivered(self, step: Step, act: Send, answer: Result | None) -> tuple[FieldProblem, ...]:
        delivery = self.side.deliveries.get(step.name)
        values = dict(act.values)
        if delivery is not None:
            given = {**values, STEPS_ROOT: self.results}
            mapped = apply_given(delivery, given) if act.onto else delivery.apply(given)
            if mapped.problems:
                return mapped.problems
            values = _sent(mapped)
        self.sent.update({f"{step.name}.{name}": value for name, value in values.items()})
        self.results[step.name] = answer or _UNNUMBERED
        return ()


def _said(act: Act) -> Mapping[str, Any]:
    """Return what an act lets the outside know, by name."""
    if isinstance(act, Mark):
        return act.values
    if isinstance(act, Enter):
        return {"state": act.state, "subject": act.subject}
    if isinstance(act, Say):
        return {**act.payload, "subject": act.subject}
    if isinstance(act, Tell):
        return {"subject": act.subject, "text": act.text}
    if isinstance(act, CallFlow):
        return {"key": act.key}
    return {"type": act.canonical_type} if isinstance(act, TakeBack) else {}
