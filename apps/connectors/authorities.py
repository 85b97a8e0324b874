"""Who vouches for a server's certificate: the authorities that a connection names, else the public ones."""

import re
import ssl

import certifi
from cryptography import x509

from apps.connectors.errors import BusinessClass, MisconfiguredError

_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", re.DOTALL)
_LINE = 64


def read_authority(text: str) -> str:
    """Return certificates with the line breaks that a form may have taken out of them, "" for an empty text.

    Raises MisconfiguredError when they cannot be read.
    """
    if not text.strip():
        return ""
    bodies = ["".join(body.split()) for body in _CERTIFICATE.findall(text)]
    whole = "".join(_pem(body) for body in bodies)
    try:
        x509.load_pem_x509_certificates(whole.encode())
    except ValueError:
        raise MisconfiguredError(
            "The certificate of the authority cannot be read: copy all of it, from the line with BEGIN CERTIFICATE to "
            "the line with END CERTIFICATE.",
            business_class=BusinessClass.CONNECTION,
        ) from None
    return whole


def public_authorities() -> str:
    """Return the file of those that everybody trusts: the machine's own, else the ones that are shipped."""
    return ssl.get_default_verify_paths().cafile or certifi.where()


def tls_context(authority: str) -> ssl.SSLContext:
    """Return what checks certificate and name of a server; `authority` is PEM text, "" for the public ones."""
    if authority:
        return ssl.create_default_context(cadata=authority)
    return ssl.create_default_context(cafile=public_authorities())


def _pem(body: str) -> str:
    lines = [body[start : start + _LINE] for start in range(0, len(body), _LINE)]
    return "\n".join(("-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", ""))
