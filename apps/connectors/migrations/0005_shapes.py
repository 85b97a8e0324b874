"""What the records of connected systems look like, as found last and as mappings may rely on it."""

import django.db.models.deletion
import uuid_utils.compat
from django.db import migrations, models

from apps.tenants.fences import fence


def _id() -> models.UUIDField:
    return models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)


def _customer() -> models.ForeignKey:
    return models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="customers.customer")


class Migration(migrations.Migration):
    dependencies = [
        ("connectors", "0004_sign_ins"),
    ]

    operations = [
        migrations.CreateModel(
            name="Discovery",
            fields=[
                ("id", _id()),
                (
                    "state",
                    models.CharField(
                        choices=[("running", "running"), ("done", "done"), ("failed", "failed")],
                        default="running",
                        max_length=8,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=400)),
                ("asked_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "connection",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="discovery",
                        to="connectors.connection",
                    ),
                ),
                ("customer", _customer()),
            ],
        ),
        migrations.CreateModel(
            name="ObjectShape",
            fields=[
                ("id", _id()),
                ("object_name", models.CharField(max_length=80)),
                ("label", models.CharField(max_length=120)),
                ("source", models.CharField(max_length=8)),
                ("fields", models.JSONField(default=list)),
                ("fingerprint", models.CharField(max_length=32)),
                ("agreed", models.JSONField(default=list)),
                ("agreed_fingerprint", models.CharField(max_length=32)),
                ("notes", models.JSONField(default=list)),
                ("discovered_at", models.DateTimeField()),
                ("looked_at", models.DateTimeField()),
                (
                    "connection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="shapes", to="connectors.connection"
                    ),
                ),
                ("customer", _customer()),
            ],
            options={"ordering": ("id",)},
        ),
        migrations.AddConstraint(
            model_name="objectshape",
            constraint=models.UniqueConstraint(fields=("connection", "object_name"), name="object_shape_once"),
        ),
        fence("connectors_discovery"),
        fence("connectors_objectshape"),
    ]
