"""Who owns which field of a customer's records, and the changes that wait for a decision because of it."""

import django.db.models.deletion
import uuid_utils.compat
from django.db import migrations, models

from apps.tenants.fences import fence


class Migration(migrations.Migration):
    dependencies = [
        ("connectors", "0011_private_systems_are_staff_business"),
        ("customers", "0005_retention"),
        ("flows", "0014_versions_by_place"),
    ]

    operations = [
        migrations.CreateModel(
            name="FieldOwner",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("canonical_type", models.CharField(max_length=40)),
                ("field", models.CharField(blank=True, max_length=60)),
                (
                    "conflict_rule",
                    models.CharField(
                        choices=[
                            ("review", "review"),
                            ("owner_wins", "owner_wins"),
                            ("latest_wins", "latest_wins"),
                            ("first_wins", "first_wins"),
                        ],
                        max_length=11,
                    ),
                ),
                ("business_owner", models.CharField(blank=True, max_length=160)),
                ("technical_owner", models.CharField(blank=True, max_length=160)),
                ("note", models.CharField(blank=True, max_length=300)),
                ("changed_at", models.DateTimeField()),
                ("changed_by", models.CharField(max_length=200)),
                (
                    "connection",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="owns",
                        to="connectors.connection",
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="customers.customer"
                    ),
                ),
            ],
            options={
                "ordering": ("canonical_type", "field"),
                "constraints": [
                    models.UniqueConstraint(fields=("customer", "canonical_type", "field"), name="field_owner_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="OwnerReview",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("operation_id", models.UUIDField()),
                ("object_name", models.CharField(max_length=60)),
                ("canonical_type", models.CharField(max_length=40)),
                ("business_key", models.CharField(max_length=200)),
                ("label", models.CharField(blank=True, max_length=300)),
                ("target_key", models.CharField(max_length=120)),
                ("field", models.CharField(max_length=60)),
                ("target_field", models.CharField(max_length=120)),
                ("ours", models.JSONField(null=True)),
                ("theirs", models.JSONField(null=True)),
                ("is_kept", models.BooleanField(default=True)),
                (
                    "rule",
                    models.CharField(
                        choices=[
                            ("review", "review"),
                            ("owner_wins", "owner_wins"),
                            ("latest_wins", "latest_wins"),
                            ("first_wins", "first_wins"),
                        ],
                        max_length=11,
                    ),
                ),
                ("owner", models.CharField(max_length=160)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "open"),
                            ("asked", "being written"),
                            ("accepted", "taken over"),
                            ("refused", "kept out"),
                            ("agreed", "the systems agree again"),
                            ("closed", "the rule was changed"),
                        ],
                        default="open",
                        max_length=8,
                    ),
                ),
                ("opened_at", models.DateTimeField()),
                ("seen_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("decided_by", models.CharField(blank=True, max_length=200)),
                ("note", models.CharField(blank=True, max_length=300)),
                ("problem", models.CharField(blank=True, max_length=400)),
                (
                    "connection",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="connectors.connection",
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="customers.customer"
                    ),
                ),
                (
                    "flow",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="owner_reviews",
                        to="flows.flow",
                    ),
                ),
            ],
            options={
                "ordering": ("-seen_at",),
                "indexes": [
                    models.Index(fields=["customer", "state", "-seen_at"], name="owner_review_of_customer"),
                    models.Index(
                        condition=models.Q(("state", "refused")),
                        fields=["connection", "canonical_type", "business_key"],
                        name="owner_review_refused",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["open", "asked"])),
                        fields=("connection", "canonical_type", "business_key", "target_field"),
                        name="owner_review_open_once",
                    )
                ],
            },
        ),
        *(fence(f"flows_{name}") for name in ("fieldowner", "ownerreview")),
    ]
