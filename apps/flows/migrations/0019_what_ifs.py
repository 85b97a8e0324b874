"""What another version would have made of recorded records: the comparisons that people asked for."""

import django.db.models.deletion
import uuid_utils.compat
from django.db import migrations, models

from apps.tenants.fences import fence


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0005_retention"),
        ("flows", "0018_rollouts"),
    ]

    operations = [
        migrations.CreateModel(
            name="WhatIf",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("queued", "queued"), ("running", "running"), ("done", "done"), ("failed", "failed")],
                        default="queued",
                        max_length=8,
                    ),
                ),
                ("most", models.PositiveIntegerField()),
                ("read", models.PositiveIntegerField(default=0)),
                ("result", models.JSONField(default=dict)),
                ("rows", models.BinaryField(blank=True, null=True)),
                ("contents_from", models.DateTimeField(blank=True, null=True)),
                ("error_message", models.CharField(blank=True, max_length=600)),
                ("asked_by", models.CharField(max_length=200)),
                ("reason", models.CharField(blank=True, max_length=300)),
                ("created_at", models.DateTimeField()),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
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
                        related_name="what_ifs",
                        to="flows.flow",
                    ),
                ),
                (
                    "version_after",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="what_ifs", to="flows.flowversion"
                    ),
                ),
                (
                    "version_before",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="flows.flowversion",
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
                "indexes": [models.Index(fields=["flow", "-id"], name="what_if_of_flow")],
            },
        ),
        fence("flows_whatif"),
    ]
