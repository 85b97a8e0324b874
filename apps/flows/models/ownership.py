"""Who owns which field of a customer's records, and the changes that a person has to decide about because of it."""

from django.db import models
from django.db.models import Q

from apps.connectors.models import Connection
from apps.customers.models import CustomerOwned
from apps.flows.engine.ownership import ConflictRule
from apps.flows.models.flow import Flow


class FieldOwner(CustomerOwned):
    """One entry of a customer's owner register: the system of record of one field of one canonical type.

    `field` "" is every field of the type without an entry of its own. `connection` None leaves it to the kind of system that
    owns the field by default: each of the customer's connections of that kind. The two people are names or addresses.
    """

    canonical_type = models.CharField(max_length=40)
    field = models.CharField(max_length=60, blank=True)
    connection = models.ForeignKey(Connection, null=True, blank=True, on_delete=models.PROTECT, related_name="owns")
    conflict_rule = models.CharField(max_length=11, choices=[(rule.value, rule.value) for rule in ConflictRule])
    business_owner = models.CharField(max_length=160, blank=True)
    technical_owner = models.CharField(max_length=160, blank=True)
    note = models.CharField(max_length=300, blank=True)
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=200)

    class Meta:
        ordering = ("canonical_type", "field")
        constraints = [models.UniqueConstraint(fields=("customer", "canonical_type", "field"), name="field_owner_once")]

    def __str__(self) -> str:
        return f"{self.canonical_type}.{self.field or '*'}"


class OwnerReview(CustomerOwned):
    """A change of a field from a system that does not own it, kept out of the target until a person has decided.

    `ours` is what the flow wanted to write, `theirs` what the target held; both are empty where the customer's contents are
    not stored (`is_kept` False). `target_field` is the target's own name of the field. It closes by itself once both agree.
    """

    class State(models.TextChoices):
        OPEN = "open", "open"
        ASKED = "asked", "being written"  # a person took our value; a worker writes it
        ACCEPTED = "accepted", "taken over"
        REFUSED = "refused", "kept out"
        AGREED = "agreed", "the systems agree again"
        CLOSED = "closed", "the rule was changed"

    flow = models.ForeignKey(Flow, on_delete=models.CASCADE, related_name="owner_reviews", db_index=False)
    # No constraint in the database: the ledger is cut by time.
    operation_id = models.UUIDField()
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+", db_index=False)
    object_name = models.CharField(max_length=60)
    canonical_type = models.CharField(max_length=40)
    business_key = models.CharField(max_length=200)
    label = models.CharField(max_length=300, blank=True)
    target_key = models.CharField(max_length=120)
    field = models.CharField(max_length=60)
    target_field = models.CharField(max_length=120)
    ours = models.JSONField(null=True)
    theirs = models.JSONField(null=True)
    is_kept = models.BooleanField(default=True)
    rule = models.CharField(max_length=11, choices=[(rule.value, rule.value) for rule in ConflictRule])
    owner = models.CharField(max_length=160)
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    opened_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.CharField(max_length=200, blank=True)
    note = models.CharField(max_length=300, blank=True)
    problem = models.CharField(max_length=400, blank=True)

    class Meta:
        ordering = ("-seen_at",)
        constraints = [
            models.UniqueConstraint(
                fields=("connection", "canonical_type", "business_key", "target_field"),
                condition=Q(state__in=["open", "asked"]),
                name="owner_review_open_once",
            )
        ]
        indexes = [
            models.Index(fields=("customer", "state", "-seen_at"), name="owner_review_of_customer"),
            models.Index(
                fields=("connection", "canonical_type", "business_key"),
                condition=Q(state="refused"),
                name="owner_review_refused",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.field} of {self.business_key}"
