"""Keep reviews of months: their settings, packs at work, sealed copies, and what was said about them."""

import django.db.models.deletion
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models

from apps.tenants.fences import append_only, fence, staff_only


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0005_retention"),
        ("monitoring", "0021_estimates"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ReviewCopy",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("month", models.DateField()),
                ("language", models.CharField(max_length=8)),
                ("sections", models.JSONField()),
                ("taken_at", models.DateTimeField()),
                ("sent_at", models.DateTimeField()),
                ("sent_by", models.CharField(max_length=200)),
                ("digest", models.CharField(max_length=64)),
                ("seal", models.CharField(max_length=64)),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="customers.customer"
                    ),
                ),
            ],
            options={
                "ordering": ("-month",),
            },
        ),
        migrations.CreateModel(
            name="ReviewComment",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("author_name", models.CharField(max_length=200)),
                ("by_customer", models.BooleanField()),
                ("text", models.CharField(max_length=2000)),
                ("written_at", models.DateTimeField()),
                (
                    "author",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="customers.customer"
                    ),
                ),
                (
                    "copy",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="comments", to="monitoring.reviewcopy"
                    ),
                ),
            ],
            options={
                "ordering": ("written_at", "id"),
            },
        ),
        migrations.CreateModel(
            name="ReviewPack",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("month", models.DateField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("approved", "Approved"),
                            ("sent", "Sent"),
                            ("archived", "Archived"),
                        ],
                        default="draft",
                        max_length=8,
                    ),
                ),
                ("language", models.CharField(max_length=8)),
                ("sections", models.JSONField()),
                ("internal", models.JSONField(default=list)),
                ("changes", models.JSONField(default=dict)),
                ("made_at", models.DateTimeField()),
                ("taken_at", models.DateTimeField()),
                ("edited_at", models.DateTimeField(blank=True, null=True)),
                ("edited_by", models.CharField(blank=True, max_length=200)),
                ("approved_at", models.DateTimeField(blank=True, null=True)),
                ("approved_by", models.CharField(blank=True, max_length=200)),
                ("sent_at", models.DateTimeField(blank=True, null=True)),
                ("sent_by", models.CharField(blank=True, max_length=200)),
                ("receivers", models.JSONField(default=list)),
                ("archived_at", models.DateTimeField(blank=True, null=True)),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="customers.customer"
                    ),
                ),
                (
                    "editor",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "sender",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ("-month", "customer_id"),
            },
        ),
        migrations.AddField(
            model_name="reviewcopy",
            name="pack",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE, related_name="copy", to="monitoring.reviewpack"
            ),
        ),
        migrations.CreateModel(
            name="ReviewSetting",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("is_on", models.BooleanField(default=True)),
                ("working_day", models.PositiveSmallIntegerField(default=1)),
                ("needs_two", models.BooleanField(default=False)),
                ("language", models.CharField(blank=True, max_length=8)),
                ("changed_at", models.DateTimeField()),
                ("changed_by", models.CharField(max_length=200)),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="customers.customer"
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="reviewpack",
            index=models.Index(
                condition=models.Q(("state", "archived"), _negated=True), fields=["-month"], name="review_pack_at_work"
            ),
        ),
        migrations.AddConstraint(
            model_name="reviewpack",
            constraint=models.UniqueConstraint(fields=("customer", "month"), name="review_pack_once"),
        ),
        migrations.AddConstraint(
            model_name="reviewcopy",
            constraint=models.UniqueConstraint(fields=("customer", "month"), name="review_copy_once"),
        ),
        migrations.AddConstraint(
            model_name="reviewsetting",
            constraint=models.UniqueConstraint(fields=("customer",), name="review_setting_once"),
        ),
        fence("monitoring_reviewsetting"),
        fence("monitoring_reviewpack"),
        fence("monitoring_reviewcopy"),
        fence("monitoring_reviewcomment"),
        staff_only("monitoring_reviewsetting"),
        staff_only("monitoring_reviewpack"),
        append_only("monitoring_reviewcopy"),
    ]
