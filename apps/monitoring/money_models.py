"""Exchange rates that somebody wrote down, and the money at risk of each day. Part of `models`, which is where they are imported from."""

from django.db import models

from apps.customers.models import CURRENCY, CustomerOwned
from apps.flows.models import Flow
from apps.tenants.models import PartnerModel


class CurrencyRate(PartnerModel):
    """On a day, one unit of a currency was worth so much of another; `source` says who said so."""

    day = models.DateField()
    from_currency = models.CharField(max_length=3, validators=[CURRENCY])
    to_currency = models.CharField(max_length=3, validators=[CURRENCY])
    rate = models.DecimalField(max_digits=20, decimal_places=10)
    source = models.CharField(max_length=80, blank=True)
    entered_at = models.DateTimeField()
    entered_by = models.CharField(max_length=200)

    class Meta:
        ordering = ("-day", "from_currency", "to_currency")
        constraints = [
            models.UniqueConstraint(fields=("day", "from_currency", "to_currency"), name="currency_rate_once")
        ]

    def __str__(self) -> str:
        return f"{self.day}: 1 {self.from_currency} = {self.rate} {self.to_currency}"


class RiskDay(CustomerOwned):
    """The money at risk at the end of a customer's day, or so far today, in the customer's currency.

    `flow` None: of the whole customer, where a record that several flows hold up counts once. `left` is what no rate leads
    into the currency, {"USD": "12.50"}. A day without a row is as the one before.
    """

    flow = models.ForeignKey(Flow, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    day = models.DateField()
    currency = models.CharField(max_length=3)
    known = models.DecimalField(max_digits=20, decimal_places=2)
    estimated = models.DecimalField(max_digits=20, decimal_places=2)
    left = models.JSONField(default=dict)
    records = models.PositiveIntegerField()
    unknown_records = models.PositiveIntegerField()
    measured_at = models.DateTimeField()

    class Meta:
        ordering = ("day",)
        constraints = [
            models.UniqueConstraint(fields=("customer", "flow", "day"), nulls_distinct=False, name="risk_day_once")
        ]
        indexes = [models.Index(fields=("customer", "-day"), name="risk_day_of_customer")]

    def __str__(self) -> str:
        return f"{self.day}: {self.currency} {self.known}"
