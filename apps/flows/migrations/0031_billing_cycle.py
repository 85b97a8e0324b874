"""Keep of each line the day from which the time to billing or to payment counts, and find the paid invoices among them."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("flows", "0030_earlier_records")]

    operations = [
        migrations.AddField(
            model_name="operation",
            name="cycle_from",
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddIndex(
            model_name="operation",
            index=models.Index(
                condition=Q(("canonical_type", "Invoice"), ("cycle_from__isnull", False)),
                fields=["-id"],
                name="operation_paid",
            ),
        ),
    ]
