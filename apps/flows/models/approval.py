"""Approvals: what is asked of whom, by when, and what they said."""

from django.db import models
from django.db.models import Q

from apps.accounts.actions import Role
from apps.accounts.models import User
from apps.customers.models import CustomerOwned
from apps.flows.models.flow import Flow
from apps.flows.models.ledger import Operation
from apps.tenants.models import PartnerModel

ROLES = [(role.value, role.value) for role in Role]


class ApprovalRequest(CustomerOwned):
    """A question to people of one role about one operation; `needed` of them must say yes, one no is enough.

    `question` and `facts` are what they decide by, as they were when it was asked: facts is [{"label", "value"}, ...].
    """

    class State(models.TextChoices):
        OPEN = "open", "open"
        APPROVED = "approved", "approved"
        REJECTED = "rejected", "rejected"
        EXPIRED = "expired", "expired"
        WITHDRAWN = "withdrawn", "withdrawn"

    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="approvals", db_constraint=False)
    flow = models.ForeignKey(Flow, on_delete=models.CASCADE, related_name="+", db_index=False)
    step = models.CharField(max_length=40)
    question = models.CharField(max_length=300)
    facts = models.JSONField(default=list)
    amount = models.DecimalField(max_digits=18, decimal_places=4, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    role = models.CharField(max_length=20, choices=ROLES)
    needed = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True, blank=True)
    remind_every_seconds = models.PositiveIntegerField(null=True, blank=True)
    reminded_at = models.DateTimeField(null=True, blank=True)
    # Who is asked as well once it is overdue.
    escalate_to = models.CharField(max_length=20, choices=ROLES, blank=True)
    escalated_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("due_at", "id")
        constraints = [models.UniqueConstraint(fields=("operation", "step", "asked_at"), name="approval_asked_once")]
        indexes = [models.Index(fields=("role", "due_at"), condition=Q(state="open"), name="approval_open")]

    def __str__(self) -> str:
        return self.question


class ApprovalDecision(CustomerOwned):
    """What one person said to one request. `for_person` is the colleague they stood in for."""

    class Decision(models.TextChoices):
        APPROVE = "approve", "approve"
        REJECT = "reject", "reject"

    class Via(models.TextChoices):
        SCREEN = "screen", "screen"
        API = "api", "API"
        MAIL = "mail", "mail link"

    request = models.ForeignKey(ApprovalRequest, on_delete=models.CASCADE, related_name="decisions")
    person = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    person_name = models.CharField(max_length=200)
    for_person = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    decision = models.CharField(max_length=8, choices=Decision)
    reason = models.CharField(max_length=500, blank=True)
    via = models.CharField(max_length=6, choices=Via)
    decided_at = models.DateTimeField()

    class Meta:
        ordering = ("decided_at",)
        constraints = [models.UniqueConstraint(fields=("request", "person"), name="approval_decision_once")]

    def __str__(self) -> str:
        return f"{self.person_name}: {self.decision}"


class Delegation(PartnerModel):
    """Somebody decides in a colleague's place from one day to another, both included."""

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="delegations")
    stand_in = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    starts_on = models.DateField()
    ends_on = models.DateField()

    class Meta:
        ordering = ("starts_on",)
        constraints = [
            models.CheckConstraint(condition=Q(starts_on__lte=models.F("ends_on")), name="delegation_days_in_order"),
            models.CheckConstraint(condition=~Q(person=models.F("stand_in")), name="delegation_to_another"),
        ]

    def __str__(self) -> str:
        return f"{self.stand_in} for {self.person}"
