"""Both sides of a flow set against each other: when that happens, what each reconciliation found, and the records behind it."""

from django.db import models
from django.db.models import F, Q

from apps.customers.models import Customer, CustomerOwned
from apps.flows.engine.reconcile import UNEXPLAINED, Cause, Verdict
from apps.flows.engine.reconcile_steps import mark_of_step
from apps.flows.models.flow import Flow
from apps.flows.models.ledger import Run


class ReconciliationRule(CustomerOwned):
    """When a flow reconciles the day before by itself: `at` is a time on the customer's clock."""

    flow = models.OneToOneField(Flow, on_delete=models.CASCADE, related_name="reconciliation_rule")
    nightly = models.BooleanField(default=True)
    at = models.TimeField()
    next_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=("next_at",), condition=Q(next_at__isnull=False), name="reconciliation_due"),
        ]

    def __str__(self) -> str:
        return f"reconciliation of {self.flow_id} at {self.at:%H:%M}"


class Reconciliation(CustomerOwned):
    """One reconciliation: how far it is, and the statement it came to. Never changed once it is finished, only signed.

    `first` and `last` are days of `zone`, both included; `since` and `until` the same as instants, `until` left out.
    `statement` is as engine/reconcile.py counts it: {"source": {"count", "sums"}, "target": {...}, "parts": {cause: {"records",
    "count", "sums"}}, "agreed", "unproven"}; of a flow that writes step by step also "steps", a list of such statements with
    "name", "title", "system" and "unasked" (engine/reconcile_steps.py), its "target" being what was carried through. `digest` is
    the SHA-256 of all it says, `signature` the house's seal on that and on who signed when.
    """

    class Method(models.TextChoices):
        LISTED = "listed", "listed"  # as the system lists what changed in the window
        EVERYTHING = "everything", "everything"  # all that the system lists; the window is found by the ledger
        ASKED = "asked", "asked"  # each record that was delivered was asked for
        LEDGER = "ledger", "ledger"  # as the ledger says: the system lists nothing

    flow = models.ForeignKey(Flow, on_delete=models.CASCADE, related_name="reconciliations", db_index=False)
    # Both go with the months of the ledger, each by itself.
    run = models.OneToOneField(Run, null=True, on_delete=models.SET_NULL, related_name="reconciliation")
    version_number = models.PositiveIntegerField()
    first = models.DateField()
    last = models.DateField()
    zone = models.CharField(max_length=64)
    since = models.DateTimeField()
    until = models.DateTimeField()
    source_method = models.CharField(max_length=10, choices=Method, default=Method.LISTED)
    target_method = models.CharField(max_length=10, choices=Method, default=Method.LISTED)
    source_position = models.JSONField(null=True, blank=True)
    target_position = models.JSONField(null=True, blank=True)
    source_done = models.BooleanField(default=False)
    target_done = models.BooleanField(default=False)
    target_pages = models.PositiveIntegerField(default=0)
    seen = models.PositiveIntegerField(default=0)
    begun_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    verdict = models.CharField(max_length=11, choices=[(v.value, v.value) for v in Verdict], blank=True)
    statement = models.JSONField(default=dict)
    unexplained = models.PositiveIntegerField(default=0)
    digest = models.CharField(max_length=64, blank=True)
    signed_at = models.DateTimeField(null=True, blank=True)
    signed_by = models.CharField(max_length=200, blank=True)
    signature = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ("-id",)
        indexes = [
            models.Index(fields=("flow", "-id"), name="reconciliation_of_flow"),
            models.Index(fields=("customer", "first"), name="reconciliation_of_customer"),
        ]
        constraints = [models.CheckConstraint(condition=Q(last__gte=F("first")), name="reconciliation_in_order")]

    def __str__(self) -> str:
        return f"reconciliation of {self.first} to {self.last}"

    @property
    def is_one_day(self) -> bool:
        """Return True when it is about a single day: those stand in the calendar."""
        return self.first == self.last


class ReconciliationRow(CustomerOwned):
    """One record that adds to a difference. Amounts are None where a side does not hold it or does not say.

    `rank` orders them: unexplained first, then by what they are worth. `step` is the step that made what the row is about, ""
    for the record itself. `again_key` is under which other number the target holds what is gone. The operation may be gone with its
    month.
    """

    reconciliation = models.ForeignKey(Reconciliation, on_delete=models.CASCADE, related_name="rows", db_index=False)
    rank = models.PositiveIntegerField()
    cause = models.CharField(max_length=17, choices=[(cause.value, cause.value) for cause in Cause])
    step = models.CharField(max_length=40, blank=True, default="")
    business_key = models.CharField(max_length=200)
    source_key = models.CharField(max_length=120, blank=True)
    target_key = models.CharField(max_length=120, blank=True)
    again_key = models.CharField(max_length=120, blank=True, default="")
    label = models.CharField(max_length=300, blank=True)
    difference = models.SmallIntegerField()
    source_amount = models.DecimalField(max_digits=18, decimal_places=4, null=True, blank=True)
    source_currency = models.CharField(max_length=3, blank=True)
    target_amount = models.DecimalField(max_digits=18, decimal_places=4, null=True, blank=True)
    target_currency = models.CharField(max_length=3, blank=True)
    operation_id = models.UUIDField(null=True, blank=True)

    class Meta:
        ordering = ("rank",)
        constraints = [models.UniqueConstraint(fields=("reconciliation", "rank"), name="reconciliation_row_once")]

    def __str__(self) -> str:
        return self.label or self.business_key

    @property
    def is_unexplained(self) -> bool:
        """Return True when nothing explains it."""
        return self.cause in UNEXPLAINED

    @property
    def mark(self) -> str:
        """Return the mark of findings about it, "" for the record itself."""
        return mark_of_step(self.step) if self.step else ""


class SeenPage(CustomerOwned):
    """What one page or one question of a reconciliation showed, until it is over: a row a page, not a row a record."""

    class Side(models.TextChoices):
        SOURCE = "source", "listed by the source"
        TARGET = "target", "listed by the target"
        SOURCE_ASKED = "from_asked", "asked of the source"
        TARGET_ASKED = "to_asked", "asked of the target"
        MADE_ASKED = "made_asked", "asked of a system that steps write to"
        MADE_AGAIN = "made_again", "looked for by business key in a system that steps write to"

    # No foreign keys in the database: these rows live for minutes, and every page would pay for the look-ups.
    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    side = models.CharField(max_length=10, choices=Side)
    # Which of the systems was asked, as services/reconciliation_steps.py names places; "" where the side says it.
    place = models.CharField(max_length=100, blank=True, default="")
    # As services/reconciliation_sides.py writes them; what was made again carries the number that is gone as its own.
    rows = models.JSONField(default=list)
    asked = models.JSONField(default=list)  # the keys that were asked for
    unclear = models.JSONField(default=list)  # those of them about which the system would not say

    def __str__(self) -> str:
        return f"{len(self.rows)} of {self.run_id}"
