"""Requests are signed as the system expects, and a missing secret is told in words."""

import pytest

from apps.connectors.auth import build_signer
from apps.connectors.errors import FailureKind, MisconfiguredError
from apps.connectors.manifest import AuthScheme, AuthSpec

SIGNED = [
    (AuthSpec(AuthScheme.BEARER), {"token": "t-123456"}, {"Authorization": "Bearer t-123456"}),
    (AuthSpec(AuthScheme.HEADER_KEY, "X-Redmine-API-Key"), {"api_key": "k-123456"}, {"X-Redmine-API-Key": "k-123456"}),
    (AuthSpec(AuthScheme.BASIC), {"username": "u", "password": "p:w"}, {"Authorization": "Basic dTpwOnc="}),
    (AuthSpec(AuthScheme.NONE), {}, {}),
]


@pytest.mark.parametrize(("spec", "secrets", "headers"), SIGNED, ids=["bearer", "key header", "basic", "none"])
def test_it_builds_the_headers_of_each_scheme(spec: AuthSpec, secrets: dict[str, str], headers: dict[str, str]) -> None:
    assert build_signer(spec, secrets).headers == headers


def test_it_names_every_text_that_must_never_be_shown() -> None:
    signer = build_signer(AuthSpec(AuthScheme.BASIC), {"username": "someone", "password": "p4ssword"})
    assert {"p4ssword", "c29tZW9uZTpwNHNzd29yZA=="} <= set(signer.secrets)
    assert "p4ssword" not in repr(signer)


@pytest.mark.parametrize("secrets", [{}, {"token": ""}, {"token": "a\r\nX-Evil: 1"}, {"token": "tökén"}])
def test_a_missing_or_unsendable_secret_is_told_with_the_fix(secrets: dict[str, str]) -> None:
    with pytest.raises(MisconfiguredError, match="token") as caught:
        build_signer(AuthSpec(AuthScheme.BEARER), secrets)
    assert caught.value.kind is FailureKind.MISCONFIGURED
