"""Choices of the canonical types are kept where a source is read: another word is a gap in the mapping, not a value."""

from typing import Any

import pytest

from apps.connectors.canonical.time_entry import TIME_ENTRY
from apps.connectors.errors import BusinessClass
from apps.connectors.manifest import MappingLine
from apps.flows.mapping.compile import compile_mapping
from apps.flows.mapping.compiled import CompiledMapping, MappingError
from apps.flows.mapping.layers import LayeredLine

RECORD = {"resource": "E1", "project": "P1", "work_date": "2026-11-03", "hours": "1"}


def _reading(approval: MappingLine) -> CompiledMapping:
    lines = [*(MappingLine(name, name) for name in RECORD), approval]
    return compile_mapping(
        [LayeredLine(line, "system") for line in lines], source_fields=(), target_fields=TIME_ENTRY.fields
    )


@pytest.mark.parametrize(
    ("line", "said", "read"),
    [
        pytest.param(MappingLine("approval", "status"), "approved", "approved", id="a word of ours"),
        pytest.param(MappingLine("approval", "status"), None, None, id="nothing said"),
        pytest.param(MappingLine("approval", "status"), "  ", None, id="blanks are nothing"),
        pytest.param(MappingLine("approval", "status", ("lower",)), "Approved", "approved", id="a step makes it ours"),
        pytest.param(
            MappingLine("approval", "status", value_map={"OK": "approved"}), "OK", "approved", id="a table does"
        ),
        pytest.param(MappingLine("approval", "status", default="open"), None, "open", id="a default of ours"),
    ],
)
def test_a_word_that_the_type_has_is_read(line: MappingLine, said: Any, read: str | None) -> None:
    mapped = _reading(line).apply({**RECORD, "status": said})
    assert mapped.problems == ()
    assert mapped.values.get("approval") == read


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(MappingLine("approval", "status"), id="as it comes"),
        pytest.param(MappingLine("approval", expression="r.status"), id="calculated"),
    ],
)
def test_another_word_is_a_gap_that_says_which_words_there_are(line: MappingLine) -> None:
    mapped = _reading(line).apply({**RECORD, "status": "Signed"})
    (problem,) = mapped.problems
    assert (problem.field, problem.business_class) == ("approval", BusinessClass.MAPPING_GAP)
    assert "is not one of open, submitted, approved, rejected, locked. Add a value table" in problem.message
    assert "approval" not in mapped.values


@pytest.mark.parametrize(
    ("line", "told"),
    [
        pytest.param(
            MappingLine("approval", "status", default="done"),
            "the default does not fit: “done” is not one of open",
            id="a default",
        ),
        pytest.param(
            MappingLine("approval", "status", value_map={"Signed": "signed"}),
            "the row “Signed” of the table does not fit its field",
            id="a table of other words",
        ),
    ],
)
def test_a_word_that_the_type_does_not_have_is_found_before_anything_is_read(line: MappingLine, told: str) -> None:
    with pytest.raises(MappingError, match=told) as refused:
        _reading(line)
    assert [problem.target for problem in refused.value.problems] == ["approval"]
