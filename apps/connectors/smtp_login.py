"""How one connection signs in to a mail server, in whose name it writes, and to whom it may; no call is made here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.errors import HeaderParseError
from email.headerregistry import Address
from enum import StrEnum
from typing import Any

from apps.connectors.authorities import read_authority
from apps.connectors.errors import BusinessClass, MisconfiguredError

MOST_RECIPIENTS = 20


class MailEncryption(StrEnum):
    """What is demanded of the way to the server; the value is what people choose on the connection's page."""

    STARTTLS = "begun on the way (STARTTLS, mostly port 587)"
    TLS = "from the start (TLS, mostly port 465)"
    PLAIN = "none (only where the operator allowed the address)"


@dataclass(frozen=True, slots=True)
class SmtpLogin:
    """Who signs in and how. `sender` is the address in whose name is written, `authority` PEM text, "": the public ones."""

    user: str
    sender: str
    password: str = field(repr=False)
    encryption: MailEncryption = MailEncryption.STARTTLS
    authority: str = ""

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not be shown anywhere."""
        return (self.password,)

    @property
    def domain(self) -> str:
        """The domain in whose name is written."""
        return self.sender.rpartition("@")[2]


@dataclass(frozen=True, slots=True)
class Readers:
    """Who is written to: always `fixed`, and whom a record names if the address belongs to one of `domains`."""

    fixed: tuple[str, ...]
    domains: frozenset[str]


class UnusableAddressError(ValueError):
    """A text is no mail address."""


def build_login(secrets: Mapping[str, str], settings: Mapping[str, Any]) -> SmtpLogin:
    """Return the login of a connection: its secret "password", its settings "user", "sender", "encryption", "authority".

    Raises:
        MisconfiguredError: one of them is missing, or cannot be read.

    """
    user, password = _text(settings, "user"), secrets.get("password", "")
    if not user:
        raise _wrong("The connection has no user: fill it in on the connection's page.")
    if not password:
        raise _wrong("The connection holds no password: enter one on the connection's page.")
    try:
        sender = read_address(_text(settings, "sender"))
    except UnusableAddressError:
        raise _wrong(
            "The setting “Sender” of the connection is no mail address: write it as desk@example.com."
        ) from None
    chosen = _text(settings, "encryption") or MailEncryption.STARTTLS.value
    if chosen not in set(MailEncryption):
        raise _wrong("The setting “Encryption” of the connection is not right: choose one of the list.")
    return SmtpLogin(user, sender, password, MailEncryption(chosen), read_authority(_text(settings, "authority")))


def build_readers(settings: Mapping[str, Any]) -> Readers:
    """Return who may be written to: the settings "recipients" and "domains". Raises MisconfiguredError."""
    try:
        fixed = read_addresses(_text(settings, "recipients"))
    except UnusableAddressError as problem:
        raise _wrong(f"The setting “Recipients” of the connection is not right: {problem}.") from None
    domains = frozenset(
        part.strip().lower().lstrip("@") for part in _text(settings, "domains").split(",") if part.strip()
    )
    if not fixed and not domains:
        raise _wrong(
            "The connection says nobody to write to: enter recipients, or the domains of those a record may name."
        )
    return Readers(fixed, domains)


def read_addresses(text: str) -> tuple[str, ...]:
    """Return the addresses in a text with commas between them, each once. Raises UnusableAddressError."""
    found = dict.fromkeys(read_address(part) for part in text.split(",") if part.strip())
    if len(found) > MOST_RECIPIENTS:
        raise UnusableAddressError(f"more than {MOST_RECIPIENTS} addresses: write to a list instead")
    return tuple(found)


def read_address(text: str) -> str:
    """Return one plain mail address, the domain in small letters. Raises UnusableAddressError that says what is wrong."""
    written = text.strip()
    if not written.isascii() or not written.isprintable() or any(sign in written for sign in ' <>",;:\\()[]'):
        raise UnusableAddressError(f"“{written[:60]}” is no plain mail address, as in desk@example.com")
    try:
        address = Address(addr_spec=written)
    except (HeaderParseError, ValueError, IndexError):
        raise UnusableAddressError(f"“{written[:60]}” is no mail address, as in desk@example.com") from None
    if not address.username or "." not in address.domain.strip("."):
        raise UnusableAddressError(f"“{written[:60]}” is no mail address, as in desk@example.com")
    return f"{address.username}@{address.domain.lower()}"


def strangers(readers: Readers, addresses: Sequence[str]) -> list[str]:
    """Return the addresses that a record names and that may not be written to."""
    return [
        address
        for address in addresses
        if address not in readers.fixed and address.rpartition("@")[2] not in readers.domains
    ]


def _text(settings: Mapping[str, Any], name: str) -> str:
    value = settings.get(name)
    return "" if value is None else str(value).strip()


def _wrong(sentence: str) -> MisconfiguredError:
    return MisconfiguredError(sentence, business_class=BusinessClass.CONNECTION)
