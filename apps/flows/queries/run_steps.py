"""A run's steps with what came of its records at each of them, for straight flows and for those whose records walk."""

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Count

from apps.flows.engine.counts import COUNT_COLUMN
from apps.flows.engine.definition import RECORD_STEPS, DefinitionError, FlowDefinition, Step, parse_definition
from apps.flows.engine.states import OperationState, StepState
from apps.flows.models import OperationStep, Run
from apps.flows.queries.runs import run_operations
from apps.flows.queries.step_words import ledger_name, step_icon, step_title, step_words


@dataclass(frozen=True, slots=True)
class StepProgress:
    """What came of a run's records at one step: how many came to it, and how many stand or ended there, by outcome.

    `ended` is by the run's counts; "known" are records that an earlier run settled. `name` is what the ledger calls it.
    """

    name: str
    kind: str
    title: str
    words: str
    icon: str
    entered: int
    ended: dict[str, int]

    @property
    def passed(self) -> int:
        """Return how many went on to the next step, or through."""
        return max(self.entered - sum(self.ended.values()), 0)


def steps_of(run: Run) -> tuple[Step, ...]:
    """Return the steps of the version that a run uses; the usual ones when it cannot be read any more."""
    definition = _definition(run)
    return definition.steps if definition else tuple(Step(kind) for kind in RECORD_STEPS)


def _definition(run: Run) -> FlowDefinition | None:
    try:
        return parse_definition(run.version.definition)
    except DefinitionError:
        return None


def get_run_steps(run: Run) -> list[StepProgress]:
    """Return how a run's records fared at each step, in order.

    Records an earlier run settled end at the first step: they are known as soon as they are read. Where records walk, one
    that a decision leads past a step never came to it.
    """
    definition, steps = _definition(run), steps_of(run)
    counted = _standing(run)
    begun = _begun(run) if definition is not None and definition.walks else {}
    known = sum(number for outcomes in counted.values() for number in outcomes.values())
    entered, progress = run.read, []
    for place, step in enumerate(steps):
        name = ledger_name(step)
        ended = dict(counted.get(name, {}))
        if place == 0 and run.read > known:
            ended["known"] = run.read - known
        if step.options is not None:
            entered = begun.get(name, 0)
        progress.append(_progress(run, step, definition, max(entered, sum(ended.values())), ended))
        entered -= sum(ended.values())
    return progress


def _progress(
    run: Run, step: Step, definition: FlowDefinition | None, entered: int, ended: dict[str, int]
) -> StepProgress:
    names = (run.flow.source.name, run.flow.target.name)
    words = step_words(step, *names, definition) if definition else ""
    return StepProgress(ledger_name(step), step.kind, step_title(step), words, step_icon(step.kind), entered, ended)


def _standing(run: Run) -> dict[str, dict[str, int]]:
    counted: defaultdict[str, dict[str, int]] = defaultdict(dict)
    rows = run_operations(run).order_by().values_list("step", "state").annotate(Count("id"))
    for step, state, number in rows:
        column = COUNT_COLUMN[OperationState(state)]
        counted[step][column] = counted[step].get(column, 0) + number
    return counted


def _begun(run: Run) -> dict[str, int]:
    """Return how many of a run's records came to each walking step; one that its condition skipped was passed by."""
    walked = OperationStep.objects.filter(operation__in=run_operations(run).order_by()).exclude(state=StepState.SKIPPED)
    return dict(walked.order_by().values_list("name").annotate(Count("id")))
