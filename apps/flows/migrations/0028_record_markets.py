"""Which service line, segment and region clients and deals belong to."""

import django.db.models.deletion
import uuid_utils.compat
from django.db import migrations, models

from apps.tenants.fences import fence


def _key(to: str) -> models.ForeignKey:
    return models.ForeignKey(
        db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to=to
    )


class Migration(migrations.Migration):
    dependencies = [
        ("connectors", "0001_initial"),
        ("customers", "0005_retention"),
        ("flows", "0027_records_of_a_flow"),
    ]

    operations = [
        migrations.CreateModel(
            name="RecordMarket",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("canonical_type", models.CharField(max_length=40)),
                ("business_key", models.CharField(max_length=200)),
                ("outside_key", models.CharField(max_length=120)),
                ("name", models.CharField(blank=True, max_length=120)),
                ("project", models.CharField(blank=True, max_length=120)),
                ("service_line", models.CharField(blank=True, max_length=80)),
                ("segment", models.CharField(blank=True, max_length=80)),
                ("region", models.CharField(blank=True, max_length=80)),
                ("connection", _key("connectors.connection")),
                ("customer", _key("customers.customer")),
            ],
            options={
                "indexes": [
                    models.Index(fields=["customer", "outside_key"], name="record_market_key"),
                    models.Index(
                        condition=models.Q(("name", ""), _negated=True),
                        fields=["customer", "name"],
                        name="record_market_name",
                    ),
                    models.Index(
                        condition=models.Q(("project", ""), _negated=True),
                        fields=["customer", "project"],
                        name="record_market_project",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("customer", "business_key"), name="record_market_once")
                ],
            },
        ),
        fence("flows_recordmarket"),
    ]
