"""Due work, turns, heartbeats and ticks: small, hot tables, vacuumed early so that they stay small."""

import uuid

import django.db.models.deletion
import django.db.models.functions.comparison
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("tenants", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="PeriodicTick",
            fields=[
                ("kind", models.CharField(max_length=60, primary_key=True, serialize=False)),
                ("tick_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="WorkerHeartbeat",
            fields=[
                ("name", models.CharField(max_length=120, primary_key=True, serialize=False)),
                ("role", models.CharField(max_length=20)),
                ("started_at", models.DateTimeField()),
                ("heartbeat_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="DueWork",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("customer_id", models.UUIDField(null=True)),
                ("kind", models.CharField(max_length=60)),
                ("reference", models.TextField(default="")),
                ("lane", models.CharField(default="", max_length=200)),
                (
                    "queue",
                    models.CharField(
                        choices=[
                            ("run", "run"),
                            ("deliver", "deliver"),
                            ("poll", "poll"),
                            ("notify", "notify"),
                            ("maint", "maint"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("ready", "ready"),
                            ("leased", "leased"),
                            ("failed", "failed"),
                            ("quarantined", "quarantined"),
                        ],
                        default="ready",
                        max_length=12,
                    ),
                ),
                ("priority", models.PositiveSmallIntegerField(default=20)),
                ("due_at", models.DateTimeField()),
                ("lease_owner", models.CharField(default="", max_length=120)),
                ("lease_until", models.DateTimeField(null=True)),
                ("fence", models.IntegerField(default=0)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("lost_leases", models.PositiveSmallIntegerField(default=0)),
                ("unique_key", models.CharField(max_length=200, null=True)),
                ("again_at", models.DateTimeField(null=True)),
                ("last_error", models.TextField(default="")),
                ("created_at", models.DateTimeField()),
                (
                    "partner",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tenants.partner",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "ready")),
                        fields=["queue", "due_at", "partner"],
                        name="due_by_time",
                    ),
                    models.Index(
                        models.F("queue"),
                        models.F("partner"),
                        models.F("priority"),
                        django.db.models.functions.comparison.Coalesce(
                            "customer_id", models.Value(uuid.UUID("00000000-0000-0000-0000-000000000000"))
                        ),
                        models.F("due_at"),
                        condition=models.Q(("state", "ready")),
                        name="due_by_turn",
                    ),
                    models.Index(
                        condition=models.Q(("state", "ready"), models.Q(("lane", ""), _negated=True)),
                        fields=["partner", "lane", "id"],
                        name="due_by_lane",
                    ),
                    models.Index(condition=models.Q(("state", "leased")), fields=["lease_until"], name="due_leased"),
                    models.Index(
                        condition=models.Q(("state__in", ("failed", "quarantined"))),
                        fields=["partner", "state"],
                        name="due_given_up",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "leased"), models.Q(("lane", ""), _negated=True)),
                        fields=("partner", "lane"),
                        name="one_lease_per_lane",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ("ready", "leased")), ("unique_key__isnull", False)),
                        fields=("partner", "unique_key"),
                        name="one_open_row_per_key",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PartnerTurn",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "queue",
                    models.CharField(
                        choices=[
                            ("run", "run"),
                            ("deliver", "deliver"),
                            ("poll", "poll"),
                            ("notify", "notify"),
                            ("maint", "maint"),
                        ],
                        max_length=10,
                    ),
                ),
                ("weight", models.PositiveSmallIntegerField(default=1)),
                (
                    "cap",
                    models.PositiveSmallIntegerField(
                        default=32, help_text="Most rows of this queue leased at the same time."
                    ),
                ),
                ("virtual_start", models.FloatField(default=0)),
                ("virtual_time", models.FloatField(default=0)),
                ("served", models.BigIntegerField(default=0)),
                ("last_customer", models.UUIDField(default=uuid.UUID("00000000-0000-0000-0000-000000000000"))),
                ("last_served_at", models.DateTimeField(null=True)),
                (
                    "partner",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tenants.partner",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("partner", "queue"), name="one_turn_per_partner_and_queue")
                ],
            },
        ),
        migrations.RunSQL(
            "ALTER TABLE dispatch_duework SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, "
            "autovacuum_vacuum_threshold = 1000, autovacuum_analyze_scale_factor = 0.05);"
            "ALTER TABLE dispatch_partnerturn SET (fillfactor = 50);",
            migrations.RunSQL.noop,
        ),
    ]
