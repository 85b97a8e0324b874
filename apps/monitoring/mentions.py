"""Who is meant by "@Ada Lovelace, please look" in a note (pure)."""

import re
from collections.abc import Mapping
from uuid import UUID

_BEFORE = r"(?<![\w@.])@"
_AFTER = r"(?![\w-])"


def mentioned(text: str, people: Mapping[UUID, str]) -> list[UUID]:
    """Return whom the text names, in the order they are named first; `people` are those who can be, by name.

    Capitals do not count. Of two names the longer one is meant: "@Ann Smith" is not Ann. A name that several people have
    means all of them.

    >>> mentioned("@ann smith, see", {UUID(int=1): "Ann", UUID(int=2): "Ann Smith"})
    [UUID('00000000-0000-0000-0000-000000000002')]
    """
    by_name: dict[str, list[UUID]] = {}
    for person, name in people.items():
        if name.strip():
            by_name.setdefault(_plain(name), []).append(person)
    if not by_name:
        return []
    names = "|".join(re.escape(name) for name in sorted(by_name, key=len, reverse=True))
    found = re.findall(f"{_BEFORE}({names}){_AFTER}", _plain(text))
    return list(dict.fromkeys(person for name in found for person in by_name[name]))


def _plain(text: str) -> str:
    return re.sub(r"[^\S\n]+", " ", text.strip()).lower()
