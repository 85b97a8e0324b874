"""Fill a partner's ledger: a year and a bit of operations, runs, batches, links and day's figures, made by the database."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from apps.flows.models import Flow

DAYS = 390
PER_RUN = 500
_ID = """
CREATE FUNCTION pg_temp.id_of(moment timestamptz, n bigint, kind text) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
  SELECT (lpad(to_hex((extract(epoch FROM moment) * 1000)::bigint), 12, '0') || '7' || substr(md5(kind || n), 1, 3) || '8'
          || substr(md5(kind || n), 4, 15))::uuid
$$;
CREATE TEMP TABLE bench_flows (place bigint, flow uuid, customer uuid, target uuid, version uuid);
CREATE TEMP TABLE bench_runs (n bigint, flow uuid, customer uuid, target uuid, version uuid, moment timestamptz, run uuid,
                              event uuid, batch uuid);
"""
_RUNS = """
INSERT INTO bench_runs
SELECT n, f.flow, f.customer, f.target, f.version, t.moment, pg_temp.id_of(t.moment, n, 'run'),
       pg_temp.id_of(t.moment, n, 'event'), pg_temp.id_of(t.moment + interval '1 second', n, 'batch')
FROM generate_series(0, %(runs)s - 1) AS n JOIN bench_flows AS f ON f.place = n %% (SELECT count(*) FROM bench_flows),
LATERAL (SELECT %(since)s::timestamptz + n * %(gap)s::interval AS moment) AS t;
INSERT INTO flows_triggerevent (id, customer_id, flow_id, kind, dedupe_key, payload, started_by, received_at, correlation_id,
                                traceparent, run_id)
SELECT event, customer, flow, 'schedule', 'bench:' || n, '{}', '', moment, '', '', run FROM bench_runs;
INSERT INTO flows_run (id, customer_id, flow_id, event_id, version_id, mode, state, reading_done, outages, read, written,
                       unchanged, skipped, rejected, waiting, error_class, error_message, started_by, created_at, started_at,
                       finished_at)
SELECT run, customer, flow, event, version, 'read', 'partial', true, 0, 500, 470, 10, 15, 5, 0, '', '', '', moment, moment,
       moment + interval '20 seconds' FROM bench_runs;
INSERT INTO flows_batch (id, customer_id, run_id, number, step, state, plan, outcome, size, created_at, settled_at)
SELECT batch, customer, run, 1, '', 'settled', %(blob)s, %(blob)s, 500, moment, moment FROM bench_runs
WHERE moment > now() - interval '30 days';
"""
_LINES = """
INSERT INTO flows_operation (id, customer_id, flow_id, run_id, last_run_id, canonical_type, business_key, source_key,
  source_version, target_key, state, step, attempts, revision, ambiguous, label, amount, currency, amount_quality, client_ref,
  project_ref, period_ref, error_kind, error_class, error_field, error_code, error_message, correlation_id, due_at, created_at,
  changed_at)
SELECT pg_temp.id_of(r.moment + interval '2 seconds', r.n * 500 + k, 'line'), r.customer, r.flow, r.run, r.run, 'time_entry',
  'psa:TE-' || r.n * 500 + k, 'TE-' || r.n * 500 + k, '2026-01-01T00:00:00Z', CASE WHEN k < 480 THEN 'TL-' || r.n * 500 + k ELSE '' END,
  CASE WHEN k < 470 THEN 'written' WHEN k < 480 THEN 'unchanged' WHEN k < 495 THEN 'skipped' ELSE 'rejected' END,
  CASE WHEN k < 495 THEN 'deliver' ELSE 'check' END, ARRAY[r.batch], 0, false, 'Time entry of person ' || k %% 97,
  (k %% 80 + 1) * 12.5, 'EUR', 'known', 'client ' || k %% 40, 'PRJ-' || lpad((k %% 300)::text, 4, '0'), to_char(r.moment, 'YYYY-MM'),
  CASE WHEN k < 495 THEN '' ELSE 'rejected' END, CASE WHEN k < 495 THEN '' ELSE 'closed_period' END, '', '',
  CASE WHEN k < 495 THEN '' ELSE 'The period is closed.' END, replace(r.run::text, '-', ''), NULL, r.moment, r.moment
FROM bench_runs AS r, generate_series(0, 499) AS k WHERE r.n >= %(first)s AND r.n < %(last)s;
INSERT INTO flows_link (id, customer_id, connection_id, canonical_type, business_key, outside_key, source_version, fingerprint,
                        delivered_at)
SELECT pg_temp.id_of(r.moment + interval '3 seconds', r.n * 500 + k, 'link'), r.customer, r.target, 'time_entry',
  'psa:TE-' || r.n * 500 + k, 'TL-' || r.n * 500 + k, '2026-01-01T00:00:00Z', md5(k::text), r.moment
FROM bench_runs AS r, generate_series(0, 479) AS k WHERE r.n >= %(first)s AND r.n < %(last)s
"""
_DAYS = """
INSERT INTO flows_flowday (id, customer_id, flow_id, day, currency, read, written, unchanged, skipped, rejected, amount_written,
                           last_success_at)
SELECT gen_random_uuid(), customer, flow, moment::date, 'EUR', sum(500), sum(470), sum(10), sum(15), sum(5), sum(238125),
       max(moment) FROM bench_runs GROUP BY customer, flow, moment::date
"""
_RUNS_AT_ONCE = 200


def fill_ledger(flows: Sequence[Flow], *, operations: int, now: datetime, blob: bytes) -> UUID:
    """Write `operations` ledger lines of `flows`, evenly over DAYS, and return the latest run. In the partner's transaction."""
    runs = max(operations // PER_RUN, 1)
    since = now - timedelta(days=DAYS)
    with connection.cursor() as cursor:
        cursor.execute(_ID)
        for place, flow in enumerate(flows):
            row: list[Any] = [place, flow.id, flow.customer_id, flow.target_id, flow.live_version_id]
            cursor.execute("INSERT INTO bench_flows VALUES (%s, %s, %s, %s, %s)", row)
        values: dict[str, Any] = {"runs": runs, "since": since, "gap": timedelta(days=DAYS) / runs, "blob": blob}
        cursor.execute(_RUNS, values)
        for first in range(0, runs, _RUNS_AT_ONCE):
            cursor.execute(_LINES, {"first": first, "last": first + _RUNS_AT_ONCE})
        cursor.execute(_DAYS)
        cursor.execute("SELECT run FROM bench_runs ORDER BY n DESC LIMIT 1")
        latest: UUID = cursor.fetchone()[0]
    return latest
