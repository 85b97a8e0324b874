"""How long a customer's contents and a partner's ledger lines are kept."""

import django.db.models.deletion
import uuid_utils.compat
from django.db import migrations, models

from apps.tenants.fences import fence, staff_only


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0004_onboarding"),
    ]

    operations = [
        migrations.CreateModel(
            name="LedgerPolicy",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("only", models.BooleanField(default=True, editable=False, unique=True)),
                ("keep_months", models.PositiveSmallIntegerField()),
                ("changed_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("only", True)), name="ledger_policy_only_one")
                ],
            },
        ),
        migrations.CreateModel(
            name="PayloadPolicy",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("stored", models.BooleanField(default=True)),
                ("keep_days", models.PositiveSmallIntegerField()),
                ("changed_at", models.DateTimeField(auto_now=True)),
                (
                    "customer",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="payload_policy",
                        to="customers.customer",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        fence("customers_payloadpolicy"),
        staff_only("customers_ledgerpolicy"),
    ]
