"""Index the lines that have a cause by it: a list of one cause read the whole ledger where the cause was rare."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("flows", "0025_records_by_name")]

    operations = [
        migrations.AddIndex(
            model_name="operation",
            index=models.Index(fields=["error_class", "-id"], condition=~Q(error_class=""), name="operation_of_cause"),
        ),
    ]
