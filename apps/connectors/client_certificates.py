"""Client certificates: how a connection shows who it is while TLS is set up (RFC 8705, section 2, and mutual TLS at large).

The two secrets are PEM texts, "client_certificate" (its chain may follow it) and "client_key". OpenSSL reads them from files
only: they are handed over in memory that has no name, and where a system has no such memory, in a file for this user alone
that lies there no longer than the handing over.
"""

import os
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from apps.connectors.assertions import (
    certificate_of,
    certificates_of,
    read_signing_key,
    require_pair,
    require_unexpired,
)

CLIENT_CERTIFICATE = "client_certificate"
CLIENT_KEY = "client_key"


@dataclass(frozen=True, slots=True, repr=False)
class ClientCertificate:
    """A certificate with its chain and the private key to it, as PEM texts; `now` is seconds since the epoch throughout."""

    certificate: str
    key: str

    def check(self, now: float) -> None:
        """Return when the two can be used. Raises MisconfiguredError: unreadable, no pair, or expired."""
        own = certificate_of(self.certificate)
        require_pair(own, read_signing_key(self.key))
        require_unexpired(own, now)

    def context(self, now: float, trusted: str = "") -> ssl.SSLContext:
        """Return how TLS is set up with it; `trusted` are authorities in PEM form that count besides the usual ones.

        Raises:
            MisconfiguredError: certificate or key cannot be used; the sentence says why.

        """
        self.check(now)
        made = server_checks(trusted)
        with _as_file(self._pem()) as path:
            made.load_cert_chain(path)
        return made

    def _pem(self) -> bytes:
        """Return key and chain as OpenSSL reads them, whatever became of their line breaks on the way here."""
        key = read_signing_key(self.key).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return key + b"".join(_encoded(one) for one in certificates_of(self.certificate))


def server_checks(trusted: str = "") -> ssl.SSLContext:
    """Return TLS that accepts servers with a certificate of an authority in use, and of those in `trusted`."""
    made = ssl.create_default_context()
    if trusted:
        made.load_verify_locations(cadata=trusted)
    return made


def _encoded(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)


@contextmanager
def _as_file(content: bytes) -> Iterator[str]:
    """Hand out a path at which `content` can be read, for as long as that takes."""
    if hasattr(os, "memfd_create"):
        memory = os.memfd_create("tls", os.MFD_CLOEXEC)
        try:
            os.write(memory, content)
            yield f"/dev/fd/{memory}"
        finally:
            os.close(memory)
        return
    descriptor, path = tempfile.mkstemp()  # mode 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        yield path
    finally:
        Path(path).unlink()
