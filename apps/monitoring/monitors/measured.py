"""What monitors measured when they found what a case is about: the figure, and the limit it was beyond."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from apps.monitoring.models import ExceptionCase, MonitorFinding
from apps.monitoring.monitor_kinds import FROM_FIGURES, SHEETS, MonitorKind
from apps.monitoring.monitors.monitor_words import value_words

MOST_SHOWN = 10
_CLASSES = frozenset(name for kind in FROM_FIGURES for name in SHEETS[kind].classes)
_TOO_FEW = frozenset({MonitorKind.EMPTY})  # of all else, too much is wrong


@dataclass(frozen=True, slots=True)
class Measured:
    """One finding of a case. `value` and `limit` are words, "" where nothing was measured; `ended_at` None: it goes on."""

    monitor: str
    name: str
    value: str
    limit: str
    since: datetime
    found_at: datetime
    ended_at: datetime | None


def list_measured(case: ExceptionCase) -> list[Measured]:
    """Return what was measured about a case, the latest first. One query, none for a case that no figures found."""
    if case.error_class not in _CLASSES:
        return []
    return [_measured(one) for one in MonitorFinding.objects.filter(case=case).order_by("-id")[:MOST_SHOWN]]


def _measured(one: MonitorFinding) -> Measured:
    kind = MonitorKind(one.kind)
    return Measured(
        monitor=_(SHEETS[kind].title),
        name=kind.value,
        value="" if one.value is None else value_words(kind, one.value),
        limit="" if one.limit is None else _limit(kind, one.limit),
        since=one.since,
        found_at=one.found_at,
        ended_at=one.ended_at,
    )


def _limit(kind: MonitorKind, limit: float) -> str:
    words = {"limit": value_words(kind, limit)}
    return _("at least %(limit)s") % words if kind in _TOO_FEW else _("at most %(limit)s") % words
