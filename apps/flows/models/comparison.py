"""Looking for deletions that leave no trace: when a flow compares all numbers, and what each comparison found."""

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from apps.customers.models import Customer, CustomerOwned
from apps.flows.models.flow import Flow
from apps.flows.models.ledger import Run


class ComparisonRule(CustomerOwned):
    """When a flow compares all numbers of its source with its ledger, and how many may be missing before it is doubted.

    `at` is a time on the customer's clock. More than `most_percent` of the known records and more than `most_records` of them
    missing at once are believed only once a person has said so.
    """

    class Every(models.TextChoices):
        OFF = "off", "off"
        DAY = "day", "day"
        WEEK = "week", "week"  # in the night to Sunday

    flow = models.OneToOneField(Flow, on_delete=models.CASCADE, related_name="comparison_rule")
    every = models.CharField(max_length=4, choices=Every, default=Every.DAY)
    at = models.TimeField()
    most_percent = models.PositiveSmallIntegerField(
        default=5, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    most_records = models.PositiveIntegerField(default=20)
    next_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=("next_at",), condition=models.Q(next_at__isnull=False), name="comparison_due")]

    def __str__(self) -> str:
        return f"comparison of {self.flow_id} every {self.every}"


class Comparison(CustomerOwned):
    """One comparison: how far its listing is, and what it found. Its run says whether it is over.

    `listed` numbers were shown, `known` ones had been delivered, `missing` of those were not shown; each of the missing was
    asked for by itself: `gone`, `there` after all, or `unclear` (the system would not say). `looked_to` is the last of them.
    `unlisted` names those that are there although no list shows them, so that the next comparison is not surprised.
    """

    run = models.OneToOneField(Run, on_delete=models.CASCADE, related_name="comparison")
    flow = models.ForeignKey(Flow, on_delete=models.CASCADE, related_name="comparisons", db_index=False)
    position = models.JSONField(null=True, blank=True)
    pages = models.PositiveIntegerField(default=0)
    listed_all = models.BooleanField(default=False)
    judged = models.BooleanField(default=False)
    held = models.BooleanField(default=False)  # doubted: a person decides
    listed = models.PositiveIntegerField(default=0)
    known = models.PositiveIntegerField(default=0)
    missing = models.PositiveIntegerField(default=0)
    gone = models.PositiveIntegerField(default=0)
    there = models.PositiveIntegerField(default=0)
    unclear = models.PositiveIntegerField(default=0)
    looked_to = models.CharField(max_length=120, blank=True, default="")
    unlisted = ArrayField(models.CharField(max_length=120), default=list, blank=True)
    begun_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-id",)
        indexes = [models.Index(fields=("flow", "-id"), name="comparison_of_flow")]

    def __str__(self) -> str:
        return f"comparison {self.run_id}"


class ListedPage(CustomerOwned):
    """The numbers of one page of a comparison's listing, until it is over: a row a page, not a row a number."""

    # No foreign keys in the database: these rows live for minutes, and every page would pay for the look-ups.
    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    keys = ArrayField(models.CharField(max_length=120))

    def __str__(self) -> str:
        return f"{len(self.keys)} numbers of {self.run_id}"
