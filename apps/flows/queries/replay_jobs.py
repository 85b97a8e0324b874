"""Reading replay jobs: what one would mean, how far it is, and what could not be done."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Min, Q, QuerySet, Sum
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.accounts.actor import Actor
from apps.flows.models import Operation, ReplayEntry, ReplayJob, Run
from apps.flows.services.replay_job import UNDER_WAY, Bar
from apps.flows.services.replay_portions import UNTRIED
from apps.tenants.templatetags.wording import count_words, date_words, duration_words

REFUSED_SHOWN = 100
FLOWS_SHOWN = 20
JOBS_SHOWN = 20
_LIVE = "operation__flow__live_version__number"
_PUBLISHED = "operation__flow__live_version__published_at"
_LEAST_SECONDS = 2.0  # a rate worked out sooner only jumps about
_BARS = {
    Bar.ARRIVED: gettext_lazy("They have arrived already: a second try could only do harm."),
    Bar.HELD_ALREADY: gettext_lazy("Their target held them already."),
    Bar.ON_ITS_WAY: gettext_lazy("They are on their way already."),
    Bar.OVERTAKEN: gettext_lazy("A newer version of the same record has taken their place."),
    Bar.LEFT_OUT: gettext_lazy("They were left out: they are not for their flow, or somebody decided so."),
    Bar.TAKEN_BACK: gettext_lazy("What had been done for them was taken back."),
    Bar.FLOW_STOPPED: gettext_lazy("Their flow is paused or not live: resume it first."),
    Bar.IN_ANOTHER_JOB: gettext_lazy("Another replay is about to try them."),
}


@dataclass(frozen=True, slots=True)
class FlowShare:
    """One flow of a job: how many of its records, the versions they ran with, and the one that is live."""

    flow_id: UUID
    name: str
    customer: str
    records: int
    pinned: str
    live: str

    @property
    def differs(self) -> bool:
        """Return True when the version makes a difference."""
        return self.pinned != self.live


@dataclass(frozen=True, slots=True)
class ReplayPage:
    """A replay job with its true counts.

    `barred` are (why, how many) that were left alone; `sums` are (currency, amount) of those that can be tried, `unpriced`
    how many of them have no amount; `stopped` is why the rest was not tried, "" when nothing stopped it.
    """

    job: ReplayJob
    title: str
    is_mine: bool
    asked: int
    pending: int
    queued: int
    done: int
    failed: int
    cancelled: int
    barred: tuple[tuple[str, int], ...]
    sums: tuple[tuple[str, Decimal], ...]
    unpriced: int
    flows: tuple[FlowShare, ...]
    more_flows: int
    refused: tuple[ReplayEntry, ...]
    stopped: str
    runs: tuple[Run, ...]
    words: str

    @property
    def is_under_way(self) -> bool:
        """Return True while more is to come, also of a job that was cancelled a moment ago."""
        return self.job.state in UNDER_WAY or (self.job.state == ReplayJob.State.CANCELLED and self.queued > 0)

    @property
    def able(self) -> int:
        """Return how many could be tried when it was asked for, or since."""
        return self.asked - self.left_alone

    @property
    def left_alone(self) -> int:
        """Return how many were not touched at all."""
        return sum(number for _why, number in self.barred)

    @property
    def settled(self) -> int:
        """Return how many need nothing more."""
        return self.done + self.failed

    @property
    def can_resume(self) -> bool:
        """Return True when the job stands still with something left."""
        return self.job.state == ReplayJob.State.CANCELLED and self.cancelled > 0 and not self.queued

    @property
    def version_matters(self) -> bool:
        """Return True when some of the records ran with another version than the live one."""
        return any(share.differs for share in self.flows)


def get_job(job_id: UUID, *, who: Actor) -> ReplayJob:
    """Return one job. Raises Http404 when there is none, or it is only what somebody else thinks about."""
    job = ReplayJob.objects.filter(id=job_id).first()
    if job is None or (job.state == ReplayJob.State.ASKED and job.asked_by_id != who.user_id):
        raise Http404("There is no such replay.")
    return job


def list_jobs() -> list[ReplayPage]:
    """Return the latest jobs that were confirmed, with their counts only."""
    jobs = ReplayJob.objects.exclude(state=ReplayJob.State.ASKED)[:JOBS_SHOWN]
    return [_counted(job) for job in jobs]


def get_replay_counts(job: ReplayJob, *, who: Actor) -> ReplayPage:
    """Return a job with its counts only: what the part of its page shows that keeps itself up to date."""
    return _counted(job, who=who)


def get_replay_page(job: ReplayJob, *, who: Actor) -> ReplayPage:
    """Return a job with everything its page shows; a fixed number of statements, however many records it has."""
    concerned = job.entries.exclude(state=ReplayEntry.State.BARRED).order_by()
    flows, more = _flows(concerned)
    sums = concerned.values_list("operation__currency").annotate(Sum("operation__amount"), Count("id"))
    priced = [(currency, total) for currency, total, _number in sums if currency and total is not None]
    return _counted(
        job,
        who=who,
        sums=tuple(sorted(priced)),
        unpriced=concerned.filter(Q(operation__amount__isnull=True) | Q(operation__currency="")).count(),
        flows=flows,
        more_flows=more,
        refused=tuple(_refused(job)),
        runs=tuple(_runs(job)),
    )


def _counted(job: ReplayJob, *, who: Actor | None = None, **details: Any) -> ReplayPage:
    states = dict(job.entries.order_by().values_list("state").annotate(Count("id")))
    barred = job.entries.order_by().filter(state=ReplayEntry.State.BARRED).values_list("reason").annotate(Count("id"))
    asked = sum(states.values())
    able = asked - states.get(ReplayEntry.State.BARRED, 0)
    settled = states.get(ReplayEntry.State.DONE, 0) + states.get(ReplayEntry.State.FAILED, 0)
    nothing: dict[str, Any] = {"sums": (), "unpriced": 0, "flows": (), "more_flows": 0, "refused": (), "runs": ()}
    return ReplayPage(
        job=job,
        title=_title(able),
        is_mine=who is not None and job.asked_by_id == who.user_id,
        asked=asked,
        pending=states.get(ReplayEntry.State.PENDING, 0),
        queued=states.get(ReplayEntry.State.QUEUED, 0),
        done=states.get(ReplayEntry.State.DONE, 0),
        failed=states.get(ReplayEntry.State.FAILED, 0),
        cancelled=states.get(ReplayEntry.State.CANCELLED, 0),
        barred=tuple((bar_words(why), number) for why, number in sorted(barred)),
        stopped=_stopped(job),
        words=_words(job, settled, able),
        **{**nothing, **details},
    )


def bar_words(reason: str) -> str:
    """Return why a record was left alone, as a sentence."""
    return str(_BARS[Bar(reason)]) if reason in set(Bar) else reason


def reason_words(entry: ReplayEntry) -> str:
    """Return why a record failed again, as a sentence."""
    if entry.reason == UNTRIED:
        return _("It was not tried: what was kept of it is gone, or its source gave another version or none.")
    return entry.reason


def _title(number: int) -> str:
    words = ngettext("Retry %(number)s record", "Retry %(number)s records", number)
    return words % {"number": count_words(number)}


def _words(job: ReplayJob, settled: int, able: int) -> str:
    parts = [_("%(settled)s of %(all)s settled") % {"settled": count_words(settled), "all": count_words(able)}]
    seconds = (timezone.now() - job.started_at).total_seconds() if job.started_at else 0.0
    if job.state in UNDER_WAY and settled and seconds >= _LEAST_SECONDS:
        rate = settled / seconds
        parts.append(_("%(rate)s a second") % {"rate": count_words(round(rate, 1 if rate < 10 else 0))})
        if able > settled:
            parts.append(_("about %(span)s left") % {"span": duration_words((able - settled) / rate)})
    return " · ".join(parts)


def _stopped(job: ReplayJob) -> str:
    if job.state != ReplayJob.State.CANCELLED:
        return ""
    said = job.entries.filter(state=ReplayEntry.State.CANCELLED).exclude(reason="").values_list("reason", flat=True)
    return said.first() or ""


def _flows(concerned: QuerySet[ReplayEntry]) -> tuple[tuple[FlowShare, ...], int]:
    rows = list(
        concerned.values(
            "operation__flow_id",
            "operation__flow__name",
            "operation__customer__name",
            _LIVE,
            _PUBLISHED,
        )
        .annotate(
            records=Count("id"),
            first=Min("operation__last_run__version__number"),
            last=Max("operation__last_run__version__number"),
            since=Max("operation__last_run__version__published_at"),
        )
        .order_by("-records", "operation__flow__name")
    )
    shares = tuple(
        FlowShare(
            row["operation__flow_id"],
            row["operation__flow__name"],
            row["operation__customer__name"],
            row["records"],
            _version_words(row["first"], row["last"], row["since"]),
            _version_words(row[_LIVE], row[_LIVE], row[_PUBLISHED]),
        )
        for row in rows[:FLOWS_SHOWN]
    )
    return shares, max(len(rows) - FLOWS_SHOWN, 0)


def _version_words(first: int | None, last: int | None, since: datetime | None) -> str:
    if first is None or last is None:
        return _("none")
    if first != last:
        return _("versions %(first)s to %(last)s") % {"first": first, "last": last}
    if since is None:
        return _("version %(number)s") % {"number": first}
    return _("version %(number)s, of %(day)s") % {"number": first, "day": date_words(since)}


def _refused(job: ReplayJob) -> QuerySet[ReplayEntry]:
    failed = job.entries.filter(state=ReplayEntry.State.FAILED)
    return failed.select_related("operation__flow").order_by("id")[:REFUSED_SHOWN]


def failed_operations(job: ReplayJob) -> QuerySet[Operation]:
    """Return the operations that failed again."""
    failed = ReplayEntry.objects.filter(job=job, state=ReplayEntry.State.FAILED)
    return Operation.objects.filter(id__in=failed.values("operation_id"))


def _runs(job: ReplayJob) -> QuerySet[Run]:
    used = job.entries.exclude(run=None).order_by().values("run_id")
    return Run.objects.filter(id__in=used).select_related("flow", "event").order_by("-id")[:FLOWS_SHOWN]
