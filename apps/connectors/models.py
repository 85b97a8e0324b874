"""Connections of customers to outside systems, and their sealed credentials."""

from django.db import models

from apps.connectors.breaker_rule import BreakerState
from apps.customers.models import CustomerOwned
from apps.tenants.models import PartnerModel


class Connection(CustomerOwned):
    """One customer's login to one system. `system` is a slug of the catalogue."""

    class State(models.TextChoices):
        UNTESTED = "untested", "not tested yet"
        WORKING = "working", "working"
        ATTENTION = "attention", "needs attention"
        DISABLED = "disabled", "switched off"

    class Environment(models.TextChoices):
        SANDBOX = "sandbox", "sandbox"
        PRODUCTION = "production", "production"

    system = models.SlugField(max_length=40)
    name = models.CharField(max_length=120)
    base_url = models.URLField(max_length=400)
    settings = models.JSONField(default=dict, blank=True)
    environment = models.CharField(max_length=12, choices=Environment, default=Environment.PRODUCTION)
    state = models.CharField(max_length=12, choices=State, default=State.UNTESTED)
    state_reason = models.CharField(max_length=400, blank=True)
    last_success_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("name",)
        constraints = [models.UniqueConstraint(fields=("customer", "name"), name="connection_name_once")]

    def __str__(self) -> str:
        return self.name


class CircuitBreaker(CustomerOwned):
    """Whether a connection is called at all just now: one row for all workers, there once something went wrong.

    The columns are those of breaker_rule.Standing, which says what they mean and how they move.
    """

    connection = models.OneToOneField(Connection, on_delete=models.CASCADE, related_name="breaker")
    state = models.CharField(max_length=10, choices=[(s.value, s.value) for s in BreakerState], default="closed")
    needs_person = models.BooleanField(default=False)
    reason = models.CharField(max_length=400, blank=True)
    since = models.DateTimeField(null=True, blank=True)
    next_probe_at = models.DateTimeField(null=True, blank=True)
    probes = models.PositiveSmallIntegerField(default=0)
    window_began_at = models.DateTimeField(null=True, blank=True)
    calls = models.PositiveIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)
    outages = models.PositiveSmallIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.connection_id}: {self.state}"

    @property
    def is_open(self) -> bool:
        """True while the connection is not called."""
        return self.state == BreakerState.OPEN


class Credential(CustomerOwned):
    """One secret of a connection, sealed and bound to this row: a ciphertext moved elsewhere does not open.

    `generation` grows with each new value. A refresh token may be used once only: until `borrowed_until` (the database's
    clock) one worker has it in hand and no other may take it.
    """

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="credentials")
    name = models.CharField(max_length=40)
    sealed = models.BinaryField()
    key_version = models.PositiveSmallIntegerField(default=1)
    last4 = models.CharField(max_length=4, blank=True)
    set_at = models.DateTimeField()
    generation = models.PositiveIntegerField(default=0)
    borrowed_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("connection", "name"), name="credential_name_once")]

    def __str__(self) -> str:
        return f"{self.name} (set {self.set_at:%Y-%m-%d})"


class SignIn(CustomerOwned):
    """One person's way to a system's sign-in page and back.

    `mark_hash` is of the random text that went along ("state", RFC 6749), `session_hash` of the browser's session: only
    that browser may come back, once, until `ends_at`. `sealed` holds the PKCE verifier and then the code; it is emptied
    when the way has ended.
    """

    class State(models.TextChoices):
        ASKED = "asked", "at the system's sign-in page"
        RETURNED = "returned", "being finished"
        DONE = "done", "signed in"
        FAILED = "failed", "not signed in"

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="sign_ins")
    state = models.CharField(max_length=8, choices=State, default=State.ASKED)
    reason = models.CharField(max_length=400, blank=True)
    mark_hash = models.CharField(max_length=64, unique=True)
    session_hash = models.CharField(max_length=64)
    person = models.CharField(max_length=260, blank=True)
    callback = models.CharField(max_length=400)
    sealed = models.BinaryField(default=bytes)
    key_version = models.PositiveSmallIntegerField(default=1)
    started_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"sign-in of {self.connection_id} at {self.started_at:%H:%M}"


class PartnerKey(PartnerModel):
    """The partner's data key, wrapped by the installation's key; a new version per rotation."""

    version = models.PositiveSmallIntegerField(unique=True)
    wrapped = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-version",)

    def __str__(self) -> str:
        return f"data key {self.version}"


class ConnectionTest(CustomerOwned):
    """One run of "test this connection" and its plain result, step by step."""

    class State(models.TextChoices):
        RUNNING = "running", "running"
        PASSED = "passed", "passed"
        FAILED = "failed", "failed"

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="tests")
    state = models.CharField(max_length=8, choices=State, default=State.RUNNING)
    steps = models.JSONField(default=list)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"test of {self.connection_id} at {self.started_at:%H:%M}"


class Discovery(CustomerOwned):
    """The latest asking of a connection's system what its records look like, and what came of it."""

    class State(models.TextChoices):
        RUNNING = "running", "running"
        DONE = "done", "done"
        FAILED = "failed", "failed"

    connection = models.OneToOneField(Connection, on_delete=models.CASCADE, related_name="discovery")
    state = models.CharField(max_length=8, choices=State, default=State.RUNNING)
    reason = models.CharField(max_length=400, blank=True)
    asked_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"fields of {self.connection_id}: {self.state}"


class ObjectShape(CustomerOwned):
    """What one object of a connection's system looks like: `fields` as found last, `agreed` as mappings may rely on it.

    Both are lists of connectors.shapes.DiscoveredField. Harmless news move into `agreed` by themselves; what could harm a
    mapping stays different until it is as before or a person agrees. `notes` are the latest news, newest first:
    {"at": ISO instant, "change": shapes.Change, "field": name, "label": text, "was": text, "now": text, "choices": [text]};
    a change with "ended" true is one that is over.
    `looked_at` is the last try to find out, `discovered_at` the last that worked.
    """

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="shapes")
    object_name = models.CharField(max_length=80)
    label = models.CharField(max_length=120)
    source = models.CharField(max_length=8)
    fields = models.JSONField(default=list)
    fingerprint = models.CharField(max_length=32)
    agreed = models.JSONField(default=list)
    agreed_fingerprint = models.CharField(max_length=32)
    notes = models.JSONField(default=list)
    discovered_at = models.DateTimeField()
    looked_at = models.DateTimeField()

    class Meta:
        ordering = ("id",)
        constraints = [models.UniqueConstraint(fields=("connection", "object_name"), name="object_shape_once")]

    def __str__(self) -> str:
        return f"{self.object_name} of {self.connection_id}"


class WebhookEndpoint(CustomerOwned):
    """Where a connection's system sends its events; the address itself is in the public schema, as a hash."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="webhook_endpoints")
    sealed_secret = models.BinaryField()
    key_version = models.PositiveSmallIntegerField(default=1)
    active = models.BooleanField(default=True)
    last_received_at = models.DateTimeField(null=True, blank=True)
    refused_count = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"webhook of {self.connection_id}"
