"""A flow tried without writing anything: what it would do with records as they are now."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import F, Q

from apps.customers.models import CustomerOwned
from apps.flows.models.flow import Flow, FlowVersion

LOST_AFTER = timedelta(minutes=10)  # a reading ends itself long before: nobody works on it any more


class DryRun(CustomerOwned):
    """One trial of one version. The counts add up as a run's do; `rows` keeps some records as zstd over JSON.

    `reasons` is {"rejected": [...], "skipped": [...]}, each a list of {"reason", "field", "count"}, most frequent first.
    `amounts` is what would be delivered, by currency: {"EUR": "1200.00"}.
    """

    class State(models.TextChoices):
        QUEUED = "queued", "queued"
        RUNNING = "running", "running"
        DONE = "done", "done"
        FAILED = "failed", "failed"

    class Scope(models.TextChoices):
        LATEST = "latest", "latest records"
        CHANGES = "changes", "changes since the checkpoint"

    flow = models.ForeignKey(Flow, on_delete=models.CASCADE, related_name="dry_runs")
    version = models.ForeignKey(FlowVersion, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=8, choices=State, default=State.QUEUED)
    scope = models.CharField(max_length=8, choices=Scope, default=Scope.LATEST)
    most = models.PositiveIntegerField()
    # False: more was there to read than this trial looked at.
    reached_end = models.BooleanField(default=False)
    read = models.PositiveIntegerField(default=0)
    creates = models.PositiveIntegerField(default=0)
    updates = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)
    reasons = models.JSONField(default=dict)
    amounts = models.JSONField(default=dict)
    rows = models.BinaryField(null=True, blank=True)
    error_class = models.CharField(max_length=24, blank=True)
    error_message = models.CharField(max_length=600, blank=True)
    requested_by = models.CharField(max_length=200)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-id",)
        indexes = [models.Index(fields=("flow", "-id"), name="dry_run_of_flow")]
        constraints = [
            models.CheckConstraint(
                condition=Q(read=F("creates") + F("updates") + F("unchanged") + F("skipped") + F("rejected")),
                name="dry_run_counts_add_up",
            )
        ]

    def __str__(self) -> str:
        return f"dry run of {self.flow_id}"

    @property
    def is_over(self) -> bool:
        """True when nothing more will come."""
        return self.state in (self.State.DONE, self.State.FAILED)

    @property
    def is_ready(self) -> bool:
        """True when it ended and not one record would be refused: the flow may go live."""
        return self.state == self.State.DONE and self.read > 0 and not self.rejected

    def is_lost(self, now: datetime) -> bool:
        """Tell whether it should have ended long ago: ask for another."""
        return not self.is_over and now - self.created_at > LOST_AFTER
