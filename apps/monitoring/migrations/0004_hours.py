"""Keep with each held-up record how many hours of work it stands for: unposted time is told in hours."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("monitoring", "0003_home")]

    operations = [
        migrations.AddField(
            model_name="caseoperation",
            name="hours",
            field=models.DecimalField(blank=True, decimal_places=2, max_digits=10, null=True),
        ),
    ]
