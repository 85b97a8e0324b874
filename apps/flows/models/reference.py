"""Which record names which other one: what a business matter is followed by."""

from django.db import models

from apps.connectors.models import Connection
from apps.customers.models import Customer, CustomerOwned
from apps.flows.models.flow import Flow


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


class EarlierRecords(CustomerOwned):
    """How far a flow's ledger lines from before references were kept have been gone through, the newest first.

    Made by the upgrade, for the flows of that day: a later flow has none. `before` is the last line looked at, None before the
    first; `lines` were looked at, and `added` is how many references and markets they still said.
    """

    flow = models.OneToOneField(Flow, on_delete=models.CASCADE, related_name="+")
    before = models.UUIDField(null=True, blank=True)
    lines = models.PositiveIntegerField(default=0)
    added = models.PositiveIntegerField(default=0)
    finished_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.lines} earlier records of {self.flow_id}"
