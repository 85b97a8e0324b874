"""What people are changing about a flow before it is a version: kept with every change, shared by all who edit it."""

from django.db import models

from apps.customers.models import CustomerOwned
from apps.flows.models.flow import Flow, FlowVersion


class FlowDraft(CustomerOwned):
    """The one draft of a flow. It stands at one of its nodes; undoing and redoing move it, a change adds a node.

    `started_from` is the version that was live when it was begun or last brought up to date.
    """

    flow = models.OneToOneField(Flow, on_delete=models.CASCADE, related_name="draft")
    started_from = models.ForeignKey(FlowVersion, on_delete=models.CASCADE, related_name="+", db_index=False)
    standing = models.PositiveIntegerField(default=0)
    begun_at = models.DateTimeField()
    begun_by = models.CharField(max_length=200)

    def __str__(self) -> str:
        return f"draft of {self.flow_id}"


class DraftNode(CustomerOwned):
    """A flow's content after one change (engine/content.py); `before` is the node that was changed, None for the first."""

    draft = models.ForeignKey(FlowDraft, on_delete=models.CASCADE, related_name="nodes")
    number = models.PositiveIntegerField()
    before = models.PositiveIntegerField(null=True, blank=True)
    content = models.JSONField()
    words = models.CharField(max_length=300)
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=200)

    class Meta:
        ordering = ("number",)
        constraints = [models.UniqueConstraint(fields=("draft", "number"), name="draft_node_once")]

    def __str__(self) -> str:
        return f"{self.number} of draft {self.draft_id}"
