"""When secrets end: known from the secret itself, from the system's rules, or from who entered it (pure but for words)."""

from datetime import UTC, date, datetime, timedelta

from cryptography import x509
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.connectors.assertions import certificate_of
from apps.connectors.auth import REFRESH_TOKEN
from apps.connectors.client_certificates import CLIENT_CERTIFICATE
from apps.connectors.errors import MisconfiguredError
from apps.connectors.manifest import SystemManifest

AHEAD = (1, 7, 30)  # days before the end at which people are told, the last first
_CERTIFICATES = frozenset({"certificate", CLIENT_CERTIFICATE})


def known_end(manifest: SystemManifest, name: str, value: str, today: date) -> date | None:
    """Return the day on which a secret that was just set ends, None where neither it nor its system says."""
    if name in _CERTIFICATES:
        return _end_of(value)
    if name == REFRESH_TOKEN and manifest.auth.refresh_days_unused:
        return today + timedelta(days=manifest.auth.refresh_days_unused)
    return None


def stage_of(ends_on: date, today: date) -> int | None:
    """Return how urgent an end is: the smallest of AHEAD that it lies within, None while it is further away."""
    days = (ends_on - today).days
    return next((ahead for ahead in AHEAD if days <= ahead), None)


def end_words(ends_on: date, today: date) -> str:
    """Return "expires in 12 days", "expires today" or "expired 3 days ago"."""
    days = (ends_on - today).days
    if days == 0:
        return _("expires today")
    if days > 0:
        return ngettext("expires in %(days)d day", "expires in %(days)d days", days) % {"days": days}
    return ngettext("expired %(days)d day ago", "expired %(days)d days ago", -days) % {"days": -days}


def end_tone(ends_on: date, today: date) -> str:
    """Return the tone of an end: danger within a week, warning within a month."""
    stage = stage_of(ends_on, today)
    if stage is None:
        return "neutral"
    return "danger" if stage <= AHEAD[1] else "warning"


def _end_of(certificate: str) -> date | None:
    try:
        read: x509.Certificate = certificate_of(certificate)
    except MisconfiguredError:
        return None  # the connection test says what is wrong with it
    ended_at: datetime = read.not_valid_after_utc
    return ended_at.astimezone(UTC).date()
