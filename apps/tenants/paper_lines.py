"""Breaks words into the lines of a printed paragraph or cell (pure)."""

from collections.abc import Callable, Iterator

_SPACE = " "


def wrap(text: str, most: float, width_of: Callable[[str], float]) -> list[str]:
    """Return text as lines no wider than `most`: broken at spaces, within a word only where it is wider than a whole line.

    A space at which a line is broken is left out, further ones stay, as the letters of `width_of` count them. One letter
    stands on each line however narrow that is.
    """
    lines: list[str] = []
    for paragraph in text.split("\n"):
        if width_of(paragraph) <= most:
            lines.append(paragraph)
        else:
            lines += _broken(paragraph, most, width_of)
    return lines


def _broken(paragraph: str, most: float, width_of: Callable[[str], float]) -> Iterator[str]:
    space = width_of(_SPACE)
    line, wide = "", 0.0
    for place, word in enumerate(paragraph.split(_SPACE)):
        width = width_of(word)
        if place and wide + space + width <= most:
            line, wide = f"{line} {word}", wide + space + width
            continue
        if place:
            yield line
        while width > most:
            fitting = _fitting(word, most, width_of)
            yield word[:fitting]
            word = word[fitting:]  # noqa: PLW2901  # the rest of it begins the next line
            width = width_of(word)
        line, wide = word, width
    yield line


def _fitting(word: str, most: float, width_of: Callable[[str], float]) -> int:
    """Return how many letters of a word fit, one at least."""
    wide = 0.0
    for place, letter in enumerate(word):
        wide += width_of(letter)
        if wide > most and place:
            return place
    return len(word)
