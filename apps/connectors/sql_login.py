"""How one connection signs in to a database server, and how far it trusts that server; no call is made here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from apps.connectors.authorities import read_authority
from apps.connectors.errors import BusinessClass, MisconfiguredError


class Encryption(StrEnum):
    """What is demanded of the way to the server; the value is what people choose on the connection's page."""

    VERIFIED = "certificate and name are checked"
    UNVERIFIED = "encrypted, the certificate is not checked"
    PLAIN = "none (only where the operator allowed the address)"


@dataclass(frozen=True, slots=True)
class SqlLogin:
    """Who signs in to which database, with what. `authority` is PEM text of who vouches for the server, "": the public ones."""

    user: str
    database: str
    password: str = field(repr=False)
    encryption: Encryption = Encryption.VERIFIED
    authority: str = ""

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not be shown anywhere."""
        return (self.password,)


def build_login(secrets: Mapping[str, str], settings: Mapping[str, Any]) -> SqlLogin:
    """Return the login of a connection: its secret "password", its settings "user", "database", "encryption", "authority".

    Raises:
        MisconfiguredError: one of them is missing, or cannot be read.

    """
    user, database = _text(settings, "user"), _text(settings, "database")
    password = secrets.get("password", "")
    if not user or not database:
        missing = "database" if user else "user"
        raise _wrong(f"The connection has no {missing}: fill it in on the connection's page.")
    if not password:
        raise _wrong("The connection holds no password: enter one on the connection's page.")
    if "\x00" in user + database + password:
        raise _wrong("User, database and password cannot hold a null character: enter them anew.")
    return SqlLogin(user, database, password, _encryption(settings), read_authority(_text(settings, "authority")))


def _encryption(settings: Mapping[str, Any]) -> Encryption:
    chosen = _text(settings, "encryption") or Encryption.VERIFIED.value
    try:
        return Encryption(chosen)
    except ValueError:
        choices = "; ".join(Encryption)
        raise _wrong(f"The setting “Encryption” of the connection is not right: choose among {choices}.") from None


def _text(settings: Mapping[str, Any], name: str) -> str:
    return str(settings.get(name) or "").strip()


def _wrong(sentence: str) -> MisconfiguredError:
    return MisconfiguredError(sentence, business_class=BusinessClass.CONNECTION)
