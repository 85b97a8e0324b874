"""Turns a system's own error answer into one of the five failure kinds, by the rules of its manifest."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import orjson

from apps.connectors.answers import at_path, text_at
from apps.connectors.errors import (
    AuthExpiredError,
    BusinessClass,
    FailureKind,
    FieldProblem,
    MisconfiguredError,
    RateLimitedError,
    RejectedError,
    RemoteError,
    RetryableError,
)
from apps.connectors.judgement import Answer, judge, wait_asked
from apps.connectors.manifest import ErrorRule, ErrorShape, ObjectManifest, SystemManifest
from apps.connectors.redaction import redact_text

_MOST_PROBLEMS = 20
_LONGEST_TEXT = 4000  # that is looked through for secrets; far more than is shown
_RULE_HOLD = timedelta(minutes=1)
_CLASS_BY_STATUS = {
    404: BusinessClass.MISSING_REFERENCE,
    409: BusinessClass.CONFLICT,
    410: BusinessClass.MISSING_REFERENCE,
    412: BusinessClass.CONFLICT,
    413: BusinessClass.TOO_LARGE,
}
_RAISED = {
    FailureKind.RETRYABLE: RetryableError,
    FailureKind.AUTH_EXPIRED: AuthExpiredError,
    FailureKind.MISCONFIGURED: MisconfiguredError,
}


@dataclass(frozen=True, slots=True)
class ReportedProblem:
    """One problem as the system words it."""

    code: str
    message: str
    field: str


def failure_of(
    manifest: SystemManifest,
    answer: Answer,
    *,
    spec: ObjectManifest | None = None,
    sent: Mapping[str, Any] | None = None,
) -> RemoteError | None:
    """Return what a whole answer means: None when it is good. `sent` is the one record it is about, if it was one."""
    if answer.status < 400:
        return judge(answer, now=datetime.now(UTC))
    problems = reported_problems(manifest.error_shape, _parsed(answer), answer.secrets)
    now = datetime.now(UTC)
    hold = timedelta(seconds=wait_asked(answer.headers, now=now))
    error = _by_rules(manifest, answer.status, problems, spec, sent, hold=hold) or judge(answer, now=now)
    if error is None:
        error = (
            _refusal(manifest, answer.status, problems, spec)
            if answer.writes
            else _unreadable(manifest, answer.status, problems)
        )
    error.exchange = answer.exchange
    return error


def record_failure(
    manifest: SystemManifest,
    status: int,
    result: Any,
    *,
    spec: ObjectManifest,
    sent: Mapping[str, Any],
    secrets: tuple[str, ...] = (),
) -> RemoteError:
    """Return what one result of a batch answer means, for a result whose status says it failed."""
    problems = reported_problems(manifest.error_shape, result, secrets)
    error = _by_rules(manifest, status, problems, spec, sent)
    if error is None and status >= 500:
        error = RetryableError(
            "The system had an error of its own.",
            business_class=BusinessClass.PROVIDER_OUTAGE,
            ambiguous=True,
            status=status,
        )
    return error or _refusal(manifest, status, problems, spec)


def reported_problems(shape: ErrorShape, body: Any, secrets: tuple[str, ...] = ()) -> tuple[ReportedProblem, ...]:
    """Return the problems an error answer lists, without the `secrets` that some systems repeat in them."""
    by_field = at_path(body, shape.by_field_path) if shape.by_field_path else None
    if isinstance(by_field, Mapping) and by_field:
        told = ((_clean(field, "", secrets), _clean(said, "", secrets)[:400]) for field, said in by_field.items())
        return tuple(ReportedProblem("", message, field) for field, message in islice(told, _MOST_PROBLEMS))
    listed = at_path(body, shape.problems_path) if shape.problems_path else body
    parts = listed if isinstance(listed, list) else [listed]
    if shape.summary_message_path and not any(isinstance(part, Mapping) for part in parts):
        code, message = (_clean(body, path, secrets) for path in (shape.summary_code_path, shape.summary_message_path))
        return (ReportedProblem(code, message[:400], ""),) if code or message else ()
    return tuple(
        ReportedProblem(
            _clean(part, shape.code_path, secrets),
            _clean(part, shape.message_path, secrets)[:400],
            _clean(part, shape.field_path, secrets),
        )
        for part in parts[:_MOST_PROBLEMS]
        if isinstance(part, Mapping)
    )


def _clean(part: Any, path: str, secrets: tuple[str, ...]) -> str:
    # The text is stored and shown: no secret, and nothing that PostgreSQL cannot hold.
    return redact_text(text_at(part, path)[:_LONGEST_TEXT], secrets).replace("\x00", "")


def canonical_field(spec: ObjectManifest | None, outside_field: str) -> str:
    """Return the canonical field that fills an outside one, or the outside name where none is known."""
    lines = spec.writing_lines if spec else ()
    return next((line.source for line in lines if line.target == outside_field and line.source), outside_field)


def _by_rules(
    manifest: SystemManifest,
    status: int,
    problems: tuple[ReportedProblem, ...],
    spec: ObjectManifest | None,
    sent: Mapping[str, Any] | None,
    *,
    hold: timedelta = _RULE_HOLD,
) -> RemoteError | None:
    """The first problem with a rule decides, but one that concerns every record goes before those of this record.

    `hold` is how long a system wants to be left alone where a rule says that it does.
    """
    # An answer that lists nothing (an empty body, an error page) can still meet a rule by its status.
    listed = problems or (ReportedProblem("", "", ""),)
    matched = [(problem, _rule_for(manifest.error_rules, status, problem)) for problem in listed]
    rules = [rule for _, rule in matched if rule]
    first = next((rule for rule in rules if rule.kind is not FailureKind.REJECTED), next(iter(rules), None))
    if first is None:
        return None
    if first.kind is FailureKind.REJECTED:
        told = tuple(_field_problem(problem, rule, status, spec, sent) for problem, rule in matched)
        return RejectedError(told[0].message, problems=told, status=status)
    problem = next(problem for problem, rule in matched if rule is first)
    sentence = _sentence(first.sentence, problem, sent)
    if first.kind is FailureKind.RATE_LIMITED:
        return RateLimitedError(sentence, until=datetime.now(UTC) + hold)
    return _RAISED[first.kind](sentence, business_class=first.business_class, status=status)


def _rule_for(rules: tuple[ErrorRule, ...], status: int, problem: ReportedProblem) -> ErrorRule | None:
    return next((rule for rule in rules if _fits(rule, status, problem)), None)


def _fits(rule: ErrorRule, status: int, problem: ReportedProblem) -> bool:
    return (
        (not rule.statuses or status in rule.statuses)
        and (not rule.code or rule.code == problem.code)
        and (not rule.pattern or re.search(rule.pattern, problem.message) is not None)
    )


def _field_problem(
    problem: ReportedProblem,
    rule: ErrorRule | None,
    status: int,
    spec: ObjectManifest | None,
    sent: Mapping[str, Any] | None,
) -> FieldProblem:
    if rule is None:
        return _unruled(problem, status, spec)
    return FieldProblem(
        field=rule.field or canonical_field(spec, problem.field),
        message=_sentence(rule.sentence, problem, sent),
        business_class=rule.business_class,
        code=problem.code,
    )


def _unruled(problem: ReportedProblem, status: int, spec: ObjectManifest | None) -> FieldProblem:
    return FieldProblem(
        field=canonical_field(spec, problem.field),
        message=problem.message or f"The system refused the record without a reason (status {status}).",
        business_class=_CLASS_BY_STATUS.get(status, BusinessClass.VALIDATION),
        code=problem.code,
    )


def _sentence(template: str, problem: ReportedProblem, sent: Mapping[str, Any] | None) -> str:
    value = (sent or {}).get(problem.field, "")
    return template.format_map({"message": problem.message, "field": problem.field, "value": value})


def _refusal(
    manifest: SystemManifest, status: int, problems: tuple[ReportedProblem, ...], spec: ObjectManifest | None
) -> RejectedError:
    listed = problems or (ReportedProblem("", "", ""),)
    told = tuple(_unruled(problem, status, spec) for problem in listed)
    return RejectedError(f"{manifest.name} refused the record: {told[0].message}", problems=told, status=status)


def _unreadable(manifest: SystemManifest, status: int, problems: tuple[ReportedProblem, ...]) -> MisconfiguredError:
    """A refused reading is never about a record: something about the connection or the manifest is wrong."""
    reason = next(iter(problem_text for problem in problems if (problem_text := problem.message)), f"status {status}")
    if status in {404, 410}:
        sentence = f"{manifest.name} has nothing at this address ({reason}): check the base address."
        return MisconfiguredError(sentence, business_class=BusinessClass.CONNECTION, status=status)
    return MisconfiguredError(
        f"{manifest.name} does not accept the way it is asked ({reason}).",
        business_class=BusinessClass.VALIDATION,
        status=status,
    )


def _parsed(answer: Answer) -> Any:
    """An error page that is not JSON is judged by its status alone."""
    try:
        return orjson.loads(answer.body)
    except ValueError:
        return None
