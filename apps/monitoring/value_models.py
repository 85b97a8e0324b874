"""Value: what was agreed with a customer about it, what was measured day by day, its months; and estimates for prospects."""

from django.db import models

from apps.customers.models import CURRENCY, CustomerOwned
from apps.tenants.models import PartnerModel


class ValueTerms(CustomerOwned):
    """What holds from a month on; never changed. Of several of one month the one agreed last counts.

    `values` as value/terms.py stores them.
    """

    month = models.DateField()
    values = models.JSONField()
    agreed_at = models.DateTimeField()
    agreed_by = models.CharField(max_length=200)

    class Meta:
        ordering = ("-month", "-agreed_at")
        indexes = [models.Index(fields=("customer", "-month", "-agreed_at"), name="value_terms_of_customer")]

    def __str__(self) -> str:
        return f"from {self.month:%Y-%m}"


class ValueDay(CustomerOwned):
    """What was posted of one canonical type on one day (UTC), and how long `delay_records` of them took together.

    Kept when the ledger's lines are gone. A day is measured anew until it is over.
    """

    day = models.DateField()
    canonical_type = models.CharField(max_length=40)
    posted = models.PositiveIntegerField()
    delay_records = models.PositiveIntegerField()
    delay_seconds = models.DecimalField(max_digits=20, decimal_places=3)
    measured_at = models.DateTimeField()

    class Meta:
        ordering = ("day", "canonical_type")
        constraints = [models.UniqueConstraint(fields=("customer", "day", "canonical_type"), name="value_day_once")]

    def __str__(self) -> str:
        return f"{self.canonical_type} on {self.day}: {self.posted}"


class ValueMonth(CustomerOwned):
    """One month of a customer (UTC): the terms its figures go by, and whether it is closed: then nothing changes any more.

    `left` is what was protected and no rate leads into the currency, {"SEK": "12.50"}.
    """

    month = models.DateField()
    currency = models.CharField(max_length=3, validators=[CURRENCY])
    terms = models.JSONField()
    left = models.JSONField(default=dict)
    booked_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-month",)
        constraints = [models.UniqueConstraint(fields=("customer", "month"), name="value_month_once")]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"


class ValueFigure(CustomerOwned):
    """One figure of a month; `detail` "" is the whole, else the canonical type or the kind of failure it is a part for.

    `kind`, `unit` and `evidence` are words of value/figures.py.
    """

    month = models.ForeignKey(ValueMonth, on_delete=models.CASCADE, related_name="figures")
    kind = models.CharField(max_length=12)
    detail = models.CharField(max_length=40, blank=True)
    unit = models.CharField(max_length=8)
    amount = models.DecimalField(max_digits=20, decimal_places=2)
    evidence = models.CharField(max_length=8)
    sample = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=("month", "kind", "detail"), name="value_figure_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.detail}: {self.amount} {self.unit}"


class Estimate(PartnerModel):
    """What a prospect could expect, from its own numbers; `inputs` as value/roi.py stores them.

    Whoever has the link with `link_key` may read it until `link_until`; without a key nobody can.
    """

    name = models.CharField(max_length=160)
    currency = models.CharField(max_length=3, validators=[CURRENCY])
    inputs = models.JSONField()
    link_key = models.CharField(max_length=43, blank=True)
    link_until = models.DateTimeField(null=True, blank=True)
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=200)
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=200)

    class Meta:
        ordering = ("-changed_at",)

    def __str__(self) -> str:
        return self.name
