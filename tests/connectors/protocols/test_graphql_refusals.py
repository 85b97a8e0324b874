"""What an answer of a GraphQL service refuses: codes, words, parts, and changes that were made although errors came."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.connectors.graphql_spec import GraphQLField, QueryCost
from apps.connectors.protocols.graphql_refusals import INVALID, MISFIT, points_wait, refusal_in

PLAIN = GraphQLField()
LISTED = GraphQLField(problems="userErrors", problem_code="code", problem_field="field")
AT = {"locations": [{"line": 1, "column": 3}]}
RUN = {"path": ["timeEntries"]}


def error(message: str = "No", code: str = "", **more: Any) -> dict[str, Any]:
    return {"message": message, **({"extensions": {"code": code}} if code else {}), **more}


def cost(asked: Any, left: Any, rate: Any) -> dict[str, Any]:
    status = {"currentlyAvailable": left, "restoreRate": rate}
    return {"extensions": {"cost": {"requestedQueryCost": asked, "throttleStatus": status}}}


# the error, the status it came with -> the status it means for a query, and for a mutation
STATUSES: dict[str, tuple[dict[str, Any], int, int, int]] = {
    "a wrong token by code": (error(code="UNAUTHENTICATED"), 200, 401, 401),
    "a wrong token in words": (error("Authentication credentials were not provided."), 200, 401, 401),
    "a missing right by code": (error(code="ACCESS_DENIED"), 200, 403, 403),
    "a missing right in words": (error("You do not have permission to perform this action", **RUN), 200, 403, 403),
    "too many calls": (error("Throttled", "THROTTLED"), 200, 429, 429),
    "too many calls with a status of their own": (error(code="RATELIMITED"), 400, 429, 429),
    "another type of code": ({"message": "x", "type": "NOT_FOUND", **RUN}, 200, 404, 404),
    "an outage": (error(code="INTERNAL_SERVER_ERROR", **RUN), 200, 500, 500),
    "a code with dashes": (error(code="invalid-jwt"), 200, 401, 401),
    "a question it does not know": (error('Cannot query field "x" on type "Y".', **AT), 200, 400, 400),
    "a question it does not know by code": (error(code=INVALID, **AT), 400, 400, 400),
    "a code of its own": (error(code="PERIOD_CLOSED", **RUN), 200, 422, 422),
    "a code of its own with a status": (error(code="PERIOD_CLOSED"), 409, 409, 409),
    "words of its own while it ran": (error("The period is closed", **RUN), 200, 500, 422),
    "a value that fits no variable": (error("Variable '$input' got invalid value 'x' at 'input.hours'; no", **AT), 200, 400, 422),
}  # fmt: skip


@pytest.mark.parametrize("what", STATUSES)
def test_an_error_means_a_status(what: str) -> None:
    told, status, read, written = STATUSES[what]
    for writes, meant in ((False, read), (True, written)):
        refusal = refusal_in({"errors": [told]}, None, PLAIN, status=status, writes=writes)
        assert refusal is not None
        assert (refusal.status, len(refusal.problems)) == (meant, 1)


def test_data_that_came_with_errors_is_no_success_and_a_change_with_data_was_made() -> None:
    body = {"data": {"timeEntries": {"nodes": []}}, "errors": [error("Something is odd", **RUN)]}
    read = refusal_in(body, body["data"]["timeEntries"], PLAIN, status=200, writes=False)  # type: ignore[call-overload]  # a dict by its making
    made = refusal_in(body, {"id": "7"}, LISTED, status=200, writes=True)
    assert read is not None
    assert made is not None
    assert (read.status, made.status) == (500, 500)


def test_what_concerns_the_connection_goes_before_what_concerns_a_record() -> None:
    body = {"errors": [error(code="BAD_USER_INPUT"), error(code="UNAUTHENTICATED"), error(code="NOT_FOUND")]}
    refusal = refusal_in(body, None, PLAIN, status=200, writes=True)
    assert refusal is not None
    assert refusal.status == 401


@pytest.mark.parametrize(
    ("message", "field"),
    [
        ("Variable '$input' got invalid value 'x' at 'input.hours'; Float cannot represent", "hours"),
        ('Variable "$input" got invalid value "x" at "input.lines[0].hours"; Float cannot', "lines[0].hours"),
        ("Variable '$input' has invalid value at .hours: Float cannot represent non numeric value", "hours"),
        ("Variable '$input' has invalid value at .lines[0].hours: Float cannot represent", "lines[0].hours"),
        ("Variable '$input' has invalid value: Expected value of type 'I' to include required field 'hours'", "hours"),
        ("Variable '$input' got invalid value {}; Field 'hours' of required type 'Float!' was not provided.", "hours"),
        ("Variable '$budgetAmount' got invalid value 'plenty'; Float cannot represent", "budgetAmount"),
    ],
)
def test_a_value_that_fits_no_variable_names_its_field(message: str, field: str) -> None:
    refusal = refusal_in({"errors": [error(message, **AT)]}, None, PLAIN, status=200, writes=True)
    assert refusal is not None
    assert refusal.problems == ({"code": MISFIT, "message": message, "field": field},)


@pytest.mark.parametrize(
    "message",
    [
        "Variable '$input' got invalid value {…}; Field 'hourz' is not defined by type 'TimeEntryInput'.",
        "Variable '$input' has invalid value: Expected value of type 'I' not to include unknown field 'hourz'.",
    ],
)
def test_a_part_of_an_input_that_the_schema_does_not_know_is_no_fault_of_the_record(message: str) -> None:
    refusal = refusal_in({"errors": [error(message, **AT)]}, None, PLAIN, status=200, writes=True)
    assert refusal is not None
    assert (refusal.status, refusal.problems[0]["code"]) == (400, INVALID)


def test_problems_in_the_payload_of_a_mutation_refuse_the_record() -> None:
    problems = [
        {"code": "TAKEN", "field": ["input", "externalId"], "message": "Taken."},
        {"message": "Odd.", "field": "note"},
    ]
    refusal = refusal_in({"data": {}}, {"userErrors": problems}, LISTED, status=200, writes=True)
    assert refusal is not None
    assert refusal.status == 422
    assert [(one["code"], one["field"], one["message"]) for one in refusal.problems] == [
        ("TAKEN", "externalId", "Taken."), ("", "note", "Odd."),
    ]  # fmt: skip


def test_problems_that_are_mere_texts_are_kept_as_they_are() -> None:
    spec = GraphQLField(problems="errors", problem_message="")
    refusal = refusal_in({"data": {}}, {"errors": ["Title can't be blank"]}, spec, status=200, writes=True)
    assert refusal is not None
    assert refusal.problems == ({"code": "", "message": "Title can't be blank", "field": ""},)


@pytest.mark.parametrize(
    ("codes", "status"),
    [(["NOT_FOUND"], 404), (["NOT_FOUND", "TAKEN"], 422), (["CONFLICT"], 409), (["UNAUTHENTICATED"], 422)],
)
def test_only_problems_that_all_say_so_mean_that_a_record_is_gone(codes: list[str], status: int) -> None:
    payload = {"userErrors": [{"code": code, "message": "x"} for code in codes]}
    refusal = refusal_in({}, payload, LISTED, status=200, writes=True)
    assert refusal is not None
    assert refusal.status == status


@pytest.mark.parametrize("body", [{"data": {"x": 1}}, {"data": None}, {"errors": []}, {"errors": None}, [], None, "x"])
def test_an_answer_without_errors_refuses_nothing(body: Any) -> None:
    assert refusal_in(body, {"userErrors": []}, LISTED, status=200, writes=True) is None


@pytest.mark.parametrize(
    ("body", "seconds"),
    [
        (cost(100, 40, 20), 3.0),
        (cost(100, 400, 20), 0.0),
        (cost(100, 40, 0), 0.0),
        (cost(100, None, 20), 0.0),
        (cost("100", 40, 20), 0.0),
        (cost(10_000_000, 0, 1), 3600.0),
        ({}, 0.0),
    ],
)
def test_points_that_are_missing_come_back_in_time(body: Any, seconds: float) -> None:
    assert points_wait(body, QueryCost()) == seconds


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["errors", "data", "extensions", "code", "message", "path", "userErrors", "field"]), inner
        )
    ),
    max_leaves=12,
)


@given(json_values, json_values, st.booleans())
def test_whatever_an_answer_holds_is_judged_and_never_crashes(body: Any, payload: Any, writes: bool) -> None:
    refusal = refusal_in(body, payload, LISTED, status=200, writes=writes, cost=QueryCost())
    assert refusal is None or (refusal.status >= 400 and refusal.problems)
    assert points_wait(body, QueryCost()) >= 0


def test_a_throttled_answer_says_how_long_to_wait_where_it_can() -> None:
    throttled = error("Throttled", "THROTTLED")
    by_points = refusal_in(
        {"errors": [throttled], **cost(100, 0, 20)}, None, PLAIN, status=200, writes=False, cost=QueryCost()
    )
    told = {**throttled, "extensions": {"code": "THROTTLED", "retryAfter": 7}}
    by_word = refusal_in({"errors": [told]}, None, PLAIN, status=200, writes=False)
    silent = refusal_in({"errors": [throttled]}, None, PLAIN, status=200, writes=False)
    assert [one.wait if one else 0 for one in (by_points, by_word, silent)] == [5.0, 7.0, None]
