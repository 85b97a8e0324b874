"""Connections of customers to outside systems, and their sealed credentials (the room's tables, so long)."""

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import Q

from apps.connectors.breaker_rule import BreakerState, is_held, is_unconfirmed
from apps.customers.models import CustomerOwned, CustomerOwnedManager, CustomerQuerySet
from apps.tenants.models import PartnerModel


class PresentConnections(CustomerOwnedManager["Connection"]):
    """Connections in scope that were not removed; those live on in the history of what they carried, which names them."""

    def get_queryset(self) -> CustomerQuerySet["Connection"]:
        """Return the connections that people can still see and use."""
        return super().get_queryset().filter(removed_at=None)


class Connection(CustomerOwned):
    """One customer's login to one system. `system` is a slug of the catalogue.

    `state_since` is kept by a trigger of the table: when `state` came to be what it is. `removed_at` None means it is there;
    a removed connection is switched off, holds no secret, and is found through what it carried only. `account` is whose
    records it shows, as the system told; `account_seen` is another one, which a person has to confirm before anything passes.
    """

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
    state_since = models.DateTimeField(null=True, blank=True, editable=False)
    account = models.CharField(max_length=200, blank=True)
    account_seen = models.CharField(max_length=200, blank=True)
    last_success_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    removed_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects: ClassVar[PresentConnections] = PresentConnections()

    class Meta:
        ordering = ("name",)
        constraints = [
            models.UniqueConstraint(
                fields=("customer", "name"), condition=Q(removed_at=None), name="connection_name_once"
            )
        ]

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

    @property
    def is_unconfirmed(self) -> bool:
        """True while a person must say whether the account is the one that is meant."""
        return self.needs_person and is_unconfirmed(self.reason)

    @property
    def is_held(self) -> bool:
        """True while what was entered is being tested."""
        return is_held(self.reason)


class Credential(CustomerOwned):
    """One secret of a connection, sealed and bound to this row: a ciphertext moved elsewhere does not open.

    `expires_on` is the day it ends, where that is known. `generation` grows with each new value. A refresh token may be used once only: until `borrowed_until` (the database's
    clock) one worker has it in hand and no other may take it.
    """

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="credentials")
    name = models.CharField(max_length=40)
    sealed = models.BinaryField()
    key_version = models.PositiveSmallIntegerField(default=1)
    last4 = models.CharField(max_length=4, blank=True)
    set_at = models.DateTimeField()
    expires_on = models.DateField(null=True, blank=True)
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


class CredentialLink(CustomerOwned):
    """A link by which somebody without an account enters a connection's credentials, once.

    Only the token's SHA-256 is kept. `for_whom` is the person it was made for; what is entered is recorded as theirs.
    """

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="credential_links")
    for_whom = models.CharField(max_length=120)
    token_hash = models.CharField(max_length=64, unique=True)
    made_by = models.CharField(max_length=200)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField(null=True, blank=True)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"link for {self.for_whom}"

    def is_open(self, now: datetime) -> bool:
        """Return whether it can still be used at `now`."""
        return self.used_at is None and self.revoked_at is None and now < self.expires_at


class PartnerKey(PartnerModel):
    """The partner's data key, wrapped by the installation's key; a new version per rotation."""

    version = models.PositiveSmallIntegerField(unique=True)
    wrapped = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-version",)

    def __str__(self) -> str:
        return f"data key {self.version}"


class KeptSecret(PartnerModel):
    """A secret that a room above keeps: what is sealed in it belongs to no connection."""

    sealed = models.BinaryField()
    key_version = models.PositiveSmallIntegerField(default=1)

    def __str__(self) -> str:
        return f"secret {self.id}"


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
    """Where a connection's system sends its events; the address itself is in the public schema, as a hash.

    `sealed_address` holds it once more, sealed, where the system must be told it again and again: see WebhookSubscription.
    """

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="webhook_endpoints")
    sealed_secret = models.BinaryField()
    sealed_address = models.BinaryField(default=bytes)
    key_version = models.PositiveSmallIntegerField(default=1)
    active = models.BooleanField(default=True)
    last_received_at = models.DateTimeField(null=True, blank=True)
    refused_count = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"webhook of {self.connection_id}"


class WebhookSubscription(CustomerOwned):
    """What a system was asked to announce to one of our addresses, and until when it will.

    `key` is its id there, "" while there is none. `failures` in a row and the last one's reason are kept until it works
    again; `made_at` is when it was first made.
    """

    class State(models.TextChoices):
        WANTED = "wanted", "being made"
        ACTIVE = "active", "active"
        LAPSED = "lapsed", "lapsed"
        ENDING = "ending", "being ended"

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="subscriptions")
    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="subscriptions")
    object_name = models.CharField(max_length=80)
    key = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=8, choices=State, default=State.WANTED)
    expires_at = models.DateTimeField(null=True, blank=True)
    made_at = models.DateTimeField(null=True, blank=True)
    renewed_at = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=400, blank=True)

    class Meta:
        ordering = ("object_name",)
        constraints = [models.UniqueConstraint(fields=("endpoint", "object_name"), name="subscription_once")]

    def __str__(self) -> str:
        return f"{self.object_name} of {self.connection_id}"


class PrivateSystem(PartnerModel):
    """A system that the partner describes itself and uses in its own portal only. `slug` is what connections name it by."""

    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    live = models.ForeignKey(
        "PrivateVersion", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )  # what connections and flows use
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("name", "id")

    def __str__(self) -> str:
        return self.name


class PrivateVersion(PartnerModel):
    """One version of a private system's description: worked on while it is a draft, never changed afterwards.

    `document` is as private/documents.py reads it, `reading` what an uploaded file gave to choose from (readings.Reading).
    `revision` counts the changes of a draft; `tried_on` holds for the present one only.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "draft"
        LIVE = "live", "live"
        REPLACED = "replaced", "replaced"

    system = models.ForeignKey(PrivateSystem, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=8, choices=State, default=State.DRAFT)
    document = models.JSONField()
    reading = models.JSONField(default=dict, blank=True)
    revision = models.PositiveIntegerField(default=1)
    author = models.CharField(max_length=200)
    note = models.CharField(max_length=300, blank=True)
    tried_on = models.DateField(null=True, blank=True)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    live_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-number",)
        constraints = [
            models.UniqueConstraint(fields=("system", "number"), name="private_version_once"),
            models.UniqueConstraint(
                fields=("system",), condition=models.Q(state="draft"), name="private_version_one_draft"
            ),
        ]

    def __str__(self) -> str:
        return f"version {self.number}"


class PrivateTrial(CustomerOwned):
    """One try of a private system's description against a live address: its test, and a page of each kind of record.

    `objects_read` lists {"name", "label", "read", "bad", "error", "records": [{"key", "values", "problems"}]}.
    """

    class State(models.TextChoices):
        RUNNING = "running", "running"
        PASSED = "passed", "passed"
        FAILED = "failed", "failed"

    version = models.ForeignKey(PrivateVersion, on_delete=models.CASCADE, related_name="trials")
    revision = models.PositiveIntegerField()
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=8, choices=State, default=State.RUNNING)
    steps = models.JSONField(default=list)
    objects_read = models.JSONField(default=list)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"trial of {self.version_id} at {self.started_at:%H:%M}"
