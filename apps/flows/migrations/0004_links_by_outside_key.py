"""A record can be found by the number its target gave it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("flows", "0003_schedules_and_dry_runs")]

    operations = [
        migrations.AddIndex(
            model_name="link",
            index=models.Index(fields=["outside_key"], name="link_outside"),
        ),
    ]
