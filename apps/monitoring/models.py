"""Exception cases: failures grouped by root cause, with the operations, money, notes and alerts that belong to them."""

from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.customers.models import CustomerOwned
from apps.flows.models import Flow, Operation, Run
from apps.monitoring.alert_models import (
    AlertChannel,
    AlertMessage,
    AlertOccasion,
    AlertRoute,
    AlertSubscription,
    AlertTelling,
    OnCallSchedule,
    OnCallStandIn,
)
from apps.monitoring.blame import QUEUE_LABELS, WAITING_LABELS, Severity, WaitingOn, WorkQueue
from apps.monitoring.bulk_models import BulkEntry, BulkJob
from apps.monitoring.impact import Quality
from apps.monitoring.insight_models import Insight, InsightLook
from apps.monitoring.money_models import CurrencyRate, RiskDay
from apps.monitoring.monitor_models import Monitor, MonitorFigures, MonitorFinding
from apps.monitoring.review_models import ReviewComment, ReviewCopy, ReviewPack, ReviewSetting
from apps.monitoring.sla_models import BusinessCalendar, CustomerSla, SlaBreach, SlaClock, SlaPause, SlaPolicy
from apps.monitoring.triage_models import TriageCall, TriageFallback, TriageModel, TriagePolicy, TriageProposal
from apps.monitoring.value_models import Estimate, ValueDay, ValueFigure, ValueMonth, ValueTerms
from apps.monitoring.work_models import CaseFile, CasePriority, CaseWait, CaseWatch, RoutingRule, Team, TeamMember
from apps.tenants.models import PartnerModel

__all__ = [
    "Alert",
    "AlertChannel",
    "AlertMessage",
    "AlertOccasion",
    "AlertRoute",
    "AlertSubscription",
    "AlertTelling",
    "BulkEntry",
    "BulkJob",
    "BusinessCalendar",
    "CaseAmount",
    "CaseFile",
    "CaseNote",
    "CaseOperation",
    "CasePriority",
    "CaseStep",
    "CaseWait",
    "CaseWatch",
    "CurrencyRate",
    "CustomerSla",
    "Digest",
    "Estimate",
    "ExceptionCase",
    "HomeVisit",
    "Insight",
    "InsightLook",
    "Monitor",
    "MonitorFigures",
    "MonitorFinding",
    "OnCallSchedule",
    "OnCallStandIn",
    "ReviewComment",
    "ReviewCopy",
    "ReviewPack",
    "ReviewSetting",
    "RiskDay",
    "RoutingRule",
    "SlaBreach",
    "SlaClock",
    "SlaPause",
    "SlaPolicy",
    "Team",
    "TeamMember",
    "TriageCall",
    "TriageFallback",
    "TriageModel",
    "TriagePolicy",
    "TriageProposal",
    "ValueDay",
    "ValueFigure",
    "ValueMonth",
    "ValueTerms",
]


class ExceptionCase(CustomerOwned):
    """One root cause that keeps records from where they belong.

    `run` is set for a failure of a whole run (wrong credentials, say), which has no operations: the latest run that
    failed so. `amount` is the largest currency's sum; all of them are in CaseAmount.
    """

    class State(models.TextChoices):
        OPEN = "open", "open"
        RESOLVING = "resolving", "being resolved"  # every operation is on its way again
        CLOSED = "closed", "closed"

    class ClosedHow(models.TextChoices):
        SETTLED = "settled", _("all records were settled")
        RAN_WELL = "ran_well", _("a later run ended well")
        ARRIVED = "arrived", _("something arrived")
        BY_PERSON = "by_person", _("closed by a person")
        FLOW_STOPPED = "flow_stopped", _("the flow is no longer live")
        MERGED = "merged", _("it was merged into another")

    SOLVED = (ClosedHow.SETTLED, ClosedHow.RAN_WELL, ClosedHow.ARRIVED)
    OVER = (*SOLVED, ClosedHow.BY_PERSON)  # the others were merged, or nobody wanted them any more

    flow = models.ForeignKey(Flow, null=True, blank=True, on_delete=models.CASCADE, related_name="cases")
    run = models.ForeignKey(Run, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    # The run that tries the case's operations again; the case is being resolved until it ends.
    retry_run = models.ForeignKey(
        Run, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    # A retry that is still to come, in the name of a person: at a moment, or once a run that brings what is missing is over.
    retry_at = models.DateTimeField(null=True, blank=True)
    retry_after = models.ForeignKey(
        Run, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    retry_planned_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    fingerprint = models.CharField(max_length=32)
    title = models.CharField(max_length=160)
    explanation = models.CharField(max_length=600)
    queue = models.CharField(max_length=12, choices=[(q.value, QUEUE_LABELS[q]) for q in WorkQueue])
    waiting_on = models.CharField(max_length=8, choices=[(w.value, WAITING_LABELS[w]) for w in WaitingOn])
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    owner = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    severity = models.CharField(max_length=6, choices=[(s.value, s.value) for s in Severity])
    priority = models.PositiveSmallIntegerField(choices=CasePriority, default=CasePriority.NORMAL)
    tags = ArrayField(models.CharField(max_length=30), default=list, blank=True)
    # When rules were asked where it goes; None: nobody asked yet.
    routed_at = models.DateTimeField(null=True, blank=True)
    # When something to do was looked for last; None: not yet.
    triaged_at = models.DateTimeField(null=True, blank=True)
    error_class = models.CharField(max_length=24)
    error_field = models.CharField(max_length=60, blank=True)
    # When it was opened last: one that happens again soon is opened again, with its history.
    opened_at = models.DateTimeField()
    first_opened_at = models.DateTimeField(null=True, blank=True)  # None: it was opened once
    reopened = models.PositiveSmallIntegerField(default=0)
    snoozed_until = models.DateTimeField(null=True, blank=True)
    snooze_reason = models.CharField(max_length=200, blank=True)
    # The case that goes on with this one's records, of a case that was closed because it is the same matter.
    merged_into = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="merged")
    changed_at = models.DateTimeField()
    # When somebody of the partner's people first took it up; None: nobody has yet.
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    # None while its clock stands still: it waits for somebody else.
    due_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_how = models.CharField(max_length=12, choices=ClosedHow, blank=True)
    closed_reason = models.CharField(max_length=300, blank=True)
    operation_count = models.PositiveIntegerField(default=0)
    amount = models.DecimalField(max_digits=18, decimal_places=4, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    amount_quality = models.CharField(
        max_length=9, choices=[(q.value, q.value) for q in Quality], default=Quality.UNKNOWN.value
    )

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(
                fields=("customer", "flow", "fingerprint"),
                condition=~Q(state="closed"),
                nulls_distinct=False,
                name="case_open_once",
            )
        ]
        indexes = [
            models.Index(fields=("customer", "queue"), condition=~Q(state="closed"), name="case_open"),
            models.Index(fields=("customer", "-id"), name="case_of_customer"),
            models.Index(fields=("run",), condition=Q(run__isnull=False), name="case_of_run"),
            models.Index(fields=("id",), condition=Q(routed_at__isnull=True), name="case_unrouted"),
            models.Index(
                fields=("id",),
                condition=Q(retry_at__isnull=False) | Q(retry_after__isnull=False),
                name="case_retry_planned",
            ),
            models.Index(fields=("snoozed_until",), condition=Q(snoozed_until__isnull=False), name="case_snoozed"),
            # The latest case of a cause: it is opened again when it happens again soon.
            models.Index(fields=("fingerprint", "-closed_at"), name="case_of_cause"),
            # What helped in cases like this one.
            models.Index(
                fields=("error_class", "-closed_at"), condition=Q(state="closed"), name="case_closed_of_class"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_open(self) -> bool:
        """Return whether somebody still has to do something."""
        return self.state != self.State.CLOSED

    def is_late(self, now: datetime) -> bool:
        """Return whether it is open past its time; while its clock stands still, nothing is late."""
        return self.is_open and self.due_at is not None and self.due_at < now


class CaseOperation(CustomerOwned):
    """A failed state of one operation, in the one case it belongs to.

    `failed_at` is the operation's `changed_at` when it was judged: the same operation failing again is a new row, perhaps
    of another case, and says so: where none failed `again`, records are counted by counting rows.
    """

    case = models.ForeignKey(ExceptionCase, on_delete=models.CASCADE, related_name="case_operations")
    # The ledger has no foreign keys in the database: it is to be cut by time.
    operation = models.ForeignKey(
        Operation, on_delete=models.CASCADE, related_name="case_operations", db_constraint=False, db_index=False
    )
    failed_at = models.DateTimeField()
    again = models.BooleanField(default=False)
    open = models.BooleanField(default=True)
    # The hours of work the record stands for, read from its evidence when it was judged; None: no work, or unknown.
    hours = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    # The record it all began with, as roots.py names it: equal for what several flows hold up of one record; "": nobody looked.
    root = models.CharField(max_length=240, blank=True, default="")
    # What the record was worth when it was judged: history is added up without the ledger, and does not change with it.
    amount = models.DecimalField(max_digits=18, decimal_places=4, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True, default="")
    amount_quality = models.CharField(max_length=9, blank=True, default="")
    # Which part of the business it was about when it was judged, as markets.py finds it; "": nobody said, or nobody looked.
    service_line = models.CharField(max_length=80, blank=True, default="")
    segment = models.CharField(max_length=80, blank=True, default="")
    region = models.CharField(max_length=80, blank=True, default="")
    added_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)
    # The case it belongs to by its cause, where that was merged into this one.
    came_from = models.ForeignKey(
        ExceptionCase, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )

    class Meta:
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(fields=("operation", "failed_at"), name="case_operation_judged_once"),
            models.UniqueConstraint(fields=("operation",), condition=Q(open=True), name="case_operation_open_once"),
        ]
        indexes = [
            models.Index(fields=("case", "id"), condition=Q(open=True), name="case_operation_open"),
            # A record that is held up in several places is found without the ledger.
            models.Index(fields=("customer", "root"), condition=Q(open=True) & ~Q(root=""), name="case_operation_root"),
            # Money at risk over time is read back from what came and went since.
            models.Index(fields=("added_at",), name="case_operation_added"),
            # What was held back in some days, which is a small part of all that ever was.
            models.Index(fields=("failed_at",), name="case_operation_failed"),
            models.Index(fields=("settled_at",), condition=Q(settled_at__isnull=False), name="case_operation_settled"),
        ]

    def __str__(self) -> str:
        return f"{self.operation_id} in {self.case_id}"


class CaseAmount(CustomerOwned):
    """A case's money at risk in one currency; rewritten whenever its operations change."""

    case = models.ForeignKey(ExceptionCase, on_delete=models.CASCADE, related_name="amounts")
    currency = models.CharField(max_length=3)
    amount = models.DecimalField(max_digits=18, decimal_places=4)
    quality = models.CharField(max_length=9)
    records = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=("case", "currency"), name="case_amount_once")]

    def __str__(self) -> str:
        return f"{self.currency} {self.amount}"


class CaseNote(CustomerOwned):
    """What somebody wrote on a case; the customer's people see it only when it is shared with them."""

    case = models.ForeignKey(ExceptionCase, on_delete=models.CASCADE, related_name="notes")
    author = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    author_name = models.CharField(max_length=200)
    text = models.TextField(max_length=4000)
    shared = models.BooleanField(default=False)
    written_at = models.DateTimeField()
    # The case it was written on, where that was merged into this one.
    came_from = models.ForeignKey(
        ExceptionCase, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return self.text[:60]


class CaseStep(CustomerOwned):
    """One line of a case's history: opened, grew, assigned, retried, closed."""

    case = models.ForeignKey(ExceptionCase, on_delete=models.CASCADE, related_name="steps")
    sentence = models.CharField(max_length=300)
    done_by = models.CharField(max_length=200, blank=True)
    done_at = models.DateTimeField()

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return self.sentence


class Alert(CustomerOwned):
    """That it was decided who is told about a case, once per kind; written together with what tells them.

    `to` are the addresses of mails that went out in the same transaction.
    """

    class Kind(models.TextChoices):
        OPENED = "opened", "a case was opened"
        NEEDS_YOU = "needs_you", "a case waits for the customer"
        TOLD_THEM = "told_them", "a case of the customer is open"

    kind = models.CharField(max_length=10, choices=Kind)
    case = models.ForeignKey(ExceptionCase, on_delete=models.CASCADE, related_name="alerts")
    to = ArrayField(models.EmailField(), default=list)
    sent_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=("case", "kind"), name="alert_once")]

    def __str__(self) -> str:
        return f"{self.kind}: {self.case_id}"


class HomeVisit(PartnerModel):
    """When one of the partner's people last looked at the home page: what changed since is told there.

    `since` is the end of the visit before the present one; looking again within a visit moves only `seen_at`.
    """

    person = models.OneToOneField(User, on_delete=models.CASCADE, related_name="+")
    since = models.DateTimeField()
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.person_id} at {self.seen_at:%Y-%m-%d %H:%M}"


class Digest(PartnerModel):
    """That one person's summary of one period was decided on: sent, or left out because there was nothing to say.

    `due_on` is the day on which it was due where the person lives; written together with the mail itself, so that a
    period is told once however often the work is repeated.
    """

    class Frequency(models.TextChoices):
        DAILY = "daily", "every day"
        WEEKLY = "weekly", "every Monday"
        MONTHLY = "monthly", "on the first of the month"

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    frequency = models.CharField(max_length=7, choices=Frequency)
    due_on = models.DateField()
    was_sent = models.BooleanField()
    decided_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=("person", "frequency", "due_on"), name="digest_once")]

    def __str__(self) -> str:
        return f"{self.frequency} of {self.person_id}, {self.due_on}"
