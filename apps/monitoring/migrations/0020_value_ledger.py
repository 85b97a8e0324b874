"""Keep what was agreed about value, what was measured day by day, and the months with their figures."""

import django.core.validators
import django.db.models.deletion
import uuid_utils.compat
from django.db import migrations, models

from apps.tenants.fences import fence


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0005_retention"),
        ("monitoring", "0019_triage"),
    ]

    operations = [
        migrations.CreateModel(
            name="ValueMonth",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("month", models.DateField()),
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
                ("terms", models.JSONField()),
                ("left", models.JSONField(default=dict)),
                ("booked_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="customers.customer"
                    ),
                ),
            ],
            options={
                "ordering": ("-month",),
            },
        ),
        migrations.CreateModel(
            name="ValueFigure",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("kind", models.CharField(max_length=12)),
                ("detail", models.CharField(blank=True, max_length=40)),
                ("unit", models.CharField(max_length=8)),
                ("amount", models.DecimalField(decimal_places=2, max_digits=20)),
                ("evidence", models.CharField(max_length=8)),
                ("sample", models.PositiveIntegerField()),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="customers.customer"
                    ),
                ),
                (
                    "month",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="figures", to="monitoring.valuemonth"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ValueTerms",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("month", models.DateField()),
                ("values", models.JSONField()),
                ("agreed_at", models.DateTimeField()),
                ("agreed_by", models.CharField(max_length=200)),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="customers.customer"
                    ),
                ),
            ],
            options={
                "ordering": ("-month", "-agreed_at"),
            },
        ),
        migrations.CreateModel(
            name="ValueDay",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("day", models.DateField()),
                ("canonical_type", models.CharField(max_length=40)),
                ("posted", models.PositiveIntegerField()),
                ("delay_records", models.PositiveIntegerField()),
                ("delay_seconds", models.DecimalField(decimal_places=3, max_digits=20)),
                ("measured_at", models.DateTimeField()),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="customers.customer"
                    ),
                ),
            ],
            options={
                "ordering": ("day", "canonical_type"),
                "constraints": [
                    models.UniqueConstraint(fields=("customer", "day", "canonical_type"), name="value_day_once")
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="valuemonth",
            constraint=models.UniqueConstraint(fields=("customer", "month"), name="value_month_once"),
        ),
        migrations.AddConstraint(
            model_name="valuefigure",
            constraint=models.UniqueConstraint(fields=("month", "kind", "detail"), name="value_figure_once"),
        ),
        migrations.AddIndex(
            model_name="valueterms",
            index=models.Index(fields=["customer", "-month", "-agreed_at"], name="value_terms_of_customer"),
        ),
        fence("monitoring_valueterms"),
        fence("monitoring_valueday"),
        fence("monitoring_valuemonth"),
        fence("monitoring_valuefigure"),
    ]
