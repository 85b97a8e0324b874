"""The walk along one business matter, from record to record, and what stands at each of its stages (pure).

Records are followed in both directions, level by level, so that whoever answers asks once a level however many there are.
Whatever the references say, circles too, the walk ends: each record is met once, it goes `DEPTH` levels far, and takes at most
`WIDTH` records of one type.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from apps.connectors.canonical.references import MATTER

DEPTH = 4
WIDTH = 6
STOPPED, MOVING, DONE, ABSENT = "stopped", "moving", "done", "absent"
# How a ledger line's state counts at its stage; what is not named (left out, taken back) is done with.
_STANDING = {"rejected": STOPPED, "waiting": MOVING}


class Node(NamedTuple):
    """One business record: its canonical type, and our own name of it."""

    kind: str
    key: str


Neighbours = Callable[[Sequence[Node]], Iterable[Node]]


def walk(start: Node, neighbours: Neighbours, *, depth: int = DEPTH, width: int = WIDTH) -> tuple[Node, ...]:
    """Return the records of the matter that `start` belongs to, itself first, nearer ones before farther ones.

    `neighbours` is asked once a level for all records of that level; types outside the matter are not followed.
    """
    met: dict[Node, None] = {start: None}
    of_kind = Counter([start.kind])
    level: Sequence[Node] = (start,)
    for _level in range(depth):
        fresh: list[Node] = []
        for found in neighbours(level):
            if found in met or found.kind not in MATTER or of_kind[found.kind] >= width:
                continue
            met[found] = None
            of_kind[found.kind] += 1
            fresh.append(found)
        if not fresh:
            break
        level = fresh
    return tuple(met)


@dataclass(frozen=True, slots=True)
class Found:
    """One record at a stage. `operation_id` None: it is named by others, and no flow has carried it itself."""

    kind: str
    key: str
    label: str
    state: str
    operation_id: UUID | None = None
    name: str = ""  # its number in the system that it comes from


@dataclass(frozen=True, slots=True)
class Stage:
    """What is known of one type of record in the matter. `has_more`: there are more than were counted."""

    kind: str
    records: tuple[Found, ...]
    stopped: int
    moving: int
    has_more: bool = False
    is_here: bool = False  # the record that was asked about is one of these

    @property
    def count(self) -> int:
        """Return how many records there are, of those that were counted."""
        return len(self.records)

    @property
    def is_only_named(self) -> bool:
        """Return whether other records name these, and no flow has carried one of them."""
        return all(not one.state for one in self.records)

    @property
    def standing(self) -> str:
        """Return how the stage stands: stopped as soon as one record is."""
        if not self.records:
            return ABSENT
        return STOPPED if self.stopped else MOVING if self.moving else DONE


def stages_of(found: Iterable[Found], here: Node, *, carried: Iterable[str], cut: Iterable[str] = ()) -> list[Stage]:
    """Return the stages in the order of the matter: those with records, and empty ones of types in `carried`.

    A record that is found several times counts once, by the first. `cut` are types of which there are more.
    """
    by_kind: dict[str, dict[str, Found]] = {kind: {} for kind in MATTER}
    for one in found:
        by_kind.setdefault(one.kind, {}).setdefault(one.key, one)
    expected, more = set(carried), set(cut)
    stages = []
    for kind, records in by_kind.items():
        if not records and kind not in expected:
            continue
        standings = Counter(_STANDING.get(one.state, DONE) for one in records.values())
        ordered = sorted(records.values(), key=lambda one: one.key != here.key)
        stages.append(
            Stage(
                kind=kind,
                records=tuple(ordered),
                stopped=standings[STOPPED],
                moving=standings[MOVING],
                has_more=kind in more,
                is_here=kind == here.kind,
            )
        )
    return stages
