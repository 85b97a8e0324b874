"""When secrets end: in words, by stage, and as certificates and systems' rules say."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from apps.connectors import registry
from apps.connectors.expiry import end_tone, end_words, known_end, stage_of

TODAY = date(2026, 11, 21)


@pytest.mark.parametrize(
    ("days", "words", "stage", "tone"),
    [
        (400, "expires in 400 days", None, "neutral"),
        (31, "expires in 31 days", None, "neutral"),
        (30, "expires in 30 days", 30, "warning"),
        (8, "expires in 8 days", 30, "warning"),
        (7, "expires in 7 days", 7, "danger"),
        (2, "expires in 2 days", 7, "danger"),
        (1, "expires in 1 day", 1, "danger"),
        (0, "expires today", 1, "danger"),
        (-1, "expired 1 day ago", 1, "danger"),
        (-12, "expired 12 days ago", 1, "danger"),
    ],
)
def test_an_end_is_told_in_words_and_by_how_near_it_is(days: int, words: str, stage: int | None, tone: str) -> None:
    ends_on = TODAY + timedelta(days=days)
    assert (end_words(ends_on, TODAY), stage_of(ends_on, TODAY), end_tone(ends_on, TODAY)) == (words, stage, tone)


def _certificate(ends_at: datetime) -> str:
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ours")])
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(ends_at - timedelta(days=365)).not_valid_after(ends_at)
    return made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


def test_a_certificate_says_itself_when_it_ends() -> None:
    manifest = registry.manifest("business_central")
    pem = _certificate(datetime(2027, 3, 4, 23, 30, tzinfo=UTC))
    assert known_end(manifest, "certificate", pem, TODAY) == date(2027, 3, 4)
    assert known_end(manifest, "certificate", pem.replace("\n", " "), TODAY) == date(2027, 3, 4)
    assert known_end(manifest, "client_certificate", pem, TODAY) == date(2027, 3, 4)
    assert known_end(manifest, "certificate", "no certificate", TODAY) is None
    assert known_end(manifest, "client_secret", pem, TODAY) is None


def test_a_sign_in_that_nobody_uses_ends_as_its_system_says() -> None:
    manifest = registry.manifest("business_central")
    assert known_end(manifest, "refresh_token", "r", TODAY) is None
    told = replace(manifest, auth=replace(manifest.auth, refresh_days_unused=60))
    assert known_end(told, "refresh_token", "r", TODAY) == date(2027, 1, 20)
