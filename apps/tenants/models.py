"""Partners, the addresses they answer at, and how they look: the public schema's own tables."""

import secrets
from collections.abc import Iterator
from typing import Any, Self
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext as _
from django_tenants.models import DomainMixin, TenantMixin
from uuid_utils.compat import uuid7

from apps.tenants.branding import MINIMUM_CONTRAST, colour_problem
from apps.tenants.scope import PartnerRef, require

SLUG = RegexValidator(
    r"^[a-z][a-z0-9-]{1,38}[a-z0-9]$", "Use 3 to 40 lower-case letters, digits and hyphens, starting with a letter."
)


def check_colour(value: str) -> None:
    """Accept a colour that can be read on white. Raises ValidationError with the fix."""
    problem = colour_problem(value)
    if problem is None:
        return
    if not problem.ratio:
        raise ValidationError(_("Write the colour as # and six hexadecimal digits, for example #0f766e."))
    words = _(
        "%(colour)s is too light to read on white (contrast %(ratio)s, at least %(least)s is needed). Try %(try)s."
    )
    values = {"colour": value, "ratio": f"{problem.ratio:.1f}", "least": MINIMUM_CONTRAST, "try": problem.darker}
    raise ValidationError(words % values)


def new_schema_name() -> str:
    """Return a fresh schema name: random, never what a person typed."""
    return "p_" + secrets.token_hex(8)


class Partner(TenantMixin):
    """A partner: one schema, one brand, its own people and customers."""

    class State(models.TextChoices):
        PROVISIONING = "provisioning", "being set up"
        ACTIVE = "active", "active"
        SUSPENDED = "suspended", "suspended"
        FAILED = "failed", "set-up failed"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    schema_name = models.CharField(max_length=63, unique=True, default=new_schema_name, editable=False)
    slug = models.CharField(max_length=40, unique=True, validators=[SLUG])
    name = models.CharField(max_length=120)
    state = models.CharField(max_length=16, choices=State, default=State.PROVISIONING)
    # Which database cluster holds the schema; one today, a column from the first day so that moving needs no migration.
    shard = models.CharField(max_length=40, default="main")
    created_at = models.DateTimeField(auto_now_add=True)

    auto_create_schema = False  # provisioning.py does it, as the owner's login

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    def as_ref(self) -> PartnerRef:
        """Return this partner as plain values."""
        return PartnerRef(self.id, self.slug, self.name, self.schema_name)


class Domain(DomainMixin):
    """A host name that opens a partner's portal. `verified_at` is None until the DNS record was seen."""

    verified_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-is_primary", "domain")


FONT_CHOICES = [
    ("inter", "Inter"),
    ("source-sans", "Source Sans"),
    ("figtree", "Figtree"),
    ("serif", "Source Serif"),
    ("system", "System"),
]
SIDE_SCHEMES = [("dark", "Dark"), ("light", "Light")]
MAIL_HEADERS = [("mark", "Initials and name"), ("logo", "Logo"), ("name", "Name only")]


class Brand(models.Model):
    """How a partner's portal, mails and pages look now, to everybody: tokens and words only, never rules or markup.

    The four pictures are digests of BrandPicture rows, "" for none.
    """

    partner = models.OneToOneField(Partner, on_delete=models.CASCADE, related_name="brand", primary_key=True)
    name = models.CharField(max_length=80, help_text="Shown wherever the portal names itself.")
    product_noun = models.CharField(max_length=60, default="Integration portal")
    customer_noun = models.CharField(max_length=40, blank=True)
    customers_noun = models.CharField(max_length=40, blank=True)
    primary_colour = models.CharField(max_length=7, default="#1f4ed8", validators=[check_colour])
    accent_colour = models.CharField(max_length=7, default="#0f766e", validators=[check_colour])
    font = models.CharField(max_length=20, choices=FONT_CHOICES, default="inter")
    heading_font = models.CharField(max_length=20, choices=FONT_CHOICES, blank=True)
    corner_radius = models.PositiveSmallIntegerField(default=8)
    side_scheme = models.CharField(max_length=8, choices=SIDE_SCHEMES, default="dark")
    logo = models.CharField(max_length=64, blank=True)
    logo_dark = models.CharField(max_length=64, blank=True)
    favicon = models.CharField(max_length=64, blank=True)
    sign_in_picture = models.CharField(max_length=64, blank=True)
    sign_in_text = models.CharField(max_length=200, blank=True)
    support_name = models.CharField(max_length=80, blank=True)
    support_email = models.EmailField(blank=True)
    support_phone = models.CharField(max_length=40, blank=True)
    support_hours = models.CharField(max_length=120, blank=True)
    mail_sender_name = models.CharField(max_length=80, blank=True)
    mail_sender_address = models.EmailField(blank=True)
    mail_header = models.CharField(max_length=8, choices=MAIL_HEADERS, default="mark")
    mail_header_colour = models.CharField(max_length=7, blank=True, validators=[check_colour])
    mail_footer = models.CharField(max_length=300, blank=True)
    version = models.PositiveIntegerField(default=1)

    def __str__(self) -> str:
        return self.name


class BrandPicture(models.Model):
    """A picture of a brand, drawn anew when it was uploaded. Its digest is its address: it never changes."""

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="brand_pictures")
    digest = models.CharField(max_length=64)  # SHA-256 of the content
    media_type = models.CharField(max_length=40)
    width = models.PositiveSmallIntegerField()
    height = models.PositiveSmallIntegerField()
    content = models.BinaryField(editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["partner", "digest"], name="tenants_brandpicture_once")]

    def __str__(self) -> str:
        return f"{self.media_type} {self.digest[:12]}"


class BrandDraft(models.Model):
    """What a partner's people are trying out together: the brand's values, not yet live. `revision` counts its changes."""

    partner = models.OneToOneField(Partner, on_delete=models.CASCADE, related_name="brand_draft", primary_key=True)
    values = models.JSONField(default=dict)
    revision = models.PositiveIntegerField(default=1)
    edited_by = models.CharField(max_length=260)
    edited_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"draft {self.revision} of {self.partner_id}"


class BrandVersion(models.Model):
    """A brand as it once went live: what history shows and what can be published again."""

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="brand_versions")
    number = models.PositiveIntegerField()
    values = models.JSONField()
    published_by = models.CharField(max_length=260, blank=True)
    published_at = models.DateTimeField(null=True)  # None: before anybody kept account
    restored_from = models.PositiveIntegerField(null=True)

    class Meta:
        ordering = ("-number",)
        constraints = [models.UniqueConstraint(fields=["partner", "number"], name="tenants_brandversion_once")]

    def __str__(self) -> str:
        return f"version {self.number} of {self.partner_id}"


class InboundAddress(models.Model):
    """An unguessable address for webhooks: finds partner and endpoint before any scope is known.

    Only the SHA-256 of the token is kept; `reference` is the id of the webhook endpoint in the partner's schema.
    """

    token_hash = models.CharField(max_length=64, primary_key=True)
    partner = models.ForeignKey(Partner, on_delete=models.CASCADE)
    reference = models.UUIDField()
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"address of endpoint {self.reference}"


class CrossPartnerError(RuntimeError):
    """A row loaded in one partner's schema was about to be written into another's."""


class PartnerModel(models.Model):
    """A row of a partner's schema: knows where it was loaded and refuses to be saved elsewhere."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save in the schema the row belongs to. Raises CrossPartnerError, NoPartnerError."""
        require()
        self._require_same_schema()
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Delete in the schema the row belongs to. Raises CrossPartnerError, NoPartnerError."""
        require()
        self._require_same_schema()
        return super().delete(*args, **kwargs)

    @classmethod
    def from_db(cls, db: str | None, field_names: Any, values: Any) -> Self:  # type: ignore[override]  # stubs of a later Django
        """Stamp the row with the schema it came from."""
        row = super().from_db(db, field_names, values)
        row._schema = require().partner.schema_name  # type: ignore[attr-defined]
        return row

    def _require_same_schema(self) -> None:
        loaded = getattr(self, "_schema", None)
        if loaded is not None and loaded != require().partner.schema_name:
            raise CrossPartnerError(f"{self._meta.label} {self.pk} was loaded in another partner's scope.")


def active_partners() -> Iterator[PartnerRef]:
    """Yield every active partner, by name. Call in public scope."""
    for partner in Partner.objects.filter(state=Partner.State.ACTIVE).iterator():
        yield partner.as_ref()


def partner_ref(partner_id: UUID) -> PartnerRef:
    """Return one partner as plain values. Raises Partner.DoesNotExist."""
    partner: Partner = Partner.objects.get(id=partner_id)
    return partner.as_ref()
