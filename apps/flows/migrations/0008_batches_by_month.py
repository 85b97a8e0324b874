"""Cut the batches, which hold the payloads, by month: what is past its time goes with one DROP, not row by row.

A batch's id begins with its moment (UUIDv7), so the table is cut by its own primary key. The application owns no table:
two functions of the owner add a coming month and drop an old one, and refuse anything else.

The blobs are compressed already, so PostgreSQL need not try (STORAGE EXTERNAL). No foreign keys: adding or dropping a month would lock the runs and the customers. The number of a batch within its run is
kept by the run's lease; a unique index over a table in parts would have to name the id, and so would hold nothing.
"""

import django.db.models.deletion
import uuid_utils.compat
from django.db import migrations, models

from apps.tenants.backend.base import CUSTOMER_ROLE, STAFF_ROLE
from apps.tenants.database_roles import APP
from apps.tenants.fences import fence

_REMAKE = """
ALTER TABLE flows_batch NO FORCE ROW LEVEL SECURITY;
ALTER TABLE flows_batch RENAME TO flows_batch_whole;
CREATE TABLE flows_batch (LIKE flows_batch_whole INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE) PARTITION BY RANGE (id);
ALTER TABLE flows_batch ADD COLUMN payload_dropped_at timestamptz, ALTER COLUMN plan DROP NOT NULL,
  ALTER COLUMN plan SET STORAGE EXTERNAL, ALTER COLUMN outcome SET STORAGE EXTERNAL;
CREATE TABLE flows_batch_rest PARTITION OF flows_batch DEFAULT;
INSERT INTO flows_batch SELECT * FROM flows_batch_whole;
DROP TABLE flows_batch_whole;
ALTER TABLE flows_batch ADD CONSTRAINT flows_batch_pkey PRIMARY KEY (id);
CREATE INDEX batch_of_run ON flows_batch (run_id);
CREATE INDEX batch_open ON flows_batch (run_id) WHERE state <> 'settled';
REVOKE ALL ON flows_batch_rest FROM {roles};
"""

# The lowest id that a month can have: its first millisecond, and nothing after it.
_MONTH_START = """
CREATE FUNCTION flows_first_id_of(month date) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
  SELECT (lpad(to_hex((extract(epoch FROM month::timestamp) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$$;
"""

# `search_path` is pinned to the partner's schema: a function with its owner's rights takes no name from its caller.
_FUNCTIONS = """
DO $make$ BEGIN EXECUTE format($text$

CREATE FUNCTION flows_add_batch_month(wanted date) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER
SET search_path = %1$I, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
  first date := date_trunc('month', wanted)::date;
  part text := 'flows_batch_' || to_char(first, 'YYYY_MM');
  low uuid := flows_first_id_of(first);
  high uuid := flows_first_id_of((first + interval '1 month')::date);
BEGIN
  IF first > (now() AT TIME ZONE 'UTC')::date + 92 THEN
    RAISE EXCEPTION 'month %% is too far ahead: ask for one of the next three', first;
  END IF;
  IF to_regclass(part) IS NOT NULL THEN RETURN false; END IF;
  EXECUTE format('CREATE TABLE %%I (LIKE flows_batch INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE)', part);
  EXECUTE format('REVOKE ALL ON %%I FROM {roles}', part);
  EXECUTE format('WITH taken AS (DELETE FROM flows_batch_rest WHERE id >= $1 AND id < $2 RETURNING *) '
                 'INSERT INTO %%I SELECT * FROM taken', part) USING low, high;
  EXECUTE format('ALTER TABLE flows_batch ATTACH PARTITION %%I FOR VALUES FROM (%%L) TO (%%L)', part, low, high);
  RETURN true;
END $$;

CREATE FUNCTION flows_drop_batch_months(keep_from timestamptz) RETURNS SETOF date LANGUAGE plpgsql SECURITY DEFINER
SET search_path = %1$I, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
  part text;
  month date;
  is_open boolean;
BEGIN
  IF keep_from > now() - interval '1 day' THEN
    RAISE EXCEPTION 'payloads are kept for a day at least: keep_from %% is too late', keep_from;
  END IF;
  FOR part IN
    SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'flows_batch'::regclass AND c.relname ~ '^flows_batch_[0-9]{{4}}_[0-9]{{2}}$' ORDER BY 1
  LOOP
    month := to_date(right(part, 7), 'YYYY_MM');
    CONTINUE WHEN (month + interval '1 month') AT TIME ZONE 'UTC' > keep_from;
    EXECUTE format('SELECT EXISTS (SELECT FROM %%I WHERE state NOT IN (''settled'', ''abandoned''))', part) INTO is_open;
    CONTINUE WHEN is_open;
    EXECUTE format('DROP TABLE %%I', part);
    RETURN NEXT month;
  END LOOP;
END $$;

$text$, current_schema()); END $make$;

REVOKE ALL ON FUNCTION flows_add_batch_month(date), flows_drop_batch_months(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION flows_add_batch_month(date), flows_drop_batch_months(timestamptz) TO {staff};
"""

_MONTHS = """
SELECT flows_add_batch_month(month::date) FROM generate_series(
  date_trunc('month', coalesce((SELECT min(created_at) FROM flows_batch), now()) AT TIME ZONE 'UTC'),
  date_trunc('month', now() AT TIME ZONE 'UTC') + interval '1 month', interval '1 month') AS month;
"""
_SEEN_BY_ALL = """
ALTER TABLE flows_droppedmonth ENABLE ROW LEVEL SECURITY;
CREATE POLICY read ON flows_droppedmonth FOR SELECT USING (true);
REVOKE INSERT, UPDATE, DELETE ON flows_droppedmonth FROM {customer};
"""
_NAMES = {"roles": f"{APP}, {STAFF_ROLE}, {CUSTOMER_ROLE}", "staff": STAFF_ROLE, "customer": CUSTOMER_ROLE}

_STATE = [
    migrations.RemoveConstraint(model_name="batch", name="batch_number_once"),
    migrations.AddField(
        model_name="batch", name="payload_dropped_at", field=models.DateTimeField(blank=True, null=True)
    ),
    migrations.AlterField(model_name="batch", name="plan", field=models.BinaryField(blank=True, null=True)),
    migrations.AlterField(
        model_name="batch",
        name="customer",
        field=models.ForeignKey(
            db_constraint=False,
            db_index=False,
            on_delete=django.db.models.deletion.CASCADE,
            related_name="+",
            to="customers.customer",
        ),
    ),
    migrations.AlterField(
        model_name="batch",
        name="run",
        field=models.ForeignKey(
            db_constraint=False,
            db_index=False,
            on_delete=django.db.models.deletion.CASCADE,
            related_name="batches",
            to="flows.run",
        ),
    ),
    migrations.AddIndex(model_name="batch", index=models.Index(fields=["run"], name="batch_of_run")),
]


class Migration(migrations.Migration):
    dependencies = [("customers", "0004_onboarding"), ("flows", "0007_inbox")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(_REMAKE.format(**_NAMES))], state_operations=_STATE
        ),
        migrations.RunSQL(_MONTH_START),
        migrations.RunSQL(_FUNCTIONS.format(**_NAMES)),
        migrations.CreateModel(
            name="DroppedMonth",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("month", models.DateField(unique=True)),
                ("dropped_at", models.DateTimeField()),
            ],
            options={"abstract": False},
        ),
        migrations.RunSQL(_SEEN_BY_ALL.format(**_NAMES)),
        # Before the fence, which the owner itself cannot see through.
        migrations.RunSQL(_MONTHS),
        fence("flows_batch"),
    ]
