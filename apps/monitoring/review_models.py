"""Reviews: when they are drafted, the packs the partner works on, the copies customers got, and what was said about them."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.customers.models import CustomerOwned


class ReviewSetting(CustomerOwned):
    """How a customer's reviews come about; without a row they are drafted on the first working day, one person is enough."""

    is_on = models.BooleanField(default=True)
    working_day = models.PositiveSmallIntegerField(default=1)
    needs_two = models.BooleanField(default=False)
    language = models.CharField(max_length=8, blank=True)
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("customer",), name="review_setting_once")]

    def __str__(self) -> str:
        return "on" if self.is_on else "off"


class ReviewPack(CustomerOwned):
    """A month's review as the partner's people work on it; customers' people never read this table.

    `sections` as reviews/pack.py stores them, with the figures of `taken_at`; `internal` are lines for the partner alone,
    `changes` what the last refresh made of the figures, {section: {"gone": [text], "new": [text]}}.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        APPROVED = "approved", _("Approved")
        SENT = "sent", _("Sent")
        ARCHIVED = "archived", _("Archived")

    month = models.DateField()
    state = models.CharField(max_length=8, choices=State, default=State.DRAFT)
    language = models.CharField(max_length=8)
    sections = models.JSONField()
    internal = models.JSONField(default=list)
    changes = models.JSONField(default=dict)
    made_at = models.DateTimeField()
    taken_at = models.DateTimeField()
    edited_at = models.DateTimeField(null=True, blank=True)
    edited_by = models.CharField(max_length=200, blank=True)
    editor = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    approved_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.CharField(max_length=200, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    sent_by = models.CharField(max_length=200, blank=True)
    sender = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    receivers = models.JSONField(default=list)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-month", "customer_id")
        constraints = [models.UniqueConstraint(fields=("customer", "month"), name="review_pack_once")]
        indexes = [
            models.Index(fields=("-month",), condition=~Q(state="archived"), name="review_pack_at_work"),
        ]

    def __str__(self) -> str:
        return f"review of {self.month:%Y-%m}"


class ReviewCopy(CustomerOwned):
    """A review as the customer got it; never changed. `digest` is the SHA-256 of all it says, `seal` the house's seal on that."""

    pack = models.OneToOneField(ReviewPack, on_delete=models.CASCADE, related_name="copy")
    month = models.DateField()
    language = models.CharField(max_length=8)
    sections = models.JSONField()
    taken_at = models.DateTimeField()
    sent_at = models.DateTimeField()
    sent_by = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    seal = models.CharField(max_length=64)

    class Meta:
        ordering = ("-month",)
        constraints = [models.UniqueConstraint(fields=("customer", "month"), name="review_copy_once")]

    def __str__(self) -> str:
        return f"review of {self.month:%Y-%m} as sent"


class ReviewComment(CustomerOwned):
    """Something that one of the customer's or the partner's people said about a review that was sent."""

    copy = models.ForeignKey(ReviewCopy, on_delete=models.CASCADE, related_name="comments")
    author = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    author_name = models.CharField(max_length=200)
    by_customer = models.BooleanField()
    text = models.CharField(max_length=2000)
    written_at = models.DateTimeField()

    class Meta:
        ordering = ("written_at", "id")

    def __str__(self) -> str:
        return f"{self.author_name}: {self.text[:40]}"
