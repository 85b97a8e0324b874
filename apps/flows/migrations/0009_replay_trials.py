"""A replay can be tried out first, and is asked for once under a program's key."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("flows", "0008_batches_by_month")]

    operations = [
        migrations.AddField(
            model_name="replayjob",
            name="key",
            field=models.CharField(blank=True, max_length=120, null=True, unique=True),
        ),
        migrations.AddField(
            model_name="replayjob",
            name="trial",
            field=models.JSONField(blank=True, null=True),
        ),
    ]
