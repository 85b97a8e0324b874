"""How long something took, from its beginning to its end: business states, steps and approvals, read from their own rows.

Each source is one bounded reading: the latest MOST_SAMPLED spells that ended in a span. Whoever asks sees only rows in
scope: the statements run under the database's fences.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db import connection

from apps.monitoring.queries.ledger_rows import id_at, start_of
from apps.monitoring.queries.reports import ReportSpan, whose_lines

MOST_SAMPLED = 2000
LEAST_A_DAY = 10
ROWS_SHOWN = 500


class Source(StrEnum):
    """What spells are read from."""

    STATES = "states"  # from one business state of a client to another
    HANDOFFS = "handoffs"  # from the end of the step before until a step was begun
    STEPS = "steps"  # from the begin of a step to its end
    APPROVALS = "approvals"  # from the question to the answer
    ONBOARDING = "onboarding"  # from the begin of a customer's own onboarding to its end
    BILLING = "billing"  # from work until it is posted, from an invoice until it is paid


@dataclass(frozen=True, slots=True)
class Summary:
    """Spells of one kind: half of them took at most `median` seconds, nine of ten at most `slow`; of `number` looked at."""

    key: str
    median: float
    slow: float
    number: int


@dataclass(frozen=True, slots=True)
class Spell:
    """One of them. `operation_id` is the record that it is about, None where there is none."""

    key: str
    customer_id: UUID
    customer: str
    label: str
    began_at: datetime
    ended_at: datetime
    operation_id: UUID | None

    @property
    def seconds(self) -> float:
        """Return how long it took."""
        return (self.ended_at - self.began_at).total_seconds()


ACTIVATION = "deal_closed-client_activated"
# From one business state to another, in the order in which they are shown.
PAIRS = (
    ACTIVATION,
    "deal_closed-contract_approved",
    "contract_approved-client_activated",
    "client_activated-project_ready",
    "project_ready-billing_enabled",
    "billing_enabled-onboarding_complete",
    "deal_closed-onboarding_complete",
)
_STATES = """
SELECT earlier.state || '-' || later.state AS key, later.customer_id, later.subject AS label,
       earlier.entered_at AS began_at, later.entered_at AS ended_at, later.operation_id
FROM flows_milestone AS later
JOIN flows_milestone AS earlier ON earlier.customer_id = later.customer_id AND earlier.subject = later.subject
 AND earlier.left_at IS NULL AND earlier.entered_at <= later.entered_at
WHERE later.left_at IS NULL AND later.entered_at >= %(since)s AND later.entered_at < %(until)s
  AND earlier.state || '-' || later.state = ANY(%(pairs)s) AND (%(customer)s::uuid IS NULL OR later.customer_id = %(customer)s::uuid)
  AND (%(flow)s::uuid IS NULL OR EXISTS (
    SELECT 1 FROM flows_operation AS line WHERE line.id = later.operation_id AND line.flow_id = %(flow)s::uuid))
ORDER BY later.entered_at DESC LIMIT %(most)s
"""
_HANDOFFS = """
SELECT step.name AS key, step.customer_id, line.label, before.changed_at AS began_at, step.started_at AS ended_at,
       step.operation_id
FROM flows_operationstep AS step
JOIN flows_operation AS line ON line.id = step.operation_id
CROSS JOIN LATERAL (
  SELECT one.changed_at FROM flows_operationstep AS one
  WHERE one.operation_id = step.operation_id AND one.position < step.position ORDER BY one.position DESC LIMIT 1) AS before
WHERE step.id >= %(first)s AND step.id < %(ending)s AND before.changed_at <= step.started_at
  AND (%(customer)s::uuid IS NULL OR step.customer_id = %(customer)s::uuid) AND (%(flow)s::uuid IS NULL OR step.flow_id = %(flow)s::uuid)
ORDER BY step.id DESC LIMIT %(most)s
"""
_STEPS = """
SELECT step.name AS key, step.customer_id, line.label, step.started_at AS began_at, step.changed_at AS ended_at,
       step.operation_id
FROM flows_operationstep AS step JOIN flows_operation AS line ON line.id = step.operation_id
WHERE step.id >= %(first)s AND step.id < %(ending)s AND step.state = 'done'
  AND (%(customer)s::uuid IS NULL OR step.customer_id = %(customer)s::uuid) AND (%(flow)s::uuid IS NULL OR step.flow_id = %(flow)s::uuid)
ORDER BY step.id DESC LIMIT %(most)s
"""
_APPROVALS = """
SELECT asked.step AS key, asked.customer_id, asked.question AS label, asked.asked_at AS began_at,
       asked.closed_at AS ended_at, asked.operation_id
FROM flows_approvalrequest AS asked
WHERE asked.state IN ('approved', 'rejected') AND asked.closed_at >= %(since)s AND asked.closed_at < %(until)s
  AND (%(customer)s::uuid IS NULL OR asked.customer_id = %(customer)s::uuid) AND (%(flow)s::uuid IS NULL OR asked.flow_id = %(flow)s::uuid)
ORDER BY asked.closed_at DESC LIMIT %(most)s
"""
_ONBOARDING = """
SELECT 'onboarding' AS key, begun.customer_id, owned.name AS label, begun.started_at AS began_at,
       begun.finished_at AS ended_at, NULL::uuid AS operation_id
FROM customers_onboarding AS begun JOIN customers_customer AS owned ON owned.id = begun.customer_id
WHERE begun.finished_at >= %(since)s AND begun.finished_at < %(until)s AND (%(customer)s::uuid IS NULL OR begun.customer_id = %(customer)s::uuid)
  AND %(flow)s::uuid IS NULL
ORDER BY begun.finished_at DESC LIMIT %(most)s
"""
WORKED, PAID = "worked", "paid"
BILLING_KEYS = (WORKED, PAID)
# Work and expenses are looked at by the latest lines of each day, whatever they carry: few days hold so few of them that this says
# nothing, and no index has to be kept for it. Each record counts when it was posted first, an invoice when it was first seen paid:
# one that was paid when it was first read says nothing about how long that took. Days begin as the customer's own do.
_BILLING = """
(SELECT 'worked' AS key, line.customer_id, line.label, line.cycle_from::timestamp AT TIME ZONE owner.time_zone AS began_at,
        line.changed_at AS ended_at, line.id AS operation_id
 FROM unnest(%(firsts)s::uuid[], %(endings)s::uuid[]) AS asked (first, ending)
 CROSS JOIN LATERAL (
   SELECT * FROM flows_operation AS line
   WHERE line.id >= asked.first AND line.id < asked.ending AND line.state = 'written' AND {whose}
   ORDER BY {order}line.id DESC LIMIT %(a_day)s) AS line
 JOIN customers_customer AS owner ON owner.id = line.customer_id
 WHERE line.cycle_from IS NOT NULL AND line.canonical_type <> 'Invoice'
   AND line.cycle_from::timestamp AT TIME ZONE owner.time_zone <= line.changed_at
   AND (
     SELECT count(*) = 0 FROM flows_operation AS earlier
     WHERE earlier.flow_id = line.flow_id AND earlier.canonical_type = line.canonical_type
       AND earlier.business_key = line.business_key AND earlier.state = 'written' AND earlier.id < line.id)
 LIMIT %(most)s)
UNION ALL
(SELECT DISTINCT ON (line.customer_id, line.business_key) 'paid', line.customer_id, line.label,
        line.cycle_from::timestamp AT TIME ZONE owner.time_zone, line.created_at, line.id
 FROM flows_operation AS line JOIN customers_customer AS owner ON owner.id = line.customer_id
 WHERE line.canonical_type = 'Invoice' AND line.cycle_from IS NOT NULL AND line.id >= %(first)s AND line.id < %(ending)s
   AND (%(customer)s::uuid IS NULL OR line.customer_id = %(customer)s::uuid) AND (%(flow)s::uuid IS NULL OR line.flow_id = %(flow)s::uuid)
   AND line.cycle_from::timestamp AT TIME ZONE owner.time_zone <= line.created_at
   AND (SELECT count(*) > 0 AND count(earlier.cycle_from) = 0 FROM flows_operation AS earlier
        WHERE earlier.flow_id = line.flow_id AND earlier.canonical_type = 'Invoice'
          AND earlier.business_key = line.business_key AND earlier.id < line.id)
 ORDER BY line.customer_id, line.business_key, line.id LIMIT %(most)s)
"""
_STATEMENTS = {
    Source.STATES: _STATES,
    Source.HANDOFFS: _HANDOFFS,
    Source.STEPS: _STEPS,
    Source.APPROVALS: _APPROVALS,
    Source.ONBOARDING: _ONBOARDING,
    Source.BILLING: _BILLING,
}
_SUMMED = """
SELECT key, percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds), percentile_cont(0.9) WITHIN GROUP (ORDER BY seconds), count(*)
FROM (SELECT key, extract(epoch FROM ended_at - began_at)::float8 AS seconds FROM ({}) AS spell) AS timed GROUP BY key
"""
_LISTED = """
SELECT spell.key, spell.customer_id, owner.name, spell.label, spell.began_at, spell.ended_at, spell.operation_id
FROM ({}) AS spell JOIN customers_customer AS owner ON owner.id = spell.customer_id
WHERE spell.key = %(key)s ORDER BY spell.ended_at - spell.began_at DESC, spell.ended_at DESC LIMIT %(shown)s
"""


def summaries(source: Source, span: ReportSpan) -> dict[str, Summary]:
    """Return the spells that ended in a span, summed by kind. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_SUMMED.format(_statement(source, span)), _asked(span))
        return {row[0]: Summary(*row) for row in cursor.fetchall()}


def list_spells(source: Source, key: str, span: ReportSpan) -> list[Spell]:
    """Return the spells behind a figure, the longest first, ROWS_SHOWN at most. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_LISTED.format(_statement(source, span)), {**_asked(span), "key": key, "shown": ROWS_SHOWN})
        return [Spell(*row) for row in cursor.fetchall()]


def before(span: ReportSpan) -> ReportSpan:
    """Return the span of as many days just before."""
    until = span.since - timedelta(days=1)
    return ReportSpan(until - timedelta(days=span.days - 1), until, span.customer_id, span.flow_id)


def slowest_first(found: Sequence[Summary]) -> list[Summary]:
    """Return summaries by how long they take, the longest first."""
    return sorted(found, key=lambda one: (-one.median, one.key))


def _statement(source: Source, span: ReportSpan) -> str:
    statement = _STATEMENTS[source]
    return statement.format(**whose_lines(span)) if source is Source.BILLING else statement


def _asked(span: ReportSpan) -> dict[str, Any]:
    since, until = start_of(span.since), start_of(span.until + timedelta(days=1))
    ids = [id_at(start_of(span.since + timedelta(days=number))) for number in range(span.days + 1)]
    return {
        "firsts": ids[:-1],
        "endings": ids[1:],
        "a_day": max(LEAST_A_DAY, MOST_SAMPLED // span.days),
        "since": since,
        "until": until,
        "first": id_at(since),
        "ending": id_at(until),
        "pairs": list(PAIRS),
        "customer": span.customer_id,
        "flow": span.flow_id,
        "most": MOST_SAMPLED,
    }
