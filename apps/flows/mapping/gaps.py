"""Which value of a record has no entry in a line's table of values, and what a person might add there (pure)."""

import re
from collections.abc import Callable, Iterable, Mapping
from difflib import SequenceMatcher
from typing import Any

from apps.connectors.canonical.values import UnusableValueError, plain_text
from apps.connectors.manifest import MappingLine
from apps.flows.mapping.paths import build_getter, parse_path
from apps.flows.mapping.transforms import build_transform

_ALIKE = 0.55  # below, difflib's ratio finds likeness in anything
_MOST_SUGGESTED = 3
_MOST_COMPARED = 500
_LONGEST_COMPARED = 60
_CUT = "…"  # how a sentence ends a value that is too long for it


def build_table_reader(line: MappingLine) -> Callable[[Mapping[str, Any]], str]:
    """Return what finds the value that a line looks up in its table.

    It gives "" when the line has no table or no source field, and when the record has no value that could be looked up.
    """
    if line.value_map is None or not line.source:
        return lambda _values: ""
    get = build_getter(parse_path(line.source))
    steps = [build_transform(written)[1] for written in line.transforms]

    def read(values: Mapping[str, Any]) -> str:
        value = get(values)
        try:
            for step in steps:
                if value is None:
                    return ""
                value = step(value)
        # A value that a step cannot use is another failure than a gap of the table.
        except (UnusableValueError, ArithmeticError, LookupError, TypeError, ValueError):
            return ""
        return "" if value is None else plain_text(value)

    return read


def value_at_table(line: MappingLine, values: Mapping[str, Any]) -> str:
    """Return the value that a line looks up in its table; "" when it has no table, no source field, or finds nothing."""
    return build_table_reader(line)(values)


def build_gap_reader(label: str, line: MappingLine) -> Callable[[str], str]:
    """Return what finds the value in the sentence of a record that this line refused; "" in any other sentence.

    A long value ends as the sentence has it, with "…".
    """
    name = re.escape(line.label or line.target)
    pattern = re.compile(
        rf"(?:^|\s){re.escape(label)}: “((?:(?!” has no value).)*)” has no value in the table of {name}\.", re.DOTALL
    )

    def read(sentence: str) -> str:
        found = pattern.search(sentence)
        return found[1] if found else ""

    return read


def is_cut(value: str) -> bool:
    """Say whether a value out of a sentence is only the beginning of the real one."""
    return value.endswith(_CUT)


def suggest_values(value: str, choices: Iterable[str], table: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what a value may be meant to become, the likeliest first: choices like it, and what values like it become.

    Likeness is of letters alone ("Emea " and "EMEA" are the same); () where nothing resembles it.
    """
    scores: dict[str, float] = {}
    known = [(choice, choice) for choice in choices]
    known += [(old, plain_text(new)) for old, new in table.items()]
    for like, becomes in known[:_MOST_COMPARED]:
        score = _likeness(value, like)
        if score >= _ALIKE:
            scores[becomes] = max(score, scores.get(becomes, 0.0))
    return tuple(sorted(scores, key=lambda becomes: (-scores[becomes], becomes))[:_MOST_SUGGESTED])


def _likeness(one: str, other: str) -> float:
    first, second = (" ".join(text.casefold().split())[:_LONGEST_COMPARED] for text in (one, other))
    if first == second:
        return 1.0
    return SequenceMatcher(None, first, second, autojunk=False).ratio()
