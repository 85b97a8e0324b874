"""Service levels: packages, calendars, what each customer was promised and when, clocks, their pauses, and breaches."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from apps.accounts.models import User
from apps.customers.models import CURRENCY, CustomerOwned, CutOff
from apps.flows.models import Flow
from apps.monitoring.sla.clock import PauseCause
from apps.monitoring.sla.terms import Promise, Terms, terms_from_values
from apps.tenants.models import PartnerModel


class BusinessCalendar(PartnerModel):
    """Opening hours that clocks count by; `week` and `own_days` as sla/terms.py stores them."""

    name = models.CharField(max_length=80, unique=True)
    zone = models.CharField(max_length=64)
    week = models.JSONField()
    country = models.CharField(max_length=2, blank=True)
    region = models.CharField(max_length=12, blank=True)
    own_days = models.JSONField(default=dict, blank=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class SlaPolicy(PartnerModel):
    """A service package: what it promises, what stops its clocks, and what a missed promise gives back.

    `targets` as sla/terms.py stores them; `bands` is [[60, "2.5"]]: from an hour late on, 2.5 % of the month's fee.
    """

    name = models.CharField(max_length=80, unique=True)
    summary = models.CharField(max_length=200, blank=True)
    targets = models.JSONField()
    pauses = ArrayField(models.CharField(max_length=8), default=list, blank=True)
    bands = models.JSONField(default=list, blank=True)
    cap_percent = models.DecimalField(max_digits=5, decimal_places=2, default=100)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class CustomerSla(CustomerOwned):
    """What one customer is promised from one moment to another. `terms` is complete and never changes afterwards.

    A changed package or calendar ends the row and begins another, so that past months stay as they were.
    """

    policy = models.ForeignKey(SlaPolicy, null=True, on_delete=models.SET_NULL, related_name="customers")
    calendar = models.ForeignKey(BusinessCalendar, null=True, on_delete=models.SET_NULL, related_name="customers")
    fee = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True, validators=[CURRENCY])
    terms = models.JSONField()
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True, blank=True)
    agreed_by = models.CharField(max_length=200)

    class Meta:
        ordering = ("-valid_from",)
        constraints = [
            models.UniqueConstraint(
                fields=("customer",), condition=Q(valid_until__isnull=True), name="customer_sla_one_now"
            ),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=F("valid_from")),
                name="customer_sla_in_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.terms['name']} for {self.customer_id}"

    def read_terms(self) -> Terms:
        """Return what was promised."""
        return terms_from_values(self.terms)


class SlaClock(CustomerOwned):
    """One promise under way or kept: about a case, about a flow's oldest record on its way, or about one cut-off.

    `agreement` None: the usual times. `target_seconds` None: the due time was set by what it is about and no pause moves
    it. `due_at` None: it stands still. `elapsed_seconds` is the business time it took, once stopped.
    """

    promise = models.CharField(max_length=11, choices=[(p.value, p.value) for p in Promise])
    agreement = models.ForeignKey(CustomerSla, null=True, blank=True, on_delete=models.RESTRICT, related_name="clocks")
    case = models.ForeignKey(
        "monitoring.ExceptionCase", null=True, blank=True, on_delete=models.CASCADE, related_name="clocks"
    )
    flow = models.ForeignKey(Flow, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    cut_off = models.ForeignKey(CutOff, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    cut_off_name = models.CharField(max_length=80, blank=True)
    severity = models.CharField(max_length=6, blank=True)
    started_at = models.DateTimeField()
    target_seconds = models.PositiveIntegerField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)
    breached_at = models.DateTimeField(null=True, blank=True)
    elapsed_seconds = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        ordering = ("due_at", "id")
        constraints = [
            models.UniqueConstraint(fields=("case", "promise"), name="clock_of_case_once"),
            models.UniqueConstraint(
                fields=("flow",), condition=Q(flow__isnull=False, stopped_at__isnull=True), name="clock_of_flow_once"
            ),
            models.UniqueConstraint(fields=("cut_off", "due_at"), name="clock_of_cut_off_once"),
        ]
        indexes = [
            models.Index(
                fields=("due_at",), condition=Q(stopped_at__isnull=True, breached_at__isnull=True), name="clock_ticking"
            ),
            models.Index(fields=("customer", "due_at"), condition=Q(stopped_at__isnull=True), name="clock_open"),
            models.Index(fields=("customer", "stopped_at"), condition=Q(stopped_at__isnull=False), name="clock_ended"),
        ]

    def __str__(self) -> str:
        return f"{self.promise} of {self.case_id or self.flow_id or self.cut_off_name}"


class SlaPause(CustomerOwned):
    """A time in which a clock stood still, and whose time it is booked to; `ended_at` None: it still does."""

    clock = models.ForeignKey(SlaClock, on_delete=models.CASCADE, related_name="pauses")
    cause = models.CharField(max_length=8, choices=[(c.value, c.value) for c in PauseCause])
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("started_at", "id")
        constraints = [
            models.UniqueConstraint(fields=("clock",), condition=Q(ended_at__isnull=True), name="clock_paused_once")
        ]

    def __str__(self) -> str:
        return f"{self.cause} from {self.started_at:%Y-%m-%d %H:%M}"


class SlaBreach(CustomerOwned):
    """A promise that was not kept; written once. `late_seconds` of business time and `credit` are final once it stopped.

    An excused breach gives no credit; who excused it and why stays.
    """

    clock = models.OneToOneField(SlaClock, on_delete=models.CASCADE, related_name="breach")
    breached_at = models.DateTimeField()
    late_seconds = models.PositiveIntegerField(null=True, blank=True)
    credit = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    excused_at = models.DateTimeField(null=True, blank=True)
    excused_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    excused_by_name = models.CharField(max_length=200, blank=True)
    excuse = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("-breached_at", "-id")
        indexes = [models.Index(fields=("customer", "-breached_at"), name="breach_of_customer")]

    def __str__(self) -> str:
        return f"breach of {self.clock_id} at {self.breached_at:%Y-%m-%d %H:%M}"
