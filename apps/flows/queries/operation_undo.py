"""What of a failed record is done, what is missing, and what rolling it back would take back or leave."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from apps.accounts.actor import Actor
from apps.flows.engine.definition import DefinitionError
from apps.flows.engine.states import OperationState, StepState
from apps.flows.engine.walk import MAKES_SOMETHING
from apps.flows.models import Operation
from apps.flows.queries.operation_steps import NOT_REACHED, StepRow, list_steps
from apps.flows.services.undo import StepOutlook, outlook

_MOST_NAMED = 6


@dataclass(frozen=True, slots=True)
class Compensation:
    """What stands of a record whose walk failed or was rolled back. `kept` are (step, why it stays)."""

    done: list[StepRow] = field(default_factory=list)
    undone: list[StepRow] = field(default_factory=list)
    undoing: list[StepRow] = field(default_factory=list)
    kept: list[tuple[StepRow, str]] = field(default_factory=list)
    missing: list[StepRow] = field(default_factory=list)
    outlook: list[StepOutlook] = field(default_factory=list)
    can_roll_back: bool = False

    @property
    def taken_back(self) -> list[StepOutlook]:
        """Return what rolling back takes back without asking further, in its order."""
        return [one for one in self.outlook if not one.stays and not one.needs_agreement]

    @property
    def to_agree(self) -> list[StepOutlook]:
        """Return what it takes back only when somebody agrees."""
        return [one for one in self.outlook if one.needs_agreement]

    @property
    def stays(self) -> list[StepOutlook]:
        """Return what it cannot take back."""
        return [one for one in self.outlook if one.stays]

    @property
    def is_under_way(self) -> bool:
        """Return True while it is being rolled back."""
        return bool(self.undoing)

    @property
    def sentence(self) -> str:
        """Return in one sentence what is done and what is missing; "" when nothing is missing."""
        return done_and_missing([row.title for row in self.done], [row.title for row in self.missing])


def get_compensation(operation: Operation, steps: Sequence[StepRow]) -> Compensation | None:
    """Return what stands of a record that failed, is rolled back or was; None for every other."""
    was_undone = any(row.state in (StepState.UNDOING, StepState.UNDONE, StepState.KEPT) for row in steps)
    if not steps or (operation.state != OperationState.REJECTED and not was_undone):
        return None
    makes = [row for row in steps if row.kind in MAKES_SOMETHING]
    failed = operation.state == OperationState.REJECTED
    expected = _outlook(operation) if failed else []
    why = {one.name: one.stays for one in expected if one.stays}
    return Compensation(
        done=[row for row in makes if row.state == StepState.DONE],
        undone=[row for row in makes if row.state == StepState.UNDONE],
        undoing=[row for row in makes if row.state == StepState.UNDOING],
        kept=[
            (row, why.get(row.name) or row.sentence) for row in makes if row.state == StepState.KEPT or row.name in why
        ],
        missing=[row for row in steps if _is_missing(row)] if failed else [],
        outlook=expected,
        can_roll_back=any(not one.stays or _is_done(one, makes) for one in expected),
    )


def get_standing(operation: Operation, who: Actor) -> Compensation | None:
    """Return what stands of a record, as `get_compensation` does, where its steps are not at hand."""
    return get_compensation(operation, list_steps(operation, (), who))


def _is_done(one: StepOutlook, rows: Sequence[StepRow]) -> bool:
    return any(row.name == one.name and row.state == StepState.DONE for row in rows)


def _is_missing(row: StepRow) -> bool:
    if row.state == StepState.FAILED:
        return True
    return row.kind in MAKES_SOMETHING and row.state in (NOT_REACHED, StepState.UNDONE, StepState.WAITING)


def _outlook(operation: Operation) -> list[StepOutlook]:
    try:
        return outlook(operation)
    except DefinitionError:
        return []


def done_and_missing(done: Sequence[str], missing: Sequence[str]) -> str:
    """Return what is done and what is missing of a walk in one sentence, the steps by their titles."""
    if not missing:
        return ""
    words = {"done": _listed(done), "missing": _listed(missing)}
    if not done:
        return _("Nothing is done yet. Missing: %(missing)s.") % words
    return _("Done: %(done)s. Missing: %(missing)s.") % words


def _listed(titles: Sequence[str]) -> str:
    named = ", ".join(titles[:_MOST_NAMED])
    if len(titles) <= _MOST_NAMED:
        return named
    return _("%(named)s and %(number)s more") % {"named": named, "number": len(titles) - _MOST_NAMED}
