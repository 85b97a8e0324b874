"""How figures and moments read."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.tenants.templatetags import wording

NOW = datetime(2026, 11, 21, 3, 43, tzinfo=UTC)
NBSP = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("amount", "currency", "words"),
    [
        pytest.param(Decimal("1234.5"), "EUR", "EUR 1,234.50", id="two decimals and thousands"),
        pytest.param("48250.50", "usd", "USD 48,250.50", id="text amounts and small letters"),
        pytest.param(Decimal("-1200"), "USD", "USD −1,200.00", id="a true minus sign"),
        pytest.param(Decimal("1250000"), "JPY", "JPY 1,250,000", id="a currency without cents"),
        pytest.param(Decimal("1.2345"), "KWD", "KWD 1.235", id="a currency with thousandths"),
        pytest.param(Decimal("2.005"), "EUR", "EUR 2.01", id="halves go up"),
        pytest.param(Decimal("-0.001"), "EUR", "EUR 0.00", id="nothing has no sign"),
        pytest.param(Decimal(7), "", "7.00", id="no currency known"),
        pytest.param(None, "EUR", "—", id="no amount"),
        pytest.param("abc", "EUR", "—", id="no number"),
        pytest.param(Decimal("NaN"), "EUR", "—", id="not a number"),
        pytest.param(True, "EUR", "—", id="a yes is no amount"),
    ],
)
def test_money_reads_with_its_currency(amount: object, currency: str, words: str) -> None:
    assert wording.money_words(amount, currency) == words.replace(" ", NBSP)


@given(st.decimals(min_value=-(10**12), max_value=10**12, places=2))
def test_money_never_loses_a_cent(amount: Decimal) -> None:
    shown = wording.money_words(amount, "EUR").removeprefix(f"EUR{NBSP}").replace(",", "").replace("−", "-")
    assert Decimal(shown) == amount


@pytest.mark.parametrize(
    ("amount", "words"),
    [(Decimal("7.5"), "7.50 h"), (12840.25, "12,840.25 h"), (0, "0.00 h"), (None, "—")],
    ids=["quarter hours", "thousands", "none worked", "unknown"],
)
def test_hours_read_with_two_decimals(amount: object, words: str) -> None:
    assert wording.hours_words(amount) == words.replace(" ", NBSP)


@pytest.mark.parametrize(
    ("amount", "words"),
    [(1234567, "1,234,567"), (0, "0"), (Decimal("2.5"), "2.50"), (None, "—"), ("", "—")],
    ids=["thousands", "zero is a figure", "fractions", "unknown", "empty"],
)
def test_counts_read_with_separators(amount: object, words: str) -> None:
    assert wording.count_words(amount) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (0.85, "850 ms"),
        (12, "12 s"),
        (254, "4 min 14 s"),
        (3600, "1 h"),
        (11100, "3 h 5 min"),
        (timedelta(days=2, hours=4, minutes=9), "2 d 4 h"),
        (3601, "1 h"),
        (None, "—"),
    ],
)
def test_spans_read_in_their_two_largest_units(seconds: object, words: str) -> None:
    assert wording.duration_words(seconds) == words


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        pytest.param(timedelta(seconds=4), "just now", id="seconds"),
        pytest.param(timedelta(seconds=40), "40 s ago", id="under a minute"),
        pytest.param(timedelta(minutes=59, seconds=59), "59 min ago", id="never rounded up"),
        pytest.param(timedelta(hours=5), "5 h ago", id="hours"),
        pytest.param(timedelta(days=1), "1 day ago", id="one day"),
        pytest.param(timedelta(days=29), "29 days ago", id="days"),
        pytest.param(timedelta(days=90), "23 Aug 2026", id="then the date"),
        pytest.param(timedelta(hours=-2), "in 2 h", id="to come"),
    ],
)
def test_moments_read_relative_to_now(ago: timedelta, words: str) -> None:
    assert wording.relative_words(NOW - ago, NOW) == words


def test_an_exact_moment_names_its_zone() -> None:
    assert wording.absolute_words(NOW) == "21 Nov 2026, 03:43 UTC"


@pytest.mark.parametrize(
    "key",
    [
        "Authorization",
        "password",
        "client_secret",
        "api_key",
        "X-Api-Key",
        "access_token",
        "set-cookie",
        "privateKey",
        "signature",
    ],
)
def test_secrets_are_masked_at_any_depth(key: str) -> None:
    markup = wording.json_markup({"steps": [{"headers": {key: "hunter2"}}]})
    assert "hunter2" not in markup
    assert wording.MASK in markup


def test_ordinary_keys_are_left_alone() -> None:
    document = {"employee": "E-1042", "monkey": "x", "keyword": "y", "hours": 7.5, "nothing_given": {"password": ""}}
    assert wording.masked(document) == document


def test_json_given_as_text_or_bytes_is_parsed_and_masked() -> None:
    raw = json.dumps({"token": "abc123", "hours": 7.5})
    assert "abc123" not in wording.json_markup(raw)
    assert wording.json_markup(raw) == wording.json_markup(raw.encode())


def test_text_that_is_no_json_is_shown_escaped() -> None:
    assert wording.json_markup("<h1>Bad gateway</h1>") == "&lt;h1&gt;Bad gateway&lt;/h1&gt;"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_no_document_can_break_out_of_its_frame(document: object) -> None:
    markup = wording.json_markup({"document": document})
    bare = markup
    for kind in ("json-key", "json-text", "json-number", "json-word"):
        bare = bare.replace(f'<span class="{kind}">', "")
    bare = bare.replace("</span>", "")
    assert "<" not in bare
    assert ">" not in bare


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36",
            "Chrome on Windows",
        ),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18.0 Mobile Safari/604.1",
            "Safari on iPhone",
        ),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0", "Firefox on Linux"),
        ("curl/8.5.0", "curl/8.5.0"),
        ("", "Unknown device"),
    ],
)
def test_devices_are_named_in_words(user_agent: str, words: str) -> None:
    assert wording.device_words(user_agent) == words
