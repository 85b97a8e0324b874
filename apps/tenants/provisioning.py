"""From a name to a working partner: row, domain, brand, schema with every table."""

from dataclasses import dataclass

from django.conf import settings
from django.core.management import call_command
from django.db import IntegrityError, connections, transaction
from django.utils import timezone
from psycopg import sql

from apps.tenants import domains
from apps.tenants.backend.base import CUSTOMER_ROLE, STAFF_ROLE
from apps.tenants.models import Brand, Domain, Partner


class PartnerExistsError(ValueError):
    """The short name or the address is taken. The message says which."""


@dataclass(frozen=True, slots=True)
class NewPartner:
    """What is asked for: `slug` becomes `<slug>.<base domain>`."""

    name: str
    slug: str
    primary_colour: str = "#1f4ed8"
    accent_colour: str = "#0f766e"


def register_partner(wanted: NewPartner) -> Partner:
    """Store partner, address and brand; the schema follows with `provision_schema`.

    Raises:
        PartnerExistsError: the slug or its address belongs to another partner.
        ValidationError: a value is not allowed; the message names the field.

    """
    partner = Partner(name=wanted.name, slug=wanted.slug)
    partner.full_clean(validate_unique=False, exclude=["schema_name"])
    brand = Brand(
        partner=partner, name=wanted.name, primary_colour=wanted.primary_colour, accent_colour=wanted.accent_colour
    )
    brand.clean_fields(exclude=["partner"])
    try:
        with transaction.atomic():
            partner.save(verbosity=0)
            host = f"{wanted.slug}.{settings.BASE_DOMAIN}"
            Domain.objects.create(domain=host, tenant=partner, is_primary=True, verified_at=timezone.now())
            brand.partner = partner
            brand.save()
    except IntegrityError:
        raise PartnerExistsError(f"The short name {wanted.slug!r} is taken: choose another one.") from None
    domains.forget_hosts()
    return partner


def provision_schema(partner: Partner) -> None:
    """Create the partner's schema and all its tables, as the owner's login; the partner is active afterwards.

    Safe to repeat after a failure: an existing schema is migrated on from where it stopped.
    """
    make_schema(partner.schema_name)
    Partner.objects.filter(pk=partner.pk).update(state=Partner.State.ACTIVE)
    domains.forget_hosts()


def make_schema(name: str) -> None:
    """Make a schema that staff and customers may enter, with all tables of a partner, or bring it to this state."""
    schema = sql.Identifier(name)
    owner = connections["owner"]
    owner.set_schema_to_public()  # type: ignore[attr-defined]
    with owner.cursor() as cursor:
        cursor.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(schema))
        roles = sql.SQL(", ").join([sql.Identifier(STAFF_ROLE), sql.Identifier(CUSTOMER_ROLE)])
        cursor.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(schema, roles))
    call_command("migrate_schemas", tenant=True, schema_name=name, database="owner", interactive=False, verbosity=0)


def create_partner(wanted: NewPartner) -> Partner:
    """Register and provision in one go. Raises as both do; a failed schema leaves the partner marked failed."""
    partner = register_partner(wanted)
    try:
        provision_schema(partner)
    except Exception:
        Partner.objects.filter(pk=partner.pk).update(state=Partner.State.FAILED)
        raise
    partner.refresh_from_db()
    return partner
