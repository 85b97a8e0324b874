"""What business rules over many records look at: a person's day, a project's sum, a purchase order's sum."""

import django.db.models.deletion
import uuid_utils.compat
from django.db import migrations, models

from apps.tenants.fences import fence


def _key(to: str, **more: object) -> models.ForeignKey:
    return models.ForeignKey(
        db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to=to, **more
    )


class Migration(migrations.Migration):
    dependencies = [
        ("connectors", "0001_initial"),
        ("customers", "0005_retention"),
        ("flows", "0016_flow_settings"),
    ]

    operations = [
        migrations.CreateModel(
            name="BookedRecord",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("canonical_type", models.CharField(max_length=40)),
                ("business_key", models.CharField(max_length=200)),
                ("person", models.CharField(blank=True, max_length=120)),
                ("day", models.DateField(blank=True, null=True)),
                ("hours", models.DecimalField(decimal_places=4, default=0, max_digits=9)),
                ("project", models.CharField(blank=True, max_length=120)),
                ("po_number", models.CharField(blank=True, max_length=80)),
                ("amount", models.DecimalField(decimal_places=4, default=0, max_digits=18)),
                ("currency", models.CharField(blank=True, max_length=3)),
                ("content", models.CharField(blank=True, max_length=32)),
                ("connection", _key("connectors.connection", db_index=False)),
                ("customer", _key("customers.customer", db_index=False)),
                ("flow", _key("flows.flow", db_index=False)),
                ("operation", _key("flows.operation")),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("person", ""), _negated=True),
                        fields=["connection", "person", "day"],
                        name="booked_day",
                    ),
                    models.Index(
                        condition=models.Q(("project", ""), _negated=True),
                        fields=["connection", "project"],
                        name="booked_project",
                    ),
                    models.Index(
                        condition=models.Q(("po_number", ""), _negated=True),
                        fields=["connection", "po_number"],
                        name="booked_order",
                    ),
                ],
                "constraints": [models.UniqueConstraint(fields=("flow", "business_key"), name="booked_once")],
            },
        ),
        fence("flows_bookedrecord"),
    ]
