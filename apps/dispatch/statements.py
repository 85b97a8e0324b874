"""The SQL of the hot path: enqueue, look, claim, renew, settle. Times are the database's own, tables are named in full.

`statement_timestamp()` and not `now()`: a lease confirmed late in a long transaction must count from then. It is stable
within a statement, so indexes on due times are used.
"""

from typing import Any

import psycopg
from django.db import connection

PREPARES = 5  # psycopg's own setting, which Django switches off
_WORK = "public.dispatch_duework"

# An advisory lock on the lane is held until the commit, and the id is drawn under it: ids of one lane grow in commit
# order, which a plain sequence would not promise. A lane is no row, so nothing is left behind to tidy.
ENQUEUE = f"""
WITH wanted AS MATERIALIZED (
  SELECT w.*, CASE WHEN w.lane <> '' THEN pg_advisory_xact_lock(hashtextextended(%(partner)s || '/' || w.lane, 0)) END
  FROM (
    SELECT * FROM unnest(
      %(kinds)s::text[], %(references)s::text[], %(lanes)s::text[], %(queues)s::text[], %(priorities)s::int[],
      %(due_ats)s::timestamptz[], %(unique_keys)s::text[], %(customers)s::uuid[], %(connections)s::uuid[]
    ) WITH ORDINALITY
      AS w(kind, reference, lane, queue, priority, due_at, unique_key, customer_id, connection_id, place)
    ORDER BY lane, place
  ) w
)
INSERT INTO {_WORK} AS open (
  partner_id, customer_id, connection_id, kind, reference, lane, queue, state, priority, due_at, lease_owner, fence,
  attempts, lost_leases, unique_key, last_error, created_at)
SELECT %(partner)s::uuid, customer_id, connection_id, kind, reference, lane, queue, 'ready', priority,
  coalesce(due_at, statement_timestamp()), '', 0, 0, 0, nullif(unique_key, ''), '', statement_timestamp()
FROM wanted
ON CONFLICT (partner_id, unique_key) WHERE unique_key IS NOT NULL AND state IN ('ready', 'leased')
DO UPDATE SET
  due_at = CASE WHEN open.state = 'ready' THEN least(open.due_at, excluded.due_at) ELSE open.due_at END,
  again_at = CASE WHEN open.state = 'leased' THEN least(open.again_at, excluded.due_at) END
WHERE open.state = 'leased' OR excluded.due_at < open.due_at
"""  # noqa: S608  constants only

# Rows that asking for once more would not change: due already, or leased and to run once more.
ASKED_FOR = f"""
SELECT unique_key FROM {_WORK}
WHERE partner_id = %(partner)s::uuid AND unique_key = ANY(%(keys)s::text[]) AND state IN ('ready', 'leased')
  AND (due_at <= statement_timestamp() AND state = 'ready' OR again_at <= statement_timestamp() AND state = 'leased')
"""  # noqa: S608  constants only

CANCEL = f"""
DELETE FROM {_WORK}
WHERE partner_id = %(partner)s AND queue = %(queue)s AND kind = %(kind)s AND reference = %(reference)s
  AND state = 'ready'
"""  # noqa: S608  constants only

FORGET_AGAIN = f"""
UPDATE {_WORK} SET again_at = NULL
WHERE partner_id = %(partner)s AND kind = %(kind)s AND reference = %(reference)s
  AND state = 'leased' AND again_at IS NOT NULL
"""  # noqa: S608  constants only

# Both are functions of the database (migration 0003): their plans are made once per connection and not per call.
LOOK = "SELECT * FROM public.dispatch_look(%(queue)s, %(limit)s)"
TAKE = """
SELECT * FROM public.dispatch_take(%(queue)s, %(worker)s, %(floor)s, %(partners)s::uuid[], %(priorities)s::int[],
  %(customers)s::uuid[], %(connections)s::uuid[], %(counts)s::int[], %(leases)s::jsonb, %(default_lease)s)
"""

# Is there due work in my lane that is more urgent than I am?
LANE_WAITS = f"""
SELECT EXISTS (
  SELECT 1 FROM {_WORK} me JOIN {_WORK} other ON other.partner_id = me.partner_id AND other.lane = me.lane
  WHERE me.id = %(id)s AND me.lane <> '' AND other.lane <> '' AND other.state = 'ready'
    AND other.priority < me.priority AND other.due_at <= statement_timestamp())
"""  # noqa: S608  constants only

# Is there anything that a claim would find now, more urgent, and left lying so long that every worker must be busy?
URGENT_WAITS = """
SELECT EXISTS (
  SELECT 1 FROM {_WORK} me, LATERAL public.dispatch_look(me.queue, %(limit)s) AS l
  WHERE me.id = %(id)s AND l.priority < me.priority AND l.oldest_seconds >= %(seconds)s)
""".replace("{_WORK}", _WORK)

_FREED = "lease_owner = '', lease_until = NULL, waiting_for = NULL"
_MINE = "id = %(id)s AND fence = %(fence)s AND state = 'leased'"

CONFIRM = f"""
UPDATE {_WORK} SET lease_until = statement_timestamp() + make_interval(secs => %(lease_seconds)s) WHERE {_MINE}
"""  # noqa: S608  constants only

# Poison is what ends its workers without ever getting on: what settled something between two losses is none.
ADVANCE = CONFIRM.replace(" WHERE ", ", lost_leases = 0 WHERE ")

# A row that its own function has confirmed and not yet committed is locked: it is left alone, and is still held.
RENEW = f"""
WITH held AS (
  SELECT w.id, h.lease_seconds FROM {_WORK} w
  JOIN unnest(%(ids)s::bigint[], %(fences)s::int[], %(lease_seconds)s::int[]) AS h(id, fence, lease_seconds)
    ON w.id = h.id AND w.fence = h.fence
  WHERE w.state = 'leased'),
free AS (SELECT w.id FROM {_WORK} w JOIN held ON held.id = w.id FOR UPDATE OF w SKIP LOCKED),
renewed AS (
  UPDATE {_WORK} w SET lease_until = statement_timestamp() + make_interval(secs => held.lease_seconds)
  FROM held JOIN free ON free.id = held.id WHERE w.id = held.id)
SELECT id FROM held
"""  # noqa: S608  constants only

COMPLETE = f"DELETE FROM {_WORK} WHERE {_MINE} AND again_at IS NULL"  # noqa: S608  constants only

RUN_AGAIN = f"""
UPDATE {_WORK} SET state = 'ready', lease_owner = '', lease_until = NULL, attempts = 0, lost_leases = 0, last_error = '',
  again_at = NULL, due_at = least(coalesce(%(at)s::timestamptz, statement_timestamp()), again_at),
  waiting_for = CASE WHEN again_at IS NULL THEN %(waiting_for)s::uuid END
WHERE {_MINE}
"""  # noqa: S608  constants only

# The fresh id is drawn under the lane's lock, as every id of a lane is: what is in the lane by now goes first.
RUN_AGAIN_BEHIND = f"""
WITH me AS MATERIALIZED (
  SELECT w.id, CASE WHEN w.lane <> '' THEN pg_advisory_xact_lock(hashtextextended(w.partner_id || '/' || w.lane, 0)) END
  FROM {_WORK} w WHERE {_MINE})
UPDATE {_WORK} w SET id = nextval('public.dispatch_duework_id_seq'), state = 'ready', lease_owner = '', lease_until = NULL,
  attempts = 0, lost_leases = 0, last_error = '', again_at = NULL,
  due_at = least(coalesce(%(at)s::timestamptz, statement_timestamp()), w.again_at),
  waiting_for = CASE WHEN w.again_at IS NULL THEN %(waiting_for)s::uuid END
FROM me WHERE w.id = me.id AND w.fence = %(fence)s AND w.state = 'leased'
"""  # noqa: S608  constants only

# What waits for a connection, by its own word or because it loads it.
HASTEN_CONNECTION = f"""
UPDATE {_WORK} SET due_at = statement_timestamp(), waiting_for = NULL
WHERE partner_id = %(partner)s AND state = 'ready' AND queue = ANY(%(queues)s) AND due_at > statement_timestamp()
  AND (waiting_for = %(connection)s OR connection_id = %(connection)s)
RETURNING queue
"""  # noqa: S608  constants only

HASTEN_REFERENCES = f"""
UPDATE {_WORK} SET due_at = statement_timestamp(), waiting_for = NULL
WHERE partner_id = %(partner)s AND state = 'ready' AND queue = ANY(%(queues)s) AND due_at > statement_timestamp()
  AND reference = ANY(%(references)s)
RETURNING queue
"""  # noqa: S608  constants only

# Rows of partners that wait, by queue, what is due of them and for how long the oldest: all columns of one index.
BACKLOG = f"""
SELECT partner_id, queue, count(*), count(*) FILTER (WHERE due_at <= statement_timestamp()),
  greatest(extract(epoch FROM statement_timestamp() - min(due_at)), 0)::float
FROM {_WORK} WHERE partner_id = ANY(%(partners)s::uuid[]) AND queue = ANY(%(queues)s) AND state = 'ready'
GROUP BY partner_id, queue
"""  # noqa: S608  constants only

# How many rows of a partner wait, counted as far as its bound, with the bound and the age of the oldest due row.
ROOM = f"""
SELECT b.most, (
    SELECT count(*) FROM (
      SELECT 1 FROM {_WORK} WHERE partner_id = %(partner)s AND queue = ANY(%(queues)s) AND state = 'ready'
      LIMIT b.most) counted),
  (SELECT extract(epoch FROM statement_timestamp() - min(first.due_at))::float FROM unnest(%(queues)s::text[]) AS q(queue)
    CROSS JOIN LATERAL (
      SELECT due_at FROM {_WORK} WHERE partner_id = %(partner)s AND queue = q.queue AND state = 'ready'
        AND due_at <= statement_timestamp() ORDER BY due_at LIMIT 1) first)
FROM (SELECT coalesce(max(most), %(default)s) AS most FROM public.dispatch_bound
  WHERE partner_id = %(partner)s AND kind = 'backlog') b
"""  # noqa: S608  constants only

RESUME = f"""
UPDATE {_WORK} SET state = 'ready', {_FREED}, attempts = 0, lost_leases = 0, last_error = '', again_at = NULL,
  due_at = again_at
WHERE {_MINE} AND again_at IS NOT NULL
"""  # noqa: S608  constants only

FAIL = f"""
UPDATE {_WORK} SET {_FREED}, again_at = NULL, last_error = %(error)s,
  state = CASE WHEN attempts >= %(most_attempts)s THEN 'failed' ELSE 'ready' END,
  due_at = statement_timestamp() + make_interval(secs => %(wait_seconds)s)
WHERE {_MINE} RETURNING state
"""  # noqa: S608  constants only

RELEASE = f"""
UPDATE {_WORK} w SET state = 'ready', {_FREED}, attempts = greatest(w.attempts - 1, 0), again_at = NULL,
  due_at = least(w.due_at, w.again_at)
FROM unnest(%(ids)s::bigint[], %(fences)s::int[]) AS h(id, fence)
WHERE w.id = h.id AND w.fence = h.fence AND w.state = 'leased'
"""  # noqa: S608  constants only

RECLAIM = f"""
WITH lost AS (
  SELECT id FROM {_WORK} WHERE state = 'leased' AND lease_until < statement_timestamp()
  ORDER BY id FOR UPDATE SKIP LOCKED),
freed AS (
  UPDATE {_WORK} w SET fence = w.fence + 1, lost_leases = w.lost_leases + 1, lease_until = NULL, again_at = NULL,
    state = CASE WHEN w.lost_leases + 1 >= %(most_lost)s THEN 'quarantined' ELSE 'ready' END,
    last_error = 'The worker ' || w.lease_owner || ' fell silent while doing this.', lease_owner = ''
  FROM lost WHERE w.id = lost.id
  RETURNING w.id, w.partner_id, w.customer_id, w.kind, w.reference, w.fence, w.attempts, w.priority, w.state,
    w.last_error)
SELECT f.id, f.customer_id, f.kind, f.reference, f.fence, f.attempts, f.priority, p.id, p.slug, p.name, p.schema_name, f.state,
  f.last_error
FROM freed f JOIN public.tenants_partner p ON p.id = f.partner_id
"""  # noqa: S608  constants only

# One probe per queue: its oldest due row, and when anything of it was last claimed.
WAITING = f"""
SELECT q.queue, w.due_at, extract(epoch FROM statement_timestamp() - w.due_at),
  extract(epoch FROM statement_timestamp() - t.last_served_at)
FROM unnest(%(queues)s::text[]) AS q(queue)
CROSS JOIN LATERAL (
  SELECT due_at FROM {_WORK} WHERE state = 'ready' AND queue = q.queue AND due_at <= statement_timestamp()
  ORDER BY due_at LIMIT 1) w
LEFT JOIN LATERAL (
  SELECT max(last_served_at) AS last_served_at FROM public.dispatch_partnerturn WHERE queue = q.queue) t ON true
"""  # noqa: S608  constants only

BEAT = """
INSERT INTO public.dispatch_workerheartbeat AS worker (name, role, started_at, heartbeat_at)
VALUES (%(name)s, %(role)s, statement_timestamp(), statement_timestamp())
ON CONFLICT (name) DO UPDATE SET heartbeat_at = excluded.heartbeat_at
"""

GOODBYE = "DELETE FROM public.dispatch_workerheartbeat WHERE name = %(name)s"

SWEEP_DEAD = f"""
WITH dead AS (
  DELETE FROM public.dispatch_workerheartbeat
  WHERE heartbeat_at < statement_timestamp() - make_interval(secs => %(silent_seconds)s) RETURNING name),
given_back AS (
  UPDATE {_WORK} w SET lease_until = statement_timestamp() - interval '1 second'
  FROM dead WHERE w.lease_owner = dead.name AND w.state = 'leased')
SELECT name FROM dead ORDER BY name
"""  # noqa: S608  constants only

PERIODIC_DUE = """
SELECT p.kind, p.every FROM unnest(%(kinds)s::text[], %(everys)s::int[]) AS p(kind, every)
LEFT JOIN public.dispatch_periodictick t ON t.kind = p.kind
WHERE t.tick_at IS NULL OR t.tick_at < to_timestamp(floor(extract(epoch FROM statement_timestamp()) / p.every) * p.every)
"""

# Fires once per tick whoever else tries: the row only moves forward.
TICK = """
INSERT INTO public.dispatch_periodictick AS tick (kind, tick_at)
VALUES (%(kind)s, to_timestamp(floor(extract(epoch FROM statement_timestamp()) / %(every)s) * %(every)s))
ON CONFLICT (kind) DO UPDATE SET tick_at = excluded.tick_at WHERE tick.tick_at < excluded.tick_at
RETURNING tick_at
"""

ENQUEUE_PERIODIC = f"""
INSERT INTO {_WORK} (
  partner_id, kind, reference, lane, queue, state, priority, due_at, lease_owner, fence, attempts, lost_leases,
  unique_key, last_error, created_at)
SELECT id, %(kind)s, '', '', %(queue)s, 'ready', %(priority)s, statement_timestamp(), '', 0, 0, 0,
  'periodic:' || %(kind)s, '', statement_timestamp()
FROM public.tenants_partner WHERE state = 'active'
ON CONFLICT (partner_id, unique_key) WHERE unique_key IS NOT NULL AND state IN ('ready', 'leased') DO NOTHING
"""  # noqa: S608  constants only

DROP_OLD_FAILURES = f"""
DELETE FROM {_WORK} WHERE state IN ('failed', 'quarantined') AND due_at < statement_timestamp() - interval '30 days'
"""  # noqa: S608  constants only

REVIVE = f"""
UPDATE {_WORK} SET state = 'ready', attempts = 0, lost_leases = 0, last_error = '', due_at = statement_timestamp()
WHERE id = %(id)s AND partner_id = %(partner)s AND state IN ('failed', 'quarantined')
RETURNING queue
"""  # noqa: S608  constants only


def fetch(statement: str, **params: Any) -> list[tuple[Any, ...]]:
    """Run a statement and return its rows."""
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def execute(statement: str, **params: Any) -> int:
    """Run a statement and return how many rows it changed."""
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        changed: int = cursor.rowcount
        return changed


def fetch_prepared(statement: str, **params: Any) -> list[tuple[Any, ...]]:
    """Run a statement that is planned once per connection, and return its rows; each parameter names its type ("::text").

    For the few statements of which planning costs more than running. Django's own cursors never prepare, and its
    connections forbid it. Call it in a transaction.
    """
    with connection.cursor() as scoped, connection.wrap_database_errors:
        scoped.connection.prepare_threshold = PREPARES
        raw = psycopg.Cursor(scoped.connection)
        return raw.execute(statement, params, prepare=True).fetchall()
