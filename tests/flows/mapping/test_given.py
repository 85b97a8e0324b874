"""A change of a record that is there: what was given, and nothing besides."""

from decimal import Decimal
from typing import Any

import pytest

from apps.connectors.canonical.project import PROJECT
from apps.connectors.manifest import FieldSpec, MappingLine, ValueKind
from apps.flows.mapping.compile import compile_mapping
from apps.flows.mapping.compiled import Reference
from apps.flows.mapping.given import apply_given
from apps.flows.mapping.layers import merge_layers

FIELDS = (
    FieldSpec("number", required=True),
    FieldSpec("title", required=True),
    FieldSpec("customer"),
    FieldSpec("kind"),
    FieldSpec("hours", ValueKind.HOURS),
    FieldSpec("span"),
)
LINES = (
    MappingLine("number", "code", required=True),
    MappingLine("title", "name", required=True),
    MappingLine("customer", "client", reference="Customer"),
    MappingLine("kind", default="service"),
    MappingLine("hours", "budget_hours", default="8"),
    MappingLine("span", expression="r.starts + ' to ' + r.ends"),
)
MAPPING = compile_mapping(merge_layers(LINES), source_fields=PROJECT.fields, target_fields=FIELDS, outgoing=True)


@pytest.mark.parametrize(
    ("values", "sent"),
    [
        pytest.param({}, {}, id="nothing given, nothing sent"),
        pytest.param({"budget_hours": Decimal(40)}, {"hours": 40.0}, id="one field, no defaults, nothing missing"),
        pytest.param({"name": "Move", "note": "x"}, {"title": "Move"}, id="what no line reads is left out"),
        pytest.param(
            {"starts": "2026-01-01", "ends": "2026-02-01"}, {"span": "2026-01-01 to 2026-02-01"}, id="a calculation"
        ),
    ],
)
def test_only_what_is_given_is_sent(values: dict[str, Any], sent: dict[str, Any]) -> None:
    mapped = apply_given(MAPPING, values)
    assert (mapped.values, mapped.references, mapped.problems) == (sent, (), ())


def test_a_reference_that_is_given_is_resolved() -> None:
    assert apply_given(MAPPING, {"client": "C-1"}).references == (Reference("customer", "Customer", "C-1"),)


def test_what_was_given_and_cannot_be_used_is_a_problem() -> None:
    (half,) = apply_given(MAPPING, {"ends": "2026-02-01"}).problems
    assert "value that is missing" in half.message
    (wrong,) = apply_given(MAPPING, {"budget_hours": "many"}).problems
    assert wrong.field == "budget_hours"
