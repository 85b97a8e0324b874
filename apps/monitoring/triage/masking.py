"""What a language model may not see, put aside behind stable placeholders and put back into its answer (pure)."""

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum


class Mask(StrEnum):
    """One kind of content that is kept back."""

    NAMES = "names"
    IDS = "ids"
    EMAILS = "emails"
    AMOUNTS = "amounts"
    TEXT = "text"


_SHORTEST_KNOWN = 2
_PARTICLE = "(?:van|von|zu|de|der|den|del|della|di|da|dos|la|le|bin|al|el|ter) "
# In the order they are looked for: what one takes, the next does not see.
_PATTERNS: dict[Mask, tuple[re.Pattern[str], ...]] = {
    Mask.EMAILS: (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),),
    Mask.IDS: (
        re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE),
        re.compile(r"https?://\S+"),
        re.compile(r"\b[A-Za-z]+[-_/.]?\d[\w\-/.]*\b"),
    ),
    Mask.AMOUNTS: (re.compile(r"\d+(?:[.,:/ -]\d+)*"),),
    Mask.NAMES: (re.compile(rf"\b[^\W\d_a-z]\w*(?:[ -](?:{_PARTICLE})*[^\W\d_a-z]\w*)+"),),
}
_PLACEHOLDER = re.compile(r"\[(?:NAMES|IDS|EMAILS|AMOUNTS|TEXT)_[a-z]+\]")


class UnknownPlaceholderError(ValueError):
    """An answer speaks of something that was never said."""


class Masker:
    """Masks the texts of one question, and unmasks its answer. The same content has the same placeholder throughout.

    `known` are contents that are known beforehand, by kind: names of people and customers, numbers of records.
    """

    def __init__(self, masks: Iterable[Mask], known: Mapping[Mask, Iterable[str]]) -> None:
        self._masks = frozenset(masks)
        pairs = {value: kind for kind in self._masks for value in known.get(kind, ()) if len(value) >= _SHORTEST_KNOWN}
        self._known = sorted(pairs.items(), key=lambda pair: (-len(pair[0]), pair[0]))
        self._places: dict[str, str] = {}
        self._contents: dict[str, str] = {}

    def mask(self, text: str) -> str:
        """Return the text without what may not be seen."""
        # What is taken stands as a single character meanwhile, which no pattern finds again.
        taken: list[str] = []
        for value, kind in self._known:
            text = self._without(re.compile(re.escape(value), re.IGNORECASE), kind, text, taken)
        for kind, patterns in _PATTERNS.items():
            for pattern in patterns if kind in self._masks else ():
                text = self._without(pattern, kind, text, taken)
        return "".join(taken[ord(c) - _FIRST] if 0 <= ord(c) - _FIRST < len(taken) else c for c in text)

    def whole(self, text: str) -> str:
        """Return a text that somebody or a system wrote: masked as a whole where free text is kept back."""
        if not text:
            return ""
        return self._place(Mask.TEXT, text) if Mask.TEXT in self._masks else self.mask(text)

    def one(self, kind: Mask, value: str) -> str:
        """Return a value that is of one kind as a whole; the rest of it is looked through where that kind is not kept back."""
        return self._place(kind, value) if kind in self._masks and value else self.mask(value)

    def unmask(self, text: str) -> str:
        """Return an answer's text with the contents put back. Raises UnknownPlaceholderError."""

        def content(found: re.Match[str]) -> str:
            if found[0] not in self._contents:
                raise UnknownPlaceholderError(found[0])
            return self._contents[found[0]]

        return _PLACEHOLDER.sub(content, text)

    def _without(self, pattern: re.Pattern[str], kind: Mask, text: str, taken: list[str]) -> str:
        def take(found: re.Match[str]) -> str:
            taken.append(self._place(kind, found[0]))
            return chr(_FIRST + len(taken) - 1)

        return pattern.sub(take, text)

    def _place(self, kind: Mask, value: str) -> str:
        if value not in self._places:
            number = sum(place.startswith(f"[{kind.name}_") for place in self._contents)
            place = f"[{kind.name}_{_letters(number)}]"
            self._places[value] = place
            self._contents[place] = value
        return self._places[value]


_FIRST = 0xF0000  # the first character of a plane that nobody writes in


def _letters(number: int) -> str:
    """Return a, b, ... z, ba: a placeholder holds no digits, so that none can be told from an amount.

    >>> [_letters(n) for n in (0, 25, 26)]
    ['a', 'z', 'ba']
    """
    rest, last = divmod(number, 26)
    return (_letters(rest) if rest else "") + chr(ord("a") + last)
