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


@dataclass(frozen=True, slots=True)
class Health:
    """A colour and why, the gravest reason first."""

    colour: Colour
    reasons: tuple[str, ...]

    @property
    def reason(self) -> str:
        """Return the gravest reason."""
        return self.reasons[0]


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
        return Health(Colour.GREY, ("Nothing is live yet.",))
    if figures.last_success_at is None:
        return Health(Colour.GREY, ("Live, but nothing has been transferred yet.",))
    return Health(Colour.GREEN, ("Everything flows.",))


def _reasons_for_red(figures: Figures) -> list[str]:
    mostly_refused = bool(figures.read) and figures.rejected > figures.read * BLOCKED_SHARE
    reasons = (
        (figures.broken_connections, f"{_many(figures.broken_connections, 'connection')} cannot be used."),
        (figures.severe_cases, f"{_many(figures.severe_cases, 'severe exception')} open."),
        (figures.silent_flows, f"{_many(figures.silent_flows, 'flow')} overdue: nothing arrived in time."),
        (mostly_refused, f"{figures.rejected:,} of {figures.read:,} records were refused."),
    )
    return [words for applies, words in reasons if applies]


def _reasons_for_amber(figures: Figures) -> list[str]:
    reasons = (
        (figures.late_cases, f"{_many(figures.late_cases, 'exception')} past the agreed time."),
        (figures.open_cases, f"{_many(figures.open_cases, 'exception')} open."),
        (figures.paused_flows, f"{_many(figures.paused_flows, 'flow')} paused."),
    )
    return [words for applies, words in reasons if applies]


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
