"""Reading bulk jobs: what one is about, how far it is, and what could not be done."""

from uuid import UUID

from django.db.models import Count
from django.db.models import Sum as Total
from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.accounts.actor import Actor
from apps.monitoring import impact
from apps.monitoring.case_pages import Bar, BulkPage, Refused
from apps.monitoring.case_words import title_words
from apps.monitoring.models import BulkEntry, BulkJob, CaseAmount, ExceptionCase
from apps.monitoring.queries.case_ways import list_value_tables
from apps.tenants.templatetags.wording import count_words

REFUSED_SHOWN = 100
NAMED_CUSTOMERS = 6
JOBS_SHOWN = 50
MOST_EXAMPLES = 40
_BARS = {
    Bar.CLOSED: gettext_lazy("They are closed already."),
    Bar.ON_ITS_WAY: gettext_lazy("They are being tried again just now."),
    Bar.FLOW_STOPPED: gettext_lazy("Their flow is paused or not live."),
    Bar.NO_TABLE: gettext_lazy("A translation does not mend their kind of failure."),
    Bar.NO_PROPOSAL: gettext_lazy("Nothing is proposed for them."),
    Bar.NOTHING_BLOCKED: gettext_lazy("None of their records is blocked."),
}


def list_jobs(who: Actor) -> list[BulkPage]:
    """Return this person's latest confirmed bulk jobs."""
    mine = BulkJob.objects.filter(asked_by_id=who.user_id).exclude(state=BulkJob.State.ASKED)
    return [get_bulk_page(job, who=who) for job in mine.select_related("owner")[:10]]


def list_under_way(who: Actor) -> list[BulkJob]:
    """Return this person's jobs that are not over."""
    if who.user_id is None:
        return []
    return [job for job in BulkJob.objects.filter(asked_by_id=who.user_id)[:JOBS_SHOWN] if job.is_under_way]


def get_job(job_id: UUID) -> BulkJob:
    """Return one bulk job. Raises Http404."""
    job = BulkJob.objects.select_related("owner").filter(id=job_id).first()
    if job is None:
        raise Http404("There is no such bulk job.")
    return job


def get_bulk_page(job: BulkJob, *, who: Actor) -> BulkPage:
    """Return a bulk job with its true counts. Five queries, however many cases it has."""
    states = dict(job.entries.order_by().values_list("state").annotate(Count("id")))
    barred = job.entries.order_by().filter(state=BulkEntry.State.BARRED).values_list("reason").annotate(Count("id"))
    concerned = job.entries.exclude(state=BulkEntry.State.BARRED).order_by()
    names = list(concerned.order_by("case__customer__name").values_list("case__customer__name", flat=True).distinct())
    return BulkPage(
        id=job.id,
        kind=job.kind,
        title=title_of(job, sum(states.values()) - states.get(BulkEntry.State.BARRED, 0)),
        state=job.state,
        state_words=job.get_state_display(),
        is_under_way=job.is_under_way,
        is_mine=job.asked_by_id == who.user_id,
        asked_by=job.asked_by_name,
        asked_at=job.asked_at,
        finished_at=job.finished_at,
        reason=job.reason,
        wording=job.wording,
        owner=str(job.owner) if job.owner else "",
        able=sum(states.values()) - states.get(BulkEntry.State.BARRED, 0),
        pending=states.get(BulkEntry.State.PENDING, 0),
        done=states.get(BulkEntry.State.DONE, 0),
        failed=states.get(BulkEntry.State.FAILED, 0),
        cancelled=states.get(BulkEntry.State.CANCELLED, 0),
        barred=tuple((str(_BARS[Bar(why)]), number) for why, number in barred),
        records=concerned.aggregate(all=Total("case__operation_count"))["all"] or 0,
        sums=_money(job),
        customers=len(names),
        customer_names=tuple(names[:NAMED_CUSTOMERS]),
        refused=_refused(job),
    )


def _money(job: BulkJob) -> tuple[impact.Sum, ...]:
    concerned = job.entries.exclude(state=BulkEntry.State.BARRED).values("case_id")
    rows = (
        CaseAmount.objects.filter(case__in=ExceptionCase.objects.filter(id__in=concerned))
        .order_by()
        .values_list("currency", "quality")
        .annotate(total=Total("amount"), number=Total("records"))
    )
    return impact.added(impact.Sum(c, total, impact.Quality(quality), number) for c, quality, total, number in rows)


def _refused(job: BulkJob) -> tuple[Refused, ...]:
    entries = job.entries.filter(state=BulkEntry.State.FAILED).select_related("case__customer")[:REFUSED_SHOWN]
    return tuple(
        Refused(e.case_id, title_words(e.case.title, e.case.error_class), e.case.customer.name, e.reason)
        for e in entries
    )


def list_tables(job: BulkJob) -> list[tuple[str, str]]:
    """Return the tables of values that the job's cases go through, as (target, words), read from MOST_EXAMPLES at most."""
    by = ("case__flow_id", "case__error_field")
    entries = job.entries.filter(state=BulkEntry.State.PENDING, case__flow__isnull=False)
    examples = entries.order_by(*by, "id").distinct(*by).values("case_id")[:MOST_EXAMPLES]
    found = ExceptionCase.objects.filter(id__in=examples).select_related("flow__live_version")
    return sorted({table for case in found for table in list_value_tables(case)}, key=lambda table: table[1])


def title_of(job: BulkJob, number: int) -> str:
    """Return what is done to how many, for a heading."""
    words = {
        BulkJob.Kind.RETRY: ngettext("Retry %(count)s exception", "Retry %(count)s exceptions", number),
        BulkJob.Kind.SKIP: ngettext(
            "Leave out the records of %(count)s exception", "Leave out the records of %(count)s exceptions", number
        ),
        BulkJob.Kind.ASSIGN: ngettext("Assign %(count)s exception", "Assign %(count)s exceptions", number),
        BulkJob.Kind.TRIAGE: ngettext(
            "Apply the proposal of %(count)s exception", "Apply the proposals of %(count)s exceptions", number
        ),
        BulkJob.Kind.VALUE: ngettext(
            "Add a translation for %(count)s exception", "Add a translation for %(count)s exceptions", number
        ),
        BulkJob.Kind.CLOSE: ngettext("Close %(count)s exception by hand", "Close %(count)s exceptions by hand", number),
    }[BulkJob.Kind(job.kind)]
    return words % {"count": count_words(number)}


def finished_words(job: BulkJob) -> str:
    """Return what came of a job that is over, in a sentence."""
    counted = dict(job.entries.order_by().values_list("state").annotate(Count("id")))
    done, failed = counted.get(BulkEntry.State.DONE, 0), counted.get(BulkEntry.State.FAILED, 0)
    figures = {"what": job.get_kind_display(), "done": count_words(done), "failed": count_words(failed)}
    if job.state == BulkJob.State.CANCELLED:
        return _("%(what)s: cancelled after %(done)s exceptions.") % figures
    if failed:
        return _("%(what)s: %(done)s exceptions done, %(failed)s could not be done.") % figures
    return _("%(what)s: all %(done)s exceptions done.") % figures
