"""Which addresses a connection may reach: never a private one unless the operator allowed that very host and port."""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from apps.connectors.errors import BusinessClass, MisconfiguredError

# Python's own `is_global` changed its meaning between versions, so the list is ours.
# https://www.iana.org/assignments/iana-ipv4-special-registry and its IPv6 sibling.
_PRIVATE = tuple(
    ip_network(network)
    for network in (
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "::1/128",
        "fc00::/7",
    )
)
# Not even an operator's allowance opens these: cloud metadata, broadcast, tunnels that hide another address.
_NEVER = tuple(
    ip_network(network)
    for network in (
        "0.0.0.0/8",
        "169.254.0.0/16",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "::/96",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "100::/64",
        "2001::/23",
        "2001:db8::/32",
        "2002::/16",
        "3fff::/20",
        "5f00::/16",
        "fd00:ec2::254/128",
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
    )
)
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)\Z")
_NUMBER_LIKE = re.compile(r"(0x[0-9a-f]*|[0-9]+)\Z")
_UNSAFE = re.compile(r"[\s\x00-\x1f\x7f\\]")
_DEFAULT_PORTS = {"https": 443, "http": 80, "sftp": 22, "postgresql": 5432, "smtp": 587}


class EgressRefusedError(MisconfiguredError):
    """The address is one the platform must not call."""

    def __init__(self, message: str) -> None:
        super().__init__(message, business_class=BusinessClass.CONNECTION)


@dataclass(frozen=True, slots=True)
class Destination:
    """A base address taken apart once, so that no second parser can read it differently.

    `allowed` is True when the operator listed this host and port: plain http and private addresses are then fine.
    """

    scheme: str
    host: str
    port: int
    path: str
    allowed: bool

    @property
    def origin(self) -> str:
        """The address up to the port, as it is put together for the request."""
        shown = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{shown}:{self.port}"


def parse_destination(url: str, allow: tuple[str, ...] = (), *, scheme: str = "https") -> Destination:
    """Take a base address apart and judge everything that can be judged without asking the name service.

    `allow` holds "host:port" pairs ("127.0.0.1:8090", "[::1]:8090", "erp.lan:443"); `scheme` is how the system is
    spoken to: "https", "sftp", "postgresql" or "smtp".

    Raises:
        EgressRefusedError: another scheme, not a plain host name, or a literal address that is not allowed.

    """
    if _UNSAFE.search(url):
        raise EgressRefusedError("The address holds a space, a backslash or a control character: remove it.")
    try:
        parts = urlsplit(url)
        port = parts.port or _DEFAULT_PORTS.get(parts.scheme, 0)
    except ValueError as problem:
        raise EgressRefusedError(f"The address cannot be read ({problem}): write it as {scheme}://host/path.") from None
    _require_plain(parts.scheme, scheme, parts.netloc, parts.fragment or parts.query)
    host = _canonical_host(parts.hostname or "")
    allowed = _pair(host, port) in {entry.strip().lower() for entry in allow}
    destination = Destination(parts.scheme, host, port, parts.path.rstrip("/"), allowed)
    if parts.scheme != scheme and not allowed:
        raise EgressRefusedError("The address must begin with https://, so that nobody can read along.")
    _judge_literal(destination)
    return destination


def check_address(destination: Destination, address: str) -> None:
    """Judge one resolved address, right before it is connected to.

    Raises:
        EgressRefusedError: the address is not a public one and the operator did not allow the destination.

    """
    reason = forbidden_reason(address, allowed=destination.allowed)
    if reason:
        raise EgressRefusedError(
            f"{destination.host} leads to {address}, {reason}. Ask the operator to allow {_pair(destination.host, destination.port)}"
            " if this system really lives there."
        )


def forbidden_reason(address: str, *, allowed: bool = False) -> str:
    """Return why `address` may not be called, or "" when it may."""
    try:
        parsed = _inner(ip_address(address.split("%", 1)[0]))
    except ValueError:
        return "which is not an internet address"
    if _within(parsed, _NEVER) and not (allowed and parsed == IPv6Address("::1")):
        return "a reserved address that is never called"
    if not allowed and _within(parsed, _PRIVATE):
        return "a private address"
    if isinstance(parsed, IPv6Address) and parsed not in _GLOBAL_IPV6 and not _within(parsed, _PRIVATE):
        return "an address outside the public range"
    return ""


_GLOBAL_IPV6 = IPv6Network("2000::/3")


def _inner(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """An IPv4 address in IPv6 clothes is judged by what it wears inside."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _within(address: IPv4Address | IPv6Address, networks: tuple[IPv4Network | IPv6Network, ...]) -> bool:
    return any(address in network for network in networks)


def _require_plain(written: str, scheme: str, netloc: str, rest: str) -> None:
    if written != scheme and (written, scheme) != ("http", "https"):
        raise EgressRefusedError(f"The address must begin with {scheme}://.")
    if "@" in netloc:
        raise EgressRefusedError(
            "The address holds a user name or password before the host: put them in the credentials instead."
        )
    if rest:
        raise EgressRefusedError("The base address must not hold a ? or a # part: remove it.")


def _canonical_host(host: str) -> str:
    host = host.rstrip(".")
    if ":" in host:
        return host
    try:
        ascii_host = host.encode("idna").decode("ascii").lower()
    except UnicodeError:
        raise EgressRefusedError(f"{host[:80]!r} is not a host name: check its spelling.") from None
    labels = ascii_host.split(".")
    if not ascii_host or len(ascii_host) > 253 or not all(_LABEL.match(label) for label in labels):
        raise EgressRefusedError(f"{host[:80]!r} is not a host name: check its spelling.")
    return ascii_host


def _judge_literal(destination: Destination) -> None:
    """A host written as a number is refused in every spelling, but for an allowed plain one."""
    host = destination.host
    if ":" not in host and not _NUMBER_LIKE.match(host.rsplit(".", 1)[-1]):
        return
    try:
        plain = str(ip_address(host)) == host or ":" in host
    except ValueError:
        plain = False
    if not plain or not destination.allowed:
        raise EgressRefusedError(f"{host} is a number address: enter the system's host name instead.")
    check_address(destination, host)


def _pair(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
