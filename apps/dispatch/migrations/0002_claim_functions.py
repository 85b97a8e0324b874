"""Looking and claiming as functions of the database.

Their statements are long and run many times a second: planned once per connection they take a third of the time. Plans
are made without sequential scans, so that one made while the table was empty is still right when it is full, and
without just-in-time compilation, which costs more than the statement.
"""

from django.db import migrations

NOBODY = "'00000000-0000-0000-0000-000000000000'::uuid"

# The first due row of its lane, and no row of that lane leased.
CLAIMABLE = """
  w.state = 'ready' AND w.queue = p_queue AND w.partner_id = {partner} AND w.priority = {priority}
  AND coalesce(w.customer_id, NOBODY) = {customer} AND w.due_at <= statement_timestamp()
  AND (w.lane = '' OR (
    NOT EXISTS (
      SELECT 1 FROM public.dispatch_duework h
      WHERE h.state = 'leased' AND h.partner_id = w.partner_id AND h.lane = w.lane AND h.lane <> '')
    AND w.id = (
      SELECT o.id FROM public.dispatch_duework o
      WHERE o.state = 'ready' AND o.partner_id = w.partner_id AND o.lane = w.lane AND o.lane <> ''
        AND o.due_at <= statement_timestamp()
      ORDER BY o.id LIMIT 1)))
"""

# Which partners stand where. Usually the 500 oldest due rows name every partner with something due; behind a larger
# backlog the partners are found by hopping along the index, one probe each, so no backlog hides another partner.
# The first p_limit partners that have a row to claim are returned, least served first, each with what its priorities and
# customers could give: found is {{priority, customer, rows}, ...}.
STANDINGS = """
CREATE FUNCTION public.dispatch_standings(p_queue text, p_limit int)
RETURNS TABLE (partner_id uuid, room int, weight int, virtual_time float, served bigint, last_customer uuid,
  floor float, found text[])
LANGUAGE plpgsql SET jit = off SET enable_seqscan = off AS $$
#variable_conflict use_column
BEGIN RETURN QUERY
WITH RECURSIVE
oldest AS MATERIALIZED (
  SELECT w.partner_id FROM public.dispatch_duework w
  WHERE w.state = 'ready' AND w.queue = p_queue AND w.due_at <= statement_timestamp()
  ORDER BY w.due_at LIMIT 500),
everyone(partner_id) AS (
  (SELECT w.partner_id FROM public.dispatch_duework w
   WHERE w.state = 'ready' AND w.queue = p_queue ORDER BY w.partner_id LIMIT 1)
  UNION ALL
  SELECT (SELECT w.partner_id FROM public.dispatch_duework w
          WHERE w.state = 'ready' AND w.queue = p_queue AND w.partner_id > e.partner_id
          ORDER BY w.partner_id LIMIT 1)
  FROM everyone e WHERE e.partner_id IS NOT NULL),
candidate AS (
  SELECT o.partner_id FROM oldest o
  UNION
  SELECT e.partner_id FROM everyone e WHERE e.partner_id IS NOT NULL AND (SELECT count(*) FROM oldest) >= 500),
busy AS (
  SELECT w.partner_id, count(*)::int AS leased FROM public.dispatch_duework w
  WHERE w.state = 'leased' AND w.queue = p_queue GROUP BY w.partner_id),
clock AS (
  SELECT coalesce(max(t.virtual_start), 0) AS floor FROM public.dispatch_partnerturn t WHERE t.queue = p_queue),
standing AS MATERIALIZED (
  SELECT c.partner_id, coalesce(t.cap, 32) - coalesce(b.leased, 0) AS room, coalesce(t.weight, 1)::int AS weight,
    coalesce(t.virtual_time, 0) AS virtual_time, coalesce(t.served, 0) AS served,
    coalesce(t.last_customer, NOBODY) AS last_customer, clock.floor
  FROM candidate c
  CROSS JOIN clock
  JOIN public.tenants_partner p ON p.id = c.partner_id AND p.state = 'active'
  LEFT JOIN public.dispatch_partnerturn t ON t.partner_id = c.partner_id AND t.queue = p_queue
  LEFT JOIN busy b ON b.partner_id = c.partner_id
  WHERE coalesce(t.cap, 32) > coalesce(b.leased, 0)
  ORDER BY greatest(coalesce(t.virtual_time, 0), clock.floor), t.last_served_at NULLS FIRST, c.partner_id)
SELECT s.partner_id, s.room, s.weight, s.virtual_time, s.served, s.last_customer, s.floor, g.found
FROM standing s, LATERAL (
  WITH RECURSIVE kin(priority, customer_id) AS (
    (SELECT w.priority, coalesce(w.customer_id, NOBODY) FROM public.dispatch_duework w
     WHERE w.state = 'ready' AND w.queue = p_queue AND w.partner_id = s.partner_id
     ORDER BY w.priority, coalesce(w.customer_id, NOBODY) LIMIT 1)
    UNION ALL
    SELECT n.priority, n.customer_id FROM kin k, LATERAL (
      SELECT w.priority, coalesce(w.customer_id, NOBODY) AS customer_id FROM public.dispatch_duework w
      WHERE w.state = 'ready' AND w.queue = p_queue AND w.partner_id = s.partner_id
        AND (w.priority, coalesce(w.customer_id, NOBODY)) > (k.priority, k.customer_id)
      ORDER BY w.priority, coalesce(w.customer_id, NOBODY) LIMIT 1) n),
  counted AS MATERIALIZED (
    SELECT kin.priority, kin.customer_id, (
      SELECT count(*) FROM (
        SELECT 1 FROM public.dispatch_duework w
        WHERE CLAIMABLE
        LIMIT p_limit) one) AS rows
    FROM kin)
  SELECT array_agg(ARRAY[c.priority::text, c.customer_id::text, c.rows::text]) AS found
  FROM counted c WHERE c.rows > 0) g
WHERE g.found IS NOT NULL
LIMIT p_limit;
END $$;
""".replace("CLAIMABLE", CLAIMABLE.format(partner="s.partner_id", priority="kin.priority", customer="kin.customer_id"))

# Leases up to so many rows of each partner, priority and customer asked for, and books the turns they cost.
CLAIM = """
CREATE FUNCTION public.dispatch_claim(p_queue text, p_worker text, p_floor float, p_partners uuid[],
  p_priorities int[], p_customers uuid[], p_counts int[], p_leases jsonb, p_default_lease int)
RETURNS TABLE (id bigint, customer_id uuid, kind varchar, reference text, fence int, attempts smallint,
  partner_id uuid, slug varchar, name varchar, schema_name varchar)
LANGUAGE plpgsql SET jit = off SET enable_seqscan = off AS $$
#variable_conflict use_column
BEGIN RETURN QUERY
WITH ask AS MATERIALIZED (
  SELECT * FROM unnest(p_partners, p_priorities, p_customers, p_counts)
    WITH ORDINALITY AS a(partner_id, priority, customer_id, rows, place)),
picked AS MATERIALIZED (
  SELECT one.id, ask.place FROM ask, LATERAL (
    SELECT w.id FROM public.dispatch_duework w
    WHERE CLAIMABLE
    ORDER BY w.due_at LIMIT ask.rows
    FOR UPDATE SKIP LOCKED) one),
leased AS (
  UPDATE public.dispatch_duework w SET state = 'leased', lease_owner = p_worker, fence = w.fence + 1,
    attempts = w.attempts + 1, lease_until = statement_timestamp()
      + make_interval(secs => coalesce((p_leases ->> w.kind)::int, p_default_lease))
  FROM picked WHERE w.id = picked.id AND w.state = 'ready'
  RETURNING w.id, w.partner_id, w.customer_id, w.kind, w.reference, w.fence, w.attempts, picked.place, w.due_at),
turns AS (
  INSERT INTO public.dispatch_partnerturn AS turn (
    partner_id, queue, weight, cap, virtual_start, virtual_time, served, last_customer, last_served_at)
  SELECT l.partner_id, p_queue, 1, 32, p_floor + count(*) - 1, p_floor + count(*), count(*),
    (array_agg(coalesce(l.customer_id, NOBODY) ORDER BY l.place DESC))[1], statement_timestamp()
  FROM leased l GROUP BY l.partner_id ORDER BY l.partner_id
  ON CONFLICT (partner_id, queue) DO UPDATE SET
    virtual_start = greatest(turn.virtual_time, p_floor) + (excluded.served - 1)::float / turn.weight,
    virtual_time = greatest(turn.virtual_time, p_floor) + excluded.served::float / turn.weight,
    served = turn.served + excluded.served, last_customer = excluded.last_customer,
    last_served_at = excluded.last_served_at)
SELECT l.id, l.customer_id, l.kind, l.reference, l.fence, l.attempts, p.id, p.slug, p.name, p.schema_name
FROM leased l JOIN public.tenants_partner p ON p.id = l.partner_id
ORDER BY l.place, l.due_at, l.id;
END $$;
""".replace(
    "CLAIMABLE", CLAIMABLE.format(partner="ask.partner_id", priority="ask.priority", customer="ask.customer_id")
)


class Migration(migrations.Migration):
    dependencies = [("dispatch", "0001_due_work"), ("tenants", "0001_initial")]

    operations = [
        migrations.RunSQL(
            [STANDINGS.replace("NOBODY", NOBODY), CLAIM.replace("NOBODY", NOBODY)],
            [
                "DROP FUNCTION public.dispatch_standings(text, int)",
                "DROP FUNCTION public.dispatch_claim(text, text, float, uuid[], int[], uuid[], int[], jsonb, int)",
            ],
        )
    ]
