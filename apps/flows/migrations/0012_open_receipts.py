"""Deliveries that a system has taken and not yet answered for."""

import django.db.models.deletion
import uuid_utils.compat
from django.db import migrations, models

from apps.tenants.fences import fence


class Migration(migrations.Migration):
    dependencies = [
        ("connectors", "0011_private_systems_are_staff_business"),
        ("customers", "0005_retention"),
        ("flows", "0011_stand_ins_are_staff_business"),
    ]

    operations = [
        migrations.CreateModel(
            name="OpenReceipt",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("step", models.CharField(max_length=40)),
                ("object_name", models.CharField(max_length=60)),
                ("place", models.CharField(max_length=500)),
                ("target_key", models.CharField(blank=True, max_length=120)),
                ("created", models.BooleanField(default=False)),
                ("canonical_type", models.CharField(blank=True, max_length=40)),
                ("fingerprint", models.CharField(blank=True, max_length=64)),
                ("asked", models.PositiveSmallIntegerField(default=0)),
                ("taken_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                (
                    "connection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="connectors.connection"
                    ),
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
                    "operation",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="receipts",
                        to="flows.operation",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("operation", "step"), name="open_receipt_once")],
            },
        ),
        fence("flows_openreceipt"),
    ]
