"""Requests are signed as NetSuite's own page shows it, computed here a second time by its recipe."""

import base64
import hashlib
import hmac
import logging
import re
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from apps.connectors.oauth1 import TokenSignature

# The sample values of https://docs.oracle.com/en/cloud/saas/netsuite/ns-online-help/section_1534941088.html
RESTLET = (
    "https://123456.restlets.api.netsuite.com/app/site/hosting/restlet.nl"
    "?script=6&deploy=1&customParam=someValue&testParam=someOtherValue"
)
SIGNATURE = TokenSignature(
    consumer_key="ef40afdd8abaac111b13825dd5e5e2ddddb44f86d5a0dd6dcf38c20aae6b67e4",
    consumer_secret="d26ad321a4b2f23b0741c8d38392ce01c3e23e109df6c96eac6d099e9ab9e8b5",
    token_id="2b0ce516420110bcbd36b69e99196d1b7f6de3c6234c5afb799b73d87569f5cc",
    token_secret="c29a677df7d5439a458c063654187e3d678d73aca8e3c9d8bea1478a3eb0d295",
    realm="123456",
)


def _parts(header: str) -> dict[str, str]:
    assert header.startswith("OAuth ")
    return {name: unquote(value) for name, value in re.findall(r'(\w+)="([^"]*)"', header)}


def _encoded(text: str) -> str:
    return quote(text, safe="~")


def _by_the_recipe(method: str, url: str, sent: dict[str, str]) -> str:
    """Section "Generate a Signature": all parameters but the realm, sorted; key = both secrets."""
    parts = urlsplit(url)
    pairs = [(name, value) for name, value in sent.items() if name not in {"realm", "oauth_signature"}]
    pairs += parse_qsl(parts.query, keep_blank_values=True)
    listed = "&".join(f"{name}={value}" for name, value in sorted((_encoded(n), _encoded(v)) for n, v in pairs))
    base = f"{method}&{_encoded(f'{parts.scheme}://{parts.hostname}{parts.path}')}&{_encoded(listed)}"
    key = f"{_encoded(SIGNATURE.consumer_secret)}&{_encoded(SIGNATURE.token_secret)}"
    return base64.b64encode(hmac.new(key.encode(), base.encode(), hashlib.sha256).digest()).decode()


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE"])
def test_it_signs_method_address_and_query(method: str) -> None:
    header = SIGNATURE.headers(method, RESTLET, nonce="fjaLirsIcCGVZWzBX0pg", timestamp="1508242306")["Authorization"]
    sent = _parts(header)
    assert sent["realm"] == "123456"
    assert sent["oauth_signature_method"] == "HMAC-SHA256"
    assert (sent["oauth_version"], sent["oauth_nonce"]) == ("1.0", "fjaLirsIcCGVZWzBX0pg")
    assert sent["oauth_signature"] == _by_the_recipe(method, RESTLET, sent)


@given(
    st.dictionaries(
        st.text(st.characters(codec="utf-8"), min_size=1, max_size=8),
        st.text(st.characters(codec="utf-8"), max_size=12),
        max_size=4,
    )
)
def test_it_signs_whatever_stands_in_a_query(asked: dict[str, str]) -> None:
    url = str(URL("https://123456.suitetalk.api.netsuite.com/services/rest/query/v1/suiteql").with_query(asked))
    sent = _parts(SIGNATURE.headers("POST", url)["Authorization"])
    assert sent["oauth_signature"] == _by_the_recipe("POST", url, sent)


def test_no_two_requests_are_signed_alike() -> None:
    nonces = {_parts(SIGNATURE.headers("GET", RESTLET)["Authorization"])["oauth_nonce"] for _ in range(20)}
    assert len(nonces) == 20


def test_what_is_signed_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        SIGNATURE.headers("GET", RESTLET)
    assert caplog.text == ""
    assert "d26ad321" not in repr(SIGNATURE)
