"""The compressed evidence of a batch: what was planned before any call, and what came of it after."""

from decimal import Decimal
from typing import Any

import orjson
import zstandard

_COMPRESS = zstandard.ZstdCompressor(level=1)
_DECOMPRESS = zstandard.ZstdDecompressor()
_MOST_BYTES = 256 * 1024 * 1024


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, set | frozenset | tuple):
        return list(value)
    raise TypeError(f"{type(value).__name__} cannot be kept as evidence")


def pack(content: Any) -> bytes:
    """Return JSON-able `content` (decimals become text, dates ISO text) as zstd bytes."""
    return _COMPRESS.compress(orjson.dumps(content, default=_plain, option=orjson.OPT_NON_STR_KEYS))


def plain_json(value: Any) -> Any:
    """Return `value` as a JSON column holds it: as `pack` would keep it, without the one character PostgreSQL refuses."""
    return orjson.loads(orjson.dumps(value, default=_plain, option=orjson.OPT_NON_STR_KEYS).replace(b"\\u0000", b""))


def unpack(blob: bytes | memoryview | None) -> Any:
    """Return what `pack` was given; None for an empty blob."""
    if not blob:
        return None
    return orjson.loads(_DECOMPRESS.decompress(bytes(blob), max_output_size=_MOST_BYTES))
