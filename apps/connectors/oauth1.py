"""Signs single requests by OAuth 1.0a with HMAC-SHA256 (RFC 5849), as NetSuite's token-based authentication wants it.

HMAC-SHA1 is no longer taken there: https://docs.oracle.com/en/cloud/saas/netsuite/ns-online-help/section_1534941295.html
The body is not signed: it is JSON, and only form fields are.
"""

import logging
from dataclasses import dataclass

from oauthlib.oauth1 import SIGNATURE_HMAC_SHA256, Client  # type: ignore[import-untyped]  # it carries no types

# At DEBUG the library logs what it signs, ids included: no log of ours may hold them.
logging.getLogger("oauthlib").setLevel(logging.INFO)


@dataclass(frozen=True, slots=True, repr=False)
class TokenSignature:
    """The four parts of a token, and the account they are for ("realm", "" for none)."""

    consumer_key: str
    consumer_secret: str
    token_id: str
    token_secret: str
    realm: str = ""

    def headers(
        self, method: str, url: str, *, nonce: str | None = None, timestamp: str | None = None
    ) -> dict[str, str]:
        """Return the header that signs this one request; nonce and time stamp are made here unless a test gives them."""
        client = Client(
            self.consumer_key,
            client_secret=self.consumer_secret,
            resource_owner_key=self.token_id,
            resource_owner_secret=self.token_secret,
            signature_method=SIGNATURE_HMAC_SHA256,
            realm=self.realm or None,
            nonce=nonce,
            timestamp=timestamp,
        )
        _, headers, _ = client.sign(url, http_method=method)
        return {"Authorization": headers["Authorization"]}
