"""Let people have a digest on the first of each month."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0006_saved_views_of_operators"),
    ]

    operations = [
        migrations.AlterField(
            model_name="preference",
            name="digest",
            field=models.CharField(
                blank=True,
                choices=[
                    ("off", "Never"),
                    ("daily", "Every day"),
                    ("weekly", "Every Monday"),
                    ("monthly", "On the first of the month"),
                ],
                max_length=7,
            ),
        ),
    ]
