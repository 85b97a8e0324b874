"""What the ledger knows of a person's day, a project and a purchase order: one row for each record that business rules count."""

from django.db import models
from django.db.models import Q

from apps.connectors.models import Connection
from apps.customers.models import Customer, CustomerOwned
from apps.flows.models.flow import Flow
from apps.flows.models.ledger import Operation


class BookedRecord(CustomerOwned):
    """A record that was delivered or is on its way, as rules over many records look at it.

    There is one row for a record of a flow: that of its newest version that got through the checks. Whether it stands is
    for its operation's state to say. `content` is equal for records that say the same (business_rules/people.py).
    """

    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    flow = models.ForeignKey(Flow, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    canonical_type = models.CharField(max_length=40)
    business_key = models.CharField(max_length=200)
    person = models.CharField(max_length=120, blank=True)
    day = models.DateField(null=True, blank=True)
    hours = models.DecimalField(max_digits=9, decimal_places=4, default=0)
    project = models.CharField(max_length=120, blank=True)
    po_number = models.CharField(max_length=80, blank=True)
    amount = models.DecimalField(max_digits=18, decimal_places=4, default=0)
    currency = models.CharField(max_length=3, blank=True)
    content = models.CharField(max_length=32, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("flow", "business_key"), name="booked_once")]
        indexes = [
            models.Index(fields=("connection", "person", "day"), condition=~Q(person=""), name="booked_day"),
            models.Index(fields=("connection", "project"), condition=~Q(project=""), name="booked_project"),
            models.Index(fields=("connection", "po_number"), condition=~Q(po_number=""), name="booked_order"),
        ]

    def __str__(self) -> str:
        return f"{self.canonical_type} {self.business_key}"
