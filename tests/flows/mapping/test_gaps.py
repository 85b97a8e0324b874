"""Which value a line looks up in its table: what a person adds when the table does not know it."""

from typing import Any

import pytest

from apps.connectors.manifest import MappingLine
from apps.flows.mapping.gaps import value_at_table

TABLE = {"EMEA": "100"}
CASES = [
    pytest.param(
        MappingLine("company", "region", value_map=TABLE), {"region": "APAC"}, "APAC", id="the field as it is"
    ),
    pytest.param(MappingLine("company", "region", value_map=TABLE), {"region": 7}, "7", id="a number as text"),
    pytest.param(
        MappingLine("company", "region", transforms=("trim", "upper"), value_map=TABLE),
        {"region": " apac "},
        "APAC",
        id="after the steps before the table",
    ),
    pytest.param(MappingLine("company", "region", value_map=TABLE), {}, "", id="nothing there"),
    pytest.param(MappingLine("company", "region"), {"region": "APAC"}, "", id="a line without a table"),
    pytest.param(MappingLine("company", expression="r.region", value_map=TABLE), {"region": "APAC"}, "", id="a rule"),
]


@pytest.mark.parametrize(("line", "values", "looked_up"), CASES)
def test_the_value_is_the_one_the_table_is_asked_for(line: MappingLine, values: dict[str, Any], looked_up: str) -> None:
    assert value_at_table(line, values) == looked_up
