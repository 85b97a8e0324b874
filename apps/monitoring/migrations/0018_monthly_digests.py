"""Let people have a digest on the first of each month."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("monitoring", "0017_alert_routes"),
    ]

    operations = [
        migrations.AlterField(
            model_name="digest",
            name="frequency",
            field=models.CharField(
                choices=[("daily", "every day"), ("weekly", "every Monday"), ("monthly", "on the first of the month")],
                max_length=7,
            ),
        ),
    ]
