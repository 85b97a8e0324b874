"""What must hold in a description of an OData service: each break of a rule is named with its place."""

from typing import Any

import pytest

from apps.connectors.private.descriptions import read_description
from apps.connectors.private.document_rules import list_problems
from apps.connectors.private.documents import read_document
from apps.connectors.private.drafting import draft_document
from tests.connectors.private.odata_service import metadata


def problems(path: str, value: Any) -> set[str]:
    """Return the places that are complained about after one part of a good draft is set."""
    document = draft_document("Tool", read_description(metadata()).to_json(), ["Projects"])
    *outer, last = path.split(".")
    part: Any = document
    for step in outer:
        part = part[int(step) if step.isdigit() else step]
    part[last] = value
    return {problem.path for problem in list_problems(read_document(document, slug="private-tool"))}


@pytest.mark.parametrize(
    ("path", "value", "place"),
    [
        pytest.param("odata.version", 3, "odata.version", id="an unknown version"),
        pytest.param(
            "odata.metadata_path", "https://elsewhere.example/x", "odata.metadata_path", id="metadata elsewhere"
        ),
        pytest.param("odata.guid_fields", ["Id eq 1 or"], "odata.guid_fields", id="a condition for a field"),
        pytest.param("odata.types", {"a b": "Edm.Guid"}, "odata.types", id="a strange set"),
        pytest.param("odata.types", {"Projects": "Edm.Sphere"}, "odata.types", id="a strange type"),
        pytest.param(
            "objects.0.reading.one_path", "Projects/{key}", "objects[0].reading.one_path", id="a key after a slash"
        ),
        pytest.param("objects.0.writing.update_path", "P/{key}", "objects[0].writing.update_path", id="so in a change"),
        pytest.param("objects.0.writing.undo_path", "P/{key}", "objects[0].writing.undo_path", id="so in taking back"),
        pytest.param(
            "objects.0.find_parameter", "Code eq '' or Name", "objects[0].find_parameter", id="a whole condition"
        ),
        pytest.param(
            "objects.0.writing.own_key_parameter", "a b", "objects[0].writing.own_key_parameter", id="so for our number"
        ),
        pytest.param("objects.0.key_field", "Id,Name", "objects[0].key_field", id="two keys"),
        pytest.param(
            "objects.0.reading.since_parameter",
            "modified_since",
            "objects[0].reading.since_parameter",
            id="no comparison",
        ),
    ],
)
def test_a_break_of_a_rule_is_named_with_its_place(path: str, value: Any, place: str) -> None:
    assert problems(path, value) == {place}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        pytest.param("objects.0.reading.since_parameter", "$filter", id="a filter of one's own"),
        pytest.param("objects.0.reading.one_path", "v2/Projects(guid'{key}')?$expand=Place", id="a key of version 2"),
        pytest.param("objects.0.reading.one_path", "Projects({key}L)", id="a long number"),
        pytest.param("objects.0.find_parameter", "Place/City", id="a property inside another"),
    ],
)
def test_what_the_protocol_holds_is_let_in(path: str, value: Any) -> None:
    assert problems(path, value) == set()
