"""Where a walking operation stands: which step is next, which are passed over, which can be taken back (pure)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from apps.flows.engine.definition import Step, Undo
from apps.flows.engine.states import StepState

PASSED = frozenset({StepState.DONE, StepState.SKIPPED})
MAKES_SOMETHING = frozenset({"deliver", "withdraw", "write_back", "milestone", "notify", "emit", "call"})

_FOR_GOOD: Mapping[str, str] = {
    **dict.fromkeys(("notify", "emit"), "What was said cannot be unsaid."),
    **dict.fromkeys(("call", "write_back"), "It has to be taken back where it happened."),
    "withdraw": "What was taken back is not made again.",
}


def next_step(steps: Sequence[Step], states: Mapping[str, StepState]) -> Step | None:
    """Return the first step that is not passed, None when the walk is over."""
    return next((step for step in steps if states.get(step.name) not in PASSED), None)


def passed_over(steps: Sequence[Step], chosen_at: str, to: str) -> tuple[Step, ...]:
    """Return the steps between the one where the way was chosen and the one it leads to ("" : the next)."""
    names = [step.name for step in steps]
    begin = names.index(chosen_at) + 1
    return tuple(steps[begin : names.index(to)]) if to else ()


def place_of(steps: Sequence[Step], name: str) -> int:
    """Return a step's position, from 1."""
    return next(place for place, step in enumerate(steps, start=1) if step.name == name)


@dataclass(frozen=True, slots=True)
class DoneStep:
    """A step that is done, as far as taking it back goes."""

    step: Step
    created: bool
    can_undo: bool  # the system's manifest declares how


def undo_verdict(done: DoneStep, *, allowed: bool) -> str:
    """Return "" when a done step is to be taken back, else the sentence that says why it stays.

    `allowed`: the person who rolls back has agreed to those steps that need it.
    """
    kind, undo = done.step.kind, done.step.undo
    if kind not in MAKES_SOMETHING:
        return "Nothing was made."
    if undo == Undo.IMPOSSIBLE:
        return "It is declared as final."
    if kind in _FOR_GOOD:
        return _FOR_GOOD[kind]
    if kind == "deliver" and not done.created:
        return "The record was there before: it was changed, not created."
    if kind == "deliver" and not done.can_undo:
        return "The system offers no way to take it back."
    if undo == Undo.APPROVAL and not allowed:
        return "Taking it back was not agreed to."
    return ""
