"""Index a flow's lines by age: its list read all of them, however many there were, to show and count the latest."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("flows", "0026_failures_by_cause")]

    operations = [
        migrations.AddIndex(
            model_name="operation",
            index=models.Index(fields=["flow", "-id"], name="operation_of_flow"),
        ),
    ]
