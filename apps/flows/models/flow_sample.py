"""A recorded record that a customer's flow is held against whenever a version goes live."""

from django.db import models

from apps.customers.models import CustomerOwned
from apps.flows.models.flow import Flow


class FlowSample(CustomerOwned):
    """One record as it was read, and what must come of it, in `contents`: zstd over JSON, as services/own_samples.py writes it.

    Secrets are hidden in it as in all evidence. It stays until a person removes it, or the customer keeps no contents.
    """

    flow = models.ForeignKey(Flow, on_delete=models.CASCADE, related_name="samples")
    name = models.CharField(max_length=120)
    contents = models.BinaryField()
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=200)

    class Meta:
        ordering = ("name",)
        constraints = [models.UniqueConstraint(fields=("flow", "name"), name="flow_sample_once")]

    def __str__(self) -> str:
        return self.name
