"""What `manage.py check --database default` says of keys: secrets that no key in the settings opens, old keys in use."""

from collections.abc import Sequence
from typing import Any

from django.core import checks
from django.db import DatabaseError, transaction

from apps.connectors import key_rotation, vault
from apps.connectors.credentials import CredentialsKeyError
from apps.tenants.models import Partner

_MISSING = "The partner %s has secrets that no key in CREDENTIALS_KEY or CREDENTIALS_OLD_KEYS opens."
_OLD = "The partner %s still has secrets under an old key."


def check_credential_keys(databases: Sequence[str] | None = None, **_: Any) -> list[checks.CheckMessage]:
    """Return an error for each partner whose key is missing, and a warning for each that still needs an old one."""
    if "default" not in (databases or ()):
        return []  # the product's own login was not asked for
    try:
        vault.operator_keys()
        with transaction.atomic():
            known = Partner.objects.filter(state__in=[Partner.State.ACTIVE, Partner.State.SUSPENDED]).order_by("slug")
            partners = [partner.as_ref() for partner in known]
        standings = [(partner.slug, key_rotation.standing_of(partner)) for partner in partners]
    except CredentialsKeyError as error:
        return [checks.Error(str(error), id="connectors.E001")]
    except DatabaseError:
        return []  # no tables yet: nothing is sealed
    missing = "Put the key they were sealed with into CREDENTIALS_OLD_KEYS, or enter these secrets anew."
    old = "Run `manage.py rotate_credential_keys` before you take it out of CREDENTIALS_OLD_KEYS."
    return [
        *(checks.Error(_MISSING % slug, hint=missing, id="connectors.E002") for slug, at in standings if at.closed),
        *(checks.Warning(_OLD % slug, hint=old, id="connectors.W001") for slug, at in standings if at.old),
    ]
