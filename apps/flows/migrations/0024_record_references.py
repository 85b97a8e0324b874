"""Which record names which other one, and the records of a project found without reading the ledger."""

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
        ("flows", "0023_samples"),
    ]

    operations = [
        migrations.CreateModel(
            name="RecordReference",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("canonical_type", models.CharField(max_length=40)),
                ("business_key", models.CharField(max_length=200)),
                ("field", models.CharField(max_length=60)),
                ("to_type", models.CharField(max_length=40)),
                ("outside_key", models.CharField(max_length=120)),
                ("connection", _key("connectors.connection")),
                ("customer", _key("customers.customer")),
            ],
            options={
                "indexes": [models.Index(fields=["customer", "outside_key"], name="record_reference_to")],
                "constraints": [
                    models.UniqueConstraint(fields=("customer", "business_key", "field"), name="record_reference_once")
                ],
            },
        ),
        fence("flows_recordreference"),
        migrations.AddIndex(
            model_name="operation",
            index=models.Index(
                condition=models.Q(("project_ref", ""), _negated=True),
                fields=["customer", "project_ref", "canonical_type", "-id"],
                name="operation_of_project",
            ),
        ),
    ]
