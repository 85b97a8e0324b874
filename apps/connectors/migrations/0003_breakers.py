"""The breaker of a connection: whether it is called just now, for all workers."""

import django.db.models.deletion
import uuid_utils.compat
from django.db import migrations, models

from apps.tenants.fences import fence


class Migration(migrations.Migration):
    dependencies = [
        ("connectors", "0002_fences"),
    ]

    operations = [
        migrations.CreateModel(
            name="CircuitBreaker",
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
                        choices=[("closed", "closed"), ("open", "open"), ("half_open", "half_open")],
                        default="closed",
                        max_length=10,
                    ),
                ),
                ("needs_person", models.BooleanField(default=False)),
                ("reason", models.CharField(blank=True, max_length=400)),
                ("since", models.DateTimeField(blank=True, null=True)),
                ("next_probe_at", models.DateTimeField(blank=True, null=True)),
                ("probes", models.PositiveSmallIntegerField(default=0)),
                ("window_began_at", models.DateTimeField(blank=True, null=True)),
                ("calls", models.PositiveIntegerField(default=0)),
                ("failures", models.PositiveIntegerField(default=0)),
                ("outages", models.PositiveSmallIntegerField(default=0)),
                (
                    "connection",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="breaker", to="connectors.connection"
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="customers.customer"
                    ),
                ),
            ],
        ),
        fence("connectors_circuitbreaker"),
    ]
