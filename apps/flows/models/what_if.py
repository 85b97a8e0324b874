"""What another version of a flow would have made of the records that were recorded: asked for, found, and acted on."""

from datetime import datetime, timedelta

from django.db import models

from apps.customers.models import CustomerOwned
from apps.flows.models.flow import Flow, FlowVersion

LOST_AFTER = timedelta(minutes=15)  # the largest takes a minute: nobody works on it any more


class WhatIf(CustomerOwned):
    """One comparison of two versions over recorded records, attached to the later one; nothing is called or written by it.

    `result` says how many and how much, as services/what_if.py writes it, and never holds what was in a record: that is in
    `rows` alone, zstd over JSON, which goes when the oldest of it (`contents_from`) is past its time. `reason` is what the person gave who made
    the version live after seeing this.
    """

    class State(models.TextChoices):
        QUEUED = "queued", "queued"
        RUNNING = "running", "running"
        DONE = "done", "done"
        FAILED = "failed", "failed"

    flow = models.ForeignKey(Flow, on_delete=models.CASCADE, related_name="what_ifs", db_index=False)
    version_before = models.ForeignKey(FlowVersion, on_delete=models.CASCADE, related_name="+", db_index=False)
    version_after = models.ForeignKey(FlowVersion, on_delete=models.CASCADE, related_name="what_ifs")
    state = models.CharField(max_length=8, choices=State, default=State.QUEUED)
    most = models.PositiveIntegerField()
    read = models.PositiveIntegerField(default=0)
    result = models.JSONField(default=dict)
    rows = models.BinaryField(null=True, blank=True)
    contents_from = models.DateTimeField(null=True, blank=True)
    error_message = models.CharField(max_length=600, blank=True)
    asked_by = models.CharField(max_length=200)
    reason = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-id",)
        indexes = [models.Index(fields=("flow", "-id"), name="what_if_of_flow")]

    def __str__(self) -> str:
        return f"what if {self.version_after_id}"

    @property
    def is_over(self) -> bool:
        """True when nothing more will come."""
        return self.state in (self.State.DONE, self.State.FAILED)

    @property
    def needs_reason(self) -> bool:
        """True when so much differs that whoever makes the version live says why."""
        return bool(self.result.get("needs_reason"))

    def is_lost(self, now: datetime) -> bool:
        """Tell whether it should have ended long ago: ask for another."""
        return not self.is_over and now - self.created_at > LOST_AFTER
