"""Keep estimates for prospects."""

import django.core.validators
import uuid_utils.compat
from django.db import migrations, models

from apps.tenants.fences import staff_only


class Migration(migrations.Migration):
    dependencies = [
        ("monitoring", "0020_value_ledger"),
    ]

    operations = [
        migrations.CreateModel(
            name="Estimate",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=160)),
                (
                    "currency",
                    models.CharField(
                        max_length=3,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[A-Z]{3}$", "Write the currency as three capital letters, for example EUR."
                            )
                        ],
                    ),
                ),
                ("inputs", models.JSONField()),
                ("link_key", models.CharField(blank=True, max_length=43)),
                ("link_until", models.DateTimeField(blank=True, null=True)),
                ("made_at", models.DateTimeField()),
                ("made_by", models.CharField(max_length=200)),
                ("changed_at", models.DateTimeField()),
                ("changed_by", models.CharField(max_length=200)),
            ],
            options={
                "ordering": ("-changed_at",),
            },
        ),
        staff_only("monitoring_estimate"),
    ]
