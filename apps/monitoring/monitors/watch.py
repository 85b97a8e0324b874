"""Looking after all live flows: a finding opens or keeps a case, its end closes the case and says why."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.flows.models import Flow
from apps.monitoring import case_book, case_clocks, routing_book
from apps.monitoring.blame import OVERDUE, verdict_for
from apps.monitoring.case_book import NewCase
from apps.monitoring.fingerprint import Cause, fingerprint
from apps.monitoring.models import ExceptionCase, MonitorFinding
from apps.monitoring.monitor_kinds import FROM_FIGURES, SHEETS, MonitorKind
from apps.monitoring.monitor_switches import Switches, read_switches
from apps.monitoring.monitors.cut_offs import cut_offs_at_risk
from apps.monitoring.monitors.figures import read_figures
from apps.monitoring.monitors.rules import Finding, judge

_How = ExceptionCase.ClosedHow
_BY_SWEEP = frozenset(FROM_FIGURES) - {MonitorKind.CUT_OFF}
_BY_CUT_OFFS = frozenset({MonitorKind.CUT_OFF})
_ENDED: Mapping[MonitorKind, tuple[ExceptionCase.ClosedHow, str]] = {
    MonitorKind.BACKLOG: (_How.RAN_WELL, "what waited has begun."),
    MonitorKind.OVERDUE: (_How.ARRIVED, "a run has ended since."),
    MonitorKind.EMPTY: (_How.ARRIVED, "records have come through again."),
    MonitorKind.SLOW: (_How.RAN_WELL, "a run took as long as usual again."),
    MonitorKind.PARTIAL: (_How.RAN_WELL, "a run's records were accepted as usual again."),
    MonitorKind.CUT_OFF: (_How.RAN_WELL, "nothing keeps the cut-off from being reached any more, or it has passed."),
}
Key = tuple[UUID, MonitorKind, str]


def watch_flows(now: datetime) -> tuple[int, int]:
    """Judge every live flow by its figures. Returns how many findings began and ended; safe to repeat at any time."""
    with transaction.atomic():
        case_book.take_turn()
        found: dict[Key, tuple[Flow, Finding]] = {}
        kept: set[tuple[UUID, MonitorKind]] = set()
        for flow, figures, _monitors in read_figures(now):
            judgement = judge(figures, now)
            found |= {(flow.id, one.kind, one.mark): (flow, one) for one in judgement.findings}
            kept |= {(flow.id, kind) for kind in judgement.silenced}
        counted = _follow(found, kept, _BY_SWEEP, now)
        _close_unexplained_silences(now)
        return counted


def watch_cut_offs(now: datetime) -> tuple[int, int]:
    """Judge the cut-offs to come. Returns how many findings began and ended."""
    with transaction.atomic():
        case_book.take_turn()
        found = {(flow.id, one.kind, one.mark): (flow, one) for flow, one in cut_offs_at_risk(now)}
        return _follow(found, set(), _BY_CUT_OFFS, now)


def _follow(
    found: Mapping[Key, tuple[Flow, Finding]],
    kept: Collection[tuple[UUID, MonitorKind]],
    kinds: Collection[MonitorKind],
    now: datetime,
) -> tuple[int, int]:
    """Bring the findings that go on, and their cases, up to what is found now; `kept` are those nobody can judge now."""
    rows = MonitorFinding.objects.select_for_update(of=("self",)).filter(ended_at__isnull=True, kind__in=kinds)
    going_on = {(row.flow_id, MonitorKind(row.kind), row.mark): row for row in rows.select_related("flow", "case")}
    switches = read_switches(now)
    ended = 0
    for key, row in going_on.items():
        if key not in found and (key[:2] not in kept or row.flow.state != Flow.State.LIVE):
            _end(row, key[1], switches, now)
            ended += 1
    new = [pair for key, pair in found.items() if key not in going_on]
    for flow, finding in new:
        _begin(flow, finding, switches.severity(flow.id, finding.kind), now)
    if new:
        routing_book.route_new(now)
    return len(new), ended


def _begin(flow: Flow, finding: Finding, severity: str, now: datetime) -> None:
    (business_class,) = SHEETS[finding.kind].classes
    cause = Cause(str(flow.id), "monitor", business_class, "", finding.mark, "")
    new = NewCase(flow, cause, fingerprint(cause), finding.sentence, failed_at=min(finding.failed_at, now))
    case = case_book.find_open(new) or _open_of(flow, business_class)
    if case is None:
        case = case_book.open_case(new, title=verdict_for(business_class).title, now=now)
        case_book.grade(case, severity)
        if finding.due_at is not None:
            case_clocks.fix_due(case, max(finding.due_at, now))
    MonitorFinding.objects.create(
        flow=flow,
        customer_id=flow.customer_id,
        kind=finding.kind,
        mark=finding.mark,
        sentence=finding.sentence[:600],
        value=finding.value,
        limit=finding.limit,
        since=finding.since,
        found_at=now,
        case=case,
    )


def _open_of(flow: Flow, business_class: str) -> ExceptionCase | None:
    """Return an open case that was opened before its finding had a row."""
    cases = ExceptionCase.objects.select_for_update(of=("self",)).exclude(state=ExceptionCase.State.CLOSED)
    return cases.filter(flow=flow, error_class=business_class, findings__isnull=True).first()


def _end(row: MonitorFinding, kind: MonitorKind, switches: Switches, now: datetime) -> None:
    row.ended_at = now
    row.save(update_fields=["ended_at"])
    if row.case is None or not row.case.is_open:
        return
    how, reason = _ENDED[kind]
    if row.flow.state != Flow.State.LIVE:
        how, reason = _How.FLOW_STOPPED, "the flow is no longer live."
    elif switches.is_off(row.flow_id, kind):
        how, reason = _How.BY_PERSON, "its monitor was switched off."
    _close([row.case], how, reason, now)


def _close_unexplained_silences(now: datetime) -> None:
    """Close cases of silences that are over and were opened before findings had rows."""
    cases = ExceptionCase.objects.select_for_update(of=("self",)).exclude(state=ExceptionCase.State.CLOSED)
    _close(cases.filter(error_class=OVERDUE, findings__isnull=True), *_ENDED[MonitorKind.OVERDUE], now)


def _close(cases: Iterable[ExceptionCase], how: ExceptionCase.ClosedHow, reason: str, now: datetime) -> None:
    for case in cases:
        case_book.close_case(case, how, reason=reason, now=now)
