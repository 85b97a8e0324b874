"""A customer's flows as kinds of work on their way: how each is doing, in a sentence, and what it got through."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.flows.models import Flow, FlowDay
from apps.flows.templates_library import FlowTemplate, UnknownTemplateError, flow_template
from apps.monitoring import impact
from apps.monitoring.customer_pages import Topic, Transfer
from apps.monitoring.health import Figures
from apps.monitoring.impact import Quality
from apps.monitoring.models import CaseOperation, ExceptionCase
from apps.monitoring.queries.figures import Tally, tallies
from apps.tenants.templatetags.wording import count_words

LOOK_BACK_DAYS = 30
SPARK_DAYS = 14


def recent_days(now: datetime, days: int = LOOK_BACK_DAYS) -> list[FlowDay]:
    """Return what got through lately in scope, the newest day first: a row per flow, day and currency."""
    since = now.date() - timedelta(days=days)
    return list(FlowDay.objects.filter(day__gte=since).order_by("-day", "flow_id", "-amount_written"))


def list_topics(now: datetime, days: Iterable[FlowDay]) -> list[Topic]:
    """Return the customer's topics by name. Six queries, however many; `days` is what `recent_days` found."""
    shown = Flow.objects.filter(state__in=[Flow.State.LIVE, Flow.State.PAUSED]).select_related("source", "target")
    counted, held = tallies("flow_id", now=now), _held_by_flow()
    by_flow: defaultdict[UUID, list[FlowDay]] = defaultdict(list)
    for row in days:
        by_flow[row.flow_id].append(row)
    return [
        _topic(flow, counted[flow.id], by_flow[flow.id], now.date(), held=held.get(flow.id, 0))
        for flow in shown.order_by("name")
    ]


def _held_by_flow() -> dict[UUID, int]:
    rows = CaseOperation.objects.filter(open=True).exclude(case__state=ExceptionCase.State.CLOSED).order_by()
    return dict(rows.values_list("case__flow_id").annotate(Count("id")))


def _topic(flow: Flow, tally: Tally, days: list[FlowDay], today: date, *, held: int) -> Topic:
    monday = today - timedelta(days=today.weekday())
    this_week = [row for row in days if row.day >= monday]
    records = records_word(flow)
    spark = _spark(days, today)
    return Topic(
        id=flow.id,
        name=records[:1].upper() + records[1:],
        records_word=records,
        source=flow.source.name,
        target=flow.target.name,
        colour=tally.health().colour,
        sentence=_sentence(flow, tally.figures(), records),
        last_success_at=tally.days.get("last_success_at"),
        monday=monday,
        week=sum(row.written for row in this_week),
        held=held,
        worth=worth(this_week),
        blocked=tally.at_risk,
        spark=spark,
        spark_words=_("%(records)s a day over the last %(days)s days, at most %(most)s")
        % {"records": records, "days": SPARK_DAYS, "most": count_words(max(spark, default=0))},
    )


def _spark(days: Iterable[FlowDay], today: date) -> tuple[int, ...]:
    written: defaultdict[date, int] = defaultdict(int)
    for row in days:
        written[row.day] += row.written
    return tuple(written[today - timedelta(days=back)] for back in range(SPARK_DAYS - 1, -1, -1))


def template_of(flow: Flow) -> FlowTemplate | None:
    """Return the template a flow was installed from; None when it is no longer in the library."""
    try:
        return flow_template(flow.template)
    except UnknownTemplateError:
        return None


def records_word(flow: Flow, number: int = 2) -> str:
    """Return how people call what the flow carries ("time entries"), in the reader's language."""
    template = template_of(flow)
    if template is None:
        return ngettext("record", "records", number)
    return _(template.record_word if number == 1 else template.records_word)


def _sentence(flow: Flow, figures: Figures, records: str) -> str:
    words = {"records": records, "source": flow.source.name, "target": flow.target.name}
    if flow.state == Flow.State.PAUSED:
        return _("Paused for now. Nothing is lost: it goes on where it stopped.")
    if figures.silent_flows:
        return _("No %(records)s have come from %(source)s for longer than usual. We are looking into it.") % words
    if figures.open_cases and figures.last_success_at:
        return _("Most %(records)s arrive in %(target)s; some are held up.") % words
    if figures.open_cases:
        return _("At present no %(records)s get through to %(target)s. They are kept safe meanwhile.") % words
    if figures.last_success_at:
        return _("All %(records)s from %(source)s arrive in %(target)s.") % words
    return _("The first %(records)s from %(source)s are still to come.") % words


def worth(days: Iterable[FlowDay]) -> tuple[impact.Sum, ...]:
    """Return what the arrived records of these days are worth, by currency."""
    return impact.added(
        impact.Sum(row.currency, row.amount_written, Quality.KNOWN, row.written)
        for row in days
        if row.currency and row.amount_written
    )


def transfers(flows: Mapping[UUID, Flow], days: Iterable[FlowDay]) -> list[Transfer]:
    """Return what got through, one line per flow and day, the newest first; flows that are gone are left out."""
    grouped: defaultdict[tuple[date, UUID], list[FlowDay]] = defaultdict(list)
    for row in days:
        if row.flow_id in flows:
            grouped[row.day, row.flow_id].append(row)
    order = [part.currency for part in worth(row for group in grouped.values() for row in group)]
    told = (_transfer(flows[flow_id], day, group, order) for (day, flow_id), group in grouped.items())
    return [line for line in told if line.arrived or line.held]


def _transfer(flow: Flow, day: date, group: list[FlowDay], order: list[str]) -> Transfer:
    arrived, held = sum(row.written for row in group), sum(row.rejected for row in group)
    return Transfer(
        day=day,
        flow_id=flow.id,
        topic=records_word(flow),
        sentence=transfer_sentence(flow, arrived, held),
        arrived=arrived,
        held=held,
        worth=tuple(sorted(worth(group), key=lambda part: order.index(part.currency))),
    )


def transfer_sentence(flow: Flow, arrived: int, held: int) -> str:
    """Return "41 time entries posted to Accounting, 2 held back"."""
    words = {
        "arrived": count_words(arrived),
        "held": count_words(held),
        "records": records_word(flow, arrived or held),
        "target": flow.target.name,
    }
    if arrived and held:
        return _("%(arrived)s %(records)s posted to %(target)s, %(held)s held back") % words
    if arrived:
        return _("%(arrived)s %(records)s posted to %(target)s") % words
    return _("%(held)s %(records)s held back, not yet posted to %(target)s") % words
