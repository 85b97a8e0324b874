"""Count the calls of connections by the hour."""

import django.contrib.postgres.fields
import django.db.models.deletion
import uuid_utils.compat
from django.db import migrations, models

from apps.tenants.fences import fence


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0005_retention"),
        ("connectors", "0011_private_systems_are_staff_business"),
    ]

    operations = [
        migrations.CreateModel(
            name="ConnectionHour",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("hour", models.DateTimeField()),
                ("calls", models.PositiveIntegerField()),
                ("failed", models.PositiveIntegerField()),
                ("limited", models.PositiveIntegerField()),
                (
                    "slots",
                    django.contrib.postgres.fields.ArrayField(base_field=models.PositiveIntegerField(), size=None),
                ),
                (
                    "connection",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="hours",
                        to="connectors.connection",
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="customers.customer",
                    ),
                ),
            ],
            options={
                "ordering": ("hour", "id"),
                "indexes": [models.Index(fields=["hour"], name="connection_hour")],
                "constraints": [models.UniqueConstraint(fields=("connection", "hour"), name="connection_hour_once")],
            },
        ),
        fence("connectors_connectionhour"),
    ]
