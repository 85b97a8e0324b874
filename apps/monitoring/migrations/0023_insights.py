"""Keep what was found unusual, missing or at risk, and the team that a proposal names."""

import django.db.models.deletion
import uuid_utils.compat
from django.db import migrations, models

from apps.tenants.fences import fence, read_by_customers


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0005_retention"),
        ("flows", "0026_failures_by_cause"),
        ("monitoring", "0022_reviews"),
    ]

    operations = [
        migrations.AddField(
            model_name="triageproposal",
            name="team",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="monitoring.team",
            ),
        ),
        migrations.CreateModel(
            name="Insight",
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
                            ("anomaly", "Unusual"),
                            ("missing", "Missing data"),
                            ("risk", "Project at risk"),
                            ("staffing", "Staffing"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "cause",
                    models.CharField(
                        choices=[
                            ("long_day", "Long day"),
                            ("odd_day", "Unusual weekday"),
                            ("rate", "Unusual rate"),
                            ("amount", "Unusual amount"),
                            ("volume", "Unusual volume"),
                            ("incomplete", "Data missing"),
                            ("budget_hours", "Budget in hours"),
                            ("budget_money", "Budget in money"),
                            ("end_passed", "Work after the end"),
                            ("behind", "Behind its plan"),
                            ("milestone_late", "Milestone late"),
                            ("open_request", "Somebody is looked for"),
                            ("overbooked", "Planned for too much"),
                        ],
                        max_length=16,
                    ),
                ),
                ("record_key", models.CharField(max_length=300)),
                ("canonical_type", models.CharField(blank=True, max_length=40)),
                ("label", models.CharField(max_length=300)),
                ("project_ref", models.CharField(blank=True, max_length=120)),
                ("client_ref", models.CharField(blank=True, max_length=120)),
                ("happened_on", models.DateField(blank=True, null=True)),
                ("facts", models.JSONField(blank=True, default=dict)),
                (
                    "urgency",
                    models.PositiveSmallIntegerField(choices=[(1, "When there is time"), (2, "Soon"), (3, "Now")]),
                ),
                ("amount", models.DecimalField(blank=True, decimal_places=4, max_digits=18, null=True)),
                ("currency", models.CharField(blank=True, max_length=3)),
                ("amount_quality", models.CharField(blank=True, max_length=9)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "To look at"),
                            ("accepted", "Accepted"),
                            ("dismissed", "Dismissed"),
                            ("gone", "Over"),
                        ],
                        default="open",
                        max_length=9,
                    ),
                ),
                ("found_at", models.DateTimeField()),
                ("seen_at", models.DateTimeField()),
                ("gone_at", models.DateTimeField(blank=True, null=True)),
                (
                    "ended",
                    models.CharField(
                        blank=True,
                        choices=[("settled", "It is no longer so"), ("old", "It was not seen any more")],
                        max_length=7,
                    ),
                ),
                ("returned", models.PositiveSmallIntegerField(default=0)),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("decided_by_name", models.CharField(blank=True, max_length=200)),
                ("reason", models.CharField(blank=True, max_length=300)),
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
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="flows.flow",
                    ),
                ),
                (
                    "operation",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="flows.operation",
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
                "indexes": [
                    models.Index(fields=["customer", "state", "-found_at"], name="insight_of_customer"),
                    models.Index(fields=["state", "-found_at"], name="insight_by_state"),
                    models.Index(
                        condition=models.Q(("operation__isnull", False)),
                        fields=["operation"],
                        name="insight_of_operation",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("customer", "cause", "record_key"), name="insight_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="InsightLook",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("looked_at", models.DateTimeField()),
                ("parts", models.JSONField(blank=True, default=list)),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="customers.customer"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("customer",), name="insight_look_once")],
            },
        ),
        fence("monitoring_insight"),
        read_by_customers("monitoring_insight"),
        fence("monitoring_insightlook"),
        read_by_customers("monitoring_insightlook"),
    ]
