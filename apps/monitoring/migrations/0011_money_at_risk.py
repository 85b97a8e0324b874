"""Keep exchange rates, and the money at risk of each day."""

import django.core.validators
import django.db.models.deletion
import uuid_utils.compat
from django.db import migrations, models

from apps.tenants.fences import fence, staff_only


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0005_retention"),
        ("flows", "0019_what_ifs"),
        ("monitoring", "0010_case_work"),
    ]

    operations = [
        migrations.CreateModel(
            name="CurrencyRate",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("day", models.DateField()),
                (
                    "from_currency",
                    models.CharField(
                        max_length=3,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[A-Z]{3}$", "Write the currency as three capital letters, for example EUR."
                            )
                        ],
                    ),
                ),
                (
                    "to_currency",
                    models.CharField(
                        max_length=3,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[A-Z]{3}$", "Write the currency as three capital letters, for example EUR."
                            )
                        ],
                    ),
                ),
                ("rate", models.DecimalField(decimal_places=10, max_digits=20)),
                ("source", models.CharField(blank=True, max_length=80)),
                ("entered_at", models.DateTimeField()),
                ("entered_by", models.CharField(max_length=200)),
            ],
            options={
                "ordering": ("-day", "from_currency", "to_currency"),
                "constraints": [
                    models.UniqueConstraint(fields=("day", "from_currency", "to_currency"), name="currency_rate_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="RiskDay",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("day", models.DateField()),
                ("currency", models.CharField(max_length=3)),
                ("known", models.DecimalField(decimal_places=2, max_digits=20)),
                ("estimated", models.DecimalField(decimal_places=2, max_digits=20)),
                ("left", models.JSONField(default=dict)),
                ("records", models.PositiveIntegerField()),
                ("unknown_records", models.PositiveIntegerField()),
                ("measured_at", models.DateTimeField()),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="customers.customer"
                    ),
                ),
                (
                    "flow",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="flows.flow",
                    ),
                ),
            ],
            options={
                "ordering": ("day",),
                "indexes": [models.Index(fields=["customer", "-day"], name="risk_day_of_customer")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("customer", "flow", "day"), name="risk_day_once", nulls_distinct=False
                    )
                ],
            },
        ),
        fence("monitoring_riskday"),
        staff_only("monitoring_currencyrate"),
    ]
