"""Keep with a failure which service line, segment and region it was about: they are counted without asking again."""

from django.db import migrations, models


def _part() -> models.CharField:
    return models.CharField(blank=True, default="", max_length=80)


class Migration(migrations.Migration):
    dependencies = [("flows", "0028_record_markets"), ("monitoring", "0024_amounts_of_failures")]

    operations = [
        migrations.AddField(model_name="caseoperation", name="service_line", field=_part()),
        migrations.AddField(model_name="caseoperation", name="segment", field=_part()),
        migrations.AddField(model_name="caseoperation", name="region", field=_part()),
    ]
