"""Changes that go live only once others agreed: what is demanded, what is asked for, and what people said to it."""

from django.db import models
from django.db.models import Q

from apps.accounts.models import User
from apps.customers.models import Customer, CustomerOwned
from apps.flows.models.flow import Flow, FlowVersion
from apps.flows.models.what_if import WhatIf
from apps.tenants.models import PartnerModel

_MOST_APPROVALS = 2


class _Demands(models.Model):
    """What a change of a production flow needs; nothing of it: it goes live at once."""

    approvals = models.PositiveSmallIntegerField(default=0)  # by people other than the one who asks
    what_if = models.BooleanField(default=False)
    samples = models.BooleanField(default=False)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.approvals} approvals"


class ChangeDefault(_Demands, PartnerModel):
    """What the partner demands of changes for every customer without a policy of its own: at most one row."""

    only = models.BooleanField(default=True, unique=True, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(only=True), name="change_default_only_one"),
            models.CheckConstraint(condition=Q(approvals__lte=_MOST_APPROVALS), name="change_default_approvals"),
        ]


class ChangePolicy(_Demands, CustomerOwned):
    """What is demanded of changes for one customer, instead of the partner's default."""

    customer = models.OneToOneField(Customer, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(approvals__lte=_MOST_APPROVALS), name="change_policy_approvals")
        ]


class ChangeRequest(CustomerOwned):
    """A version of a production flow that somebody wants live; `from_flow` is the sandbox flow that it was tried in.

    A version that was published already belongs to a draft, and what is asked for is to start it. `needed` is how many
    must approve, as it was demanded when it was asked. `asked_by` is None where no person asked (a rollout, a key whose
    maker is gone); `asked_by_name` says who did.
    """

    class State(models.TextChoices):
        OPEN = "open", "open"
        APPROVED = "approved", "approved"
        REFUSED = "refused", "refused"
        LIVE = "live", "live"
        WITHDRAWN = "withdrawn", "withdrawn"
        OVERTAKEN = "overtaken", "overtaken"

    flow = models.ForeignKey(Flow, on_delete=models.CASCADE, related_name="changes")
    version = models.ForeignKey(FlowVersion, on_delete=models.CASCADE, related_name="changes")
    from_flow = models.ForeignKey(Flow, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    reason = models.CharField(max_length=500, blank=True)
    asked_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    asked_by_name = models.CharField(max_length=200)
    asked_at = models.DateTimeField()
    needed = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    # The comparison that people saw when they decided; it is kept as long as the request.
    what_if = models.ForeignKey(WhatIf, null=True, blank=True, on_delete=models.SET_NULL, related_name="changes")
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.CharField(max_length=200, blank=True)
    closed_note = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(
                fields=("version",), condition=Q(state__in=("open", "approved")), name="change_asked_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.flow_id}: {self.reason}"

    @property
    def is_over(self) -> bool:
        """True when nothing more will come of it."""
        return self.state not in (self.State.OPEN, self.State.APPROVED)


class ChangeApproval(CustomerOwned):
    """What one person said to one change, once."""

    class Decision(models.TextChoices):
        APPROVE = "approve", "approve"
        REFUSE = "refuse", "refuse"

    request = models.ForeignKey(ChangeRequest, on_delete=models.CASCADE, related_name="approvals")
    person = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    person_name = models.CharField(max_length=200)
    decision = models.CharField(max_length=7, choices=Decision)
    note = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ("id",)
        constraints = [models.UniqueConstraint(fields=("request", "person"), name="change_said_once")]

    def __str__(self) -> str:
        return f"{self.person_name}: {self.decision}"
