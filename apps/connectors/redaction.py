"""Takes secrets out of everything that is kept or shown: headers, addresses, bodies, plain text."""

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit, urlunsplit

import orjson

HIDDEN = "[hidden]"
BODY_CAP = 4096
_MOST_BYTES = 256 * 1024  # of a body that is looked through for secrets; of a larger one nothing is kept
_MAX_DEPTH = 24
_SHORTEST_SECRET = 6  # a shorter value would blank out ordinary words

_SHOWN_HEADERS = frozenset(
    {
        "accept",
        "content-length",
        "content-type",
        "date",
        "etag",
        "idempotency-key",
        "last-modified",
        "link",
        "retry-after",
        "server",
        "user-agent",
        "webhook-id",
        "webhook-timestamp",
        "x-correlation-id",
        "x-request-id",
    }
)
_SHOWN_HEADER_PREFIXES = ("x-ratelimit-", "ratelimit")
_SECRET_NAME = re.compile(
    r"pass(word|wd|phrase)?$|pwd|secret|token|authori[sz]ation|cookie|api[-_ ]?key|apikey|private[-_ ]?key|credential"
    r"|^auth$|signature|assertion|verifier|session[-_]?id|^ssn|social[-_ ]?security|\biban\b|^iban|card[-_ ]?number|^cvv$|^pin$",
    re.IGNORECASE,
)
_PEM = re.compile(r"-----BEGIN [A-Z0-9 ]+-----.*?(?:-----END [A-Z0-9 ]+-----|\Z)", re.DOTALL)
# Every repetition below is bounded or gives nothing back: a long word in an answer must not be tried over and over.
_JWT = re.compile(r"\beyJ[A-Za-z0-9_-]{6,8192}+\.[A-Za-z0-9_-]{6,8192}+\.[A-Za-z0-9_-]*+")
_BEARER = re.compile(r"\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{6,}", re.IGNORECASE)
_WEBHOOK_SECRET = re.compile(r"\bwhsec_[A-Za-z0-9+/=_-]{8,}")
_PAIR = re.compile(
    r"""(?P<name>(?:password|passwd|secret|token|api[-_]?key|authorization|assertion|verifier|oauth_signature)"""
    r"""[\w-]{0,64}+["']?\s{0,64}+[:=]\s{0,64}+)"""
    r"""(?P<value>"(?:[^"\\]|\\.)*"?|[^\s,;&"'}]+)""",
    re.IGNORECASE,
)
_ELEMENT = re.compile(r"<(?P<name>[A-Za-z_][\w:.-]{0,80}+)(?P<rest>[^<>]{0,300}+)>(?P<value>[^<]{1,2000}+)(?=</)")
_BANK_NAME = re.compile(r"account[-_ ]?number$|bank[-_ ]?account|routing[-_ ]?number", re.IGNORECASE)
_CARD = re.compile(r"(?<![\d.])\d(?:[ -]?\d){12,18}(?![\d.])")


def redact_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers with every value hidden but those known to be harmless."""
    return {name: value if _is_shown(name.lower()) else HIDDEN for name, value in headers.items()}


def redact_url(url: str, secrets: Iterable[str] = ()) -> str:
    """Return the address without its user part and without secret query values."""
    parts = urlsplit(url)
    netloc = parts.netloc.rpartition("@")[2]
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    query = "&".join(
        f"{quote(name, safe='')}={HIDDEN if _SECRET_NAME.search(name) else quote(redact_text(value, secrets), safe='[]:,-')}"
        for name, value in pairs
    )
    return urlunsplit((parts.scheme, netloc, _without_known(parts.path, secrets), query, ""))


def redact_json(value: Any, secrets: Iterable[str] = (), *, _depth: int = 0) -> Any:
    """Return a copy of parsed JSON with the values of secret-sounding keys hidden and all texts cleaned."""
    if _depth > _MAX_DEPTH:
        return "[too deep]"
    if isinstance(value, Mapping):
        return {
            str(key): HIDDEN
            if isinstance(entry, str | int | float) and not isinstance(entry, bool) and _SECRET_NAME.search(str(key))
            else redact_json(entry, secrets, _depth=_depth + 1)
            for key, entry in value.items()
        }
    if isinstance(value, list | tuple):
        return [redact_json(entry, secrets, _depth=_depth + 1) for entry in value]
    return redact_text(value, secrets) if isinstance(value, str) else value


def redact_text(text: str, secrets: Iterable[str] = ()) -> str:
    """Return the text without this connection's own secrets and without anything that looks like one."""
    text = _without_known(text, secrets)
    text = _PEM.sub(HIDDEN, text)
    text = _JWT.sub(HIDDEN, text)
    text = _BEARER.sub(lambda match: f"{match[1]} {HIDDEN}", text)
    text = _WEBHOOK_SECRET.sub(HIDDEN, text)
    text = _PAIR.sub(lambda match: match["name"] + HIDDEN, text)
    text = _ELEMENT.sub(_element, text) if "</" in text else text
    return _CARD.sub(lambda match: HIDDEN if _is_card(match[0]) else match[0], text)


def redact_body(body: bytes, secrets: Iterable[str] = (), *, cap: int = BODY_CAP) -> str:
    """Return a body as text that is safe to keep: parsed and cleaned when it is JSON, else cleaned as text, then cut."""
    if not body:
        return ""
    if len(body) > _MOST_BYTES:
        return f"[not kept] ({len(body)} bytes in all)"
    try:
        shown = orjson.dumps(redact_json(orjson.loads(body), secrets)).decode()
    except ValueError:
        # Cleaned before it is cut: a secret at the edge must not survive because its end is missing.
        shown = redact_text(body[: cap * 8].decode("utf-8", "replace").replace("\x00", "�"), secrets)
    return shown if len(shown) <= cap else f"{shown[:cap]}… ({len(body)} bytes in all)"


def _element(match: re.Match[str]) -> str:
    """Return an element of XML with its text hidden when its name says that nobody may see it."""
    name = match["name"].rpartition(":")[2]
    hidden = _SECRET_NAME.search(name) or _BANK_NAME.search(name)
    return f"<{match['name']}{match['rest']}>{HIDDEN}" if hidden else match[0]


def _is_shown(name: str) -> bool:
    return name in _SHOWN_HEADERS or name.startswith(_SHOWN_HEADER_PREFIXES)


def _without_known(text: str, secrets: Iterable[str]) -> str:
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= _SHORTEST_SECRET:
            text = text.replace(secret, HIDDEN).replace(quote(secret, safe=""), HIDDEN)
    return text


def _is_card(digits: str) -> bool:
    """Luhn's check tells a card number from an ordinary long number."""
    numbers = [int(digit) for digit in digits if digit.isdigit()]
    total = sum(
        n if position % 2 == 0 else (n * 2 - 9 if n > 4 else n * 2) for position, n in enumerate(reversed(numbers))
    )
    return total % 10 == 0 and len(set(numbers)) > 1
