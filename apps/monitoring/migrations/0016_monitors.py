"""Keep how monitors of flows differ from the defaults, what is usual, and what was found."""

import django.db.models.deletion
import uuid_utils.compat
from django.db import migrations, models

from apps.tenants.fences import fence


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0005_retention"),
        ("flows", "0023_samples"),
        ("monitoring", "0015_root_records"),
    ]

    operations = [
        migrations.CreateModel(
            name="Monitor",
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
                        choices=[
                            ("failed", "Failed runs"),
                            ("partial", "Refused records"),
                            ("slow", "Slow runs"),
                            ("overdue", "Silence"),
                            ("empty", "Empty runs"),
                            ("backlog", "Backlog"),
                            ("connection", "Connections"),
                            ("drift", "Changed fields"),
                            ("unexplained", "Both sides"),
                            ("cut-off", "Cut-offs"),
                        ],
                        max_length=12,
                    ),
                ),
                ("is_on", models.BooleanField(default=True)),
                ("paused_until", models.DateTimeField(blank=True, null=True)),
                ("own_limit", models.FloatField(blank=True, null=True)),
                (
                    "severity",
                    models.CharField(
                        blank=True, choices=[("low", "low"), ("normal", "normal"), ("high", "high")], max_length=6
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("changed_at", models.DateTimeField()),
                ("changed_by", models.CharField(max_length=200)),
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
                        related_name="monitors",
                        to="flows.flow",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("flow", "kind"), name="monitor_once")],
            },
        ),
        migrations.CreateModel(
            name="MonitorFigures",
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
                        choices=[
                            ("failed", "Failed runs"),
                            ("partial", "Refused records"),
                            ("slow", "Slow runs"),
                            ("overdue", "Silence"),
                            ("empty", "Empty runs"),
                            ("backlog", "Backlog"),
                            ("connection", "Connections"),
                            ("drift", "Changed fields"),
                            ("unexplained", "Both sides"),
                            ("cut-off", "Cut-offs"),
                        ],
                        max_length=12,
                    ),
                ),
                ("samples", models.JSONField(default=list)),
                ("learned", models.JSONField(default=dict)),
                ("seen_until", models.DateTimeField()),
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
                        related_name="monitor_figures",
                        to="flows.flow",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("flow", "kind"), name="monitor_figures_once")],
            },
        ),
        migrations.CreateModel(
            name="MonitorFinding",
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
                        choices=[
                            ("failed", "Failed runs"),
                            ("partial", "Refused records"),
                            ("slow", "Slow runs"),
                            ("overdue", "Silence"),
                            ("empty", "Empty runs"),
                            ("backlog", "Backlog"),
                            ("connection", "Connections"),
                            ("drift", "Changed fields"),
                            ("unexplained", "Both sides"),
                            ("cut-off", "Cut-offs"),
                        ],
                        max_length=12,
                    ),
                ),
                ("mark", models.CharField(blank=True, max_length=80)),
                ("sentence", models.CharField(max_length=600)),
                ("value", models.FloatField(blank=True, null=True)),
                ("limit", models.FloatField(blank=True, null=True)),
                ("since", models.DateTimeField()),
                ("found_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "case",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="findings",
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
                    "flow",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="monitor_findings",
                        to="flows.flow",
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
                "indexes": [models.Index(fields=["flow", "-id"], name="finding_of_flow")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at__isnull", True)),
                        fields=("flow", "kind", "mark"),
                        name="finding_open_once",
                    )
                ],
            },
        ),
        fence("monitoring_monitor"),
        fence("monitoring_monitorfigures"),
        fence("monitoring_monitorfinding"),
    ]
