"""The calls of connections, by the hour."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from apps.customers.models import Customer, CustomerOwned


class ConnectionHour(CustomerOwned):
    """The calls of one connection in one hour (UTC), kept up as they are made: what a system's status is told by.

    The columns are those of call_times.CallTimes, which says what they mean.
    """

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+", db_index=False)
    connection = models.ForeignKey("Connection", on_delete=models.CASCADE, related_name="hours", db_index=False)
    hour = models.DateTimeField()
    calls = models.PositiveIntegerField()
    failed = models.PositiveIntegerField()
    limited = models.PositiveIntegerField()
    slots = ArrayField(models.PositiveIntegerField())

    class Meta:
        ordering = ("hour", "id")
        constraints = [models.UniqueConstraint(fields=("connection", "hour"), name="connection_hour_once")]
        indexes = [models.Index(fields=("hour",), name="connection_hour")]

    def __str__(self) -> str:
        return f"{self.calls} calls of {self.connection_id} from {self.hour:%Y-%m-%d %H:%M}"
