"""Let a bulk job carry a translation."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("monitoring", "0012_case_files"),
    ]

    operations = [
        migrations.AddField(
            model_name="bulkjob",
            name="wording",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AlterField(
            model_name="bulkjob",
            name="kind",
            field=models.CharField(
                choices=[
                    ("retry", "Retry"),
                    ("skip", "Leave out"),
                    ("assign", "Assign"),
                    ("close", "Close by hand"),
                    ("value", "Add a translation"),
                ],
                max_length=6,
            ),
        ),
    ]
