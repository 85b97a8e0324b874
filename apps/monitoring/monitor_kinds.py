"""What is watched about every live flow, and what already says why something is so (pure; a table)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from apps.connectors.errors import BusinessClass
from apps.monitoring.blame import BACKLOG, CUT_OFF_RISK, EMPTY, OVERDUE, PARTIAL, SLOW


def _(words: str) -> str:
    """Mark words that are translated where a page is made: this module needs no Django."""
    return words


class MonitorKind(StrEnum):
    """One thing that is watched, in the order in which pages show it."""

    FAILED = "failed"
    PARTIAL = "partial"
    SLOW = "slow"
    OVERDUE = "overdue"
    EMPTY = "empty"
    BACKLOG = "backlog"
    CONNECTION = "connection"
    DRIFT = "drift"
    UNEXPLAINED = "unexplained"
    CUT_OFF = "cut-off"


@dataclass(frozen=True, slots=True)
class Sheet:
    """What one kind is. `classes` are the kinds of failure that its exceptions have.

    `unit` is what people type its limit in, "" where it has none, and `size` how many base units (seconds, records, a
    share of one) that is. `graded`: its exceptions can be given a severity of their own.
    """

    title: str
    rule: str
    classes: tuple[str, ...]
    unit: str = ""
    size: float = 1
    graded: bool = True


SHEETS: Mapping[MonitorKind, Sheet] = {
    MonitorKind.FAILED: Sheet(
        _("Failed runs"),
        _("A run that fails as a whole opens an exception; the next good run closes it."),
        tuple(
            str(known)
            for known in BusinessClass
            if known not in (BusinessClass.SCHEMA_DRIFT, BusinessClass.UNRECONCILED)
        ),
    ),
    MonitorKind.PARTIAL: Sheet(
        _("Refused records"),
        _(
            "Each refused record opens an exception of its cause anyway; this says when far more are refused than usual."
        ),
        (PARTIAL,),
        unit=_("percent"),
        size=0.01,
    ),
    MonitorKind.SLOW: Sheet(
        _("Slow runs"),
        _("A run that takes far longer than usual for so many records opens an exception."),
        (SLOW,),
        unit=_("minutes"),
        size=60,
    ),
    MonitorKind.OVERDUE: Sheet(
        _("Silence"),
        _("Nothing ran for longer than is expected, or than it ever does at this time of the week."),
        (OVERDUE,),
    ),
    MonitorKind.EMPTY: Sheet(
        _("Empty runs"),
        _("It ran, but brought nothing, or far less than usual on such a day."),
        (EMPTY,),
        unit=_("records a day"),
    ),
    MonitorKind.BACKLOG: Sheet(
        _("Backlog"),
        _("What is to start it waits far longer than usual."),
        (BACKLOG,),
        unit=_("minutes"),
        size=60,
    ),
    MonitorKind.CONNECTION: Sheet(
        _("Connections"),
        _("A system that stays away, or that refuses the sign-in, opens one exception for all flows that wait for it."),
        (BusinessClass.CONNECTION, BusinessClass.PROVIDER_OUTAGE),
        graded=False,
    ),
    MonitorKind.DRIFT: Sheet(
        _("Changed fields"),
        _("A system whose fields are no longer as agreed stops the run and opens an exception."),
        (BusinessClass.SCHEMA_DRIFT,),
    ),
    MonitorKind.UNEXPLAINED: Sheet(
        _("Both sides"),
        _("Each night both systems are compared; what nothing explains opens an exception."),
        (BusinessClass.UNRECONCILED,),
        graded=False,
    ),
    MonitorKind.CUT_OFF: Sheet(
        _("Cut-offs"),
        _(
            "What must be posted by the next cut-off will not be, at the present rate or because something is in the way."
        ),
        (CUT_OFF_RISK,),
        unit=_("hours before"),
        size=3600,
    ),
}
# What explains a finding already has an exception: it is not told twice.
SILENCED_BY: Mapping[MonitorKind, tuple[MonitorKind, ...]] = {
    MonitorKind.BACKLOG: (MonitorKind.CONNECTION,),
    MonitorKind.OVERDUE: (MonitorKind.CONNECTION, MonitorKind.FAILED, MonitorKind.DRIFT, MonitorKind.BACKLOG),
    MonitorKind.EMPTY: (MonitorKind.CONNECTION, MonitorKind.FAILED, MonitorKind.DRIFT, MonitorKind.OVERDUE),
    MonitorKind.SLOW: (MonitorKind.CONNECTION, MonitorKind.FAILED, MonitorKind.DRIFT),
    MonitorKind.PARTIAL: (MonitorKind.CONNECTION, MonitorKind.DRIFT),
}
# Kinds that are judged here from figures, each open finding with a row; the others are judged from runs and the ledger.
FROM_FIGURES = (
    MonitorKind.BACKLOG,
    MonitorKind.OVERDUE,
    MonitorKind.EMPTY,
    MonitorKind.SLOW,
    MonitorKind.PARTIAL,
    MonitorKind.CUT_OFF,
)
LEARNED = (MonitorKind.PARTIAL, MonitorKind.SLOW, MonitorKind.EMPTY, MonitorKind.BACKLOG)


def kind_of_failure(business_class: str, *, held_up: bool) -> MonitorKind:
    """Return which monitor a failed run is found by; one that is held up waits for a system."""
    if held_up:
        return MonitorKind.CONNECTION
    return MonitorKind.DRIFT if business_class == BusinessClass.SCHEMA_DRIFT else MonitorKind.FAILED
