"""What is proposed for cases and what became of it, the policy of each class, and the language model that may be asked.

Part of `models`, which is where they are imported from.
"""

from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.connectors.models import KeptSecret
from apps.customers.models import CustomerOwned
from apps.monitoring.work_models import Team
from apps.tenants.models import PartnerModel


class TriageProposal(CustomerOwned):
    """One proposal for a case. Texts that are "" are said in the reader's language, from the class's own words.

    `opening` is how often the case had been opened again: what was refused once is not proposed again before that changes.
    """

    class State(models.TextChoices):
        OPEN = "open", _("Waits for a decision")
        APPROVED = "approved", _("Waits for a second person")
        APPLIED = "applied", _("Applied")
        CHANGED = "changed", _("Applied with changes")
        REFUSED = "refused", _("Refused")
        STALE = "stale", _("Overtaken")

    class Source(models.TextChoices):
        RULES = "rules", _("Rules")
        PAST = "past", _("Past exceptions")
        MODEL = "model", _("Language model")

    class Deed(models.TextChoices):
        RETRY = "retry", _("Retry all")
        ADD_VALUE = "add_value", _("Add a translation")
        BRING = "bring", _("Bring what is missing, then retry")
        ASK = "ask", _("Ask the customer")
        WAIT = "wait", _("Wait for the provider")
        PLAN = "plan", _("Retry at a moment")
        SKIP = "skip", _("Leave out")

    class Refusal(models.TextChoices):
        WRONG_CAUSE = "wrong_cause", _("The cause is another")
        WRONG_FIX = "wrong_fix", _("The cause is right, the fix is not")
        DONE_OTHERWISE = "done_otherwise", _("It was mended otherwise")
        TOO_RISKY = "too_risky", _("Too risky")

    WAITING = (State.OPEN, State.APPROVED)  # somebody can still decide on it
    DONE = (State.APPLIED, State.CHANGED)

    case = models.ForeignKey("monitoring.ExceptionCase", on_delete=models.CASCADE, related_name="triage_proposals")
    opening = models.PositiveSmallIntegerField(default=0)
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    source = models.CharField(max_length=5, choices=Source)
    error_class = models.CharField(max_length=24)  # the case's own
    seems_class = models.CharField(max_length=24, blank=True)  # what it looks like, where that is another
    cause = models.CharField(max_length=600, blank=True)
    queue = models.CharField(max_length=12, blank=True)
    # Who solved such cases; None leaves the case with whom it is.
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    deed = models.CharField(max_length=9, choices=Deed)
    arguments = models.JSONField(default=dict, blank=True)
    client_sentence = models.TextField(max_length=1000, blank=True)
    confidence = models.PositiveSmallIntegerField()
    evidence = models.JSONField(default=list, blank=True)
    made_at = models.DateTimeField()
    # The first of two people, and what they agreed to.
    first_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    first_name = models.CharField(max_length=200, blank=True)
    first_at = models.DateTimeField(null=True, blank=True)
    was_changed = models.BooleanField(default=False)
    decided_by_name = models.CharField(max_length=200, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    alone = models.BooleanField(default=False)  # applied without anybody
    tried_alone_at = models.DateTimeField(null=True, blank=True)
    refusal = models.CharField(max_length=14, choices=Refusal, blank=True)

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(
                fields=("case",), condition=Q(state__in=["open", "approved"]), name="triage_proposal_open_once"
            )
        ]
        indexes = [
            models.Index(fields=("case", "-id"), name="triage_of_case"),
            models.Index(fields=("error_class", "source", "-decided_at"), name="triage_decided"),
        ]

    def __str__(self) -> str:
        return f"{self.deed} for {self.case_id}"

    @property
    def is_open(self) -> bool:
        """Return whether somebody can still decide on it."""
        return self.state in self.WAITING


class TriagePolicy(PartnerModel):
    """Who has to agree to proposals for one class; `error_class` "" holds for every class without a policy of its own."""

    class Handling(models.IntegerChoices):
        ALONE = 1, _("Applied by itself")
        ONE_CLICK = 2, _("One click")
        TWO_PEOPLE = 3, _("Two people")
        NEVER = 4, _("Never: by hand only")

    error_class = models.CharField(max_length=24, blank=True, unique=True)
    known = models.PositiveSmallIntegerField(choices=Handling, default=Handling.ONE_CLICK)
    estimated = models.PositiveSmallIntegerField(choices=Handling, default=Handling.ONE_CLICK)
    unknown = models.PositiveSmallIntegerField(choices=Handling, default=Handling.ONE_CLICK)
    limit = models.DecimalField(max_digits=18, decimal_places=4, default=Decimal(10_000))
    currency = models.CharField(max_length=3, default="EUR")
    above = models.PositiveSmallIntegerField(choices=Handling, default=Handling.TWO_PEOPLE)
    destructive = models.PositiveSmallIntegerField(choices=Handling, default=Handling.TWO_PEOPLE)
    floor = models.PositiveSmallIntegerField(default=50)  # of a hundred accepted; below that the class falls back
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=200)

    class Meta:
        ordering = ("error_class",)

    def __str__(self) -> str:
        return self.error_class or "every class"


class TriageFallback(PartnerModel):
    """That proposals of one source for a class were wrong too often: they are for reading only until a person brings them back."""

    error_class = models.CharField(max_length=24)
    source = models.CharField(max_length=5, choices=TriageProposal.Source)
    fell_at = models.DateTimeField()
    share = models.PositiveSmallIntegerField()  # of a hundred, when it fell
    decided = models.PositiveSmallIntegerField()
    returned_at = models.DateTimeField(null=True, blank=True)
    returned_by = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(
                fields=("error_class", "source"),
                condition=Q(returned_at__isnull=True),
                name="triage_fell_back_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.error_class} by {self.source} since {self.fell_at:%Y-%m-%d}"


class TriageModel(PartnerModel):
    """The language model a partner may ask for proposals, off until somebody switches it on. There is at most one.

    `key` is sealed; None where the model needs none.
    """

    only_one = models.BooleanField(default=True, unique=True, editable=False)
    is_on = models.BooleanField(default=False)
    address = models.CharField(max_length=300)
    name = models.CharField(max_length=120)
    key = models.ForeignKey(KeptSecret, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    classes = ArrayField(models.CharField(max_length=24), default=list, blank=True)
    masks = ArrayField(models.CharField(max_length=10), default=list, blank=True)
    seconds = models.PositiveSmallIntegerField(default=20)
    most_a_day = models.PositiveIntegerField(default=200)
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=200)

    def __str__(self) -> str:
        return self.name


class TriageCall(CustomerOwned):
    """One question to the language model: what left the house, masked, and what came of it."""

    class Outcome(models.TextChoices):
        USED = "used", _("Used")
        NONSENSE = "nonsense", _("Not usable")
        FAILED = "failed", _("No answer")

    case = models.ForeignKey("monitoring.ExceptionCase", on_delete=models.CASCADE, related_name="+")
    asked_at = models.DateTimeField()
    milliseconds = models.PositiveIntegerField()
    outcome = models.CharField(max_length=8, choices=Outcome)
    problem = models.CharField(max_length=300, blank=True)
    sent = models.TextField()

    class Meta:
        ordering = ("-id",)
        indexes = [models.Index(fields=("-asked_at",), name="triage_call_day")]

    def __str__(self) -> str:
        return f"{self.outcome} at {self.asked_at:%Y-%m-%d %H:%M}"
