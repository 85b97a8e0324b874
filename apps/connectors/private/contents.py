"""What an uploaded file looks like at its beginning: enough to tell one kind of description from another (pure)."""

import re

_MARKS = b"\xef\xbb\xbf \t\r\n"
_LOOKED_AT = 64 * 1024  # of a file that may be long: comments may stand before what tells
_ROOT = re.compile(rb"<(?![?!])(?:[\w.-]+:)?([\w.-]+)")
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)


def is_json(raw: bytes) -> bool:
    """Return whether a file begins as a JSON document does."""
    return raw.lstrip(_MARKS)[:1] in {b"{", b"["}


def is_xml(raw: bytes) -> bool:
    """Return whether a file begins as an XML document does."""
    return raw.lstrip(_MARKS)[:1] == b"<"


def root_of(raw: bytes) -> str:
    """Return the name of an XML document's root without its prefix ("Edmx", "definitions"); "" when it is none."""
    if not is_xml(raw):
        return ""
    found = _ROOT.search(_COMMENT.sub(b"", raw[:_LOOKED_AT]))
    return found[1].decode("ascii", "replace") if found else ""


def names_key(raw: bytes, *keys: str) -> bool:
    """Return whether a JSON document has one of these keys, anywhere: {"openapi": ..}. Nothing is parsed."""
    listed = b"|".join(re.escape(key.encode()) for key in keys)
    return is_json(raw) and re.search(rb'"(?:' + listed + rb')"\s*:', raw) is not None


def begins_line(raw: bytes, *keys: str) -> bool:
    """Return whether a text that is neither JSON nor XML has a line that begins with one of these keys, as YAML has them."""
    if is_json(raw) or is_xml(raw):
        return False
    listed = b"|".join(re.escape(key.encode()) for key in keys)
    return re.search(rb"""^(?:\xef\xbb\xbf)?["']?(?:""" + listed + rb""")["']?[ \t]*:""", raw, re.MULTILINE) is not None
