"""Who is told of exceptions: channels, duties, routes, what customers' people asked for, and every message sent.

Part of `models`, which is where they are imported from.
"""

from datetime import time

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.connectors.models import KeptSecret
from apps.customers.models import Customer, CustomerOwned
from apps.flows.models import Flow
from apps.monitoring.blame import QUEUE_LABELS, Severity, WorkQueue
from apps.monitoring.routing import Nature
from apps.monitoring.sla_models import BusinessCalendar
from apps.monitoring.work_models import Team
from apps.tenants.models import PartnerModel

NATURE_LABELS = {Nature.TECHNICAL: _("Technical"), Nature.BUSINESS: _("Business")}
SEVERITY_LABELS = {Severity.LOW: _("Low"), Severity.NORMAL: _("Normal"), Severity.HIGH: _("High")}


class AlertChannel(PartnerModel):
    """A place outside that messages are posted to. Its address and signing key are sealed: the address alone opens it.

    `host` is shown. `failing_since` is set from the first message that was given up until one gets through again.
    """

    class Kind(models.TextChoices):
        SLACK = "slack", "Slack"
        TEAMS = "teams", "Microsoft Teams"
        WEBHOOK = "webhook", _("Webhook")
        TICKET = "ticket", _("Tickets")

    name = models.CharField(max_length=80, unique=True)
    kind = models.CharField(max_length=8, choices=Kind)
    host = models.CharField(max_length=255)
    secret = models.ForeignKey(KeptSecret, on_delete=models.PROTECT, related_name="+")
    ticket_template = models.TextField(blank=True, max_length=4000)
    language = models.CharField(max_length=8, blank=True)
    failing_since = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=300, blank=True)
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=200)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class OnCallSchedule(PartnerModel):
    """Who is on call when. `people` take turns of `turn_days` from `first_day` on, or `weekdays` names one for each day.

    `weekdays` has seven ids, "" for nobody, or none at all; `calendar` limits duties to its opening hours.
    """

    name = models.CharField(max_length=80, unique=True)
    zone = models.CharField(max_length=64)
    hand_over = models.TimeField(default=time(9))
    people = ArrayField(models.UUIDField(), default=list, blank=True)
    first_day = models.DateField()
    turn_days = models.PositiveSmallIntegerField(default=7)
    weekdays = ArrayField(models.CharField(max_length=36, blank=True), default=list, blank=True)
    calendar = models.ForeignKey(
        BusinessCalendar, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=200)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class OnCallStandIn(PartnerModel):
    """Somebody who takes over the duty of a schedule for a while."""

    schedule = models.ForeignKey(OnCallSchedule, on_delete=models.CASCADE, related_name="stand_ins")
    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    written_by = models.CharField(max_length=200)

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.person_id} from {self.begins_at:%Y-%m-%d %H:%M}"


class AlertRoute(PartnerModel):
    """Which exceptions are told to whom. Of the routes that are on, the first that fits decides, unless it `goes_on`.

    Conditions that are empty fit everything. `steps` is [{"to": "team:<id>", "after": 0}]: the first is told at once, the
    others so many minutes later as long as nobody took the exception up. "to" is "everyone", or "person:", "team:",
    "on_call:" or "channel:" with an id. No steps: nobody is told.
    """

    name = models.CharField(max_length=80, unique=True)
    position = models.PositiveIntegerField()
    is_on = models.BooleanField(default=True)
    goes_on = models.BooleanField(default=False)
    nature = models.CharField(max_length=9, blank=True, choices=[(n.value, NATURE_LABELS[n]) for n in Nature])
    severity_from = models.CharField(
        max_length=6, blank=True, choices=[(s.value, SEVERITY_LABELS[s]) for s in Severity]
    )
    queue = models.CharField(max_length=12, blank=True, choices=[(q.value, QUEUE_LABELS[q]) for q in WorkQueue])
    error_class = models.CharField(max_length=24, blank=True)
    customer = models.ForeignKey(Customer, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    flow = models.ForeignKey(Flow, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    amount_from = models.DecimalField(max_digits=18, decimal_places=4, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    steps = models.JSONField(default=list, blank=True)
    most_an_hour = models.PositiveSmallIntegerField(default=0)  # 0: no limit
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_until = models.TimeField(null=True, blank=True)
    quiet_zone = models.CharField(max_length=64, blank=True)
    quiet_lets_severe = models.BooleanField(default=True)
    tells_recovery = models.BooleanField(default=True)
    remind_hours = models.PositiveSmallIntegerField(default=0)  # 0: never
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=200)

    class Meta:
        ordering = ("position", "id")

    def __str__(self) -> str:
        return self.name


class AlertOccasion(models.TextChoices):
    """Why people are told."""

    OPENED = "opened", _("Opened")
    ESCALATED = "escalated", _("Not taken up")
    REMINDED = "reminded", _("Still open")
    RECOVERED = "recovered", _("Recovered")
    NEEDS_YOU = "needs_you", _("Needs the customer")
    FALLBACK = "fallback", _("Channel failed")
    TEST = "test", _("Test")


class AlertTelling(CustomerOwned):
    """That one route's step is told of one case on one occasion: decided once, and told once.

    `route` None: the usual way, where no route fits. `opened_at` is the case's own, so that a case that opens again is told
    again; `turn` numbers reminders. `was_held` says that the hourly limit or quiet hours made it wait.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        TOLD = "told", _("Told")
        DROPPED = "dropped", _("Over before it was told")

    case = models.ForeignKey("monitoring.ExceptionCase", on_delete=models.CASCADE, related_name="tellings")
    route = models.ForeignKey(AlertRoute, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    step = models.PositiveSmallIntegerField(default=0)
    occasion = models.CharField(max_length=9, choices=AlertOccasion)
    turn = models.PositiveSmallIntegerField(default=0)
    opened_at = models.DateTimeField()
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    was_held = models.BooleanField(default=False)
    decided_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=("case", "opened_at", "route", "step", "occasion", "turn"),
                nulls_distinct=False,
                name="alert_telling_once",
            )
        ]
        indexes = [models.Index(fields=("id",), condition=Q(state="waiting"), name="alert_telling_waiting")]

    def __str__(self) -> str:
        return f"{self.occasion} of {self.case_id}, step {self.step}"


class AlertSubscription(CustomerOwned):
    """What one of a customer's people wants to be told of; without a row they are told as their role is."""

    class Matters(models.TextChoices):
        NEEDS_US = "needs_us", _("Only what needs us")
        ALL = "all", _("Everything that holds up our records")
        NOTHING = "nothing", _("Nothing")

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    matters = models.CharField(max_length=8, choices=Matters, default=Matters.NEEDS_US)
    only_severe = models.BooleanField(default=False)
    # The own webhook that it goes to instead of a mail; None: by mail.
    secret = models.ForeignKey(
        KeptSecret, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    host = models.CharField(max_length=255, blank=True)
    failing_since = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("person", "customer"), name="alert_subscription_once")]

    def __str__(self) -> str:
        return f"{self.person_id}: {self.matters}"


class AlertMessage(PartnerModel):
    """One message to one receiver, written in the transaction that decided it; mails are handed on in that one too.

    `cases` are ids; what the message says is put together when it is sent. `answer` is what the other side said to it.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed")

    occasion = models.CharField(max_length=9, choices=AlertOccasion)
    by = models.CharField(max_length=8, default="mail")  # "mail" or an AlertChannel.Kind
    receiver = models.CharField(max_length=254)
    route = models.ForeignKey(AlertRoute, null=True, blank=True, on_delete=models.SET_NULL, related_name="messages")
    step = models.PositiveSmallIntegerField(default=0)
    channel = models.ForeignKey(AlertChannel, null=True, blank=True, on_delete=models.SET_NULL, related_name="messages")
    subscription = models.ForeignKey(
        AlertSubscription, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    cases = ArrayField(models.UUIDField(), default=list)
    held_back = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    answer = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-id",)
        indexes = [
            models.Index(fields=("route", "created_at"), name="alert_message_of_route"),
            models.Index(fields=("created_at",), name="alert_message_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.occasion} to {self.receiver}"

    @property
    def by_words(self) -> str:
        """Return by which way it went, as people read it."""
        return str(dict(AlertChannel.Kind.choices).get(self.by, _("Mail")))
