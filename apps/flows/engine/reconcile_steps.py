"""What the steps of walking records made, set against what their systems hold: a statement for each step (pure).

One record becomes several in several systems, so there is no one target. A record is set against the ledger: was it carried
through? Each thing that was made of it is set against the system that should hold it. Both are judged alike, and the causes
add up to what is between the source and the ledger, and between what was made and what is there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b
from typing import Any

from apps.flows.engine.reconcile import Absence, Entry, Line, Money, Part, Shown, Statement
from apps.flows.engine.states import OperationState

_MADE = "made"  # things have no versions: there is one line of each, and it says that it was made


class Unasked(StrEnum):
    """Why a system cannot be asked for what a step made there."""

    SHOWS_NOTHING = "shows_nothing"  # it takes records and shows none
    GONE = "gone"  # the connection was taken away, or no longer has such records


@dataclass(frozen=True, slots=True)
class StepPart:
    """One step in a statement. `system` is the name of where it writes, `unasked` why that could not be asked, "" when it could."""

    name: str
    title: str
    system: str
    statement: Statement
    unasked: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return it as it is stored: as a statement, whose source is what was made and whose target what is there."""
        head = {"name": self.name, "title": self.title, "system": self.system, "unasked": self.unasked}
        return head | self.statement.to_json()


def mark_of_step(name: str) -> str:
    """Return the short mark that findings about what a step made carry in their versions."""
    return blake2b(name.encode(), digest_size=6).hexdigest()


def thing_entry(  # noqa: PLR0913  each is one fact of the thing, all by name
    key: str,
    *,
    made: Money | None,
    held: Shown | None,
    asked: bool,
    accepted: bool,
    source_gone: bool,
    again: str = "",
) -> Entry:
    """Return one thing that was made of the record `key`, to be judged like any record.

    `made` is what it was worth when it was made, `held` what its system holds of it, `again` the number of one in its place. `source_gone`: the record was deleted in
    the source since, so a thing that is gone as well is no loss.
    """
    return Entry(
        key,
        source=None if source_gone and held is None else Shown(1, made),
        target=held,
        lines=(Line(_MADE, OperationState.WRITTEN),),
        version=_MADE,
        absence=Absence.GONE if source_gone else Absence.UNKNOWN,
        asked=asked,
        accepted=accepted,
        again=again,
    )


def put_together(records: Statement, steps: Sequence[StepPart]) -> Statement:
    """Return the whole statement: both sides are those of the records, the causes those of records and things together."""
    whole = Statement(records.source, records.target, agreed=records.agreed, unproven=records.unproven)
    for one in (records, *(step.statement for step in steps)):
        for cause, part in one.parts.items():
            sum_of = whole.parts.setdefault(cause, Part())
            sum_of.records += part.records
            sum_of.difference.add(part.difference.count, part.difference.sums)
    whole.unproven += sum(step.statement.unproven for step in steps)
    return whole
