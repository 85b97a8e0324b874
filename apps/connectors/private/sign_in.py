"""Which secrets a connection needs for each way of signing in, as a document lists them (pure)."""

from collections.abc import Mapping

_SECRETS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "bearer": (("token", "Access token"),),
    "header_key": (("api_key", "API key"),),
    "basic": (("username", "User name"), ("password", "Password")),
    "username_token": (("username", "User name"), ("password", "Password")),
    "username_digest": (("username", "User name"), ("password", "Password")),
    "client_credentials": (("client_id", "Client id"), ("client_secret", "Client secret")),
    "oauth_code": (("client_id", "Client id"), ("client_secret", "Client secret")),
    "none": (),
}


def secrets_for(scheme: str) -> list[dict[str, str]]:
    """Return the secrets that a connection needs for a scheme, as a document lists them."""
    return [{"name": name, "label": label} for name, label in _SECRETS.get(scheme, ())]
