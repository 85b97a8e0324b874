"""Go through what flows carried before references were kept: the rows that say for which flows, and how far it is."""

import django.db.models.deletion
import uuid_utils.compat
from django.db import migrations, models

from apps.tenants.fences import fence

# The owner of the tables is fenced too, so the fence is opened for the moment. Draft flows have carried nothing.
_FLOWS_OF_THIS_DAY = """
ALTER TABLE flows_flow NO FORCE ROW LEVEL SECURITY;
INSERT INTO flows_earlierrecords (id, customer_id, flow_id, lines, added)
SELECT gen_random_uuid(), customer_id, id, 0, 0 FROM flows_flow WHERE state <> 'draft';
ALTER TABLE flows_flow FORCE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0005_retention"),
        ("flows", "0029_reconciled_steps"),
    ]

    operations = [
        migrations.CreateModel(
            name="EarlierRecords",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("before", models.UUIDField(blank=True, null=True)),
                ("lines", models.PositiveIntegerField(default=0)),
                ("added", models.PositiveIntegerField(default=0)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="customers.customer"
                    ),
                ),
                (
                    "flow",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="flows.flow"
                    ),
                ),
            ],
        ),
        migrations.RunSQL(_FLOWS_OF_THIS_DAY, migrations.RunSQL.noop),
        fence("flows_earlierrecords"),
    ]
