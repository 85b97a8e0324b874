"""Which past cases are like this one, and what helped then (pure): counted, never learned, so that it can be explained."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from apps.monitoring.triage.advice import DESTRUCTIVE, Advice, Deed, Facts, Source

MOST_NEIGHBOURS = 5
LEAST_LIKENESS = 0.6
_FEWEST_THAT_HELD = 2  # one case is an anecdote
# Of what makes two cases alike; together 1.
_CLASS, _FIELD, _TARGET, _SOURCE, _STEP, _WORDS = 0.3, 0.2, 0.1, 0.05, 0.1, 0.25
_SHORTEST_WORD = 3


@dataclass(frozen=True, slots=True)
class Traits:
    """What cases are compared by. `words` come from the message without its ids, numbers and names."""

    business_class: str
    error_field: str
    source: str
    target: str
    step: str
    words: frozenset[str]


@dataclass(frozen=True, slots=True)
class PastCase:
    """A closed case: the deed that ended it and what was said with it; `held` when its records arrived after that.

    `own` is a case of the same customer: what was said with another's is not repeated to this one.
    """

    id: str
    title: str
    traits: Traits
    deed: Deed
    arguments: tuple[tuple[str, str], ...]
    held: bool
    closed_at: datetime
    queue: str = ""
    team: str = ""  # its id; "" where nobody shares work by teams
    own: bool = True


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A past case and how much it is like this one: 1 is the same in everything that is compared."""

    past: PastCase
    likeness: float


def words_of(message: str) -> frozenset[str]:
    """Return the words of a normalised message that say something.

    >>> sorted(words_of("… hours for … on …"))
    ['for', 'hours']
    """
    parts = ("".join(c for c in word if c.isalnum()) for word in message.lower().split())
    return frozenset(part for part in parts if len(part) >= _SHORTEST_WORD)


def likeness(one: Traits, other: Traits) -> float:
    """Return how much two cases are alike, from 0 to 1; the same either way round."""
    together = one.words | other.words
    in_common = len(one.words & other.words) / len(together) if together else 1.0
    return (
        _CLASS * (one.business_class == other.business_class)
        + _FIELD * (one.error_field == other.error_field)
        + _TARGET * (one.target == other.target)
        + _SOURCE * (one.source == other.source)
        + _STEP * (one.step == other.step)
        + _WORDS * in_common
    )


def nearest(traits: Traits, past: Iterable[PastCase]) -> tuple[Neighbour, ...]:
    """Return the past cases most like this one, the most alike first and of these the latest."""
    judged = (Neighbour(case, likeness(traits, case.traits)) for case in past)
    near = [neighbour for neighbour in judged if neighbour.likeness >= LEAST_LIKENESS]
    near.sort(key=lambda one: (-one.likeness, -one.past.closed_at.timestamp(), one.past.id))
    return tuple(near[:MOST_NEIGHBOURS])


def advise_from_past(facts: Facts, neighbours: Sequence[Neighbour]) -> Advice | None:
    """Return what helped most in the nearest cases; None where too few of them ended well.

    A deed's worth is the likeness of the cases in which it held less that of those in which it did not; the confidence is
    its part of all, less for fewer cases.
    """
    usable = [one for one in neighbours if one.past.deed not in facts.tried and _can_be_done(one.past.deed, facts)]
    if not usable:
        return None
    best = max(sorted({one.past.deed for one in usable}), key=lambda deed: _worth(deed, usable))
    held = [one for one in usable if one.past.deed is best and one.past.held]
    if len(held) < _FEWEST_THAT_HELD or _worth(best, usable) <= 0:
        return None
    share = _worth(best, usable) / sum(one.likeness for one in usable)
    confidence = round(100 * share * len(held) / (len(held) + 1))
    arguments = _arguments(best, held[0].past, facts)
    if arguments is None:
        return None
    seen = [
        {
            "kind": "past",
            "case": one.past.id,
            "title": one.past.title,
            "likeness": round(100 * one.likeness),
            "deed": one.past.deed.value,
            "held": one.past.held,
        }
        for one in usable
    ]
    return Advice(Source.PAST, best, arguments, confidence, queue=held[0].past.queue, evidence=tuple(seen))


def team_of(neighbours: Iterable[Neighbour]) -> str:
    """Return the team that solved most of the nearest cases, "" where no team solved two of them or two teams as many."""
    solved = Counter(one.past.team for one in neighbours if one.past.held and one.past.team)
    (first, number), (_second, next_number) = [*solved.most_common(2), ("", 0), ("", 0)][:2]
    return first if number >= _FEWEST_THAT_HELD and number > next_number else ""


def _worth(deed: Deed, neighbours: Sequence[Neighbour]) -> float:
    return sum(one.likeness if one.past.held else -one.likeness for one in neighbours if one.past.deed is deed)


def _can_be_done(deed: Deed, facts: Facts) -> bool:
    if deed is Deed.ADD_VALUE:
        return facts.flow_is_live and bool(facts.missing)
    if deed in DESTRUCTIVE:
        return facts.has_records
    return facts.flow_is_live or deed not in {Deed.RETRY, Deed.BRING}


def _arguments(deed: Deed, past: PastCase, facts: Facts) -> dict[str, str] | None:
    """Return what is said with the deed this time: a translation only of a value that is missing now."""
    said = dict(past.arguments)
    if deed is Deed.ADD_VALUE:
        place = (said.get("target", ""), said.get("outside_value", ""))
        return said if past.own and place in facts.missing and said.get("new_value") else None
    if deed is Deed.BRING:
        return {"flow": facts.bringing[0][0], "name": facts.bringing[0][1]} if len(facts.bringing) == 1 else None
    if deed is Deed.WAIT:
        return {"party": said.get("party", "provider"), "note": ""}
    return {Deed.SKIP: {"reason": ""}, Deed.ASK: {"question": ""}}.get(deed, {})
