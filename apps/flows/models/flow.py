"""What is installed: flows, their immutable versions, the partner's lines and triggers."""

from django.db import models

from apps.connectors.models import Connection, WebhookEndpoint
from apps.customers.models import CustomerOwned
from apps.tenants.models import PartnerModel


class Flow(CustomerOwned):
    """A template installed for one customer between two connections."""

    class State(models.TextChoices):
        DRAFT = "draft", "draft"
        LIVE = "live", "live"
        PAUSED = "paused", "paused"
        RETIRED = "retired", "retired"

    template = models.SlugField(max_length=60)
    name = models.CharField(max_length=160)
    source = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="flows_from")
    target = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="flows_to")
    state = models.CharField(max_length=8, choices=State, default=State.DRAFT)
    state_reason = models.CharField(max_length=300, blank=True)
    live_version = models.ForeignKey("FlowVersion", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    # How long may nothing run before someone is told, in seconds; None: no expectation.
    expected_every_seconds = models.PositiveIntegerField(null=True, blank=True)
    # How often it is seen to move records, as engine/rhythm.py writes it; None: not learned yet.
    rhythm = models.JSONField(null=True, blank=True)
    # When nothing starts by itself, as triggers/blackouts.py writes it; {}: never.
    blackouts = models.JSONField(default=dict, blank=True)
    # What differs from the defaults of the template's settings, by name; a published version holds all of them.
    settings = models.JSONField(default=dict, blank=True)
    # The sandbox flow that this one was made from.
    promoted_from = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="promoted_to"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("name",)
        constraints = [models.UniqueConstraint(fields=("customer", "name"), name="flow_name_once")]

    def __str__(self) -> str:
        return self.name


class FlowRole(CustomerOwned):
    """A further system of a flow, besides its source and target, under the name its steps call it by ("workspace")."""

    flow = models.ForeignKey(Flow, on_delete=models.CASCADE, related_name="roles")
    role = models.SlugField(max_length=30)
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="flow_roles")

    class Meta:
        ordering = ("role",)
        constraints = [models.UniqueConstraint(fields=("flow", "role"), name="flow_role_once")]

    def __str__(self) -> str:
        return f"{self.role} of {self.flow_id}"


class FlowVersion(CustomerOwned):
    """One definition with all its lines, compiled from the layers of that moment. Never changed: a change is a new version.

    It is proposed until it is published (`published_at` None), then live while its flow points to it, then retired.
    `definition` is the flow's steps, `base_definition` what the template made them where the customer has steps of its own;
    `layers` every place's lines as mapping/places.py writes them, so the version stands
    alone. `made_after` is what was live when it was made.
    """

    flow = models.ForeignKey(Flow, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    definition = models.JSONField()
    base_definition = models.JSONField(null=True, blank=True)
    layers = models.JSONField()
    template_version = models.PositiveIntegerField(default=1)
    made_after = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    note = models.CharField(max_length=300, blank=True)
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=200, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    published_by = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ("-number",)
        constraints = [models.UniqueConstraint(fields=("flow", "number"), name="flow_version_once")]

    def __str__(self) -> str:
        return f"version {self.number}"


class PartnerLayer(PartnerModel):
    """The lines that a partner changed for all its customers; only differences are kept.

    They hold at one place of a template (mapping/places.py) for one outside system. `lines` is a list of {"target": ...,
    and only the keys of MappingLine that differ}; {"target": x, "removed": true} removes a lower layer's line.
    """

    template = models.SlugField(max_length=60)
    place = models.SlugField(max_length=40)
    system = models.SlugField(max_length=40)
    lines = models.JSONField(default=list)
    changed_at = models.DateTimeField(auto_now=True)
    changed_by = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("template", "place", "system"), name="partner_place_once")]

    def __str__(self) -> str:
        return f"partner's lines of {self.template}, {self.place}"


class Trigger(CustomerOwned):
    """What starts a flow by itself: a schedule, a webhook, or a business event called `event_name`.

    A schedule is an interval (`every_seconds`) or a calendar (`cron`, read on the clock of `zone`), never both; either may
    also run `before_cut_off_minutes` before each of the customer's cut-offs.
    """

    class Kind(models.TextChoices):
        SCHEDULE = "schedule", "schedule"
        WEBHOOK = "webhook", "webhook"
        EVENT = "event", "event"

    flow = models.ForeignKey(Flow, on_delete=models.CASCADE, related_name="triggers")
    kind = models.CharField(max_length=8, choices=Kind)
    every_seconds = models.PositiveIntegerField(null=True, blank=True)
    cron = models.CharField(max_length=120, blank=True)
    zone = models.CharField(max_length=64, blank=True)
    endpoint = models.ForeignKey(
        WebhookEndpoint, null=True, blank=True, on_delete=models.CASCADE, related_name="triggers"
    )
    event_name = models.CharField(max_length=60, blank=True)
    before_cut_off_minutes = models.PositiveSmallIntegerField(null=True, blank=True)
    active = models.BooleanField(default=True)
    next_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.kind} of {self.flow_id}"
