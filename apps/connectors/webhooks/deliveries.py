"""One delivery as it came, and what is left of it once its signature is found right."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import orjson

from apps.connectors.contract import SignatureError

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"  # Business Central before version 19 sends one


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a sender sent. Names of headers are in lower case; `url` is the whole address as it was called."""

    headers: Mapping[str, str]
    body: bytes
    url: str = ""
    method: str = "POST"

    @classmethod
    def of(cls, headers: Mapping[str, str], body: bytes, url: str = "") -> Self:
        """Return a delivery from headers in any case."""
        return cls({name.lower(): value for name, value in headers.items()}, body, url)

    def header(self, name: str) -> str:
        """Return a header's value without blanks around it, "" when there is none. An empty name names none."""
        return self.headers.get(name.lower(), "").strip() if name else ""


@dataclass(frozen=True, slots=True)
class Opened:
    """A delivery that is the sender's own: its id ("" when it has none) and its content, parsed."""

    delivery_id: str
    content: Any


def parsed(body: bytes) -> Any:
    """Return the JSON in a body. Raises SignatureError when it holds none."""
    try:
        return orjson.loads(body)
    except ValueError:
        raise SignatureError("The delivery is signed but holds no JSON.") from None


def parsed_or_nothing(body: bytes) -> Any:
    """Do as `parsed`; a body without content is None, which holds no events."""
    body = body.removeprefix(_BYTE_ORDER_MARK)
    return parsed(body) if body.strip() else None
