"""Both sides of a flow set against each other: what each record adds to the difference, and why (pure).

Every record adds to the difference under one cause at most, so the causes always add up to it: source less target, in
number and in each currency. Amounts are compared in whole minor units of two decimals, and only where both sides say one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from typing import Any

from apps.flows.engine.identity import is_older
from apps.flows.engine.states import OperationState

_CENT = Decimal("0.01")
_DUPLICATE = "duplicate"  # the business class of what a rule held back as a second copy
_FINDING = "unreconciled:"
_DELIVERED = frozenset({OperationState.WRITTEN, OperationState.UNCHANGED})


class Cause(StrEnum):
    """Why a record adds to the difference; the unexplained ones first, as they are shown."""

    MISSING_IN_TARGET = "missing_in_target"  # delivered, and not there
    NEVER_READ = "never_read"  # in the source before the last reading, and unknown here
    AMOUNT_DIFFERS = "amount_differs"
    EXTRA_IN_TARGET = "extra_in_target"  # there more often than it was delivered
    WAITING = "waiting"  # not read yet, or on its way
    IN_EXCEPTION = "in_exception"
    FILTERED = "filtered"  # not for this flow
    DUPLICATE = "duplicate"  # held back as a second copy of another record
    CHANGED_AFTER = "changed_after"  # changed in the source after it was posted
    DELETED = "deleted"  # deleted in the source after it was posted
    MADE_AGAIN = "made_again"  # gone under the number we know, and there under another one
    CONVERTED = "converted"  # the flow's mapping, or a person's correction, makes another amount of it
    ACCEPTED = "accepted"  # unexplained once, and left so by a person with a reason


UNEXPLAINED = frozenset({Cause.MISSING_IN_TARGET, Cause.NEVER_READ, Cause.AMOUNT_DIFFERS, Cause.EXTRA_IN_TARGET})


class Verdict(StrEnum):
    """What a reconciliation comes to."""

    AGREED = "agreed"  # nothing is unexplained, and every record was looked at
    UNPROVEN = "unproven"  # nothing is unexplained, but some records could not be looked at
    UNEXPLAINED = "unexplained"


class Absence(StrEnum):
    """Why the source does not show a record in the window."""

    CHANGED = "changed"  # it is there, and was changed outside the window
    GONE = "gone"
    UNKNOWN = "unknown"  # the source would not say


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in a currency."""

    value: Decimal
    currency: str

    @classmethod
    def of(cls, value: Decimal | None, currency: str) -> "Money | None":
        """Return an amount as it is compared; None where no number or no currency is known."""
        if value is None or not currency or not value.is_finite():
            return None
        return cls(value.quantize(_CENT, ROUND_HALF_EVEN), currency)


@dataclass(frozen=True, slots=True)
class Shown:
    """A record as one side shows it: how often, and what all of that is worth (None: it does not say)."""

    count: int = 1
    money: Money | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One ledger line of a record."""

    version: str
    state: OperationState
    error_class: str = ""
    money: Money | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One record with all that is known of it. `lines` are the ledger's, oldest first, without findings.

    `version` is the source's in the window, "" where the source does not show it (`absence` says why). `expected` is what the
    mapping makes of the source's amount. `read_before`: the source had this version before the flow's last complete reading
    began. `asked` is False where the target could not be asked for it. `accepted`: a person left a finding of it as it is. `again` is
    under which number the target holds one of the same business key instead, "" where none is known.
    """

    key: str
    source: Shown | None = None
    target: Shown | None = None
    lines: tuple[Line, ...] = ()
    version: str = ""
    absence: Absence = Absence.UNKNOWN
    expected: Money | None = None
    read_before: bool = False
    asked: bool = True
    accepted: bool = False
    again: str = ""

    @property
    def delivered(self) -> tuple[Line, ...]:
        """Return the lines that say: the target holds it."""
        return tuple(line for line in self.lines if line.state in _DELIVERED)

    @property
    def at_version(self) -> Line | None:
        """Return the line of the version that the source shows."""
        return next((line for line in reversed(self.lines) if line.version == self.version), None)


@dataclass(frozen=True, slots=True)
class Judged:
    """What one record adds: `count` and `sums` are source less target, `cause` None when it adds nothing."""

    entry: Entry
    count: int = 0
    sums: Mapping[str, Decimal] = field(default_factory=dict)
    cause: Cause | None = None
    proven: bool = True


@dataclass(slots=True)
class Total:
    """A number of records and what they are worth by currency."""

    count: int = 0
    sums: dict[str, Decimal] = field(default_factory=dict)

    def add(self, count: int, sums: Mapping[str, Decimal]) -> None:
        """Add records to it."""
        self.count += count
        for currency, amount in sums.items():
            self.sums[currency] = self.sums.get(currency, Decimal(0)) + amount

    def to_json(self) -> dict[str, Any]:
        """Return it as it is stored: currencies in order, those that come to nothing left out."""
        return {"count": self.count, "sums": {c: str(a) for c, a in sorted(self.sums.items()) if a}}


@dataclass(slots=True)
class Part:
    """What one cause explains: so many records, and their share of the difference."""

    records: int = 0
    difference: Total = field(default_factory=Total)

    def to_json(self) -> dict[str, Any]:
        """Return it as it is stored."""
        return {"records": self.records, **self.difference.to_json()}


@dataclass(slots=True)
class Statement:
    """Both sides of a window, and the difference by cause. `unproven` records could not be looked at."""

    source: Total = field(default_factory=Total)
    target: Total = field(default_factory=Total)
    parts: dict[Cause, Part] = field(default_factory=dict)
    agreed: int = 0
    unproven: int = 0

    @property
    def unexplained(self) -> int:
        """Return how many records nothing explains."""
        return sum(part.records for cause, part in self.parts.items() if cause in UNEXPLAINED)

    def to_json(self) -> dict[str, Any]:
        """Return it as it is stored: {"source", "target", "parts", "agreed", "unproven", "differing"}."""
        return {
            "source": self.source.to_json(),
            "target": self.target.to_json(),
            "parts": {cause.value: self.parts[cause].to_json() for cause in Cause if cause in self.parts},
            "agreed": self.agreed,
            "unproven": self.unproven,
            "differing": sum(part.records for part in self.parts.values()),
        }

    @property
    def verdict(self) -> Verdict:
        """Return what it comes to: only nothing unexplained is agreed."""
        if self.unexplained:
            return Verdict.UNEXPLAINED
        return Verdict.UNPROVEN if self.unproven else Verdict.AGREED


def judge(entry: Entry) -> Judged:
    """Say what one record adds to the difference, and why."""
    source, target, proven = _both_sides(entry)
    count = (source.count if source else 0) - (target.count if target else 0)
    sums = _difference(source, target)
    if not count and not sums:
        return Judged(entry, proven=proven)
    if target is None:
        cause = _why_not_in_target(entry)
    elif source is None:
        cause = _why_not_in_source(entry)
    else:
        cause = _why_unequal(entry, source, target)
    if cause in UNEXPLAINED and entry.accepted:
        cause = Cause.ACCEPTED
    return Judged(entry, count, sums, cause, proven)


def state(entries: Iterable[Judged]) -> Statement:
    """Add judged records up, in any order."""
    statement = Statement()
    for judged in entries:
        source, target, _ = _both_sides(judged.entry)
        statement.source.add(source.count if source else 0, _worth(source, target))
        statement.target.add(target.count if target else 0, _worth(target, source))
        statement.unproven += not judged.proven
        if judged.cause is None:
            statement.agreed += judged.proven and source is not None
            continue
        part = statement.parts.setdefault(judged.cause, Part())
        part.records += 1
        part.difference.add(judged.count, judged.sums)
    return statement


def finding_version(run: str, cause: Cause, mark: str = "") -> str:
    """Return the source version of the ledger line that a run writes about an unexplained record.

    `mark` says which of the things that were made of the record is meant, "" the record itself.
    """
    return f"{_FINDING}{cause}:{run}:{mark}" if mark else f"{_FINDING}{cause}:{run}"


def finding_of(source_version: str) -> Cause | None:
    """Return what a ledger line found unexplained, None for one that is no finding."""
    if not source_version.startswith(_FINDING):
        return None
    return Cause(source_version.split(":")[1])


def mark_of(source_version: str) -> str:
    """Return which of the things made of a record a finding is about, "" for the record itself."""
    return source_version.split(":")[3] if source_version.count(":") == 3 else ""


def ends_with_delivery(source_version: str) -> bool:
    """Say whether an open line is settled by a delivery of its record: only a look at both sides settles other findings."""
    return finding_of(source_version) in (None, Cause.NEVER_READ)


def _both_sides(entry: Entry) -> tuple[Shown | None, Shown | None, bool]:
    """Return what both sides hold, and whether that was seen: what could not be asked for is as the ledger says."""
    if entry.source is None and entry.absence is Absence.UNKNOWN and entry.delivered:
        return entry.target, entry.target, False
    if entry.source is not None and entry.target is None and not entry.asked and entry.delivered:
        return entry.source, entry.source, False
    return entry.source, entry.target, True


def _worth(side: Shown | None, other: Shown | None) -> dict[str, Decimal]:
    """Return what a side is worth in the comparison: nothing where the other side holds the record and does not say."""
    if side is None or side.money is None or (other is not None and other.money is None):
        return {}
    return {side.money.currency: side.money.value}


def _difference(source: Shown | None, target: Shown | None) -> dict[str, Decimal]:
    total = Total()
    total.add(0, _worth(source, target))
    total.add(0, {currency: -amount for currency, amount in _worth(target, source).items()})
    return {currency: amount for currency, amount in total.sums.items() if amount}


def _why_not_in_target(entry: Entry) -> Cause:
    line = entry.at_version
    if line is not None and line.state is OperationState.SKIPPED:
        return Cause.FILTERED  # also where an earlier version was delivered: both sides are without it now
    if entry.delivered:
        return Cause.MADE_AGAIN if entry.again else Cause.MISSING_IN_TARGET
    if line is None and entry.lines:
        line = entry.lines[-1]
    return _not_delivered(entry, line)


def _not_delivered(entry: Entry, line: Line | None) -> Cause:
    """Return why a version that the source shows is not in the target, by its ledger line."""
    if line is None:
        return Cause.NEVER_READ if entry.read_before else Cause.WAITING
    if line.state is OperationState.SKIPPED:
        return Cause.FILTERED
    if line.state in (OperationState.REJECTED, OperationState.UNDONE):
        return Cause.DUPLICATE if line.error_class == _DUPLICATE else Cause.IN_EXCEPTION
    return Cause.WAITING


def _why_not_in_source(entry: Entry) -> Cause:
    if not entry.lines:
        return Cause.EXTRA_IN_TARGET
    return Cause.DELETED if entry.absence is Absence.GONE else Cause.CHANGED_AFTER


def _why_unequal(entry: Entry, source: Shown, target: Shown) -> Cause:
    if target.count > source.count:
        return Cause.EXTRA_IN_TARGET
    line = entry.at_version
    if line is None:
        newer = any(is_older(entry.version, delivered.version) for delivered in entry.delivered)
        return Cause.NEVER_READ if entry.read_before and not newer else Cause.CHANGED_AFTER
    if line.state is OperationState.SUPERSEDED:
        return Cause.CHANGED_AFTER
    if line.state not in _DELIVERED:
        return _not_delivered(entry, line)
    if any(is_older(entry.version, delivered.version) for delivered in entry.delivered):
        return Cause.CHANGED_AFTER  # a newer version was delivered while both sides were looked at
    explained = [money for money in (entry.expected, line.money) if money is not None]
    return Cause.CONVERTED if target.money in explained else Cause.AMOUNT_DIFFERS
