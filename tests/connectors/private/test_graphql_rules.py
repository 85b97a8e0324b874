"""What must hold in a description of a GraphQL service: each problem is named with its place."""

from copy import deepcopy
from typing import Any

import pytest

from apps.connectors.private.document_rules import list_problems
from apps.connectors.private.documents import read_document, write_document
from tests.connectors.protocols.graphql_document import DOCUMENT


def changed(path: str, value: Any) -> dict[str, Any]:
    """Return the description with one part changed: "objects.2.reading.path"."""
    document = deepcopy(DOCUMENT)
    place: Any = document
    *outer, last = path.split(".")
    for step in outer:
        place = place[int(step)] if step.isdigit() else place.setdefault(step, {})
    place[last] = value
    return document


def test_a_description_that_holds_has_no_problems_and_is_the_same_when_it_is_read_back() -> None:
    manifest = read_document(DOCUMENT, slug="private-x")
    assert list_problems(manifest) == []
    assert read_document(write_document(manifest), slug="private-x") == manifest


# the part that is changed and what to -> where the problem is told, and its words
WRONG: dict[str, tuple[str, Any, str, str]] = {
    "two protocols": ("odata", {"guid_fields": []}, "graphql", "one protocol"),
    "an endpoint elsewhere": ("graphql.path", "https://elsewhere.example/graphql", "graphql.path", "below the connection"),
    "a test that names no field": ("test_path", "viewer/me", "test_path", "Name fields of the schema"),
    "an identity that is a question": ("identity_path", "email } evil {", "identity_path", "Name a field"),
    "a list that names no field": ("objects.2.reading.path", "time/entries", "objects[2].reading.path", "Name fields"),
    "one record without brackets": (
        "objects.2.reading.one_path", "timeEntry/{key}", "objects[2].reading.one_path", "project(id:{key})",
    ),
    "a key nobody gave a type": (
        "objects.2.reading.one_path", "timeEntry(number:{key})", "objects[2].reading.one_path", "argument number of timeEntry",
    ),
    "a size nobody gave a type": (
        "objects.1.reading.paging.size_parameter", "first", "objects[1].reading.paging.size_parameter", "argument first of projects",
    ),
    "a time nobody gave a type": (
        "objects.2.reading.since_parameter", "where.updatedAt", "objects[2].reading.since_parameter", "argument where of timeEntries",
    ),
    "a time in a header": ("objects.2.reading.since_in_header", True, "objects[2].reading.since_parameter", "not in a header"),
    "a further argument nobody knows": (
        "objects.2.reading.parameters", {"sort": "ID"}, "objects[2].reading.parameters.sort", "argument sort",
    ),
    "a lookup that is a question": ("objects.2.find_parameter", "a) { b", "objects[2].find_parameter", "Name a field"),
    "a field that is a question": (
        "objects.2.fields", [{"name": "id } evil {"}], "objects[2].fields", "is no name of a field",
    ),
    "a key that is a question": ("objects.2.key_field", "id evil", "objects[2].key_field", "Name a field"),
    "records that lie nowhere": ("objects.2.reading.records_path", "edges[].node", "objects[2].reading.records_path", "Name a field"),
    "a next page that lies nowhere": (
        "objects.2.reading.paging.next_path", "pageInfo endCursor", "objects[2].reading.paging.next_path", "Name a field",
    ),
    "pages by links": ("objects.1.reading.paging.style", "link_header", "objects[1].reading.paging.style", "none, page, offset, token"),
    "batches": ("objects.2.writing.batch_path", "entries", "objects[2].writing.batch_path", "one by one"),
    "a record where nobody takes it": (
        "objects.2.writing.record_path", "data", "objects[2].writing.record_path", "argument data of timeEntryCreate",
    ),
    "values for taking back that nobody takes": (
        "objects.2.writing.undo_values", {"input": {"note": "gone"}}, "objects[2].writing.undo_values", "argument input",
    ),
    "a type that is none": (
        "objects.2.graphql.fields.timeEntry.arguments", {"id": "ID } evil {"}, "objects[2].graphql.fields", "type of timeEntry.id",
    ),
    "problems that lie nowhere": (
        "objects.2.graphql.fields.timeEntry", {"arguments": {"id": "ID!"}, "problems": "a b"},
        "objects[2].graphql.fields", "Name a field",
    ),
    "a type of records that is none": ("objects.2.graphql.type", "Time Entry", "objects[2].graphql.type", "Name a field"),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_what_does_not_hold_is_told_with_its_place(what: str) -> None:
    path, value, place, words = WRONG[what]
    problems = list_problems(read_document(changed(path, value), slug="private-x"))
    assert place in [one.path for one in problems]
    assert words in next(one.message for one in problems if one.path == place)
    assert all(one.message.endswith(".") for one in problems)


def test_places_in_lists_and_settings_in_paths_are_no_problems() -> None:
    document = changed("objects.2.reading.path", "firm(id:{firm}).timeEntries")
    entries = document["objects"][2]
    known = entries["graphql"]["fields"]
    known["firm"] = {"arguments": {"id": "ID!"}}
    known["firm.timeEntries"] = known.pop("timeEntries")
    entries["fields"].append({"name": "lines.0.hours"})
    document["settings"] = [{"name": "firm", "label": "Firm"}]
    assert list_problems(read_document(document, slug="private-x")) == []
