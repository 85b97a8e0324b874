"""What an answer of a GraphQL service refuses, whatever its status: its errors, and the problems of a mutation's payload.

Services answer 200 and tell what went wrong in "errors", each with a message and often a code in its extensions; a mutation
that ran may besides list problems of the record in its payload. Both are turned into the form that a manifest's error
rules read everywhere: a status, and a list of code, message and field.
https://spec.graphql.org/October2021/#sec-Errors and the codes of https://www.apollographql.com/docs/apollo-server/data/errors
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from apps.connectors.answers import at_path, text_at
from apps.connectors.errors import BusinessClass, FailureKind
from apps.connectors.graphql_spec import GraphQLField, QueryCost
from apps.connectors.judgement import LONGEST_HOLD_SECONDS
from apps.connectors.manifest import ErrorRule, ErrorShape

PROBLEMS = ErrorShape()  # a list of {"code", "message", "field"}
INVALID = "GRAPHQL_VALIDATION_FAILED"
MISFIT = "VALUE_FITS_NO_VARIABLE"  # ours: libraries have no code for it, or several
_DRIFT = (
    "The system does not know what it is asked ({message}): its schema has changed, or the description does not fit it. "
    "Adapt the description before the next run."
)
RULES: tuple[ErrorRule, ...] = (
    *(
        ErrorRule(FailureKind.MISCONFIGURED, BusinessClass.SCHEMA_DRIFT, code=code, sentence=_DRIFT)
        for code in (INVALID, "GRAPHQL_PARSE_FAILED", "OPERATION_RESOLUTION_FAILURE")
    ),
    ErrorRule(
        FailureKind.REJECTED,
        BusinessClass.VALIDATION,
        code=MISFIT,
        sentence="A value of this record does not fit its field in the system ({message}). Correct it, or map it.",
    ),
    # https://shopify.dev/docs/api/admin-graphql#status_and_error_codes
    *(
        ErrorRule(
            FailureKind.MISCONFIGURED,
            BusinessClass.TOO_LARGE,
            code=code,
            sentence="One question asks for more than the system allows ({message}): read fewer records at a time.",
        )
        for code in ("MAX_COST_EXCEEDED", "QUERY_TOO_COMPLEX", "MAX_RECURSIVE_SELECTIONS_EXCEEDED")
    ),
)
# code, in capitals with underscores -> the status that other systems answer with in that case
_STATUSES = {
    **dict.fromkeys(("UNAUTHENTICATED", "UNAUTHORIZED", "AUTHENTICATION_ERROR", "INVALID_JWT", "INVALID_TOKEN"), 401),
    **dict.fromkeys(("FORBIDDEN", "ACCESS_DENIED", "PERMISSION_DENIED", "INSUFFICIENT_SCOPES"), 403),
    **dict.fromkeys(("THROTTLED", "RATE_LIMITED", "RATELIMITED", "RATE_LIMIT_EXCEEDED", "TOO_MANY_REQUESTS"), 429),
    **dict.fromkeys(("NOT_FOUND", "RECORD_NOT_FOUND"), 404),
    **dict.fromkeys(("CONFLICT", "STALE_OBJECT"), 409),
    **dict.fromkeys((MISFIT, "BAD_USER_INPUT", "VALIDATION_ERROR", "INVALID_INPUT", "CONSTRAINT_VIOLATION"), 422),
    **dict.fromkeys(("INTERNAL_SERVER_ERROR", "INTERNAL_ERROR", "DOWNSTREAM_SERVICE_ERROR", "UNEXPECTED"), 500),
    **dict.fromkeys(("SERVICE_UNAVAILABLE", "UNAVAILABLE"), 503),
    **dict.fromkeys(("TIMEOUT", "OPERATION_TIMEOUT", "GATEWAY_TIMEOUT"), 504),
    **dict.fromkeys((INVALID, "GRAPHQL_PARSE_FAILED", "OPERATION_RESOLUTION_FAILURE", "BAD_REQUEST"), 400),
}
# Libraries without codes say it in these words; the first that fits decides.
_WORDS = (
    (
        re.compile(r"not (?:logged in|authenticated)|unauthenticated|authentication (?:is )?required", re.IGNORECASE),
        401,
    ),
    (
        re.compile(
            r"authentication credentials|(?:invalid|expired) (?:access )?token|token has expired", re.IGNORECASE
        ),
        401,
    ),
    (
        re.compile(r"not have permission|permission denied|access denied|not authori[sz]ed|forbidden", re.IGNORECASE),
        403,
    ),
    (re.compile(r"rate limit|too many requests|throttled", re.IGNORECASE), 429),
)
# Which of several errors decides: what concerns the whole connection goes before what concerns one record.
_WEIGHT = {401: 9, 429: 8, 403: 7, 503: 6, 504: 6, 500: 5, 400: 4}
_VARIABLE = re.compile(r"Variable [\"']?\$(\w+)")
_UNKNOWN_PART = re.compile(r"is not defined by type|unknown field", re.IGNORECASE)
# Libraries write the place as "at 'input.hours'" or "at .hours", and a missing one as "required field 'hours'".
_PLACES = (
    re.compile(r"\bat [\"']?\w*\.([\w.\[\]]+)"),
    re.compile(r"required field [\"'](\w+)"),
    re.compile(r"Field [\"']?(\w+)[\"']? of required type"),
)
_MOST = 20
_RETRY_LEAST = 1.0


@dataclass(frozen=True, slots=True)
class Refusal:
    """What went wrong with one call: a status, the problems in plain form, and how long the system wants to be left alone."""

    status: int
    problems: tuple[Mapping[str, str], ...]
    wait: float | None = None


def refusal_in(
    body: Any, payload: Any, spec: GraphQLField, *, status: int, writes: bool, cost: QueryCost | None = None
) -> Refusal | None:
    """Return what an answer refuses, None when it refuses nothing.

    `payload` is what it holds for the field that was asked for, `status` the one it came with. Data that came together
    with errors is no success. A change whose payload came with errors was made: it is told like an outage after it.
    """
    errors = _listed(at_path(body, "errors"))
    if errors:
        told = [_told(error, writes=writes) for error in errors[:_MOST]]
        made = writes and payload is not None and isinstance(body, Mapping)
        statuses = [
            _status(body, one, error, status, writes=writes, made=made)
            for one, error in zip(told, errors, strict=False)
        ]
        chosen = max(statuses, key=lambda one: _WEIGHT.get(one, 0))
        return Refusal(chosen, tuple(told), _wait(body, errors, cost) if chosen == 429 else None)
    if status < 400 and writes and spec.problems:
        problems = _listed(at_path(payload, spec.problems))
        if problems:
            listed = tuple(_problem(one, spec) for one in problems[:_MOST])
            return Refusal(_status_of_record(listed), listed)
    return None


def points_wait(body: Any, cost: QueryCost) -> float:
    """Return for how many seconds the next question of this cost would find too few points; 0 when it finds enough."""
    asked, left, restored = (_figure(body, path) for path in (cost.asked_path, cost.left_path, cost.restored_path))
    if asked is None or left is None or not restored or restored < 0 or asked <= left:
        return 0.0
    return min((asked - left) / restored, LONGEST_HOLD_SECONDS)


def _status(body: Any, told: Mapping[str, str], error: Any, status: int, *, writes: bool, made: bool) -> int:
    known = _STATUSES.get(_capitals(told["code"]))
    if made:
        return known if known in {401, 403, 429} else 500
    if known is not None:
        return known
    if told["code"] or status >= 400:
        return status if status >= 400 else 422
    by_words = _by_words(told["message"])
    if by_words is not None:
        return by_words
    return 500 if _was_run(body, error) and not writes else 422


def _status_of_record(problems: Iterable[Mapping[str, str]]) -> int:
    """Return the status for problems of one record: that it is gone, or was changed meanwhile, when all of them say so."""
    found = {_STATUSES.get(_capitals(problem["code"]), 422) for problem in problems}
    return found.pop() if found in ({404}, {409}) else 422


def _was_run(body: Any, error: Any) -> bool:
    """Say whether the question itself was understood: errors of its fields name their path, or came with some data."""
    return bool(at_path(error, "path")) or isinstance(at_path(body, "data"), Mapping)


def _told(error: Any, *, writes: bool) -> dict[str, str]:
    """Return one entry of "errors" in plain form; one that says that the question itself is wrong gets the code for that."""
    if not isinstance(error, Mapping):
        return {"code": "", "message": str(error), "field": ""}
    message = text_at(error, "message")
    code = text_at(error, "extensions.code") or text_at(error, "extensions.type") or text_at(error, "type")
    variable = _VARIABLE.match(message)
    if variable is not None and writes and not _UNKNOWN_PART.search(message):
        place = next((found for pattern in _PLACES if (found := pattern.search(message))), None)
        return {"code": MISFIT if _is_of_library(code) else code, "message": message, "field": (place or variable)[1]}
    unasked = not code and not error.get("path") and bool(error.get("locations")) and _by_words(message) is None
    field = text_at(error, "extensions.field") or text_at(error, "extensions.argumentName")
    return {"code": INVALID if unasked else code, "message": message, "field": field}


def _is_of_library(code: str) -> bool:
    """Say whether a library gave this code to a value that fits no variable: it says nothing else then."""
    return not code or _capitals(code) in {INVALID, "BAD_REQUEST", "BAD_USER_INPUT", "INTERNAL_SERVER_ERROR"}


def _by_words(message: str) -> int | None:
    return next((found for pattern, found in _WORDS if pattern.search(message)), None)


def _problem(entry: Any, spec: GraphQLField) -> dict[str, str]:
    if not isinstance(entry, Mapping):
        return {"code": "", "message": str(entry), "field": ""}
    return {
        "code": text_at(entry, spec.problem_code) if spec.problem_code else "",
        "message": text_at(entry, spec.problem_message) if spec.problem_message else "",
        "field": _last(at_path(entry, spec.problem_field)) if spec.problem_field else "",
    }


def _last(place: Any) -> str:
    """Return the field that a problem names; services write the whole way to it: ["input", "hours"]."""
    if isinstance(place, list):
        place = next((part for part in reversed(place) if isinstance(part, str)), "")
    return str(place or "")


def _wait(body: Any, errors: Iterable[Any], cost: QueryCost | None) -> float | None:
    """Return the seconds until the system takes calls again where the answer says so, None where it does not."""
    asked = next((wait for error in errors if (wait := _figure(error, "extensions.retryAfter"))), None)
    if asked is None and cost is not None:
        asked = points_wait(body, cost) or None
    return None if asked is None else min(max(asked, _RETRY_LEAST), LONGEST_HOLD_SECONDS)


def _figure(value: Any, path: str) -> float | None:
    found = at_path(value, path)
    return float(found) if isinstance(found, int | float) and not isinstance(found, bool) else None


def _capitals(code: str) -> str:
    return re.sub(r"[^A-Z0-9]+", "_", code.upper())


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
