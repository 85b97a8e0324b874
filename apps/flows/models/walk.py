"""What walking operations leave behind between two steps: nothing but rows, so nothing is lost with a worker."""

from django.db import models
from django.db.models import Q

from apps.connectors.models import Connection
from apps.customers.models import Customer, CustomerOwned
from apps.flows.engine.states import StepState
from apps.flows.models.flow import Flow
from apps.flows.models.ledger import Operation


class OperationStep(CustomerOwned):
    """One step of one operation that was begun. `result` is what later steps may read: small, plain JSON.

    `outside_key` and `created` say what the step made in which system: what `undo` takes back. `note` is one English
    sentence for people: what was done, or what it waits for.
    """

    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="steps", db_constraint=False)
    flow = models.ForeignKey(Flow, on_delete=models.CASCADE, related_name="+", db_index=False)
    name = models.CharField(max_length=40)
    kind = models.CharField(max_length=20)
    position = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=8, choices=[(s.value, s.value) for s in StepState])
    # Tries of the present doing; a replay begins again from zero.
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True, blank=True)
    connection = models.ForeignKey(Connection, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    object_name = models.CharField(max_length=60, blank=True)
    outside_key = models.CharField(max_length=120, blank=True)
    created = models.BooleanField(default=False)
    ambiguous = models.BooleanField(default=False)
    idempotency_key = models.CharField(max_length=60, blank=True)
    result = models.JSONField(default=dict)
    note = models.CharField(max_length=300, blank=True)
    batch_id = models.UUIDField(null=True, blank=True)
    error_kind = models.CharField(max_length=16, blank=True)
    error_class = models.CharField(max_length=24, blank=True)
    error_field = models.CharField(max_length=60, blank=True)
    error_message = models.CharField(max_length=600, blank=True)
    started_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ("position",)
        constraints = [models.UniqueConstraint(fields=("operation", "name"), name="operation_step_once")]
        indexes = [
            models.Index(fields=("flow", "name", "state"), name="step_of_flow"),
            models.Index(fields=("operation",), condition=Q(state="running"), name="step_running"),
            # A reconciliation asks what was made in some days.
            models.Index(fields=("flow", "changed_at"), condition=Q(kind="deliver"), name="step_made"),
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.operation_id}"


class EventWait(CustomerOwned):
    """A step that waits for something to be said. `correlation` is the subject it must be said about."""

    class State(models.TextChoices):
        OPEN = "open", "open"
        MET = "met", "met"
        EXPIRED = "expired", "expired"
        WITHDRAWN = "withdrawn", "withdrawn"

    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    step = models.CharField(max_length=40)
    event_name = models.CharField(max_length=60)
    correlation = models.CharField(max_length=200)
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    until = models.DateTimeField(null=True, blank=True)
    # An event said before the wait began counts from here on: systems tell in any order.
    since = models.DateTimeField()
    event = models.ForeignKey("BusinessEvent", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=("operation", "step"), name="event_wait_once")]
        indexes = [
            models.Index(
                fields=("customer", "event_name", "correlation"), condition=Q(state="open"), name="event_wait_open"
            )
        ]

    def __str__(self) -> str:
        return f"wait for {self.event_name} about {self.correlation}"


class BusinessEvent(CustomerOwned):
    """Something that happened in business words ("contract.signed"), said once, kept as evidence.

    `subject` is what it is about; `caused_by` the operation whose step said it (None: told from outside).
    """

    name = models.CharField(max_length=60)
    subject = models.CharField(max_length=200)
    payload = models.JSONField(default=dict)
    dedupe_key = models.CharField(max_length=120)
    caused_by = models.UUIDField(null=True, blank=True)
    happened_at = models.DateTimeField()

    class Meta:
        ordering = ("-id",)
        constraints = [models.UniqueConstraint(fields=("customer", "dedupe_key"), name="business_event_once")]
        indexes = [models.Index(fields=("customer", "name", "subject"), name="business_event_about")]

    def __str__(self) -> str:
        return f"{self.name} about {self.subject}"


class Milestone(CustomerOwned):
    """A business state that was entered: deal closed, contract approved, client activated, project ready ...

    `subject` is the engagement's business key; `evidence` says by which step and with what.
    """

    class State(models.TextChoices):
        DEAL_CLOSED = "deal_closed", "deal closed"
        CONTRACT_APPROVED = "contract_approved", "contract approved"
        CLIENT_ACTIVATED = "client_activated", "client activated"
        PROJECT_READY = "project_ready", "project ready"
        BILLING_ENABLED = "billing_enabled", "billing enabled"
        ONBOARDING_COMPLETE = "onboarding_complete", "onboarding complete"

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+", db_index=False)
    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="milestones", db_constraint=False)
    subject = models.CharField(max_length=200)
    state = models.CharField(max_length=20, choices=State)
    entered_at = models.DateTimeField()
    evidence = models.JSONField(default=dict)
    # Taken back when the operation that entered it was undone; the row stays.
    left_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("entered_at",)
        constraints = [models.UniqueConstraint(fields=("customer", "subject", "state"), name="milestone_once")]

    def __str__(self) -> str:
        return f"{self.state} of {self.subject}"
