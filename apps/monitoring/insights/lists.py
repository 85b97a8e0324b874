"""Reading insights as a list and one by one, for the partner's people and for a customer's own."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from operator import attrgetter
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.accounts.actions import Action
from apps.accounts.actor import Actor
from apps.accounts.list_specs import Column, Filter, ListSpec, ListState, Option
from apps.monitoring.insights import words
from apps.monitoring.insights.charts import chart_of
from apps.monitoring.insights.coverage import LABELS, read_parts, words_of
from apps.monitoring.insights.pages import InsightPage, InsightRow, LookLine
from apps.monitoring.models import Insight, InsightLook

_State = Insight.State

INSIGHTS = ListSpec(
    key="insights",
    columns=(
        Column("title", _("What about"), sort=("label",), fixed=True, value=attrgetter("title")),
        Column("sentence", _("What was found"), value=attrgetter("sentence")),
        Column("customer", _("Customer"), sort=("customer__name",), value=attrgetter("customer")),
        Column("kind", _("Kind"), sort=("kind",), value=attrgetter("kind"), shown=False),
        Column("cause", _("Cause"), sort=("cause",), value=attrgetter("cause")),
        Column("project", _("Project"), sort=("project_ref",), value=attrgetter("project"), shown=False),
        Column("client", _("Client"), sort=("client_ref",), value=attrgetter("client"), shown=False),
        Column("day", _("Day"), sort=("happened_on",), value=attrgetter("happened_on"), nullable=True, shown=False),
        Column(
            "amount",
            _("Money"),
            sort=("amount",),
            value=attrgetter("amount"),
            numeric=True,
            nullable=True,
            large_first=True,
        ),
        Column("currency", _("Currency"), sort=("currency",), value=attrgetter("currency"), shown=False),
        Column("quality", _("How it is known"), value=attrgetter("quality"), shown=False),
        Column("urgency", _("Urgency"), sort=("urgency",), value=attrgetter("urgency_words"), large_first=True),
        Column("state", _("State"), sort=("state",), value=attrgetter("state_words"), shown=False),
        Column("found", _("Found"), sort=("found_at",), value=attrgetter("found_at"), large_first=True, shown=False),
        Column("decision", _("Decision"), value=attrgetter("decision"), shown=False),
        Column(
            "decided", _("Decided"), sort=("decided_at",), value=attrgetter("decided_at"), nullable=True, shown=False
        ),
        Column("by", _("Decided by"), value=attrgetter("decided_by"), shown=False),
        Column("reason", _("Reason"), value=attrgetter("reason"), shown=False),
    ),
    filters=(
        Filter("q", _("Record, project or client"), "search"),
        Filter("kind", _("Kind"), "chips", tuple(Option(value, label) for value, label in Insight.Kind.choices)),
        Filter(
            "cause",
            _("Cause"),
            "select",
            tuple(Option(value, label) for value, label in Insight.Cause.choices),
            all_label=_("Any cause"),
        ),
        Filter(
            "state",
            _("State"),
            "select",
            (*(Option(value, label) for value, label in _State.choices), Option("all", _("All states"))),
            all_label=_("To look at"),
        ),
        Filter("customer", _("Customer"), "select", all_label=_("All customers")),
    ),
    order="-urgency",
    tie=("-found_at", "-id"),
)
_INSIDE = frozenset({"customer", "decision", "decided", "by", "reason"})  # who of the partner's people thought what
OWN = replace(
    INSIGHTS,
    key="own-insights",
    columns=tuple(column for column in INSIGHTS.columns if column.name not in _INSIDE),
    filters=tuple(one for one in INSIGHTS.filters if one.name != "customer"),
)


def fitting(state: ListState, *, any_kind: bool = False) -> QuerySet[Insight]:
    """Return the insights that fit what is asked, what waits for a decision unless another state is; `any_kind` to count."""
    found = Insight.objects.select_related("customer")
    asked = state.value("state")
    if asked != "all":
        found = found.filter(state=asked or _State.OPEN)
    if not any_kind and (kind := state.value("kind")):
        found = found.filter(kind=kind)
    if cause := state.value("cause"):
        found = found.filter(cause=cause)
    if customer_id := state.id_of("customer"):
        found = found.filter(customer_id=customer_id)
    if typed := state.value("q"):
        found = found.filter(
            Q(label__icontains=typed) | Q(project_ref__icontains=typed) | Q(client_ref__icontains=typed)
        )
    return found


def rows_for(who: Actor) -> Callable[[Iterable[Insight]], list[InsightRow]]:
    """Return what makes rows of insights for somebody."""
    return lambda found: [_row(one, who) for one in found]


def _row(one: Insight, who: Actor) -> InsightRow:
    inside = not who.is_customer
    return InsightRow(
        id=one.id,
        title=words.title_of(one),
        sentence=words.sentence_of(one),
        customer_id=one.customer_id,
        customer=one.customer.name,
        kind=one.get_kind_display(),
        cause=one.get_cause_display(),
        project=one.project_ref,
        client=one.client_ref,
        happened_on=one.happened_on,
        urgency=one.urgency,
        urgency_words=one.get_urgency_display(),
        amount=one.amount,
        currency=one.currency,
        quality=one.amount_quality,
        state=one.state,
        state_words=one.get_state_display(),
        found_at=one.found_at,
        decision=str(_State(one.decision).label) if inside and one.decision else "",
        decided_at=one.decided_at,
        decided_by=one.decided_by_name if inside else "",
        reason=one.reason if inside else "",
    )


def get_insight(insight_id: UUID) -> Insight:
    """Return an insight in scope. Raises Http404."""
    found = Insight.objects.select_related("customer").filter(id=insight_id).first()
    if found is None:
        raise Http404("There is no such insight.")
    return found


def page_for(one: Insight, who: Actor) -> InsightPage:
    """Return what the page of an insight shows somebody."""
    can_decide = who.can(Action.WORK_CASES) and one.state != _State.GONE
    url, label = _record(one, who)
    return InsightPage(
        row=_row(one, who),
        is_earlier=one.decision not in ("", one.state),
        advice=words.advice_of(one),
        chart=chart_of(one),
        fits=tuple(words.fit_words(fit) for fit in one.facts.get("fits", ())),
        record_url=url,
        record_label=label,
        outside_url=str(one.facts.get("url", "")),
        gone_at=one.gone_at,
        ended=one.get_ended_display(),
        seen_at=one.seen_at,
        returned=one.returned,
        can_decide=can_decide,
        can_accept=can_decide and one.state != _State.ACCEPTED,
        can_dismiss=can_decide and one.state != _State.DISMISSED,
    )


def _record(one: Insight, who: Actor) -> tuple[str, str]:
    """Return where the record is to be seen, and what the link says; "" where there is nothing to see."""
    if one.operation_id is not None:
        own = one.canonical_type != "Project" or one.cause == Insight.Cause.INCOMPLETE
        label = _now("Open the record") if own else _now("Open the project's records")
        if who.is_customer:
            return reverse("monitoring:customer-record", args=[one.operation_id]), label
        return reverse("monitoring:record-lineage", args=[one.operation_id]), label
    if one.flow_id is not None and one.happened_on is not None:
        day = one.happened_on.isoformat()
        page = "monitoring:customer-records" if who.is_customer else "monitoring:report-records"
        query = urlencode({"what": "all", "flow": str(one.flow_id), "since": day, "until": day})
        return f"{reverse(page)}?{query}", _now("Open the records of that day")
    return "", ""


def was_looked() -> bool:
    """Return whether anybody's records were looked at yet."""
    return InsightLook.objects.exists()


def look_lines() -> list[LookLine]:
    """Return what the last looks went by, by customer; one query."""
    looks = InsightLook.objects.select_related("customer").order_by("customer__name")
    return [
        LookLine(
            look.customer.name, look.looked_at, str(LABELS[part.part]), words_of(part), part.none or bool(part.problem)
        )
        for look in looks
        for part in read_parts(look.parts)
    ]
