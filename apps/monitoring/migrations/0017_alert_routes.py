"""Say who is told of exceptions: channels, duties, routes, what customers ask for, and the messages sent."""

import datetime

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
        ("monitoring", "0016_monitors"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="alert",
            name="kind",
            field=models.CharField(
                choices=[
                    ("opened", "a case was opened"),
                    ("needs_you", "a case waits for the customer"),
                    ("told_them", "a case of the customer is open"),
                ],
                max_length=10,
            ),
        ),
        migrations.CreateModel(
            name="AlertChannel",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=80, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("slack", "Slack"),
                            ("teams", "Microsoft Teams"),
                            ("webhook", "Webhook"),
                            ("ticket", "Tickets"),
                        ],
                        max_length=8,
                    ),
                ),
                ("host", models.CharField(max_length=255)),
                ("ticket_template", models.TextField(blank=True, max_length=4000)),
                ("language", models.CharField(blank=True, max_length=8)),
                ("failing_since", models.DateTimeField(blank=True, null=True)),
                ("problem", models.CharField(blank=True, max_length=300)),
                ("changed_at", models.DateTimeField()),
                ("changed_by", models.CharField(max_length=200)),
                (
                    "secret",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="connectors.keptsecret"
                    ),
                ),
            ],
            options={
                "ordering": ("name",),
            },
        ),
        migrations.CreateModel(
            name="AlertRoute",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=80, unique=True)),
                ("position", models.PositiveIntegerField()),
                ("is_on", models.BooleanField(default=True)),
                ("goes_on", models.BooleanField(default=False)),
                (
                    "nature",
                    models.CharField(
                        blank=True, choices=[("technical", "Technical"), ("business", "Business")], max_length=9
                    ),
                ),
                (
                    "severity_from",
                    models.CharField(
                        blank=True, choices=[("low", "Low"), ("normal", "Normal"), ("high", "High")], max_length=6
                    ),
                ),
                (
                    "queue",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("finance", "Finance"),
                            ("delivery", "Delivery"),
                            ("master_data", "Master data"),
                            ("access", "Access"),
                            ("integration", "Integration"),
                            ("provider", "Provider"),
                        ],
                        max_length=12,
                    ),
                ),
                ("error_class", models.CharField(blank=True, max_length=24)),
                ("amount_from", models.DecimalField(blank=True, decimal_places=4, max_digits=18, null=True)),
                ("currency", models.CharField(blank=True, max_length=3)),
                ("steps", models.JSONField(blank=True, default=list)),
                ("most_an_hour", models.PositiveSmallIntegerField(default=0)),
                ("quiet_from", models.TimeField(blank=True, null=True)),
                ("quiet_until", models.TimeField(blank=True, null=True)),
                ("quiet_zone", models.CharField(blank=True, max_length=64)),
                ("quiet_lets_severe", models.BooleanField(default=True)),
                ("tells_recovery", models.BooleanField(default=True)),
                ("remind_hours", models.PositiveSmallIntegerField(default=0)),
                ("changed_at", models.DateTimeField()),
                ("changed_by", models.CharField(max_length=200)),
                (
                    "customer",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="customers.customer",
                    ),
                ),
                (
                    "flow",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="flows.flow",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="monitoring.team",
                    ),
                ),
            ],
            options={
                "ordering": ("position", "id"),
            },
        ),
        migrations.CreateModel(
            name="AlertSubscription",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "matters",
                    models.CharField(
                        choices=[
                            ("needs_us", "Only what needs us"),
                            ("all", "Everything that holds up our records"),
                            ("nothing", "Nothing"),
                        ],
                        default="needs_us",
                        max_length=8,
                    ),
                ),
                ("only_severe", models.BooleanField(default=False)),
                ("host", models.CharField(blank=True, max_length=255)),
                ("failing_since", models.DateTimeField(blank=True, null=True)),
                ("problem", models.CharField(blank=True, max_length=300)),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="customers.customer"
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "secret",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="connectors.keptsecret",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="AlertMessage",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "occasion",
                    models.CharField(
                        choices=[
                            ("opened", "Opened"),
                            ("escalated", "Not taken up"),
                            ("reminded", "Still open"),
                            ("recovered", "Recovered"),
                            ("needs_you", "Needs the customer"),
                            ("fallback", "Channel failed"),
                            ("test", "Test"),
                        ],
                        max_length=9,
                    ),
                ),
                ("by", models.CharField(default="mail", max_length=8)),
                ("receiver", models.CharField(max_length=254)),
                ("step", models.PositiveSmallIntegerField(default=0)),
                (
                    "cases",
                    django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), default=list, size=None),
                ),
                ("held_back", models.PositiveIntegerField(default=0)),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "Waiting"), ("sent", "Sent"), ("failed", "Failed")],
                        default="waiting",
                        max_length=7,
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("answer", models.CharField(blank=True, max_length=300)),
                ("created_at", models.DateTimeField()),
                ("settled_at", models.DateTimeField(blank=True, null=True)),
                (
                    "channel",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="messages",
                        to="monitoring.alertchannel",
                    ),
                ),
                (
                    "route",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="messages",
                        to="monitoring.alertroute",
                    ),
                ),
                (
                    "subscription",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="monitoring.alertsubscription",
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="AlertTelling",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("step", models.PositiveSmallIntegerField(default=0)),
                (
                    "occasion",
                    models.CharField(
                        choices=[
                            ("opened", "Opened"),
                            ("escalated", "Not taken up"),
                            ("reminded", "Still open"),
                            ("recovered", "Recovered"),
                            ("needs_you", "Needs the customer"),
                            ("fallback", "Channel failed"),
                            ("test", "Test"),
                        ],
                        max_length=9,
                    ),
                ),
                ("turn", models.PositiveSmallIntegerField(default=0)),
                ("opened_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "Waiting"), ("told", "Told"), ("dropped", "Over before it was told")],
                        default="waiting",
                        max_length=7,
                    ),
                ),
                ("was_held", models.BooleanField(default=False)),
                ("decided_at", models.DateTimeField()),
                ("settled_at", models.DateTimeField(blank=True, null=True)),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tellings",
                        to="monitoring.exceptioncase",
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="customers.customer"
                    ),
                ),
                (
                    "route",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="monitoring.alertroute",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="OnCallSchedule",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=80, unique=True)),
                ("zone", models.CharField(max_length=64)),
                ("hand_over", models.TimeField(default=datetime.time(9, 0))),
                (
                    "people",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(), blank=True, default=list, size=None
                    ),
                ),
                ("first_day", models.DateField()),
                ("turn_days", models.PositiveSmallIntegerField(default=7)),
                (
                    "weekdays",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(blank=True, max_length=36), blank=True, default=list, size=None
                    ),
                ),
                ("changed_at", models.DateTimeField()),
                ("changed_by", models.CharField(max_length=200)),
                (
                    "calendar",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="monitoring.businesscalendar",
                    ),
                ),
            ],
            options={
                "ordering": ("name",),
            },
        ),
        migrations.CreateModel(
            name="OnCallStandIn",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("begins_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("written_by", models.CharField(max_length=200)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "schedule",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="stand_ins",
                        to="monitoring.oncallschedule",
                    ),
                ),
            ],
            options={
                "ordering": ("id",),
            },
        ),
        migrations.AddConstraint(
            model_name="alertsubscription",
            constraint=models.UniqueConstraint(fields=("person", "customer"), name="alert_subscription_once"),
        ),
        migrations.AddIndex(
            model_name="alertmessage",
            index=models.Index(fields=["route", "created_at"], name="alert_message_of_route"),
        ),
        migrations.AddIndex(
            model_name="alertmessage",
            index=models.Index(fields=["created_at"], name="alert_message_by_time"),
        ),
        migrations.AddIndex(
            model_name="alerttelling",
            index=models.Index(condition=models.Q(("state", "waiting")), fields=["id"], name="alert_telling_waiting"),
        ),
        migrations.AddConstraint(
            model_name="alerttelling",
            constraint=models.UniqueConstraint(
                fields=("case", "opened_at", "route", "step", "occasion", "turn"),
                name="alert_telling_once",
                nulls_distinct=False,
            ),
        ),
        fence("monitoring_alertsubscription"),
        fence("monitoring_alerttelling"),
        staff_only("monitoring_alerttelling"),
        staff_only("monitoring_alertchannel"),
        staff_only("monitoring_alertmessage"),
        staff_only("monitoring_alertroute"),
        staff_only("monitoring_oncallschedule"),
        staff_only("monitoring_oncallstandin"),
    ]
