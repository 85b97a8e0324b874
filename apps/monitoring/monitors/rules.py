"""The rules: figures of one flow and what is usual for it, and what is found wrong with it (pure)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from apps.monitoring.monitor_kinds import SILENCED_BY, MonitorKind
from apps.monitoring.monitors.learning import NOTHING, Learned, Sample
from apps.monitoring.rhythm import Silence
from apps.monitoring.shares import percent

_K = MonitorKind
LEAST_REFUSED = 5  # fewer refused records are an exception of their own, and no surge
# Nothing shorter than this is slow or a backlog, however quick a flow usually is; nor is a smaller share a surge.
_AT_LEAST = {_K.SLOW: 60.0, _K.BACKLOG: 600.0, _K.PARTIAL: 0.1}
# While too little was seen: a run may take as long as it likes.
_UNTIL_LEARNED = {_K.BACKLOG: 3600.0, _K.PARTIAL: 0.5}
_STALE = timedelta(days=3)  # a whole day longer ago than this says nothing about now


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong, since when, in a sentence. `mark` tells several of one kind apart; `due_at` when it must be over.

    `passed_at` is when it went beyond what is usual, where that was after it began: nothing was wrong before.
    """

    kind: MonitorKind
    sentence: str
    since: datetime
    value: float | None = None
    limit: float | None = None
    mark: str = ""
    due_at: datetime | None = None
    passed_at: datetime | None = None

    @property
    def failed_at(self) -> datetime:
        """Return from when on it could be found: how long that took is counted from here."""
        return self.passed_at or self.since


@dataclass(frozen=True, slots=True)
class FlowFigures:
    """What is known of one flow now. `off` are the monitors that a person switched off; `own` their limits where set.

    `causes` are the kinds that have an exception of their own just now. `last` is the latest run that read something and
    ended, `refused` the share it could not pass on; `running` the one under way. `wait` is the oldest start that waits.
    `silence` is set when nothing came through for too long, `ran_since` when it ran meanwhile. `today` is what came
    through today, None when nobody counted. `is_quiet`: nothing is to start just now.
    """

    name: str
    learned: Mapping[MonitorKind, Learned] = field(default_factory=dict)
    own: Mapping[MonitorKind, float] = field(default_factory=dict)
    off: frozenset[MonitorKind] = frozenset()
    causes: frozenset[MonitorKind] = frozenset()
    last: Sample | None = None
    refused: Sample | None = None
    running: Sample | None = None
    wait: Sample | None = None
    silence: Silence | None = None
    ran_since: bool = False
    today: float | None = None
    is_quiet: bool = False


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is wrong with a flow, and which monitors say nothing because another finding is the reason."""

    findings: tuple[Finding, ...]
    silenced: Mapping[MonitorKind, MonitorKind]


def judge(figures: FlowFigures, now: datetime) -> Judgement:
    """Return what is wrong with a flow; what another finding explains is silenced, and what is switched off is not looked at."""
    findings: list[Finding] = []
    silenced: dict[MonitorKind, MonitorKind] = {}
    told = set(figures.causes - figures.off)  # what nobody is told explains nothing
    for kind, look in _LOOKS.items():
        cause = next((cause for cause in SILENCED_BY.get(kind, ()) if cause in told), None)
        if kind in figures.off:
            continue
        if cause is not None:
            silenced[kind] = cause
        elif (found := look(figures, now)) is not None:
            findings.append(found)
            told.add(kind)
    return Judgement(tuple(findings), silenced)


def limit_of(kind: MonitorKind, learned: Learned, own: float | None, sample: Sample) -> float | None:
    """Return beyond what a sample is wrong: a person's own limit, else the learned one; None while nothing is known."""
    if own is not None:
        return own
    if kind is _K.EMPTY:
        usual = learned.days.get(sample.at.weekday())
        return usual.limit if usual else None
    if learned.usual is None:
        return _UNTIL_LEARNED.get(kind)
    limit = max(learned.usual.limit, _AT_LEAST.get(kind, 0.0))
    if kind is _K.SLOW and learned.size is not None and learned.size.high > 0:
        limit *= max(1.0, sample.size / learned.size.high)  # a run of ten times the records may take ten times as long
    return limit


def is_beyond(kind: MonitorKind, sample: Sample, learned: Learned, own: float | None) -> bool:
    """Return whether a sample is wrong. Too few is wrong of what came through; of all else, too much is."""
    limit = limit_of(kind, learned, own, sample)
    if limit is None:
        return False
    if kind is _K.EMPTY:
        return sample.value < limit
    if kind is _K.PARTIAL and sample.value * sample.size < LEAST_REFUSED:
        return False
    return sample.value > limit


@dataclass(frozen=True, slots=True)
class Episode:
    """A time in which a monitor would have told something, and the worst it saw."""

    began_at: datetime
    ended_at: datetime
    worst: float


def episodes(kind: MonitorKind, samples: Iterable[Sample], learned: Learned, own: float | None) -> list[Episode]:
    """Return what a monitor would have told: each row of wrong samples is one episode."""
    found: list[Episode] = []
    is_going_on = False
    worse = min if kind is _K.EMPTY else max
    for sample in sorted(samples, key=lambda one: one.at):
        wrong = is_beyond(kind, sample, learned, own)
        if wrong and is_going_on:
            found[-1] = Episode(found[-1].began_at, sample.at, worse(found[-1].worst, sample.value))
        elif wrong:
            found.append(Episode(sample.at, sample.at, sample.value))
        is_going_on = wrong
    return found


def _backlog(figures: FlowFigures, _now: datetime) -> Finding | None:
    wait, learned = figures.wait, figures.learned.get(_K.BACKLOG, NOTHING)
    if wait is None or figures.is_quiet or not is_beyond(_K.BACKLOG, wait, learned, figures.own.get(_K.BACKLOG)):
        return None
    number = "1 start waits" if wait.size == 1 else f"{wait.size} starts wait"
    usual = f" Usually it begins within {span(learned.usual.high)}." if learned.usual else ""
    sentence = f"{number} for {figures.name}, the oldest for {span(wait.value)}.{usual}"
    return _finding(_K.BACKLOG, sentence, wait.at, wait, figures)


def _overdue(figures: FlowFigures, now: datetime) -> Finding | None:
    silence = figures.silence
    if silence is None or figures.is_quiet or figures.ran_since:
        return None
    waited = (now - silence.since).total_seconds()
    sentence = f"No run of {figures.name} has ended since {silence.since:%d %b %Y, %H:%M} UTC."
    limit = (silence.overdue_since - silence.since).total_seconds()
    return Finding(_K.OVERDUE, sentence, silence.since, waited, limit, passed_at=silence.overdue_since)


def _empty(figures: FlowFigures, now: datetime) -> Finding | None:
    silence = figures.silence
    if silence is not None and figures.ran_since and not figures.is_quiet:
        since = f"{silence.since:%d %b %Y, %H:%M} UTC"
        sentence = f"No record has come through {figures.name} since {since}, although it ran: usually some do."
        return Finding(_K.EMPTY, sentence, silence.since, 0, None, passed_at=silence.overdue_since)
    learned, own = figures.learned.get(_K.EMPTY, NOTHING), figures.own.get(_K.EMPTY)
    last = learned.last
    if last is None or now - last.at > _STALE or not is_beyond(_K.EMPTY, last, learned, own):
        return None
    if figures.today is not None and _is_enough(figures.today, learned, own, now):
        return None
    usual, day = learned.days.get(last.at.weekday()), f"{last.at:%A}"
    known = f" Usually {whole(usual.low)} to {whole(usual.high)} on a {day}." if usual else ""
    came = "1 record" if last.value == 1 else f"{whole(last.value)} records"
    sentence = f"{came} came through {figures.name} on {day}, {last.at:%d %b %Y}.{known}"
    return _finding(_K.EMPTY, sentence, last.at.replace(hour=0), last, figures)


def _is_enough(today: float, learned: Learned, own: float | None, now: datetime) -> bool:
    """Return whether so much came through today already that the day before no longer matters."""
    return today > 0 and not is_beyond(_K.EMPTY, Sample(now, today), learned, own)


def _slow(figures: FlowFigures, _now: datetime) -> Finding | None:
    learned, own = figures.learned.get(_K.SLOW, NOTHING), figures.own.get(_K.SLOW)
    usual = f" Usually {span(learned.usual.low)} to {span(learned.usual.high)}." if learned.usual else ""
    running, last = figures.running, figures.last
    if running is not None and is_beyond(_K.SLOW, running, learned, own):
        sentence = f"A run of {figures.name} has been going on for {span(running.value)}.{usual}"
        return _finding(_K.SLOW, sentence, running.at, running, figures)
    if last is not None and is_beyond(_K.SLOW, last, learned, own):
        sentence = f"The last run of {figures.name} took {span(last.value)}.{usual}"
        return _finding(_K.SLOW, sentence, last.at - timedelta(seconds=last.value), last, figures)
    return None


def _partial(figures: FlowFigures, _now: datetime) -> Finding | None:
    last, learned = figures.refused, figures.learned.get(_K.PARTIAL, NOTHING)
    if last is None or not is_beyond(_K.PARTIAL, last, learned, figures.own.get(_K.PARTIAL)):
        return None
    usual = f" Usually at most {percent(learned.usual.high)}." if learned.usual else ""
    refused = round(last.value * last.size)
    sentence = (
        f"The last run of {figures.name} refused {refused:,} of {last.size:,} records ({percent(last.value)}).{usual}"
    )
    return _finding(_K.PARTIAL, sentence, last.at, last, figures)


def _finding(kind: MonitorKind, sentence: str, since: datetime, sample: Sample, figures: FlowFigures) -> Finding:
    limit = limit_of(kind, figures.learned.get(kind, NOTHING), figures.own.get(kind), sample)
    return Finding(kind, sentence, since, sample.value, limit, passed_at=_passed_at(kind, since, limit))


def _passed_at(kind: MonitorKind, since: datetime, limit: float | None) -> datetime | None:
    """Return when a limit of time was passed, or the day was over that brought too little."""
    if kind is _K.EMPTY:
        return since + timedelta(days=1)
    return since + timedelta(seconds=limit) if limit is not None and kind in (_K.SLOW, _K.BACKLOG) else None


# In this order: what explains others comes first.
_LOOKS = {_K.BACKLOG: _backlog, _K.OVERDUE: _overdue, _K.EMPTY: _empty, _K.SLOW: _slow, _K.PARTIAL: _partial}


def span(seconds: float) -> str:
    """Return a time in words of at most two units: "4 min 10 s", "3 h 5 min"."""
    parts, rest = [], round(seconds)
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        amount, rest = divmod(rest, size)
        if amount:
            parts.append(f"{amount} {unit}")
    return " ".join(parts[:2]) or "0 s"


def whole(number: float) -> str:
    """Return a number of records."""
    return f"{round(number):,}"
