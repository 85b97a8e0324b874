"""Which record names which other one: what a business matter is followed by."""

from django.db import models

from apps.connectors.models import Connection
from apps.customers.models import Customer, CustomerOwned


class RecordReference(CustomerOwned):
    """One record names another, as a payment names its invoice. `connection` is the system that both were read from.

    `outside_key` is what that system calls the other record. The project of a record stands in its ledger line instead.
    """

    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    canonical_type = models.CharField(max_length=40)
    business_key = models.CharField(max_length=200)
    field = models.CharField(max_length=60)
    to_type = models.CharField(max_length=40)
    outside_key = models.CharField(max_length=120)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=("customer", "business_key", "field"), name="record_reference_once")
        ]
        indexes = [models.Index(fields=("customer", "outside_key"), name="record_reference_to")]

    def __str__(self) -> str:
        return f"{self.field} of {self.business_key} is {self.outside_key}"
