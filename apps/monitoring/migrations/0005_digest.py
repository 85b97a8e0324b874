"""Remember which person was told about which period, so that a digest is sent once."""

import django.db.models.deletion
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models

from apps.tenants.fences import staff_only


class Migration(migrations.Migration):
    dependencies = [("monitoring", "0004_hours"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.CreateModel(
            name="Digest",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "frequency",
                    models.CharField(choices=[("daily", "every day"), ("weekly", "every Monday")], max_length=6),
                ),
                ("due_on", models.DateField()),
                ("was_sent", models.BooleanField()),
                ("decided_at", models.DateTimeField()),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("person", "frequency", "due_on"), name="digest_once")],
            },
        ),
        staff_only("monitoring_digest"),
    ]
