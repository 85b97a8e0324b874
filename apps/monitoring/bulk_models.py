"""What is done to many cases at once, and what came of it for each of them.

Part of `models`, which is where they are imported from.
"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.tenants.models import PartnerModel


class BulkJob(PartnerModel):
    """One thing to be done to many cases, asked for by one of the partner's people and done in the background.

    It is `asked` as long as its consequences are only shown; confirming it queues it. `told_at` is when whoever asked
    was told that it is over.
    """

    class Kind(models.TextChoices):
        RETRY = "retry", _("Retry")
        SKIP = "skip", _("Leave out")
        ASSIGN = "assign", _("Assign")
        CLOSE = "close", _("Close by hand")
        VALUE = "value", _("Add a translation")
        TRIAGE = "triage", _("Apply proposals")

    class State(models.TextChoices):
        ASKED = "asked", _("Not confirmed yet")
        QUEUED = "queued", _("Queued")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        CANCELLED = "cancelled", _("Cancelled")

    kind = models.CharField(max_length=6, choices=Kind)
    state = models.CharField(max_length=9, choices=State, default=State.ASKED)
    asked_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    asked_by_name = models.CharField(max_length=200)
    reason = models.CharField(max_length=200, blank=True)
    # Of a translation: {"target": field, "outside_value": as it comes, "new_value": what it becomes}.
    wording = models.JSONField(default=dict, blank=True)
    owner = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    asked_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    told_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-id",)
        indexes = [
            models.Index(fields=("asked_by", "-id"), name="bulk_of_person"),
            models.Index(fields=("state",), condition=Q(state__in=["queued", "running"]), name="bulk_under_way"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} asked by {self.asked_by_name}"

    @property
    def is_under_way(self) -> bool:
        """Return whether it is confirmed and not over."""
        return self.state in {self.State.QUEUED, self.State.RUNNING}


class BulkEntry(PartnerModel):
    """One case of a bulk job and what came of it; written in the transaction that did it, so it is done once.

    `reason` says why it failed, in the words of whoever asked; of a barred case it is the name of what stands in the way.
    """

    class State(models.TextChoices):
        BARRED = "barred", _("Cannot be done")
        PENDING = "pending", _("Waiting")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    job = models.ForeignKey(BulkJob, on_delete=models.CASCADE, related_name="entries")
    case = models.ForeignKey("monitoring.ExceptionCase", on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=9, choices=State, default=State.PENDING)
    reason = models.CharField(max_length=300, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("id",)
        constraints = [models.UniqueConstraint(fields=("job", "case"), name="bulk_case_once")]
        indexes = [models.Index(fields=("job", "id"), condition=Q(state="pending"), name="bulk_pending")]

    def __str__(self) -> str:
        return f"{self.case_id}: {self.state}"
