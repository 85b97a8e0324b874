"""Recorded records under two versions of a flow: what differs for each, and for all of them together (pure)."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, NamedTuple

from apps.connectors.canonical.shapes import Amount
from apps.connectors.errors import FieldProblem
from apps.flows.engine.verdict import How, Seen, Side, Verdict, judge

SHARE_WITHOUT_REASON = Decimal("0.01")  # of the records; any change of money needs a reason whatever its share
MOST_KEPT = 200
_KEPT_OF_EACH = 30  # so that no kind crowds out the others
_NOTHING = Decimal(0)


class Kind(StrEnum):
    """How a record would come out otherwise, the most alarming first."""

    NOW_REFUSED = "now_refused"
    LEFT_OUT = "left_out"
    CHANGED = "changed"
    REFUSED_OTHERWISE = "refused_otherwise"
    TAKEN_IN = "taken_in"
    NOW_PASSES = "now_passes"
    SAME = "same"


class FieldChange(NamedTuple):
    """One field's value under both versions; None where it is not there."""

    name: str
    before: Any
    after: Any


class Difference(NamedTuple):
    """What another version changes for one record. `before` and `after` are what each makes of it."""

    kind: Kind
    before: Verdict
    after: Verdict
    fields: tuple[FieldChange, ...] = ()

    @property
    def amounts(self) -> tuple[Amount | None, Amount | None]:
        """What would be delivered, before and after; None where nothing would."""
        return self.before.amount, self.after.amount

    @property
    def moves_money(self) -> bool:
        """True when another amount would be delivered."""
        first, then = (None if one is None else (one.value, one.currency) for one in self.amounts)
        return first != then


def compare(before: Side, after: Side, seen: Seen) -> Difference:
    """Judge one record under two versions."""
    first = judge(before, seen)
    then = judge(after, seen, first.asked)
    kind = _kind(first, then)
    if kind not in (Kind.SAME, Kind.CHANGED):
        return Difference(kind, first, then)
    changes = _changes(first, then)
    return Difference(Kind.CHANGED if changes else Kind.SAME, first, then, changes)


def _kind(first: Verdict, then: Verdict) -> Kind:
    if first.how is then.how:
        return Kind.REFUSED_OTHERWISE if first.problems != then.problems else Kind.SAME
    if then.how is How.REFUSED:
        return Kind.NOW_REFUSED
    if then.how is How.LEFT_OUT:
        return Kind.LEFT_OUT
    return Kind.NOW_PASSES if first.how is How.REFUSED else Kind.TAKEN_IN


def _changes(first: Verdict, then: Verdict) -> tuple[FieldChange, ...]:
    if then.how is not How.PASSES:
        return ()
    found = _fields(first.sent, then.sent)
    if first.open_at or then.open_at:
        # What later steps make of the record is not known: what they will be given is.
        found += _fields(first.canonical, then.canonical, "record.")
        if first.open_at != then.open_at:
            found += (FieldChange("known_until", first.open_at or None, then.open_at or None),)
    one, other = first.amount, then.amount
    if not found and one != other:
        found = (FieldChange("amount", one and one.value, other and other.value),)
    return found


def _fields(first: Mapping[str, Any], then: Mapping[str, Any], place: str = "") -> tuple[FieldChange, ...]:
    if first == then:
        return ()
    return tuple([
        FieldChange(f"{place}{name}", first.get(name), then.get(name))
        for name in dict.fromkeys((*first, *then))
        if first.get(name) != then.get(name)
    ])  # fmt: skip


@dataclass(slots=True)
class FieldTally:
    """How often one field differs. The sums are of money, and None for every other field."""

    count: int = 0
    before: Decimal | None = None
    after: Decimal | None = None


@dataclass(slots=True)
class Failure:
    """One cause of refusals, and for how many records it holds under each version."""

    problem: FieldProblem
    before: int = 0
    after: int = 0


class Kept(NamedTuple):
    """A record that differs, kept to be looked at; `reference` is the caller's own name of it."""

    reference: Any
    difference: Difference


@dataclass(slots=True)
class Tally:
    """What differs over all records. `money_fields` are the target's fields that hold money.

    `money` is what would be delivered, [before, after] by currency; `moved` counts the records whose money differs.
    """

    money_fields: Collection[str] = ()
    counts: Counter[Kind] = field(default_factory=Counter)
    fields: dict[str, FieldTally] = field(default_factory=dict)
    money: dict[str, list[Decimal]] = field(default_factory=dict)
    failures: dict[tuple[str, str, str], Failure] = field(default_factory=dict)
    moved: int = 0
    kept: dict[Kind, list[Kept]] = field(default_factory=dict)

    def add(self, reference: Any, difference: Difference) -> None:
        """Count one record."""
        self.counts[difference.kind] += 1
        for place, amount in enumerate(difference.amounts):
            if amount is not None:
                self.money.setdefault(amount.currency, [_NOTHING, _NOTHING])[place] += amount.value
        for place, verdict in enumerate((difference.before, difference.after)):
            for problem in verdict.problems:
                self._count_failure(problem, place)
        if difference.kind is Kind.SAME:
            return
        own = [self._count_field(change) for change in difference.fields]
        self.moved += difference.moves_money or any(own)
        alike = self.kept.setdefault(difference.kind, [])
        if len(alike) < MOST_KEPT:
            alike.append(Kept(reference, difference))

    def _count_failure(self, problem: FieldProblem, place: int) -> None:
        cause = (problem.business_class.value, problem.field, problem.code or problem.business_class.value)
        found = self.failures.setdefault(cause, Failure(problem))
        found.before += place == 0
        found.after += place == 1

    def _count_field(self, change: FieldChange) -> bool:
        """Count one change; True when it is one of money."""
        tally = self.fields.setdefault(change.name, FieldTally())
        tally.count += 1
        if change.name not in self.money_fields:
            return False
        tally.before = (tally.before or _NOTHING) + _number(change.before)
        tally.after = (tally.after or _NOTHING) + _number(change.after)
        return True

    @property
    def total(self) -> int:
        """How many records were judged."""
        return sum(self.counts.values())

    @property
    def needs_reason(self) -> bool:
        """True when so much differs that whoever makes the version live says why."""
        return bool(self.moved) or self.total - self.counts[Kind.SAME] > self.total * SHARE_WITHOUT_REASON

    def examples(self, most: int = MOST_KEPT) -> list[Kept]:
        """Return some of the records that differ, some of every kind, the most alarming kinds first."""
        chosen = {kind: self.kept.get(kind, [])[:_KEPT_OF_EACH] for kind in Kind}
        room = most - sum(len(alike) for alike in chosen.values())
        for kind in Kind:
            more = self.kept.get(kind, [])[_KEPT_OF_EACH:][: max(room, 0)]
            chosen[kind] = chosen[kind] + more
            room -= len(more)
        return [kept for kind in Kind for kept in chosen[kind]][:most]


def _number(value: Any) -> Decimal:
    try:
        number = _NOTHING if value is None else Decimal(str(value))
    except InvalidOperation:
        return _NOTHING
    return number if number.is_finite() else _NOTHING
