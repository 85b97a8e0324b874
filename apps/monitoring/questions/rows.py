"""The answers to the three questions as plain values (pure)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from apps.monitoring.impact import Quality, Sum
from apps.monitoring.money import Rates, Worth

AGES = {"day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=30)}
_ZERO = Decimal(0)


class Blocker(StrEnum):
    """What holds an invoice."""

    CASE = "case"
    APPROVAL = "approval"
    WAITING = "waiting"  # it is tried again by itself, or a step of its flow waits


class Disagreement(StrEnum):
    """Why two systems say different things."""

    DECISION = "decision"  # a change of a field from a system that does not own it: a person has to decide
    REFUSED = "refused"  # one system has the record, another did not take its change
    UNEXPLAINED = "unexplained"  # a reconciliation found it, and nothing explains it
    CHANGED = "changed"  # changed in the source after it was posted


@dataclass(frozen=True, slots=True)
class Money:
    """Sums in a customer's currency by how sure they are; `left` has no rate, `unknown` records have no amount."""

    currency: str
    known: Decimal = _ZERO
    estimated: Decimal = _ZERO
    left: Mapping[str, Decimal] | None = None
    unknown: int = 0

    @property
    def total(self) -> Decimal:
        """Return what is known and estimated together."""
        return self.known + self.estimated

    @property
    def quality(self) -> Quality:
        """Return how sure the total is."""
        if not self.total:
            return Quality.UNKNOWN if self.unknown else Quality.KNOWN
        return Quality.ESTIMATED if self.estimated or self.unknown else Quality.KNOWN

    @property
    def others(self) -> Mapping[str, Decimal]:
        """Return what has no rate, by its own currency."""
        return self.left or {}

    @property
    def sums(self) -> tuple[Sum, ...]:
        """Return the total and what is left beside it, as pages show sums."""
        own = (Sum(self.currency, self.total, self.quality, 1),) if self.total else ()
        return own + tuple(Sum(currency, amount, Quality.KNOWN, 1) for currency, amount in self.others.items())


def money_in(currency: str, parts: Iterable[Sum], rates: Rates, now: datetime, unknown: int = 0) -> Money:
    """Return sums of several currencies in one, at the latest rates up to now."""
    by_quality: dict[bool, dict[str, Decimal]] = {True: {}, False: {}}
    for part in parts:
        sums = by_quality[part.quality is Quality.KNOWN]
        sums[part.currency] = sums.get(part.currency, _ZERO) + part.amount
    known, estimated = (_worth(rates, by_quality[sure], currency, now) for sure in (True, False))
    left = {
        name: known.left.get(name, _ZERO) + estimated.left.get(name, _ZERO) for name in {**known.left, **estimated.left}
    }
    return Money(currency, known.amount, estimated.amount, left, unknown)


def _worth(rates: Rates, amounts: Mapping[str, Decimal], currency: str, now: datetime) -> Worth:
    return rates.worth(amounts, currency, now.date())


def money_together(parts: Iterable[Money]) -> tuple[Money, ...]:
    """Return the sums of several customers, a sum for each of their currencies, the largest first."""
    found: dict[str, Money] = {}
    for part in parts:
        one = found.get(part.currency, Money(part.currency))
        left = {
            name: one.others.get(name, _ZERO) + part.others.get(name, _ZERO) for name in {**one.others, **part.others}
        }
        found[part.currency] = Money(
            part.currency, one.known + part.known, one.estimated + part.estimated, left, one.unknown + part.unknown
        )
    return tuple(sorted(found.values(), key=lambda one: (-one.total, one.currency)))


@dataclass(frozen=True, slots=True)
class UnpostedProject:
    """The work of one project that is not posted; `project` is "" where records name none.

    `hours` None: not known of any; `without_hours` counts the records of which they are not. `records` are held up by
    exceptions, `on_the_way` go on by themselves. `reason` is the commonest in words, `classes` are all of them.
    """

    customer_id: UUID
    customer: str
    project: str
    client: str
    records: int
    on_the_way: int
    hours: Decimal | None
    without_hours: int
    money: Money
    since: datetime
    reason: str
    classes: tuple[str, ...]
    waiting_on: tuple[str, ...]
    waiting_words: str


@dataclass(frozen=True, slots=True)
class NotRead:
    """Work that a flow's last comparison saw in the source and that was not read yet."""

    flow: str
    customer_id: UUID
    customer: str
    records: int
    money: Money
    reconciliation_id: UUID
    compared_at: datetime


@dataclass(frozen=True, slots=True)
class BlockedInvoice:
    """An invoice or milestone that is held. `reason` is what holds it, in words; `more` counts what else does.

    `owner` and `team` are "" where nobody has it, `due_at` None where nothing says by when.
    """

    operation_id: UUID
    customer_id: UUID
    customer: str
    kind: str
    label: str
    client: str
    project: str
    flow: str
    amount: Decimal | None
    currency: str
    quality: str
    money: Money
    since: datetime
    blocker: Blocker = Blocker.CASE
    reason: str = ""
    reason_code: str = ""
    more: int = 0
    waiting_on: str = ""
    waiting_words: str = ""
    owner: str = ""
    team: str = ""
    due_at: datetime | None = None
    case_id: UUID | None = None
    approval_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """A record that two systems do not agree about.

    `has` names the systems that hold it or took its change, `lacks` the one that does not. Values are None where they are
    not known, and where the reader may not see them.
    """

    kind: Disagreement
    customer_id: UUID
    customer: str
    type_words: str
    label: str
    flow: str
    has: str
    lacks: str
    field: str
    since: datetime
    value_there: str | None = None
    value_here: str | None = None
    project: str = ""
    reason: str = ""
    waiting_words: str = ""
    owner: str = ""
    operation_id: UUID | None = None
    case_id: UUID | None = None
    review_id: UUID | None = None
    reconciliation_id: UUID | None = None
