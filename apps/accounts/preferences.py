"""What people choose for themselves: name, language, time zone, first page, theme, and which mails they want."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from uuid import UUID
from zoneinfo import available_timezones

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts import audit
from apps.accounts.actions import Role
from apps.accounts.audit import AuditAction
from apps.accounts.models import Preference, User

_REGIONS = ("Africa/", "America/", "Antarctica/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/")


@dataclass(frozen=True, slots=True)
class Profile:
    """Everything a person may choose for themselves; "" leaves it to the browser, the device or the role."""

    name: str
    language: str = ""
    time_zone: str = ""
    start_page: str = ""
    theme: str = ""
    alerts: bool = True
    digest: str = ""


@cache
def known_time_zones() -> frozenset[str]:
    """Return every time zone of this machine: looking through its folders takes 15 ms, and they do not change."""
    return frozenset(available_timezones())


def time_zones() -> list[str]:
    """Return the names of the world's time zones, UTC first, as people look for them: by region and city."""
    return ["UTC", *sorted(zone for zone in known_time_zones() if zone.startswith(_REGIONS))]


def preference_of(user_id: UUID | None) -> Preference:
    """Return what a person chose; for somebody who chose nothing, what holds then: a row that belongs to nobody."""
    stored = Preference.objects.filter(user_id=user_id).first() if user_id else None
    return stored or Preference()


def profile_of(person: User) -> Profile:
    """Return a person's choices as one value."""
    chosen = preference_of(person.pk)
    return Profile(
        name=person.name,
        language=person.language,
        time_zone=person.time_zone,
        start_page=chosen.start_page,
        theme=chosen.theme,
        alerts=chosen.alerts,
        digest=digest_of(person, chosen),
    )


def digest_of(person: User, chosen: Preference | None = None) -> str:
    """Return how often a person gets a digest: "off", "daily", "weekly" or "monthly"; owners weekly until they choose."""
    wanted = (chosen or preference_of(person.pk)).digest
    return wanted or (Preference.Digest.WEEKLY if person.role == Role.OWNER else Preference.Digest.OFF).value


def without_alerts() -> set[UUID]:
    """Return the people who switched off mails about single exceptions."""
    return set(Preference.objects.filter(alerts=False).values_list("user_id", flat=True))


def choose_language(person: User, language: str) -> None:
    """Speak to a person in `language` from now on; one that nobody speaks here changes nothing."""
    if language in dict(settings.LANGUAGES) and person.language != language:
        person.language = language
        person.save(update_fields=["language"])


@transaction.atomic
def change_profile(person: User, wanted: Profile) -> set[str]:
    """Store a person's choices and return the names of those that changed.

    Raises:
        ValidationError: a choice is not acceptable; the message names the field.

    """
    before = profile_of(person)
    changed = {name for name in Profile.__dataclass_fields__ if getattr(before, name) != getattr(wanted, name)}
    _check(wanted)
    if not changed:
        return changed
    _store(person, wanted, changed)
    audit.record(
        AuditAction.PROFILE_CHANGED, subject="person", subject_id=person.pk, details={"changed": sorted(changed)}
    )
    return changed


def _check(wanted: Profile) -> None:
    if not wanted.name.strip():
        raise ValidationError({"name": _("Write your name as others should read it.")})
    if wanted.language and wanted.language not in dict(settings.LANGUAGES):
        raise ValidationError({"language": _("Choose a language of the list.")})
    if wanted.time_zone and wanted.time_zone not in known_time_zones():
        raise ValidationError({"time_zone": _("Choose a time zone of the list, for example Europe/Berlin.")})


def _store(person: User, wanted: Profile, changed: Collection[str]) -> None:
    person.name, person.language, person.time_zone = wanted.name.strip(), wanted.language, wanted.time_zone
    person.clean_fields()
    person.save(update_fields=["name", "language", "time_zone"])
    if {"start_page", "theme", "alerts", "digest"} & set(changed):
        choices = {
            "start_page": wanted.start_page,
            "theme": wanted.theme,
            "alerts": wanted.alerts,
            "digest": wanted.digest,
        }
        Preference.objects.update_or_create(user=person, defaults=choices)
