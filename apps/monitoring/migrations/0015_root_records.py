"""Name the record that a held-up one stems from, so that it counts once wherever it is held up."""

from django.db import migrations, models
from django.db.models import Q

# What is held up now is named by its own key; the owner of the tables is fenced too, so the fences are opened for the moment.
_NAME_OPEN_ONES = """
ALTER TABLE monitoring_caseoperation NO FORCE ROW LEVEL SECURITY;
ALTER TABLE flows_operation NO FORCE ROW LEVEL SECURITY;
UPDATE monitoring_caseoperation AS held SET root = line.business_key FROM flows_operation AS line
WHERE held.open AND line.id = held.operation_id;
ALTER TABLE flows_operation FORCE ROW LEVEL SECURITY;
ALTER TABLE monitoring_caseoperation FORCE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    dependencies = [("monitoring", "0014_planned_retries")]

    operations = [
        migrations.AddField(
            model_name="caseoperation",
            name="root",
            field=models.CharField(blank=True, default="", max_length=240),
        ),
        migrations.RunSQL(_NAME_OPEN_ONES, migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="caseoperation",
            index=models.Index(
                condition=Q(("open", True), ~Q(root="")),
                fields=["customer", "root"],
                name="case_operation_root",
            ),
        ),
    ]
