"""What the pages of a record and its matter show, as plain values: templates read these and compute nothing (pure)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from apps.connectors.canonical.shapes import CanonicalType
from apps.monitoring.customer_pages import StoryStep
from apps.monitoring.impact import Sum


@dataclass(frozen=True, slots=True)
class Gap:
    """Where a record's way ends: why, the case about it ("" title without one), who has it, and what it is worth."""

    sentence: str
    case_id: UUID | None = None
    case_title: str = ""
    owner: str = ""
    sums: tuple[Sum, ...] = ()
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class SystemColumn:
    """One system that knows the record, or should. `kind` is what it holds it as, "" where that is the record's own type.

    `url` is the record's page in that system, "" where none is known. `version` is the flow's version that moved it.
    """

    connection_id: UUID
    name: str
    system: str
    kind: str
    key: str
    url: str
    words: str
    tone: str
    icon: str
    at: datetime | None
    flow: str = ""
    flow_id: UUID | None = None
    version: int | None = None
    operation_id: UUID | None = None
    gap: Gap | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """One system's value of a field. `differs` from what the source says; `is_owner`: this system's value counts."""

    head: str
    text: str
    differs: bool = False
    is_owner: bool = False


@dataclass(frozen=True, slots=True)
class ValueRow:
    """One field over all systems."""

    label: str
    cells: tuple[Cell, ...]
    differs: bool


@dataclass(frozen=True, slots=True)
class SideBySide:
    """A record's values in each system, those that differ first. `heads` are the systems' names, the source's first."""

    heads: tuple[str, ...]
    rows: tuple[ValueRow, ...]

    @property
    def differing(self) -> int:
        """Return how many fields differ."""
        return sum(row.differs for row in self.rows)


@dataclass(frozen=True, slots=True)
class StageView:
    """One stage of the chain in words. `url` opens the record, or the list where there are many; "" where neither can be."""

    kind: str
    label: str
    words: str
    standing: str
    standing_words: str
    tone: str
    icon: str
    url: str
    is_here: bool


@dataclass(frozen=True, slots=True)
class RecordPage:
    """One business record across all systems."""

    operation_id: UUID
    title: str
    kind: str
    customer: str
    sentence: str
    tone: str
    icon: str
    systems: tuple[SystemColumn, ...]
    values: SideBySide | None
    timeline: tuple[StoryStep, ...]
    gap: Gap | None


Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Held:
    """What one system was last told of a record, or holds. `owned` are the fields whose value counts there."""

    name: str
    values: Values
    owned: frozenset[str]


def compare(described: CanonicalType, held: Sequence[Held], shown: Any, *, hidden: bool) -> SideBySide | None:
    """Set a record's values side by side, the source's first; fields that nobody has are left out, as is one system alone.

    `shown` turns (field, values) into words. With `hidden`, fields that only few people may see are left out.
    """
    if len(held) < 2:
        return None
    rows = []
    for known in described.fields:
        if (hidden and known.sensitive) or all(one.values.get(known.name) in (None, "") for one in held):
            continue
        source = held[0].values.get(known.name)
        cells = tuple(
            Cell(
                head=one.name,
                text=shown(known, one.values),
                differs=_plain(one.values.get(known.name)) != _plain(source),
                is_owner=known.name in one.owned,
            )
            for one in held
        )
        rows.append(ValueRow(known.label, cells, any(cell.differs for cell in cells)))
    rows.sort(key=lambda row: not row.differs)
    return SideBySide(tuple(one.name for one in held), tuple(rows)) if rows else None


def _plain(value: Any) -> Any:
    return None if value == "" else value
