"""Reading proposals as a list, and the scorecard whose figures lead there."""

from collections.abc import Iterable
from datetime import datetime
from operator import attrgetter
from uuid import UUID

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.list_specs import Column, Filter, ListSpec, ListState, Option
from apps.monitoring.blame import verdict_for
from apps.monitoring.case_words import class_choices, title_words
from apps.monitoring.models import ExceptionCase, TriageProposal
from apps.monitoring.triage.pages import ProposalRow, ScoreLine
from apps.monitoring.triage.score import Verdict
from apps.monitoring.triage.scoring import VERDICTS, ScoreRow, list_counted, list_scores

PROPOSALS = ListSpec(
    "proposals",
    columns=(
        Column("title", _("Exception"), fixed=True, value=attrgetter("title")),
        Column("customer", _("Customer"), sort=("customer__name",), value=attrgetter("customer")),
        Column("kind", _("Kind of failure"), sort=("error_class",), value=attrgetter("kind"), shown=False),
        Column("deed", _("Proposal"), sort=("deed",), value=attrgetter("deed")),
        Column("source", _("Made by"), sort=("source",), value=attrgetter("source")),
        Column("confidence", _("Sure"), sort=("confidence",), value=attrgetter("confidence"), numeric=True),
        Column("state", _("State"), sort=("state",), value=attrgetter("state_words")),
        Column("refusal", _("Refused because"), value=attrgetter("refusal"), shown=False),
        Column("held", _("What came of it"), value=attrgetter("held")),
        Column("made", _("Made"), sort=("made_at", "id"), value=attrgetter("made_at")),
        Column("decided", _("Decided"), sort=("decided_at",), value=attrgetter("decided_at"), nullable=True),
        Column("by", _("Decided by"), value=attrgetter("decided_by"), shown=False),
    ),
    filters=(
        Filter(
            "outcome",
            _("Outcome"),
            "chips",
            (
                Option("waiting", _("Waiting")),
                Option(Verdict.ACCEPTED.value, _("Accepted")),
                Option(Verdict.CHANGED.value, _("Changed")),
                Option(Verdict.REFUSED.value, _("Refused")),
            ),
        ),
        Filter(
            "class",
            _("Kind of failure"),
            "select",
            tuple(Option(*choice) for choice in class_choices()),
            all_label=_("Any kind"),
        ),
        Filter(
            "source",
            _("Made by"),
            "select",
            tuple(Option(value, label) for value, label in TriageProposal.Source.choices),
            all_label=_("Anybody"),
        ),
        Filter("customer", _("Customer"), "select", all_label=_("All customers")),
        Filter(
            "counted",
            _("Scorecard"),
            "hidden",
            (
                Option("yes", _("counted on it")),
                Option("applied", _("counted on it, and applied")),
                Option("settled", _("counted on it, and settled")),
            ),
        ),
    ),
    order="-made",
    tie=("-id",),
)


def fitting(state: ListState) -> QuerySet[TriageProposal]:
    """Return the proposals that fit what is asked."""
    found = TriageProposal.objects.filter(_outcome(state.value("outcome")))
    if error_class := state.value("class"):
        found = found.filter(error_class=error_class)
    if source := state.value("source"):
        found = found.filter(source=source)
    if customer_id := state.id_of("customer"):
        found = found.filter(customer_id=customer_id)
    if counted := state.value("counted"):
        found = found.filter(id__in=_counted(counted, state))
    return found.select_related("case", "customer")


def _counted(asked: str, state: ListState) -> list[UUID]:
    """Return the proposals behind the figures of the scorecard, of the kind and source that are looked at."""
    among = list_counted(timezone.now(), error_class=state.value("class"), source=state.value("source"))
    return [one.id for one in among if asked == "yes" or (one.held if asked == "settled" else one.applied)]


def _outcome(asked: str) -> Q:
    if asked == "waiting":
        return Q(state__in=TriageProposal.WAITING)
    return VERDICTS[Verdict(asked)] if asked else Q()


def proposal_rows(found: Iterable[TriageProposal]) -> list[ProposalRow]:
    """Return the rows of proposals that `fitting` read."""
    return [_row(one) for one in found]


def _row(one: TriageProposal) -> ProposalRow:
    applied = one.state in TriageProposal.DONE
    return ProposalRow(
        id=one.id,
        case_id=one.case_id,
        title=title_words(one.case.title, one.case.error_class),
        customer=one.customer.name,
        kind=str(_(verdict_for(one.error_class).title)),
        deed=one.get_deed_display(),
        source=one.get_source_display(),
        confidence=one.confidence,
        state=one.state,
        state_words=one.get_state_display(),
        made_at=one.made_at,
        decided_at=one.decided_at,
        decided_by=one.decided_by_name,
        refusal=one.get_refusal_display(),
        held=""
        if not applied
        else str(_("settled"))
        if one.case.closed_how in ExceptionCase.SOLVED
        else str(_("still open"))
        if one.case.is_open
        else str(_("closed otherwise")),
    )


def score_lines(now: datetime) -> list[ScoreLine]:
    """Return the scorecard, what fell back first."""
    return [_line(row) for row in list_scores(now)]


def _line(row: ScoreRow) -> ScoreLine:
    address = f"{reverse('monitoring:proposal-list')}?class={row.error_class}&source={row.source}&counted="
    return ScoreLine(
        kind=str(_(verdict_for(row.error_class).title)),
        source=str(TriageProposal.Source(row.source).label),
        accepted=row.score.accepted,
        changed=row.score.changed,
        refused=row.score.refused,
        share=row.score.share,
        floor=row.floor,
        applied=row.applied,
        held=row.held,
        accepted_url=f"{address}yes&outcome={Verdict.ACCEPTED.value}",
        changed_url=f"{address}yes&outcome={Verdict.CHANGED.value}",
        refused_url=f"{address}yes&outcome={Verdict.REFUSED.value}",
        applied_url=f"{address}applied",
        held_url=f"{address}settled",
        fallback_id=row.fallback.id if row.fallback else None,
        fell_at=row.fallback.fell_at if row.fallback else None,
    )
