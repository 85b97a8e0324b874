"""What every sentence about a failure must be, whoever reads it."""

import re

from apps.connectors.errors import RemoteError

_TRACES = re.compile(
    r"Traceback|File \"|line \d+|0x[0-9a-f]{6}|<html|aiohttp|orjson|\w+Error\b|Exception|\bNone\b|[{}\[\]]"
)


def require_plain_words(error: RemoteError) -> None:
    """A person reads this: a whole sentence, nothing of a program's insides."""
    sentence = error.message
    assert sentence[0].isupper() or sentence.split()[0].startswith(("127.0.0.1", "localhost")), sentence
    assert sentence.endswith((".", ")")), sentence
    assert len(sentence) < 400, sentence
    assert not _TRACES.search(sentence), sentence
