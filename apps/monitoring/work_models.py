"""How the partner's people share the work on exceptions: teams, rules that route cases, and who watches which case.

Part of `models`, which is where they are imported from.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.customers.models import Customer, CustomerOwned
from apps.flows.models import Flow
from apps.monitoring.blame import QUEUE_LABELS, WAITING_LABELS, WaitingOn, WorkQueue
from apps.tenants.models import PartnerModel


class CasePriority(models.IntegerChoices):
    """What is worked first, as people or a rule decided; how bad a failure is by itself is its severity."""

    URGENT = 1, _("Urgent")
    HIGH = 2, _("High")
    NORMAL = 3, _("Normal")
    LOW = 4, _("Low")


class Team(PartnerModel):
    """Some of the partner's people who work exceptions together."""

    name = models.CharField(max_length=80, unique=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class TeamMember(PartnerModel):
    """A person in a team; somebody may be in several."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="members")
    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=("team", "person"), name="team_member_once")]

    def __str__(self) -> str:
        return f"{self.person_id} in {self.team_id}"


class RoutingRule(PartnerModel):
    """Which cases go where. Of the rules that are on, the first that fits decides; `position` is their order.

    A condition that is empty fits everything, a result that is empty leaves it as it is. `amount_from` is in `currency`.
    """

    name = models.CharField(max_length=80, unique=True)
    position = models.PositiveIntegerField()
    is_on = models.BooleanField(default=True)
    error_class = models.CharField(max_length=24, blank=True)
    customer = models.ForeignKey(Customer, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    flow = models.ForeignKey(Flow, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    system = models.CharField(max_length=60, blank=True)
    canonical_type = models.CharField(max_length=60, blank=True)
    amount_from = models.DecimalField(max_digits=18, decimal_places=4, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    queue = models.CharField(max_length=12, blank=True, choices=[(q.value, QUEUE_LABELS[q]) for q in WorkQueue])
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    owner = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    priority = models.PositiveSmallIntegerField(null=True, blank=True, choices=CasePriority)
    tags = ArrayField(models.CharField(max_length=30), default=list, blank=True)
    watchers = ArrayField(models.UUIDField(), default=list, blank=True)  # ids of people
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=200)

    class Meta:
        ordering = ("position", "id")

    def __str__(self) -> str:
        return self.name


class CaseWatch(CustomerOwned):
    """A person who wants to follow a case: was mentioned in it, chose to, or was named by a rule."""

    case = models.ForeignKey("monitoring.ExceptionCase", on_delete=models.CASCADE, related_name="watches")
    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    since = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=("case", "person"), name="case_watched_once")]

    def __str__(self) -> str:
        return f"{self.person_id} watches {self.case_id}"


class CaseWait(CustomerOwned):
    """A stretch of time a case waited for one party; the latest has no end as long as the case is open."""

    case = models.ForeignKey("monitoring.ExceptionCase", on_delete=models.CASCADE, related_name="waits")
    party = models.CharField(max_length=8, choices=[(w.value, WAITING_LABELS[w]) for w in WaitingOn])
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ("began_at", "id")
        constraints = [
            models.UniqueConstraint(fields=("case",), condition=Q(ended_at__isnull=True), name="case_waits_once")
        ]
        indexes = [models.Index(fields=("case", "began_at"), name="case_wait")]

    def __str__(self) -> str:
        return f"{self.case_id} waits for {self.party}"


class CaseFile(CustomerOwned):
    """A file on a case. `content` None: it was dropped when the customer's contents of that time were."""

    case = models.ForeignKey("monitoring.ExceptionCase", on_delete=models.CASCADE, related_name="files")
    name = models.CharField(max_length=120)
    media_type = models.CharField(max_length=100)
    size = models.PositiveIntegerField()  # bytes
    digest = models.CharField(max_length=64)  # SHA-256 of the content
    content = models.BinaryField(null=True, blank=True, editable=False)
    added_name = models.CharField(max_length=200)
    added_at = models.DateTimeField()
    dropped_at = models.DateTimeField(null=True, blank=True)
    # The case it was attached to, where that was merged into this one.
    came_from = models.ForeignKey(
        "monitoring.ExceptionCase", null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )

    class Meta:
        ordering = ("added_at", "id")
        indexes = [
            models.Index(fields=("customer", "added_at"), condition=Q(dropped_at__isnull=True), name="case_file_kept")
        ]

    def __str__(self) -> str:
        return self.name
