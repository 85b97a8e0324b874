"""A newer base on its way to all customers that use a template, ring after ring."""

from django.db import models

from apps.customers.models import CustomerOwned
from apps.flows.models.flow import Flow, FlowVersion
from apps.tenants.models import PartnerModel


class Rollout(PartnerModel):
    """One template's newest base, taken by its flows in rings. `rings` and `gates` are as engine/rings.py writes them.

    A ring that reconciles its flows keeps "proofs" as well, by flow: {"run": its id} or {"why": what kept it from being had};
    and "left": "held" while it waits for a person because of them, "accepted" once it may pass all the same.
    """

    class State(models.TextChoices):
        RUNNING = "running", "running"
        PAUSED = "paused", "paused"
        STOPPED = "stopped", "stopped"
        DONE = "done", "done"

    template = models.SlugField(max_length=60)
    template_version = models.PositiveIntegerField()
    note = models.CharField(max_length=300, blank=True)
    rings = models.JSONField()
    gates = models.JSONField()
    defer_days = models.PositiveSmallIntegerField(default=14)  # how long a customer may put it off; 0: not at all
    ring = models.PositiveSmallIntegerField(default=0)  # the one that is being changed or watched
    ring_since = models.DateTimeField(null=True, blank=True)  # since when all of it is changed; None: not yet
    state = models.CharField(max_length=8, choices=State, default=State.RUNNING)
    reason = models.CharField(max_length=300, blank=True)
    started_at = models.DateTimeField()
    started_by = models.CharField(max_length=200)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(
                fields=("template",), condition=models.Q(state__in=("running", "paused")), name="one_rollout_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"rollout of {self.template} {self.template_version}"


class RolloutMember(CustomerOwned):
    """One flow of a rollout: in which ring, and what became of it."""

    class State(models.TextChoices):
        WAITING = "waiting", "waiting"
        CHANGED = "changed", "changed"
        HELD = "held", "held"  # it cannot be changed without a person: `reason` says why
        DEFERRED = "deferred", "deferred"
        TAKEN_BACK = "taken_back", "taken back"

    rollout = models.ForeignKey(Rollout, on_delete=models.CASCADE, related_name="members")
    flow = models.ForeignKey(Flow, on_delete=models.CASCADE, related_name="+")
    ring = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    reason = models.CharField(max_length=300, blank=True)
    version_before = models.ForeignKey(FlowVersion, null=True, on_delete=models.SET_NULL, related_name="+")
    version_after = models.ForeignKey(FlowVersion, null=True, on_delete=models.SET_NULL, related_name="+")
    changed_at = models.DateTimeField(null=True, blank=True)
    deferred_until = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ("ring", "id")
        constraints = [models.UniqueConstraint(fields=("rollout", "flow"), name="rollout_member_once")]

    def __str__(self) -> str:
        return f"{self.flow_id} in ring {self.ring}"
