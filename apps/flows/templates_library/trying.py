"""Samples run through a definition with writes off: filter, checks, map steps and delivery mappings (pure, nothing is called)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time
from typing import Any

from apps.connectors.canonical.registry import canonical_type, restore
from apps.connectors.canonical.values import UnusableValueError
from apps.connectors.errors import BusinessClass, FieldProblem
from apps.connectors.manifest import ObjectManifest, SystemManifest
from apps.flows.engine.acts import (
    Act,
    Ask,
    End,
    Enter,
    Go,
    LookUp,
    Mark,
    Refuse,
    Say,
    Send,
    StepContext,
    TakeBack,
    WaitFor,
    WaitUntil,
)
from apps.flows.engine.content import FlowContent, merge_contents
from apps.flows.engine.definition import CheckOptions, DefinitionError, FlowDefinition, Step, parse_definition
from apps.flows.engine.flow import merge_delivery
from apps.flows.engine.steps import CheckStep, DeliverOptions
from apps.flows.engine.steps.approve import ApproveOptions
from apps.flows.engine.stored import STEPS_ROOT
from apps.flows.engine.walk import passed_over
from apps.flows.mapping.compile import compile_mapping
from apps.flows.mapping.compiled import CompiledMapping
from apps.flows.mapping.given import apply_given
from apps.flows.mapping.layers import NO_LAYERS, LayeredLine, Layers, merge_layers
from apps.flows.templates_library.samples import SAMPLE_DAY, Delivers, Expected, LeftOut, Refused, Sample, Waits
from apps.flows.templates_library.template import FlowTemplate

_NOON = datetime.combine(SAMPLE_DAY, time(12), tzinfo=UTC)
Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a step delivers: an object of a system, and the merged lines that fill it."""

    target: ObjectManifest
    lines: Sequence[LayeredLine]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What comes of one record: `how` is one of the four expected kinds. `values` are what each step would send.

    `step` is where it was refused or waits, `reason` why it was left out.
    """

    how: type[Expected]
    step: str = ""
    reason: str = ""
    values: Mapping[str, Values] = field(default_factory=dict)
    problems: tuple[FieldProblem, ...] = ()

    @property
    def kind(self) -> tuple[type[Expected], str, str]:
        """What becomes of the record, whatever is sent."""
        return self.how, self.step, self.reason


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that came out otherwise; `where` is "" for the outcome itself, else "step.field". Texts are for people."""

    where: str
    expected: str
    found: str


@dataclass(frozen=True, slots=True)
class SampleResult:
    """What came of a sample, and how that differs from what was wanted: () when it is as it should be.

    `before` is what came of it without a change, where two definitions were compared; `wanted` what the template itself
    makes of it with the same settings.
    """

    sample: Sample
    outcome: Outcome
    differences: tuple[Difference, ...]
    before: Outcome | None = None
    wanted: Outcome | None = None

    @property
    def holds(self) -> bool:
        """True when the sample gives what was wanted."""
        return not self.differences

    @property
    def fails(self) -> bool:
        """True when a change lets something else become of it than the template means; what is delivered may differ."""
        if self.wanted is None or self.before is None:
            return False
        return self.outcome.kind not in {self.wanted.kind, self.before.kind}


def places_of(
    template: FlowTemplate, systems: Mapping[str, SystemManifest], layers: Layers = NO_LAYERS
) -> dict[str, Place]:
    """Return where each delivering step of a template delivers, in `systems` by role ("target", "psa", ...).

    Raises LookupError when a system does not take what a step brings.
    """
    if not template.definition.walks:
        target = _object(systems["target"], template.definition.canonical_type)
        return {"deliver": Place(target, merge_delivery(target, replace(layers, template=template.lines)))}
    found = {}
    for step in template.definition.walk:
        if isinstance(step.options, DeliverOptions):
            target = _object(systems[step.options.role], step.options.type)
            found[step.name] = Place(target, merge_layers(target.writing_lines))
    return found


def _object(system: SystemManifest, type_name: str) -> ObjectManifest:
    found = system.object_for(type_name)
    if found is None:
        raise LookupError(f"{system.name} does not take {type_name}")
    return found


def run_samples(
    template: FlowTemplate,
    settings: Values,
    places: Mapping[str, Place],
    *,
    definition: FlowDefinition | None = None,
) -> list[SampleResult]:
    """Run a template's samples, with a customer's `settings` under those of each sample, against what the samples say.

    `definition` replaces the template's own, as a draft has it. Raises SettingsError, MappingError, DefinitionError.
    """
    results = []
    for sample, outcome in _outcomes(template, settings, places, definition):
        results.append(SampleResult(sample, outcome, differences_from(sample.expected, outcome)))
    return results


def compare_samples(  # noqa: PLR0913  two sides of one comparison, all by name
    template: FlowTemplate,
    *,
    before: Mapping[str, Place],
    after: Mapping[str, Place],
    bare: Mapping[str, Place],
    settings_before: Values,
    settings_after: Values,
    definition_before: FlowDefinition | None = None,
    definition_after: FlowDefinition | None = None,
) -> list[SampleResult]:
    """Run the samples twice and return what comes of them after a change, with what differs from before it.

    It holds for any target: what the samples say is written for one system, what they give can be compared in all.
    `bare` is where the template itself delivers, which says what must come of them with the same settings.
    """
    first = _outcomes(template, settings_before, before, definition_before)
    then = _outcomes(template, settings_after, after, definition_after)
    meant = _outcomes(template, settings_after, bare, None)
    return [
        SampleResult(sample, found, differences_between(known, found), known, wanted)
        for (sample, known), (_same, found), (_also, wanted) in zip(first, then, meant, strict=True)
    ]


def _outcomes(
    template: FlowTemplate, settings: Values, places: Mapping[str, Place], definition: FlowDefinition | None
) -> list[tuple[Sample, Outcome]]:
    trials: dict[tuple[tuple[str, Any], ...], _Trial] = {}
    found = []
    for sample in template.samples:
        own = tuple(sorted(sample.settings.items()))
        if own not in trials:
            wanted = template.definition_with({**settings, **sample.settings})
            if definition is not None:
                wanted = _with_own_changes(definition, template.definition_with(settings), wanted)
            trials[own] = _Trial(wanted, places)
        found.append((sample, trials[own].outcome(sample)))
    return found


def _with_own_changes(own: FlowDefinition, usual: FlowDefinition, wanted: FlowDefinition) -> FlowDefinition:
    """Return what a sample's settings make of the template, with what a customer changed of the template's own."""
    start, ours, theirs = (FlowContent(one.to_json()) for one in (usual, own, wanted))
    try:
        return parse_definition(merge_contents(start, ours, theirs).content.definition)
    except DefinitionError:
        return replace(own, settings=wanted.settings)  # both changed the same: the customer's stands


class _Trial:
    """A definition ready for samples."""

    def __init__(self, definition: FlowDefinition, places: Mapping[str, Place]) -> None:
        self.definition = parse_definition(definition.to_json())  # its map steps read the settings of this trial
        self.described = canonical_type(definition.canonical_type)
        check = self.definition.step("check")
        options, settings = check.check if check else CheckOptions(), self.definition.settings
        self.check = CheckStep(self.described, self.definition.filter, options, settings)
        types = {
            step.name: step.options.type for step in self.definition.walk if isinstance(step.options, DeliverOptions)
        }
        self.deliveries = {
            name: self._mapping(types.get(name, self.described.name), place) for name, place in places.items()
        }

    def _mapping(self, type_name: str, place: Place) -> CompiledMapping:
        return compile_mapping(
            place.lines,
            source_fields=canonical_type(type_name).fields,
            target_fields=place.target.fields,
            outgoing=True,
            settings=self.definition.settings,
        )

    def outcome(self, sample: Sample) -> Outcome:
        """Return what comes of one sample."""
        record, problems = restore(self.described, sample.record)
        if problems:
            return Outcome(Refused, "extract", problems=problems)
        record |= dict(self.described.derive(record))
        reason = self.check.skip_reason(record)
        if reason:
            return Outcome(LeftOut, reason=reason)
        problems = self.check.plan(record, SAMPLE_DAY)
        if problems:
            return Outcome(Refused, "check", problems=problems)
        if self.definition.walks:
            return _Walk(self, sample, record).outcome()
        mapped = self.deliveries["deliver"].apply(record)
        if mapped.problems:
            return Outcome(Refused, "map", problems=mapped.problems)
        return Outcome(Delivers, values={"deliver": mapped.values})


class _Walk:
    """One sample on its way through the steps."""

    def __init__(self, trial: _Trial, sample: Sample, record: dict[str, Any]) -> None:
        self.trial, self.sample, self.record = trial, sample, record
        self.results: dict[str, Values] = {}
        self.sent: dict[str, Values] = {}

    def outcome(self) -> Outcome:
        steps, over = self.trial.definition.walk, frozenset[str]()
        for step in steps:
            if step.name in over:
                continue
            try:
                act = self._planned(step)
            except UnusableValueError as wrong:
                act = Refuse((FieldProblem("", wrong.message, wrong.business_class),))
            if isinstance(act, Go) and act.to:
                over |= {passed.name for passed in passed_over(steps, step.name, act.to)}
            ended = self._taken(step, act)
            if ended is not None and not (ended.how is Refused and step.proceed_on_error):
                return ended
        return Outcome(Delivers, values=self.sent)

    def _planned(self, step: Step) -> Act:
        context = self._context()
        if step.options is None or not context.holds(step.condition):
            return Go()
        return step.options.plan(context)

    def _context(self) -> StepContext:
        described, key = self.trial.described, str(self.record.get("id", ""))
        return StepContext(
            record=self.record,
            results=self.results,
            business_key=f"{described.name}:sample:{key}",
            source_key=key,
            label=described.describe(self.record),
            amount=described.amount(self.record),
            began_at=_NOON,
            now=_NOON,
            settings=self.trial.definition.settings,
        )

    def _taken(self, step: Step, act: Act) -> Outcome | None:
        """Note what the step does; the outcome when the walk ends at it."""
        given = self.sample.results.get(step.name)
        if isinstance(act, Refuse):
            return self._refused(step, act.problems)
        if isinstance(act, End):
            return Outcome(LeftOut, step.name, act.note, self.sent)
        if isinstance(act, Send):
            return self._delivered(step, act, given)
        if isinstance(act, LookUp):
            return self._found(step, act, given or {"found": False})
        if isinstance(act, Ask | WaitFor | WaitUntil):
            return self._answered(step, given)
        if isinstance(act, TakeBack):
            self.results[step.name] = given or {"withdrawn": False}
            return None
        if isinstance(act, Mark | Enter | Say):
            self.sent[step.name] = _said(act)
        self.results[step.name] = act.result if isinstance(act, Go) else {}
        return None

    def _found(self, step: Step, act: LookUp, given: Values) -> Outcome | None:
        if act.required and not given.get("found"):
            return self._refused(step, (FieldProblem("", "It was not found.", BusinessClass.MISSING_REFERENCE),))
        wrong = act.judge(_canonical(act.canonical_type, given)) if act.judge is not None and given.get("found") else ()
        if wrong:
            return self._refused(step, wrong)
        self.results[step.name] = given
        return None

    def _answered(self, step: Step, given: Values | None) -> Outcome | None:
        if given is None:
            return Outcome(Waits, step.name, values=self.sent)
        answered = isinstance(step.options, ApproveOptions) and step.options.go_on_refused
        if step.kind == "approve" and not given.get("approved") and not answered:
            return self._refused(step, (FieldProblem("", "It was not agreed to.", BusinessClass.MISSING_APPROVAL),))
        self.results[step.name] = given
        return None

    def _refused(self, step: Step, problems: tuple[FieldProblem, ...]) -> Outcome:
        return Outcome(Refused, step.name, values=self.sent, problems=problems)

    def _delivered(self, step: Step, act: Send, given: Values | None) -> Outcome | None:
        delivery = self.trial.deliveries.get(step.name)
        values: Values = dict(act.values)
        if delivery is not None:
            values = {**act.values, STEPS_ROOT: self.results}
            mapped = apply_given(delivery, values) if act.onto else delivery.apply(values)
            if mapped.problems:
                return self._refused(step, mapped.problems)
            values = mapped.values
        self.sent[step.name] = values
        self.results[step.name] = given or {"key": step.name}
        return None


def _canonical(type_name: str, given: Values) -> Values:
    """Return what a look-up of a sample brings as the record that was found."""
    described = canonical_type(type_name)
    return restore(described, {name: value for name, value in given.items() if described.field_named(name)})[0]


def _said(act: Mark | Enter | Say) -> Values:
    if isinstance(act, Mark):
        return dict(act.values)
    return {"state": act.state} if isinstance(act, Enter) else dict(act.payload)


def differences_from(expected: Expected, outcome: Outcome) -> tuple[Difference, ...]:
    """Return where an outcome is not what a sample says; what the sample does not mention may be anything."""
    if outcome.how is not type(expected):
        return (Difference("", _words(expected), outcome_words(outcome)),)
    if isinstance(expected, Delivers):
        return tuple(
            Difference(f"{step}.{name}", _shown(value), _shown(outcome.values.get(step, {}).get(name)))
            for step, values in expected.values.items()
            for name, value in values.items()
            if outcome.values.get(step, {}).get(name) != value
        )
    return () if _as_said(expected, outcome) else (Difference("", _words(expected), outcome_words(outcome)),)


def _as_said(expected: Expected, outcome: Outcome) -> bool:
    if isinstance(expected, LeftOut):
        return outcome.reason == expected.reason
    if isinstance(expected, Refused):
        named = any(
            expected.field in {"", one.field} and expected.code in {"", one.code, one.business_class.value}
            for one in outcome.problems
        )
        return named and outcome.step == expected.step
    return isinstance(expected, Waits) and outcome.step == expected.step


def differences_between(before: Outcome, after: Outcome) -> tuple[Difference, ...]:
    """Return where two outcomes of one sample differ."""
    if before.kind != after.kind:
        return (Difference("", outcome_words(before), outcome_words(after)),)
    if before.how is Refused and before.problems != after.problems:
        return (Difference("", outcome_words(before), outcome_words(after)),)
    found = []
    for step in dict.fromkeys((*before.values, *after.values)):
        old, new = before.values.get(step, {}), after.values.get(step, {})
        found += [
            Difference(f"{step}.{name}", _shown(old.get(name)), _shown(new.get(name)))
            for name in dict.fromkeys((*old, *new))
            if old.get(name) != new.get(name)
        ]
    return tuple(found)


def outcome_words(outcome: Outcome) -> str:
    """Return an outcome as a short English sentence."""
    if outcome.how is Refused:
        return f"refused at {outcome.step}: {' '.join(one.message for one in outcome.problems)}"
    if outcome.how is LeftOut:
        return f"left out: {outcome.reason}"
    return f"waits at {outcome.step}" if outcome.how is Waits else "delivered"


def _words(expected: Expected) -> str:
    if isinstance(expected, Refused):
        return f"refused at {expected.step}: {expected.code or expected.field or 'for any reason'}"
    if isinstance(expected, LeftOut):
        return f"left out: {expected.reason}"
    return f"waits at {expected.step}" if isinstance(expected, Waits) else "delivered"


def _shown(value: Any) -> str:
    return "" if value is None else str(value)
