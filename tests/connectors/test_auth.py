"""Requests are signed as the system expects, and a missing secret is told in words."""

from collections.abc import Mapping
from typing import Any

import jwt
import pytest

from apps.connectors.auth import build_signer, fill_in
from apps.connectors.auth_spec import AssertionSpec, AuthScheme, AuthSpec
from apps.connectors.errors import FailureKind, MisconfiguredError, RemoteError
from apps.connectors.grants import token_address
from apps.connectors.http import Door
from tests.connectors.conftest import door_to
from tests.connectors.test_assertions import KEY, certificate, pem
from tests.connectors.vendor import Form, Vendor, open_for_business

SIGNED = [
    (AuthSpec(AuthScheme.BEARER), {"token": "t-123456"}, {"Authorization": "Bearer t-123456"}),
    (AuthSpec(AuthScheme.HEADER_KEY, "X-Redmine-API-Key"), {"api_key": "k-123456"}, {"X-Redmine-API-Key": "k-123456"}),
    (
        AuthSpec(AuthScheme.HEADER_KEY, "Authorization", header_prefix="SSWS "),
        {"api_key": "k-123456"},
        {"Authorization": "SSWS k-123456"},
    ),
    (AuthSpec(AuthScheme.BASIC), {"username": "u", "password": "p:w"}, {"Authorization": "Basic dTpwOnc="}),
    (AuthSpec(AuthScheme.NONE), {}, {}),
    (AuthSpec(AuthScheme.OAUTH_CODE), {"access_token": "lasting-1"}, {"Authorization": "Bearer lasting-1"}),
]
NAMES = [
    "bearer",
    "key header",
    "key header with a word before it",
    "basic",
    "none",
    "signed in, with a token that lasts",
]


@pytest.mark.parametrize(("spec", "secrets", "headers"), SIGNED, ids=NAMES)
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


NEEDED = {
    AuthScheme.CLIENT_CREDENTIALS: {"client_id": "id", "client_secret": "a secret of it"},
    AuthScheme.CERTIFICATE: {"client_id": "id", "private_key": pem(KEY), "certificate": certificate()},
    AuthScheme.JWT_BEARER: {"client_id": "id", "subject": "robot", "private_key": pem(KEY), "certificate": "c"},
    AuthScheme.OAUTH1: {
        "consumer_key": "ck",
        "consumer_secret": "consumer-secret",
        "token_id": "ti",
        "token_secret": "token-secret",
    },
}
EACH_MISSING = [(scheme, name) for scheme, parts in NEEDED.items() for name in parts]


@pytest.mark.parametrize(("scheme", "name"), EACH_MISSING, ids=[f"{s.value} without {n}" for s, n in EACH_MISSING])
def test_each_part_a_scheme_needs_is_asked_for_by_name(scheme: AuthScheme, name: str) -> None:
    spec = AuthSpec(scheme, token_path="token", assertion=AssertionSpec(thumbprint="x5t#S256"))
    parts = NEEDED[scheme]
    build_signer(spec, parts)
    with pytest.raises(MisconfiguredError, match=f"has no {name.replace('_', ' ')}"):
        build_signer(spec, {key: value for key, value in parts.items() if key != name})


def test_a_system_where_nobody_signed_in_says_so() -> None:
    with pytest.raises(MisconfiguredError, match="Nobody has signed in"):
        build_signer(AuthSpec(AuthScheme.OAUTH_CODE), {"client_id": "id", "client_secret": "s"})


def test_an_id_may_be_a_plain_setting() -> None:
    signer = build_signer(
        AuthSpec(AuthScheme.CLIENT_CREDENTIALS, token_path="token"),
        {"client_secret": "s"},
        {"client_id": "from-settings"},
    )
    assert signer.grant is not None
    assert signer.grant.client is not None
    assert signer.grant.client.id == "from-settings"


def test_a_scope_may_name_a_setting_too() -> None:
    spec = AuthSpec(AuthScheme.CLIENT_CREDENTIALS, token_path="token", token_scope="https://{host}/.default")
    signer = build_signer(spec, {"client_id": "id", "client_secret": "s"}, {"host": "contoso.crm4.example"})
    assert signer.grant is not None
    assert signer.grant.form["scope"] == "https://contoso.crm4.example/.default"


@pytest.mark.parametrize("value", ["", None, "evil.example/", "a b", "a@b", "a#b", "..%2f", "\n"])
def test_a_setting_cannot_turn_an_address_into_another_one(value: Any) -> None:
    with pytest.raises(MisconfiguredError, match="tenant"):
        fill_in("https://login.example.com/{tenant}/token", {"tenant": value})


ADDRESSES = [
    ("oauth/token", "https://api.example.com/v1", "https://api.example.com/v1/oauth/token"),
    ("/oauth/token", "https://api.example.com/v1", "https://api.example.com/oauth/token"),
    ("https://login.example.com/t", "https://api.example.com/v1", "https://login.example.com/t"),
]


@pytest.mark.parametrize(("path", "base", "whole"), ADDRESSES, ids=["below the base", "from the root", "elsewhere"])
def test_tokens_are_asked_for_where_the_manifest_says(path: str, base: str, whole: str) -> None:
    assert token_address(path, base) == whole


def _door(url: str, spec: AuthSpec, secrets: Mapping[str, str], settings: Mapping[str, Any] | None = None) -> Door:
    return door_to(url, auth=build_signer(spec, secrets, settings))


async def test_an_assertion_buys_a_token_in_a_persons_name() -> None:
    def verified(form: Form) -> bool:
        claimed = jwt.decode(
            form["assertion"], KEY.public_key(), algorithms=["RS256"], audience="https://login.example"
        )
        return (claimed["iss"], claimed["sub"]) == ("consumer-key", "robot@acme.example") and "client_id" not in form

    vendor = Vendor(accepts=verified)
    spec = AuthSpec(
        AuthScheme.JWT_BEARER,
        token_path="/services/oauth2/token",
        assertion=AssertionSpec(audience="https://login.example"),
    )
    secrets = {"client_id": "consumer-key", "private_key": pem(KEY)}
    with open_for_business(vendor) as url:
        async with _door(f"{url}/base", spec, secrets, {"subject": "robot@acme.example"}) as door:
            assert (await door.request("GET", "things")).status == 200
    assert vendor.forms[0]["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
    assert vendor.calls == [("/base/things", "access-number-1", 200)]


async def test_a_certificate_stands_for_the_client_secret_at_another_host() -> None:
    vendor, logins = Vendor(), Vendor()

    def verified(form: Form) -> bool:
        signed = form["client_assertion"]
        claimed = jwt.decode(signed, KEY.public_key(), algorithms=["PS256"], audience=f"{login_url}/contoso/token")
        return claimed["iss"] == claimed["sub"] == form["client_id"] == "app-id" and "x5t#S256" in (
            jwt.get_unverified_header(signed)
        )

    logins.accepts = verified
    with open_for_business(vendor) as url, open_for_business(logins) as login_url:
        spec = AuthSpec(
            AuthScheme.CERTIFICATE,
            token_path=f"{login_url}/{{tenant}}/token",
            token_scope="https://api.example/.default",
            assertion=AssertionSpec("PS256", thumbprint="x5t#S256"),
        )
        secrets = {
            "client_id": "app-id",
            "private_key": pem(KEY).replace("\n", ""),
            "certificate": certificate(days=3000),
        }
        signer = build_signer(spec, secrets, {"tenant": "contoso"})
        hosts = tuple(address.partition("://")[2] for address in (url, login_url))
        vendor.good = logins.good  # one company, two hosts
        async with door_to(url, auth=signer, allow=hosts) as door:
            assert (await door.request("GET", "things")).status == 200
    form = logins.forms[0]
    assert (form["grant_type"], form["scope"]) == ("client_credentials", "https://api.example/.default")
    assert form["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    assert vendor.forms == []


async def test_a_host_for_tokens_is_guarded_like_any_other() -> None:
    vendor = Vendor()
    with open_for_business(vendor) as url, open_for_business(Vendor()) as elsewhere:
        spec = AuthSpec(AuthScheme.CLIENT_CREDENTIALS, token_path=f"{elsewhere}/token")
        async with _door(url, spec, {"client_id": "id", "client_secret": "a-secret"}) as door:
            with pytest.raises(RemoteError, match="https://"):
                await door.request("GET", "things")
    assert vendor.calls == []


async def test_an_assertion_that_is_refused_says_what_to_check_and_shows_nothing_of_it() -> None:
    vendor = Vendor(accepts=lambda _form: False)  # its answer echoes what it was sent
    spec = AuthSpec(AuthScheme.JWT_BEARER, token_path="token")
    secrets = {"client_id": "id", "subject": "robot", "private_key": pem(KEY)}
    with open_for_business(vendor) as url:
        async with _door(url, spec, secrets) as door:
            with pytest.raises(RemoteError, match="certificate is registered") as caught:
                await door.request("GET", "things")
    assert caught.value.kind is FailureKind.AUTH_EXPIRED
    assert vendor.forms[0]["assertion"] not in str(caught.value.exchange)


async def test_each_request_of_oauth1_is_signed_by_itself_and_shows_no_secret() -> None:
    vendor = Vendor()  # turns every call away, so that evidence is kept
    spec = AuthSpec(AuthScheme.OAUTH1, realm="{account}")
    parts = NEEDED[AuthScheme.OAUTH1]
    with open_for_business(vendor) as url:
        async with _door(url, spec, parts, {"account": "123456_SB1"}) as door:
            answers = [await door.send("GET", "things", parameters={"q": "consumer-secret"}) for _ in range(2)]
    headers = [token for _, token, _ in vendor.calls]
    assert all(header.startswith('OAuth realm="123456_SB1"') for header in headers)
    assert headers[0] != headers[1]
    for answer in answers:
        assert not any(
            secret in str(answer.exchange) for secret in ("consumer-secret", "token-secret", "oauth_signature")
        )
