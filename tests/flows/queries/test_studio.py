"""The studio's columns: fields as a tree, and each line linked with the rows it reads."""

import pytest

from apps.connectors.manifest import FieldSpec, MappingLine, ValueKind
from apps.flows.engine.content import FlowContent
from apps.flows.engine.edits import EditError, SetManyLines
from apps.flows.queries.studio import build_tree, linked_rows


def test_fields_stand_below_the_groups_that_their_names_say() -> None:
    fields = [
        FieldSpec("id"),
        FieldSpec("properties.name", label="Name"),
        FieldSpec("hours", ValueKind.HOURS),
        FieldSpec("properties.owner.id"),
        FieldSpec("tags", ValueKind.NESTED),
        FieldSpec("tags.first"),
    ]
    rows = build_tree("source", fields)
    assert [(row.depth, row.name, row.label, row.is_group) for row in rows] == [
        (0, "id", "id", False),
        (0, "properties", "properties", True),
        (1, "properties.name", "Name", False),
        (1, "properties.owner", "owner", True),
        (2, "properties.owner.id", "id", False),
        (0, "hours", "hours", False),
        (0, "tags", "tags", False),
        (1, "tags.first", "first", False),
    ]


@pytest.mark.parametrize(
    ("line", "names"),
    [
        (MappingLine("t", "hours"), ("hours",)),
        (MappingLine("t", "custom.region.code"), ("custom",)),
        (MappingLine("t", "fields[name=Cost].value"), ("fields",)),
        (MappingLine("t", "gone.far"), ()),
        (MappingLine("t", expression="r.hours * r.rate"), ("hours", "rate")),
        (MappingLine("t", expression="r.hours *"), ()),
        (MappingLine("t", default="x"), ()),
    ],
    ids=[
        "a field",
        "inside a group",
        "an entry of a list",
        "gone",
        "an expression",
        "half an expression",
        "a fixed value",
    ],
)
def test_a_line_is_linked_with_what_it_reads(line: MappingLine, names: tuple[str, ...]) -> None:
    assert linked_rows(line, frozenset({"hours", "rate", "custom", "fields"})) == names


def test_lines_of_several_places_change_as_one() -> None:
    content = FlowContent({"steps": []}, {"reading": [{"target": "a", "source": "x"}]})
    edit = SetManyLines({"reading": {"a": None}, "delivery": {"b": {"required": True}}})
    assert dict(edit.apply(content).lines) == {"reading": [], "delivery": [{"target": "b", "required": True}]}
    assert edit.words == "Changed a, b"
    with pytest.raises(EditError):
        SetManyLines({"delivery": {"b": {"required": "yes"}}}).apply(content)
