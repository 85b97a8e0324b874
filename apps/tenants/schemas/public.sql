-- Made by the migrations d1626419c522ab65f88ffa92881eb8ed611891148cfb0ee0dafdc74719fc23b7
CREATE FUNCTION public.accounts_refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  RAISE EXCEPTION 'The audit trail is append-only: % is refused.', TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE FUNCTION public.dispatch_claimable(p_queue text, p_partner uuid, p_priority integer, p_customer uuid, p_connection uuid, p_most integer) RETURNS TABLE(id bigint, due_at timestamp with time zone)
    LANGUAGE plpgsql
    AS $$
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
                AND coalesce(first.customer_id, '00000000-0000-0000-0000-000000000000'::uuid) = p_customer
                AND coalesce(first.connection_id, '00000000-0000-0000-0000-000000000000'::uuid) = p_connection THEN first.id END
              FROM (SELECT * FROM public.dispatch_duework o
                WHERE o.state = 'ready' AND o.partner_id = p_partner AND o.lane = one.lane AND o.lane <> ''
                  AND o.due_at <= statement_timestamp()
                ORDER BY o.id LIMIT 1) first)
        END AS id
      FROM (
        SELECT r.lane, min(r.id) AS id, min(r.due_at) AS due_at
        FROM (SELECT w.id, w.lane, w.due_at FROM public.dispatch_duework w
          WHERE w.state = 'ready' AND w.queue = p_queue AND w.partner_id = p_partner AND w.priority = p_priority
            AND coalesce(w.customer_id, '00000000-0000-0000-0000-000000000000'::uuid) = p_customer AND coalesce(w.connection_id, '00000000-0000-0000-0000-000000000000'::uuid) = p_connection
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
CREATE FUNCTION public.dispatch_look(p_queue text, p_limit integer) RETURNS TABLE(partner_id uuid, room integer, weight integer, virtual_time double precision, served bigint, last_customer uuid, floor double precision, priority integer, customer uuid, waiting integer, connection uuid, oldest_seconds double precision, customer_room integer, connection_room integer)
    LANGUAGE plpgsql
    SET jit TO 'off'
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
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
      SELECT DISTINCT w.partner_id, w.priority, coalesce(w.customer_id, '00000000-0000-0000-0000-000000000000'::uuid) AS customer,
        coalesce(w.connection_id, '00000000-0000-0000-0000-000000000000'::uuid) AS connection
      FROM public.dispatch_duework w
      WHERE v_few AND w.state = 'ready' AND w.queue = p_queue AND w.due_at <= statement_timestamp()),
    candidate AS (
      SELECT DISTINCT d.partner_id FROM due d UNION ALL SELECT e.id FROM everyone e WHERE e.id IS NOT NULL),
    standing AS (
      SELECT c.partner_id, coalesce(t.cap, 32) - coalesce((v_busy ->> c.partner_id::text)::int, 0) AS room,
        coalesce(t.weight, 1)::int AS weight, coalesce(t.virtual_time, 0) AS virtual_time,
        coalesce(t.served, 0) AS served, coalesce(t.last_customer, '00000000-0000-0000-0000-000000000000'::uuid) AS last_customer, t.last_served_at
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
      customer := last_customer; connection := 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid;
      LOOP
        IF v_few THEN
          v_at := v_at + 1;
          EXIT WHEN v_at > cardinality(v_one.priorities);
          CONTINUE WHEN v_one.priorities[v_at] <> priority;
          customer := v_one.customers[v_at]; connection := v_one.connections[v_at];
          v_due_at := statement_timestamp();
        ELSE
          IF customer IS NULL THEN
            SELECT coalesce(w.customer_id, '00000000-0000-0000-0000-000000000000'::uuid), coalesce(w.connection_id, '00000000-0000-0000-0000-000000000000'::uuid), w.due_at
            INTO customer, connection, v_due_at FROM public.dispatch_duework w
            WHERE w.state = 'ready' AND w.queue = p_queue AND w.partner_id = v_one.partner_id
              AND w.priority = dispatch_look.priority
            ORDER BY coalesce(w.customer_id, '00000000-0000-0000-0000-000000000000'::uuid), coalesce(w.connection_id, '00000000-0000-0000-0000-000000000000'::uuid), w.due_at LIMIT 1;
          ELSE
            SELECT coalesce(w.customer_id, '00000000-0000-0000-0000-000000000000'::uuid), coalesce(w.connection_id, '00000000-0000-0000-0000-000000000000'::uuid), w.due_at
            INTO customer, connection, v_due_at FROM public.dispatch_duework w
            WHERE w.state = 'ready' AND w.queue = p_queue AND w.partner_id = v_one.partner_id
              AND w.priority = dispatch_look.priority
              AND (coalesce(w.customer_id, '00000000-0000-0000-0000-000000000000'::uuid), coalesce(w.connection_id, '00000000-0000-0000-0000-000000000000'::uuid)) > (customer, connection)
            ORDER BY coalesce(w.customer_id, '00000000-0000-0000-0000-000000000000'::uuid), coalesce(w.connection_id, '00000000-0000-0000-0000-000000000000'::uuid), w.due_at LIMIT 1;
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
        IF customer <> '00000000-0000-0000-0000-000000000000'::uuid THEN
          customer_room := coalesce((SELECT b.most FROM public.dispatch_bound b WHERE b.partner_id = v_one.partner_id
            AND b.kind = 'customer' AND b.subject = customer), 16)
            - coalesce((v_busy ->> customer::text)::int, 0);
          IF customer_room <= 0 THEN connection := 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid; CONTINUE; END IF;
        END IF;
        IF connection <> '00000000-0000-0000-0000-000000000000'::uuid THEN
          connection_room := coalesce((SELECT b.most FROM public.dispatch_bound b WHERE b.partner_id = v_one.partner_id
            AND b.kind = 'connection' AND b.subject = connection), 8)
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
CREATE FUNCTION public.dispatch_note_lease() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  NEW.leased_at := statement_timestamp();
  RETURN NEW;
END $$;
CREATE FUNCTION public.dispatch_take(p_queue text, p_worker text, p_floor double precision, p_partners uuid[], p_priorities integer[], p_customers uuid[], p_connections uuid[], p_counts integer[], p_leases jsonb, p_default_lease integer) RETURNS TABLE(id bigint, customer_id uuid, kind character varying, reference text, fence integer, attempts smallint, priority smallint, partner_id uuid, slug character varying, name character varying, schema_name character varying)
    LANGUAGE plpgsql
    SET jit TO 'off'
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
#variable_conflict use_column
BEGIN
INSERT INTO public.dispatch_partnerturn (
  partner_id, queue, weight, cap, virtual_start, virtual_time, served, last_customer)
SELECT DISTINCT a.id, p_queue, 1, 32, 0, 0, 0, '00000000-0000-0000-0000-000000000000'::uuid FROM unnest(p_partners) AS a(id)
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
    AND (k.customer = '00000000-0000-0000-0000-000000000000'::uuid OR k.of_customer <= coalesce((
      SELECT b.most FROM public.dispatch_bound b
      WHERE b.partner_id = k.partner_id AND b.kind = 'customer' AND b.subject = k.customer), 16)
      - (SELECT count(*) FROM held h WHERE h.customer_id = k.customer AND h.queue = p_queue))
    AND (k.connection = '00000000-0000-0000-0000-000000000000'::uuid OR k.of_connection <= coalesce((
      SELECT b.most FROM public.dispatch_bound b
      WHERE b.partner_id = k.partner_id AND b.kind = 'connection' AND b.subject = k.connection), 8)
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
      (array_agg(coalesce(d.customer_id, '00000000-0000-0000-0000-000000000000'::uuid) ORDER BY d.place DESC))[1] AS last_customer
    FROM leased d GROUP BY d.partner_id) l
  WHERE t.partner_id = l.partner_id AND t.queue = p_queue)
SELECT l.id, l.customer_id, l.kind, l.reference, l.fence, l.attempts, l.priority, p.id, p.slug, p.name, p.schema_name
FROM leased l JOIN public.tenants_partner p ON p.id = l.partner_id
ORDER BY l.place, l.due_at, l.id;
END $$;
CREATE TABLE public.account_emailaddress (
    id integer NOT NULL,
    email character varying(254) NOT NULL,
    verified boolean NOT NULL,
    "primary" boolean NOT NULL,
    user_id uuid NOT NULL
);
ALTER TABLE public.account_emailaddress ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.account_emailaddress_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.account_emailconfirmation (
    id integer NOT NULL,
    created timestamp with time zone NOT NULL,
    sent timestamp with time zone,
    key character varying(64) NOT NULL,
    email_address_id integer NOT NULL
);
ALTER TABLE public.account_emailconfirmation ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.account_emailconfirmation_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.accounts_apikey (
    id uuid NOT NULL,
    name character varying(80) NOT NULL,
    prefix character varying(16) NOT NULL,
    hash character varying(64) NOT NULL,
    scopes character varying(32)[] NOT NULL,
    customer_id uuid,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    last_used_at timestamp with time zone,
    revoked_at timestamp with time zone,
    created_by_id uuid
);
CREATE TABLE public.accounts_auditentry (
    id uuid NOT NULL,
    "position" bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    actor_id uuid,
    api_key_id uuid,
    actor_name character varying(260) NOT NULL,
    action character varying(40) NOT NULL,
    subject character varying(260) NOT NULL,
    subject_id character varying(64) NOT NULL,
    details jsonb NOT NULL,
    previous_hash character varying(64) NOT NULL,
    hash character varying(64) NOT NULL
);
CREATE TABLE public.accounts_audithead (
    id smallint NOT NULL,
    "position" bigint NOT NULL,
    hash character varying(64) NOT NULL,
    moved_at timestamp with time zone NOT NULL,
    CONSTRAINT accounts_audithead_id_check CHECK ((id >= 0)),
    CONSTRAINT accounts_audithead_one_row CHECK ((id = 1))
);
CREATE TABLE public.accounts_invitation (
    id uuid NOT NULL,
    email character varying(254) NOT NULL,
    name character varying(120) NOT NULL,
    role character varying(24) NOT NULL,
    customer_id uuid,
    token_hash character varying(64) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    accepted_at timestamp with time zone,
    withdrawn_at timestamp with time zone,
    invited_by_id uuid
);
CREATE TABLE public.accounts_outgoingmail (
    id uuid NOT NULL,
    "to" character varying(254) NOT NULL,
    sender character varying(260) NOT NULL,
    subject character varying(260) NOT NULL,
    text text NOT NULL,
    html text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    sent_at timestamp with time zone
);
CREATE TABLE public.accounts_preference (
    id uuid NOT NULL,
    start_page character varying(40) NOT NULL,
    theme character varying(5) NOT NULL,
    alerts boolean NOT NULL,
    digest character varying(7) NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    user_id uuid NOT NULL
);
CREATE TABLE public.accounts_savedview (
    id uuid NOT NULL,
    customer_id uuid,
    list_key character varying(40) NOT NULL,
    name character varying(60) NOT NULL,
    query character varying(1000) NOT NULL,
    is_shared boolean NOT NULL,
    is_default boolean NOT NULL,
    created_at timestamp with time zone NOT NULL,
    owner_id uuid NOT NULL
);
ALTER TABLE ONLY public.accounts_savedview FORCE ROW LEVEL SECURITY;
CREATE TABLE public.accounts_user (
    password character varying(128) NOT NULL,
    last_login timestamp with time zone,
    id uuid NOT NULL,
    email character varying(254) NOT NULL,
    name character varying(120) NOT NULL,
    role character varying(24) NOT NULL,
    is_active boolean NOT NULL,
    language character varying(10) NOT NULL,
    time_zone character varying(64) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT accounts_user_email_is_lower_case CHECK (((email)::text = lower((email)::text)))
);
CREATE TABLE public.auth_group (
    id integer NOT NULL,
    name character varying(150) NOT NULL
);
ALTER TABLE public.auth_group ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.auth_group_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.auth_group_permissions (
    id bigint NOT NULL,
    group_id integer NOT NULL,
    permission_id integer NOT NULL
);
ALTER TABLE public.auth_group_permissions ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.auth_group_permissions_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.auth_permission (
    id integer NOT NULL,
    name character varying(255) NOT NULL,
    content_type_id integer NOT NULL,
    codename character varying(100) NOT NULL
);
ALTER TABLE public.auth_permission ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.auth_permission_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.dispatch_bound (
    id bigint NOT NULL,
    kind character varying(10) NOT NULL,
    subject uuid NOT NULL,
    most integer NOT NULL,
    partner_id uuid NOT NULL,
    CONSTRAINT dispatch_bound_most_check CHECK ((most >= 0))
);
ALTER TABLE public.dispatch_bound ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.dispatch_bound_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.dispatch_duework (
    id bigint NOT NULL,
    customer_id uuid,
    kind character varying(60) NOT NULL,
    reference text NOT NULL,
    lane character varying(200) NOT NULL,
    queue character varying(10) NOT NULL,
    state character varying(12) NOT NULL,
    priority smallint NOT NULL,
    due_at timestamp with time zone NOT NULL,
    lease_owner character varying(120) NOT NULL,
    lease_until timestamp with time zone,
    fence integer NOT NULL,
    attempts smallint NOT NULL,
    lost_leases smallint NOT NULL,
    unique_key character varying(200),
    again_at timestamp with time zone,
    last_error text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    partner_id uuid NOT NULL,
    connection_id uuid,
    waiting_for uuid,
    leased_at timestamp with time zone,
    CONSTRAINT dispatch_duework_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT dispatch_duework_lost_leases_check CHECK ((lost_leases >= 0)),
    CONSTRAINT dispatch_duework_priority_check CHECK ((priority >= 0))
)
WITH (fillfactor='70', autovacuum_vacuum_scale_factor='0.01', autovacuum_vacuum_threshold='1000', autovacuum_analyze_scale_factor='0.05');
ALTER TABLE public.dispatch_duework ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.dispatch_duework_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.dispatch_partnerturn (
    id bigint NOT NULL,
    queue character varying(10) NOT NULL,
    weight smallint NOT NULL,
    cap smallint NOT NULL,
    virtual_start double precision NOT NULL,
    virtual_time double precision NOT NULL,
    served bigint NOT NULL,
    last_customer uuid NOT NULL,
    last_served_at timestamp with time zone,
    partner_id uuid NOT NULL,
    CONSTRAINT dispatch_partnerturn_cap_check CHECK ((cap >= 0)),
    CONSTRAINT dispatch_partnerturn_weight_check CHECK ((weight >= 0))
)
WITH (fillfactor='50');
ALTER TABLE public.dispatch_partnerturn ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.dispatch_partnerturn_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.dispatch_periodictick (
    kind character varying(60) NOT NULL,
    tick_at timestamp with time zone NOT NULL
);
CREATE TABLE public.dispatch_workerheartbeat (
    name character varying(120) NOT NULL,
    role character varying(20) NOT NULL,
    started_at timestamp with time zone NOT NULL,
    heartbeat_at timestamp with time zone NOT NULL
);
CREATE TABLE public.django_content_type (
    id integer NOT NULL,
    app_label character varying(100) NOT NULL,
    model character varying(100) NOT NULL
);
ALTER TABLE public.django_content_type ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.django_content_type_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.django_migrations (
    id bigint NOT NULL,
    app character varying(255) NOT NULL,
    name character varying(255) NOT NULL,
    applied timestamp with time zone NOT NULL
);
ALTER TABLE public.django_migrations ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.django_migrations_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.django_session (
    session_key character varying(40) NOT NULL,
    session_data text NOT NULL,
    expire_date timestamp with time zone NOT NULL
);
CREATE TABLE public.mfa_authenticator (
    id bigint NOT NULL,
    type character varying(20) NOT NULL,
    data jsonb NOT NULL,
    user_id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    last_used_at timestamp with time zone
);
ALTER TABLE public.mfa_authenticator ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.mfa_authenticator_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.tenants_brand (
    partner_id uuid NOT NULL,
    name character varying(80) NOT NULL,
    product_noun character varying(60) NOT NULL,
    primary_colour character varying(7) NOT NULL,
    accent_colour character varying(7) NOT NULL,
    font character varying(20) NOT NULL,
    corner_radius smallint NOT NULL,
    support_email character varying(254) NOT NULL,
    mail_sender_name character varying(80) NOT NULL,
    mail_sender_address character varying(254) NOT NULL,
    mail_footer character varying(300) NOT NULL,
    sign_in_text character varying(200) NOT NULL,
    version integer NOT NULL,
    customer_noun character varying(40) NOT NULL,
    customers_noun character varying(40) NOT NULL,
    favicon character varying(64) NOT NULL,
    heading_font character varying(20) NOT NULL,
    logo character varying(64) NOT NULL,
    logo_dark character varying(64) NOT NULL,
    mail_header character varying(8) NOT NULL,
    mail_header_colour character varying(7) NOT NULL,
    side_scheme character varying(8) NOT NULL,
    sign_in_picture character varying(64) NOT NULL,
    support_hours character varying(120) NOT NULL,
    support_name character varying(80) NOT NULL,
    support_phone character varying(40) NOT NULL,
    CONSTRAINT tenants_brand_corner_radius_check CHECK ((corner_radius >= 0)),
    CONSTRAINT tenants_brand_version_check CHECK ((version >= 0))
);
CREATE TABLE public.tenants_branddraft (
    partner_id uuid NOT NULL,
    "values" jsonb NOT NULL,
    revision integer NOT NULL,
    edited_by character varying(260) NOT NULL,
    edited_at timestamp with time zone NOT NULL,
    CONSTRAINT tenants_branddraft_revision_check CHECK ((revision >= 0))
);
CREATE TABLE public.tenants_brandpicture (
    id bigint NOT NULL,
    digest character varying(64) NOT NULL,
    media_type character varying(40) NOT NULL,
    width smallint NOT NULL,
    height smallint NOT NULL,
    content bytea NOT NULL,
    created_at timestamp with time zone NOT NULL,
    partner_id uuid NOT NULL,
    CONSTRAINT tenants_brandpicture_height_check CHECK ((height >= 0)),
    CONSTRAINT tenants_brandpicture_width_check CHECK ((width >= 0))
);
ALTER TABLE public.tenants_brandpicture ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.tenants_brandpicture_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.tenants_brandversion (
    id bigint NOT NULL,
    number integer NOT NULL,
    "values" jsonb NOT NULL,
    published_by character varying(260) NOT NULL,
    published_at timestamp with time zone,
    restored_from integer,
    partner_id uuid NOT NULL,
    CONSTRAINT tenants_brandversion_number_check CHECK ((number >= 0)),
    CONSTRAINT tenants_brandversion_restored_from_check CHECK ((restored_from >= 0))
);
ALTER TABLE public.tenants_brandversion ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.tenants_brandversion_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.tenants_domain (
    id bigint NOT NULL,
    domain character varying(253) NOT NULL,
    is_primary boolean NOT NULL,
    verified_at timestamp with time zone,
    tenant_id uuid NOT NULL
);
ALTER TABLE public.tenants_domain ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.tenants_domain_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.tenants_inboundaddress (
    token_hash character varying(64) NOT NULL,
    reference uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    partner_id uuid NOT NULL
);
CREATE TABLE public.tenants_partner (
    id uuid NOT NULL,
    schema_name character varying(63) NOT NULL,
    slug character varying(40) NOT NULL,
    name character varying(120) NOT NULL,
    state character varying(16) NOT NULL,
    shard character varying(40) NOT NULL,
    created_at timestamp with time zone NOT NULL
);
CREATE TABLE public.usersessions_usersession (
    id bigint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    ip inet NOT NULL,
    last_seen_at timestamp with time zone NOT NULL,
    session_key character varying(40) NOT NULL,
    user_agent character varying(200) NOT NULL,
    data jsonb NOT NULL,
    user_id uuid NOT NULL
);
ALTER TABLE public.usersessions_usersession ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.usersessions_usersession_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
ALTER TABLE ONLY public.account_emailaddress
    ADD CONSTRAINT account_emailaddress_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.account_emailaddress
    ADD CONSTRAINT account_emailaddress_user_id_email_987c8728_uniq UNIQUE (user_id, email);
ALTER TABLE ONLY public.account_emailconfirmation
    ADD CONSTRAINT account_emailconfirmation_key_key UNIQUE (key);
ALTER TABLE ONLY public.account_emailconfirmation
    ADD CONSTRAINT account_emailconfirmation_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.accounts_apikey
    ADD CONSTRAINT accounts_apikey_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.accounts_apikey
    ADD CONSTRAINT accounts_apikey_prefix_key UNIQUE (prefix);
ALTER TABLE ONLY public.accounts_auditentry
    ADD CONSTRAINT accounts_auditentry_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.accounts_auditentry
    ADD CONSTRAINT accounts_auditentry_position_key UNIQUE ("position");
ALTER TABLE ONLY public.accounts_audithead
    ADD CONSTRAINT accounts_audithead_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.accounts_invitation
    ADD CONSTRAINT accounts_invitation_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.accounts_invitation
    ADD CONSTRAINT accounts_invitation_token_hash_key UNIQUE (token_hash);
ALTER TABLE ONLY public.accounts_outgoingmail
    ADD CONSTRAINT accounts_outgoingmail_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.accounts_preference
    ADD CONSTRAINT accounts_preference_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.accounts_preference
    ADD CONSTRAINT accounts_preference_user_id_key UNIQUE (user_id);
ALTER TABLE ONLY public.accounts_savedview
    ADD CONSTRAINT accounts_savedview_name_once UNIQUE (owner_id, list_key, name);
ALTER TABLE ONLY public.accounts_savedview
    ADD CONSTRAINT accounts_savedview_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.accounts_user
    ADD CONSTRAINT accounts_user_email_key UNIQUE (email);
ALTER TABLE ONLY public.accounts_user
    ADD CONSTRAINT accounts_user_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.auth_group
    ADD CONSTRAINT auth_group_name_key UNIQUE (name);
ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissions_group_id_permission_id_0cd325b0_uniq UNIQUE (group_id, permission_id);
ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissions_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.auth_group
    ADD CONSTRAINT auth_group_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.auth_permission
    ADD CONSTRAINT auth_permission_content_type_id_codename_01ab375a_uniq UNIQUE (content_type_id, codename);
ALTER TABLE ONLY public.auth_permission
    ADD CONSTRAINT auth_permission_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.dispatch_bound
    ADD CONSTRAINT dispatch_bound_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.dispatch_duework
    ADD CONSTRAINT dispatch_duework_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.dispatch_partnerturn
    ADD CONSTRAINT dispatch_partnerturn_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.dispatch_periodictick
    ADD CONSTRAINT dispatch_periodictick_pkey PRIMARY KEY (kind);
ALTER TABLE ONLY public.dispatch_workerheartbeat
    ADD CONSTRAINT dispatch_workerheartbeat_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.django_content_type
    ADD CONSTRAINT django_content_type_app_label_model_76bd3d3b_uniq UNIQUE (app_label, model);
ALTER TABLE ONLY public.django_content_type
    ADD CONSTRAINT django_content_type_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.django_migrations
    ADD CONSTRAINT django_migrations_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.django_session
    ADD CONSTRAINT django_session_pkey PRIMARY KEY (session_key);
ALTER TABLE ONLY public.mfa_authenticator
    ADD CONSTRAINT mfa_authenticator_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.dispatch_bound
    ADD CONSTRAINT one_bound_per_subject UNIQUE (partner_id, kind, subject);
ALTER TABLE ONLY public.dispatch_partnerturn
    ADD CONSTRAINT one_turn_per_partner_and_queue UNIQUE (partner_id, queue);
ALTER TABLE ONLY public.tenants_brand
    ADD CONSTRAINT tenants_brand_pkey PRIMARY KEY (partner_id);
ALTER TABLE ONLY public.tenants_branddraft
    ADD CONSTRAINT tenants_branddraft_pkey PRIMARY KEY (partner_id);
ALTER TABLE ONLY public.tenants_brandpicture
    ADD CONSTRAINT tenants_brandpicture_once UNIQUE (partner_id, digest);
ALTER TABLE ONLY public.tenants_brandpicture
    ADD CONSTRAINT tenants_brandpicture_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.tenants_brandversion
    ADD CONSTRAINT tenants_brandversion_once UNIQUE (partner_id, number);
ALTER TABLE ONLY public.tenants_brandversion
    ADD CONSTRAINT tenants_brandversion_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.tenants_domain
    ADD CONSTRAINT tenants_domain_domain_key UNIQUE (domain);
ALTER TABLE ONLY public.tenants_domain
    ADD CONSTRAINT tenants_domain_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.tenants_inboundaddress
    ADD CONSTRAINT tenants_inboundaddress_pkey PRIMARY KEY (token_hash);
ALTER TABLE ONLY public.tenants_partner
    ADD CONSTRAINT tenants_partner_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.tenants_partner
    ADD CONSTRAINT tenants_partner_schema_name_key UNIQUE (schema_name);
ALTER TABLE ONLY public.tenants_partner
    ADD CONSTRAINT tenants_partner_slug_key UNIQUE (slug);
ALTER TABLE ONLY public.usersessions_usersession
    ADD CONSTRAINT usersessions_usersession_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.usersessions_usersession
    ADD CONSTRAINT usersessions_usersession_session_key_key UNIQUE (session_key);
CREATE INDEX account_emailaddress_email_03be32b2 ON public.account_emailaddress USING btree (email);
CREATE INDEX account_emailaddress_email_03be32b2_like ON public.account_emailaddress USING btree (email varchar_pattern_ops);
CREATE INDEX account_emailaddress_user_id_2c513194 ON public.account_emailaddress USING btree (user_id);
CREATE INDEX account_emailconfirmation_email_address_id_5b7f8c58 ON public.account_emailconfirmation USING btree (email_address_id);
CREATE INDEX account_emailconfirmation_key_f43612bd_like ON public.account_emailconfirmation USING btree (key varchar_pattern_ops);
CREATE INDEX accounts_apikey_created_by_id_1b5317c8 ON public.accounts_apikey USING btree (created_by_id);
CREATE INDEX accounts_apikey_prefix_2468c39f_like ON public.accounts_apikey USING btree (prefix varchar_pattern_ops);
CREATE INDEX accounts_audit_by_action ON public.accounts_auditentry USING btree (action, "position" DESC);
CREATE INDEX accounts_audit_by_actor ON public.accounts_auditentry USING btree (actor_id, "position" DESC);
CREATE INDEX accounts_audit_by_subject ON public.accounts_auditentry USING btree (subject_id, "position" DESC);
CREATE INDEX accounts_invitation_invited_by_id_94a21efc ON public.accounts_invitation USING btree (invited_by_id);
CREATE UNIQUE INDEX accounts_invitation_one_open_per_email ON public.accounts_invitation USING btree (email) WHERE ((accepted_at IS NULL) AND (withdrawn_at IS NULL));
CREATE INDEX accounts_invitation_token_hash_3d59d75c_like ON public.accounts_invitation USING btree (token_hash varchar_pattern_ops);
CREATE INDEX accounts_savedview_list_key_cf56dcf5 ON public.accounts_savedview USING btree (list_key);
CREATE INDEX accounts_savedview_list_key_cf56dcf5_like ON public.accounts_savedview USING btree (list_key varchar_pattern_ops);
CREATE UNIQUE INDEX accounts_savedview_one_default ON public.accounts_savedview USING btree (owner_id, list_key) WHERE is_default;
CREATE INDEX accounts_savedview_owner_id_35701fde ON public.accounts_savedview USING btree (owner_id);
CREATE INDEX accounts_user_email_b2644a56_like ON public.accounts_user USING btree (email varchar_pattern_ops);
CREATE INDEX auth_group_name_a6ea08ec_like ON public.auth_group USING btree (name varchar_pattern_ops);
CREATE INDEX auth_group_permissions_group_id_b120cbf9 ON public.auth_group_permissions USING btree (group_id);
CREATE INDEX auth_group_permissions_permission_id_84c5c92e ON public.auth_group_permissions USING btree (permission_id);
CREATE INDEX auth_permission_content_type_id_2f476e4b ON public.auth_permission USING btree (content_type_id);
CREATE INDEX dispatch_periodictick_kind_4695f495_like ON public.dispatch_periodictick USING btree (kind varchar_pattern_ops);
CREATE INDEX dispatch_workerheartbeat_name_1db0d9ab_like ON public.dispatch_workerheartbeat USING btree (name varchar_pattern_ops);
CREATE INDEX django_session_expire_date_a5c62663 ON public.django_session USING btree (expire_date);
CREATE INDEX django_session_session_key_c0390e0f_like ON public.django_session USING btree (session_key varchar_pattern_ops);
CREATE INDEX due_by_lane ON public.dispatch_duework USING btree (partner_id, lane, id) WHERE (((state)::text = 'ready'::text) AND (NOT ((lane)::text = ''::text)));
CREATE INDEX due_by_time ON public.dispatch_duework USING btree (queue, due_at, partner_id) WHERE ((state)::text = 'ready'::text);
CREATE INDEX due_by_turns ON public.dispatch_duework USING btree (queue, partner_id, priority, COALESCE(customer_id, '00000000-0000-0000-0000-000000000000'::uuid), COALESCE(connection_id, '00000000-0000-0000-0000-000000000000'::uuid), due_at) WHERE ((state)::text = 'ready'::text);
CREATE INDEX due_given_up ON public.dispatch_duework USING btree (partner_id, state) WHERE ((state)::text = ANY (ARRAY[('failed'::character varying)::text, ('quarantined'::character varying)::text]));
CREATE INDEX due_leased ON public.dispatch_duework USING btree (lease_until) WHERE ((state)::text = 'leased'::text);
CREATE INDEX mfa_authenticator_user_id_0c3a50c0 ON public.mfa_authenticator USING btree (user_id);
CREATE UNIQUE INDEX one_lease_per_lane ON public.dispatch_duework USING btree (partner_id, lane) WHERE (((state)::text = 'leased'::text) AND (NOT ((lane)::text = ''::text)));
CREATE UNIQUE INDEX one_open_row_per_key ON public.dispatch_duework USING btree (partner_id, unique_key) WHERE (((state)::text = ANY (ARRAY[('ready'::character varying)::text, ('leased'::character varying)::text])) AND (unique_key IS NOT NULL));
CREATE INDEX tenants_brandpicture_partner_id_fe4ed45d ON public.tenants_brandpicture USING btree (partner_id);
CREATE INDEX tenants_brandversion_partner_id_24a53326 ON public.tenants_brandversion USING btree (partner_id);
CREATE INDEX tenants_domain_domain_e75f0449_like ON public.tenants_domain USING btree (domain varchar_pattern_ops);
CREATE INDEX tenants_domain_is_primary_0abe1b9f ON public.tenants_domain USING btree (is_primary);
CREATE INDEX tenants_domain_tenant_id_3c778562 ON public.tenants_domain USING btree (tenant_id);
CREATE INDEX tenants_inboundaddress_partner_id_8a4f5a51 ON public.tenants_inboundaddress USING btree (partner_id);
CREATE INDEX tenants_inboundaddress_token_hash_7f8dbd2c_like ON public.tenants_inboundaddress USING btree (token_hash varchar_pattern_ops);
CREATE INDEX tenants_partner_schema_name_88cd07e6_like ON public.tenants_partner USING btree (schema_name varchar_pattern_ops);
CREATE INDEX tenants_partner_slug_ebd81495_like ON public.tenants_partner USING btree (slug varchar_pattern_ops);
CREATE UNIQUE INDEX unique_authenticator_type ON public.mfa_authenticator USING btree (user_id, type) WHERE ((type)::text = ANY (ARRAY[('totp'::character varying)::text, ('recovery_codes'::character varying)::text]));
CREATE UNIQUE INDEX unique_primary_email ON public.account_emailaddress USING btree (user_id, "primary") WHERE "primary";
CREATE UNIQUE INDEX unique_verified_email ON public.account_emailaddress USING btree (email) WHERE verified;
CREATE INDEX usersessions_usersession_session_key_fd35de43_like ON public.usersessions_usersession USING btree (session_key varchar_pattern_ops);
CREATE INDEX usersessions_usersession_user_id_af5e0a6d ON public.usersessions_usersession USING btree (user_id);
CREATE TRIGGER accounts_auditentry_append_only BEFORE DELETE OR UPDATE ON public.accounts_auditentry FOR EACH ROW EXECUTE FUNCTION public.accounts_refuse_change();
CREATE TRIGGER note_lease BEFORE UPDATE OF state ON public.dispatch_duework FOR EACH ROW WHEN ((((old.state)::text = 'ready'::text) AND ((new.state)::text = 'leased'::text))) EXECUTE FUNCTION public.dispatch_note_lease();
ALTER TABLE ONLY public.account_emailaddress
    ADD CONSTRAINT account_emailaddress_user_id_2c513194_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.account_emailconfirmation
    ADD CONSTRAINT account_emailconfirm_email_address_id_5b7f8c58_fk_account_e FOREIGN KEY (email_address_id) REFERENCES public.account_emailaddress(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.accounts_apikey
    ADD CONSTRAINT accounts_apikey_created_by_id_1b5317c8_fk_accounts_user_id FOREIGN KEY (created_by_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.accounts_invitation
    ADD CONSTRAINT accounts_invitation_invited_by_id_94a21efc_fk_accounts_user_id FOREIGN KEY (invited_by_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.accounts_preference
    ADD CONSTRAINT accounts_preference_user_id_7a4b98dd_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.accounts_savedview
    ADD CONSTRAINT accounts_savedview_owner_id_35701fde_fk_accounts_user_id FOREIGN KEY (owner_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissio_permission_id_84c5c92e_fk_auth_perm FOREIGN KEY (permission_id) REFERENCES public.auth_permission(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissions_group_id_b120cbf9_fk_auth_group_id FOREIGN KEY (group_id) REFERENCES public.auth_group(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.auth_permission
    ADD CONSTRAINT auth_permission_content_type_id_2f476e4b_fk_django_co FOREIGN KEY (content_type_id) REFERENCES public.django_content_type(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.dispatch_bound
    ADD CONSTRAINT dispatch_bound_partner_id_de190fd9_fk_tenants_partner_id FOREIGN KEY (partner_id) REFERENCES public.tenants_partner(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.dispatch_duework
    ADD CONSTRAINT dispatch_duework_partner_id_83138c89_fk_tenants_partner_id FOREIGN KEY (partner_id) REFERENCES public.tenants_partner(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.dispatch_partnerturn
    ADD CONSTRAINT dispatch_partnerturn_partner_id_e62a218e_fk_tenants_partner_id FOREIGN KEY (partner_id) REFERENCES public.tenants_partner(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.mfa_authenticator
    ADD CONSTRAINT mfa_authenticator_user_id_0c3a50c0_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.tenants_brand
    ADD CONSTRAINT tenants_brand_partner_id_229e157a_fk_tenants_partner_id FOREIGN KEY (partner_id) REFERENCES public.tenants_partner(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.tenants_branddraft
    ADD CONSTRAINT tenants_branddraft_partner_id_169e09e6_fk_tenants_partner_id FOREIGN KEY (partner_id) REFERENCES public.tenants_partner(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.tenants_brandpicture
    ADD CONSTRAINT tenants_brandpicture_partner_id_fe4ed45d_fk_tenants_partner_id FOREIGN KEY (partner_id) REFERENCES public.tenants_partner(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.tenants_brandversion
    ADD CONSTRAINT tenants_brandversion_partner_id_24a53326_fk_tenants_partner_id FOREIGN KEY (partner_id) REFERENCES public.tenants_partner(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.tenants_domain
    ADD CONSTRAINT tenants_domain_tenant_id_3c778562_fk_tenants_partner_id FOREIGN KEY (tenant_id) REFERENCES public.tenants_partner(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.tenants_inboundaddress
    ADD CONSTRAINT tenants_inboundaddre_partner_id_8a4f5a51_fk_tenants_p FOREIGN KEY (partner_id) REFERENCES public.tenants_partner(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.usersessions_usersession
    ADD CONSTRAINT usersessions_usersession_user_id_af5e0a6d_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE public.accounts_savedview ENABLE ROW LEVEL SECURITY;
CREATE POLICY customer ON public.accounts_savedview TO fairlead_customer USING ((customer_id = (NULLIF(current_setting('app.customer_id'::text, true), ''::text))::uuid)) WITH CHECK ((customer_id = (NULLIF(current_setting('app.customer_id'::text, true), ''::text))::uuid));
CREATE POLICY operators ON public.accounts_savedview TO fairlead_app USING (true) WITH CHECK (true);
CREATE POLICY staff ON public.accounts_savedview TO fairlead_staff USING (true) WITH CHECK (true);
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM fairlead_app, fairlead_staff, fairlead_customer;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM fairlead_app, fairlead_staff, fairlead_customer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.account_emailaddress TO fairlead_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.account_emailaddress TO fairlead_staff;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.account_emailaddress TO fairlead_customer;
GRANT SELECT,USAGE ON SEQUENCE public.account_emailaddress_id_seq TO fairlead_app;
GRANT SELECT,USAGE ON SEQUENCE public.account_emailaddress_id_seq TO fairlead_staff;
GRANT SELECT,USAGE ON SEQUENCE public.account_emailaddress_id_seq TO fairlead_customer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.account_emailconfirmation TO fairlead_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.account_emailconfirmation TO fairlead_staff;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.account_emailconfirmation TO fairlead_customer;
GRANT SELECT,USAGE ON SEQUENCE public.account_emailconfirmation_id_seq TO fairlead_app;
GRANT SELECT,USAGE ON SEQUENCE public.account_emailconfirmation_id_seq TO fairlead_staff;
GRANT SELECT,USAGE ON SEQUENCE public.account_emailconfirmation_id_seq TO fairlead_customer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.accounts_apikey TO fairlead_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.accounts_apikey TO fairlead_staff;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.accounts_auditentry TO fairlead_app;
GRANT SELECT,INSERT ON TABLE public.accounts_auditentry TO fairlead_staff;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.accounts_audithead TO fairlead_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.accounts_audithead TO fairlead_staff;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.accounts_invitation TO fairlead_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.accounts_invitation TO fairlead_staff;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.accounts_outgoingmail TO fairlead_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.accounts_outgoingmail TO fairlead_staff;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.accounts_preference TO fairlead_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.accounts_preference TO fairlead_staff;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.accounts_preference TO fairlead_customer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.accounts_savedview TO fairlead_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.accounts_savedview TO fairlead_staff;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.accounts_savedview TO fairlead_customer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.accounts_user TO fairlead_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.accounts_user TO fairlead_staff;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.accounts_user TO fairlead_customer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.auth_group TO fairlead_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.auth_group TO fairlead_staff;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.auth_group TO fairlead_customer;
GRANT SELECT,USAGE ON SEQUENCE public.auth_group_id_seq TO fairlead_app;
GRANT SELECT,USAGE ON SEQUENCE public.auth_group_id_seq TO fairlead_staff;
GRANT SELECT,USAGE ON SEQUENCE public.auth_group_id_seq TO fairlead_customer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.auth_group_permissions TO fairlead_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.auth_group_permissions TO fairlead_staff;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.auth_group_permissions TO fairlead_customer;
GRANT SELECT,USAGE ON SEQUENCE public.auth_group_permissions_id_seq TO fairlead_app;
GRANT SELECT,USAGE ON SEQUENCE public.auth_group_permissions_id_seq TO fairlead_staff;
GRANT SELECT,USAGE ON SEQUENCE public.auth_group_permissions_id_seq TO fairlead_customer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.auth_permission TO fairlead_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.auth_permission TO fairlead_staff;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.auth_permission TO fairlead_customer;
GRANT SELECT,USAGE ON SEQUENCE public.auth_permission_id_seq TO fairlead_app;
GRANT SELECT,USAGE ON SEQUENCE public.auth_permission_id_seq TO fairlead_staff;
GRANT SELECT,USAGE ON SEQUENCE public.auth_permission_id_seq TO fairlead_customer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.dispatch_bound TO fairlead_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.dispatch_bound TO fairlead_staff;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.dispatch_bound TO fairlead_customer;
GRANT SELECT,USAGE ON SEQUENCE public.dispatch_bound_id_seq TO fairlead_app;
GRANT SELECT,USAGE ON SEQUENCE public.dispatch_bound_id_seq TO fairlead_staff;
GRANT SELECT,USAGE ON SEQUENCE public.dispatch_bound_id_seq TO fairlead_customer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.dispatch_duework TO fairlead_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.dispatch_duework TO fairlead_staff;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.dispatch_duework TO fairlead_customer;
GRANT SELECT,USAGE ON SEQUENCE public.dispatch_duework_id_seq TO fairlead_app;
GRANT SELECT,USAGE ON SEQUENCE public.dispatch_duework_id_seq TO fairlead_staff;
GRANT SELECT,USAGE ON SEQUENCE public.dispatch_duework_id_seq TO fairlead_customer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.dispatch_partnerturn TO fairlead_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.dispatch_partnerturn TO fairlead_staff;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.dispatch_partnerturn TO fairlead_customer;
GRANT SELECT,USAGE ON SEQUENCE public.dispatch_partnerturn_id_seq TO fairlead_app;
GRANT SELECT,USAGE ON SEQUENCE public.dispatch_partnerturn_id_seq TO fairlead_staff;
GRANT SELECT,USAGE ON SEQUENCE public.dispatch_partnerturn_id_seq TO fairlead_customer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.dispatch_periodictick TO fairlead_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.dispatch_periodictick TO fairlead_staff;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.dispatch_periodictick TO fairlead_customer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.dispatch_workerheartbeat TO fairlead_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.dispatch_workerheartbeat TO fairlead_staff;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.dispatch_workerheartbeat TO fairlead_customer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.django_content_type TO fairlead_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.django_content_type TO fairlead_staff;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.django_content_type TO fairlead_customer;
GRANT SELECT,USAGE ON SEQUENCE public.django_content_type_id_seq TO fairlead_app;
GRANT SELECT,USAGE ON SEQUENCE public.django_content_type_id_seq TO fairlead_staff;
GRANT SELECT,USAGE ON SEQUENCE public.django_content_type_id_seq TO fairlead_customer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.django_migrations TO fairlead_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.django_migrations TO fairlead_staff;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.django_migrations TO fairlead_customer;
GRANT SELECT,USAGE ON SEQUENCE public.django_migrations_id_seq TO fairlead_app;
GRANT SELECT,USAGE ON SEQUENCE public.django_migrations_id_seq TO fairlead_staff;
GRANT SELECT,USAGE ON SEQUENCE public.django_migrations_id_seq TO fairlead_customer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.django_session TO fairlead_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.django_session TO fairlead_staff;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.django_session TO fairlead_customer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.mfa_authenticator TO fairlead_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.mfa_authenticator TO fairlead_staff;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.mfa_authenticator TO fairlead_customer;
GRANT SELECT,USAGE ON SEQUENCE public.mfa_authenticator_id_seq TO fairlead_app;
GRANT SELECT,USAGE ON SEQUENCE public.mfa_authenticator_id_seq TO fairlead_staff;
GRANT SELECT,USAGE ON SEQUENCE public.mfa_authenticator_id_seq TO fairlead_customer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.tenants_brand TO fairlead_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.tenants_brand TO fairlead_staff;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.tenants_brand TO fairlead_customer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.tenants_branddraft TO fairlead_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.tenants_branddraft TO fairlead_staff;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.tenants_branddraft TO fairlead_customer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.tenants_brandpicture TO fairlead_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.tenants_brandpicture TO fairlead_staff;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.tenants_brandpicture TO fairlead_customer;
GRANT SELECT,USAGE ON SEQUENCE public.tenants_brandpicture_id_seq TO fairlead_app;
GRANT SELECT,USAGE ON SEQUENCE public.tenants_brandpicture_id_seq TO fairlead_staff;
GRANT SELECT,USAGE ON SEQUENCE public.tenants_brandpicture_id_seq TO fairlead_customer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.tenants_brandversion TO fairlead_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.tenants_brandversion TO fairlead_staff;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.tenants_brandversion TO fairlead_customer;
GRANT SELECT,USAGE ON SEQUENCE public.tenants_brandversion_id_seq TO fairlead_app;
GRANT SELECT,USAGE ON SEQUENCE public.tenants_brandversion_id_seq TO fairlead_staff;
GRANT SELECT,USAGE ON SEQUENCE public.tenants_brandversion_id_seq TO fairlead_customer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.tenants_domain TO fairlead_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.tenants_domain TO fairlead_staff;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.tenants_domain TO fairlead_customer;
GRANT SELECT,USAGE ON SEQUENCE public.tenants_domain_id_seq TO fairlead_app;
GRANT SELECT,USAGE ON SEQUENCE public.tenants_domain_id_seq TO fairlead_staff;
GRANT SELECT,USAGE ON SEQUENCE public.tenants_domain_id_seq TO fairlead_customer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.tenants_inboundaddress TO fairlead_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.tenants_inboundaddress TO fairlead_staff;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.tenants_inboundaddress TO fairlead_customer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.tenants_partner TO fairlead_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.tenants_partner TO fairlead_staff;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.tenants_partner TO fairlead_customer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.usersessions_usersession TO fairlead_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.usersessions_usersession TO fairlead_staff;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.usersessions_usersession TO fairlead_customer;
GRANT SELECT,USAGE ON SEQUENCE public.usersessions_usersession_id_seq TO fairlead_app;
GRANT SELECT,USAGE ON SEQUENCE public.usersessions_usersession_id_seq TO fairlead_staff;
GRANT SELECT,USAGE ON SEQUENCE public.usersessions_usersession_id_seq TO fairlead_customer;
INSERT INTO public.django_migrations (app, name, applied) VALUES
('accounts', '0001_people_keys_and_audit', now()),
('account', '0001_initial', now()),
('account', '0002_email_max_length', now()),
('account', '0003_alter_emailaddress_create_unique_verified_email', now()),
('account', '0004_alter_emailaddress_drop_unique_email', now()),
('account', '0005_emailaddress_idx_upper_email', now()),
('account', '0006_emailaddress_lower', now()),
('account', '0007_emailaddress_idx_email', now()),
('account', '0008_emailaddress_unique_primary_email_fixup', now()),
('account', '0009_emailaddress_unique_primary_email', now()),
('accounts', '0002_fences', now()),
('accounts', '0003_device_language_and_zone', now()),
('accounts', '0004_saved_views', now()),
('accounts', '0005_preferences', now()),
('accounts', '0006_saved_views_of_operators', now()),
('accounts', '0007_monthly_digests', now()),
('contenttypes', '0001_initial', now()),
('contenttypes', '0002_remove_content_type_name', now()),
('auth', '0001_initial', now()),
('auth', '0002_alter_permission_name_max_length', now()),
('auth', '0003_alter_user_email_max_length', now()),
('auth', '0004_alter_user_username_opts', now()),
('auth', '0005_alter_user_last_login_null', now()),
('auth', '0006_require_contenttypes_0002', now()),
('auth', '0007_alter_validators_add_error_messages', now()),
('auth', '0008_alter_user_username_max_length', now()),
('auth', '0009_alter_user_last_name_max_length', now()),
('auth', '0010_alter_group_name_max_length', now()),
('auth', '0011_update_proxy_permissions', now()),
('auth', '0012_alter_user_first_name_max_length', now()),
('customers', '0001_initial', now()),
('customers', '0002_fences', now()),
('customers', '0003_cut_offs', now()),
('customers', '0004_onboarding', now()),
('customers', '0005_retention', now()),
('connectors', '0001_initial', now()),
('connectors', '0002_fences', now()),
('connectors', '0003_breakers', now()),
('connectors', '0004_sign_ins', now()),
('connectors', '0005_shapes', now()),
('connectors', '0006_credentials', now()),
('connectors', '0007_removal', now()),
('connectors', '0008_private_systems', now()),
('connectors', '0009_expiry', now()),
('connectors', '0010_accounts', now()),
('connectors', '0011_private_systems_are_staff_business', now()),
('connectors', '0012_call_hours', now()),
('connectors', '0013_kept_secrets', now()),
('tenants', '0001_initial', now()),
('tenants', '0002_brand_studio', now()),
('tenants', '0003_logo_column_goes', now()),
('dispatch', '0001_due_work', now()),
('dispatch', '0002_claim_functions', now()),
('dispatch', '0003_caps_and_connections', now()),
('dispatch', '0004_leased_since', now()),
('flows', '0001_initial', now()),
('flows', '0002_fences', now()),
('flows', '0003_schedules_and_dry_runs', now()),
('flows', '0004_links_by_outside_key', now()),
('flows', '0005_walks', now()),
('flows', '0006_correlation', now()),
('flows', '0007_inbox', now()),
('flows', '0008_batches_by_month', now()),
('flows', '0009_replay_trials', now()),
('flows', '0010_lean_indexes', now()),
('flows', '0011_stand_ins_are_staff_business', now()),
('flows', '0012_open_receipts', now()),
('flows', '0013_comparisons', now()),
('flows', '0014_versions_by_place', now()),
('flows', '0015_owner_register', now()),
('flows', '0016_flow_settings', now()),
('flows', '0017_booked_records', now()),
('flows', '0018_rollouts', now()),
('flows', '0019_what_ifs', now()),
('flows', '0020_drafts', now()),
('flows', '0021_change_requests', now()),
('flows', '0022_reconciliations', now()),
('flows', '0023_samples', now()),
('flows', '0024_record_references', now()),
('flows', '0025_records_by_name', now()),
('flows', '0026_failures_by_cause', now()),
('flows', '0027_records_of_a_flow', now()),
('flows', '0028_record_markets', now()),
('flows', '0029_reconciled_steps', now()),
('flows', '0030_earlier_records', now()),
('flows', '0031_billing_cycle', now()),
('mfa', '0001_initial', now()),
('mfa', '0002_authenticator_timestamps', now()),
('mfa', '0003_authenticator_type_uniq', now()),
('monitoring', '0001_cases', now()),
('monitoring', '0002_fences', now()),
('monitoring', '0003_home', now()),
('monitoring', '0004_hours', now()),
('monitoring', '0005_digest', now()),
('monitoring', '0006_bulk_jobs', now()),
('monitoring', '0007_sla', now()),
('monitoring', '0009_case_routing', now()),
('monitoring', '0010_case_work', now()),
('monitoring', '0011_money_at_risk', now()),
('monitoring', '0012_case_files', now()),
('monitoring', '0013_bulk_values', now()),
('monitoring', '0014_planned_retries', now()),
('monitoring', '0015_root_records', now()),
('monitoring', '0016_monitors', now()),
('monitoring', '0017_alert_routes', now()),
('monitoring', '0018_monthly_digests', now()),
('monitoring', '0019_triage', now()),
('monitoring', '0020_value_ledger', now()),
('monitoring', '0021_estimates', now()),
('monitoring', '0022_reviews', now()),
('monitoring', '0023_insights', now()),
('monitoring', '0024_amounts_of_failures', now()),
('monitoring', '0025_markets_of_failures', now()),
('monitoring', '0026_insights_of_moments', now()),
('monitoring', '0027_failures_again', now()),
('sessions', '0001_initial', now()),
('usersessions', '0001_initial', now());
INSERT INTO public.django_content_type VALUES
	(1, 'tenants', 'partner'),
	(2, 'tenants', 'brand'),
	(3, 'tenants', 'domain'),
	(4, 'tenants', 'inboundaddress'),
	(5, 'tenants', 'branddraft'),
	(6, 'tenants', 'brandpicture'),
	(7, 'tenants', 'brandversion'),
	(8, 'dispatch', 'periodictick'),
	(9, 'dispatch', 'workerheartbeat'),
	(10, 'dispatch', 'duework'),
	(11, 'dispatch', 'partnerturn'),
	(12, 'dispatch', 'bound'),
	(13, 'contenttypes', 'contenttype'),
	(14, 'auth', 'permission'),
	(15, 'auth', 'group'),
	(16, 'sessions', 'session'),
	(17, 'accounts', 'outgoingmail'),
	(18, 'accounts', 'user'),
	(19, 'accounts', 'apikey'),
	(20, 'accounts', 'auditentry'),
	(21, 'accounts', 'audithead'),
	(22, 'accounts', 'invitation'),
	(23, 'accounts', 'savedview'),
	(24, 'accounts', 'preference'),
	(25, 'account', 'emailaddress'),
	(26, 'account', 'emailconfirmation'),
	(27, 'mfa', 'authenticator'),
	(28, 'usersessions', 'usersession'),
	(29, 'customers', 'customer'),
	(30, 'customers', 'legalentity'),
	(31, 'customers', 'membership'),
	(32, 'customers', 'cutoff'),
	(33, 'customers', 'onboarding'),
	(34, 'customers', 'onboardinginvite'),
	(35, 'customers', 'ledgerpolicy'),
	(36, 'customers', 'payloadpolicy'),
	(37, 'connectors', 'partnerkey'),
	(38, 'connectors', 'connection'),
	(39, 'connectors', 'connectiontest'),
	(40, 'connectors', 'credential'),
	(41, 'connectors', 'webhookendpoint'),
	(42, 'connectors', 'circuitbreaker'),
	(43, 'connectors', 'signin'),
	(44, 'connectors', 'discovery'),
	(45, 'connectors', 'objectshape'),
	(46, 'connectors', 'credentiallink'),
	(47, 'connectors', 'webhooksubscription'),
	(48, 'connectors', 'privatesystem'),
	(49, 'connectors', 'privateversion'),
	(50, 'connectors', 'privatetrial'),
	(51, 'connectors', 'connectionhour'),
	(52, 'connectors', 'keptsecret'),
	(53, 'flows', 'flow'),
	(54, 'flows', 'checkpoint'),
	(55, 'flows', 'flowversion'),
	(56, 'flows', 'link'),
	(57, 'flows', 'operation'),
	(58, 'flows', 'correction'),
	(59, 'flows', 'run'),
	(60, 'flows', 'batch'),
	(61, 'flows', 'trigger'),
	(62, 'flows', 'triggerevent'),
	(63, 'flows', 'flowday'),
	(64, 'flows', 'dryrun'),
	(65, 'flows', 'approvalrequest'),
	(66, 'flows', 'approvaldecision'),
	(67, 'flows', 'businessevent'),
	(68, 'flows', 'delegation'),
	(69, 'flows', 'eventwait'),
	(70, 'flows', 'flowrole'),
	(71, 'flows', 'milestone'),
	(72, 'flows', 'operationstep'),
	(73, 'flows', 'replayjob'),
	(74, 'flows', 'replayentry'),
	(75, 'flows', 'droppedmonth'),
	(76, 'flows', 'openreceipt'),
	(77, 'flows', 'listedpage'),
	(78, 'flows', 'comparison'),
	(79, 'flows', 'comparisonrule'),
	(80, 'flows', 'partnerlayer'),
	(81, 'flows', 'fieldowner'),
	(82, 'flows', 'ownerreview'),
	(83, 'flows', 'bookedrecord'),
	(84, 'flows', 'rollout'),
	(85, 'flows', 'rolloutmember'),
	(86, 'flows', 'whatif'),
	(87, 'flows', 'flowdraft'),
	(88, 'flows', 'draftnode'),
	(89, 'flows', 'changedefault'),
	(90, 'flows', 'changerequest'),
	(91, 'flows', 'changeapproval'),
	(92, 'flows', 'changepolicy'),
	(93, 'flows', 'reconciliation'),
	(94, 'flows', 'reconciliationrow'),
	(95, 'flows', 'reconciliationrule'),
	(96, 'flows', 'seenpage'),
	(97, 'flows', 'flowsample'),
	(98, 'flows', 'recordreference'),
	(99, 'flows', 'recordmarket'),
	(100, 'flows', 'earlierrecords'),
	(101, 'monitoring', 'exceptioncase'),
	(102, 'monitoring', 'casestep'),
	(103, 'monitoring', 'caseoperation'),
	(104, 'monitoring', 'casenote'),
	(105, 'monitoring', 'caseamount'),
	(106, 'monitoring', 'alert'),
	(107, 'monitoring', 'homevisit'),
	(108, 'monitoring', 'digest'),
	(109, 'monitoring', 'bulkjob'),
	(110, 'monitoring', 'bulkentry'),
	(111, 'monitoring', 'businesscalendar'),
	(112, 'monitoring', 'slapolicy'),
	(113, 'monitoring', 'customersla'),
	(114, 'monitoring', 'slaclock'),
	(115, 'monitoring', 'slabreach'),
	(116, 'monitoring', 'slapause'),
	(117, 'monitoring', 'team'),
	(118, 'monitoring', 'teammember'),
	(119, 'monitoring', 'casewatch'),
	(120, 'monitoring', 'routingrule'),
	(121, 'monitoring', 'casewait'),
	(122, 'monitoring', 'currencyrate'),
	(123, 'monitoring', 'riskday'),
	(124, 'monitoring', 'casefile'),
	(125, 'monitoring', 'monitor'),
	(126, 'monitoring', 'monitorfigures'),
	(127, 'monitoring', 'monitorfinding'),
	(128, 'monitoring', 'alertchannel'),
	(129, 'monitoring', 'alertroute'),
	(130, 'monitoring', 'alertsubscription'),
	(131, 'monitoring', 'alertmessage'),
	(132, 'monitoring', 'alerttelling'),
	(133, 'monitoring', 'oncallschedule'),
	(134, 'monitoring', 'oncallstandin'),
	(135, 'monitoring', 'triagecall'),
	(136, 'monitoring', 'triagefallback'),
	(137, 'monitoring', 'triagemodel'),
	(138, 'monitoring', 'triagepolicy'),
	(139, 'monitoring', 'triageproposal'),
	(140, 'monitoring', 'valuemonth'),
	(141, 'monitoring', 'valuefigure'),
	(142, 'monitoring', 'valueterms'),
	(143, 'monitoring', 'valueday'),
	(144, 'monitoring', 'estimate'),
	(145, 'monitoring', 'reviewcopy'),
	(146, 'monitoring', 'reviewcomment'),
	(147, 'monitoring', 'reviewpack'),
	(148, 'monitoring', 'reviewsetting'),
	(149, 'monitoring', 'insight'),
	(150, 'monitoring', 'insightlook');
INSERT INTO public.auth_permission VALUES
	(1, 'Can add partner', 1, 'add_partner'),
	(2, 'Can change partner', 1, 'change_partner'),
	(3, 'Can delete partner', 1, 'delete_partner'),
	(4, 'Can view partner', 1, 'view_partner'),
	(5, 'Can add brand', 2, 'add_brand'),
	(6, 'Can change brand', 2, 'change_brand'),
	(7, 'Can delete brand', 2, 'delete_brand'),
	(8, 'Can view brand', 2, 'view_brand'),
	(9, 'Can add domain', 3, 'add_domain'),
	(10, 'Can change domain', 3, 'change_domain'),
	(11, 'Can delete domain', 3, 'delete_domain'),
	(12, 'Can view domain', 3, 'view_domain'),
	(13, 'Can add inbound address', 4, 'add_inboundaddress'),
	(14, 'Can change inbound address', 4, 'change_inboundaddress'),
	(15, 'Can delete inbound address', 4, 'delete_inboundaddress'),
	(16, 'Can view inbound address', 4, 'view_inboundaddress'),
	(17, 'Can add brand draft', 5, 'add_branddraft'),
	(18, 'Can change brand draft', 5, 'change_branddraft'),
	(19, 'Can delete brand draft', 5, 'delete_branddraft'),
	(20, 'Can view brand draft', 5, 'view_branddraft'),
	(21, 'Can add brand picture', 6, 'add_brandpicture'),
	(22, 'Can change brand picture', 6, 'change_brandpicture'),
	(23, 'Can delete brand picture', 6, 'delete_brandpicture'),
	(24, 'Can view brand picture', 6, 'view_brandpicture'),
	(25, 'Can add brand version', 7, 'add_brandversion'),
	(26, 'Can change brand version', 7, 'change_brandversion'),
	(27, 'Can delete brand version', 7, 'delete_brandversion'),
	(28, 'Can view brand version', 7, 'view_brandversion'),
	(29, 'Can add periodic tick', 8, 'add_periodictick'),
	(30, 'Can change periodic tick', 8, 'change_periodictick'),
	(31, 'Can delete periodic tick', 8, 'delete_periodictick'),
	(32, 'Can view periodic tick', 8, 'view_periodictick'),
	(33, 'Can add worker heartbeat', 9, 'add_workerheartbeat'),
	(34, 'Can change worker heartbeat', 9, 'change_workerheartbeat'),
	(35, 'Can delete worker heartbeat', 9, 'delete_workerheartbeat'),
	(36, 'Can view worker heartbeat', 9, 'view_workerheartbeat'),
	(37, 'Can add due work', 10, 'add_duework'),
	(38, 'Can change due work', 10, 'change_duework'),
	(39, 'Can delete due work', 10, 'delete_duework'),
	(40, 'Can view due work', 10, 'view_duework'),
	(41, 'Can add partner turn', 11, 'add_partnerturn'),
	(42, 'Can change partner turn', 11, 'change_partnerturn'),
	(43, 'Can delete partner turn', 11, 'delete_partnerturn'),
	(44, 'Can view partner turn', 11, 'view_partnerturn'),
	(45, 'Can add bound', 12, 'add_bound'),
	(46, 'Can change bound', 12, 'change_bound'),
	(47, 'Can delete bound', 12, 'delete_bound'),
	(48, 'Can view bound', 12, 'view_bound'),
	(49, 'Can add content type', 13, 'add_contenttype'),
	(50, 'Can change content type', 13, 'change_contenttype'),
	(51, 'Can delete content type', 13, 'delete_contenttype'),
	(52, 'Can view content type', 13, 'view_contenttype'),
	(53, 'Can add permission', 14, 'add_permission'),
	(54, 'Can change permission', 14, 'change_permission'),
	(55, 'Can delete permission', 14, 'delete_permission'),
	(56, 'Can view permission', 14, 'view_permission'),
	(57, 'Can add group', 15, 'add_group'),
	(58, 'Can change group', 15, 'change_group'),
	(59, 'Can delete group', 15, 'delete_group'),
	(60, 'Can view group', 15, 'view_group'),
	(61, 'Can add session', 16, 'add_session'),
	(62, 'Can change session', 16, 'change_session'),
	(63, 'Can delete session', 16, 'delete_session'),
	(64, 'Can view session', 16, 'view_session'),
	(65, 'Can add outgoing mail', 17, 'add_outgoingmail'),
	(66, 'Can change outgoing mail', 17, 'change_outgoingmail'),
	(67, 'Can delete outgoing mail', 17, 'delete_outgoingmail'),
	(68, 'Can view outgoing mail', 17, 'view_outgoingmail'),
	(69, 'Can add user', 18, 'add_user'),
	(70, 'Can change user', 18, 'change_user'),
	(71, 'Can delete user', 18, 'delete_user'),
	(72, 'Can view user', 18, 'view_user'),
	(73, 'Can add api key', 19, 'add_apikey'),
	(74, 'Can change api key', 19, 'change_apikey'),
	(75, 'Can delete api key', 19, 'delete_apikey'),
	(76, 'Can view api key', 19, 'view_apikey'),
	(77, 'Can add audit entry', 20, 'add_auditentry'),
	(78, 'Can change audit entry', 20, 'change_auditentry'),
	(79, 'Can delete audit entry', 20, 'delete_auditentry'),
	(80, 'Can view audit entry', 20, 'view_auditentry'),
	(81, 'Can add audit head', 21, 'add_audithead'),
	(82, 'Can change audit head', 21, 'change_audithead'),
	(83, 'Can delete audit head', 21, 'delete_audithead'),
	(84, 'Can view audit head', 21, 'view_audithead'),
	(85, 'Can add invitation', 22, 'add_invitation'),
	(86, 'Can change invitation', 22, 'change_invitation'),
	(87, 'Can delete invitation', 22, 'delete_invitation'),
	(88, 'Can view invitation', 22, 'view_invitation'),
	(89, 'Can add saved view', 23, 'add_savedview'),
	(90, 'Can change saved view', 23, 'change_savedview'),
	(91, 'Can delete saved view', 23, 'delete_savedview'),
	(92, 'Can view saved view', 23, 'view_savedview'),
	(93, 'Can add preference', 24, 'add_preference'),
	(94, 'Can change preference', 24, 'change_preference'),
	(95, 'Can delete preference', 24, 'delete_preference'),
	(96, 'Can view preference', 24, 'view_preference'),
	(97, 'Can add email address', 25, 'add_emailaddress'),
	(98, 'Can change email address', 25, 'change_emailaddress'),
	(99, 'Can delete email address', 25, 'delete_emailaddress'),
	(100, 'Can view email address', 25, 'view_emailaddress'),
	(101, 'Can add email confirmation', 26, 'add_emailconfirmation'),
	(102, 'Can change email confirmation', 26, 'change_emailconfirmation'),
	(103, 'Can delete email confirmation', 26, 'delete_emailconfirmation'),
	(104, 'Can view email confirmation', 26, 'view_emailconfirmation'),
	(105, 'Can add authenticator', 27, 'add_authenticator'),
	(106, 'Can change authenticator', 27, 'change_authenticator'),
	(107, 'Can delete authenticator', 27, 'delete_authenticator'),
	(108, 'Can view authenticator', 27, 'view_authenticator'),
	(109, 'Can add user session', 28, 'add_usersession'),
	(110, 'Can change user session', 28, 'change_usersession'),
	(111, 'Can delete user session', 28, 'delete_usersession'),
	(112, 'Can view user session', 28, 'view_usersession'),
	(113, 'Can add customer', 29, 'add_customer'),
	(114, 'Can change customer', 29, 'change_customer'),
	(115, 'Can delete customer', 29, 'delete_customer'),
	(116, 'Can view customer', 29, 'view_customer'),
	(117, 'Can add legal entity', 30, 'add_legalentity'),
	(118, 'Can change legal entity', 30, 'change_legalentity'),
	(119, 'Can delete legal entity', 30, 'delete_legalentity'),
	(120, 'Can view legal entity', 30, 'view_legalentity'),
	(121, 'Can add membership', 31, 'add_membership'),
	(122, 'Can change membership', 31, 'change_membership'),
	(123, 'Can delete membership', 31, 'delete_membership'),
	(124, 'Can view membership', 31, 'view_membership'),
	(125, 'Can add cut off', 32, 'add_cutoff'),
	(126, 'Can change cut off', 32, 'change_cutoff'),
	(127, 'Can delete cut off', 32, 'delete_cutoff'),
	(128, 'Can view cut off', 32, 'view_cutoff'),
	(129, 'Can add onboarding', 33, 'add_onboarding'),
	(130, 'Can change onboarding', 33, 'change_onboarding'),
	(131, 'Can delete onboarding', 33, 'delete_onboarding'),
	(132, 'Can view onboarding', 33, 'view_onboarding'),
	(133, 'Can add onboarding invite', 34, 'add_onboardinginvite'),
	(134, 'Can change onboarding invite', 34, 'change_onboardinginvite'),
	(135, 'Can delete onboarding invite', 34, 'delete_onboardinginvite'),
	(136, 'Can view onboarding invite', 34, 'view_onboardinginvite'),
	(137, 'Can add ledger policy', 35, 'add_ledgerpolicy'),
	(138, 'Can change ledger policy', 35, 'change_ledgerpolicy'),
	(139, 'Can delete ledger policy', 35, 'delete_ledgerpolicy'),
	(140, 'Can view ledger policy', 35, 'view_ledgerpolicy'),
	(141, 'Can add payload policy', 36, 'add_payloadpolicy'),
	(142, 'Can change payload policy', 36, 'change_payloadpolicy'),
	(143, 'Can delete payload policy', 36, 'delete_payloadpolicy'),
	(144, 'Can view payload policy', 36, 'view_payloadpolicy'),
	(145, 'Can add partner key', 37, 'add_partnerkey'),
	(146, 'Can change partner key', 37, 'change_partnerkey'),
	(147, 'Can delete partner key', 37, 'delete_partnerkey'),
	(148, 'Can view partner key', 37, 'view_partnerkey'),
	(149, 'Can add connection', 38, 'add_connection'),
	(150, 'Can change connection', 38, 'change_connection'),
	(151, 'Can delete connection', 38, 'delete_connection'),
	(152, 'Can view connection', 38, 'view_connection'),
	(153, 'Can add connection test', 39, 'add_connectiontest'),
	(154, 'Can change connection test', 39, 'change_connectiontest'),
	(155, 'Can delete connection test', 39, 'delete_connectiontest'),
	(156, 'Can view connection test', 39, 'view_connectiontest'),
	(157, 'Can add credential', 40, 'add_credential'),
	(158, 'Can change credential', 40, 'change_credential'),
	(159, 'Can delete credential', 40, 'delete_credential'),
	(160, 'Can view credential', 40, 'view_credential'),
	(161, 'Can add webhook endpoint', 41, 'add_webhookendpoint'),
	(162, 'Can change webhook endpoint', 41, 'change_webhookendpoint'),
	(163, 'Can delete webhook endpoint', 41, 'delete_webhookendpoint'),
	(164, 'Can view webhook endpoint', 41, 'view_webhookendpoint'),
	(165, 'Can add circuit breaker', 42, 'add_circuitbreaker'),
	(166, 'Can change circuit breaker', 42, 'change_circuitbreaker'),
	(167, 'Can delete circuit breaker', 42, 'delete_circuitbreaker'),
	(168, 'Can view circuit breaker', 42, 'view_circuitbreaker'),
	(169, 'Can add sign in', 43, 'add_signin'),
	(170, 'Can change sign in', 43, 'change_signin'),
	(171, 'Can delete sign in', 43, 'delete_signin'),
	(172, 'Can view sign in', 43, 'view_signin'),
	(173, 'Can add discovery', 44, 'add_discovery'),
	(174, 'Can change discovery', 44, 'change_discovery'),
	(175, 'Can delete discovery', 44, 'delete_discovery'),
	(176, 'Can view discovery', 44, 'view_discovery'),
	(177, 'Can add object shape', 45, 'add_objectshape'),
	(178, 'Can change object shape', 45, 'change_objectshape'),
	(179, 'Can delete object shape', 45, 'delete_objectshape'),
	(180, 'Can view object shape', 45, 'view_objectshape'),
	(181, 'Can add credential link', 46, 'add_credentiallink'),
	(182, 'Can change credential link', 46, 'change_credentiallink'),
	(183, 'Can delete credential link', 46, 'delete_credentiallink'),
	(184, 'Can view credential link', 46, 'view_credentiallink'),
	(185, 'Can add webhook subscription', 47, 'add_webhooksubscription'),
	(186, 'Can change webhook subscription', 47, 'change_webhooksubscription'),
	(187, 'Can delete webhook subscription', 47, 'delete_webhooksubscription'),
	(188, 'Can view webhook subscription', 47, 'view_webhooksubscription'),
	(189, 'Can add private system', 48, 'add_privatesystem'),
	(190, 'Can change private system', 48, 'change_privatesystem'),
	(191, 'Can delete private system', 48, 'delete_privatesystem'),
	(192, 'Can view private system', 48, 'view_privatesystem'),
	(193, 'Can add private version', 49, 'add_privateversion'),
	(194, 'Can change private version', 49, 'change_privateversion'),
	(195, 'Can delete private version', 49, 'delete_privateversion'),
	(196, 'Can view private version', 49, 'view_privateversion'),
	(197, 'Can add private trial', 50, 'add_privatetrial'),
	(198, 'Can change private trial', 50, 'change_privatetrial'),
	(199, 'Can delete private trial', 50, 'delete_privatetrial'),
	(200, 'Can view private trial', 50, 'view_privatetrial'),
	(201, 'Can add connection hour', 51, 'add_connectionhour'),
	(202, 'Can change connection hour', 51, 'change_connectionhour'),
	(203, 'Can delete connection hour', 51, 'delete_connectionhour'),
	(204, 'Can view connection hour', 51, 'view_connectionhour'),
	(205, 'Can add kept secret', 52, 'add_keptsecret'),
	(206, 'Can change kept secret', 52, 'change_keptsecret'),
	(207, 'Can delete kept secret', 52, 'delete_keptsecret'),
	(208, 'Can view kept secret', 52, 'view_keptsecret'),
	(209, 'Can add flow', 53, 'add_flow'),
	(210, 'Can change flow', 53, 'change_flow'),
	(211, 'Can delete flow', 53, 'delete_flow'),
	(212, 'Can view flow', 53, 'view_flow'),
	(213, 'Can add checkpoint', 54, 'add_checkpoint'),
	(214, 'Can change checkpoint', 54, 'change_checkpoint'),
	(215, 'Can delete checkpoint', 54, 'delete_checkpoint'),
	(216, 'Can view checkpoint', 54, 'view_checkpoint'),
	(217, 'Can add flow version', 55, 'add_flowversion'),
	(218, 'Can change flow version', 55, 'change_flowversion'),
	(219, 'Can delete flow version', 55, 'delete_flowversion'),
	(220, 'Can view flow version', 55, 'view_flowversion'),
	(221, 'Can add link', 56, 'add_link'),
	(222, 'Can change link', 56, 'change_link'),
	(223, 'Can delete link', 56, 'delete_link'),
	(224, 'Can view link', 56, 'view_link'),
	(225, 'Can add operation', 57, 'add_operation'),
	(226, 'Can change operation', 57, 'change_operation'),
	(227, 'Can delete operation', 57, 'delete_operation'),
	(228, 'Can view operation', 57, 'view_operation'),
	(229, 'Can add correction', 58, 'add_correction'),
	(230, 'Can change correction', 58, 'change_correction'),
	(231, 'Can delete correction', 58, 'delete_correction'),
	(232, 'Can view correction', 58, 'view_correction'),
	(233, 'Can add run', 59, 'add_run'),
	(234, 'Can change run', 59, 'change_run'),
	(235, 'Can delete run', 59, 'delete_run'),
	(236, 'Can view run', 59, 'view_run'),
	(237, 'Can add batch', 60, 'add_batch'),
	(238, 'Can change batch', 60, 'change_batch'),
	(239, 'Can delete batch', 60, 'delete_batch'),
	(240, 'Can view batch', 60, 'view_batch'),
	(241, 'Can add trigger', 61, 'add_trigger'),
	(242, 'Can change trigger', 61, 'change_trigger'),
	(243, 'Can delete trigger', 61, 'delete_trigger'),
	(244, 'Can view trigger', 61, 'view_trigger'),
	(245, 'Can add trigger event', 62, 'add_triggerevent'),
	(246, 'Can change trigger event', 62, 'change_triggerevent'),
	(247, 'Can delete trigger event', 62, 'delete_triggerevent'),
	(248, 'Can view trigger event', 62, 'view_triggerevent'),
	(249, 'Can add flow day', 63, 'add_flowday'),
	(250, 'Can change flow day', 63, 'change_flowday'),
	(251, 'Can delete flow day', 63, 'delete_flowday'),
	(252, 'Can view flow day', 63, 'view_flowday'),
	(253, 'Can add dry run', 64, 'add_dryrun'),
	(254, 'Can change dry run', 64, 'change_dryrun'),
	(255, 'Can delete dry run', 64, 'delete_dryrun'),
	(256, 'Can view dry run', 64, 'view_dryrun'),
	(257, 'Can add approval request', 65, 'add_approvalrequest'),
	(258, 'Can change approval request', 65, 'change_approvalrequest'),
	(259, 'Can delete approval request', 65, 'delete_approvalrequest'),
	(260, 'Can view approval request', 65, 'view_approvalrequest'),
	(261, 'Can add approval decision', 66, 'add_approvaldecision'),
	(262, 'Can change approval decision', 66, 'change_approvaldecision'),
	(263, 'Can delete approval decision', 66, 'delete_approvaldecision'),
	(264, 'Can view approval decision', 66, 'view_approvaldecision'),
	(265, 'Can add business event', 67, 'add_businessevent'),
	(266, 'Can change business event', 67, 'change_businessevent'),
	(267, 'Can delete business event', 67, 'delete_businessevent'),
	(268, 'Can view business event', 67, 'view_businessevent'),
	(269, 'Can add delegation', 68, 'add_delegation'),
	(270, 'Can change delegation', 68, 'change_delegation'),
	(271, 'Can delete delegation', 68, 'delete_delegation'),
	(272, 'Can view delegation', 68, 'view_delegation'),
	(273, 'Can add event wait', 69, 'add_eventwait'),
	(274, 'Can change event wait', 69, 'change_eventwait'),
	(275, 'Can delete event wait', 69, 'delete_eventwait'),
	(276, 'Can view event wait', 69, 'view_eventwait'),
	(277, 'Can add flow role', 70, 'add_flowrole'),
	(278, 'Can change flow role', 70, 'change_flowrole'),
	(279, 'Can delete flow role', 70, 'delete_flowrole'),
	(280, 'Can view flow role', 70, 'view_flowrole'),
	(281, 'Can add milestone', 71, 'add_milestone'),
	(282, 'Can change milestone', 71, 'change_milestone'),
	(283, 'Can delete milestone', 71, 'delete_milestone'),
	(284, 'Can view milestone', 71, 'view_milestone'),
	(285, 'Can add operation step', 72, 'add_operationstep'),
	(286, 'Can change operation step', 72, 'change_operationstep'),
	(287, 'Can delete operation step', 72, 'delete_operationstep'),
	(288, 'Can view operation step', 72, 'view_operationstep'),
	(289, 'Can add replay job', 73, 'add_replayjob'),
	(290, 'Can change replay job', 73, 'change_replayjob'),
	(291, 'Can delete replay job', 73, 'delete_replayjob'),
	(292, 'Can view replay job', 73, 'view_replayjob'),
	(293, 'Can add replay entry', 74, 'add_replayentry'),
	(294, 'Can change replay entry', 74, 'change_replayentry'),
	(295, 'Can delete replay entry', 74, 'delete_replayentry'),
	(296, 'Can view replay entry', 74, 'view_replayentry'),
	(297, 'Can add dropped month', 75, 'add_droppedmonth'),
	(298, 'Can change dropped month', 75, 'change_droppedmonth'),
	(299, 'Can delete dropped month', 75, 'delete_droppedmonth'),
	(300, 'Can view dropped month', 75, 'view_droppedmonth'),
	(301, 'Can add open receipt', 76, 'add_openreceipt'),
	(302, 'Can change open receipt', 76, 'change_openreceipt'),
	(303, 'Can delete open receipt', 76, 'delete_openreceipt'),
	(304, 'Can view open receipt', 76, 'view_openreceipt'),
	(305, 'Can add listed page', 77, 'add_listedpage'),
	(306, 'Can change listed page', 77, 'change_listedpage'),
	(307, 'Can delete listed page', 77, 'delete_listedpage'),
	(308, 'Can view listed page', 77, 'view_listedpage'),
	(309, 'Can add comparison', 78, 'add_comparison'),
	(310, 'Can change comparison', 78, 'change_comparison'),
	(311, 'Can delete comparison', 78, 'delete_comparison'),
	(312, 'Can view comparison', 78, 'view_comparison'),
	(313, 'Can add comparison rule', 79, 'add_comparisonrule'),
	(314, 'Can change comparison rule', 79, 'change_comparisonrule'),
	(315, 'Can delete comparison rule', 79, 'delete_comparisonrule'),
	(316, 'Can view comparison rule', 79, 'view_comparisonrule'),
	(317, 'Can add partner layer', 80, 'add_partnerlayer'),
	(318, 'Can change partner layer', 80, 'change_partnerlayer'),
	(319, 'Can delete partner layer', 80, 'delete_partnerlayer'),
	(320, 'Can view partner layer', 80, 'view_partnerlayer'),
	(321, 'Can add field owner', 81, 'add_fieldowner'),
	(322, 'Can change field owner', 81, 'change_fieldowner'),
	(323, 'Can delete field owner', 81, 'delete_fieldowner'),
	(324, 'Can view field owner', 81, 'view_fieldowner'),
	(325, 'Can add owner review', 82, 'add_ownerreview'),
	(326, 'Can change owner review', 82, 'change_ownerreview'),
	(327, 'Can delete owner review', 82, 'delete_ownerreview'),
	(328, 'Can view owner review', 82, 'view_ownerreview'),
	(329, 'Can add booked record', 83, 'add_bookedrecord'),
	(330, 'Can change booked record', 83, 'change_bookedrecord'),
	(331, 'Can delete booked record', 83, 'delete_bookedrecord'),
	(332, 'Can view booked record', 83, 'view_bookedrecord'),
	(333, 'Can add rollout', 84, 'add_rollout'),
	(334, 'Can change rollout', 84, 'change_rollout'),
	(335, 'Can delete rollout', 84, 'delete_rollout'),
	(336, 'Can view rollout', 84, 'view_rollout'),
	(337, 'Can add rollout member', 85, 'add_rolloutmember'),
	(338, 'Can change rollout member', 85, 'change_rolloutmember'),
	(339, 'Can delete rollout member', 85, 'delete_rolloutmember'),
	(340, 'Can view rollout member', 85, 'view_rolloutmember'),
	(341, 'Can add what if', 86, 'add_whatif'),
	(342, 'Can change what if', 86, 'change_whatif'),
	(343, 'Can delete what if', 86, 'delete_whatif'),
	(344, 'Can view what if', 86, 'view_whatif'),
	(345, 'Can add flow draft', 87, 'add_flowdraft'),
	(346, 'Can change flow draft', 87, 'change_flowdraft'),
	(347, 'Can delete flow draft', 87, 'delete_flowdraft'),
	(348, 'Can view flow draft', 87, 'view_flowdraft'),
	(349, 'Can add draft node', 88, 'add_draftnode'),
	(350, 'Can change draft node', 88, 'change_draftnode'),
	(351, 'Can delete draft node', 88, 'delete_draftnode'),
	(352, 'Can view draft node', 88, 'view_draftnode'),
	(353, 'Can add change default', 89, 'add_changedefault'),
	(354, 'Can change change default', 89, 'change_changedefault'),
	(355, 'Can delete change default', 89, 'delete_changedefault'),
	(356, 'Can view change default', 89, 'view_changedefault'),
	(357, 'Can add change request', 90, 'add_changerequest'),
	(358, 'Can change change request', 90, 'change_changerequest'),
	(359, 'Can delete change request', 90, 'delete_changerequest'),
	(360, 'Can view change request', 90, 'view_changerequest'),
	(361, 'Can add change approval', 91, 'add_changeapproval'),
	(362, 'Can change change approval', 91, 'change_changeapproval'),
	(363, 'Can delete change approval', 91, 'delete_changeapproval'),
	(364, 'Can view change approval', 91, 'view_changeapproval'),
	(365, 'Can add change policy', 92, 'add_changepolicy'),
	(366, 'Can change change policy', 92, 'change_changepolicy'),
	(367, 'Can delete change policy', 92, 'delete_changepolicy'),
	(368, 'Can view change policy', 92, 'view_changepolicy'),
	(369, 'Can add reconciliation', 93, 'add_reconciliation'),
	(370, 'Can change reconciliation', 93, 'change_reconciliation'),
	(371, 'Can delete reconciliation', 93, 'delete_reconciliation'),
	(372, 'Can view reconciliation', 93, 'view_reconciliation'),
	(373, 'Can add reconciliation row', 94, 'add_reconciliationrow'),
	(374, 'Can change reconciliation row', 94, 'change_reconciliationrow'),
	(375, 'Can delete reconciliation row', 94, 'delete_reconciliationrow'),
	(376, 'Can view reconciliation row', 94, 'view_reconciliationrow'),
	(377, 'Can add reconciliation rule', 95, 'add_reconciliationrule'),
	(378, 'Can change reconciliation rule', 95, 'change_reconciliationrule'),
	(379, 'Can delete reconciliation rule', 95, 'delete_reconciliationrule'),
	(380, 'Can view reconciliation rule', 95, 'view_reconciliationrule'),
	(381, 'Can add seen page', 96, 'add_seenpage'),
	(382, 'Can change seen page', 96, 'change_seenpage'),
	(383, 'Can delete seen page', 96, 'delete_seenpage'),
	(384, 'Can view seen page', 96, 'view_seenpage'),
	(385, 'Can add flow sample', 97, 'add_flowsample'),
	(386, 'Can change flow sample', 97, 'change_flowsample'),
	(387, 'Can delete flow sample', 97, 'delete_flowsample'),
	(388, 'Can view flow sample', 97, 'view_flowsample'),
	(389, 'Can add record reference', 98, 'add_recordreference'),
	(390, 'Can change record reference', 98, 'change_recordreference'),
	(391, 'Can delete record reference', 98, 'delete_recordreference'),
	(392, 'Can view record reference', 98, 'view_recordreference'),
	(393, 'Can add record market', 99, 'add_recordmarket'),
	(394, 'Can change record market', 99, 'change_recordmarket'),
	(395, 'Can delete record market', 99, 'delete_recordmarket'),
	(396, 'Can view record market', 99, 'view_recordmarket'),
	(397, 'Can add earlier records', 100, 'add_earlierrecords'),
	(398, 'Can change earlier records', 100, 'change_earlierrecords'),
	(399, 'Can delete earlier records', 100, 'delete_earlierrecords'),
	(400, 'Can view earlier records', 100, 'view_earlierrecords'),
	(401, 'Can add exception case', 101, 'add_exceptioncase'),
	(402, 'Can change exception case', 101, 'change_exceptioncase'),
	(403, 'Can delete exception case', 101, 'delete_exceptioncase'),
	(404, 'Can view exception case', 101, 'view_exceptioncase'),
	(405, 'Can add case step', 102, 'add_casestep'),
	(406, 'Can change case step', 102, 'change_casestep'),
	(407, 'Can delete case step', 102, 'delete_casestep'),
	(408, 'Can view case step', 102, 'view_casestep'),
	(409, 'Can add case operation', 103, 'add_caseoperation'),
	(410, 'Can change case operation', 103, 'change_caseoperation'),
	(411, 'Can delete case operation', 103, 'delete_caseoperation'),
	(412, 'Can view case operation', 103, 'view_caseoperation'),
	(413, 'Can add case note', 104, 'add_casenote'),
	(414, 'Can change case note', 104, 'change_casenote'),
	(415, 'Can delete case note', 104, 'delete_casenote'),
	(416, 'Can view case note', 104, 'view_casenote'),
	(417, 'Can add case amount', 105, 'add_caseamount'),
	(418, 'Can change case amount', 105, 'change_caseamount'),
	(419, 'Can delete case amount', 105, 'delete_caseamount'),
	(420, 'Can view case amount', 105, 'view_caseamount'),
	(421, 'Can add alert', 106, 'add_alert'),
	(422, 'Can change alert', 106, 'change_alert'),
	(423, 'Can delete alert', 106, 'delete_alert'),
	(424, 'Can view alert', 106, 'view_alert'),
	(425, 'Can add home visit', 107, 'add_homevisit'),
	(426, 'Can change home visit', 107, 'change_homevisit'),
	(427, 'Can delete home visit', 107, 'delete_homevisit'),
	(428, 'Can view home visit', 107, 'view_homevisit'),
	(429, 'Can add digest', 108, 'add_digest'),
	(430, 'Can change digest', 108, 'change_digest'),
	(431, 'Can delete digest', 108, 'delete_digest'),
	(432, 'Can view digest', 108, 'view_digest'),
	(433, 'Can add bulk job', 109, 'add_bulkjob'),
	(434, 'Can change bulk job', 109, 'change_bulkjob'),
	(435, 'Can delete bulk job', 109, 'delete_bulkjob'),
	(436, 'Can view bulk job', 109, 'view_bulkjob'),
	(437, 'Can add bulk entry', 110, 'add_bulkentry'),
	(438, 'Can change bulk entry', 110, 'change_bulkentry'),
	(439, 'Can delete bulk entry', 110, 'delete_bulkentry'),
	(440, 'Can view bulk entry', 110, 'view_bulkentry'),
	(441, 'Can add business calendar', 111, 'add_businesscalendar'),
	(442, 'Can change business calendar', 111, 'change_businesscalendar'),
	(443, 'Can delete business calendar', 111, 'delete_businesscalendar'),
	(444, 'Can view business calendar', 111, 'view_businesscalendar'),
	(445, 'Can add sla policy', 112, 'add_slapolicy'),
	(446, 'Can change sla policy', 112, 'change_slapolicy'),
	(447, 'Can delete sla policy', 112, 'delete_slapolicy'),
	(448, 'Can view sla policy', 112, 'view_slapolicy'),
	(449, 'Can add customer sla', 113, 'add_customersla'),
	(450, 'Can change customer sla', 113, 'change_customersla'),
	(451, 'Can delete customer sla', 113, 'delete_customersla'),
	(452, 'Can view customer sla', 113, 'view_customersla'),
	(453, 'Can add sla clock', 114, 'add_slaclock'),
	(454, 'Can change sla clock', 114, 'change_slaclock'),
	(455, 'Can delete sla clock', 114, 'delete_slaclock'),
	(456, 'Can view sla clock', 114, 'view_slaclock'),
	(457, 'Can add sla breach', 115, 'add_slabreach'),
	(458, 'Can change sla breach', 115, 'change_slabreach'),
	(459, 'Can delete sla breach', 115, 'delete_slabreach'),
	(460, 'Can view sla breach', 115, 'view_slabreach'),
	(461, 'Can add sla pause', 116, 'add_slapause'),
	(462, 'Can change sla pause', 116, 'change_slapause'),
	(463, 'Can delete sla pause', 116, 'delete_slapause'),
	(464, 'Can view sla pause', 116, 'view_slapause'),
	(465, 'Can add team', 117, 'add_team'),
	(466, 'Can change team', 117, 'change_team'),
	(467, 'Can delete team', 117, 'delete_team'),
	(468, 'Can view team', 117, 'view_team'),
	(469, 'Can add team member', 118, 'add_teammember'),
	(470, 'Can change team member', 118, 'change_teammember'),
	(471, 'Can delete team member', 118, 'delete_teammember'),
	(472, 'Can view team member', 118, 'view_teammember'),
	(473, 'Can add case watch', 119, 'add_casewatch'),
	(474, 'Can change case watch', 119, 'change_casewatch'),
	(475, 'Can delete case watch', 119, 'delete_casewatch'),
	(476, 'Can view case watch', 119, 'view_casewatch'),
	(477, 'Can add routing rule', 120, 'add_routingrule'),
	(478, 'Can change routing rule', 120, 'change_routingrule'),
	(479, 'Can delete routing rule', 120, 'delete_routingrule'),
	(480, 'Can view routing rule', 120, 'view_routingrule'),
	(481, 'Can add case wait', 121, 'add_casewait'),
	(482, 'Can change case wait', 121, 'change_casewait'),
	(483, 'Can delete case wait', 121, 'delete_casewait'),
	(484, 'Can view case wait', 121, 'view_casewait'),
	(485, 'Can add currency rate', 122, 'add_currencyrate'),
	(486, 'Can change currency rate', 122, 'change_currencyrate'),
	(487, 'Can delete currency rate', 122, 'delete_currencyrate'),
	(488, 'Can view currency rate', 122, 'view_currencyrate'),
	(489, 'Can add risk day', 123, 'add_riskday'),
	(490, 'Can change risk day', 123, 'change_riskday'),
	(491, 'Can delete risk day', 123, 'delete_riskday'),
	(492, 'Can view risk day', 123, 'view_riskday'),
	(493, 'Can add case file', 124, 'add_casefile'),
	(494, 'Can change case file', 124, 'change_casefile'),
	(495, 'Can delete case file', 124, 'delete_casefile'),
	(496, 'Can view case file', 124, 'view_casefile'),
	(497, 'Can add monitor', 125, 'add_monitor'),
	(498, 'Can change monitor', 125, 'change_monitor'),
	(499, 'Can delete monitor', 125, 'delete_monitor'),
	(500, 'Can view monitor', 125, 'view_monitor'),
	(501, 'Can add monitor figures', 126, 'add_monitorfigures'),
	(502, 'Can change monitor figures', 126, 'change_monitorfigures'),
	(503, 'Can delete monitor figures', 126, 'delete_monitorfigures'),
	(504, 'Can view monitor figures', 126, 'view_monitorfigures'),
	(505, 'Can add monitor finding', 127, 'add_monitorfinding'),
	(506, 'Can change monitor finding', 127, 'change_monitorfinding'),
	(507, 'Can delete monitor finding', 127, 'delete_monitorfinding'),
	(508, 'Can view monitor finding', 127, 'view_monitorfinding'),
	(509, 'Can add alert channel', 128, 'add_alertchannel'),
	(510, 'Can change alert channel', 128, 'change_alertchannel'),
	(511, 'Can delete alert channel', 128, 'delete_alertchannel'),
	(512, 'Can view alert channel', 128, 'view_alertchannel'),
	(513, 'Can add alert route', 129, 'add_alertroute'),
	(514, 'Can change alert route', 129, 'change_alertroute'),
	(515, 'Can delete alert route', 129, 'delete_alertroute'),
	(516, 'Can view alert route', 129, 'view_alertroute'),
	(517, 'Can add alert subscription', 130, 'add_alertsubscription'),
	(518, 'Can change alert subscription', 130, 'change_alertsubscription'),
	(519, 'Can delete alert subscription', 130, 'delete_alertsubscription'),
	(520, 'Can view alert subscription', 130, 'view_alertsubscription'),
	(521, 'Can add alert message', 131, 'add_alertmessage'),
	(522, 'Can change alert message', 131, 'change_alertmessage'),
	(523, 'Can delete alert message', 131, 'delete_alertmessage'),
	(524, 'Can view alert message', 131, 'view_alertmessage'),
	(525, 'Can add alert telling', 132, 'add_alerttelling'),
	(526, 'Can change alert telling', 132, 'change_alerttelling'),
	(527, 'Can delete alert telling', 132, 'delete_alerttelling'),
	(528, 'Can view alert telling', 132, 'view_alerttelling'),
	(529, 'Can add on call schedule', 133, 'add_oncallschedule'),
	(530, 'Can change on call schedule', 133, 'change_oncallschedule'),
	(531, 'Can delete on call schedule', 133, 'delete_oncallschedule'),
	(532, 'Can view on call schedule', 133, 'view_oncallschedule'),
	(533, 'Can add on call stand in', 134, 'add_oncallstandin'),
	(534, 'Can change on call stand in', 134, 'change_oncallstandin'),
	(535, 'Can delete on call stand in', 134, 'delete_oncallstandin'),
	(536, 'Can view on call stand in', 134, 'view_oncallstandin'),
	(537, 'Can add triage call', 135, 'add_triagecall'),
	(538, 'Can change triage call', 135, 'change_triagecall'),
	(539, 'Can delete triage call', 135, 'delete_triagecall'),
	(540, 'Can view triage call', 135, 'view_triagecall'),
	(541, 'Can add triage fallback', 136, 'add_triagefallback'),
	(542, 'Can change triage fallback', 136, 'change_triagefallback'),
	(543, 'Can delete triage fallback', 136, 'delete_triagefallback'),
	(544, 'Can view triage fallback', 136, 'view_triagefallback'),
	(545, 'Can add triage model', 137, 'add_triagemodel'),
	(546, 'Can change triage model', 137, 'change_triagemodel'),
	(547, 'Can delete triage model', 137, 'delete_triagemodel'),
	(548, 'Can view triage model', 137, 'view_triagemodel'),
	(549, 'Can add triage policy', 138, 'add_triagepolicy'),
	(550, 'Can change triage policy', 138, 'change_triagepolicy'),
	(551, 'Can delete triage policy', 138, 'delete_triagepolicy'),
	(552, 'Can view triage policy', 138, 'view_triagepolicy'),
	(553, 'Can add triage proposal', 139, 'add_triageproposal'),
	(554, 'Can change triage proposal', 139, 'change_triageproposal'),
	(555, 'Can delete triage proposal', 139, 'delete_triageproposal'),
	(556, 'Can view triage proposal', 139, 'view_triageproposal'),
	(557, 'Can add value month', 140, 'add_valuemonth'),
	(558, 'Can change value month', 140, 'change_valuemonth'),
	(559, 'Can delete value month', 140, 'delete_valuemonth'),
	(560, 'Can view value month', 140, 'view_valuemonth'),
	(561, 'Can add value figure', 141, 'add_valuefigure'),
	(562, 'Can change value figure', 141, 'change_valuefigure'),
	(563, 'Can delete value figure', 141, 'delete_valuefigure'),
	(564, 'Can view value figure', 141, 'view_valuefigure'),
	(565, 'Can add value terms', 142, 'add_valueterms'),
	(566, 'Can change value terms', 142, 'change_valueterms'),
	(567, 'Can delete value terms', 142, 'delete_valueterms'),
	(568, 'Can view value terms', 142, 'view_valueterms'),
	(569, 'Can add value day', 143, 'add_valueday'),
	(570, 'Can change value day', 143, 'change_valueday'),
	(571, 'Can delete value day', 143, 'delete_valueday'),
	(572, 'Can view value day', 143, 'view_valueday'),
	(573, 'Can add estimate', 144, 'add_estimate'),
	(574, 'Can change estimate', 144, 'change_estimate'),
	(575, 'Can delete estimate', 144, 'delete_estimate'),
	(576, 'Can view estimate', 144, 'view_estimate'),
	(577, 'Can add review copy', 145, 'add_reviewcopy'),
	(578, 'Can change review copy', 145, 'change_reviewcopy'),
	(579, 'Can delete review copy', 145, 'delete_reviewcopy'),
	(580, 'Can view review copy', 145, 'view_reviewcopy'),
	(581, 'Can add review comment', 146, 'add_reviewcomment'),
	(582, 'Can change review comment', 146, 'change_reviewcomment'),
	(583, 'Can delete review comment', 146, 'delete_reviewcomment'),
	(584, 'Can view review comment', 146, 'view_reviewcomment'),
	(585, 'Can add review pack', 147, 'add_reviewpack'),
	(586, 'Can change review pack', 147, 'change_reviewpack'),
	(587, 'Can delete review pack', 147, 'delete_reviewpack'),
	(588, 'Can view review pack', 147, 'view_reviewpack'),
	(589, 'Can add review setting', 148, 'add_reviewsetting'),
	(590, 'Can change review setting', 148, 'change_reviewsetting'),
	(591, 'Can delete review setting', 148, 'delete_reviewsetting'),
	(592, 'Can view review setting', 148, 'view_reviewsetting'),
	(593, 'Can add insight', 149, 'add_insight'),
	(594, 'Can change insight', 149, 'change_insight'),
	(595, 'Can delete insight', 149, 'delete_insight'),
	(596, 'Can view insight', 149, 'view_insight'),
	(597, 'Can add insight look', 150, 'add_insightlook'),
	(598, 'Can change insight look', 150, 'change_insightlook'),
	(599, 'Can delete insight look', 150, 'delete_insightlook'),
	(600, 'Can view insight look', 150, 'view_insightlook');
SELECT pg_catalog.setval('public.auth_permission_id_seq', 600, true);
SELECT pg_catalog.setval('public.django_content_type_id_seq', 150, true);
