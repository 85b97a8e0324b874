"""No secret survives in what is kept."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.connectors.redaction import HIDDEN, redact_body, redact_headers, redact_json, redact_text, redact_url

CANARY = "canary-7Hq2-secret"

BODIES = {
    "password": {"password": CANARY},
    "nested token": {"login": {"access_token": CANARY}},
    "list of keys": {"clients": [{"api_key": CANARY}, {"apiKey": CANARY}]},
    "client secret": {"clientSecret": CANARY},
    "authorization": {"Authorization": f"Bearer {CANARY}"},
    "cookie": {"set-cookie": f"sid={CANARY}"},
    "iban": {"iban": CANARY},
    "ssn": {"ssn": CANARY},
    "inside a text": {"note": f"token={CANARY}"},
    "bearer in a text": {"note": f"sent Bearer {CANARY}"},
    "private key": {"note": f"-----BEGIN PRIVATE KEY-----\n{CANARY}\n-----END PRIVATE KEY-----"},
    "cut private key": {"note": f"-----BEGIN RSA PRIVATE KEY-----\n{CANARY}"},
    "webhook secret": {"note": "whsec_" + CANARY},
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_a_secret_in_a_body_is_hidden(body: dict[str, object]) -> None:
    assert CANARY not in redact_body(orjson.dumps(body))


ELEMENTS = {
    "a password": f"<login><Password>{CANARY}</Password></login>",
    "in a name space": f'<wsse:Password Type="text">{CANARY}</wsse:Password>',
    "an account at a bank": f"<BankAccount><AccountNumber>{CANARY}</AccountNumber></BankAccount>",
}


@pytest.mark.parametrize("body", ELEMENTS.values(), ids=ELEMENTS.keys())
def test_a_secret_in_an_element_is_hidden(body: str) -> None:
    assert CANARY not in redact_body(body.encode())


def test_ordinary_elements_are_kept() -> None:
    body = "<Report><Name>Trip</Name><Total>12.50</Total></Report>"
    assert redact_body(body.encode()) == body


@pytest.mark.parametrize(
    "text",
    [
        f"password={CANARY}",
        f'"secret": "{CANARY}"',
        f"api-key: {CANARY}",
        f"Basic {CANARY}",
        f"x&access_token={CANARY}&y=1",
        f"grant_type=refresh_token&refresh_token={CANARY}",
        f"client_assertion={CANARY}&scope=x",
        f"grant_type=jwt-bearer&assertion={CANARY}",
        f"grant_type=authorization_code&code_verifier={CANARY}",
        f'OAuth realm="1", oauth_token="{CANARY}", oauth_signature="{CANARY}"',
        f"X-CSRF-Token: {CANARY}",
    ],
)
def test_a_secret_in_a_plain_text_is_hidden(text: str) -> None:
    assert CANARY not in redact_text(text)
    assert CANARY not in redact_body(text.encode())


@given(st.text(max_size=50), st.text(max_size=50))
def test_a_connections_own_secret_is_hidden_wherever_it_stands(before: str, after: str) -> None:
    secret = "plain-looking-value"
    assert secret not in redact_body(orjson.dumps({"comment": before + secret + after}), (secret,))
    assert secret not in redact_text(before + secret + after, (secret,))


def test_a_secret_at_the_edge_of_the_cap_is_hidden() -> None:
    body = ("x" * 4090 + " token=" + CANARY).encode()
    assert CANARY[:6] not in redact_body(body, cap=4100)


@pytest.mark.parametrize(
    "name", ["Authorization", "Cookie", "Set-Cookie", "X-Api-Key", "Proxy-Authorization", "X-Anything-New"]
)
def test_a_header_not_known_to_be_harmless_is_hidden(name: str) -> None:
    assert redact_headers({name: CANARY}) == {name: HIDDEN}


def test_harmless_headers_are_shown() -> None:
    shown = {"Content-Type": "application/json", "Retry-After": "3", "X-RateLimit-Remaining": "7"}
    assert redact_headers(shown) == shown


URLS = [
    (f"https://user:{CANARY}@erp.example/x", "https://erp.example/x"),
    (f"https://erp.example/x?token={CANARY}&page=2", f"https://erp.example/x?token={HIDDEN}&page=2"),
    (f"https://erp.example/x?client_secret={CANARY}", f"https://erp.example/x?client_secret={HIDDEN}"),
    (f"https://erp.example/x#{CANARY}", "https://erp.example/x"),
]


@pytest.mark.parametrize(("url", "shown"), URLS)
def test_an_address_is_shown_without_secrets(url: str, shown: str) -> None:
    assert redact_url(url) == shown


def test_a_secret_in_the_path_is_hidden_when_it_is_the_connections_own() -> None:
    assert CANARY not in redact_url(f"https://erp.example/hook/{CANARY}", (CANARY,))


@pytest.mark.parametrize("number", ["4111 1111 1111 1111", "5500-0000-0000-0004", "378282246310005"])
def test_a_card_number_is_hidden(number: str) -> None:
    assert number not in redact_text(f"paid with {number} today")


@pytest.mark.parametrize(
    "text", ["1234567890123", "TE-000123", "2026-11-02T09:00:00.000001Z", "PO-40123", "0000000000000"]
)
def test_ordinary_numbers_are_kept(text: str) -> None:
    assert redact_text(text) == text


def test_ordinary_fields_are_kept() -> None:
    record = {"external_id": "TE-1", "hours": "7.5", "keyboard": "de", "po_number": "PO-1", "open": True, "none": None}
    assert redact_json(record) == record


def test_deep_nesting_neither_crashes_nor_leaks() -> None:
    value: object = CANARY
    for _ in range(500):
        value = [value]
    assert CANARY not in str(redact_json(value))


LONG = [
    "a",
    "token",
    "eyJ",
    "eyJaaaaaaa-",
    "eyJaaaaaaa.",
    "-----BEGIN A ",
    "Bearer ",
    "1 ",
    "whsec_",
    "token  ",
    '"secret":"',
    "<a>x",
    "<a></",
]


@pytest.mark.parametrize("part", LONG)
def test_a_body_of_one_long_word_is_looked_through_in_a_moment(part: str) -> None:
    """Words that are tried again from each of their letters would keep this busy for hours."""
    body = orjson.dumps({"message": part * (200_000 // len(part))})
    assert len(redact_body(body)) < 5000


def test_of_an_enormous_body_nothing_is_kept() -> None:
    assert redact_body(b"password=x " * 30_000) == "[not kept] (330000 bytes in all)"


def test_a_long_body_is_cut_and_says_how_long_it_was() -> None:
    assert redact_body(b"x" * 10_000).endswith("(10000 bytes in all)")
