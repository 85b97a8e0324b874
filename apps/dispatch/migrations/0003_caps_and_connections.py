"""Caps of customers and connections, and looking and claiming anew: no backlog of any shape makes them slow.

A group is the rows of one partner, priority, customer and connection: the index holds them together, oldest first.
Groups are visited one after the other, from where the partner's last turn ended, until enough turns can be taken; what
is full is stepped over with one probe. So the cost follows the turns asked for and not the rows or groups that wait.
"""

import importlib
import uuid

import django.db.models.deletion
import django.db.models.functions.comparison
from django.db import migrations, models

NOBODY = "'00000000-0000-0000-0000-000000000000'::uuid"
NOTHING = uuid.UUID(int=0)
EARLIER = importlib.import_module("apps.dispatch.migrations.0002_claim_functions")

# The oldest rows of a group that can be claimed: of each lane its first due row, while none of the lane is leased. The
# first few rows are looked at; where none of their lanes is free, the oldest 1,000. A lane's row is looked for only as long
# as rows are wanted: the inner query is in order, and nothing sorts it again.
CLAIMABLE = """
CREATE FUNCTION public.dispatch_claimable(p_queue text, p_partner uuid, p_priority int, p_customer uuid,
  p_connection uuid, p_most int)
RETURNS TABLE (id bigint, due_at timestamptz) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v_rows int;
BEGIN
  FOREACH v_rows IN ARRAY ARRAY[least(64, 4 * p_most + 8), 1000] LOOP
    RETURN QUERY
    SELECT found.id, found.due_at FROM (
      SELECT one.due_at, CASE WHEN one.lane = '' THEN one.id
        WHEN (SELECT true FROM public.dispatch_duework h
              WHERE h.state = 'leased' AND h.partner_id = p_partner AND h.lane = one.lane AND h.lane <> '' LIMIT 1)
          IS NULL
        THEN (SELECT CASE WHEN first.queue = p_queue AND first.priority = p_priority
                AND coalesce(first.customer_id, NOBODY) = p_customer
                AND coalesce(first.connection_id, NOBODY) = p_connection THEN first.id END
              FROM (SELECT * FROM public.dispatch_duework o
                WHERE o.state = 'ready' AND o.partner_id = p_partner AND o.lane = one.lane AND o.lane <> ''
                  AND o.due_at <= statement_timestamp()
                ORDER BY o.id LIMIT 1) first)
        END AS id
      FROM (
        SELECT r.lane, min(r.id) AS id, min(r.due_at) AS due_at
        FROM (SELECT w.id, w.lane, w.due_at FROM public.dispatch_duework w
          WHERE w.state = 'ready' AND w.queue = p_queue AND w.partner_id = p_partner AND w.priority = p_priority
            AND coalesce(w.customer_id, NOBODY) = p_customer AND coalesce(w.connection_id, NOBODY) = p_connection
            AND w.due_at <= statement_timestamp()
          ORDER BY w.due_at LIMIT v_rows) r
        GROUP BY r.lane, CASE WHEN r.lane = '' THEN r.id END
        ORDER BY min(r.due_at)) one
      OFFSET 0) found
    WHERE found.id IS NOT NULL
    LIMIT p_most;
    EXIT WHEN FOUND;
  END LOOP;
END $$;
"""

# What the next claim could take: for each of the first p_limit partners that have anything to claim, least served first,
# the groups that its next turns would go to, each with the rows it has and the room its customer and connection have.
# While less than 500 rows are due they name every group themselves; behind a larger backlog the groups are found by
# hopping along the index, one probe each, so no backlog hides another group.
LOOK = """
CREATE FUNCTION public.dispatch_look(p_queue text, p_limit int)
RETURNS TABLE (partner_id uuid, room int, weight int, virtual_time float, served bigint, last_customer uuid,
  floor float, priority int, customer uuid, waiting int, connection uuid, oldest_seconds float, customer_room int,
  connection_room int)
LANGUAGE plpgsql SET jit = off SET enable_seqscan = off SET enable_bitmapscan = off
  SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_variable
DECLARE
  v_few boolean;
  v_busy jsonb;
  v_partners int := 0;
  v_turns int;
  v_favoured int[];
  v_wanted int;
  v_got int;
  v_rows int;
  v_any boolean;
  v_again boolean;
  v_at int;
  v_served_customer uuid;
  v_due_at timestamptz;
  v_one record;
BEGIN
  SELECT count(*) < 500 INTO v_few FROM (
    SELECT 1 FROM public.dispatch_duework w
    WHERE w.state = 'ready' AND w.queue = p_queue AND w.due_at <= statement_timestamp() LIMIT 500) due;
  -- Rows in hand: of a partner and a customer in this queue, of a connection in all of them.
  SELECT coalesce(jsonb_object_agg(b.holder, b.rows), '{}') INTO v_busy FROM (
    SELECT h.holder, count(*) AS rows
    FROM public.dispatch_duework w, LATERAL (VALUES
      (CASE WHEN w.queue = p_queue THEN w.partner_id END), (CASE WHEN w.queue = p_queue THEN w.customer_id END),
      (w.connection_id)) AS h(holder)
    WHERE w.state = 'leased' AND h.holder IS NOT NULL GROUP BY h.holder) b;
  SELECT coalesce(max(t.virtual_start), 0) INTO floor FROM public.dispatch_partnerturn t WHERE t.queue = p_queue;

  FOR v_one IN
    WITH RECURSIVE everyone(id) AS (
      (SELECT w.partner_id FROM public.dispatch_duework w
       WHERE NOT v_few AND w.state = 'ready' AND w.queue = p_queue ORDER BY w.partner_id LIMIT 1)
      UNION ALL
      SELECT (SELECT w.partner_id FROM public.dispatch_duework w
              WHERE w.state = 'ready' AND w.queue = p_queue AND w.partner_id > e.id
              ORDER BY w.partner_id LIMIT 1)
      FROM everyone e WHERE e.id IS NOT NULL),
    due AS (
      SELECT DISTINCT w.partner_id, w.priority, coalesce(w.customer_id, NOBODY) AS customer,
        coalesce(w.connection_id, NOBODY) AS connection
      FROM public.dispatch_duework w
      WHERE v_few AND w.state = 'ready' AND w.queue = p_queue AND w.due_at <= statement_timestamp()),
    candidate AS (
      SELECT DISTINCT d.partner_id FROM due d UNION ALL SELECT e.id FROM everyone e WHERE e.id IS NOT NULL),
    standing AS (
      SELECT c.partner_id, coalesce(t.cap, 32) - coalesce((v_busy ->> c.partner_id::text)::int, 0) AS room,
        coalesce(t.weight, 1)::int AS weight, coalesce(t.virtual_time, 0) AS virtual_time,
        coalesce(t.served, 0) AS served, coalesce(t.last_customer, NOBODY) AS last_customer, t.last_served_at
      FROM candidate c
      JOIN public.tenants_partner p ON p.id = c.partner_id AND p.state = 'active'
      LEFT JOIN public.dispatch_partnerturn t ON t.partner_id = c.partner_id AND t.queue = p_queue)
    SELECT s.*, count(*) OVER () AS crowd, g.priorities, g.customers, g.connections
    FROM standing s, LATERAL (
      SELECT array_agg(d.priority ORDER BY d.customer <= s.last_customer, d.customer, d.connection) AS priorities,
        array_agg(d.customer ORDER BY d.customer <= s.last_customer, d.customer, d.connection) AS customers,
        array_agg(d.connection ORDER BY d.customer <= s.last_customer, d.customer, d.connection) AS connections
      FROM due d WHERE d.partner_id = s.partner_id) g
    WHERE s.room > 0
    ORDER BY greatest(s.virtual_time, floor), s.last_served_at NULLS FIRST, s.partner_id
  LOOP
    partner_id := v_one.partner_id; room := v_one.room; weight := v_one.weight;
    virtual_time := v_one.virtual_time; served := v_one.served; last_customer := v_one.last_customer;
    -- Twice its even share of the turns: it may have fallen behind, or its neighbours may have nothing.
    v_turns := least(room, p_limit, greatest(1, ceil(2.0 * p_limit / v_one.crowd)::int));
    SELECT array_agg(CASE WHEN t.place & 1 > 0 THEN 10 WHEN t.place & 2 > 0 THEN 20 WHEN t.place & 4 > 0 THEN 30
      WHEN t.place & 8 > 0 THEN 40 ELSE 50 END) INTO v_favoured
    FROM (SELECT (served + n) % 31 + 1 AS place FROM generate_series(0, v_turns - 1) AS n) t;
    v_any := false;
    FOREACH priority IN ARRAY ARRAY[10, 20, 30, 40, 50] LOOP
      -- The most urgent priority there is also takes the turns of those that have nothing.
      -- Eight customers are enough for one claim: they share its turns, and the next claim goes on behind them.
      v_wanted := least(8, CASE WHEN v_any THEN cardinality(array_positions(v_favoured, priority)) ELSE v_turns END);
      CONTINUE WHEN v_wanted = 0;
      v_got := 0; v_rows := 0; v_served_customer := NULL; v_again := false; v_at := 0;
      customer := last_customer; connection := MOST;
      LOOP
        IF v_few THEN
          v_at := v_at + 1;
          EXIT WHEN v_at > cardinality(v_one.priorities);
          CONTINUE WHEN v_one.priorities[v_at] <> priority;
          customer := v_one.customers[v_at]; connection := v_one.connections[v_at];
          v_due_at := statement_timestamp();
        ELSE
          IF customer IS NULL THEN
            SELECT coalesce(w.customer_id, NOBODY), coalesce(w.connection_id, NOBODY), w.due_at
            INTO customer, connection, v_due_at FROM public.dispatch_duework w
            WHERE w.state = 'ready' AND w.queue = p_queue AND w.partner_id = v_one.partner_id
              AND w.priority = dispatch_look.priority
            ORDER BY coalesce(w.customer_id, NOBODY), coalesce(w.connection_id, NOBODY), w.due_at LIMIT 1;
          ELSE
            SELECT coalesce(w.customer_id, NOBODY), coalesce(w.connection_id, NOBODY), w.due_at
            INTO customer, connection, v_due_at FROM public.dispatch_duework w
            WHERE w.state = 'ready' AND w.queue = p_queue AND w.partner_id = v_one.partner_id
              AND w.priority = dispatch_look.priority
              AND (coalesce(w.customer_id, NOBODY), coalesce(w.connection_id, NOBODY)) > (customer, connection)
            ORDER BY coalesce(w.customer_id, NOBODY), coalesce(w.connection_id, NOBODY), w.due_at LIMIT 1;
          END IF;
          IF NOT FOUND THEN
            EXIT WHEN v_again;  -- nothing at all, or all the way round
            v_again := true; customer := NULL;
            CONTINUE;
          END IF;
          EXIT WHEN v_again AND customer > last_customer;
        END IF;
        EXIT WHEN v_got >= v_wanted AND customer IS DISTINCT FROM v_served_customer;
        CONTINUE WHEN v_due_at > statement_timestamp();
        customer_room := 1000000; connection_room := 1000000;
        IF customer <> NOBODY THEN
          customer_room := coalesce((SELECT b.most FROM public.dispatch_bound b WHERE b.partner_id = v_one.partner_id
            AND b.kind = 'customer' AND b.subject = customer), CUSTOMER_CAP)
            - coalesce((v_busy ->> customer::text)::int, 0);
          IF customer_room <= 0 THEN connection := MOST; CONTINUE; END IF;
        END IF;
        IF connection <> NOBODY THEN
          connection_room := coalesce((SELECT b.most FROM public.dispatch_bound b WHERE b.partner_id = v_one.partner_id
            AND b.kind = 'connection' AND b.subject = connection), CONNECTION_CAP)
            - coalesce((v_busy ->> connection::text)::int, 0);
          CONTINUE WHEN connection_room <= 0;
        END IF;
        SELECT count(*), extract(epoch FROM statement_timestamp() - min(c.due_at)) INTO waiting, oldest_seconds
        FROM public.dispatch_claimable(p_queue, v_one.partner_id, priority, customer, connection,
          least(greatest(v_turns - v_rows, 2), room, customer_room, connection_room)) AS c;
        CONTINUE WHEN waiting = 0;
        IF customer IS DISTINCT FROM v_served_customer THEN
          v_got := v_got + 1; v_served_customer := customer;
        END IF;
        v_any := true;
        v_rows := v_rows + waiting;
        RETURN NEXT;
      END LOOP;
    END LOOP;
    IF v_any THEN
      v_partners := v_partners + 1;
      EXIT WHEN v_partners >= p_limit;
    END IF;
  END LOOP;
END $$;
"""

# Leases up to so many rows of each group asked for, and books the turns they cost. The partners' turns are locked first, so
# what is in hand is counted when nobody else can add to it, and caps hold however many claim at once. (A connection's rows
# in another queue are not behind that lock: two queues at once may pass its cap by a row for a moment.)
TAKE = """
CREATE FUNCTION public.dispatch_take(p_queue text, p_worker text, p_floor float, p_partners uuid[],
  p_priorities int[], p_customers uuid[], p_connections uuid[], p_counts int[], p_leases jsonb, p_default_lease int)
RETURNS TABLE (id bigint, customer_id uuid, kind varchar, reference text, fence int, attempts smallint,
  priority smallint, partner_id uuid, slug varchar, name varchar, schema_name varchar)
LANGUAGE plpgsql SET jit = off SET enable_seqscan = off SET enable_bitmapscan = off
  SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
BEGIN
INSERT INTO public.dispatch_partnerturn (
  partner_id, queue, weight, cap, virtual_start, virtual_time, served, last_customer)
SELECT DISTINCT a.id, p_queue, 1, 32, 0, 0, 0, NOBODY FROM unnest(p_partners) AS a(id)
WHERE NOT EXISTS (SELECT 1 FROM public.dispatch_partnerturn t WHERE t.partner_id = a.id AND t.queue = p_queue)
ORDER BY a.id
ON CONFLICT DO NOTHING;
PERFORM 1 FROM public.dispatch_partnerturn t WHERE t.queue = p_queue AND t.partner_id = ANY (p_partners)
ORDER BY t.partner_id FOR NO KEY UPDATE;
RETURN QUERY
WITH ask AS MATERIALIZED (
  SELECT * FROM unnest(p_partners, p_priorities, p_customers, p_connections, p_counts)
    WITH ORDINALITY AS a(partner_id, priority, customer, connection, rows, place)),
held AS MATERIALIZED (
  SELECT w.partner_id, w.queue, w.customer_id, w.connection_id FROM public.dispatch_duework w WHERE w.state = 'leased'),
picked AS MATERIALIZED (
  SELECT one.id, ask.place, ask.partner_id, ask.customer, ask.connection,
    row_number() OVER (PARTITION BY ask.partner_id ORDER BY ask.place, one.place) AS of_partner,
    row_number() OVER (PARTITION BY ask.partner_id, ask.customer ORDER BY ask.place, one.place) AS of_customer,
    row_number() OVER (PARTITION BY ask.partner_id, ask.connection ORDER BY ask.place, one.place) AS of_connection
  FROM ask, LATERAL public.dispatch_claimable(
    p_queue, ask.partner_id, ask.priority, ask.customer, ask.connection, ask.rows) WITH ORDINALITY AS one(id, due_at, place)),
allowed AS (
  SELECT k.id, k.place FROM picked k
  WHERE k.of_partner <= (
      SELECT t.cap FROM public.dispatch_partnerturn t WHERE t.partner_id = k.partner_id AND t.queue = p_queue)
      - (SELECT count(*) FROM held h WHERE h.partner_id = k.partner_id AND h.queue = p_queue)
    AND (k.customer = NOBODY OR k.of_customer <= coalesce((
      SELECT b.most FROM public.dispatch_bound b
      WHERE b.partner_id = k.partner_id AND b.kind = 'customer' AND b.subject = k.customer), CUSTOMER_CAP)
      - (SELECT count(*) FROM held h WHERE h.customer_id = k.customer AND h.queue = p_queue))
    AND (k.connection = NOBODY OR k.of_connection <= coalesce((
      SELECT b.most FROM public.dispatch_bound b
      WHERE b.partner_id = k.partner_id AND b.kind = 'connection' AND b.subject = k.connection), CONNECTION_CAP)
      - (SELECT count(*) FROM held h WHERE h.connection_id = k.connection))),
free AS MATERIALIZED (
  SELECT w.id, a.place FROM public.dispatch_duework w JOIN allowed a ON a.id = w.id
  WHERE w.state = 'ready' FOR UPDATE OF w SKIP LOCKED),
leased AS (
  UPDATE public.dispatch_duework w SET state = 'leased', lease_owner = p_worker, fence = w.fence + 1,
    attempts = w.attempts + 1, lease_until = statement_timestamp()
      + make_interval(secs => coalesce((p_leases ->> w.kind)::int, p_default_lease))
  FROM free WHERE w.id = free.id AND w.state = 'ready'
  RETURNING w.id, w.partner_id, w.customer_id, w.kind, w.reference, w.fence, w.attempts, w.priority, free.place,
    w.due_at),
turns AS (
  UPDATE public.dispatch_partnerturn t SET
    virtual_start = greatest(t.virtual_time, p_floor) + (l.rows - 1)::float / t.weight,
    virtual_time = greatest(t.virtual_time, p_floor) + l.rows::float / t.weight,
    served = t.served + l.rows, last_customer = l.last_customer, last_served_at = statement_timestamp()
  FROM (
    SELECT d.partner_id, count(*) AS rows,
      (array_agg(coalesce(d.customer_id, NOBODY) ORDER BY d.place DESC))[1] AS last_customer
    FROM leased d GROUP BY d.partner_id) l
  WHERE t.partner_id = l.partner_id AND t.queue = p_queue)
SELECT l.id, l.customer_id, l.kind, l.reference, l.fence, l.attempts, l.priority, p.id, p.slug, p.name, p.schema_name
FROM leased l JOIN public.tenants_partner p ON p.id = l.partner_id
ORDER BY l.place, l.due_at, l.id;
END $$;
"""


def _words(function: str) -> str:
    """Write the constants out: functions of the database know no names of Python."""
    most = "'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid"
    named = {"NOBODY": NOBODY, "MOST": most, "CUSTOMER_CAP": "16", "CONNECTION_CAP": "8"}
    for name, value in named.items():
        function = function.replace(name, value)
    return function


class Migration(migrations.Migration):
    dependencies = [("dispatch", "0002_claim_functions"), ("tenants", "0003_logo_column_goes")]

    operations = [
        migrations.CreateModel(
            name="Bound",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("customer", "customer"), ("connection", "connection"), ("backlog", "backlog")],
                        max_length=10,
                    ),
                ),
                (
                    "subject",
                    models.UUIDField(help_text="Whose: the customer, the connection, or the partner itself."),
                ),
                ("most", models.PositiveIntegerField()),
                (
                    "partner",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tenants.partner",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("partner", "kind", "subject"), name="one_bound_per_subject")
                ],
            },
        ),
        migrations.RemoveIndex(model_name="duework", name="due_by_turn"),
        migrations.AddField(model_name="duework", name="connection_id", field=models.UUIDField(null=True)),
        migrations.AddField(model_name="duework", name="waiting_for", field=models.UUIDField(null=True)),
        migrations.AddIndex(
            model_name="duework",
            index=models.Index(
                models.F("queue"),
                models.F("partner"),
                models.F("priority"),
                django.db.models.functions.comparison.Coalesce("customer_id", models.Value(NOTHING)),
                django.db.models.functions.comparison.Coalesce("connection_id", models.Value(NOTHING)),
                models.F("due_at"),
                condition=models.Q(("state", "ready")),
                name="due_by_turns",
            ),
        ),
        migrations.RunSQL(
            [
                "DROP FUNCTION public.dispatch_standings(text, int)",
                "DROP FUNCTION public.dispatch_claim(text, text, float, uuid[], int[], uuid[], int[], jsonb, int)",
                _words(CLAIMABLE),
                _words(LOOK),
                _words(TAKE),
            ],
            [
                "DROP FUNCTION public.dispatch_take("
                "text, text, float, uuid[], int[], uuid[], uuid[], int[], jsonb, int)",
                "DROP FUNCTION public.dispatch_look(text, int)",
                "DROP FUNCTION public.dispatch_claimable(text, uuid, int, uuid, uuid, int)",
                EARLIER.STANDINGS.replace("NOBODY", NOBODY),
                EARLIER.CLAIM.replace("NOBODY", NOBODY),
            ],
        ),
    ]
