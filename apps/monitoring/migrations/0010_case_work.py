"""Let cases rest, wait for somebody with the time booked, be merged, and be opened again."""

import django.db.models.deletion
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models

from apps.tenants.fences import fence


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0005_retention"),
        ("flows", "0019_what_ifs"),
        ("monitoring", "0009_case_routing"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CaseWait",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "party",
                    models.CharField(
                        choices=[
                            ("partner", "us"),
                            ("customer", "the customer"),
                            ("provider", "the system's provider"),
                        ],
                        max_length=8,
                    ),
                ),
                ("began_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("note", models.CharField(blank=True, max_length=200)),
            ],
            options={
                "ordering": ("began_at", "id"),
            },
        ),
        migrations.AddField(
            model_name="casenote",
            name="came_from",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="monitoring.exceptioncase",
            ),
        ),
        migrations.AddField(
            model_name="caseoperation",
            name="came_from",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="monitoring.exceptioncase",
            ),
        ),
        migrations.AddField(
            model_name="exceptioncase",
            name="first_opened_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="exceptioncase",
            name="merged_into",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="merged",
                to="monitoring.exceptioncase",
            ),
        ),
        migrations.AddField(
            model_name="exceptioncase",
            name="reopened",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="exceptioncase",
            name="snooze_reason",
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name="exceptioncase",
            name="snoozed_until",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name="exceptioncase",
            name="closed_how",
            field=models.CharField(
                blank=True,
                choices=[
                    ("settled", "all records were settled"),
                    ("ran_well", "a later run ended well"),
                    ("arrived", "something arrived"),
                    ("by_person", "closed by a person"),
                    ("flow_stopped", "the flow is no longer live"),
                    ("merged", "it was merged into another"),
                ],
                max_length=12,
            ),
        ),
        migrations.AddIndex(
            model_name="exceptioncase",
            index=models.Index(
                condition=models.Q(("snoozed_until__isnull", False)), fields=["snoozed_until"], name="case_snoozed"
            ),
        ),
        migrations.AddIndex(
            model_name="exceptioncase",
            index=models.Index(fields=["fingerprint", "-closed_at"], name="case_of_cause"),
        ),
        migrations.AddField(
            model_name="casewait",
            name="case",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="waits", to="monitoring.exceptioncase"
            ),
        ),
        migrations.AddField(
            model_name="casewait",
            name="customer",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="customers.customer"
            ),
        ),
        migrations.AddIndex(
            model_name="casewait",
            index=models.Index(fields=["case", "began_at"], name="case_wait"),
        ),
        migrations.AddConstraint(
            model_name="casewait",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at__isnull", True)), fields=("case",), name="case_waits_once"
            ),
        ),
        fence("monitoring_casewait"),
    ]
