"""The day on which a secret expires, where that is known."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("connectors", "0008_private_systems"),
    ]

    operations = [
        migrations.AddField(
            model_name="credential",
            name="expires_on",
            field=models.DateField(blank=True, null=True),
        ),
    ]
