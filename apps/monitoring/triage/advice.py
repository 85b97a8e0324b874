"""What a proposal consists of, and the rules that make one from the facts of a case alone (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from apps.connectors.errors import BusinessClass
from apps.monitoring.blame import EXPIRING, OVERDUE


class Deed(StrEnum):
    """What can be proposed: only what people can do to a case themselves."""

    RETRY = "retry"
    ADD_VALUE = "add_value"
    BRING = "bring"
    ASK = "ask"
    WAIT = "wait"
    PLAN = "plan"
    SKIP = "skip"


class Source(StrEnum):
    """Who proposes: the rules, the nearest past cases, or a language model."""

    RULES = "rules"
    PAST = "past"
    MODEL = "model"


# What each deed needs to know, by name; a deed is never done without all that is not optional.
ARGUMENTS: dict[Deed, tuple[str, ...]] = {
    Deed.RETRY: (),
    Deed.ADD_VALUE: ("target", "outside_value", "new_value"),
    Deed.BRING: ("flow",),
    Deed.ASK: ("question",),
    Deed.WAIT: ("party", "note"),
    Deed.PLAN: ("at", "question"),
    Deed.SKIP: ("reason",),
}
# What cannot be taken back by trying again.
DESTRUCTIVE = frozenset({Deed.SKIP})
# What is done in a person's name, so that nothing may do it by itself.
IN_A_PERSONS_NAME = frozenset({Deed.BRING, Deed.PLAN})
# What changes nothing by itself: somebody has the next step afterwards.
WAITS = frozenset({Deed.ASK, Deed.WAIT})


@dataclass(frozen=True, slots=True)
class KnownValue:
    """What a missing value was translated to elsewhere. `own` within the same customer's flows."""

    new_value: str
    flow_id: str
    flow: str
    customer_id: str
    own: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a case. `missing` are (table, value) pairs without a translation, `known` what they became elsewhere.

    `bringing` are flows, as (id, name), that could bring what is missing. `tried` was proposed and done already.
    """

    business_class: str
    error_field: str = ""
    missing: tuple[tuple[str, str], ...] = ()
    known: Mapping[tuple[str, str], tuple[KnownValue, ...]] = field(default_factory=dict)
    bringing: tuple[tuple[str, str], ...] = ()
    has_records: bool = True
    flow_is_live: bool = True
    tried: frozenset[Deed] = frozenset()


@dataclass(frozen=True, slots=True)
class Advice:
    """One proposal. `queue` and `team` "" leave the case where it is; texts that are "" are said in the reader's language.

    `evidence` are plain values: {"kind": "rule", "name": "transient"}, {"kind": "past", "case": id, "likeness": 90}.
    """

    source: Source
    deed: Deed
    arguments: Mapping[str, str] = field(default_factory=dict)
    confidence: int = 50  # of a hundred
    business_class: str = ""
    queue: str = ""
    team: str = ""  # its id
    cause: str = ""
    client_sentence: str = ""
    evidence: tuple[Mapping[str, object], ...] = ()


_TRANSIENT = {BusinessClass.TIMEOUT: 75, BusinessClass.PROVIDER_OUTAGE: 70, BusinessClass.CONFLICT: 60}
_LOOK_AGAIN = {OVERDUE: 55, BusinessClass.INTERNAL: 50, BusinessClass.UNRECONCILED: 45}
# Where only the customer's people can put it right, or say what is right.
_TO_BE_ASKED: dict[str, int] = {
    BusinessClass.CLOSED_PERIOD: 60,
    BusinessClass.INACTIVE_PROJECT: 60,
    BusinessClass.MISSING_APPROVAL: 60,
    BusinessClass.SOURCE_DELETED: 60,
    BusinessClass.PERMISSION: 60,
    BusinessClass.VALIDATION: 55,
    BusinessClass.PARSE: 50,
    BusinessClass.TOO_LARGE: 45,
    BusinessClass.MAPPING_GAP: 50,
    BusinessClass.INVALID_DIMENSION: 50,
    BusinessClass.MISSING_REFERENCE: 50,
    BusinessClass.CONNECTION: 45,
    BusinessClass.SOURCE_SHRUNK: 45,
    EXPIRING: 45,
}
_SAME_EVERYWHERE, _OWN_VALUE = 75, 90
_FEWEST_CUSTOMERS = 2  # what only one other customer says is that customer's own business


def advise(facts: Facts) -> Advice | None:
    """Return what the rules propose, None where they know nothing that was not tried already."""
    ways = (_value_known, _bring, _retry, _leave_duplicate, _ask)
    found = (way(facts) for way in ways)
    return next((advice for advice in found if advice is not None and advice.deed not in facts.tried), None)


def _value_known(facts: Facts) -> Advice | None:
    """Propose a translation that is used elsewhere, where all who use it agree; one value at a time."""
    if not facts.flow_is_live:
        return None
    for place in facts.missing:
        uses = facts.known.get(place, ())
        own = tuple(use for use in uses if use.own)
        chosen = own or (uses if len({use.customer_id for use in uses}) >= _FEWEST_CUSTOMERS else ())
        if chosen and len({use.new_value for use in chosen}) == 1:
            target, value = place
            said = {"target": target, "outside_value": value, "new_value": chosen[0].new_value}
            seen = [{"kind": "value", "flow": use.flow_id, "name": use.flow, "own": use.own} for use in chosen[:5]]
            rule = {"kind": "rule", "name": "own_value" if own else "known_value"}
            confidence = _OWN_VALUE if own else _SAME_EVERYWHERE
            return Advice(Source.RULES, Deed.ADD_VALUE, said, confidence, evidence=(rule, *seen))
    return None


def _bring(facts: Facts) -> Advice | None:
    if facts.business_class != BusinessClass.MISSING_REFERENCE or len(facts.bringing) != 1 or not facts.flow_is_live:
        return None
    flow_id, name = facts.bringing[0]
    return _by_rule("bring", Deed.BRING, 65, {"flow": flow_id, "name": name})


def _retry(facts: Facts) -> Advice | None:
    if not facts.flow_is_live:
        return None
    if facts.business_class in _TRANSIENT:
        return _by_rule("transient", Deed.RETRY, _TRANSIENT[BusinessClass(facts.business_class)])
    if facts.business_class in _LOOK_AGAIN:
        return _by_rule("look_again", Deed.RETRY, _LOOK_AGAIN[facts.business_class])
    return None


def _leave_duplicate(facts: Facts) -> Advice | None:
    if facts.business_class != BusinessClass.DUPLICATE or not facts.has_records:
        return None
    return _by_rule("duplicate", Deed.SKIP, 50, {"reason": ""})


def _ask(facts: Facts) -> Advice | None:
    confidence = _TO_BE_ASKED.get(facts.business_class)
    return _by_rule("customer_knows", Deed.ASK, confidence, {"question": ""}) if confidence else None


def _by_rule(name: str, deed: Deed, confidence: int, arguments: Mapping[str, str] | None = None) -> Advice:
    return Advice(Source.RULES, deed, arguments or {}, confidence, evidence=({"kind": "rule", "name": name},))
