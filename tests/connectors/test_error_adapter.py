"""A system's own error answers become kinds, classes and sentences by the rules of its manifest."""

import dataclasses
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from apps.connectors.catalog.sandbox_erp.manifest import MANIFEST
from apps.connectors.contract import Exchange
from apps.connectors.error_adapter import failure_of, record_failure, reported_problems
from apps.connectors.errors import BusinessClass, FailureKind, RateLimitedError, RejectedError
from apps.connectors.judgement import Answer
from apps.connectors.manifest import ErrorRule, ErrorShape

K, B = FailureKind, BusinessClass
LINES = MANIFEST.object_named("time-lines")
RULES = (
    ErrorRule(K.REJECTED, B.CLOSED_PERIOD, statuses=(422,), pattern=r"period .* closed", sentence="Closed: {message}"),
    ErrorRule(K.RETRYABLE, B.CONFLICT, statuses=(409,), code="locked", sentence="Locked just now."),
    ErrorRule(K.MISCONFIGURED, B.PERMISSION, code="no_right", sentence="No right."),
    ErrorRule(K.AUTH_EXPIRED, B.PERMISSION, code="session_over", sentence="Session over."),
    ErrorRule(K.RATE_LIMITED, B.PROVIDER_OUTAGE, code="quota", sentence="Quota used up."),
)
SYSTEM = dataclasses.replace(MANIFEST, error_rules=RULES, error_shape=ErrorShape())


def _answer(status: int, body: Any, *, writes: bool = True) -> Answer:
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    return Answer(status, {"Content-Type": "application/json"}, content, 1, Exchange("POST", "u", status, 1), writes)


CASES = {
    "pattern": (422, {"message": "period 2026-09 is closed", "field": "posting_date"}, K.REJECTED, B.CLOSED_PERIOD),
    "code and status": (409, {"code": "locked"}, K.RETRYABLE, B.CONFLICT),
    "code with another status": (400, {"code": "locked"}, K.REJECTED, B.VALIDATION),
    "a rule wins over the status": (500, {"code": "no_right"}, K.MISCONFIGURED, B.PERMISSION),
    "sign-in by code": (400, {"code": "session_over"}, K.AUTH_EXPIRED, B.PERMISSION),
    "quota by code": (403, {"code": "quota"}, K.RATE_LIMITED, B.PROVIDER_OUTAGE),
    "no rule, 409": (409, {"message": "changed meanwhile"}, K.REJECTED, B.CONFLICT),
    "no rule, 404": (404, {}, K.REJECTED, B.MISSING_REFERENCE),
    "no rule, 413": (413, {}, K.REJECTED, B.TOO_LARGE),
    "no rule, 422": (422, {"message": "no"}, K.REJECTED, B.VALIDATION),
    "no rule, no JSON": (400, b"<xml/>", K.REJECTED, B.VALIDATION),
    "status table": (502, b"", K.RETRYABLE, B.PROVIDER_OUTAGE),
    "a list for a body": (422, [{"message": "period x closed"}], K.REJECTED, B.CLOSED_PERIOD),
}


@pytest.mark.parametrize(("status", "body", "kind", "business_class"), CASES.values(), ids=CASES.keys())
def test_an_answer_becomes_a_kind_and_a_class(
    status: int, body: Any, kind: FailureKind, business_class: BusinessClass
) -> None:
    error = failure_of(SYSTEM, _answer(status, body), spec=LINES)
    assert error is not None
    assert (error.kind, error.business_class) == (kind, business_class)
    assert error.exchange is not None


def test_a_good_answer_is_no_failure() -> None:
    assert failure_of(SYSTEM, _answer(201, {})) is None


def test_a_refused_reading_is_never_blamed_on_a_record() -> None:
    for status in (400, 404, 422):
        error = failure_of(SYSTEM, _answer(status, {"message": "unknown filter"}, writes=False), spec=LINES)
        assert error is not None
        assert error.kind is K.MISCONFIGURED


def test_every_problem_of_a_record_is_told_with_its_canonical_field_and_value() -> None:
    body = {
        "error": {
            "problems": [
                {"code": "closed_period", "field": "posting_date", "message": "x"},
                {"code": "odd", "field": "employee", "message": "odd"},
            ]
        }
    }
    error = record_failure(MANIFEST, 422, body, spec=LINES, sent={"posting_date": "13.09.2026"})
    assert isinstance(error, RejectedError)
    assert [(p.field, p.business_class) for p in error.problems] == [
        ("approved_at", B.CLOSED_PERIOD),
        ("resource", B.VALIDATION),
    ]
    assert "13.09.2026" in error.problems[0].message
    assert error.problems[1].message == "odd"


def test_a_failed_result_of_a_batch_that_is_no_refusal_is_in_doubt() -> None:
    error = record_failure(SYSTEM, 500, {}, spec=LINES, sent={})
    assert (error.kind, error.ambiguous) == (K.RETRYABLE, True)


@pytest.mark.parametrize(
    "body", [None, [], "x", 7, {"error": None}, {"error": {"problems": "x"}}, {"error": {"problems": [None, 3]}}]
)
def test_an_error_answer_of_another_form_is_read_without_trouble(body: Any) -> None:
    assert reported_problems(MANIFEST.error_shape, body) == ()


def test_braces_in_a_systems_message_are_only_text() -> None:
    error = failure_of(SYSTEM, _answer(422, {"message": "period {0} {x.__class__} closed"}), spec=LINES)
    assert error is not None
    assert error.message == "Closed: period {0} {x.__class__} closed"


def test_messages_under_the_names_of_their_fields_are_one_problem_each() -> None:
    shape = ErrorShape(message_path="errorMessages", by_field_path="errors")
    body = {"errorMessages": ["Not so."], "errors": {"projectKey": "Taken.", "name": ["Too long.", "Odd."]}}
    told = [(problem.field, problem.message) for problem in reported_problems(shape, body)]
    assert told == [("projectKey", "Taken."), ("name", "Too long.")]
    told = [(problem.field, problem.message) for problem in reported_problems(shape, {**body, "errors": {}})]
    assert told == [("", "Not so.")]


def test_an_answer_that_lists_no_problem_is_told_by_its_summary() -> None:
    shape = ErrorShape("causes", message_path="said", summary_code_path="code", summary_message_path="summary")
    body = {"code": "E38", "summary": "Not in this status.", "causes": []}
    (problem,) = reported_problems(shape, body)
    assert (problem.code, problem.message, problem.field) == ("E38", "Not in this status.", "")
    (listed,) = reported_problems(shape, {**body, "causes": [{"said": "login is taken"}]})
    assert listed.message == "login is taken"
    assert reported_problems(shape, []) == ()


@pytest.mark.parametrize(
    ("headers", "seconds"), [({}, 60), ({"X-RateLimit-Reset": "1500"}, 1500), ({"Retry-After": "7"}, 7)]
)
def test_a_limit_that_only_a_code_tells_is_obeyed_as_long_as_the_answer_says(
    headers: dict[str, str], seconds: int
) -> None:
    answer = dataclasses.replace(_answer(400, {"code": "quota"}), headers=headers)
    error = failure_of(SYSTEM, answer, spec=LINES)
    assert isinstance(error, RateLimitedError)
    assert abs((error.until - datetime.now(UTC)).total_seconds() - seconds) < 5
