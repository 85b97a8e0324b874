"""Everything that is wrong with a definition somebody is still working on: for each step the first thing, and for each part."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from apps.flows.engine.definition import RECORD_STEPS, DefinitionError, FlowDefinition, parse_definition
from apps.flows.engine.steps.milestone import MILESTONES

_MOST = 60  # more than a definition can have steps and parts


@dataclass(frozen=True, slots=True)
class StepProblem:
    """What is wrong with one step, at one key ("thresholds.0.role"); `step` "" is the flow as a whole, `key` then its part."""

    step: str
    key: str
    message: str


def list_problems(definition: Mapping[str, Any]) -> list[StepProblem]:
    """Return what is wrong, in the order of the steps; [] for a definition that can be used."""
    return examine(definition)[0]


def examine(definition: Mapping[str, Any]) -> tuple[list[StepProblem], FlowDefinition | None]:
    """Return what is wrong, and the definition as far as it can be read; None where it cannot be read at all.

    A step that is wrong is looked at once and then held to be right, so that the ones behind it are judged as well: in
    what is returned a milestone of the same name stands in its place.
    """
    found: list[StepProblem] = []
    rest: dict[str, Any] | None = dict(definition)
    while rest is not None and len(found) < _MOST:
        try:
            return found, parse_definition(rest)
        except DefinitionError as wrong:
            found.append(_placed(rest, wrong))
            rest = _without(rest, wrong.path)
    return found, None


def _placed(definition: Mapping[str, Any], wrong: DefinitionError) -> StepProblem:
    root, _dot, rest = wrong.path.partition(".")
    number, _dot, key = rest.partition(".")
    steps = definition.get("steps") or []
    if root == "steps" and number.isdigit() and int(number) < len(steps):
        step = steps[int(number)]
        return StepProblem(str(step.get("name") or step.get("kind")), key, wrong.message)
    return StepProblem("", wrong.path, wrong.message)


def _without(definition: Mapping[str, Any], path: str) -> dict[str, Any] | None:
    """Return the definition as if what is wrong were right; None where nothing can stand in for it."""
    root, _dot, rest = path.partition(".")
    if root in {"filter", "batch_size", "on_failure"}:
        return {key: value for key, value in definition.items() if key != root}
    number = rest.partition(".")[0]
    if root != "steps" or not number.isdigit():
        return None
    steps, place = list(definition["steps"]), int(number)
    step = steps[place]
    right = {"kind": step["kind"]} if step.get("kind") in RECORD_STEPS[:2] and place < 2 else _stand_in(step)
    if step == right:
        return None
    steps[place] = right
    return {**definition, "steps": steps}


def _stand_in(step: Mapping[str, Any]) -> dict[str, Any]:
    """Return a step of the same name that is right wherever it stands, so that others may go on naming it."""
    return {"kind": "milestone", "name": str(step.get("name") or step.get("kind")), "state": MILESTONES[0]}
