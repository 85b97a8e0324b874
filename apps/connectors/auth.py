"""Signs requests: turns a connection's secrets into the headers its system expects."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field

from apps.connectors.errors import BusinessClass, MisconfiguredError
from apps.connectors.manifest import AuthScheme, AuthSpec


@dataclass(frozen=True, slots=True, repr=False)
class Signer:
    """The headers that sign every request, and the secret texts no record may ever show."""

    headers: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()

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
    if spec.scheme is AuthScheme.BEARER:
        headers = {spec.header or "Authorization": f"Bearer {_secret(secrets, 'token')}"}
    elif spec.scheme is AuthScheme.HEADER_KEY:
        headers = {spec.header or "X-API-Key": _secret(secrets, "api_key")}
    else:
        pair = f"{_secret(secrets, 'username')}:{_secret(secrets, 'password')}"
        headers = {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
    shown = tuple(value.partition(" ")[2] or value for value in headers.values())
    return Signer(headers=headers, secrets=tuple(secrets.values()) + shown)


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
