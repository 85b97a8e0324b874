"""What was before in the firm of `firm.py`: closed cases with their clocks and breaches, money by day, reconciliations, approvals.

Made by the database from the runs that `full_ledger.py` left in its temporary tables.
"""

import json
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from apps.flows.engine.reconcile import Statement
from apps.monitoring.models import CustomerSla
from bench.work.full_ledger import DAYS

# One closed case for each flow and month in which something failed and came right; `last` is a run's failed line.
_CASES = """
CREATE TEMP TABLE bench_cases AS
SELECT pg_temp.id_of(min(r.moment), min(r.n), 'case') AS case_id, r.customer, r.flow, min(r.moment) AS opened,
       max(r.moment) + interval '5 hours' AS closed, count(*) AS records, row_number() OVER () AS n, array_agg(r.n) AS runs
FROM bench_runs AS r JOIN flows_run AS run ON run.id = r.run
WHERE run.state = 'clean' GROUP BY r.customer, r.flow, date_trunc('month', r.moment);
INSERT INTO monitoring_exceptioncase (id, customer_id, flow_id, fingerprint, title, explanation, queue, waiting_on, state, severity,
  priority, tags, routed_at, error_class, error_field, opened_at, reopened, snooze_reason, changed_at, acknowledged_at,
  closed_at, closed_how, closed_reason, operation_count, currency, amount_quality)
SELECT case_id, customer, flow, md5(case_id::text), 'The period is closed', 'The period is closed.', 'finance', 'partner', 'closed',
  'medium', 3, '{}', opened, 'closed_period', '', opened, 0, '', closed, opened + interval '1 hour', closed, 'settled', '', 0,
  '', 'unknown' FROM bench_cases;
INSERT INTO monitoring_caseoperation (id, customer_id, case_id, operation_id, failed_at, again, open, hours, root, amount, currency,
  amount_quality, service_line, segment, region, added_at, settled_at)
SELECT pg_temp.id_of(r.moment, r.n, 'failure'), c.customer, c.case_id,
  pg_temp.id_of(r.moment + interval '2 seconds', r.n * %(read)s + %(read)s - 1, 'line'), r.moment, false, false, 7.5, '',
  12.5 * (r.n %% 90 + 1), 'EUR', 'known', 'line ' || r.n %% 8, 'segment ' || r.n %% 4, 'region ' || r.n %% 3,
  r.moment, r.moment + interval '5 hours'
FROM bench_cases AS c, unnest(c.runs) AS one (n) JOIN bench_runs AS r ON r.n = one.n;
INSERT INTO monitoring_casestep (id, customer_id, case_id, sentence, done_by, done_at)
SELECT pg_temp.id_of(opened + k * interval '1 minute', n * 4 + k, 'step'), customer, case_id, 'Something was done.', 'Sam',
  opened + k * interval '1 minute' FROM bench_cases, generate_series(0, 3) AS k;
INSERT INTO monitoring_casenote (id, customer_id, case_id, author_name, text, shared, written_at)
SELECT pg_temp.id_of(opened, n, 'note'), customer, case_id, 'Sam', 'Asked the project manager.', n %% 2 = 0, opened
FROM bench_cases;
INSERT INTO monitoring_casewait (id, customer_id, case_id, party, began_at, ended_at, note)
SELECT pg_temp.id_of(opened, n, 'wait'), customer, case_id, 'partner', opened, closed, '' FROM bench_cases
"""
_CLOCKS = """
INSERT INTO monitoring_slaclock (id, customer_id, promise, agreement_id, case_id, cut_off_name, severity, started_at,
  target_seconds, due_at, stopped_at, breached_at, elapsed_seconds)
SELECT pg_temp.id_of(c.opened, c.n, p.promise), c.customer, p.promise, a.id, c.case_id, '', 'medium', c.opened, p.seconds,
  c.opened + p.seconds * interval '1 second', c.opened + p.took * interval '1 second',
  CASE WHEN p.took > p.seconds THEN c.opened + p.seconds * interval '1 second' END, p.took
FROM bench_cases AS c JOIN monitoring_customersla AS a ON a.customer_id = c.customer AND a.valid_until IS NULL,
LATERAL (VALUES ('detect', 900, 60), ('acknowledge', 3600, CASE WHEN c.n %% 10 = 0 THEN 9000 ELSE 600 END),
                ('resolve', 28800, CASE WHEN c.n %% 7 = 0 THEN 90000 ELSE 18000 END)) AS p (promise, seconds, took);
INSERT INTO monitoring_slabreach (id, customer_id, clock_id, breached_at, late_seconds, credit, currency, excused_by_name, excuse)
SELECT pg_temp.id_of(breached_at, row_number() OVER (), 'breach'), customer_id, id, breached_at, elapsed_seconds - target_seconds,
  9, 'EUR', '', '' FROM monitoring_slaclock WHERE breached_at IS NOT NULL
"""
_DAYS = """
INSERT INTO monitoring_riskday (id, customer_id, flow_id, day, currency, known, estimated, "left", records, unknown_records,
                                measured_at)
SELECT gen_random_uuid(), f.customer, f.flow, d.day::date, 'EUR', 1000 + 10 * f.place, 50, '{}', 12, 1, d.day
FROM bench_flows AS f, generate_series(%(now)s::timestamptz - %(days)s * interval '1 day', %(now)s - interval '1 day', '1 day')
AS d (day);
INSERT INTO monitoring_riskday (id, customer_id, flow_id, day, currency, known, estimated, "left", records, unknown_records,
                                measured_at)
SELECT gen_random_uuid(), customer_id, NULL, day, 'EUR', sum(known), sum(estimated), '{}', sum(records), sum(unknown_records),
  max(measured_at) FROM monitoring_riskday GROUP BY customer_id, day;
INSERT INTO flows_reconciliation (id, customer_id, flow_id, version_number, first, last, zone, since, until, source_method,
  target_method, source_done, target_done, target_pages, seen, begun_at, finished_at, verdict, statement, unexplained, digest,
  signed_by, signature)
SELECT pg_temp.id_of(d.day, f.place, 'balance'), f.customer, f.flow, 1, d.day::date, d.day::date, 'UTC', d.day, d.day + interval '1 day',
  'listed', 'listed', true, true, 1, 200, d.day, d.day, CASE WHEN f.place %% 50 = 7 THEN 'unexplained' ELSE 'agreed' END,
  %(statement)s::jsonb, CASE WHEN f.place %% 50 = 7 THEN 2 ELSE 0 END, md5(f.place::text), '', ''
FROM bench_flows AS f, generate_series(%(now)s::timestamptz - %(days)s * interval '1 day', %(now)s - interval '1 day', '1 day')
AS d (day)
"""
_APPROVALS = """
INSERT INTO flows_approvalrequest (id, customer_id, operation_id, flow_id, step, question, facts, amount, currency, role, needed,
                                   state, asked_at, escalate_to, closed_at)
SELECT pg_temp.id_of(r.moment, r.n, 'request'), r.customer,
  pg_temp.id_of(r.moment + interval '2 seconds', r.n * %(read)s + 1, 'line'), r.flow, 'approve', 'Approve what was booked?', '[]',
  12.5 * (r.n %% 90), 'EUR', 'finance_approver', 1, CASE WHEN r.n %% 20 = 0 THEN 'open' ELSE 'approved' END, r.moment, '',
  CASE WHEN r.n %% 20 > 0 THEN r.moment + interval '1 hour' END
FROM bench_runs AS r WHERE r.n >= (SELECT count(*) FROM bench_runs) - 6000
"""


def fill_history(*, read: int, now: datetime) -> None:
    """Write the history, in the transaction that filled the ledger; `read` records a run."""
    CustomerSla.objects.update(valid_from=now - timedelta(days=2 * DAYS))  # from before the first case
    values: dict[str, Any] = {"read": read, "now": now, "days": DAYS, "statement": _statement()}
    with connection.cursor() as cursor:
        for statement in (_CASES, _CLOCKS, _DAYS, _APPROVALS):
            cursor.execute(statement, values)


def _statement() -> str:
    return json.dumps(Statement(agreed=200).to_json())
