"""Monitors of flows: what differs from the defaults, what is usual, what was found. Part of `models`, which is where they are imported from."""

from django.db import models
from django.db.models import Q

from apps.customers.models import CustomerOwned
from apps.flows.models import Flow
from apps.monitoring.blame import Severity
from apps.monitoring.monitor_kinds import SHEETS, MonitorKind

_KINDS = [(kind.value, SHEETS[kind].title) for kind in MonitorKind]


class Monitor(CustomerOwned):
    """How one monitor of a flow differs from the default: all kinds are on, with learned limits, unless a row says otherwise.

    `own_limit` is in base units (seconds, records, a share of one); None: as learned. `severity` "": as its kind says.
    `reason` is why it is off or paused.
    """

    flow = models.ForeignKey(Flow, on_delete=models.CASCADE, related_name="monitors", db_index=False)
    kind = models.CharField(max_length=12, choices=_KINDS)
    is_on = models.BooleanField(default=True)
    paused_until = models.DateTimeField(null=True, blank=True)
    own_limit = models.FloatField(null=True, blank=True)
    severity = models.CharField(max_length=6, blank=True, choices=[(s.value, s.value) for s in Severity])
    reason = models.CharField(max_length=200, blank=True)
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("flow", "kind"), name="monitor_once")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.flow_id}"


class MonitorFigures(CustomerOwned):
    """What one monitor of a flow has seen, and what it takes from that to be usual.

    `samples` and `learned` are as monitors/learning.py writes them; `seen_until` is how far the ledger was read for them.
    """

    flow = models.ForeignKey(Flow, on_delete=models.CASCADE, related_name="monitor_figures", db_index=False)
    kind = models.CharField(max_length=12, choices=_KINDS)
    samples = models.JSONField(default=list)
    learned = models.JSONField(default=dict)
    seen_until = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=("flow", "kind"), name="monitor_figures_once")]

    def __str__(self) -> str:
        return f"figures of {self.kind} of {self.flow_id}"


class MonitorFinding(CustomerOwned):
    """Something a monitor found wrong, since when and until when; what tells people of it is its case.

    `since` is when it began to be so, `found_at` when it was noticed, with `value` beyond `limit` then, in the base units of `Monitor`. `mark` tells several of one kind apart, as cut-offs.
    """

    flow = models.ForeignKey(Flow, on_delete=models.CASCADE, related_name="monitor_findings", db_index=False)
    kind = models.CharField(max_length=12, choices=_KINDS)
    mark = models.CharField(max_length=80, blank=True)
    sentence = models.CharField(max_length=600)
    value = models.FloatField(null=True, blank=True)
    limit = models.FloatField(null=True, blank=True)
    since = models.DateTimeField()
    found_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    case = models.ForeignKey("ExceptionCase", null=True, blank=True, on_delete=models.SET_NULL, related_name="findings")

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(
                fields=("flow", "kind", "mark"), condition=Q(ended_at__isnull=True), name="finding_open_once"
            )
        ]
        indexes = [models.Index(fields=("flow", "-id"), name="finding_of_flow")]

    def __str__(self) -> str:
        return self.sentence
