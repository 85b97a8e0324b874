"""Whose records a connection shows, and another account that a person has to confirm."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("connectors", "0009_expiry"),
    ]

    operations = [
        migrations.AddField(
            model_name="connection",
            name="account",
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name="connection",
            name="account_seen",
            field=models.CharField(blank=True, max_length=200),
        ),
    ]
