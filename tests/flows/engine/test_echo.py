"""What came back is compared with what the flow there writes: each field by itself, and only where that can be told."""

from typing import Any

import pytest

from apps.connectors.contract import SourceRecord
from apps.connectors.manifest import FieldSpec, MappingLine, ObjectManifest, ValueKind, WriteMode
from apps.flows.engine.definition import FlowDefinition
from apps.flows.engine.echo import Echo
from apps.flows.engine.flow import compile_flow

HERE = ObjectManifest(
    "projects",
    "Projects",
    "Project",
    fields=tuple(FieldSpec(name) for name in ("id", "code", "name", "state", "client", "note")),
    reading_lines=(
        MappingLine("id", "id"),
        MappingLine("code", "code"),
        MappingLine("name", "name"),
        MappingLine("state", "state"),
        MappingLine("client", "client"),
        MappingLine("po_number", "note"),
    ),
)
THERE = ObjectManifest(
    "jobs",
    "Jobs",
    "Project",
    fields=(
        *(FieldSpec(name) for name in ("number", "title", "customer", "order", "short")),
        FieldSpec("open", ValueKind.YES_NO),
    ),
    writing_lines=(
        MappingLine("number", "code", write_mode=WriteMode.SET_ON_CREATE),
        MappingLine("title", "name"),
        MappingLine("short", "name", transforms=("shorten:5",)),
        MappingLine("open", "state", value_map={"planned": False, "active": True}),
        MappingLine("customer", "client", reference="Customer"),
        MappingLine("order", "po_number", write_mode=WriteMode.FILL_EMPTY),
    ),
)
OURS = {"id": "1", "code": "P-1", "name": "Harbour", "state": "planned", "client": "C-1", "note": "PO 7"}
BACK = {"number": "P-1", "title": "Harbour", "short": "Harbo", "open": False, "customer": "77", "order": "PO 7"}


@pytest.mark.parametrize(
    ("changed", "own"),
    [
        pytest.param({}, {"name", "state"}, id="as we wrote it"),
        pytest.param({"open": True}, {"name"}, id="a field that somebody changed is theirs"),
        pytest.param({"short": "H"}, {"state"}, id="a field counts when all that is made of it is ours"),
        pytest.param({"open": None}, {"name"}, id="a value that is gone was taken away by somebody"),
        pytest.param(
            {"customer": "78", "order": "PO 8"}, {"name", "state"}, id="what cannot be compared is never ours"
        ),
    ],
)
def test_fields_are_ours_where_they_say_what_we_write(changed: dict[str, Any], own: set[str]) -> None:
    definition = FlowDefinition(canonical_type="Project")
    echo = Echo(compile_flow(definition, HERE, THERE, source_system="planning"))
    assert echo.own_fields(SourceRecord("projects", "1", "1", OURS), {**BACK, **changed}) == own


def test_a_record_that_cannot_be_mapped_any_more_tells_nothing() -> None:
    definition = FlowDefinition(canonical_type="Project")
    echo = Echo(compile_flow(definition, HERE, THERE, source_system="planning"))
    assert echo.own_fields(SourceRecord("projects", "1", "1", {**OURS, "state": "lost"}), BACK) == frozenset()
