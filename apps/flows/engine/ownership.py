"""Who may write which field: the owner register compiled for one delivery, and its ruling on one record (pure).

A system may send what it owns. What another system owns stays as the target holds it: the first value is filled in, a change
of it is kept out, handed to a person, or judged by time, as the field's rule says.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from apps.connectors.answers import at_path, holds
from apps.flows.engine.identity import is_older

OTHERS = ""  # an entry's field: every field of the type that has no entry of its own


class ConflictRule(StrEnum):
    """What happens to a change from a system that does not own the field."""

    REVIEW = "review"  # kept out, and a person is asked
    OWNER_WINS = "owner_wins"  # kept out
    LATEST_WINS = "latest_wins"  # the later change stands; a person is asked where the times cannot be told apart
    FIRST_WINS = "first_wins"  # what is there once stays, whoever sends; holds for the owner too


class Ruling(StrEnum):
    """What became of one field on which two systems disagree."""

    WRITTEN = "written"
    KEPT = "kept"
    REVIEW = "review"  # kept, until a person has decided


@dataclass(frozen=True, slots=True)
class RegisterEntry:
    """One entry of a customer's register. `owners` are ids of connections, mostly one; `label` names them in sentences."""

    canonical_type: str
    field: str
    owners: frozenset[str]
    rule: ConflictRule
    label: str


class FieldRule(NamedTuple):
    """What holds for one field of the target that the source may not simply write."""

    field: str  # of the canonical type
    rule: ConflictRule
    owner: str


@dataclass(frozen=True, slots=True)
class Guard:
    """The register compiled for one source, one target and one mapping: the target's fields that are not free."""

    canonical_type: str
    rules: Mapping[str, FieldRule]


class Held(NamedTuple):
    """What the target holds of a record, and the version it is in there."""

    values: Mapping[str, Any]
    version: str = ""


class Dispute(NamedTuple):
    """One field on which source and target differ. `theirs` is None where the target's value could not be seen."""

    canonical_type: str
    field: str
    target_field: str
    ours: Any
    theirs: Any
    rule: ConflictRule
    ruling: Ruling
    owner: str


class Ruled(NamedTuple):
    """What may be sent of a record, and what was in dispute."""

    values: dict[str, Any]
    disputes: tuple[Dispute, ...]


def build_guard(
    entries: Iterable[RegisterEntry], canonical_type: str, source: str, lines: Iterable[tuple[str, str]]
) -> Guard | None:
    """Compile the register for what `source` (a connection's id) sends; None where every field is free.

    `lines` are (target field, canonical field) of the mapping, one for each field that a line reads: what is calculated from
    several is guarded as soon as one of them is. A line that reads no field belongs to nobody.
    """
    of_type = {entry.field: entry for entry in entries if entry.canonical_type == canonical_type}
    if not of_type:
        return None
    rules: dict[str, FieldRule] = {}
    for target_field, name in lines:
        entry = of_type.get(name) or of_type.get(OTHERS)
        if (
            target_field in rules
            or entry is None
            or (source in entry.owners and entry.rule is not ConflictRule.FIRST_WINS)
        ):
            continue
        rules[target_field] = FieldRule(name, entry.rule, entry.label)
    return Guard(canonical_type, rules) if rules else None


def rule_on(guard: Guard, values: Mapping[str, Any], held: Held | None, version: str) -> Ruled:
    """Say which of `values` may go to the target, as `version` of the source's record.

    `held` None: the target has the record, and what it holds cannot be seen; then no field of others is sent at all.
    """
    sent = dict(values)
    disputes = []
    for target_field, rule in guard.rules.items():
        if target_field not in sent:
            continue
        theirs = None if held is None else at_path(held.values, target_field)
        if held is not None and (is_empty(theirs) or is_same(theirs, sent[target_field])):
            continue
        ruling = _ruling(rule.rule, held, version)
        ours = sent[target_field] if ruling is Ruling.WRITTEN else sent.pop(target_field)
        found = Dispute(guard.canonical_type, rule.field, target_field, ours, theirs, rule.rule, ruling, rule.owner)
        disputes.append(found)
    return Ruled(sent, tuple(disputes))


def _ruling(rule: ConflictRule, held: Held | None, version: str) -> Ruling:
    if rule is ConflictRule.REVIEW:
        return Ruling.REVIEW
    if rule is not ConflictRule.LATEST_WINS:
        return Ruling.KEPT
    if held is not None and is_older(held.version, version):
        return Ruling.WRITTEN
    if held is not None and is_older(version, held.version):
        return Ruling.KEPT
    return Ruling.REVIEW  # an overwrite needs a reason


def is_empty(value: Any) -> bool:
    """Say whether a system has no value there."""
    return value is None or value in ("", [], {})


def is_same(theirs: Any, ours: Any) -> bool:
    """Say whether two systems hold the same value, however each writes it."""
    return holds({"value": theirs}, {"value": ours})
