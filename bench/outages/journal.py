"""What the ERP's own journal says in the end: lost, doubled, out of order, invented. Pure; nothing else is believed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any


@dataclass(frozen=True, slots=True)
class Findings:
    """The numbers of the records that went wrong, by what went wrong with them."""

    lost: tuple[str, ...] = ()
    doubled: tuple[str, ...] = ()
    out_of_order: tuple[str, ...] = ()
    invented: tuple[str, ...] = ()

    @property
    def clean(self) -> bool:
        """True when nothing went wrong."""
        return not (self.lost or self.doubled or self.out_of_order or self.invented)

    def __add__(self, other: "Findings") -> "Findings":
        return Findings(
            self.lost + other.lost,
            self.doubled + other.doubled,
            self.out_of_order + other.out_of_order,
            self.invented + other.invented,
        )


def judge_journal(history: Mapping[str, Sequence[Decimal]], effects: Iterable[Mapping[str, Any]]) -> Findings:
    """Compare the ERP's effects, oldest first, with what each entry's hours were in turn.

    `history` maps an entry's number to its hours: first as founded, then after each edit; all of one entry differ.
    Lost is an entry that did not arrive or whose last edit did not; versions may be skipped, never go back. Invented is
    an entry that should not have come, or came with hours it never had.
    """
    created: dict[str, int] = {}
    seen: dict[str, list[Decimal]] = {}
    for effect in effects:
        name = str(effect["external_id"])
        created[name] = created.get(name, 0) + (effect["action"] == "create")
        if "quantity" in effect["values"]:
            seen.setdefault(name, []).append(Decimal(str(effect["values"]["quantity"])))
    names = history.keys() & seen.keys()
    return Findings(
        lost=_sorted(name for name, hours in history.items() if hours[-1] not in seen.get(name, ())),
        doubled=_sorted(name for name, times in created.items() if times > 1),
        out_of_order=_sorted(name for name in names if _goes_back(history[name], seen[name])),
        invented=_sorted({*(seen.keys() - names), *(n for n in names if not set(seen[n]) <= set(history[n]))}),
    )


def _sorted(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(names))


def _goes_back(history: Sequence[Decimal], seen: Sequence[Decimal]) -> bool:
    places = [history.index(hours) for hours in seen if hours in history]
    return any(later < earlier for earlier, later in pairwise(places))
