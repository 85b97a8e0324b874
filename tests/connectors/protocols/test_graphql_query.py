"""Questions in GraphQL: valid for a real implementation of the language, with every value as a variable."""

from decimal import Decimal
from typing import Any

import pytest
from graphql import FieldNode, OperationDefinitionNode, parse
from hypothesis import given
from hypothesis import strategies as st

from apps.connectors.errors import MisconfiguredError
from apps.connectors.graphql_paths import PathError, Step, parse_path
from apps.connectors.graphql_spec import GraphQLField
from apps.connectors.protocols.graphql_query import ask, selection, typed

FIELDS = {
    "company": GraphQLField({"id": "ID!"}),
    "company.projects": GraphQLField(
        {"first": "Int", "id": "ID", "filter": "ProjectFilter", "filter.number.in": "[Int!]"}
    ),
    "update": GraphQLField({"input": "ProjectInput!", "input.hours": "Float"}),
    "remove": GraphQLField({"id": "ID!"}, is_plain=True),
}


def test_a_question_leads_through_its_path_and_declares_every_variable_it_uses() -> None:
    question = ask(
        "query", "company(id:a%2Cb).projects", {"first": "10", "id": 5}, ["nodes.id", "nodes.lead.id"], FIELDS
    )
    assert question.text == (
        "query QueryProjects($id: ID!, $first: Int, $id2: ID) { company(id: $id) { projects(first: $first, id: $id2) "
        "{ nodes { id lead { id } } } } }"
    )
    assert question.variables == {"id": "a,b", "first": 10, "id2": "5"}
    assert (question.operation, question.path) == ("QueryProjects", "company.projects")


def test_what_stands_in_brackets_is_put_into_what_is_given() -> None:
    question = ask("mutation", "update(input.id:7)", {"input": {"hours": Decimal("7.50"), "name": "x"}}, ["id"], FIELDS)
    assert question.variables == {"input": {"hours": 7.5, "name": "x", "id": "7"}}
    assert question.text == "mutation MutationUpdate($input: ProjectInput!) { update(input: $input) { id } }"


def test_nothing_is_selected_in_a_plain_value_and_something_in_everything_else() -> None:
    assert ask("mutation", "remove(id:7)", {}, ["x"], FIELDS).text.endswith("{ remove(id: $id) }")
    assert ask("query", "viewer", {}, [], FIELDS).text == "query QueryViewer { viewer { __typename } }"


@pytest.mark.parametrize(
    "path", ["", "a.", ".a", "a..b", "a(b)", "a(b:)", "a b", "a(b:1", "a)", "a(b:1)c", "{a}", "1a", "a-b"]
)
def test_a_path_that_names_no_fields_is_refused(path: str) -> None:
    with pytest.raises(PathError):
        parse_path(path)
    with pytest.raises(MisconfiguredError, match="is no path of fields"):
        ask("query", path, {}, ["id"], {})


def test_a_path_keeps_the_dots_and_colons_of_its_values() -> None:
    assert parse_path("a(x.y:1.2%3A3,z:{key}).b") == (Step("a", (("x.y", "1.2:3"), ("z", "{key}"))), Step("b"))


@pytest.mark.parametrize(
    ("given_values", "names", "words"),
    [
        ({"last": "5"}, ["id"], "the type of the argument 'last' of 'projects' is not known"),
        ({"first": "5"}, ["id } evil {"], "is no name of a field"),
        ({"first": "5"}, ["1st"], "is no name of a field"),
        ({"a) { b": "5"}, ["id"], "is not known"),
    ],
    ids=[
        "an argument nobody described",
        "a name with brackets",
        "a name that begins with a digit",
        "an argument that is none",
    ],
)
def test_what_no_schema_can_have_never_reaches_a_text(
    given_values: dict[str, str], names: list[str], words: str
) -> None:
    with pytest.raises(MisconfiguredError, match=words):
        ask("query", "company(id:1).projects", given_values, names, FIELDS)


@pytest.mark.parametrize("kind", ["String } evil {", "[Int", "", "Int)"])
def test_a_type_that_is_none_is_refused(kind: str) -> None:
    with pytest.raises(MisconfiguredError, match="is not known"):
        ask("query", "a", {"b": 1}, ["id"], {"a": GraphQLField({"b": kind})})


@pytest.mark.parametrize(
    ("value", "kind", "sent"),
    [
        ("10", "Int!", 10),
        ("7.5", "Int", "7.5"),
        (Decimal("7.50"), "Float!", 7.5),
        ("12345678.905", "Float", 12345678.905),
        ("0.1234567890123456789", "Float", "0.1234567890123456789"),
        ("7,5", "Float", "7,5"),
        ("true", "Boolean", True),
        ("perhaps", "Boolean", "perhaps"),
        (7, "ID!", "7"),
        (Decimal("7.10"), "String", "7.10"),
        ("2026-11-21", "Date", "2026-11-21"),
        (["1", "2"], "[Int!]!", [1, 2]),
        ("1", "[Int!]", [1]),
        (None, "Int", None),
        (True, "ID", True),
    ],
)
def test_a_value_is_sent_as_its_type_wants_it_or_left_for_the_service_to_refuse(
    value: Any, kind: str, sent: Any
) -> None:
    found = typed(value, "x", {"x": kind})
    assert (found, type(found)) == (sent, type(sent))


def test_parts_of_an_argument_have_types_of_their_own_also_within_lists() -> None:
    value = {"lines": [{"hours": "1.5", "note": "3"}], "count": "3"}
    types = {"input": "I!", "input.lines.hours": "Float", "input.count": "Int"}
    assert typed(value, "input", types) == {"lines": [{"hours": 1.5, "note": "3"}], "count": 3}


names = st.from_regex(r"[a-z][a-zA-Z]{0,4}(\.[a-z]{1,3}){0,2}", fullmatch=True)


@given(st.lists(names, min_size=1, max_size=8))
def test_a_selection_is_what_the_language_parses_and_asks_for_each_name_once(asked: list[str]) -> None:
    (operation,) = parse(f"query {selection(asked)}").definitions
    assert isinstance(operation, OperationDefinitionNode)

    def paths(node: OperationDefinitionNode | FieldNode, before: str) -> list[str]:
        inside = node.selection_set.selections if node.selection_set else ()
        found = [(one, f"{before}.{one.name.value}".lstrip(".")) for one in inside if isinstance(one, FieldNode)]
        return [path for one, path in found for path in (path, *paths(one, path))]

    told = paths(operation, "")
    wanted = {".".join(steps[: end + 1]) for steps in (name.split(".") for name in asked) for end in range(len(steps))}
    assert len(told) == len(set(told))
    assert set(told) == wanted


@given(st.text(min_size=1))
def test_no_value_becomes_part_of_a_text(value: str) -> None:
    fields = {"a": GraphQLField({"b": "String"})}
    question = ask("query", "a", {"b": value}, ["id"], fields)
    assert question.text == "query QueryA($b: String) { a(b: $b) { id } }"
    assert question.variables == {"b": value}
