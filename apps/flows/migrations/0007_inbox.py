"""Events know the run that took them; flows keep their quiet times and their rhythm.

What was stored before has its run already: each is told it, or it would be worked on once more.
"""

import django.db.models.deletion
from django.db import migrations, models

# The owner of a fenced table sees none of its rows: the fence is lifted for the owner within this transaction.
_TELL = """
ALTER TABLE flows_triggerevent NO FORCE ROW LEVEL SECURITY;
ALTER TABLE flows_run NO FORCE ROW LEVEL SECURITY;
UPDATE flows_triggerevent e SET run_id = r.id FROM flows_run r WHERE r.event_id = e.id;
ALTER TABLE flows_triggerevent FORCE ROW LEVEL SECURITY;
ALTER TABLE flows_run FORCE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    dependencies = [("flows", "0006_correlation")]

    operations = [
        migrations.AddField(
            model_name="flow",
            name="rhythm",
            field=models.JSONField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="flow",
            name="blackouts",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name="trigger",
            name="before_cut_off_minutes",
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="triggerevent",
            name="run",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="events",
                to="flows.run",
            ),
        ),
        migrations.RunSQL(_TELL, migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="triggerevent",
            index=models.Index(condition=models.Q(("run__isnull", True)), fields=["flow", "id"], name="event_waiting"),
        ),
        migrations.AddIndex(
            model_name="triggerevent",
            index=models.Index(condition=models.Q(("run__isnull", False)), fields=["run", "id"], name="event_of_run"),
        ),
    ]
