"""Deliveries that a system has taken and not yet answered for: one row each, gone with the answer."""

from django.db import models

from apps.connectors.contract import LONGEST_PLACE
from apps.connectors.models import Connection
from apps.customers.models import Customer, CustomerOwned
from apps.flows.models.ledger import Operation


class OpenReceipt(CustomerOwned):
    """What a system handed out for a delivery, and when it is asked about it next.

    `step` is the walking step, or "deliver" where the record went with its batch. `place` is where to ask, as the contract's
    Receipt has it. `canonical_type` and `fingerprint` say of what content the link will be, "" where none is written.
    `asked` counts the questions.
    """

    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="receipts", db_constraint=False)
    step = models.CharField(max_length=40)
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    object_name = models.CharField(max_length=60)
    place = models.CharField(max_length=LONGEST_PLACE)
    target_key = models.CharField(max_length=120, blank=True)
    created = models.BooleanField(default=False)
    canonical_type = models.CharField(max_length=40, blank=True)
    fingerprint = models.CharField(max_length=64, blank=True)
    asked = models.PositiveSmallIntegerField(default=0)
    taken_at = models.DateTimeField()
    due_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=("operation", "step"), name="open_receipt_once")]

    def __str__(self) -> str:
        return f"receipt for {self.step} of {self.operation_id}"
