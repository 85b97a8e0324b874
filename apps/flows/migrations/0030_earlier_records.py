"""Go through what flows carried before references were kept, flow by flow; and say of what is gone where it was made again."""

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


_CAUSES = (
    "missing_in_target",
    "never_read",
    "amount_differs",
    "extra_in_target",
    "waiting",
    "in_exception",
    "filtered",
    "duplicate",
    "changed_after",
    "deleted",
    "made_again",
    "converted",
    "accepted",
)
_SIDES = [
    ("source", "listed by the source"),
    ("target", "listed by the target"),
    ("from_asked", "asked of the source"),
    ("to_asked", "asked of the target"),
    ("made_asked", "asked of a system that steps write to"),
    ("made_again", "looked for by business key in a system that steps write to"),
]


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
        migrations.AddField(
            model_name="reconciliationrow",
            name="again_key",
            field=models.CharField(blank=True, default="", max_length=120),
        ),
        migrations.AlterField(
            model_name="reconciliationrow",
            name="cause",
            field=models.CharField(max_length=17, choices=[(cause, cause) for cause in _CAUSES]),
        ),
        migrations.AlterField(
            model_name="seenpage", name="side", field=models.CharField(choices=_SIDES, max_length=10)
        ),
    ]
