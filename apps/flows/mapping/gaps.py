"""Which value of a record has no entry in a line's table of values: what a person would add there (pure)."""

from collections.abc import Mapping
from typing import Any

from apps.connectors.canonical.values import plain_text
from apps.connectors.manifest import MappingLine
from apps.flows.mapping.paths import build_getter, parse_path
from apps.flows.mapping.transforms import build_transform


def value_at_table(line: MappingLine, values: Mapping[str, Any]) -> str:
    """Return the value that a line looks up in its table; "" when it has no table, no source field, or finds nothing."""
    if line.value_map is None or not line.source:
        return ""
    value = build_getter(parse_path(line.source))(values)
    for written in line.transforms:
        if value is None:
            return ""
        value = build_transform(written)[1](value)
    return "" if value is None else plain_text(value)
