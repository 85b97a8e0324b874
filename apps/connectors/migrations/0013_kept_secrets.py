"""Keep sealed secrets of rooms above."""

import uuid_utils.compat
from django.db import migrations, models

from apps.tenants.fences import staff_only


class Migration(migrations.Migration):
    dependencies = [
        ("connectors", "0012_call_hours"),
    ]

    operations = [
        migrations.CreateModel(
            name="KeptSecret",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("sealed", models.BinaryField()),
                ("key_version", models.PositiveSmallIntegerField(default=1)),
            ],
            options={
                "abstract": False,
            },
        ),
        staff_only("connectors_keptsecret"),
    ]
