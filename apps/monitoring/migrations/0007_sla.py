"""Keep service levels: packages, calendars, what each customer was promised, clocks, pauses and breaches."""

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models

from apps.tenants.fences import fence, staff_only


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0005_retention"),
        ("flows", "0023_samples"),
        ("monitoring", "0006_bulk_jobs"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="BusinessCalendar",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=80, unique=True)),
                ("zone", models.CharField(max_length=64)),
                ("week", models.JSONField()),
                ("country", models.CharField(blank=True, max_length=2)),
                ("region", models.CharField(blank=True, max_length=12)),
                ("own_days", models.JSONField(blank=True, default=dict)),
                ("changed_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "ordering": ("name",),
            },
        ),
        migrations.CreateModel(
            name="SlaPolicy",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=80, unique=True)),
                ("summary", models.CharField(blank=True, max_length=200)),
                ("targets", models.JSONField()),
                (
                    "pauses",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=8), blank=True, default=list, size=None
                    ),
                ),
                ("bands", models.JSONField(blank=True, default=list)),
                ("cap_percent", models.DecimalField(decimal_places=2, default=100, max_digits=5)),
                ("changed_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "ordering": ("name",),
            },
        ),
        migrations.AddField(
            model_name="exceptioncase",
            name="acknowledged_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name="exceptioncase",
            name="due_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.CreateModel(
            name="CustomerSla",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("fee", models.DecimalField(blank=True, decimal_places=2, max_digits=12, null=True)),
                (
                    "currency",
                    models.CharField(
                        blank=True,
                        max_length=3,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[A-Z]{3}$", "Write the currency as three capital letters, for example EUR."
                            )
                        ],
                    ),
                ),
                ("terms", models.JSONField()),
                ("valid_from", models.DateTimeField()),
                ("valid_until", models.DateTimeField(blank=True, null=True)),
                ("agreed_by", models.CharField(max_length=200)),
                (
                    "calendar",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="customers",
                        to="monitoring.businesscalendar",
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="customers.customer"
                    ),
                ),
                (
                    "policy",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="customers",
                        to="monitoring.slapolicy",
                    ),
                ),
            ],
            options={
                "ordering": ("-valid_from",),
            },
        ),
        migrations.CreateModel(
            name="SlaClock",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "promise",
                    models.CharField(
                        choices=[
                            ("detect", "detect"),
                            ("acknowledge", "acknowledge"),
                            ("resolve", "resolve"),
                            ("delivery", "delivery"),
                            ("cut_off", "cut_off"),
                        ],
                        max_length=11,
                    ),
                ),
                ("cut_off_name", models.CharField(blank=True, max_length=80)),
                ("severity", models.CharField(blank=True, max_length=6)),
                ("started_at", models.DateTimeField()),
                ("target_seconds", models.PositiveIntegerField(blank=True, null=True)),
                ("due_at", models.DateTimeField(blank=True, null=True)),
                ("stopped_at", models.DateTimeField(blank=True, null=True)),
                ("breached_at", models.DateTimeField(blank=True, null=True)),
                ("elapsed_seconds", models.PositiveIntegerField(blank=True, null=True)),
                (
                    "agreement",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="clocks",
                        to="monitoring.customersla",
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="clocks",
                        to="monitoring.exceptioncase",
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="customers.customer"
                    ),
                ),
                (
                    "cut_off",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="customers.cutoff",
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
                "ordering": ("due_at", "id"),
            },
        ),
        migrations.CreateModel(
            name="SlaBreach",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("breached_at", models.DateTimeField()),
                ("late_seconds", models.PositiveIntegerField(blank=True, null=True)),
                ("credit", models.DecimalField(blank=True, decimal_places=2, max_digits=12, null=True)),
                ("currency", models.CharField(blank=True, max_length=3)),
                ("excused_at", models.DateTimeField(blank=True, null=True)),
                ("excused_by_name", models.CharField(blank=True, max_length=200)),
                ("excuse", models.CharField(blank=True, max_length=300)),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="customers.customer"
                    ),
                ),
                (
                    "excused_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "clock",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="breach", to="monitoring.slaclock"
                    ),
                ),
            ],
            options={
                "ordering": ("-breached_at", "-id"),
            },
        ),
        migrations.CreateModel(
            name="SlaPause",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "cause",
                    models.CharField(
                        choices=[("customer", "customer"), ("provider", "provider"), ("closed", "closed")], max_length=8
                    ),
                ),
                ("started_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "clock",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="pauses", to="monitoring.slaclock"
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="customers.customer"
                    ),
                ),
            ],
            options={
                "ordering": ("started_at", "id"),
            },
        ),
        migrations.AddIndex(
            model_name="slaclock",
            index=models.Index(
                condition=models.Q(("breached_at__isnull", True), ("stopped_at__isnull", True)),
                fields=["due_at"],
                name="clock_ticking",
            ),
        ),
        migrations.AddIndex(
            model_name="slaclock",
            index=models.Index(
                condition=models.Q(("stopped_at__isnull", True)), fields=["customer", "due_at"], name="clock_open"
            ),
        ),
        migrations.AddIndex(
            model_name="slaclock",
            index=models.Index(
                condition=models.Q(("stopped_at__isnull", False)), fields=["customer", "stopped_at"], name="clock_ended"
            ),
        ),
        migrations.AddConstraint(
            model_name="slaclock",
            constraint=models.UniqueConstraint(fields=("case", "promise"), name="clock_of_case_once"),
        ),
        migrations.AddConstraint(
            model_name="slaclock",
            constraint=models.UniqueConstraint(
                condition=models.Q(("flow__isnull", False), ("stopped_at__isnull", True)),
                fields=("flow",),
                name="clock_of_flow_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="slaclock",
            constraint=models.UniqueConstraint(fields=("cut_off", "due_at"), name="clock_of_cut_off_once"),
        ),
        migrations.AddIndex(
            model_name="slabreach",
            index=models.Index(fields=["customer", "-breached_at"], name="breach_of_customer"),
        ),
        migrations.AddConstraint(
            model_name="slapause",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at__isnull", True)), fields=("clock",), name="clock_paused_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="customersla",
            constraint=models.UniqueConstraint(
                condition=models.Q(("valid_until__isnull", True)), fields=("customer",), name="customer_sla_one_now"
            ),
        ),
        migrations.AddConstraint(
            model_name="customersla",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("valid_until__isnull", True), ("valid_until__gte", models.F("valid_from")), _connector="OR"
                ),
                name="customer_sla_in_order",
            ),
        ),
        staff_only("monitoring_businesscalendar"),
        staff_only("monitoring_slapolicy"),
        fence("monitoring_customersla"),
        fence("monitoring_slaclock"),
        fence("monitoring_slapause"),
        fence("monitoring_slabreach"),
    ]
