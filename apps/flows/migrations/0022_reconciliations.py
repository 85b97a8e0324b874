"""Both sides of a flow set against each other: when, how far, what was found, and the records behind it."""

import django.db.models.deletion
import uuid_utils.compat
from django.db import migrations, models

from apps.tenants.fences import fence


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0005_retention"),
        ("flows", "0021_change_requests"),
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
                    ("balance", "reconciliation"),
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
                    ("balance", "reconciliation"),
                ],
                max_length=8,
            ),
        ),
        migrations.CreateModel(
            name="Reconciliation",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("version_number", models.PositiveIntegerField()),
                ("first", models.DateField()),
                ("last", models.DateField()),
                ("zone", models.CharField(max_length=64)),
                ("since", models.DateTimeField()),
                ("until", models.DateTimeField()),
                (
                    "source_method",
                    models.CharField(
                        choices=[
                            ("listed", "listed"),
                            ("everything", "everything"),
                            ("asked", "asked"),
                            ("ledger", "ledger"),
                        ],
                        default="listed",
                        max_length=10,
                    ),
                ),
                (
                    "target_method",
                    models.CharField(
                        choices=[
                            ("listed", "listed"),
                            ("everything", "everything"),
                            ("asked", "asked"),
                            ("ledger", "ledger"),
                        ],
                        default="listed",
                        max_length=10,
                    ),
                ),
                ("source_position", models.JSONField(blank=True, null=True)),
                ("target_position", models.JSONField(blank=True, null=True)),
                ("source_done", models.BooleanField(default=False)),
                ("target_done", models.BooleanField(default=False)),
                ("target_pages", models.PositiveIntegerField(default=0)),
                ("seen", models.PositiveIntegerField(default=0)),
                ("begun_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "verdict",
                    models.CharField(
                        blank=True,
                        choices=[("agreed", "agreed"), ("unproven", "unproven"), ("unexplained", "unexplained")],
                        max_length=11,
                    ),
                ),
                ("statement", models.JSONField(default=dict)),
                ("unexplained", models.PositiveIntegerField(default=0)),
                ("digest", models.CharField(blank=True, max_length=64)),
                ("signed_at", models.DateTimeField(blank=True, null=True)),
                ("signed_by", models.CharField(blank=True, max_length=200)),
                ("signature", models.CharField(blank=True, max_length=64)),
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
                        related_name="reconciliations",
                        to="flows.flow",
                    ),
                ),
                (
                    "run",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="reconciliation",
                        to="flows.run",
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="ReconciliationRow",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("rank", models.PositiveIntegerField()),
                (
                    "cause",
                    models.CharField(
                        choices=[
                            ("missing_in_target", "missing_in_target"),
                            ("never_read", "never_read"),
                            ("amount_differs", "amount_differs"),
                            ("extra_in_target", "extra_in_target"),
                            ("waiting", "waiting"),
                            ("in_exception", "in_exception"),
                            ("filtered", "filtered"),
                            ("duplicate", "duplicate"),
                            ("changed_after", "changed_after"),
                            ("deleted", "deleted"),
                            ("converted", "converted"),
                            ("accepted", "accepted"),
                        ],
                        max_length=17,
                    ),
                ),
                ("business_key", models.CharField(max_length=200)),
                ("source_key", models.CharField(blank=True, max_length=120)),
                ("target_key", models.CharField(blank=True, max_length=120)),
                ("label", models.CharField(blank=True, max_length=300)),
                ("difference", models.SmallIntegerField()),
                ("source_amount", models.DecimalField(blank=True, decimal_places=4, max_digits=18, null=True)),
                ("source_currency", models.CharField(blank=True, max_length=3)),
                ("target_amount", models.DecimalField(blank=True, decimal_places=4, max_digits=18, null=True)),
                ("target_currency", models.CharField(blank=True, max_length=3)),
                ("operation_id", models.UUIDField(blank=True, null=True)),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="customers.customer"
                    ),
                ),
                (
                    "reconciliation",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rows",
                        to="flows.reconciliation",
                    ),
                ),
            ],
            options={
                "ordering": ("rank",),
            },
        ),
        migrations.CreateModel(
            name="ReconciliationRule",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("nightly", models.BooleanField(default=True)),
                ("at", models.TimeField()),
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
                        on_delete=django.db.models.deletion.CASCADE, related_name="reconciliation_rule", to="flows.flow"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SeenPage",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "side",
                    models.CharField(
                        choices=[
                            ("source", "listed by the source"),
                            ("target", "listed by the target"),
                            ("from_asked", "asked of the source"),
                            ("to_asked", "asked of the target"),
                        ],
                        max_length=10,
                    ),
                ),
                ("rows", models.JSONField(default=list)),
                ("asked", models.JSONField(default=list)),
                ("unclear", models.JSONField(default=list)),
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
        migrations.AddIndex(
            model_name="reconciliation",
            index=models.Index(fields=["flow", "-id"], name="reconciliation_of_flow"),
        ),
        migrations.AddIndex(
            model_name="reconciliation",
            index=models.Index(fields=["customer", "first"], name="reconciliation_of_customer"),
        ),
        migrations.AddConstraint(
            model_name="reconciliation",
            constraint=models.CheckConstraint(
                condition=models.Q(("last__gte", models.F("first"))), name="reconciliation_in_order"
            ),
        ),
        migrations.AddConstraint(
            model_name="reconciliationrow",
            constraint=models.UniqueConstraint(fields=("reconciliation", "rank"), name="reconciliation_row_once"),
        ),
        migrations.AddIndex(
            model_name="reconciliationrule",
            index=models.Index(
                condition=models.Q(("next_at__isnull", False)), fields=["next_at"], name="reconciliation_due"
            ),
        ),
        *(fence(f"flows_{name}") for name in ("reconciliation", "reconciliationrow", "reconciliationrule", "seenpage")),
    ]
