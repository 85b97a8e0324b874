"""Green, amber or red, always with the reason in words (pure)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Colour(StrEnum):
    """How a customer or a flow is doing; grey where there is nothing to judge yet."""

    RED = "red"
    AMBER = "amber"
    GREEN = "green"
    GREY = "grey"


@dataclass(frozen=True, slots=True)
class Figures:
    """What health is judged by; records are those of today and yesterday."""

    live_flows: int = 0
    paused_flows: int = 0
    open_cases: int = 0
    severe_cases: int = 0
    late_cases: int = 0
    silent_flows: int = 0
    broken_connections: int = 0
    read: int = 0
    rejected: int = 0
    last_success_at: datetime | None = None


class Because(StrEnum):
    """Why somebody is of a colour; health_words.py says it to people."""

    BROKEN_CONNECTIONS = "broken_connections"
    SEVERE_CASES = "severe_cases"
    SILENT_FLOWS = "silent_flows"
    MOSTLY_REFUSED = "mostly_refused"
    LATE_CASES = "late_cases"
    OPEN_CASES = "open_cases"
    PAUSED_FLOWS = "paused_flows"
    NOTHING_LIVE = "nothing_live"
    NOTHING_YET = "nothing_yet"
    ALL_WELL = "all_well"


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason with its figures: `count` of whatever it is about, `among` how many where that matters."""

    because: Because
    count: int = 0
    among: int = 0


@dataclass(frozen=True, slots=True)
class Health:
    """A colour and why, the gravest reason first."""

    colour: Colour
    reasons: tuple[Reason, ...]


BLOCKED_SHARE = 0.5  # more than half of the records refused: nothing much gets through


def judge(figures: Figures) -> Health:
    """Return the health that the figures show."""
    red = _reasons_for_red(figures)
    amber = _reasons_for_amber(figures)
    if red:
        return Health(Colour.RED, (*red, *amber))
    if amber:
        return Health(Colour.AMBER, tuple(amber))
    if not figures.live_flows:
        return Health(Colour.GREY, (Reason(Because.NOTHING_LIVE),))
    if figures.last_success_at is None:
        return Health(Colour.GREY, (Reason(Because.NOTHING_YET),))
    return Health(Colour.GREEN, (Reason(Because.ALL_WELL),))


def _reasons_for_red(figures: Figures) -> list[Reason]:
    mostly_refused = bool(figures.read) and figures.rejected > figures.read * BLOCKED_SHARE
    counted = (
        Reason(Because.BROKEN_CONNECTIONS, figures.broken_connections),
        Reason(Because.SEVERE_CASES, figures.severe_cases),
        Reason(Because.SILENT_FLOWS, figures.silent_flows),
        Reason(Because.MOSTLY_REFUSED, figures.rejected if mostly_refused else 0, figures.read),
    )
    return [reason for reason in counted if reason.count]


def _reasons_for_amber(figures: Figures) -> list[Reason]:
    counted = (
        Reason(Because.LATE_CASES, figures.late_cases),
        Reason(Because.OPEN_CASES, figures.open_cases),
        Reason(Because.PAUSED_FLOWS, figures.paused_flows),
    )
    return [reason for reason in counted if reason.count]
