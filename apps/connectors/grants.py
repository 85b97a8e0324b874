"""What an access token is asked for with: the grants of RFC 6749 and RFC 7523 as forms, and the reading of the answer."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from apps.connectors.assertions import Assertion

_USUAL_LIFE_SECONDS = 300.0  # of a token whose system does not say how long it lasts
_LONGEST_LIFE_SECONDS = 86_400.0
_EARLY_SECONDS = 30.0  # a token is renewed so long before its end, or after half its life when that is shorter
_CLIENT_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_BEARER_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"

CREDENTIALS_REFUSED = "The system does not accept the client id and secret: enter valid ones on the connection's page."
ASSERTION_REFUSED = (
    "The system does not accept what was signed with the private key: check client id and user on the connection's page,"
    " and in the system that the key's certificate is registered and that the user has allowed the access."
)
SIGN_IN_ENDED = "The sign-in at the system has ended or was withdrawn: sign in again on the connection's page."


@dataclass(frozen=True, slots=True, repr=False)
class Client:
    """Who asks. Without a secret: one that is known by its id alone (a public client, RFC 7636)."""

    id: str
    secret: str = ""
    in_body: bool = False

    def identify(self, form: dict[str, str]) -> dict[str, str]:
        """Return the headers that say who asks; puts it into `form` where it belongs there."""
        if self.secret and not self.in_body:
            return {"Authorization": f"Basic {self.pair}"}
        form["client_id"] = self.id
        if self.secret:
            form["client_secret"] = self.secret
        return {}

    @property
    def pair(self) -> str:
        """Id and secret as a Basic header carries them: form-encoded before they are joined (RFC 6749, section 2.3.1)."""
        return base64.b64encode(f"{quote(self.id, safe='')}:{quote(self.secret, safe='')}".encode()).decode()


@dataclass(frozen=True, slots=True, repr=False)
class Grant:
    """One way to ask for an access token at `token_path`.

    `form` is what is asked; an assertion is signed anew each time. `refused` is the sentence for credentials that are
    turned away, `ended` the one for a grant that holds no more ("" : the same).
    """

    token_path: str
    form: Mapping[str, str]
    client: Client | None = None
    assertion: Assertion | None = None
    refused: str = CREDENTIALS_REFUSED
    ended: str = ""
    further_secrets: tuple[str, ...] = field(default=())

    def request(self, address: str, now: float) -> tuple[dict[str, str], bytes]:
        """Return headers and body of the POST to the token's `address`; `now` is seconds since the epoch.

        Raises:
            MisconfiguredError: the private key or certificate cannot sign.

        """
        form = dict(self.form)
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if self.client is not None:
            headers |= self.client.identify(form)
        if self.assertion is not None:
            is_bearer = form["grant_type"] == _BEARER_GRANT
            form["assertion" if is_bearer else "client_assertion"] = self.assertion.sign(address, now)
        return headers, urlencode(form).encode()

    def renewing(self, refresh_token: str) -> "Grant":
        """Return the grant that exchanges this refresh token."""
        return replace(
            self,
            form={**self.form, "refresh_token": refresh_token},
            further_secrets=(*self.further_secrets, refresh_token),
        )

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no record may show of it."""
        client = (self.client.secret, self.client.pair) if self.client is not None and self.client.secret else ()
        return (*client, *self.further_secrets)


@dataclass(frozen=True, slots=True, repr=False)
class AccessToken:
    """A token, and until when to use it (seconds since the epoch)."""

    text: str
    use_until: float


@dataclass(frozen=True, slots=True, repr=False)
class TokenAnswer:
    """What a token endpoint handed out; `refresh_token` "" when it gave none."""

    access: AccessToken
    refresh_token: str = ""


def client_grant(path: str, client: Client, scope: str, besides: Mapping[str, str] | None = None) -> Grant:
    """Return how client credentials ask (RFC 6749, section 4.4), with what a system wants to know besides."""
    return Grant(path, _scoped({"grant_type": "client_credentials", **(besides or {})}, scope), client)


def certificate_grant(path: str, client_id: str, assertion: Assertion, scope: str) -> Grant:
    """Return how client credentials ask that are proven by an assertion (RFC 7523, section 2.2)."""
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_assertion_type": _CLIENT_ASSERTION}
    return Grant(path, _scoped(form, scope), assertion=assertion, refused=ASSERTION_REFUSED)


def bearer_grant(path: str, assertion: Assertion, scope: str, client: Client | None = None) -> Grant:
    """Return how an assertion asks in a person's name (RFC 7523, section 2.1)."""
    form = _scoped({"grant_type": _BEARER_GRANT}, scope)
    return Grant(path, form, client, assertion=assertion, refused=ASSERTION_REFUSED)


def refresh_grant(path: str, client: Client) -> Grant:
    """Return how a refresh token asks (RFC 6749, section 6); `Grant.renewing` puts the token in."""
    return Grant(path, {"grant_type": "refresh_token"}, client, ended=SIGN_IN_ENDED)


def code_grant(path: str, client: Client, *, code: str, callback: str, verifier: str) -> Grant:
    """Return how an authorization code asks (RFC 6749, section 4.1.3; RFC 7636, section 4.5)."""
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": callback, "code_verifier": verifier}
    ended = "The system no longer accepts this sign-in: it took too long or was used already. Sign in once more."
    return Grant(path, form, client, ended=ended, further_secrets=(code, verifier))


def token_address(path: str, base_url: str) -> str:
    """Return the whole address of a token endpoint: see AuthSpec.token_path."""
    if "://" in path:
        return path
    if path.startswith("/"):
        parts = urlsplit(base_url)
        return f"{parts.scheme}://{parts.netloc}{path}"
    return f"{base_url.rstrip('/')}/{path}"


def read_token(answer: Any, *, now: float) -> AccessToken | None:
    """Return the token in a token endpoint's parsed answer (RFC 6749, section 5.1); None when it holds none.

    `now` is seconds since the epoch.
    """
    text = _sendable(answer, "access_token")
    if not text:
        return None
    life = answer.get("expires_in")
    try:
        seconds = float(life) if life is not None else _USUAL_LIFE_SECONDS
    except (TypeError, ValueError):
        seconds = _USUAL_LIFE_SECONDS
    seconds = min(seconds, _LONGEST_LIFE_SECONDS) if seconds > 0 else _USUAL_LIFE_SECONDS
    return AccessToken(text, now + seconds - min(_EARLY_SECONDS, seconds / 2))


def read_answer(answer: Any, *, now: float) -> TokenAnswer | None:
    """Return all that a token endpoint's parsed answer hands out; None when it holds no token."""
    token = read_token(answer, now=now)
    return TokenAnswer(token, _sendable(answer, "refresh_token")) if token is not None else None


def _sendable(answer: Any, name: str) -> str:
    text = answer.get(name) if isinstance(answer, Mapping) else None
    return text if isinstance(text, str) and text.isprintable() and text.isascii() else ""


def _scoped(form: dict[str, str], scope: str) -> dict[str, str]:
    return {**form, "scope": scope} if scope else form
