"""Cases with their operations, money, notes, history and alerts."""

import django.contrib.postgres.fields
import django.db.models.deletion
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("customers", "0002_fences"),
        ("flows", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ExceptionCase",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("fingerprint", models.CharField(max_length=32)),
                ("title", models.CharField(max_length=160)),
                ("explanation", models.CharField(max_length=600)),
                (
                    "queue",
                    models.CharField(
                        choices=[
                            ("finance", "Finance"),
                            ("delivery", "Delivery"),
                            ("master_data", "Master data"),
                            ("access", "Access"),
                            ("integration", "Integration"),
                            ("provider", "Provider"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "waiting_on",
                    models.CharField(
                        choices=[
                            ("partner", "us"),
                            ("customer", "the customer"),
                            ("provider", "the system's provider"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "open"), ("resolving", "being resolved"), ("closed", "closed")],
                        default="open",
                        max_length=9,
                    ),
                ),
                (
                    "severity",
                    models.CharField(choices=[("low", "low"), ("normal", "normal"), ("high", "high")], max_length=6),
                ),
                ("error_class", models.CharField(max_length=24)),
                ("error_field", models.CharField(blank=True, max_length=60)),
                ("opened_at", models.DateTimeField()),
                ("changed_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "closed_how",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("settled", "all records were settled"),
                            ("ran_well", "a later run ended well"),
                            ("arrived", "something arrived"),
                            ("by_person", "closed by a person"),
                            ("flow_stopped", "the flow is no longer live"),
                        ],
                        max_length=12,
                    ),
                ),
                ("closed_reason", models.CharField(blank=True, max_length=300)),
                ("operation_count", models.PositiveIntegerField(default=0)),
                ("amount", models.DecimalField(blank=True, decimal_places=4, max_digits=18, null=True)),
                ("currency", models.CharField(blank=True, max_length=3)),
                (
                    "amount_quality",
                    models.CharField(
                        choices=[("known", "known"), ("estimated", "estimated"), ("unknown", "unknown")],
                        default="unknown",
                        max_length=9,
                    ),
                ),
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
                        related_name="cases",
                        to="flows.flow",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "retry_run",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="flows.run",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="flows.run",
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="CaseStep",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("sentence", models.CharField(max_length=300)),
                ("done_by", models.CharField(blank=True, max_length=200)),
                ("done_at", models.DateTimeField()),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="customers.customer"
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="steps", to="monitoring.exceptioncase"
                    ),
                ),
            ],
            options={
                "ordering": ("id",),
            },
        ),
        migrations.CreateModel(
            name="CaseOperation",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("failed_at", models.DateTimeField()),
                ("open", models.BooleanField(default=True)),
                ("added_at", models.DateTimeField()),
                ("settled_at", models.DateTimeField(blank=True, null=True)),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="customers.customer"
                    ),
                ),
                (
                    "operation",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="case_operations",
                        to="flows.operation",
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="case_operations",
                        to="monitoring.exceptioncase",
                    ),
                ),
            ],
            options={
                "ordering": ("id",),
            },
        ),
        migrations.CreateModel(
            name="CaseNote",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("author_name", models.CharField(max_length=200)),
                ("text", models.TextField(max_length=4000)),
                ("shared", models.BooleanField(default=False)),
                ("written_at", models.DateTimeField()),
                (
                    "author",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="customers.customer"
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="notes", to="monitoring.exceptioncase"
                    ),
                ),
            ],
            options={
                "ordering": ("id",),
            },
        ),
        migrations.CreateModel(
            name="CaseAmount",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("currency", models.CharField(max_length=3)),
                ("amount", models.DecimalField(decimal_places=4, max_digits=18)),
                ("quality", models.CharField(max_length=9)),
                ("records", models.PositiveIntegerField()),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="customers.customer"
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="amounts",
                        to="monitoring.exceptioncase",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Alert",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("opened", "a case was opened"), ("needs_you", "a case waits for the customer")],
                        max_length=10,
                    ),
                ),
                (
                    "to",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.EmailField(max_length=254), default=list, size=None
                    ),
                ),
                ("sent_at", models.DateTimeField()),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="customers.customer"
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="alerts",
                        to="monitoring.exceptioncase",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="exceptioncase",
            index=models.Index(
                condition=models.Q(("state", "closed"), _negated=True), fields=["customer", "queue"], name="case_open"
            ),
        ),
        migrations.AddIndex(
            model_name="exceptioncase",
            index=models.Index(fields=["customer", "-id"], name="case_of_customer"),
        ),
        migrations.AddIndex(
            model_name="exceptioncase",
            index=models.Index(condition=models.Q(("run__isnull", False)), fields=["run"], name="case_of_run"),
        ),
        migrations.AddConstraint(
            model_name="exceptioncase",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "closed"), _negated=True),
                fields=("customer", "flow", "fingerprint"),
                name="case_open_once",
                nulls_distinct=False,
            ),
        ),
        migrations.AddIndex(
            model_name="caseoperation",
            index=models.Index(condition=models.Q(("open", True)), fields=["case", "id"], name="case_operation_open"),
        ),
        migrations.AddConstraint(
            model_name="caseoperation",
            constraint=models.UniqueConstraint(fields=("operation", "failed_at"), name="case_operation_judged_once"),
        ),
        migrations.AddConstraint(
            model_name="caseoperation",
            constraint=models.UniqueConstraint(
                condition=models.Q(("open", True)), fields=("operation",), name="case_operation_open_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="caseamount",
            constraint=models.UniqueConstraint(fields=("case", "currency"), name="case_amount_once"),
        ),
        migrations.AddConstraint(
            model_name="alert",
            constraint=models.UniqueConstraint(fields=("case", "kind"), name="alert_once"),
        ),
    ]
