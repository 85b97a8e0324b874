"""What a customer's people see first, in business words: is my work arriving, what needs me, what is held up."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Count, F, Sum

from apps.flows.models import Flow, FlowDay
from apps.flows.templates_library import FlowTemplate, UnknownTemplateError, flow_template
from apps.monitoring import impact
from apps.monitoring.blame import WaitingOn, verdict_for
from apps.monitoring.health import Colour, Figures
from apps.monitoring.impact import Quality
from apps.monitoring.models import CaseOperation, ExceptionCase
from apps.monitoring.pages import CaseRow, CustomerHome, FlowWords, HeldProject, TransferDay
from apps.monitoring.queries.case_rows import case_row, with_names
from apps.monitoring.queries.figures import LOOK_BACK_DAYS, Tally, open_cases, tallies

SHOWN_CASES = 8
SHOWN_PROJECTS = 10
SHOWN_TRANSFERS = 14


def get_customer_home(customer_id: UUID, name: str, *, now: datetime) -> CustomerHome:
    """Return the overview of the customer whose scope is open. Fourteen queries, however much there is."""
    whole = tallies("customer_id", now=now)[customer_id]
    days = _days(now)
    flows = _flows(now, days)
    transfers = _transfers(flows, days)
    figures = whole.figures()
    colour = whole.health().colour
    held = _held_projects()
    needs_you_count = whole.cases.get("with_customer", 0)
    with_us_count = whole.cases.get("open", 0) - needs_you_count
    what = _together(flow.what for flow in flows) or "records"
    return CustomerHome(
        customer=name,
        colour=colour,
        answer=_answer(colour, figures, what),
        reasons=_reasons(figures, needs_you_count, with_us_count, what),
        flows=tuple(flows),
        needs_you=_cases(now, waits_for_customer=True),
        needs_you_count=needs_you_count,
        with_us=_cases(now, waits_for_customer=False),
        with_us_count=with_us_count,
        blocked=whole.at_risk,
        projects=tuple(held[:SHOWN_PROJECTS]),
        more_projects=max(len(held) - SHOWN_PROJECTS, 0),
        transfers=tuple(transfers[:SHOWN_TRANSFERS]),
        transferred_records=whole.days.get("written_lately") or 0,
        last_success_at=whole.days.get("last_success_at"),
        days=LOOK_BACK_DAYS,
    )


def _flows(now: datetime, days: Iterable[FlowDay]) -> list[FlowWords]:
    shown = Flow.objects.filter(state__in=[Flow.State.LIVE, Flow.State.PAUSED]).select_related("source", "target")
    counted = tallies("flow_id", now=now)
    worth, today = _worth(days), now.date()
    return [_flow_words(flow, counted[flow.id], worth[flow.id, today]) for flow in shown.order_by("name")]


def _flow_words(flow: Flow, tally: Tally, worth: tuple[impact.Sum, ...]) -> FlowWords:
    template = _template(flow)
    health = tally.health()
    return FlowWords(
        id=flow.id,
        name=flow.name,
        what=template.records_word if template else "records",
        one=template.record_word if template else "record",
        done=template.done_word if template else "transferred",
        source=flow.source.name,
        target=flow.target.name,
        colour=health.colour,
        reason=_flow_reason(flow, tally.figures(), template.records_word if template else "records"),
        last_success_at=tally.days.get("last_success_at"),
        transferred=tally.days.get("today_written") or 0,
        worth=worth,
        sums=tally.at_risk,
        open_cases=tally.cases.get("open", 0),
    )


def _template(flow: Flow) -> FlowTemplate | None:
    try:
        return flow_template(flow.template)
    except UnknownTemplateError:
        return None


def _flow_reason(flow: Flow, figures: Figures, what: str) -> str:
    if flow.state == Flow.State.PAUSED:
        return "Paused for now: nothing is lost, it goes on where it stopped."
    if figures.silent_flows:
        return f"Nothing has come from {flow.source.name} in the usual time. We are looking into it."
    if figures.open_cases:
        return (
            f"Most {what} arrive; some are held up, see below."
            if figures.last_success_at
            else f"The {what} are held up."
        )
    return f"All {what} arrive." if figures.last_success_at else f"The first {what} are still to come."


def _answer(colour: Colour, figures: Figures, what: str) -> str:
    if colour is Colour.GREEN:
        return f"Your {what} are arriving."
    if colour is Colour.GREY:
        return f"Your {what} have not started to arrive yet."
    if figures.broken_connections or figures.silent_flows or not figures.last_success_at:
        return f"Your {what} are not arriving as they should."
    return f"Your {what} are arriving, but some are held up."


def _reasons(figures: Figures, needs_you: int, with_us: int, what: str) -> tuple[str, ...]:
    mostly_refused = figures.read and figures.rejected * 2 > figures.read
    reasons = (
        (figures.broken_connections, f"We cannot sign in to {_many(figures.broken_connections, 'of your systems')}."),
        (figures.silent_flows, "Nothing came in the usual time."),
        (mostly_refused, f"{figures.rejected:,} of {figures.read:,} {what} were not accepted."),
        (figures.paused_flows, "Part of it is paused for now; nothing is lost."),
        (needs_you, f"{needs_you:,} {'matter waits' if needs_you == 1 else 'matters wait'} for you."),
        (with_us, f"We are working on {with_us:,} {'matter' if with_us == 1 else 'matters'}."),
    )
    return tuple(words for applies, words in reasons if applies) or ("Nothing needs your attention.",)


def _many(count: int, of_what: str) -> str:
    return f"{'one' if count == 1 else f'{count:,}'} {of_what}"


def _together(words: Iterable[str]) -> str:
    several = list(dict.fromkeys(words))
    return f"{', '.join(several[:-1])} and {several[-1]}" if len(several) > 1 else "".join(several)


def _cases(now: datetime, *, waits_for_customer: bool) -> tuple[CaseRow, ...]:
    found = open_cases()
    theirs = {"waiting_on": WaitingOn.CUSTOMER}
    found = found.filter(**theirs) if waits_for_customer else found.exclude(**theirs)
    dearest = F("amount").desc(nulls_last=True)
    shown = with_names(found).order_by("due_at", dearest, "id")[:SHOWN_CASES]
    return tuple(_in_their_words(case, case_row(case, now)) for case in shown)


def _in_their_words(case: ExceptionCase, row: CaseRow) -> CaseRow:
    # What we have to mend is said in our words; a customer reads what it means.
    if case.waiting_on == WaitingOn.CUSTOMER:
        return row
    return replace(row, sentence=verdict_for(case.error_class).explanation)


def _days(now: datetime) -> list[FlowDay]:
    """Return what got through lately, the newest day first: one row per flow, day and currency."""
    since = now.date() - timedelta(days=LOOK_BACK_DAYS)
    return list(FlowDay.objects.filter(day__gte=since).order_by("-day", "flow_id", "-amount_written"))


def _worth(days: Iterable[FlowDay]) -> defaultdict[tuple[UUID, date], tuple[impact.Sum, ...]]:
    found: defaultdict[tuple[UUID, date], tuple[impact.Sum, ...]] = defaultdict(tuple)
    for row in days:
        if row.currency and row.amount_written:
            part = impact.Sum(row.currency, row.amount_written, Quality.KNOWN, row.written)
            found[row.flow_id, row.day] += (part,)
    return found


def _transfers(flows: Iterable[FlowWords], days: Iterable[FlowDay]) -> list[TransferDay]:
    """Return what got through, one line per flow and day; flows that are gone are left out."""
    named: Mapping[UUID, FlowWords] = {flow.id: flow for flow in flows}
    worth = _worth(days)
    counted: defaultdict[tuple[UUID, date], int] = defaultdict(int)
    for row in days:
        if row.flow_id in named:
            counted[row.flow_id, row.day] += row.written
    return [_transfer(named[key[0]], key[1], number, worth[key]) for key, number in counted.items() if number]


def _transfer(flow: FlowWords, day: date, number: int, worth: tuple[impact.Sum, ...]) -> TransferDay:
    return TransferDay(
        day=day,
        flow=flow.name,
        flow_id=flow.id,
        what=flow.one if number == 1 else flow.what,
        done=flow.done,
        records=number,
        worth=worth,
    )


def _held_projects() -> list[HeldProject]:
    """Return the work that open cases hold up, per project, the most records first."""
    rows = (
        CaseOperation.objects.filter(open=True)
        .exclude(case__state=ExceptionCase.State.CLOSED)
        .order_by()
        .values_list("operation__project_ref", "operation__client_ref", "operation__currency")
        .annotate(total=Sum("operation__amount"), number=Count("operation_id"))
    )
    counts: defaultdict[tuple[str, str], int] = defaultdict(int)
    sums: defaultdict[tuple[str, str], list[impact.Sum]] = defaultdict(list)
    for project, client, currency, total, number in rows:
        counts[project, client] += number
        if total is not None and currency:
            sums[project, client].append(impact.Sum(currency, total, Quality.KNOWN, number))
    held = [
        HeldProject(project, client, number, impact.added(sums[project, client]))
        for (project, client), number in counts.items()
    ]
    return sorted(held, key=lambda row: (-row.records, row.project, row.client))
