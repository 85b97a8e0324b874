"""What a manifest says of signing in: the scheme, where tokens come from, and the secrets that a connection must hold."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class AuthScheme(StrEnum):
    """How a connection signs its requests. The named parts are secrets; ids may be plain settings instead."""

    BEARER = "bearer"  # "token" -> Authorization: Bearer
    HEADER_KEY = "header_key"  # "api_key" -> the header named in AuthSpec.header, behind AuthSpec.header_prefix
    BASIC = "basic"  # "username" and "password"
    # As before, in the header of each SOAP envelope (WS-Security, UsernameToken): the password itself, or its digest.
    USERNAME_TOKEN = "username_token"  # noqa: S105  a name
    USERNAME_DIGEST = "username_digest"
    # "client_id" and "client_secret" buy an access token at AuthSpec.token_path (RFC 6749, section 4.4).
    CLIENT_CREDENTIALS = "client_credentials"
    # As before, proven by an assertion instead of a secret (RFC 7523, section 2.2): "client_id", "private_key", and
    # "certificate" or "key_id" where AuthSpec.assertion wants one.
    CERTIFICATE = "certificate"
    # An assertion that speaks for a person there (RFC 7523, section 2.1): "client_id", "subject", "private_key".
    JWT_BEARER = "jwt_bearer"
    # A person signs in at AuthSpec.authorize_address (RFC 6749, section 4.1, with PKCE): "client_id", and
    # "client_secret" where the system gives one. The refresh token is stored by the sign-in, not typed.
    OAUTH_CODE = "oauth_code"
    # Each request is signed (RFC 5849): "consumer_key", "consumer_secret", "token_id", "token_secret".
    OAUTH1 = "oauth1"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class AssertionSpec:
    """What a signed assertion (a JWT, RFC 7523) looks like.

    `audience` "" means the token address. `thumbprint` is the header that names the certificate, "x5t#S256" or "x5t",
    "" for none. `claims` are further ones; like `audience` they may name settings: "{account}".
    """

    algorithm: str = "RS256"
    audience: str = ""
    thumbprint: str = ""
    scope_inside: bool = False  # the scope stands in the assertion, not beside it
    life_seconds: int = 180
    claims: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AuthSpec:
    """How requests are signed.

    `token_path` is where an access token is asked for: relative to the base address, from the root of its host when it
    begins with "/", or a whole address when it stands elsewhere. `token_scope` is what is asked for, "" for the system's
    default. `authorize_address` is where people sign in, `authorize_parameters` what this system wants to know besides.
    All of these may name settings of the connection: "https://login.example.com/{tenant}/token".
    """

    scheme: AuthScheme = AuthScheme.NONE
    header: str = ""
    token_path: str = ""
    token_scope: str = ""
    credentials_in_body: bool = False  # for systems that do not take client credentials as a Basic header
    authorize_address: str = ""
    authorize_parameters: Mapping[str, str] = field(default_factory=dict)
    assertion: AssertionSpec = field(default_factory=AssertionSpec)
    refresh_days_unused: int = 0  # after which a sign-in ends that nobody used; 0 where it lasts
    realm: str = ""  # of OAuth 1.0a; may name a setting
    # Where a CSRF token and its cookies are fetched before something is changed ("" : none are needed), as SAP wants it.
    csrf_path: str = ""
    header_prefix: str = ""  # what stands before an API key in its header: "SSWS "
    # What a system wants to know besides when client credentials ask for a token; may name settings.
    token_parameters: Mapping[str, str] = field(default_factory=dict)
    # Calls and token requests show a certificate while TLS is set up: the secrets "client_certificate" and "client_key".
    client_certificate: bool = False


@dataclass(frozen=True, slots=True)
class SecretSpec:
    """One secret a connection must hold: write-only on screens. `may_expire`: its system lets it end on a day of its own."""

    name: str
    label: str
    help: str = ""
    may_expire: bool = False
