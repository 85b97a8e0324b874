"""Which service line, segment and region clients and deals belong to: what failures are counted by."""

from django.db import models
from django.db.models import Q

from apps.connectors.models import Connection
from apps.customers.models import Customer, CustomerOwned


class RecordMarket(CustomerOwned):
    """What a client or a deal says of itself, as it was read last; one row for a record.

    `outside_key` is what `connection`, the system it was read from, calls it. `name` is what ledger lines call a client by;
    "" for deals, which no line names so. `project` is the project that a deal became, as the system names it.
    """

    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    canonical_type = models.CharField(max_length=40)
    business_key = models.CharField(max_length=200)
    outside_key = models.CharField(max_length=120)
    name = models.CharField(max_length=120, blank=True)
    project = models.CharField(max_length=120, blank=True)
    service_line = models.CharField(max_length=80, blank=True)
    segment = models.CharField(max_length=80, blank=True)
    region = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("customer", "business_key"), name="record_market_once")]
        indexes = [
            models.Index(fields=("customer", "outside_key"), name="record_market_key"),
            models.Index(fields=("customer", "name"), condition=~Q(name=""), name="record_market_name"),
            models.Index(fields=("customer", "project"), condition=~Q(project=""), name="record_market_project"),
        ]

    def __str__(self) -> str:
        return f"{self.business_key}: {self.service_line}, {self.segment}, {self.region}"
