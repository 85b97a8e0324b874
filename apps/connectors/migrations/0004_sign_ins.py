"""Signing in at a system: the way there and back, and refresh tokens that one worker at a time has in hand."""

import django.db.models.deletion
import uuid_utils.compat
from django.db import migrations, models

from apps.tenants.fences import fence, staff_only


class Migration(migrations.Migration):
    dependencies = [
        ("connectors", "0003_breakers"),
    ]

    operations = [
        migrations.AddField(
            model_name="credential",
            name="generation",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="credential",
            name="borrowed_until",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.CreateModel(
            name="SignIn",
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
                        choices=[
                            ("asked", "at the system's sign-in page"),
                            ("returned", "being finished"),
                            ("done", "signed in"),
                            ("failed", "not signed in"),
                        ],
                        default="asked",
                        max_length=8,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=400)),
                ("mark_hash", models.CharField(max_length=64, unique=True)),
                ("session_hash", models.CharField(max_length=64)),
                ("person", models.CharField(blank=True, max_length=260)),
                ("callback", models.CharField(max_length=400)),
                ("sealed", models.BinaryField(default=bytes)),
                ("key_version", models.PositiveSmallIntegerField(default=1)),
                ("started_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "connection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sign_ins",
                        to="connectors.connection",
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="customers.customer"
                    ),
                ),
            ],
            options={"ordering": ("-id",)},
        ),
        fence("connectors_signin"),
        staff_only("connectors_signin"),
    ]
