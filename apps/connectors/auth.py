"""Signs requests: turns a connection's secrets into the headers its system expects, or into a request for a token."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from apps.connectors.errors import BusinessClass, MisconfiguredError
from apps.connectors.manifest import AuthScheme, AuthSpec

_USUAL_LIFE_SECONDS = 300.0  # of a token whose system does not say how long it lasts
_LONGEST_LIFE_SECONDS = 86_400.0
_EARLY_SECONDS = 30.0  # a token is renewed so long before its end, or after half its life when that is shorter


@dataclass(frozen=True, slots=True, repr=False)
class ClientGrant:
    """How an access token is asked for with client credentials (RFC 6749, section 4.4)."""

    token_path: str
    client_id: str
    client_secret: str
    scope: str = ""
    in_body: bool = False

    def request(self) -> tuple[dict[str, str], bytes]:
        """Return headers and body of the POST that asks for a token."""
        form = {"grant_type": "client_credentials"}
        if self.scope:
            form["scope"] = self.scope
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if self.in_body:
            form |= {"client_id": self.client_id, "client_secret": self.client_secret}
        else:
            # Section 2.3.1: both parts are form-encoded before they are joined.
            pair = f"{quote(self.client_id, safe='')}:{quote(self.client_secret, safe='')}"
            headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        return headers, urlencode(form).encode()


@dataclass(frozen=True, slots=True, repr=False)
class AccessToken:
    """A token, and until when to use it (seconds since the epoch)."""

    text: str
    use_until: float


@dataclass(frozen=True, slots=True, repr=False)
class Signer:
    """The headers that sign every request, and the secret texts no record may ever show.

    `grant` is there when the headers are not enough: an access token must be bought with it first.
    """

    headers: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    grant: ClientGrant | None = None

    def __repr__(self) -> str:
        return f"Signer(headers of {', '.join(self.headers) or 'nothing'})"


UNSIGNED = Signer()


def build_signer(spec: AuthSpec, secrets: Mapping[str, str]) -> Signer:
    """Return the signer for a system's scheme.

    Raises:
        MisconfiguredError: a secret the scheme needs is missing or cannot be put into a header.

    """
    if spec.scheme is AuthScheme.NONE:
        return Signer(secrets=tuple(secrets.values()))
    if spec.scheme is AuthScheme.CLIENT_CREDENTIALS:
        return _granted_signer(spec, secrets)
    if spec.scheme is AuthScheme.BEARER:
        headers = {spec.header or "Authorization": f"Bearer {_secret(secrets, 'token')}"}
    elif spec.scheme is AuthScheme.HEADER_KEY:
        headers = {spec.header or "X-API-Key": _secret(secrets, "api_key")}
    else:
        pair = f"{_secret(secrets, 'username')}:{_secret(secrets, 'password')}"
        headers = {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
    shown = tuple(value.partition(" ")[2] or value for value in headers.values())
    return Signer(headers=headers, secrets=tuple(secrets.values()) + shown)


def read_token(answer: Any, *, now: float) -> AccessToken | None:
    """Return the token in a token endpoint's parsed answer (RFC 6749, section 5.1); None when it holds none.

    `now` is seconds since the epoch.
    """
    text = answer.get("access_token") if isinstance(answer, Mapping) else None
    if not isinstance(text, str) or not text or not text.isprintable() or not text.isascii():
        return None
    life = answer.get("expires_in")
    try:
        seconds = float(life) if life is not None else _USUAL_LIFE_SECONDS
    except (TypeError, ValueError):
        seconds = _USUAL_LIFE_SECONDS
    seconds = min(seconds, _LONGEST_LIFE_SECONDS) if seconds > 0 else _USUAL_LIFE_SECONDS
    return AccessToken(text, now + seconds - min(_EARLY_SECONDS, seconds / 2))


def _granted_signer(spec: AuthSpec, secrets: Mapping[str, str]) -> Signer:
    grant = ClientGrant(
        spec.token_path,
        _secret(secrets, "client_id"),
        _secret(secrets, "client_secret"),
        spec.token_scope,
        spec.credentials_in_body,
    )
    basic = grant.request()[0].get("Authorization", "").partition(" ")[2]
    return Signer(secrets=(*secrets.values(), *((basic,) if basic else ())), grant=grant)


def _secret(secrets: Mapping[str, str], name: str) -> str:
    value = secrets.get(name, "")
    if not value:
        raise MisconfiguredError(
            f"The connection has no {name.replace('_', ' ')}: enter it on the connection's page.",
            business_class=BusinessClass.PERMISSION,
        )
    if not value.isprintable() or not value.isascii():
        raise MisconfiguredError(
            f"The {name.replace('_', ' ')} holds a character that cannot be sent: copy it again, without line breaks.",
            business_class=BusinessClass.PERMISSION,
        )
    return value
