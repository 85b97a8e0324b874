"""Replays of many operations as one job: what was asked, and what came of every single one."""

from django.db import models

from apps.accounts.models import User
from apps.flows.models.flow import FlowVersion
from apps.flows.models.ledger import Operation, Run
from apps.tenants.models import PartnerModel


class ReplayJob(PartnerModel):
    """A replay somebody asked for. `wanted` is the filter or the choice it was made from, for people to read back."""

    class State(models.TextChoices):
        ASKED = "asked", "asked"  # its consequences are shown; nothing happens before it is confirmed
        QUEUED = "queued", "queued"
        RUNNING = "running", "running"
        DONE = "done", "done"
        CANCELLED = "cancelled", "cancelled"

    class From(models.TextChoices):
        FAILED_STEP = "failed_step", "from the failed step"
        START = "start", "from the start"

    class Version(models.TextChoices):
        PINNED = "pinned", "the version it ran with"
        LIVE = "live", "the live version"

    wanted = models.JSONField(default=dict)
    begin = models.CharField(max_length=11, choices=From, default=From.FAILED_STEP)
    version = models.CharField(max_length=6, choices=Version, default=Version.LIVE)
    state = models.CharField(max_length=9, choices=State, default=State.ASKED)
    asked_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    asked_by_name = models.CharField(max_length=200)
    # Under which key a program asked; None for people. The same key again is the same job.
    key = models.CharField(max_length=120, null=True, blank=True, unique=True)
    # What trying it out without writing found: {"state", "looked_at", "counts", "reasons", "message"}; None when nobody did.
    trial = models.JSONField(null=True, blank=True)
    asked_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"replay asked by {self.asked_by_name}"


class ReplayEntry(PartnerModel):
    """One operation of a replay job. Counts are made from these rows, so nothing is counted twice."""

    class State(models.TextChoices):
        BARRED = "barred", "cannot be replayed"
        PENDING = "pending", "pending"
        QUEUED = "queued", "queued"  # its run is under way
        DONE = "done", "done"
        FAILED = "failed", "failed again"
        CANCELLED = "cancelled", "cancelled"

    job = models.ForeignKey(ReplayJob, on_delete=models.CASCADE, related_name="entries", db_index=False)
    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    state = models.CharField(max_length=9, choices=State, default=State.PENDING)
    reason = models.CharField(max_length=200, blank=True)
    version = models.ForeignKey(FlowVersion, null=True, on_delete=models.SET_NULL, related_name="+")
    run = models.ForeignKey(Run, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=("job", "operation"), name="replay_entry_once")]
        indexes = [models.Index(fields=("job", "state", "id"), name="replay_entry_by_state")]

    def __str__(self) -> str:
        return f"{self.operation_id} of {self.job_id}"
