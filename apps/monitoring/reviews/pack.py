"""A review as values: its sections in their order, their words, the lines with figures; what a refresh changes (pure)."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any


class Part(StrEnum):
    """The sections of a review, in the order in which they are drafted."""

    VOLUME = "volume"
    SERVICE = "service"
    VALUE = "value"
    CAUSES = "causes"
    RISK = "risk"
    RECONCILIATION = "reconciliation"
    CHANGES = "changes"
    NEXT = "next"


@dataclass(frozen=True, slots=True)
class Line:
    """One figure in words. `url` leads the partner's people to its rows, `own_url` the customer's; "" leads nowhere."""

    text: str
    url: str = ""
    own_url: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a review. `text` is the partner's own and may be changed; `lines` are figures and may not."""

    part: Part
    text: str
    lines: tuple[Line, ...]
    is_on: bool = True


@dataclass(frozen=True, slots=True)
class Edit:
    """What somebody made of a section: its words, whether it is in, and where it stands."""

    text: str
    is_on: bool
    place: int


def sections_as_values(sections: Iterable[Section]) -> list[dict[str, Any]]:
    """Return sections as they are stored."""
    return [
        {
            "part": one.part.value,
            "text": one.text,
            "is_on": one.is_on,
            "lines": [{"text": line.text, "url": line.url, "own_url": line.own_url} for line in one.lines],
        }
        for one in sections
    ]


def sections_from_values(stored: Iterable[Mapping[str, Any]]) -> tuple[Section, ...]:
    """Return stored sections."""
    return tuple(
        Section(Part(one["part"]), one["text"], tuple(Line(**line) for line in one["lines"]), one["is_on"])
        for one in stored
    )


def edited(sections: Sequence[Section], edits: Mapping[Part, Edit]) -> tuple[Section, ...]:
    """Return sections as they were edited, in their new order. Lines stay; whoever is moved to a taken place gets it."""
    changed = []
    for before, one in enumerate(sections, start=1):
        edit = edits[one.part]
        moved = (edit.place > before) - (edit.place < before)  # up goes before who is there, down goes after
        changed.append(((edit.place, moved), replace(one, text=edit.text, is_on=edit.is_on)))
    return tuple(section for _place, section in sorted(changed, key=lambda pair: pair[0]))


def refreshed(sections: Sequence[Section], fresh: Mapping[Part, Sequence[Line]]) -> tuple[Section, ...]:
    """Return sections with new figures; words, order and what is left out stay as somebody made them.

    A part that there was none of when the review was drafted comes last, without words.
    """
    known = {one.part for one in sections}
    added = [Section(part, "", tuple(lines)) for part, lines in fresh.items() if part not in known and lines]
    return (*(replace(one, lines=tuple(fresh.get(one.part, ()))) for one in sections), *added)


def differences(before: Iterable[Section], after: Iterable[Section]) -> dict[str, dict[str, list[str]]]:
    """Return by section which lines are gone and which are new; a section that says the same is left out."""
    old = {one.part: [line.text for line in one.lines] for one in before}
    found = {}
    for section in after:
        was, now = old.get(section.part, []), [line.text for line in section.lines]
        gone, new = [text for text in was if text not in now], [text for text in now if text not in was]
        if gone or new:
            found[section.part.value] = {"gone": gone, "new": new}
    return found


def for_customer(sections: Iterable[Section]) -> tuple[Section, ...]:
    """Return what a customer gets: the sections that are in and say something, with its own links alone."""
    return tuple(
        replace(one, lines=tuple(Line(line.text, "", line.own_url) for line in one.lines))
        for one in sections
        if one.is_on and (one.text or one.lines)
    )


def digest_of(sections: Iterable[Section], *said: str) -> str:
    """Return the SHA-256 of everything a review says."""
    written = json.dumps([sections_as_values(sections), *said], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(written.encode()).hexdigest()
