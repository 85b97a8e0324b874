"""What a customer chose among the settings of a flow's template: only what differs from the template's own values."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("flows", "0015_owner_register")]

    operations = [
        migrations.AddField(model_name="flow", name="settings", field=models.JSONField(blank=True, default=dict)),
    ]
