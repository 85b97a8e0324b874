"""Rings of a rollout: who is in which, and whether what a ring shows lets the next one follow (pure)."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import Any

_LITTLE_IS_ENOUGH = 0.9  # of the longest time: then a ring is reconciled by what it has read, be it little
_NAMED = 3  # flows in a reason


@dataclass(frozen=True, slots=True)
class Ring:
    """One ring. `share` is the part of all flows, from 0 to 1, that have the new version when it is through."""

    name: str
    share: float

    def to_json(self) -> dict[str, Any]:
        """Return the ring as it is stored."""
        return {"name": self.name, "share": self.share}


class Unproven(StrEnum):
    """What follows when both sides of a ring's flow could not be set against each other."""

    HOLD = "hold"  # a person decides whether the ring passes all the same
    NAME = "name"  # it passes, and the flow is named


@dataclass(frozen=True, slots=True)
class Gates:
    """What a ring has to show before the next one follows.

    It is watched for `minutes` at least and until it has read `records`, but never longer than `longest_minutes`. It is
    stopped when more than `error_rise` (0.05: five of a hundred) of its records are refused beyond what was usual for the
    same flows, when more money than `held` (in each currency, None: any) is newly held up, or when reconciliations found
    more than `unexplained` (None: any number, and none is started) of the records it carried over to differ without a reason.
    `unproven` says what follows for flows that could not be reconciled.
    """

    minutes: int = 60
    records: int = 20
    longest_minutes: int = 7 * 24 * 60
    error_rise: float = 0.05
    held: Decimal | None = Decimal(5_000)
    unexplained: int | None = 0
    unproven: Unproven = Unproven.HOLD

    def to_json(self) -> dict[str, Any]:
        """Return the gates as they are stored."""
        held = None if self.held is None else str(self.held)
        return {
            "minutes": self.minutes,
            "records": self.records,
            "longest_minutes": self.longest_minutes,
            "error_rise": self.error_rise,
            "held": held,
            "unexplained": self.unexplained,
            "unproven": self.unproven.value,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Gates":
        """Read gates that were stored."""
        held = stored["held"]
        unproven = Unproven(stored.get("unproven", Unproven.HOLD))
        return cls(**{**stored, "held": None if held is None else Decimal(held), "unproven": unproven})


@dataclass(frozen=True, slots=True)
class Figures:
    """What flows did in some time: records read and refused, the money of the refused ones by currency, and `unexplained`
    ones: carried over, and found to differ between both sides without a reason.
    """

    read: int = 0
    rejected: int = 0
    held: Mapping[str, Decimal] = field(default_factory=dict)
    unexplained: int = 0

    @property
    def error_rate(self) -> float:
        """The refused part of what was read; 0 when nothing was."""
        return self.rejected / self.read if self.read else 0.0


@dataclass(frozen=True, slots=True)
class Proofs:
    """How the reconciliations of a ring's flows stand: how many are not over, and whose could not be had, each with the reason.

    `accepted`: a person has let the ring pass without them.
    """

    pending: tuple[str, ...] = ()
    unproven: tuple[str, ...] = ()
    accepted: bool = False


NO_PROOFS = Proofs()


class Outcome(StrEnum):
    """What follows from watching a ring."""

    WATCH = "watch"
    PASSED = "passed"
    HELD = "held"  # a person decides
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Verdict:
    """An outcome with its reason, in words for people; "" while it is watched."""

    outcome: Outcome
    reason: str = ""


def asks_for_proof(gates: Gates, now: Figures, minutes: float) -> bool:
    """Say whether it is time to set both sides of the ring's flows against each other.

    That is once it has shown all else. Of a ring that reads little, it is the last tenth of its longest time.
    """
    if gates.unexplained is None or not now.read:
        return False
    return _has_shown(gates, now, minutes) or minutes >= gates.longest_minutes * _LITTLE_IS_ENOUGH


def judge(gates: Gates, usual: Figures, now: Figures, minutes: float, proofs: Proofs = NO_PROOFS) -> Verdict:
    """Judge a ring by what its flows did since they were changed, `minutes` ago, and what was usual before."""
    if wrong := _broken(gates, usual, now):
        return Verdict(Outcome.STOPPED, wrong)
    is_over = minutes >= gates.longest_minutes
    if not is_over and (proofs.pending or not _has_shown(gates, now, minutes)):
        return Verdict(Outcome.WATCH)
    lacking = (*proofs.unproven, *(f"{name}: its reconciliation did not end in time" for name in proofs.pending))
    if lacking and gates.unproven is Unproven.HOLD and not proofs.accepted:
        return Verdict(Outcome.HELD, _unproven(lacking))
    shown = (
        f"{now.read} records read, {_percent(now.error_rate)} refused"
        if _has_shown(gates, now, minutes)
        else f"watched for {_time(minutes)}, {now.read} records read"
    )
    return Verdict(Outcome.PASSED, f"{shown}; {_unproven(lacking)}" if lacking else shown)


def _has_shown(gates: Gates, now: Figures, minutes: float) -> bool:
    return minutes >= gates.minutes and now.read >= gates.records


def _unproven(lacking: Sequence[str]) -> str:
    flows = "1 flow is not proven" if len(lacking) == 1 else f"{len(lacking)} flows are not proven"
    more = f", and {len(lacking) - _NAMED} more" if len(lacking) > _NAMED else ""
    return f"{flows} ({'; '.join(lacking[:_NAMED])}{more})"


def _broken(gates: Gates, usual: Figures, now: Figures) -> str:
    # One refused record of two says nothing: a few have to be seen before a rate is believed.
    if now.read >= min(gates.records, 5) and now.error_rate - usual.error_rate > gates.error_rise:
        return (
            f"{_percent(now.error_rate)} of the records are refused ({now.rejected} of {now.read}); "
            f"{_percent(usual.error_rate)} were usual"
        )
    for currency, amount in sorted(now.held.items()):
        if gates.held is not None and amount > gates.held:
            return f"{currency} {amount:,.2f} is newly held up; {currency} {gates.held:,.2f} is the limit"
    if gates.unexplained is not None and now.unexplained > gates.unexplained:
        differ = "1 record differs" if now.unexplained == 1 else f"{now.unexplained} records differ"
        return f"{differ} between both sides without a known reason; {gates.unexplained} is the limit"
    return ""


def _percent(rate: float) -> str:
    return f"{rate * 100:.1f} %"


def _time(minutes: float) -> str:
    return f"{minutes / 60:.0f} hours" if minutes >= 120 else f"{minutes:.0f} minutes"


def assign_rings(flows: Collection[str], pilots: Collection[str], rings: Sequence[Ring], seed: str) -> dict[str, int]:
    """Return the ring of each flow, counted from 0. The pilots are the first ring; the others are spread by chance.

    The same seed gives the same rings, whatever the order; each ring holds flows up to its share of all.
    """
    spread = sorted(set(flows) - set(pilots), key=lambda flow: hashlib.sha256(f"{seed}/{flow}".encode()).digest())
    assigned = dict.fromkeys(set(pilots) & set(flows), 0)
    placed = len(assigned)
    for number, ring in enumerate(rings):
        if number == 0 and assigned:
            continue
        until = len(flows) if number == len(rings) - 1 else max(1, round(ring.share * len(flows)))
        while spread and placed < until:
            assigned[spread.pop(0)] = number
            placed += 1
    return assigned


def why_not_rings(rings: Sequence[Ring]) -> str:
    """Return why these cannot be the rings of a rollout, "" when they can."""
    if not rings:
        return "A rollout needs at least one ring."
    shares = [ring.share for ring in rings]
    if any(not 0 < share <= 1 for share in shares) or shares[-1] != 1:
        return "Shares are more than 0 and at most 100 %, and the last ring is everybody: 100 %."
    if any(later <= earlier for earlier, later in pairwise(shares)):
        return "Each ring must reach more customers than the one before."
    return ""
