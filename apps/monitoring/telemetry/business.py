"""Business telemetry that is counted rather than timed: rework, and exceptions by what their records have in common."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median_high
from typing import Any

from django.db import connection
from django.db.models import Count, Min, Q, Sum

from apps.flows.models import ApprovalRequest, Correction, FlowDay, Run
from apps.monitoring.queries.ledger_rows import By, id_at, start_of
from apps.monitoring.queries.reports import ReportSpan, causes_of, speed_of

# One reading of the failures for all parts. A record counts once under each name it had, however often it failed: those few that
# failed again are counted one by one, all others by what they have in common.
_HELD_BACK = """
WITH failed AS (
  SELECT held.operation_id, held.again, held.service_line, held.region, held.segment, held.customer_id
  FROM monitoring_caseoperation AS held JOIN monitoring_exceptioncase AS cause ON cause.id = held.case_id
  WHERE held.failed_at >= %(since)s AND held.failed_at < %(until)s
    AND (%(customer)s::uuid IS NULL OR held.customer_id = %(customer)s::uuid)
    AND (%(flow)s::uuid IS NULL OR cause.flow_id = %(flow)s::uuid)
), several AS (
  SELECT DISTINCT operation_id FROM failed WHERE again
), alike AS (
  SELECT failed.service_line, failed.region, failed.segment, failed.customer_id, several.operation_id, count(*) AS records
  FROM failed LEFT JOIN several ON several.operation_id = failed.operation_id GROUP BY 1, 2, 3, 4, 5
)
SELECT told.part, told.name,
  (coalesce(sum(alike.records) FILTER (WHERE alike.operation_id IS NULL), 0) + count(DISTINCT alike.operation_id))::bigint
FROM alike JOIN customers_customer AS owner ON owner.id = alike.customer_id
CROSS JOIN LATERAL (VALUES ('service_line', alike.service_line), ('region', alike.region), ('segment', alike.segment),
                           ('country', owner.country), ('customer_segment', owner.segment)) AS told (part, name)
GROUP BY told.part, told.name ORDER BY 3 DESC, told.name
"""


@dataclass(frozen=True, slots=True)
class Rework:
    """Records that people had to set right or send again in a span, of all that were settled or held back in it."""

    corrected: int
    replayed: int
    handled: int

    @property
    def share(self) -> float | None:
        """Return the share of the records that were sent again, None where none was handled."""
        return self.replayed / self.handled if self.handled else None


@dataclass(frozen=True, slots=True)
class Posting:
    """How long records took from being read until posted: the middle of the days' medians, and of their slow tenths."""

    median: float | None
    slow: float | None
    number: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """Questions that nobody has answered yet, and since when the oldest waits."""

    number: int
    oldest_at: datetime | None


def rework_of(span: ReportSpan) -> Rework:
    """Return the rework of a span. Three queries, none of them over the ledger."""
    corrections = Correction.objects.filter(span.moments("made_at"))
    corrected = span.of(corrections, "operation__flow_id").values("operation_id").distinct().count()
    replays = span.of(Run.objects.filter(_ids(span), mode=Run.Mode.REPLAY)).aggregate(number=Sum("read"))["number"]
    days = span.of(FlowDay.objects.filter(day__gte=span.since, day__lte=span.until))
    sums = days.aggregate(written=Sum("written"), unchanged=Sum("unchanged"), rejected=Sum("rejected"))
    return Rework(corrected, replays or 0, sum(number or 0 for number in sums.values()))


def posting_of(span: ReportSpan) -> Posting:
    """Return how long records took until posted. One query."""
    days = speed_of(span, span.each_day)
    medians = [day.median_seconds for day in days if day.median_seconds is not None]
    slow = [day.slow_seconds for day in days if day.slow_seconds is not None]
    if not medians or not slow:
        return Posting(None, None, 0)
    return Posting(median_high(medians), median_high(slow), sum(day.records for day in days))


def held_back_by(span: ReportSpan) -> defaultdict[By, list[tuple[str, int]]]:
    """Return the records that were held back in a span by what they have in common, the most first; "" for not known. One query."""
    asked: dict[str, Any] = {
        "since": start_of(span.since),
        "until": start_of(span.until + timedelta(days=1)),
        "customer": span.customer_id,
        "flow": span.flow_id,
    }
    counted: defaultdict[By, list[tuple[str, int]]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_HELD_BACK, asked)
        for part, name, number in cursor.fetchall():
            counted[By(part)].append((name, number))
    return counted


def held_back_by_cause(span: ReportSpan) -> list[tuple[str, int]]:
    """Return the records that were held back in a span by the class of their failure, the most first."""
    return [(cause.error_class, cause.records) for cause in causes_of(span)]


def waiting_answers(span: ReportSpan) -> Waiting:
    """Return the open questions, whatever the days. One query."""
    asked = span.of(ApprovalRequest.objects.filter(state=ApprovalRequest.State.OPEN))
    return Waiting(**asked.aggregate(number=Count("id"), oldest_at=Min("asked_at")))


def _ids(span: ReportSpan) -> Q:
    return Q(id__gte=id_at(start_of(span.since)), id__lt=id_at(start_of(span.until + timedelta(days=1))))
