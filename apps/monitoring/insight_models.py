"""Insights: what was found unusual, missing or at risk in a customer's records, and what people said about it.

Part of `models`, which is where they are imported from.
"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.customers.models import CustomerOwned
from apps.flows.models import Flow, Operation


class Insight(CustomerOwned):
    """One thing found about one record, at most once for each cause: found again, the same row says what holds now.

    `record_key` names what it is about, `facts` are what its sentence is made of (insights/words.py). `operation` leads to the
    record, None where no flow carried it or the ledger line is gone.
    """

    class Kind(models.TextChoices):
        ANOMALY = "anomaly", _("Unusual")
        MISSING = "missing", _("Missing data")
        RISK = "risk", _("Project at risk")
        STAFFING = "staffing", _("Staffing")

    class Cause(models.TextChoices):
        LONG_DAY = "long_day", _("Long day")
        ODD_DAY = "odd_day", _("Unusual weekday")
        ODD_HOUR = "odd_hour", _("Unusual time of day")
        HOLIDAY = "holiday", _("Work on a holiday")
        RATE = "rate", _("Unusual rate")
        AMOUNT = "amount", _("Unusual amount")
        VOLUME = "volume", _("Unusual volume")
        INCOMPLETE = "incomplete", _("Data missing")
        BUDGET_HOURS = "budget_hours", _("Budget in hours")
        BUDGET_MONEY = "budget_money", _("Budget in money")
        END_PASSED = "end_passed", _("Work after the end")
        BEHIND = "behind", _("Behind its plan")
        MILESTONE_LATE = "milestone_late", _("Milestone late")
        OPEN_REQUEST = "open_request", _("Somebody is looked for")
        OVERBOOKED = "overbooked", _("Planned for too much")

    class State(models.TextChoices):
        OPEN = "open", _("To look at")
        ACCEPTED = "accepted", _("Accepted")
        DISMISSED = "dismissed", _("Dismissed")
        GONE = "gone", _("Over")

    class Urgency(models.IntegerChoices):
        LOOK = 1, _("When there is time")
        SOON = 2, _("Soon")
        NOW = 3, _("Now")

    class Ended(models.TextChoices):
        SETTLED = "settled", _("It is no longer so")
        OLD = "old", _("It was not seen any more")

    kind = models.CharField(max_length=8, choices=Kind)
    cause = models.CharField(max_length=16, choices=Cause)
    record_key = models.CharField(max_length=300)
    canonical_type = models.CharField(max_length=40, blank=True)
    # The ledger has no foreign keys in the database: it is to be cut by time.
    operation = models.ForeignKey(
        Operation,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    flow = models.ForeignKey(Flow, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    label = models.CharField(max_length=300)
    project_ref = models.CharField(max_length=120, blank=True)
    client_ref = models.CharField(max_length=120, blank=True)
    happened_on = models.DateField(null=True, blank=True)
    facts = models.JSONField(default=dict, blank=True)
    urgency = models.PositiveSmallIntegerField(choices=Urgency)
    amount = models.DecimalField(max_digits=18, decimal_places=4, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    amount_quality = models.CharField(max_length=9, blank=True)
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    found_at = models.DateTimeField()
    seen_at = models.DateTimeField()  # when it was last found to be so
    gone_at = models.DateTimeField(null=True, blank=True)
    ended = models.CharField(max_length=7, choices=Ended, blank=True)
    returned = models.PositiveSmallIntegerField(default=0)  # how often it came back after it was over
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by_name = models.CharField(max_length=200, blank=True)
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("-id",)
        constraints = [models.UniqueConstraint(fields=("customer", "cause", "record_key"), name="insight_once")]
        indexes = [
            models.Index(fields=("customer", "state", "-found_at"), name="insight_of_customer"),
            models.Index(fields=("state", "-found_at"), name="insight_by_state"),
            models.Index(fields=("operation",), condition=Q(operation__isnull=False), name="insight_of_operation"),
        ]

    def __str__(self) -> str:
        return f"{self.cause} of {self.record_key}"

    @property
    def is_open(self) -> bool:
        """Return whether nobody has said anything about it yet, and it is still so."""
        return self.state == self.State.OPEN

    @property
    def decision(self) -> str:
        """Return what was decided last, "" while nothing was; `state` may say something else by now.

        Of what is to look at again, or over since, it was accepted: what was dismissed stays dismissed.
        """
        if self.decided_at is None:
            return ""
        return self.state if self.state in (self.State.ACCEPTED, self.State.DISMISSED) else self.State.ACCEPTED


class InsightLook(CustomerOwned):
    """When a customer's records were last looked at, and what each part of the look had to go by.

    `parts` are as insights/coverage.py writes them: [{"part": "rates", "seen": 400, "without": 12, "missing": ""}].
    """

    looked_at = models.DateTimeField()
    parts = models.JSONField(default=list, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("customer",), name="insight_look_once")]

    def __str__(self) -> str:
        return f"looked at {self.looked_at:%Y-%m-%d %H:%M}"
