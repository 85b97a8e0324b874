"""Durable due work and who has had a turn: the public schema's hot tables, read and written by this room only."""

from enum import IntEnum, StrEnum
from uuid import UUID

from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce

from apps.tenants.models import Partner

NO_CUSTOMER = UUID(int=0)  # stands in for NULL where customers take turns
NO_CONNECTION = UUID(int=0)  # stands in for NULL where a connection's rows are found together


class Queue(StrEnum):
    """Separate worker pools, so that slow polling never starves delivery."""

    RUN = "run"
    DELIVER = "deliver"
    POLL = "poll"
    NOTIFY = "notify"
    MAINT = "maint"


class Priority(IntEnum):
    """Who goes first within a partner. A lower number gets more turns; none gets no turn."""

    INTERACTIVE = 10
    LIVE = 20
    RETRY = 30
    SCHEDULED = 40
    BACKFILL = 50


class WorkState(StrEnum):
    """Where a row stands. Finished rows are deleted; the last two states wait for a person."""

    READY = "ready"
    LEASED = "leased"
    FAILED = "failed"
    QUARANTINED = "quarantined"


OPEN_STATES = (WorkState.READY.value, WorkState.LEASED.value)
GIVEN_UP_STATES = (WorkState.FAILED.value, WorkState.QUARANTINED.value)
_READY = Q(state=WorkState.READY.value)
_LEASED = Q(state=WorkState.LEASED.value)


def _choices(kinds: type[StrEnum]) -> list[tuple[str, str]]:
    return [(kind.value, kind.value) for kind in kinds]


class DueWork(models.Model):
    """One durable piece of work: do `kind` for `reference`, at `due_at` or later, for this partner.

    `lane` "" means none; else rows of one lane run one at a time, in the order of `id`, which is drawn while the lane
    is locked. `fence` grows with every claim; a holder whose fence is old has been replaced. `connection_id` names the
    outside system that the work loads (None: no cap of a connection counts it); `waiting_for` one whose return it awaits.
    """

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, db_index=False, related_name="+")
    customer_id = models.UUIDField(null=True)
    connection_id = models.UUIDField(null=True)
    waiting_for = models.UUIDField(null=True)
    kind = models.CharField(max_length=60)
    reference = models.TextField(default="")
    lane = models.CharField(max_length=200, default="")
    queue = models.CharField(max_length=10, choices=_choices(Queue))
    state = models.CharField(max_length=12, choices=_choices(WorkState), default=WorkState.READY.value)
    priority = models.PositiveSmallIntegerField(default=Priority.LIVE.value)
    due_at = models.DateTimeField()
    lease_owner = models.CharField(max_length=120, default="")
    lease_until = models.DateTimeField(null=True)
    leased_at = models.DateTimeField(null=True)  # by a trigger; says something while the row is leased
    fence = models.IntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    lost_leases = models.PositiveSmallIntegerField(default=0)
    unique_key = models.CharField(max_length=200, null=True)
    # Asked for again while it was running: it becomes ready at this time instead of being deleted.
    again_at = models.DateTimeField(null=True)
    last_error = models.TextField(default="")
    created_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["queue", "due_at", "partner"], name="due_by_time", condition=_READY),
            models.Index(
                F("queue"),
                F("partner"),
                F("priority"),
                Coalesce("customer_id", Value(NO_CUSTOMER)),
                Coalesce("connection_id", Value(NO_CONNECTION)),
                F("due_at"),
                name="due_by_turns",
                condition=_READY,
            ),
            models.Index(fields=["partner", "lane", "id"], name="due_by_lane", condition=_READY & ~Q(lane="")),
            models.Index(fields=["lease_until"], name="due_leased", condition=_LEASED),
            models.Index(fields=["partner", "state"], name="due_given_up", condition=Q(state__in=GIVEN_UP_STATES)),
        ]
        constraints = [
            # The database itself keeps a lane to one holder; claiming retries when it loses this race.
            models.UniqueConstraint(
                fields=["partner", "lane"], name="one_lease_per_lane", condition=_LEASED & ~Q(lane="")
            ),
            models.UniqueConstraint(
                fields=["partner", "unique_key"],
                name="one_open_row_per_key",
                condition=Q(unique_key__isnull=False, state__in=OPEN_STATES),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.reference} ({self.state})"


class PartnerTurn(models.Model):
    """How much of a queue a partner has had, and how much it may have at once.

    Start-time fair queueing: a turn costs 1 / weight of virtual time; the partner with the smallest time goes next, and
    one that was idle starts at the queue's present time, so nobody saves up turns.
    """

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, db_index=False, related_name="+")
    queue = models.CharField(max_length=10, choices=_choices(Queue))
    weight = models.PositiveSmallIntegerField(default=1)
    cap = models.PositiveSmallIntegerField(default=32, help_text="Most rows of this queue leased at the same time.")
    virtual_start = models.FloatField(default=0)
    virtual_time = models.FloatField(default=0)
    served = models.BigIntegerField(default=0)
    last_customer = models.UUIDField(default=NO_CUSTOMER)
    last_served_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["partner", "queue"], name="one_turn_per_partner_and_queue")]

    def __str__(self) -> str:
        return f"{self.partner_id} {self.queue}"


class Bound(models.Model):
    """The most of something a partner may have at one time, where it differs from the default.

    A customer's and a connection's: rows leased (a customer's counted per queue). The backlog's: rows open at all.
    """

    class Kind(models.TextChoices):
        CUSTOMER = "customer", "customer"
        CONNECTION = "connection", "connection"
        BACKLOG = "backlog", "backlog"

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, db_index=False, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind)
    subject = models.UUIDField(help_text="Whose: the customer, the connection, or the partner itself.")
    most = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["partner", "kind", "subject"], name="one_bound_per_subject")]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}: {self.most}"


class WorkerHeartbeat(models.Model):
    """A process that takes work. One that has not beaten for 20 s is dead and its leases are given back."""

    name = models.CharField(max_length=120, primary_key=True)
    role = models.CharField(max_length=20)
    started_at = models.DateTimeField()
    heartbeat_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class PeriodicTick(models.Model):
    """When a periodic kind last fired: the row that makes a second fire of the same tick impossible."""

    kind = models.CharField(max_length=60, primary_key=True)
    tick_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.kind} {self.tick_at}"
