"""Looks at secrets when they are entered: what is wrong with a client certificate and its key, beside the field it is about."""

from collections.abc import Mapping
from datetime import UTC, datetime

from cryptography import x509
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from apps.connectors.assertions import PrivateKey, certificates_of, read_signing_key, require_pair
from apps.connectors.client_certificates import CLIENT_CERTIFICATE, CLIENT_KEY
from apps.connectors.errors import MisconfiguredError
from apps.connectors.manifest import SystemManifest

PAIR = (CLIENT_CERTIFICATE, CLIENT_KEY)


def entered_together(manifest: SystemManifest, name: str) -> tuple[str, ...]:
    """Return the secrets that must be replaced in one go with the one called `name`, itself among them."""
    return PAIR if manifest.auth.client_certificate and name in PAIR else (name,)


def problems_of(values: Mapping[str, str], now: datetime) -> dict[str, list[str]]:
    """Return what is wrong with secrets, by name; `values` are those entered, and those held that they must fit."""
    if not any(values.get(name) for name in PAIR):
        return {}
    certificate, key = _certificate(values.get(CLIENT_CERTIFICATE, "")), _key(values.get(CLIENT_KEY, ""))
    if certificate is None:
        sentence = _(
            "This is no certificate in PEM form: copy all of it, from the line with BEGIN to the line with END."
        )
        return {CLIENT_CERTIFICATE: [sentence]}
    if key is None:
        sentence = _(
            "This is no private key that can be used: copy all of it in PEM form, from the line with BEGIN to the line"
            " with END, without a passphrase."
        )
        return {CLIENT_KEY: [sentence]}
    return _of_pair(certificate, key, now)


def _of_pair(certificate: x509.Certificate, key: PrivateKey, now: datetime) -> dict[str, list[str]]:
    ended_at = certificate.not_valid_after_utc
    if ended_at <= now:
        day = date_format(ended_at.astimezone(UTC).date(), "DATE_FORMAT")
        sentence = _("This certificate expired on %(day)s: enter one that is still good.") % {"day": day}
        return {CLIENT_CERTIFICATE: [sentence]}
    try:
        require_pair(certificate, key)
    except MisconfiguredError:
        sentence = _("This private key does not belong to the certificate: enter the two that were made together.")
        return {CLIENT_KEY: [sentence]}
    return {}


def _certificate(text: str) -> x509.Certificate | None:
    try:
        return certificates_of(text)[0]
    except MisconfiguredError:
        return None


def _key(text: str) -> PrivateKey | None:
    try:
        return read_signing_key(text)
    except MisconfiguredError:
        return None
