"""Systems that a partner describes itself: their versions, and tries of them against live addresses."""

import django.db.models.deletion
import uuid_utils.compat
from django.db import migrations, models

from apps.tenants.fences import fence


class Migration(migrations.Migration):
    dependencies = [
        ("connectors", "0007_removal"),
        ("customers", "0005_retention"),
    ]

    operations = [
        migrations.CreateModel(
            name="PrivateSystem",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("slug", models.SlugField(max_length=40, unique=True)),
                ("name", models.CharField(max_length=80)),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "ordering": ("name", "id"),
            },
        ),
        migrations.CreateModel(
            name="PrivateVersion",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[("draft", "draft"), ("live", "live"), ("replaced", "replaced")],
                        default="draft",
                        max_length=8,
                    ),
                ),
                ("document", models.JSONField()),
                ("reading", models.JSONField(blank=True, default=dict)),
                ("revision", models.PositiveIntegerField(default=1)),
                ("author", models.CharField(max_length=200)),
                ("note", models.CharField(blank=True, max_length=300)),
                ("tried_on", models.DateField(blank=True, null=True)),
                ("created_at", models.DateTimeField()),
                ("changed_at", models.DateTimeField()),
                ("live_at", models.DateTimeField(blank=True, null=True)),
                (
                    "system",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="versions",
                        to="connectors.privatesystem",
                    ),
                ),
            ],
            options={
                "ordering": ("-number",),
            },
        ),
        migrations.CreateModel(
            name="PrivateTrial",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("revision", models.PositiveIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[("running", "running"), ("passed", "passed"), ("failed", "failed")],
                        default="running",
                        max_length=8,
                    ),
                ),
                ("steps", models.JSONField(default=list)),
                ("objects_read", models.JSONField(default=list)),
                ("started_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "connection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="connectors.connection"
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="customers.customer"
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="trials",
                        to="connectors.privateversion",
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
            },
        ),
        migrations.AddField(
            model_name="privatesystem",
            name="live",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="connectors.privateversion",
            ),
        ),
        migrations.AddConstraint(
            model_name="privateversion",
            constraint=models.UniqueConstraint(fields=("system", "number"), name="private_version_once"),
        ),
        migrations.AddConstraint(
            model_name="privateversion",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "draft")), fields=("system",), name="private_version_one_draft"
            ),
        ),
        fence("connectors_privatetrial"),
    ]
