"""Fill a partner's ledger: a year and a bit of operations, runs, batches, links and day's figures, made by the database.

Of each run's records 94 % are written, 2 % unchanged, 3 % skipped and 1 % fail. Failures older than `failing` runs came right
later and are written by now.
"""

from collections.abc import Sequence
from dataclasses import dataclass
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
CREATE TEMP TABLE bench_causes (place bigint, class text, sentence text);
"""
_RUNS = """
INSERT INTO bench_runs
SELECT n, f.flow, f.customer, f.target, f.version, t.moment, pg_temp.id_of(t.moment, n, 'run'),
       pg_temp.id_of(t.moment, n, 'event'), pg_temp.id_of(t.moment + interval '1 second', n, 'batch')
FROM generate_series(%(first_run)s, %(first_run)s + %(runs)s - 1) AS n JOIN bench_flows AS f ON f.place = n %% (SELECT count(*) FROM bench_flows),
LATERAL (SELECT %(since)s::timestamptz + (n - %(first_run)s) * %(gap)s::interval AS moment) AS t;
INSERT INTO flows_triggerevent (id, customer_id, flow_id, kind, dedupe_key, payload, started_by, received_at, correlation_id,
                                traceparent, run_id)
SELECT event, customer, flow, 'schedule', 'bench:' || n, '{}', '', moment, '', '', run FROM bench_runs;
INSERT INTO flows_run (id, customer_id, flow_id, event_id, version_id, mode, state, reading_done, outages, read, written,
                       unchanged, skipped, rejected, waiting, error_class, error_message, started_by, created_at, started_at,
                       finished_at)
SELECT run, customer, flow, event, version, 'read', CASE WHEN n < %(failing_from)s THEN 'clean' ELSE 'partial' END,
       true, 0, %(read)s, %(written)s + CASE WHEN n < %(failing_from)s THEN %(failed)s ELSE 0 END, %(unchanged)s, %(skipped)s,
       CASE WHEN n < %(failing_from)s THEN 0 ELSE %(failed)s END, 0, '', '', '', moment, moment,
       moment + interval '20 seconds' FROM bench_runs;
INSERT INTO flows_batch (id, customer_id, run_id, number, step, state, plan, outcome, size, created_at, settled_at)
SELECT batch, customer, run, 1, '', 'settled', %(blob)s, %(blob)s, %(read)s, moment, moment FROM bench_runs
WHERE moment > now() - interval '30 days';
"""
_LINES = """
INSERT INTO flows_operation (id, customer_id, flow_id, run_id, last_run_id, canonical_type, business_key, source_key,
  source_version, target_key, state, step, attempts, revision, ambiguous, label, amount, currency, amount_quality, client_ref,
  project_ref, period_ref, cycle_from, error_kind, error_class, error_field, error_code, error_message, correlation_id, due_at, created_at,
  changed_at)
SELECT pg_temp.id_of(r.moment + interval '2 seconds', r.n * %(read)s + k, 'line'), r.customer, r.flow, r.run, r.run, 'TimeEntry',
  'psa:TE-' || r.n * %(read)s + k, 'TE-' || r.n * %(read)s + k, '2026-01-01T00:00:00Z',
  CASE WHEN s.state IN ('written', 'unchanged') THEN 'TL-' || r.n * %(read)s + k ELSE '' END, s.state,
  CASE WHEN s.state = 'rejected' THEN 'check' ELSE 'deliver' END,
  CASE WHEN k < %(tried_once)s OR s.state = 'rejected' THEN ARRAY[r.batch] ELSE ARRAY[r.batch, r.batch] END, 0, false,
  'Time entry of person ' || k %% 97, (k %% 80 + 1) * 12.5, 'EUR', 'known', 'client ' || k %% 40,
  'PRJ-' || lpad((k %% 300)::text, 4, '0'), to_char(r.moment, 'YYYY-MM'), r.moment::date - k %% 12,
  CASE s.state WHEN 'rejected' THEN 'rejected' ELSE '' END, CASE s.state WHEN 'rejected' THEN c.class ELSE '' END, '', '',
  CASE s.state WHEN 'rejected' THEN c.sentence ELSE '' END, replace(r.run::text, '-', ''), NULL, r.moment,
  CASE WHEN k < %(tried_once)s OR s.state = 'rejected' THEN r.moment ELSE r.moment + interval '5 hours' END
FROM bench_runs AS r
JOIN bench_causes AS c ON c.place = (r.n / 200) %% (SELECT count(*) FROM bench_causes),
generate_series(0, %(read)s - 1) AS k,
LATERAL (SELECT CASE WHEN k < %(written)s THEN 'written' WHEN k < %(written)s + %(unchanged)s THEN 'unchanged'
                     WHEN k < %(tried_once)s THEN 'skipped' WHEN r.n < %(failing_from)s THEN 'written'
                     ELSE 'rejected' END AS state) AS s
WHERE r.n >= %(first)s AND r.n < %(last)s;
INSERT INTO flows_link (id, customer_id, connection_id, canonical_type, business_key, outside_key, source_version, fingerprint,
                        delivered_at)
SELECT pg_temp.id_of(r.moment + interval '3 seconds', r.n * %(read)s + k, 'link'), r.customer, r.target, 'TimeEntry',
  'psa:TE-' || r.n * %(read)s + k, 'TL-' || r.n * %(read)s + k, '2026-01-01T00:00:00Z', md5(k::text), r.moment
FROM bench_runs AS r, generate_series(0, %(written)s + %(unchanged)s - 1) AS k WHERE r.n >= %(first)s AND r.n < %(last)s
"""
_DAYS = """
INSERT INTO flows_flowday (id, customer_id, flow_id, day, currency, read, written, unchanged, skipped, rejected, amount_written,
                           last_success_at)
SELECT gen_random_uuid(), customer, flow, moment::date, 'EUR', sum(%(read)s), sum(%(written)s), sum(%(unchanged)s),
       sum(%(skipped)s), sum(%(failed)s), sum(%(amount)s), max(moment) FROM bench_runs GROUP BY customer, flow, moment::date
ON CONFLICT (flow_id, day, currency) DO UPDATE SET read = flows_flowday.read + excluded.read,
  written = flows_flowday.written + excluded.written, amount_written = flows_flowday.amount_written + excluded.amount_written
"""
# (class, sentence) of what fails, in turns of 200 runs.
CAUSES = (("closed_period", "The period is closed."), ("missing_reference", "The project is not known there."))
_RUNS_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Filling:
    """How much is written: `operations` lines in runs of `per_run`; `failing`: how many of the last runs' failures stand.

    `first_run` is the number of the first run: as many were written before.
    """

    operations: int
    per_run: int = PER_RUN
    failing: int | None = None  # None: all
    first_run: int = 0

    @property
    def runs(self) -> int:
        """Return how many runs that makes."""
        return max(self.operations // self.per_run, 1)

    def shares(self) -> dict[str, Any]:
        """Return what becomes of a run's records, as the statements take it."""
        written, unchanged, skipped = (self.per_run * share // 100 for share in (94, 2, 3))
        tried_once = written + unchanged + skipped
        return {
            "read": self.per_run,
            "written": written,
            "unchanged": unchanged,
            "skipped": skipped,
            "failed": self.per_run - tried_once,
            "tried_once": tried_once,
            "failing_from": self.first_run + (0 if self.failing is None else max(self.runs - self.failing, 0)),
            "amount": sum((place % 80 + 1) * 12.5 for place in range(written)),
        }


def fill_ledger(flows: Sequence[Flow], filling: Filling, *, now: datetime, blob: bytes) -> UUID:
    """Write ledger lines of `flows`, evenly over DAYS, and return the latest run. In the partner's transaction."""
    values: dict[str, Any] = {
        **filling.shares(),
        "runs": filling.runs,
        "first_run": filling.first_run,
        "since": now - timedelta(days=DAYS),
        "gap": timedelta(days=DAYS) / filling.runs,
        "blob": blob,
    }
    with connection.cursor() as cursor:
        cursor.execute(_ID)
        for place, flow in enumerate(flows):
            row: list[Any] = [place, flow.id, flow.customer_id, flow.target_id, flow.live_version_id]
            cursor.execute("INSERT INTO bench_flows VALUES (%s, %s, %s, %s, %s)", row)
        for place, cause in enumerate(CAUSES):
            cursor.execute("INSERT INTO bench_causes VALUES (%s, %s, %s)", [place, *cause])
        cursor.execute(_RUNS, values)
        for first in range(filling.first_run, filling.first_run + filling.runs, _RUNS_AT_ONCE):
            cursor.execute(_LINES, {**values, "first": first, "last": first + _RUNS_AT_ONCE})
        cursor.execute(_DAYS, values)
        cursor.execute("SELECT run FROM bench_runs ORDER BY n DESC LIMIT 1")
        latest: UUID = cursor.fetchone()[0]
    return latest
