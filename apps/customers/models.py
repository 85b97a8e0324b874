"""Customers of a partner, their legal entities, and which people belong to them."""

from datetime import datetime
from typing import Self, TypeVar
from zoneinfo import ZoneInfo

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.customers.cut_offs import Rhythm, Rule, next_occurrence
from apps.customers.onboarding import Step
from apps.tenants import scope
from apps.tenants.models import PartnerModel

CURRENCY = RegexValidator(r"^[A-Z]{3}$", _("Write the currency as three capital letters, for example EUR."))


Row = TypeVar("Row", bound=models.Model)


class CustomerQuerySet(models.QuerySet[Row]):
    """The one scoping door of the code: rows of the customer in scope, all of the partner's for its staff."""

    column = "customer_id"

    def in_scope(self) -> Self:
        """Limit to the customer whose scope is open, if it is one's."""
        customer_id = scope.require().customer_id
        return self if customer_id is None else self.filter(**{self.column: customer_id})


class CustomerOwnedManager(models.Manager[Row]):
    """Hands out rows in scope only; row-level security in the database says the same a second time."""

    rows: type[CustomerQuerySet[Row]] = CustomerQuerySet

    def get_queryset(self) -> CustomerQuerySet[Row]:
        """Return the rows in scope. Raises NoPartnerError outside one."""
        return self.rows(self.model, using=self._db).in_scope()

    def none(self) -> CustomerQuerySet[Row]:
        """Return no rows; that needs no scope, so API views and their description may ask for it."""
        return self.rows(self.model, using=self._db).none()


class _OwnRows(CustomerQuerySet["Customer"]):
    column = "id"


class CustomerManager(CustomerOwnedManager["Customer"]):
    """Customers in scope: one's own for a customer's people."""

    rows = _OwnRows


class Customer(PartnerModel):
    """A professional-services firm whose systems the partner integrates."""

    class State(models.TextChoices):
        ONBOARDING = "onboarding", "onboarding"
        LIVE = "live", "live"
        PAUSED = "paused", "paused"
        LEFT = "left", "left"

    name = models.CharField(max_length=160, unique=True)
    external_reference = models.CharField(max_length=80, blank=True, help_text="The customer's number at the partner.")
    segment = models.CharField(max_length=60, blank=True)
    country = models.CharField(max_length=2, blank=True)
    currency = models.CharField(max_length=3, default="EUR", validators=[CURRENCY])
    time_zone = models.CharField(max_length=64, default="Europe/Berlin")
    state = models.CharField(max_length=12, choices=State, default=State.ONBOARDING)
    # Who of the partner's people looks after the customer.
    account_owner = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = CustomerManager()

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class CustomerOwned(PartnerModel):
    """A row that belongs to one customer. Its table needs `fence(table)` in its migration: a test checks."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")

    objects = CustomerOwnedManager()

    class Meta:
        abstract = True


class LegalEntity(CustomerOwned):
    """One of the customer's own companies: where invoices are posted."""

    code = models.CharField(max_length=20)
    name = models.CharField(max_length=160)
    country = models.CharField(max_length=2, blank=True)
    currency = models.CharField(max_length=3, validators=[CURRENCY])

    class Meta:
        ordering = ("code",)
        constraints = [models.UniqueConstraint(fields=("customer", "code"), name="legal_entity_code_once")]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Membership(PartnerModel):
    """Which customers a customer user belongs to."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="memberships")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("user", "customer"), name="membership_once")]

    def __str__(self) -> str:
        return f"{self.user} at {self.customer}"


class CutOff(CustomerOwned):
    """A time by which a customer's records must have arrived, again and again, on the customer's own clock.

    `day` is counted as cut_offs.Rhythm says; -1 is the month's last day or last working day.
    """

    name = models.CharField(max_length=80)
    purpose = models.CharField(max_length=200, blank=True)
    rhythm = models.CharField(max_length=12, choices=[(r.value, r.value) for r in Rhythm])
    day = models.SmallIntegerField()
    at = models.TimeField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("name",)
        constraints = [models.UniqueConstraint(fields=("customer", "name"), name="cut_off_name_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def rule(self) -> Rule:
        """Return when it falls due, as a rule. Raises RuleError."""
        return Rule(Rhythm(self.rhythm), self.day, self.at)

    def next_at(self, after: datetime) -> datetime:
        """Return when it falls due next, in UTC; the customer must have been read with it."""
        return next_occurrence(self.rule, ZoneInfo(self.customer.time_zone), after)


class Onboarding(CustomerOwned):
    """What no other row tells about a customer's onboarding; how far it is is derived (see onboarding.py).

    `planned` are slugs of systems somebody means to connect; `confirmed` says for each step a person called complete,
    who did and when: {"entities": {"by": "Hanna Alder", "at": "2026-11-21T07:12:00+00:00"}}.
    """

    owner = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    current_step = models.CharField(
        max_length=12, choices=[(s.value, s.value) for s in Step], default=Step.COMPANY.value
    )
    planned = models.JSONField(default=list)
    confirmed = models.JSONField(default=dict)
    notes = models.TextField(blank=True)
    started_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    finished_by = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("customer",), name="onboarding_once")]

    def __str__(self) -> str:
        return f"onboarding of {self.customer_id}"


class OnboardingInvite(CustomerOwned):
    """A step somebody was asked to do: a colleague of the team (`assignee`), or anyone at the customer who has the link.

    Of a link only the token's SHA-256 is stored; a colleague's row has none. `system` names the one system whose access
    is asked for. The last three fields say who answered and when.
    """

    onboarding = models.ForeignKey(Onboarding, on_delete=models.CASCADE, related_name="invites")
    step = models.CharField(max_length=12, choices=[(s.value, s.value) for s in Step])
    system = models.CharField(max_length=40, blank=True)
    assignee = models.ForeignKey(User, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=120)
    email = models.EmailField()
    message = models.CharField(max_length=500, blank=True)
    token_hash = models.CharField(max_length=64, null=True, unique=True)
    asked_by = models.CharField(max_length=200)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.CharField(max_length=400, blank=True)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.step} asked of {self.email}"

    def state(self, now: datetime) -> str:
        """Return "answered", "revoked", "expired" or "waiting" at `now`."""
        if self.answered_at:
            return "answered"
        if self.revoked_at:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= now else "waiting"


class PayloadPolicy(CustomerOwned):
    """How long the contents of a customer's records are kept here; retention.py says what holds without a row."""

    customer = models.OneToOneField(Customer, on_delete=models.CASCADE, related_name="payload_policy")
    # False: contents are forgotten as soon as a record is settled, and read again from the source when they are needed.
    stored = models.BooleanField(default=True)
    keep_days = models.PositiveSmallIntegerField()
    changed_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.keep_days} days" if self.stored else "no payloads"


class LedgerPolicy(PartnerModel):
    """How long the partner keeps ledger lines: at most one row; retention.py says what holds without it."""

    only = models.BooleanField(default=True, unique=True, editable=False)
    keep_months = models.PositiveSmallIntegerField()
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(only=True), name="ledger_policy_only_one")]

    def __str__(self) -> str:
        return f"{self.keep_months} months"
