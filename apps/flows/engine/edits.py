"""One change that a person makes in a flow's draft: of a step, of their order, of a part of the flow, of lines (pure)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from apps.flows.engine.content import FlowContent, step_name
from apps.flows.engine.definition import is_straight
from apps.flows.engine.steps import WALKING_KINDS
from apps.flows.mapping.layers import LayerError, parse_layer

PARTS = ("filter", "batch_size", "on_failure")
_FIXED = ("extract", "check")


class EditError(ValueError):
    """A change that cannot be made as things stand; the message says what to do instead."""


class Edit(Protocol):
    """A change and what it is called in the draft's history."""

    @property
    def words(self) -> str:
        """What was done, in English."""

    def apply(self, content: FlowContent) -> FlowContent:
        """Return the content with the change. Raises EditError."""


@dataclass(frozen=True, slots=True)
class SetStep:
    """Give a step other options. `step` is the whole step as it is stored; its kind and name stay."""

    name: str
    step: Mapping[str, Any]

    @property
    def words(self) -> str:
        """What was done."""
        return f"Changed the step {_title(self.step)}"

    def apply(self, content: FlowContent) -> FlowContent:
        """Return the content with the step as it is now."""
        steps = content.steps
        place = _place(steps, self.name)
        if self.step.get("kind") != steps[place]["kind"]:
            raise EditError("A step keeps its kind: remove it and add one of the other kind.")
        if step_name(self.step) != self.name:
            raise EditError("A step keeps its name, other steps refer to it: change its title instead.")
        steps[place] = dict(self.step)
        return content.with_steps(steps)


@dataclass(frozen=True, slots=True)
class AddStep:
    """Put a new step behind another one."""

    after: str
    step: Mapping[str, Any]

    @property
    def words(self) -> str:
        """What was done."""
        return f"Added the step {_title(self.step)}"

    def apply(self, content: FlowContent) -> FlowContent:
        """Return the content with the step."""
        _require_walk(content)
        if self.step.get("kind") not in WALKING_KINDS:
            raise EditError(f"A step's kind is one of {', '.join(WALKING_KINDS)}.")
        steps, name = content.steps, step_name(self.step)
        if any(step_name(known) == name for known in steps):
            raise EditError(f"There is a step called {name!r} already: give the new one another name.")
        steps.insert(_behind(steps, self.after), dict(self.step))
        return content.with_steps(steps)


@dataclass(frozen=True, slots=True)
class MoveStep:
    """Put a step behind another one."""

    name: str
    after: str

    @property
    def words(self) -> str:
        """What was done."""
        return f"Moved the step {self.name}"

    def apply(self, content: FlowContent) -> FlowContent:
        """Return the content with the steps in their new order."""
        if self.name == self.after:
            raise EditError("A step cannot stand behind itself.")
        steps = content.steps
        place = _place(steps, self.name)
        _require_movable(content, self.name)
        moved = steps.pop(place)
        steps.insert(_behind(steps, self.after), moved)
        return content.with_steps(steps)


@dataclass(frozen=True, slots=True)
class RemoveStep:
    """Take a step away, with the customer's own lines of it."""

    name: str

    @property
    def words(self) -> str:
        """What was done."""
        return f"Removed the step {self.name}"

    def apply(self, content: FlowContent) -> FlowContent:
        """Return the content without the step."""
        steps = content.steps
        place = _place(steps, self.name)
        _require_movable(content, self.name)
        if len(steps) <= len(_FIXED) + 1:
            raise EditError("The last step stays: without it the flow would do nothing.")
        del steps[place]
        lines = {name: kept for name, kept in content.lines.items() if name != self.name}
        return FlowContent(content.with_steps(steps).definition, lines)


@dataclass(frozen=True, slots=True)
class SetPart:
    """Change a part of the flow besides its steps: one of PARTS. A value of None takes it back to what is usual."""

    key: str
    value: Any

    @property
    def words(self) -> str:
        """What was done."""
        return {
            "filter": "Changed which records are taken",
            "batch_size": "Changed how many records go at once",
            "on_failure": "Changed what follows a failure",
        }[self.key]

    def apply(self, content: FlowContent) -> FlowContent:
        """Return the content with the part."""
        if self.key not in PARTS:
            raise EditError(f"{self.key!r} cannot be changed here: choose among {', '.join(PARTS)}.")
        kept = {key: value for key, value in content.definition.items() if key != self.key}
        return FlowContent(kept if self.value is None else {**kept, self.key: self.value}, content.lines)


@dataclass(frozen=True, slots=True)
class SetLines:
    """Change the customer's own lines of one place, by target: the keys that differ, {"removed": True}, or None to reset."""

    place: str
    changes: Mapping[str, Mapping[str, Any] | None]

    @property
    def words(self) -> str:
        """What was done."""
        targets = list(self.changes)
        more = f" and {len(targets) - 3} more" if len(targets) > 3 else ""
        return f"Changed {', '.join(targets[:3])}{more}"

    def apply(self, content: FlowContent) -> FlowContent:
        """Return the content with the lines. Raises EditError where a line cannot be read."""
        kept = [line for line in content.lines.get(self.place, ()) if line["target"] not in self.changes]
        for target, changes in self.changes.items():
            if changes:
                kept.append({"target": target, **changes})
        try:
            parse_layer(kept)
        except LayerError as error:
            raise EditError(str(error)) from None
        return FlowContent(content.definition, {**content.lines, self.place: kept})


@dataclass(frozen=True, slots=True)
class SetManyLines:
    """Change the customer's own lines of several places at once, as one change: what SetLines says of each, by place."""

    places: Mapping[str, Mapping[str, Mapping[str, Any] | None]]

    @property
    def words(self) -> str:
        """What was done."""
        return SetLines("", {target: None for changes in self.places.values() for target in changes}).words

    def apply(self, content: FlowContent) -> FlowContent:
        """Return the content with the lines. Raises EditError where a line cannot be read."""
        for place, changes in self.places.items():
            content = SetLines(place, changes).apply(content)
        return content


def free_name(content: FlowContent, kind: str) -> str:
    """Return a name for a new step of this kind that no step has yet."""
    taken = {step_name(step) for step in content.steps}
    number, name = 2, kind
    while name in taken:
        name, number = f"{kind}_{number}", number + 1
    return name


def _title(step: Mapping[str, Any]) -> str:
    return str(step.get("title") or step.get("name") or step.get("kind"))


def _place(steps: Sequence[Mapping[str, Any]], name: str) -> int:
    for place, step in enumerate(steps):
        if step_name(step) == name:
            return place
    raise EditError(f"There is no step called {name!r} any more: somebody removed it.")


def _behind(steps: Sequence[Mapping[str, Any]], after: str) -> int:
    place = _place(steps, after) + 1
    if place < len(_FIXED):
        raise EditError("Reading and checking come first: put the step behind them.")
    return place


def _require_walk(content: FlowContent) -> None:
    if is_straight(content.steps):
        raise EditError("This flow moves its records in batches, always by the same four steps: none can be added.")


def _require_movable(content: FlowContent, name: str) -> None:
    _require_walk(content)
    if name in _FIXED:
        raise EditError("Reading and checking come first in every flow: they stay where they are.")
