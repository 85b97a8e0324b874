"""One deed done to many lines at once: what becomes of each line (pure)."""

from dataclasses import dataclass, replace
from enum import StrEnum

from apps.connectors.manifest import MappingLine, WriteMode
from apps.flows.mapping.line_plan import Changes, stored_changes
from apps.flows.mapping.transforms import build_transform


class Deed(StrEnum):
    """What may be done to the chosen lines."""

    ADD_STEP = "add_step"
    REMOVE_STEP = "remove_step"
    WRITE_MODE = "write_mode"
    REQUIRE = "require"
    ALLOW_EMPTY = "allow_empty"
    RESET = "reset"
    REMOVE = "remove"
    ACCEPT = "accept"


class BulkError(ValueError):
    """The deed cannot be done as it was asked for; the text says what to give."""


@dataclass(frozen=True, slots=True)
class ChosenLine:
    """One chosen field: its line as it is (None: it has none), the line below the own layer, and the first suggestion."""

    target: str
    line: MappingLine | None
    below: MappingLine | None
    suggested: str = ""


def bulk_changes(deed: Deed, argument: str, chosen: ChosenLine) -> tuple[bool, Changes]:
    """Return whether the deed concerns the field, and what the layer then stores of its line.

    Raises TransformError, BulkError: the argument is no step, or no way of writing.
    """
    if deed is Deed.RESET:
        return True, None
    if deed is Deed.REMOVE:
        return chosen.line is not None, {"removed": True} if chosen.below else None
    if deed is Deed.ACCEPT:
        if chosen.line is not None or not chosen.suggested:
            return False, None
        return True, stored_changes(chosen.below, MappingLine(chosen.target, chosen.suggested))
    if chosen.line is None:
        return False, None
    wanted = _changed(deed, argument.strip(), chosen.line)
    return wanted != chosen.line, stored_changes(chosen.below, wanted)


def _changed(deed: Deed, argument: str, line: MappingLine) -> MappingLine:
    if deed is Deed.ADD_STEP:
        build_transform(argument)
        return line if argument in line.transforms else replace(line, transforms=(*line.transforms, argument))
    if deed is Deed.REMOVE_STEP:
        if not argument:
            raise BulkError("say which step is to be taken away, for example: trim")
        # By its name alone any argument of it is meant.
        kept = [one for one in line.transforms if argument not in (one, one.partition(":")[0])]
        return replace(line, transforms=tuple(kept))
    if deed is Deed.WRITE_MODE:
        if argument not in set(WriteMode):
            raise BulkError(f"a line is written in one of these ways: {', '.join(WriteMode)}")
        return replace(line, write_mode=WriteMode(argument))
    return replace(line, required=deed is Deed.REQUIRE)
