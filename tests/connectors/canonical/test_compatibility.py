"""What a change of a type breaks: the promise of a schema that is released is kept until the next version."""

from copy import deepcopy
from typing import Any

import pytest

from apps.connectors.canonical.compatibility import breaking_changes
from apps.connectors.canonical.json_schema import build_schema
from apps.connectors.canonical.registry import CANONICAL_TYPES, canonical_type
from apps.connectors.canonical.shapes import CanonicalType

INVOICE = build_schema(canonical_type("Invoice"))


def _changed(path: str, value: Any) -> dict[str, Any]:
    """Return the invoice's schema with what is at a dotted path replaced; None takes it away."""
    schema: dict[str, Any] = deepcopy(INVOICE)
    *way, last = path.split("/")
    place = schema
    for name in way:
        place = place[name]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return schema


CHANGES = [
    pytest.param("properties/net", None, ("net was removed.",), id="a field is gone"),
    pytest.param(
        "properties/due_date/x-kind", "instant", ("The kind of due_date was date and is now instant.",), id="a kind"
    ),
    pytest.param(
        "properties/fx_rate/x-unit", "percent", ("The unit of fx_rate was factor and is now percent.",), id="a unit"
    ),
    pytest.param(
        "properties/fx_rate/x-unit", None, ("The unit of fx_rate was factor and is now nothing.",), id="no unit"
    ),
    pytest.param(
        "properties/net/x-currency-field",
        "company_currency",
        ("The currency field of net was currency and is now company_currency.",),
        id="another currency",
    ),
    pytest.param(
        "required", ["client", "issue_date", "currency", "number"], ("number must now be given.",), id="a need"
    ),
    pytest.param("properties/kind/enum", ["invoice"], ("kind may no longer be credit.",), id="a choice is gone"),
    pytest.param(
        "properties/note/enum",
        ["a", "b"],
        ("note was free and may now only be a, b.",),
        id="a free text becomes one of few",
    ),
    pytest.param(
        "x-key", ["number"], ("Records were known by legal_entity, number and are now known by number.",), id="the key"
    ),
    pytest.param(
        "properties/lines/items/properties/net", None, ("lines.net was removed.",), id="a part of a list is gone"
    ),
    pytest.param("properties/lines/items/required", ["net"], ("lines.net must now be given.",), id="a need in a list"),
    # What harms nobody.
    pytest.param("properties/discount", {"x-kind": "money"}, (), id="a field is added"),
    pytest.param("required", ["client"], (), id="a need is dropped"),
    pytest.param("properties/kind/enum", ["invoice", "credit", "proforma"], (), id="a choice is added"),
    pytest.param("properties/kind/enum", None, (), id="a choice becomes a free text"),
    pytest.param("properties/net/title", "Net", (), id="a label"),
    pytest.param("x-checks", [], (), id="checks"),
]


@pytest.mark.parametrize(("path", "value", "told"), CHANGES)
def test_each_change_that_breaks_somebody_is_told(path: str, value: Any, told: tuple[str, ...]) -> None:
    assert breaking_changes(INVOICE, _changed(path, value)) == told


def test_parts_that_a_free_list_gets_are_told() -> None:
    free = _changed("properties/lines/items", None)
    (told,) = breaking_changes(free, INVOICE)
    assert told.startswith("lines was free and is now a list with description, quantity")


@pytest.mark.parametrize("described", [pytest.param(one, id=name) for name, one in CANONICAL_TYPES.items()])
def test_a_type_breaks_nothing_of_itself(described: CanonicalType) -> None:
    assert breaking_changes(build_schema(described), build_schema(described)) == ()
