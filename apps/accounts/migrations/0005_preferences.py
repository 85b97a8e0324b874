"""What people choose for themselves: first page, theme, and which mails they want."""

import django.db.models.deletion
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_saved_views")]

    operations = [
        migrations.CreateModel(
            name="Preference",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("start_page", models.CharField(blank=True, max_length=40)),
                (
                    "theme",
                    models.CharField(blank=True, choices=[("light", "Light"), ("dark", "Dark")], max_length=5),
                ),
                ("alerts", models.BooleanField(default=True)),
                (
                    "digest",
                    models.CharField(
                        blank=True,
                        choices=[("off", "Never"), ("daily", "Every day"), ("weekly", "Every Monday")],
                        max_length=6,
                    ),
                ),
                ("changed_at", models.DateTimeField(auto_now=True)),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="preference",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={"abstract": False},
        ),
    ]
