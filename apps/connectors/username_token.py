"""Puts user name and password into the header of a SOAP envelope (WS-Security, UsernameToken Profile 1.1.1).

https://docs.oasis-open.org/wss-m/wss/v1.1.1/os/wss-UsernameTokenProfile-v1.1.1-os.html. The digest (section 3.1) is made with
SHA-1, as the profile demands: it keeps the password off the wire, TLS keeps both from being read.
"""

import base64
import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.sax.saxutils import escape

_OASIS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss"
SECURITY = f"{_OASIS}-wssecurity-secext-1.0.xsd"
UTILITY = f"{_OASIS}-wssecurity-utility-1.0.xsd"
PASSWORD_TEXT = f"{_OASIS}-username-token-profile-1.0#PasswordText"
PASSWORD_DIGEST = f"{_OASIS}-username-token-profile-1.0#PasswordDigest"
_BASE64 = f"{_OASIS}-soap-message-security-1.0#Base64Binary"
_END = b"</s:Header>"  # as protocols/soap_writing writes it, before any value


@dataclass(frozen=True, slots=True, repr=False)
class UsernameToken:
    """Who calls. With `digested` the password itself is never sent: each envelope has a nonce and a time of its own."""

    username: str
    password: str
    digested: bool = False

    def seal(self, envelope: bytes, *, nonce: bytes | None = None, now: datetime | None = None) -> bytes:
        """Return the envelope with the token in its header; nonce and time are made here unless a test gives them."""
        proof = (
            self._digest(nonce or secrets.token_bytes(16), now or datetime.now(UTC)) if self.digested else self._text()
        )
        header = (
            f'<wsse:Security xmlns:wsse="{SECURITY}" xmlns:wsu="{UTILITY}" s:mustUnderstand="1"><wsse:UsernameToken>'
            f"<wsse:Username>{escape(self.username)}</wsse:Username>{proof}"
            "</wsse:UsernameToken></wsse:Security>"
        )
        return envelope.replace(_END, header.encode() + _END, 1)

    @property
    def written(self) -> tuple[str, ...]:
        """The password as XML holds it: an answer may repeat it so, and no record may show that either."""
        return (escape(self.password), escape(self.password, {'"': "&quot;", "'": "&apos;"}))

    def _text(self) -> str:
        return f'<wsse:Password Type="{PASSWORD_TEXT}">{escape(self.password)}</wsse:Password>'

    def _digest(self, nonce: bytes, now: datetime) -> str:
        created = f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z"
        made = hashlib.sha1(nonce + created.encode() + self.password.encode(), usedforsecurity=False).digest()
        return (
            f'<wsse:Password Type="{PASSWORD_DIGEST}">{base64.b64encode(made).decode()}</wsse:Password>'
            f'<wsse:Nonce EncodingType="{_BASE64}">{base64.b64encode(nonce).decode()}</wsse:Nonce>'
            f"<wsu:Created>{created}</wsu:Created>"
        )
