"""Flows compare all numbers of their source with the ledger: when, how each comparison went, and what it listed."""

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import uuid_utils.compat
from django.db import migrations, models

from apps.tenants.fences import fence


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0005_retention"),
        ("flows", "0012_open_receipts"),
    ]

    operations = [
        migrations.AlterField(
            model_name="run",
            name="mode",
            field=models.CharField(
                choices=[
                    ("read", "read changes"),
                    ("records", "named records"),
                    ("replay", "replay"),
                    ("backfill", "backfill"),
                    ("compare", "comparison"),
                ],
                default="read",
                max_length=8,
            ),
        ),
        migrations.AlterField(
            model_name="triggerevent",
            name="kind",
            field=models.CharField(
                choices=[
                    ("schedule", "schedule"),
                    ("webhook", "webhook"),
                    ("person", "person"),
                    ("replay", "replay"),
                    ("event", "event"),
                    ("backfill", "backfill"),
                    ("flow", "another flow"),
                    ("compare", "comparison"),
                ],
                max_length=8,
            ),
        ),
        migrations.CreateModel(
            name="ListedPage",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "keys",
                    django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=120), size=None),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="customers.customer",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="flows.run",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Comparison",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("position", models.JSONField(blank=True, null=True)),
                ("pages", models.PositiveIntegerField(default=0)),
                ("listed_all", models.BooleanField(default=False)),
                ("judged", models.BooleanField(default=False)),
                ("held", models.BooleanField(default=False)),
                ("listed", models.PositiveIntegerField(default=0)),
                ("known", models.PositiveIntegerField(default=0)),
                ("missing", models.PositiveIntegerField(default=0)),
                ("gone", models.PositiveIntegerField(default=0)),
                ("there", models.PositiveIntegerField(default=0)),
                ("unclear", models.PositiveIntegerField(default=0)),
                ("looked_to", models.CharField(blank=True, default="", max_length=120)),
                (
                    "unlisted",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=120), blank=True, default=list, size=None
                    ),
                ),
                ("begun_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="customers.customer"
                    ),
                ),
                (
                    "flow",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="comparisons",
                        to="flows.flow",
                    ),
                ),
                (
                    "run",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="comparison", to="flows.run"
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
                "indexes": [models.Index(fields=["flow", "-id"], name="comparison_of_flow")],
            },
        ),
        migrations.CreateModel(
            name="ComparisonRule",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "every",
                    models.CharField(
                        choices=[("off", "off"), ("day", "day"), ("week", "week")], default="day", max_length=4
                    ),
                ),
                ("at", models.TimeField()),
                (
                    "most_percent",
                    models.PositiveSmallIntegerField(
                        default=5,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(100),
                        ],
                    ),
                ),
                ("most_records", models.PositiveIntegerField(default=20)),
                ("next_at", models.DateTimeField(blank=True, null=True)),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="customers.customer"
                    ),
                ),
                (
                    "flow",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="comparison_rule", to="flows.flow"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("next_at__isnull", False)), fields=["next_at"], name="comparison_due"
                    )
                ],
            },
        ),
        *(fence(f"flows_{name}") for name in ("comparison", "comparisonrule", "listedpage")),
    ]
