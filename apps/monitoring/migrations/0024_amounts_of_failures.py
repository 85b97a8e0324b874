"""Keep with a failure what its record was worth: money over a year is added up without the ledger's lines."""

from django.db import migrations, models

# The owner of the tables is fenced too, so the fences are opened for the moment.
_TAKE_FROM_THE_LEDGER = """
ALTER TABLE monitoring_caseoperation NO FORCE ROW LEVEL SECURITY;
ALTER TABLE flows_operation NO FORCE ROW LEVEL SECURITY;
UPDATE monitoring_caseoperation AS held
SET amount = line.amount, currency = line.currency, amount_quality = line.amount_quality
FROM flows_operation AS line WHERE line.id = held.operation_id AND line.amount IS NOT NULL;
ALTER TABLE flows_operation FORCE ROW LEVEL SECURITY;
ALTER TABLE monitoring_caseoperation FORCE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    dependencies = [("flows", "0026_failures_by_cause"), ("monitoring", "0023_insights")]

    operations = [
        migrations.AddField(
            model_name="caseoperation",
            name="amount",
            field=models.DecimalField(blank=True, decimal_places=4, max_digits=18, null=True),
        ),
        migrations.AddField(
            model_name="caseoperation",
            name="currency",
            field=models.CharField(blank=True, default="", max_length=3),
        ),
        migrations.AddField(
            model_name="caseoperation",
            name="amount_quality",
            field=models.CharField(blank=True, default="", max_length=9),
        ),
        migrations.RunSQL(_TAKE_FROM_THE_LEDGER, migrations.RunSQL.noop),
    ]
