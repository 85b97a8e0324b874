"""Keep what is proposed for cases, its policy, its score, and the language model that may be asked."""

from decimal import Decimal

import django.contrib.postgres.fields
import django.db.models.deletion
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models

from apps.tenants.fences import fence, staff_only


class Migration(migrations.Migration):
    dependencies = [
        ("connectors", "0013_kept_secrets"),
        ("customers", "0005_retention"),
        ("flows", "0023_samples"),
        ("monitoring", "0018_monthly_digests"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="TriageCall",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("asked_at", models.DateTimeField()),
                ("milliseconds", models.PositiveIntegerField()),
                (
                    "outcome",
                    models.CharField(
                        choices=[("used", "Used"), ("nonsense", "Not usable"), ("failed", "No answer")], max_length=8
                    ),
                ),
                ("problem", models.CharField(blank=True, max_length=300)),
                ("sent", models.TextField()),
            ],
            options={
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="TriageFallback",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("error_class", models.CharField(max_length=24)),
                (
                    "source",
                    models.CharField(
                        choices=[("rules", "Rules"), ("past", "Past exceptions"), ("model", "Language model")],
                        max_length=5,
                    ),
                ),
                ("fell_at", models.DateTimeField()),
                ("share", models.PositiveSmallIntegerField()),
                ("decided", models.PositiveSmallIntegerField()),
                ("returned_at", models.DateTimeField(blank=True, null=True)),
                ("returned_by", models.CharField(blank=True, max_length=200)),
            ],
            options={
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="TriageModel",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("only_one", models.BooleanField(default=True, editable=False, unique=True)),
                ("is_on", models.BooleanField(default=False)),
                ("address", models.CharField(max_length=300)),
                ("name", models.CharField(max_length=120)),
                (
                    "key",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="connectors.keptsecret",
                    ),
                ),
                (
                    "classes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=24), blank=True, default=list, size=None
                    ),
                ),
                (
                    "masks",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=10), blank=True, default=list, size=None
                    ),
                ),
                ("seconds", models.PositiveSmallIntegerField(default=20)),
                ("most_a_day", models.PositiveIntegerField(default=200)),
                ("changed_at", models.DateTimeField()),
                ("changed_by", models.CharField(max_length=200)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="TriagePolicy",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("error_class", models.CharField(blank=True, max_length=24, unique=True)),
                (
                    "known",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (1, "Applied by itself"),
                            (2, "One click"),
                            (3, "Two people"),
                            (4, "Never: by hand only"),
                        ],
                        default=2,
                    ),
                ),
                (
                    "estimated",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (1, "Applied by itself"),
                            (2, "One click"),
                            (3, "Two people"),
                            (4, "Never: by hand only"),
                        ],
                        default=2,
                    ),
                ),
                (
                    "unknown",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (1, "Applied by itself"),
                            (2, "One click"),
                            (3, "Two people"),
                            (4, "Never: by hand only"),
                        ],
                        default=2,
                    ),
                ),
                ("limit", models.DecimalField(decimal_places=4, default=Decimal("10000"), max_digits=18)),
                ("currency", models.CharField(default="EUR", max_length=3)),
                (
                    "above",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (1, "Applied by itself"),
                            (2, "One click"),
                            (3, "Two people"),
                            (4, "Never: by hand only"),
                        ],
                        default=3,
                    ),
                ),
                (
                    "destructive",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (1, "Applied by itself"),
                            (2, "One click"),
                            (3, "Two people"),
                            (4, "Never: by hand only"),
                        ],
                        default=3,
                    ),
                ),
                ("floor", models.PositiveSmallIntegerField(default=50)),
                ("changed_at", models.DateTimeField()),
                ("changed_by", models.CharField(max_length=200)),
            ],
            options={
                "ordering": ("error_class",),
            },
        ),
        migrations.CreateModel(
            name="TriageProposal",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("opening", models.PositiveSmallIntegerField(default=0)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Waits for a decision"),
                            ("approved", "Waits for a second person"),
                            ("applied", "Applied"),
                            ("changed", "Applied with changes"),
                            ("refused", "Refused"),
                            ("stale", "Overtaken"),
                        ],
                        default="open",
                        max_length=8,
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[("rules", "Rules"), ("past", "Past exceptions"), ("model", "Language model")],
                        max_length=5,
                    ),
                ),
                ("error_class", models.CharField(max_length=24)),
                ("seems_class", models.CharField(blank=True, max_length=24)),
                ("cause", models.CharField(blank=True, max_length=600)),
                ("queue", models.CharField(blank=True, max_length=12)),
                (
                    "deed",
                    models.CharField(
                        choices=[
                            ("retry", "Retry all"),
                            ("add_value", "Add a translation"),
                            ("bring", "Bring what is missing, then retry"),
                            ("ask", "Ask the customer"),
                            ("wait", "Wait for the provider"),
                            ("plan", "Retry at a moment"),
                            ("skip", "Leave out"),
                        ],
                        max_length=9,
                    ),
                ),
                ("arguments", models.JSONField(blank=True, default=dict)),
                ("client_sentence", models.TextField(blank=True, max_length=1000)),
                ("confidence", models.PositiveSmallIntegerField()),
                ("evidence", models.JSONField(blank=True, default=list)),
                ("made_at", models.DateTimeField()),
                ("first_name", models.CharField(blank=True, max_length=200)),
                ("first_at", models.DateTimeField(blank=True, null=True)),
                ("was_changed", models.BooleanField(default=False)),
                ("decided_by_name", models.CharField(blank=True, max_length=200)),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("alone", models.BooleanField(default=False)),
                ("tried_alone_at", models.DateTimeField(blank=True, null=True)),
                (
                    "refusal",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("wrong_cause", "The cause is another"),
                            ("wrong_fix", "The cause is right, the fix is not"),
                            ("done_otherwise", "It was mended otherwise"),
                            ("too_risky", "Too risky"),
                        ],
                        max_length=14,
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
            },
        ),
        migrations.AlterField(
            model_name="bulkjob",
            name="kind",
            field=models.CharField(
                choices=[
                    ("retry", "Retry"),
                    ("skip", "Leave out"),
                    ("assign", "Assign"),
                    ("close", "Close by hand"),
                    ("value", "Add a translation"),
                    ("triage", "Apply proposals"),
                ],
                max_length=6,
            ),
        ),
        migrations.AddIndex(
            model_name="exceptioncase",
            index=models.Index(
                condition=models.Q(("state", "closed")),
                fields=["error_class", "-closed_at"],
                name="case_closed_of_class",
            ),
        ),
        migrations.AddField(
            model_name="triagecall",
            name="case",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="monitoring.exceptioncase"
            ),
        ),
        migrations.AddField(
            model_name="triagecall",
            name="customer",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="customers.customer"
            ),
        ),
        migrations.AddConstraint(
            model_name="triagefallback",
            constraint=models.UniqueConstraint(
                condition=models.Q(("returned_at__isnull", True)),
                fields=("error_class", "source"),
                name="triage_fell_back_once",
            ),
        ),
        migrations.AddField(
            model_name="triageproposal",
            name="case",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="triage_proposals",
                to="monitoring.exceptioncase",
            ),
        ),
        migrations.AddField(
            model_name="triageproposal",
            name="customer",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="customers.customer"
            ),
        ),
        migrations.AddField(
            model_name="triageproposal",
            name="first_by",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            model_name="triagecall",
            index=models.Index(fields=["-asked_at"], name="triage_call_day"),
        ),
        migrations.AddIndex(
            model_name="triageproposal",
            index=models.Index(fields=["case", "-id"], name="triage_of_case"),
        ),
        migrations.AddIndex(
            model_name="triageproposal",
            index=models.Index(fields=["error_class", "source", "-decided_at"], name="triage_decided"),
        ),
        migrations.AddConstraint(
            model_name="triageproposal",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["open", "approved"])),
                fields=("case",),
                name="triage_proposal_open_once",
            ),
        ),
        migrations.AddField(
            model_name="exceptioncase",
            name="triaged_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        fence("monitoring_triageproposal"),
        staff_only("monitoring_triageproposal"),
        fence("monitoring_triagecall"),
        staff_only("monitoring_triagecall"),
        staff_only("monitoring_triagepolicy"),
        staff_only("monitoring_triagefallback"),
        staff_only("monitoring_triagemodel"),
    ]
