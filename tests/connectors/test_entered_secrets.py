"""A client certificate and its key are looked at when they are entered, and what is wrong is said beside the right one."""

from datetime import UTC, datetime

import pytest

from apps.connectors import registry
from apps.connectors.entered_secrets import entered_together, problems_of
from tests.connectors.authority import Authority

NOW = datetime.now(UTC)
OURS = Authority()
(CERTIFICATE, KEY), (_, OTHER_KEY) = OURS.issue("integration"), OURS.issue("other")
EXPIRED, KEY_OF_EXPIRED = OURS.issue("integration", days=-1)

CASES = {
    "a pair": (CERTIFICATE, KEY, "", ""),
    "a pair on one line each": (CERTIFICATE.replace("\n", " "), KEY.replace("\n", ""), "", ""),
    "a pair with the authority's own certificate": (CERTIFICATE + OURS.pem, KEY, "", ""),
    "neither": ("", "", "", ""),
    "no certificate": ("a secret", KEY, "client_certificate", "no certificate in PEM form"),
    "the two the wrong way round": (KEY, CERTIFICATE, "client_certificate", "no certificate in PEM form"),
    "half of a chain": (CERTIFICATE + OURS.pem.replace("M", "N"), KEY, "client_certificate", "no certificate"),
    "no key": (CERTIFICATE, "a secret", "client_key", "no private key that can be used"),
    "the key of another": (CERTIFICATE, OTHER_KEY, "client_key", "does not belong to the certificate"),
    "what has expired": (EXPIRED, KEY_OF_EXPIRED, "client_certificate", "This certificate expired on"),
}


@pytest.mark.parametrize(("certificate", "key", "field", "said"), CASES.values(), ids=CASES.keys())
def test_what_is_wrong_is_said_beside_the_secret_it_is_about(certificate: str, key: str, field: str, said: str) -> None:
    problems = problems_of({"client_certificate": certificate, "client_key": key, "client_secret": "x"}, NOW)
    assert list(problems) == ([field] if field else [])
    for sentences in problems.values():
        assert len(sentences) == 1
        assert said in sentences[0]
        assert "BEGIN PRIVATE" not in sentences[0]


def test_other_secrets_are_none_of_its_business_and_are_replaced_alone() -> None:
    assert problems_of({"client_secret": "x", "certificate": "y"}, NOW) == {}
    assert entered_together(registry.manifest("business_central"), "client_secret") == ("client_secret",)
