"""A mapping that is wrong in places: the sound lines work, the wrong ones are told at their key, a line is followed by stages."""

from typing import Any

import pytest

from apps.connectors.manifest import FieldSpec, MappingLine, ValueKind
from apps.flows.mapping.compile import compile_mapping
from apps.flows.mapping.compiled import MappingError
from apps.flows.mapping.layers import LayeredLine
from apps.flows.mapping.survey import Survey, survey_mapping, trace_line

SOURCES = (FieldSpec("note"), FieldSpec("hours", ValueKind.HOURS), FieldSpec("on", ValueKind.DATE))
TARGETS = (
    FieldSpec("text"),
    FieldSpec("day", ValueKind.DATE),
    FieldSpec("count", ValueKind.WHOLE),
    FieldSpec("needed", required=True),
)


def _survey(*lines: MappingLine) -> Survey:
    layered = [LayeredLine(line, "customer") for line in lines]
    fields: dict[str, Any] = {"source_fields": SOURCES, "target_fields": TARGETS, "outgoing": True, "settings": {}}
    try:
        compile_mapping(layered, **fields)
    except MappingError as wrong:
        return survey_mapping(layered, wrong.problems, **fields)
    return survey_mapping(layered, (), **fields)


def test_the_sound_lines_still_work_beside_the_wrong_ones() -> None:
    survey = _survey(MappingLine("text", "note"), MappingLine("day", "hours"))
    assert survey.compiled.apply({"note": "hello"}).values == {"text": "hello"}
    assert {name: [one.key for one in some] for name, some in survey.problems.items()} == {
        "day": ["source"],
        "needed": [""],
    }


@pytest.mark.parametrize(
    ("line", "key"),
    [
        (MappingLine("text", "nothing"), "source"),
        (MappingLine("text"), "source"),
        (MappingLine("text", "note", expression="r.note"), "expression"),
        (MappingLine("text", expression="r.note +"), "expression"),
        (MappingLine("text", expression="r.king"), "expression"),
        (MappingLine("text", "note", transforms=("shout",)), "transforms"),
        (MappingLine("text", "note", checks=("shout",)), "checks"),
        (MappingLine("count", "hours", default="never"), "default"),
        (MappingLine("text", "note", checks=("length_at_least:9",), default="short"), "default"),
        (MappingLine("count", "hours", value_map={"a": "never"}), "value_map"),
        (MappingLine("count", "hours", value_map={}, value_map_default="never"), "value_map_default"),
        (MappingLine("text", "note", reference="King"), "reference"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_each_problem_names_the_key_that_a_person_would_mend(line: MappingLine, key: str) -> None:
    survey = _survey(line, MappingLine("needed", "note"))
    assert key in {one.key for one in survey.problems[line.target]}


def test_a_sound_mapping_has_no_problems() -> None:
    survey = _survey(MappingLine("needed", "note"))
    assert (survey.problems, survey.compiled.apply({}).problems[0].field) == ({}, "note")


@pytest.mark.parametrize(
    ("line", "stages"),
    [
        (MappingLine("text", "note"), [("source", " Ann ")]),
        (MappingLine("text", "note", ("trim", "upper")), [("source", " Ann "), ("trim", "Ann"), ("upper", "ANN")]),
        (MappingLine("text", "note", ("trim",), {"Ann": "A"}), [("source", " Ann "), ("trim", "Ann"), ("table", "A")]),
        (MappingLine("text", expression="r.note + '!'"), [("source", " Ann !")]),
        (MappingLine("text", default="x"), [("source", None)]),
        (MappingLine("text", "gone", ("trim", "default_text:none")), [("source", None), ("trim", None), ("default_text:none", "none")]),
    ],
    ids=["a field", "steps", "a table", "an expression", "a fixed value", "nothing there"],
)  # fmt: skip
def test_a_line_is_followed_stage_by_stage(line: MappingLine, stages: list[tuple[str, Any]]) -> None:
    followed = trace_line(line, {"note": " Ann "}, {})
    assert [(one.written, one.value) for one in followed] == stages
    assert not any(one.problem for one in followed)


@pytest.mark.parametrize(
    ("line", "stage", "words"),
    [
        (MappingLine("text", "note", ("decimal", "trim")), "decimal", "Ann"),
        (MappingLine("text", "note", ("shout", "trim")), "shout", "there is no transform"),
        (MappingLine("text", "note", (), {"Bob": "B"}), "table", "has no value in the table"),
        (MappingLine("text", expression="r.note +"), "source", ""),
        (MappingLine("text", "a..b"), "source", "cannot be read"),
        (MappingLine("text", expression="r.hours / 0"), "source", ""),
    ],
    ids=["unusable", "unknown step", "no row", "half an expression", "no path", "a calculation that fails"],
)
def test_it_is_followed_up_to_what_cannot_be_done(line: MappingLine, stage: str, words: str) -> None:
    last = trace_line(line, {"note": "Ann", "hours": 1}, {})[-1]
    assert last.written == stage
    assert last.problem
    assert words in last.problem
