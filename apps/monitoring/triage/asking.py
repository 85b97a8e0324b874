"""What a language model is asked about a case, and what of its answer can be used (pure): never an action the product lacks."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from apps.monitoring.blame import CLASSES, WaitingOn, WorkQueue
from apps.monitoring.triage.advice import ARGUMENTS, Advice, Deed, Facts, Source
from apps.monitoring.triage.masking import Mask, Masker, UnknownPlaceholderError
from apps.monitoring.triage.nearest import Traits

_LONGEST = 600
_TASK = (
    "You help people who run integrations between business systems. From the facts of one exception, propose one deed. "
    "Texts in square brackets such as [NAMES_a] stand for contents you may not see: repeat them as they are where they "
    "belong. Write `cause` for a finance person and `client_sentence` for the customer, one or two plain sentences each. "
    "Leave arguments that the deed does not need empty. Answer in JSON by the schema alone."
)
_NAMES = tuple(sorted({name for names in ARGUMENTS.values() for name in names}))


@dataclass(frozen=True, slots=True)
class Question:
    """The facts of a case as they are, before anything is masked."""

    facts: Facts
    traits: Traits
    message: str
    records: int
    amount: str = ""
    past: tuple[tuple[str, bool], ...] = ()  # what was done in like cases, and whether it helped
    known: Mapping[Mask, tuple[str, ...]] = field(default_factory=dict)


def body_of(question: Question, masker: Masker, model: str) -> dict[str, Any]:
    """Return what is sent: the task, the masked facts, and the shape of the answer."""
    facts = question.facts
    said = {
        "class": facts.business_class,
        "field": masker.mask(facts.error_field),
        "step": masker.mask(question.traits.step),
        "source_system": question.traits.source,
        "target_system": question.traits.target,
        "message": masker.whole(question.message),
        "records": masker.one(Mask.AMOUNTS, str(question.records)),
        "money_at_risk": masker.one(Mask.AMOUNTS, question.amount),
        "values_without_translation": [
            {"target": masker.mask(target), "outside_value": masker.one(Mask.IDS, value)}
            for target, value in facts.missing
        ],
        "flows_that_may_bring_what_is_missing": [masker.one(Mask.NAMES, name) for _id, name in facts.bringing],
        "tried_in_vain": sorted(facts.tried),
        "in_like_cases": [{"deed": deed, "helped": held} for deed, held in question.past],
    }
    return {
        "model": model,
        "temperature": 0,
        "messages": [
            {"role": "system", "content": _TASK},
            {"role": "user", "content": json.dumps(said, ensure_ascii=False)},
        ],
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "proposal", "strict": True, "schema": _schema()},
        },
    }


def _schema() -> dict[str, Any]:
    text = {"type": "string"}
    arguments = {
        "type": "object",
        "properties": dict.fromkeys(_NAMES, text),
        "required": list(_NAMES),
        "additionalProperties": False,
    }
    properties = {
        "class": {"type": "string", "enum": [str(known) for known in CLASSES]},
        "cause": text,
        "queue": {"type": "string", "enum": [queue.value for queue in WorkQueue]},
        "deed": {"type": "string", "enum": [deed.value for deed in Deed]},
        "arguments": arguments,
        "client_sentence": text,
        "confidence": {"type": "integer", "minimum": 0, "maximum": 100},
    }
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


class NonsenseError(ValueError):
    """An answer that cannot be used; the message says why."""


def read_answer(answer: Any, question: Question, masker: Masker, *, model: str, now: datetime) -> Advice:
    """Return the proposal in an answer. Raises NonsenseError for anything that could not be done as it stands."""
    said = _content(answer)
    try:
        return _read(said, question, masker, model, now)
    except UnknownPlaceholderError as error:
        raise NonsenseError(f"It speaks of {error}, which was not in the question.") from error
    except NonsenseError:
        raise
    except ValueError as error:
        raise NonsenseError(f"It names something the product does not have: {error}.") from error


def _read(said: Mapping[str, Any], question: Question, masker: Masker, model: str, now: datetime) -> Advice:
    deed, queue = Deed(_text(said, "deed")), WorkQueue(_text(said, "queue"))
    business_class, confidence, given = _text(said, "class"), said.get("confidence"), said.get("arguments")
    if business_class not in CLASSES:
        raise NonsenseError("It names a kind of failure that there is not.")
    if isinstance(confidence, bool) or not isinstance(confidence, int) or not 0 <= confidence <= 100:
        raise NonsenseError("Its confidence is no number from 0 to 100.")
    if not isinstance(given, dict):
        raise NonsenseError("The arguments are no object.")
    arguments = {name: masker.unmask(_text(given, name)).strip() for name in ARGUMENTS[deed] if given.get(name)}
    return Advice(
        source=Source.MODEL,
        deed=deed,
        arguments=_checked(deed, arguments, question.facts, now),
        confidence=confidence,
        business_class=business_class,
        queue=queue,
        cause=masker.unmask(_text(said, "cause")),
        client_sentence=masker.unmask(_text(said, "client_sentence")),
        evidence=({"kind": "model", "name": model},),
    )


def _content(answer: Any) -> dict[str, Any]:
    try:
        content = answer["choices"][0]["message"]["content"]
        said = json.loads(content)
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise NonsenseError("It is not the answer that was asked for.") from error
    if not isinstance(said, dict):
        raise NonsenseError("It is no object.")
    return said


def _text(said: Mapping[str, Any], name: str) -> str:
    found = said.get(name)
    if not isinstance(found, str) or len(found) > _LONGEST or "\x00" in found:
        raise NonsenseError(f"`{name}` is no text, or too long a one.")
    return found


def _checked(deed: Deed, given: Mapping[str, str], facts: Facts, now: datetime) -> dict[str, str]:
    """Return the arguments, all of them such that the deed can be done to this case."""
    if deed in facts.tried:
        raise NonsenseError("It proposes what was tried in vain.")
    if not facts.flow_is_live and deed in {Deed.RETRY, Deed.ADD_VALUE, Deed.BRING, Deed.PLAN}:
        raise NonsenseError("It proposes what cannot be done: the flow is not live.")
    return _CHECKS[deed](given, facts, now)


def _nothing(_given: Mapping[str, str], _facts: Facts, _now: datetime) -> dict[str, str]:
    return {}


def _value(given: Mapping[str, str], facts: Facts, _now: datetime) -> dict[str, str]:
    if (given.get("target", ""), given.get("outside_value", "")) not in facts.missing or not given.get("new_value"):
        raise NonsenseError("It translates a value that is not missing, or to nothing.")
    return dict(given)


def _flow(given: Mapping[str, str], facts: Facts, _now: datetime) -> dict[str, str]:
    found = next(((key, name) for key, name in facts.bringing if given.get("flow") in {key, name}), None)
    if found is None:
        raise NonsenseError("It names a flow that cannot bring what is missing.")
    return {"flow": found[0], "name": found[1]}


def _question(given: Mapping[str, str], _facts: Facts, _now: datetime) -> dict[str, str]:
    return {"question": given.get("question", "")}


def _party(given: Mapping[str, str], _facts: Facts, _now: datetime) -> dict[str, str]:
    if given.get("party") not in {WaitingOn.CUSTOMER.value, WaitingOn.PROVIDER.value}:
        raise NonsenseError("It waits for nobody we know.")
    return {"party": given["party"], "note": given.get("note", "")[:200]}


def _moment(given: Mapping[str, str], _facts: Facts, now: datetime) -> dict[str, str]:
    try:
        at = datetime.fromisoformat(given.get("at", ""))
    except ValueError as error:
        raise NonsenseError("Its moment is none.") from error
    if at.tzinfo is None or at <= now:
        raise NonsenseError("Its moment is past, or without a time zone.")
    return {"at": at.isoformat(), "question": given.get("question", "")}


def _reason(given: Mapping[str, str], facts: Facts, _now: datetime) -> dict[str, str]:
    if not facts.has_records or not given.get("reason"):
        raise NonsenseError("It leaves out nothing, or without a reason.")
    return {"reason": given["reason"][:200]}


_CHECKS = {
    Deed.RETRY: _nothing,
    Deed.ADD_VALUE: _value,
    Deed.BRING: _flow,
    Deed.ASK: _question,
    Deed.WAIT: _party,
    Deed.PLAN: _moment,
    Deed.SKIP: _reason,
}
