"""What the ERP's own journal says in the end: lost, doubled, out of order. Pure; nothing else is believed."""

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

    @property
    def clean(self) -> bool:
        """True when nothing went wrong."""
        return not (self.lost or self.doubled or self.out_of_order)

    def __add__(self, other: "Findings") -> "Findings":
        return Findings(self.lost + other.lost, self.doubled + other.doubled, self.out_of_order + other.out_of_order)


def judge_journal(history: Mapping[str, Sequence[Decimal]], effects: Iterable[Mapping[str, Any]]) -> Findings:
    """Compare the ERP's effects, oldest first, with what each entry's hours were in turn.

    `history` maps an entry's number to its hours: first as founded, then after each edit; all of one entry differ.
    Lost is an entry that did not arrive or whose last edit did not; versions may be skipped, never go back.
    """
    created: dict[str, int] = {}
    seen: dict[str, list[Decimal]] = {}
    for effect in effects:
        name = str(effect["external_id"])
        created[name] = created.get(name, 0) + (effect["action"] == "create")
        if "quantity" in effect["values"]:
            seen.setdefault(name, []).append(Decimal(str(effect["values"]["quantity"])))
    lost = [name for name, hours in history.items() if name not in seen or hours[-1] not in seen[name]]
    back = [name for name, hours in history.items() if _goes_back([hours.index(h) for h in seen.get(name, ())])]
    return Findings(tuple(lost), tuple(name for name, times in created.items() if times > 1), tuple(back))


def _goes_back(places: Sequence[int]) -> bool:
    return any(later < earlier for earlier, later in pairwise(places))
