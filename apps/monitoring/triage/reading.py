"""What is known of open cases: their facts, what they are compared by, the cases of the past, and their money."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import OuterRef, QuerySet, Subquery

from apps.connectors.canonical.values import plain_text
from apps.flows.engine.definition import DefinitionError
from apps.flows.mapping.compiled import MappingError
from apps.flows.models import Flow
from apps.flows.services.publish import layered_lines
from apps.monitoring.blame import Fix, verdict_for
from apps.monitoring.currency_rates import read_rates
from apps.monitoring.fingerprint import normalised
from apps.monitoring.impact import Quality
from apps.monitoring.models import CaseAmount, CaseOperation, CaseStep, ExceptionCase, TriageProposal
from apps.monitoring.money import Rates
from apps.monitoring.planned_retries import bringing_flows
from apps.monitoring.queries.case_page import missing_values_of
from apps.monitoring.queries.case_ways import list_value_tables
from apps.monitoring.triage.advice import Deed, Facts, KnownValue
from apps.monitoring.triage.deeds import last_deed
from apps.monitoring.triage.nearest import PastCase, Traits, words_of
from apps.monitoring.triage.policy import Money

REMEMBERED = timedelta(days=180)
MOST_REMEMBERED = 300  # of one class
MOST_FLOWS = 40  # whose tables are looked into
MOST_MISSING = 10
Tables = list[tuple[Flow, dict[str, dict[str, str]]]]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One case, read for a proposal."""

    case: ExceptionCase
    facts: Facts
    traits: Traits
    past: Sequence[PastCase]


class Reader:
    """Reads cases one after the other and remembers what they have in common."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._past: dict[str, list[ExceptionCase]] = {}
        self._steps: dict[UUID, list[str]] = {}
        self._tables: dict[tuple[str, UUID], Tables] = {}

    def sheet(self, case: ExceptionCase) -> Sheet:
        """Return what is known of a case that `with_traits` read."""
        past = [found for one in self._closed(case.error_class) if (found := self._past_case(one, case)) is not None]
        return Sheet(case, self._facts(case), traits_of(case), past)

    def _facts(self, case: ExceptionCase) -> Facts:
        missing = self._missing(case)
        tried = case.triage_proposals.filter(opening=case.reopened, state__in=TriageProposal.DONE)
        return Facts(
            business_class=case.error_class,
            error_field=case.error_field,
            missing=missing,
            known={place: self._known(case, *place) for place in missing},
            bringing=tuple((str(key), name) for key, name in bringing_flows(case).values_list("id", "name")),
            has_records=case.operation_count > 0,
            flow_is_live=case.flow is not None and case.flow.state == Flow.State.LIVE,
            tried=frozenset(Deed(deed) for deed in tried.values_list("deed", flat=True)),
        )

    def _missing(self, case: ExceptionCase) -> tuple[tuple[str, str], ...]:
        if Fix.ADD_VALUE not in verdict_for(case.error_class).fixes:
            return ()
        tables = list_value_tables(case)
        if not tables:
            return ()
        return tuple((tables[0][0], missing.value) for missing in missing_values_of(case)[:MOST_MISSING])

    def _known(self, case: ExceptionCase, target: str, value: str) -> tuple[KnownValue, ...]:
        if case.flow is None:
            return ()
        uses = []
        for flow, tables in self._tables_of(case.flow):
            new_value = tables.get(target, {}).get(value)
            if new_value is not None and flow.id != case.flow.id:
                own = flow.customer_id == case.customer_id
                uses.append(KnownValue(new_value, str(flow.id), flow.name, str(flow.customer_id), own))
        return tuple(uses)

    def _tables_of(self, flow: Flow) -> Tables:
        """Return the tables of values of live flows into the same kind of system, the same customer's first."""
        key = (flow.target.system, flow.customer_id)
        if key not in self._tables:
            live = Flow.objects.filter(state=Flow.State.LIVE, target__system=flow.target.system)
            live = live.select_related("live_version__flow__source", "live_version__flow__target")
            own = list(live.filter(customer_id=flow.customer_id)[:MOST_FLOWS])
            others = list(live.exclude(customer_id=flow.customer_id).order_by("-id")[: MOST_FLOWS - len(own)])
            self._tables[key] = [(one, _value_maps(one)) for one in [*own, *others]]
        return self._tables[key]

    def _closed(self, error_class: str) -> list[ExceptionCase]:
        if error_class not in self._past:
            closed = with_traits(ExceptionCase.objects.all()).filter(
                state=ExceptionCase.State.CLOSED,
                error_class=error_class,
                closed_how__in=ExceptionCase.OVER,
                closed_at__gte=self._now - REMEMBERED,
            )
            found = self._past[error_class] = list(closed.order_by("-closed_at")[:MOST_REMEMBERED])
            steps: defaultdict[UUID, list[str]] = defaultdict(list)
            lines = CaseStep.objects.filter(case__in=[one.id for one in found]).order_by("id")
            for case_id, sentence in lines.values_list("case_id", "sentence"):
                steps[case_id].append(sentence)
            self._steps.update(steps)
        return self._past[error_class]

    def _past_case(self, closed: ExceptionCase, case: ExceptionCase) -> PastCase | None:
        done = last_deed(self._steps.get(closed.id, []))
        if done is None or closed.closed_at is None:
            return None
        return PastCase(
            id=str(closed.id),
            title=closed.title,
            traits=traits_of(closed),
            deed=done.deed,
            arguments=done.arguments,
            held=closed.closed_how in ExceptionCase.SOLVED,
            closed_at=closed.closed_at,
            queue=closed.queue,
            team=str(closed.team_id or ""),
            own=closed.customer_id == case.customer_id,
        )


def with_traits(cases: QuerySet[ExceptionCase]) -> QuerySet[ExceptionCase]:
    """Return the same cases with what they are compared by."""
    step = CaseOperation.objects.filter(case=OuterRef("pk")).order_by("-id").values("operation__step")[:1]
    related = ("customer", "flow__source", "flow__target", "flow__live_version__flow", "run", "retry_run")
    return cases.select_related(*related).annotate(failed_step=Subquery(step))


def traits_of(case: ExceptionCase) -> Traits:
    """Return what a case that `with_traits` read is compared by."""
    return Traits(
        business_class=case.error_class,
        error_field=case.error_field,
        source=case.flow.source.system if case.flow else "",
        target=case.flow.target.system if case.flow else "",
        step=getattr(case, "failed_step", None) or "",
        words=words_of(normalised(case.explanation)),
    )


def money_of(case: ExceptionCase, currency: str, now: datetime, rates: Rates | None = None) -> Money:
    """Return a case's money in one currency; the rates are read unless they are given."""
    amounts: dict[str, Decimal] = {part.currency: part.amount for part in CaseAmount.objects.filter(case=case)}
    if not amounts:
        return Money(Quality(case.amount_quality), None)
    day = now.astimezone(ZoneInfo(case.customer.time_zone)).date()
    known = rates if rates is not None or set(amounts) == {currency} else read_rates()
    worth = (known or Rates(())).worth(amounts, currency, day)
    return Money(Quality(case.amount_quality), worth.amount, has_rate=not worth.left)


def _value_maps(flow: Flow) -> dict[str, dict[str, str]]:
    if flow.live_version is None:
        return {}
    try:
        lines = [layered.line for layered in layered_lines(flow.live_version)]
    except (MappingError, DefinitionError, KeyError):
        return {}
    return {
        line.target: {plain_text(old): plain_text(new) for old, new in line.value_map.items()}
        for line in lines
        if line.value_map is not None
    }
