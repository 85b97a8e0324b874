"""A certificate authority of the tests' own, and servers on loopback that take nobody without a certificate of it."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import IPv4Address
from pathlib import Path
from socket import SHUT_WR
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import BinaryIO

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

Answering = Callable[[str, bytes], bytes]  # the client's name and its request -> the whole answer
Pair = tuple[str, str]  # certificate and key, in PEM form


class Authority:
    """Issues certificates with keys on an elliptic curve, which take no time to make."""

    def __init__(self, name: str = "Authority of the tests") -> None:
        self._key, self._name = ec.generate_private_key(ec.SECP256R1()), _named(name)
        built = _builder(self._name, self._name, self._key, days=365)
        built = built.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        self.pem = _pem(built.sign(self._key, hashes.SHA256()))

    def issue(self, name: str, *, days: int = 90, host: str = "") -> Pair:
        """Return a certificate for `name`, good for so many days from now, also as a server on loopback; and its key.

        With a `host` the server is that one instead.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        built = _builder(_named(name), self._name, key, days=days)
        shown = x509.DNSName(host) if host else x509.IPAddress(IPv4Address("127.0.0.1"))
        built = built.add_extension(x509.SubjectAlternativeName([shown]), critical=False)
        return _pem(built.sign(self._key, hashes.SHA256())), pem_of(key)


@cache
def client_pair() -> Pair:
    """Return a certificate and its key, for connections that must hold one."""
    return Authority().issue("integration")


def pem_of(key: ec.EllipticCurvePrivateKey) -> str:
    """Return a private key in PEM form."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def shown_by(authority: Authority, folder: Path, host: str) -> ssl.SSLContext:
    """Return what a server shows that is called `host`, and asks nobody for a certificate."""
    path = folder / "host.pem"
    path.write_text("".join(authority.issue("server", host=host)))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


@contextmanager
def demanding(
    authority: Authority, folder: Path, answer: Answering, *, newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3
) -> Iterator[str]:
    """Serve over TLS to clients with a certificate of `authority` alone; yields the address."""
    context = _server(authority, folder)
    context.maximum_version = newest

    class Client(StreamRequestHandler):
        """One connection. Blocking: unlike asyncio, a server of this sort says why it ends a handshake."""

        def handle(self) -> None:
            with self.request.dup() as wire:
                with suppress(OSError), context.wrap_socket(self.request, server_side=True) as channel:
                    _converse(channel, answer)
                # Closing on what is unread would reset the connection, and the reason would be lost on its way.
                with suppress(OSError):
                    wire.settimeout(1)
                    wire.shutdown(SHUT_WR)
                    while wire.recv(65_536):
                        pass

    with ThreadingTCPServer(("127.0.0.1", 0), Client) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        try:
            yield f"https://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()


def _converse(channel: ssl.SSLSocket, answer: Answering) -> None:
    with channel.makefile("rb") as told:
        while head := _head(told):
            length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if _is_length(line)), 0)
            channel.sendall(answer(_client_of(channel), head + told.read(length)))


def _head(told: BinaryIO) -> bytes:
    """Return the head of the next request, nothing at the end of the connection."""
    head = b""
    while line := told.readline():
        head += line
        if line == b"\r\n":
            return head
    return b""


def _server(authority: Authority, folder: Path) -> ssl.SSLContext:
    path = folder / "server.pem"
    path.write_text("".join(authority.issue("server")))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cadata=authority.pem)
    return context


def _client_of(channel: ssl.SSLSocket) -> str:
    shown = x509.load_der_x509_certificate(channel.getpeercert(binary_form=True) or b"")
    return str(shown.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)


def _is_length(line: bytes) -> bool:
    return line.startswith(b"content-length:")


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, *, days: int
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    built = x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number())
    return built.not_valid_before(now - timedelta(days=100)).not_valid_after(now + timedelta(days=days))


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()
