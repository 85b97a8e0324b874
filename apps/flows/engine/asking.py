"""When a system that has taken a delivery is asked what became of it, and when a person looks instead (pure)."""

from datetime import datetime, timedelta

from apps.connectors.manifest import LateAnswer
from apps.flows.engine.retry import LONGEST_WAIT

_MOST_DOUBLINGS = 16


def next_question(rule: LateAnswer, asked: int, now: datetime, told_seconds: float | None) -> datetime:
    """Return when to ask, after `asked` questions: as the system says, an hour at most, else twice as long each time."""
    if told_seconds is not None:
        return now + min(timedelta(seconds=max(told_seconds, 0)), LONGEST_WAIT)
    seconds = rule.ask_seconds * 2 ** min(asked, _MOST_DOUBLINGS)
    return now + timedelta(seconds=min(seconds, rule.longest_seconds))


def is_overdue(rule: LateAnswer, taken_at: datetime, now: datetime) -> bool:
    """Say whether the system has had its time."""
    return now >= taken_at + timedelta(hours=rule.give_up_hours)
