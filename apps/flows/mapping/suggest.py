"""Which source may be meant for a field that no line fills: by name and label, by kind of value, by what others do (pure)."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from functools import lru_cache

from apps.connectors.canonical.shapes import CanonicalField
from apps.connectors.manifest import FieldSpec, ValueKind
from apps.flows.mapping.compile import may_become

Field = FieldSpec | CanonicalField
Uses = Mapping[tuple[str, str], int]  # (target, source): how many other flows fill the target from that source

MOST_SUGGESTED = 3
LEAST_SCORE = 0.55
_ALIKE = 0.84  # of two words, by their letters: "colour" and "color", not "start" and "state"
_SHORTEST_ALIKE = 5
_OTHER_KIND = 0.9  # what is worth less because its kind is carried over, not the same
_USED = 0.92
_PARENT = 0.35  # what a word of the way to a field weighs against one of its own name
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_EMPTY = frozenset(
    {"a", "an", "the", "of", "in", "is", "to", "for", "custom", "external", "properties", "fields", "attributes"}
)
# Words that mean one thing in these systems; the first stands for all.
_MEANINGS = (
    ("client", "customer", "account", "company", "organization", "organisation", "firm", "debtor", "buyer"),
    ("project", "job", "engagement", "matter"),
    ("person", "employee", "worker", "user", "resource", "consultant", "staff", "contact", "member"),
    ("hours", "hour", "duration", "quantity", "qty"),
    ("date", "day", "on", "dated"),
    ("note", "notes", "description", "comment", "comments", "memo", "remark", "remarks", "details", "summary"),
    ("amount", "total", "sum", "value"),
    ("rate", "price"),
    ("number", "no", "num", "code", "reference", "ref", "key", "id", "identifier"),
    ("start", "begin", "begins", "from", "first", "started"),
    ("end", "finish", "until", "last", "ends", "ended"),
    ("email", "mail"),
    ("phone", "telephone", "tel", "mobile"),
    ("city", "town"),
    ("postcode", "zip", "postal"),
    ("billable", "chargeable"),
    ("name", "title", "label", "subject"),
    ("state", "status", "stage"),
    ("manager", "owner", "lead", "responsible"),
    ("task", "activity", "service"),
    ("department", "division", "unit"),
    ("tax", "vat"),
    ("invoice", "bill"),
    ("created", "opened", "made"),
    ("changed", "modified", "updated"),
    ("entity", "subsidiary"),
    ("centre", "center"),
)
_MEANING = {word: group[0] for group in _MEANINGS for word in group}
# By itself such a word says nothing of what it belongs to: the way to the field must fit as well.
_VAGUE = frozenset({"number", "name", "state", "amount", "date", "note"})


class Because(StrEnum):
    """Why a source is suggested."""

    SAME_NAME = "same_name"
    SAME_LABEL = "same_label"
    SAME_MEANING = "same_meaning"
    ALIKE = "alike"
    USED_ELSEWHERE = "used_elsewhere"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One source for a target. `score` is from 0 to 1; `uses` is how many other flows do it so."""

    target: str
    source: str
    label: str
    score: float
    because: Because
    uses: int = 0


def suggest_matches(
    targets: Iterable[Field], sources: Sequence[Field], *, uses: Uses | None = None, filled: Collection[str] = ()
) -> dict[str, tuple[Suggestion, ...]]:
    """Return by target name what may fill each field that is not among `filled`, the likeliest first; none without a fit.

    A source is suggested only where its kind may become the target's without a step in between.
    """
    found = {
        target.name: _best(target, sources, uses or {}) for target in targets if target.name not in frozenset(filled)
    }
    return {name: suggestions for name, suggestions in found.items() if suggestions}


def _best(target: Field, sources: Sequence[Field], uses: Uses) -> tuple[Suggestion, ...]:
    fitting = {source.name: source for source in sources if may_become(source.kind, target.kind)}
    judged = [_judged(target, source, uses.get((target.name, source.name), 0)) for source in fitting.values()]
    likely = [one for one in judged if one.score >= LEAST_SCORE]
    return tuple(sorted(likely, key=lambda one: (-one.score, one.source))[:MOST_SUGGESTED])


def _judged(target: Field, source: Field, uses: int) -> Suggestion:
    score, because = _likeness(target, source)
    if not _is_like_kind(source.kind, target.kind):
        score *= _OTHER_KIND
    if uses and score < _USED:
        score, because = _USED, Because.USED_ELSEWHERE
    return Suggestion(target.name, source.name, source.label or source.name, round(score, 2), because, uses)


_NUMBERS = frozenset({ValueKind.WHOLE, ValueKind.DECIMAL, ValueKind.MONEY, ValueKind.HOURS})
_TEXTS = frozenset({ValueKind.TEXT, ValueKind.CHOICE, ValueKind.REFERENCE})


def _is_like_kind(one: ValueKind, other: ValueKind) -> bool:
    return one is other or {one, other} <= _NUMBERS or {one, other} <= _TEXTS


def _likeness(target: Field, source: Field) -> tuple[float, Because]:
    names = _raw_words(target.name), _raw_words(source.name)
    if names[0] and names[0] == names[1]:
        return 1.0, Because.SAME_NAME
    labels = _raw_words(target.label), _raw_words(source.label)
    if labels[0] and labels[0] == labels[1]:
        return 0.97, Because.SAME_LABEL
    pairs = [(one, other) for one in (target.name, target.label) for other in (source.name, source.label)]
    score = max((_common(_weighed(one), _weighed(other)) for one, other in pairs if one and other), default=0.0)
    return min(score, 0.95), Because.SAME_MEANING if score >= 1 else Because.ALIKE


@lru_cache(maxsize=4096)
def _raw_words(text: str) -> tuple[str, ...]:
    return tuple(word.casefold() for word in _WORD.findall(text))


@lru_cache(maxsize=4096)
def _weighed(path: str) -> tuple[tuple[str, float], ...]:
    """Return the words that matter of a name or label with their weight, each once, in the word that stands for its meaning."""
    *way, last = path.split(".")
    weights: dict[str, float] = {}
    for part, weight in [(part, _PARENT) for part in way] + [(last, 1.0)]:
        for word in _raw_words(part):
            if word not in _EMPTY:
                meaning = _MEANING.get(word, _MEANING.get(word.removesuffix("s"), word.removesuffix("s")))
                weights[meaning] = max(weight, weights.get(meaning, 0.0))
    if set(weights) - _VAGUE and last and weights.keys() & _VAGUE:
        # "client.id" is about the client: its vague word weighs no more than the way to it.
        for word in weights.keys() & _VAGUE:
            weights[word] = min(weights[word], 0.5)
        for word in weights.keys() - _VAGUE:
            weights[word] = 1.0
    return tuple(sorted(weights.items()))


def _common(one: tuple[tuple[str, float], ...], other: tuple[tuple[str, float], ...]) -> float:
    """Return what both have in common, of all that both have: 1 when they say the same."""
    ours, theirs = dict(one), dict(other)
    whole = sum(max(ours.get(word, 0.0), theirs.get(word, 0.0)) for word in ours.keys() | theirs.keys())
    shared = sum(min(ours[word], theirs[word]) for word in ours.keys() & theirs.keys())
    # What is written nearly the same counts as nearly shared, and stands once in the whole.
    left = sorted(theirs.keys() - ours.keys())
    for word in sorted(ours.keys() - theirs.keys()):
        near = next((another for another in left if _is_written_alike(word, another)), None)
        if near is not None:
            left.remove(near)
            shared += 0.9 * min(ours[word], theirs[near])
            whole -= min(ours[word], theirs[near])
    return shared / whole if whole else 0.0


@lru_cache(maxsize=8192)
def _is_written_alike(one: str, other: str) -> bool:
    if min(len(one), len(other)) < _SHORTEST_ALIKE:
        return False
    first, second = sorted((one, other))  # the ratio is not the same both ways round
    return SequenceMatcher(None, first, second, autojunk=False).ratio() >= _ALIKE
