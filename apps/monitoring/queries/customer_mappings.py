"""What is special about one customer's mappings: the lines it changed, and the values nobody has translated yet."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from apps.connectors.errors import BusinessClass
from apps.customers.models import Customer
from apps.flows.models import Flow
from apps.flows.queries.mapping import MappingRow, get_mapping_table
from apps.monitoring.pages import CaseRow
from apps.monitoring.queries.case_rows import case_row, with_names
from apps.monitoring.queries.figures import open_cases

MOST_FLOWS = 20  # each is compiled: a customer with more opens the flows themselves
_GAPS = (BusinessClass.MAPPING_GAP.value, BusinessClass.SCHEMA_DRIFT.value)


@dataclass(frozen=True, slots=True)
class FlowMapping:
    """One flow's mapping. `own` are the lines the customer changed; `below` counts the others by the layer they are of."""

    flow: Flow
    own: tuple[MappingRow, ...]
    below: dict[str, int]
    gaps: tuple[CaseRow, ...]
    problems: tuple[str, ...]

    @property
    def lines(self) -> int:
        """Return how many lines the mapping has."""
        return len(self.own) + sum(self.below.values())


def list_mappings(customer: Customer, *, now: datetime) -> list[FlowMapping]:
    """Return the mappings of a customer's flows, by name."""
    flows = (
        Flow.objects.filter(customer=customer, live_version__isnull=False)
        .exclude(state=Flow.State.RETIRED)
        .select_related("source", "target", "live_version")
        .order_by("name", "id")[:MOST_FLOWS]
    )
    gaps = _gaps(customer, now)
    return [_mapping(flow, tuple(gaps[flow.id])) for flow in flows]


def _mapping(flow: Flow, gaps: tuple[CaseRow, ...]) -> FlowMapping:
    table = get_mapping_table(flow)
    return FlowMapping(
        flow=flow,
        own=tuple(row for row in table.rows if row.origin == "customer"),
        below=dict(Counter(row.origin for row in table.rows if row.origin != "customer")),
        gaps=gaps,
        problems=tuple(table.problems),
    )


def _gaps(customer: Customer, now: datetime) -> defaultdict[UUID | None, list[CaseRow]]:
    found: defaultdict[UUID | None, list[CaseRow]] = defaultdict(list)
    cases = with_names(open_cases().filter(customer=customer, error_class__in=_GAPS))
    for case in cases.order_by("-operation_count", "id"):
        found[case.flow_id].append(case_row(case, now))
    return found
