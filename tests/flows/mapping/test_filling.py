"""What a target owns is filled where it has nothing: by the canonical field, whatever the target calls it."""

import pytest

from apps.connectors.manifest import MappingLine, WriteMode
from apps.flows.mapping.filling import fill_only
from apps.flows.mapping.layers import merge_layers

CASES = [
    pytest.param(MappingLine("vat", "tax_id"), WriteMode.FILL_EMPTY, id="a field under another name"),
    pytest.param(MappingLine("vat", "tax_id.value"), WriteMode.FILL_EMPTY, id="a part of a field"),
    pytest.param(MappingLine("vat", expression="r.country + r.tax_id"), WriteMode.FILL_EMPTY, id="a calculation"),
    pytest.param(MappingLine("name", "name"), WriteMode.OVERWRITE, id="another field"),
    pytest.param(MappingLine("kind", default="company"), WriteMode.OVERWRITE, id="no field at all"),
    pytest.param(
        MappingLine("vat", "tax_id", write_mode=WriteMode.SET_ON_CREATE), WriteMode.SET_ON_CREATE, id="set once"
    ),
    pytest.param(MappingLine("vat", "tax_id", write_mode=WriteMode.APPEND), WriteMode.APPEND, id="added to"),
]


@pytest.mark.parametrize(("line", "mode"), CASES)
def test_a_line_keeps_what_is_the_targets_own(line: MappingLine, mode: WriteMode) -> None:
    (merged,) = merge_layers((line,), fill_only((line,), {"tax_id"}))
    assert merged.line.write_mode is mode
    assert (merged.line.source, merged.line.expression) == (line.source, line.expression)
