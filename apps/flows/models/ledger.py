"""What ran and what came of it: events, runs, batches, operations (the ledger), links, checkpoints.

Ids are time-ordered (UUIDv7): the ledger can be cut by time without another column. The hot tables are written by COPY
in services/settle.py; the models serve reading and constraints.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from apps.connectors.canonical.references import NAMED
from apps.connectors.models import Connection
from apps.customers.models import Customer, CustomerOwned
from apps.flows.engine.absence import is_deletion
from apps.flows.engine.reconcile import finding_of
from apps.flows.engine.states import BatchState, OperationState, RunState
from apps.flows.models.flow import Flow, FlowVersion, Trigger
from apps.tenants.models import PartnerModel


class TriggerEvent(CustomerOwned):
    """The inbox: verified, deduplicated and stored before anything works on it."""

    class Kind(models.TextChoices):
        SCHEDULE = "schedule", "schedule"
        WEBHOOK = "webhook", "webhook"
        PERSON = "person", "person"
        REPLAY = "replay", "replay"
        EVENT = "event", "event"  # a business event of another flow, or told through the API
        BACKFILL = "backfill", "backfill"
        FLOW = "flow", "another flow"  # a step of another flow called this one
        COMPARE = "compare", "comparison"  # it was time to look for deletions, or a person asked for it
        RECONCILE = "balance", "reconciliation"  # it was time to set both sides against each other, or a person asked

    # Every index is paid by the sender of a webhook, who waits for the answer: none that another one starts with.
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+", db_index=False)
    flow = models.ForeignKey(Flow, on_delete=models.CASCADE, related_name="trigger_events", db_index=False)
    trigger = models.ForeignKey(
        Trigger, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    kind = models.CharField(max_length=8, choices=Kind)
    dedupe_key = models.CharField(max_length=120)
    payload = models.JSONField(default=dict)
    started_by = models.CharField(max_length=200, blank=True)
    # The caller's id where it named one, else one of our own; and the caller's W3C trace context, "" for none.
    correlation_id = models.CharField(max_length=40, blank=True, default="")
    traceparent = models.CharField(max_length=55, blank=True, default="")
    # Which run took it; None: it waits. No constraint in the database: an event and its run are written together.
    run = models.ForeignKey(
        "Run",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="events",
        db_constraint=False,
        db_index=False,
    )
    received_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=("flow", "dedupe_key"), name="trigger_event_once")]
        indexes = [
            models.Index(fields=("flow", "id"), condition=Q(run__isnull=True), name="event_waiting"),
            models.Index(fields=("run", "id"), condition=Q(run__isnull=False), name="event_of_run"),
            models.Index(fields=("correlation_id",), condition=~Q(correlation_id=""), name="event_correlation"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} at {self.received_at:%Y-%m-%d %H:%M}"


class Run(CustomerOwned):
    """One attempt at one trigger event with one pinned version. The counts add up at every moment."""

    class Mode(models.TextChoices):
        READ = "read", "read changes"  # continue from the checkpoint
        RECORDS = "records", "named records"  # just the keys in the event's payload
        REPLAY = "replay", "replay"  # operations of the ledger
        BACKFILL = "backfill", "backfill"  # what changed in a window of dates; the flow's checkpoint stays
        COMPARE = "compare", "comparison"  # all of the source's keys against the ledger's; nothing is delivered
        RECONCILE = "balance", "reconciliation"  # both sides of a window set against each other; nothing is delivered

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+", db_index=False)
    flow = models.ForeignKey(Flow, on_delete=models.CASCADE, related_name="runs", db_index=False)
    event = models.ForeignKey(TriggerEvent, on_delete=models.PROTECT, related_name="runs")
    version = models.ForeignKey(FlowVersion, on_delete=models.PROTECT, related_name="+", db_index=False)
    mode = models.CharField(max_length=8, choices=Mode, default=Mode.READ)
    state = models.CharField(max_length=10, choices=[(s.value, s.value) for s in RunState], default=RunState.QUEUED)
    reading_done = models.BooleanField(default=False)
    # How often in a row a whole system was away; decides the next wait.
    outages = models.PositiveSmallIntegerField(default=0)
    read = models.PositiveIntegerField(default=0)
    written = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)
    waiting = models.PositiveIntegerField(default=0)
    error_class = models.CharField(max_length=24, blank=True)
    error_message = models.CharField(max_length=600, blank=True)
    started_by = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-id",)
        indexes = [
            models.Index(fields=("flow", "-id"), name="run_of_flow"),
            models.Index(fields=("customer", "-id"), name="run_of_customer"),
            models.Index(fields=("flow",), condition=Q(state="waiting"), name="run_waiting"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(read=F("written") + F("unchanged") + F("skipped") + F("rejected") + F("waiting")),
                name="run_counts_add_up",
            )
        ]

    def __str__(self) -> str:
        return f"run {self.id}"


class Batch(CustomerOwned):
    """The write-ahead record: what is about to be done, before any call; the evidence of what was seen, after it.

    `number` counts a run's batches in reading order; a batch of one walking operation has none, and names its `step`.
    `plan` is zstd over JSON: {"entries": [...]} as services/blobs.py writes it. `outcome` likewise, once settled. Both are
    None after `payload_dropped_at`, and the whole row goes with its month (migration 0008): operations outlive it.
    """

    # No foreign keys in the database: dropping a month would lock the runs and the customers.
    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="batches", db_constraint=False, db_index=False)
    number = models.PositiveIntegerField(null=True)
    step = models.CharField(max_length=40, blank=True)
    state = models.CharField(max_length=10, choices=[(s.value, s.value) for s in BatchState])
    checkpoint_after = models.JSONField(null=True, blank=True)
    plan = models.BinaryField(null=True, blank=True)
    outcome = models.BinaryField(null=True, blank=True)
    size = models.PositiveIntegerField()
    created_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)
    payload_dropped_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        # A number is given once in a run by the holder of the run's lease: a table in parts can hold no such rule itself.
        indexes = [
            models.Index(fields=("run",), name="batch_of_run"),
            models.Index(fields=("run",), condition=~Q(state="settled"), name="batch_open"),
        ]

    def __str__(self) -> str:
        return f"batch {self.number or self.step} of {self.run_id}"


class DroppedMonth(PartnerModel):
    """A month whose batches are gone, and when they went: what is said of an attempt that nothing is left of."""

    month = models.DateField(unique=True)
    dropped_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}, dropped on {self.dropped_at:%Y-%m-%d}"


class Operation(CustomerOwned):
    """One ledger line: what came of one version of one record. Many attempts, one operation.

    `attempts` lists the batches that tried it, oldest first: each holds what was sent and answered.
    """

    # No foreign keys in the database: three look-ups a line would cost more than writing it, and the ledger is to be cut
    # by time. The writer takes all three from rows it has locked.
    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    flow = models.ForeignKey(
        Flow, on_delete=models.CASCADE, related_name="operations", db_constraint=False, db_index=False
    )
    run = models.ForeignKey(
        Run, on_delete=models.CASCADE, related_name="operations", db_constraint=False, db_index=False
    )
    last_run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    canonical_type = models.CharField(max_length=40)
    business_key = models.CharField(max_length=200)
    source_key = models.CharField(max_length=120)
    source_version = models.CharField(max_length=80)
    target_key = models.CharField(max_length=120, blank=True)
    state = models.CharField(max_length=10, choices=[(s.value, s.value) for s in OperationState])
    step = models.CharField(max_length=40)
    attempts = ArrayField(models.UUIDField(), default=list)
    revision = models.PositiveSmallIntegerField(default=0)
    ambiguous = models.BooleanField(default=False)
    label = models.CharField(max_length=300, blank=True)
    amount = models.DecimalField(max_digits=18, decimal_places=4, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    amount_quality = models.CharField(max_length=9, blank=True)
    client_ref = models.CharField(max_length=120, blank=True)
    project_ref = models.CharField(max_length=120, blank=True)
    period_ref = models.CharField(max_length=20, blank=True)
    # The day of the work or the expense; of an invoice that is paid, its own. Null: nothing is billed or paid with it.
    cycle_from = models.DateField(null=True, blank=True)
    error_kind = models.CharField(max_length=16, blank=True)
    error_class = models.CharField(max_length=24, blank=True)
    error_field = models.CharField(max_length=60, blank=True)
    error_code = models.CharField(max_length=60, blank=True)
    error_message = models.CharField(max_length=600, blank=True)
    correlation_id = models.CharField(max_length=40)
    due_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(
                fields=("flow", "canonical_type", "business_key", "source_version"), name="operation_once"
            )
        ]
        indexes = [
            models.Index(fields=("run", "state", "-id"), name="operation_of_run"),
            models.Index(fields=("last_run",), condition=~Q(last_run=F("run")), name="operation_of_replay"),
            models.Index(fields=("customer", "-id"), name="operation_of_customer"),
            models.Index(fields=("flow", "-id"), name="operation_of_flow"),
            models.Index(
                fields=("flow", "business_key"), condition=Q(state__in=["waiting", "rejected"]), name="operation_open"
            ),
            models.Index(fields=("changed_at",), condition=Q(state="rejected"), name="operation_rejected"),
            # What belongs to one project, type by type, the newest first.
            models.Index(
                fields=("customer", "project_ref", "canonical_type", "-id"),
                condition=~Q(project_ref=""),
                name="operation_of_project",
            ),
            # People look for what has a name by how its sentence begins: "Project Beacon".
            models.Index(
                fields=("label",),
                opclasses=("varchar_pattern_ops",),
                condition=Q(canonical_type__in=NAMED),
                name="operation_label",
            ),
            # How long invoices take until they are paid: these are few among all lines.
            models.Index(
                fields=("-id",), condition=Q(canonical_type="Invoice", cycle_from__isnull=False), name="operation_paid"
            ),
            # Lists by cause: few lines have one, and those of a rare one lie far apart.
            models.Index(fields=("error_class", "-id"), condition=~Q(error_class=""), name="operation_of_cause"),
        ]

    def __str__(self) -> str:
        return self.label or self.business_key

    @property
    def is_deletion(self) -> bool:
        """True when it tells that a delivered record was deleted at its source."""
        return is_deletion(self.source_version)

    @property
    def is_finding(self) -> bool:
        """True when it tells that both sides differ in a record and nothing explains it."""
        return finding_of(self.source_version) is not None


class Link(CustomerOwned):
    """One canonical record's id in one system, with what was last delivered there."""

    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, related_name="links", db_constraint=False, db_index=False
    )
    canonical_type = models.CharField(max_length=40)
    business_key = models.CharField(max_length=200)
    outside_key = models.CharField(max_length=120)
    source_version = models.CharField(max_length=80, blank=True)
    fingerprint = models.CharField(max_length=64, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=("connection", "canonical_type", "business_key"), name="link_once")
        ]
        # People look for a record by the number its target gave it.
        indexes = [models.Index(fields=("outside_key",), name="link_outside")]

    def __str__(self) -> str:
        return f"{self.business_key} is {self.outside_key}"


class Checkpoint(CustomerOwned):
    """Up to where a flow has read its source; moves only when everything before it is settled."""

    flow = models.OneToOneField(Flow, on_delete=models.CASCADE, related_name="checkpoint")
    position = models.JSONField()
    moved_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"checkpoint of {self.flow_id}"


class Correction(CustomerOwned):
    """A field value a person set for one operation before replaying it. Kept as evidence: who, when, why."""

    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="corrections")
    field = models.CharField(max_length=60)
    old_value = models.JSONField(null=True)
    new_value = models.JSONField(null=True)
    reason = models.CharField(max_length=300, blank=True)
    made_by = models.CharField(max_length=200)
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.field} of {self.operation_id}"


class FlowDay(CustomerOwned):
    """A flow's day in numbers, kept up by each settled batch: what dashboards read instead of the ledger."""

    flow = models.ForeignKey(Flow, on_delete=models.CASCADE, related_name="days", db_index=False)
    day = models.DateField()
    currency = models.CharField(max_length=3, blank=True)
    read = models.PositiveIntegerField(default=0)
    written = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)
    amount_written = models.DecimalField(max_digits=18, decimal_places=4, default=0)
    last_success_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("flow", "day", "currency"), name="flow_day_once")]

    def __str__(self) -> str:
        return f"{self.flow_id} on {self.day}"
