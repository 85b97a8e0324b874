"""People, invitations, API keys and the audit trail: tables that exist in the public schema and in every partner's."""

from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from apps.accounts.actions import ROLE_LABELS, Action, Role
from apps.accounts.actor import Actor, actor_for_person
from apps.tenants import scope
from apps.tenants.models import CrossPartnerError

PUBLIC = "public"


def current_schema() -> str:
    """Return the schema that is open: a partner's, or public on the platform host."""
    here = scope.current()
    return here.partner.schema_name if here else PUBLIC


def _require_same_schema(row: models.Model) -> None:
    if getattr(row, "_schema", current_schema()) != current_schema():
        raise CrossPartnerError(f"{row._meta.label} {row.pk} was loaded in another partner's scope.")


class SchemaBound(models.Model):
    """A row that knows which schema it was loaded from and refuses to be saved in another.

    Unlike PartnerModel it may live in public: operators are people too.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save in the schema the row belongs to. Raises CrossPartnerError."""
        _require_same_schema(self)
        super().save(*args, **kwargs)

    @classmethod
    def from_db(cls, db: str | None, field_names: Any, values: Any, **options: Any) -> Self:
        """Stamp the row with the schema it came from."""
        row = super().from_db(db, field_names, values, **options)
        row._schema = current_schema()  # type: ignore[attr-defined]
        return row

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Delete in the schema the row belongs to. Raises CrossPartnerError."""
        _require_same_schema(self)
        return super().delete(*args, **kwargs)


class UserManager(BaseUserManager["User"]):
    """Finds people by their address, whatever its case."""

    def get_by_natural_key(self, email: str | None) -> "User":
        """Return the person who signs in with `email`. Raises User.DoesNotExist."""
        return self.get(email=(email or "").strip().lower())


class User(SchemaBound, AbstractBaseUser):
    """A person who signs in with an e-mail address, at one partner or on the platform host."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120)
    role = models.CharField(max_length=24)  # a Role
    is_active = models.BooleanField(default=True)
    # Empty: what the browser asks for, and the zone of the device.
    language = models.CharField(max_length=10, blank=True, choices=settings.LANGUAGES)
    time_zone = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        ordering = ("name", "email")
        constraints = [
            # Kept small in every way a row can be written, so that "Ann@x" and "ann@x" stay one person.
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="accounts_user_email_is_lower_case"),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def clean(self) -> None:
        """Bring the address to its one written form."""
        super().clean()
        self.email = self.email.strip().lower()

    @property
    def role_label(self) -> str:
        """Return the role as people read it."""
        return gettext(ROLE_LABELS[Role(self.role)])

    def as_actor(self) -> Actor:
        """Return this person as the one who acts."""
        return actor_for_person(
            user_id=self.id,
            name=self.name,
            email=self.email,
            role=Role(self.role),
            language=self.language,
            time_zone=self.time_zone,
        )


class Invitation(SchemaBound):
    """A place kept for one address. Only the SHA-256 of the link's token is stored.

    `customer_id` names the customer a customer's person will belong to; the customers room attaches the membership.
    """

    email = models.EmailField()
    name = models.CharField(max_length=120, blank=True)
    role = models.CharField(max_length=24)  # a Role
    customer_id = models.UUIDField(null=True, blank=True)
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at",)
        constraints = [
            models.UniqueConstraint(
                fields=["email"],
                condition=models.Q(accepted_at=None, withdrawn_at=None),
                name="accounts_invitation_one_open_per_email",
            )
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def role_label(self) -> str:
        """Return the role as people read it."""
        return gettext(ROLE_LABELS[Role(self.role)])


class ApiKey(SchemaBound):
    """A key for programs. Found by its public prefix, proven by the SHA-256 of the whole text, shown once."""

    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=16, unique=True)
    hash = models.CharField(max_length=64)
    scopes = ArrayField(models.CharField(max_length=32))
    customer_id = models.UUIDField(null=True, blank=True)
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return self.name

    def state(self, now: datetime) -> str:
        """Return "active", "expired" or "revoked" at `now`."""
        if self.revoked_at:
            return "revoked"
        return "expired" if self.expires_at <= now else "active"

    def as_actor(self) -> Actor:
        """Return this key as the one who acts."""
        return Actor(
            user_id=None,
            name=self.name,
            email="",
            role=None,
            role_label="API key",
            is_customer=self.customer_id is not None,
            is_operator=False,
            actions=frozenset(Action(word) for word in self.scopes if word in set(Action)),
            api_key_id=self.id,
            customer_id=self.customer_id,
        )


class AuditEntry(models.Model):
    """One thing somebody did, chained to the one before; the database lets nobody change or remove it.

    Written by `audit.record` only. `position` counts from 1 without gaps in each schema.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    position = models.BigIntegerField(unique=True)
    at = models.DateTimeField()
    actor_id = models.UUIDField(null=True)
    api_key_id = models.UUIDField(null=True)
    actor_name = models.CharField(max_length=260)
    action = models.CharField(max_length=40)
    subject = models.CharField(max_length=260)
    subject_id = models.CharField(max_length=64, blank=True)
    details = models.JSONField(encoder=DjangoJSONEncoder, default=dict)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ("-position",)
        indexes = [
            models.Index(fields=["action", "-position"], name="accounts_audit_by_action"),
            models.Index(fields=["actor_id", "-position"], name="accounts_audit_by_actor"),
            models.Index(fields=["subject_id", "-position"], name="accounts_audit_by_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.position} {self.action} {self.subject}"


class AuditHead(models.Model):
    """Where the schema's audit chain ends: without it, cutting the newest entries off would go unseen."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    position = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64, default="")
    moved_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="accounts_audithead_one_row")]

    def __str__(self) -> str:
        return f"{self.position} {self.hash[:12]}"


class Preference(SchemaBound):
    """What one person chose for themselves; everything has a default, so people without a row have chosen nothing.

    `start_page` and `theme` are "" and `digest` is "" as long as nothing was chosen: the first page of the role, the
    device's theme, and the digest of the role.
    """

    class Theme(models.TextChoices):
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    class Digest(models.TextChoices):
        OFF = "off", _("Never")
        DAILY = "daily", _("Every day")
        WEEKLY = "weekly", _("Every Monday")
        MONTHLY = "monthly", _("On the first of the month")

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="preference")
    start_page = models.CharField(max_length=40, blank=True)
    theme = models.CharField(max_length=5, blank=True, choices=Theme)
    alerts = models.BooleanField(default=True)
    digest = models.CharField(max_length=7, blank=True, choices=Digest)
    changed_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"preferences of {self.user_id}"


class SavedView(SchemaBound):
    """One person's name for a way of looking at a list: its filters, order and columns, as an address carries them.

    `list_key` is the list's `ListSpec.key`. Shared views are seen by everybody of the same kind: the partner's team, or
    the people of `customer_id`, which is None for the team.
    """

    MOST_PER_PERSON = 50

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="saved_views")
    customer_id = models.UUIDField(null=True, blank=True)
    list_key = models.SlugField(max_length=40)
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=1000, blank=True)
    is_shared = models.BooleanField(default=False)
    is_default = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("name", "id")
        constraints = [
            models.UniqueConstraint(fields=["owner", "list_key", "name"], name="accounts_savedview_name_once"),
            models.UniqueConstraint(
                fields=["owner", "list_key"],
                condition=models.Q(is_default=True),
                name="accounts_savedview_one_default",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class OutgoingMail(SchemaBound):
    """A finished mail on its way: written with the change that caused it, sent by a worker, then emptied."""

    to = models.EmailField()
    sender = models.CharField(max_length=260)
    subject = models.CharField(max_length=260)
    text = models.TextField()
    html = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return self.subject
