"""Say of a failure whether its record had failed before: a year's records are counted without sorting all of its failures."""

from django.db import migrations, models

# The owner of the table is fenced too, so the fence is opened for the moment.
_SAY_OF_EARLIER_ONES = """
ALTER TABLE monitoring_caseoperation NO FORCE ROW LEVEL SECURITY;
UPDATE monitoring_caseoperation AS held SET again = TRUE
WHERE EXISTS (
    SELECT FROM monitoring_caseoperation AS earlier
    WHERE earlier.operation_id = held.operation_id AND earlier.failed_at < held.failed_at
);
ALTER TABLE monitoring_caseoperation FORCE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    dependencies = [("monitoring", "0026_insights_of_moments")]

    operations = [
        migrations.AddField(model_name="caseoperation", name="again", field=models.BooleanField(default=False)),
        migrations.RunSQL(_SAY_OF_EARLIER_ONES, migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="caseoperation", index=models.Index(fields=["failed_at"], name="case_operation_failed")
        ),
    ]
