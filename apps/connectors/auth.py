"""Signs requests: turns a connection's secrets into the headers its system expects, or into a request for a token."""

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from apps.connectors.assertions import Assertion
from apps.connectors.auth_spec import AuthScheme, AuthSpec
from apps.connectors.client_certificates import CLIENT_CERTIFICATE, CLIENT_KEY, ClientCertificate
from apps.connectors.errors import BusinessClass, MisconfiguredError
from apps.connectors.grants import (
    AccessToken,
    Client,
    Grant,
    bearer_grant,
    certificate_grant,
    client_grant,
    read_token,
    refresh_grant,
)
from apps.connectors.oauth1 import TokenSignature
from apps.connectors.username_token import UsernameToken

__all__ = [
    "ACCESS_TOKEN",
    "REFRESH_TOKEN",
    "SIGN_IN_MARK",
    "UNSIGNED",
    "AccessToken",
    "Signer",
    "build_signer",
    "certificate_of_client",
    "client_of",
    "fill_in",
    "read_token",
]

# Secrets that nobody types: a sign-in at the system stores them.
REFRESH_TOKEN = "refresh_token"  # noqa: S105  a name
ACCESS_TOKEN = "access_token"  # noqa: S105  a name; only where the system gives no refresh token
SIGN_IN_MARK = "sign_in_mark"  # random, new with each sign-in: what is kept of an earlier one is found no more
_PLACE = re.compile(r"\{(\w+)\}")
_NOT_IN_XML = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_FITS_AN_ADDRESS = re.compile(r"[A-Za-z0-9._~-]+\Z")

Sign = Callable[[str, str], Mapping[str, str]]  # method and whole address -> headers of this one request
Seal = Callable[[bytes], bytes]  # what is sent -> the same with the sign-in inside


@dataclass(frozen=True, slots=True, repr=False)
class Signer:
    """The headers that sign every request, and the secret texts no record may ever show.

    `grant` is there when the headers are not enough: an access token must be got with it first; `renews` when that takes
    a refresh token, which the grant does not hold. `sign` gives the headers of one request where each is signed by itself,
    `seal` puts the sign-in into what is sent where it belongs there.
    `client` is what is shown while TLS is set up, to the system and to who hands out its tokens.
    """

    headers: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    grant: Grant | None = None
    renews: bool = False
    sign: Sign | None = None
    seal: Seal | None = None
    csrf_path: str = ""
    client: ClientCertificate | None = None

    def __repr__(self) -> str:
        return f"Signer(headers of {', '.join(self.headers) or 'nothing'})"


UNSIGNED = Signer()


@dataclass(frozen=True, slots=True, repr=False)
class _Parts:
    """What one connection signs with. An id may be a plain setting or a secret."""

    spec: AuthSpec
    secrets: Mapping[str, str]
    settings: Mapping[str, Any]

    def need(self, name: str) -> str:
        """Return a part that goes out in one line. Raises MisconfiguredError."""
        value = self.ask(name)
        if not value:
            raise _missing(name)
        if not value.isprintable() or not value.isascii():
            raise _wrong(
                f"The {_words(name)} holds a character that cannot be sent: copy it again, without line breaks."
            )
        return value

    def ask(self, name: str) -> str:
        """Return a part as it is, "" when there is none."""
        return self.secrets.get(name) or str(self.settings.get(name) or "")

    def fill(self, text: str) -> str:
        """Return a text of the manifest with the settings it names."""
        return fill_in(text, self.settings)

    @property
    def token_scope(self) -> str:
        """What is asked for; some systems want their own address in it."""
        return self.fill(self.spec.token_scope)

    @property
    def token_path(self) -> str:
        """Where tokens are asked for."""
        return self.fill(self.spec.token_path)


def build_signer(spec: AuthSpec, secrets: Mapping[str, str], settings: Mapping[str, Any] | None = None) -> Signer:
    """Return the signer for a system's scheme; `settings` are the connection's plain ones.

    Raises:
        MisconfiguredError: a part the scheme needs is missing or cannot be sent.

    """
    signer = _SCHEMES[spec.scheme](_Parts(spec, secrets, settings or {}))
    return replace(signer, client=certificate_of_client(spec, secrets)) if spec.client_certificate else signer


def certificate_of_client(spec: AuthSpec, secrets: Mapping[str, str]) -> ClientCertificate | None:
    """Return what is shown while TLS is set up, None where the system wants nothing. Raises MisconfiguredError."""
    if not spec.client_certificate:
        return None
    for name in (CLIENT_CERTIFICATE, CLIENT_KEY):
        if not secrets.get(name):
            raise _missing(name)
    return ClientCertificate(secrets[CLIENT_CERTIFICATE], secrets[CLIENT_KEY])


def client_of(spec: AuthSpec, secrets: Mapping[str, str], settings: Mapping[str, Any]) -> Client:
    """Return who asks for tokens after a person's sign-in; without a client secret it is a public client.

    Raises:
        MisconfiguredError: there is no client id.

    """
    parts = _Parts(spec, secrets, settings)
    secret = parts.need("client_secret") if parts.ask("client_secret") else ""
    return Client(parts.need("client_id"), secret, spec.credentials_in_body)


def fill_in(text: str, settings: Mapping[str, Any]) -> str:
    """Return `text` with each "{setting}" replaced by its value.

    Raises:
        MisconfiguredError: the setting is empty, or would turn the address into another one.

    """

    def value_of(place: re.Match[str]) -> str:
        value = str(settings.get(place[1]) or "")
        if not value:
            raise _missing(place[1])
        if not _FITS_AN_ADDRESS.match(value):
            raise _wrong(
                f"The {_words(place[1])} may hold letters, digits, dots and dashes only: correct it on the connection's page."
            )
        return value

    return _PLACE.sub(value_of, text)


def _static(headers: dict[str, str], parts: _Parts) -> Signer:
    shown = tuple(value.partition(" ")[2] or value for value in headers.values())
    return Signer(headers=headers, secrets=tuple(parts.secrets.values()) + shown, csrf_path=parts.spec.csrf_path)


def _unsigned(parts: _Parts) -> Signer:
    return _static({}, parts)


def _bearer(parts: _Parts) -> Signer:
    return _static({parts.spec.header or "Authorization": f"Bearer {parts.need('token')}"}, parts)


def _header_key(parts: _Parts) -> Signer:
    return _static({parts.spec.header or "X-API-Key": parts.spec.header_prefix + parts.need("api_key")}, parts)


def _basic(parts: _Parts) -> Signer:
    pair = f"{parts.need('username')}:{parts.need('password')}"
    return _static({"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}, parts)


def _username_token(parts: _Parts) -> Signer:
    for name in ("username", "password"):
        if not parts.ask(name):
            raise _missing(name)
        if _NOT_IN_XML.search(parts.ask(name)):
            raise _wrong(f"The {_words(name)} holds a character that cannot be sent: copy it again.")
    digested = parts.spec.scheme is AuthScheme.USERNAME_DIGEST
    token = UsernameToken(parts.ask("username"), parts.ask("password"), digested)
    return Signer(secrets=(*parts.secrets.values(), *token.written), seal=token.seal)


def _granted(grant: Grant, parts: _Parts, *, renews: bool = False) -> Signer:
    return Signer(
        secrets=(*parts.secrets.values(), *grant.secrets),
        grant=grant,
        renews=renews,
        csrf_path=parts.spec.csrf_path,
    )


def _client_credentials(parts: _Parts) -> Signer:
    client = Client(parts.need("client_id"), parts.need("client_secret"), parts.spec.credentials_in_body)
    besides = {name: parts.fill(value) for name, value in parts.spec.token_parameters.items()}
    return _granted(client_grant(parts.token_path, client, parts.token_scope, besides), parts)


def _certificate(parts: _Parts) -> Signer:
    client_id = parts.need("client_id")
    assertion, scope = _assertion(parts, subject=client_id)
    return _granted(certificate_grant(parts.token_path, client_id, assertion, scope), parts)


def _jwt_bearer(parts: _Parts) -> Signer:
    assertion, scope = _assertion(parts, subject=parts.need("subject"))
    client = client_of(parts.spec, parts.secrets, parts.settings) if parts.ask("client_secret") else None
    return _granted(bearer_grant(parts.token_path, assertion, scope, client), parts)


def _assertion(parts: _Parts, *, subject: str) -> tuple[Assertion, str]:
    """Return what is to be signed, and the scope that is asked for beside it."""
    how, scope = parts.spec.assertion, parts.token_scope
    for name in ("private_key", *(("certificate",) if how.thumbprint else ())):
        if not parts.ask(name):
            raise _missing(name)
    claims = {name: parts.fill(value) for name, value in how.claims.items()}
    assertion = Assertion(
        issuer=parts.need("client_id"),
        subject=subject,
        private_key=parts.ask("private_key"),
        algorithm=how.algorithm,
        audience=parts.fill(how.audience),
        certificate=parts.ask("certificate"),
        thumbprint=how.thumbprint,
        key_id=parts.ask("key_id"),
        life_seconds=how.life_seconds,
        claims={**claims, "scope": scope} if how.scope_inside and scope else claims,
    )
    return assertion, "" if how.scope_inside else scope


def _signed_in(parts: _Parts) -> Signer:
    if parts.ask(REFRESH_TOKEN):
        client = client_of(parts.spec, parts.secrets, parts.settings)
        return _granted(refresh_grant(parts.token_path, client), parts, renews=True)
    if parts.ask(ACCESS_TOKEN):
        return _static({"Authorization": f"Bearer {parts.need(ACCESS_TOKEN)}"}, parts)
    raise _wrong("Nobody has signed in at the system yet: sign in on the connection's page.")


def _oauth1(parts: _Parts) -> Signer:
    signature = TokenSignature(
        consumer_key=parts.need("consumer_key"),
        consumer_secret=parts.need("consumer_secret"),
        token_id=parts.need("token_id"),
        token_secret=parts.need("token_secret"),
        realm=parts.fill(parts.spec.realm),
    )
    return Signer(secrets=tuple(parts.secrets.values()), sign=signature.headers, csrf_path=parts.spec.csrf_path)


_SCHEMES: dict[AuthScheme, Callable[[_Parts], Signer]] = {
    AuthScheme.NONE: _unsigned,
    AuthScheme.BEARER: _bearer,
    AuthScheme.HEADER_KEY: _header_key,
    AuthScheme.BASIC: _basic,
    AuthScheme.USERNAME_TOKEN: _username_token,
    AuthScheme.USERNAME_DIGEST: _username_token,
    AuthScheme.CLIENT_CREDENTIALS: _client_credentials,
    AuthScheme.CERTIFICATE: _certificate,
    AuthScheme.JWT_BEARER: _jwt_bearer,
    AuthScheme.OAUTH_CODE: _signed_in,
    AuthScheme.OAUTH1: _oauth1,
}


def _words(name: str) -> str:
    return name.replace("_", " ")


def _missing(name: str) -> MisconfiguredError:
    return _wrong(f"The connection has no {_words(name)}: enter it on the connection's page.")


def _wrong(sentence: str) -> MisconfiguredError:
    return MisconfiguredError(sentence, business_class=BusinessClass.PERMISSION)
