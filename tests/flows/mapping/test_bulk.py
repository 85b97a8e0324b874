"""One deed for many lines: what it makes of each, and which it does not concern."""

from typing import Any

import pytest

from apps.connectors.manifest import MappingLine, WriteMode
from apps.flows.mapping.bulk import BulkError, ChosenLine, Deed, bulk_changes
from apps.flows.mapping.transforms import TransformError

BELOW = MappingLine("a", "note", ("trim",), write_mode=WriteMode.FILL_EMPTY)
OWN = MappingLine("a", "note", ("trim", "shorten:5"), required=True)


@pytest.mark.parametrize(
    ("deed", "argument", "chosen", "expected"),
    [
        (Deed.ADD_STEP, "upper", ChosenLine("a", BELOW, BELOW), (True, {"transforms": ["trim", "upper"]})),
        (Deed.ADD_STEP, " trim ", ChosenLine("a", BELOW, BELOW), (False, None)),
        (Deed.ADD_STEP, "upper", ChosenLine("a", None, None, "note"), (False, None)),
        (Deed.REMOVE_STEP, "shorten", ChosenLine("a", OWN, OWN), (True, {"transforms": ["trim"]})),
        (Deed.REMOVE_STEP, "trim", ChosenLine("a", BELOW, BELOW), (True, {"transforms": []})),
        (Deed.REMOVE_STEP, "upper", ChosenLine("a", BELOW, BELOW), (False, None)),
        (Deed.WRITE_MODE, "append", ChosenLine("a", BELOW, BELOW), (True, {"write_mode": "append"})),
        (Deed.WRITE_MODE, "fill_empty", ChosenLine("a", OWN, BELOW), (True, {"transforms": ["trim", "shorten:5"], "required": True})),
        (Deed.REQUIRE, "", ChosenLine("a", BELOW, BELOW), (True, {"required": True})),
        (Deed.ALLOW_EMPTY, "", ChosenLine("a", OWN, OWN), (True, {"required": False})),
        (Deed.RESET, "", ChosenLine("a", OWN, BELOW), (True, None)),
        (Deed.REMOVE, "", ChosenLine("a", BELOW, BELOW), (True, {"removed": True})),
        (Deed.REMOVE, "", ChosenLine("a", OWN, None), (True, None)),
        (Deed.REMOVE, "", ChosenLine("a", None, None), (False, None)),
        (Deed.ACCEPT, "", ChosenLine("a", None, None, "note"), (True, {"source": "note", "expression": ""})),
        (Deed.ACCEPT, "", ChosenLine("a", None, None), (False, None)),
        (Deed.ACCEPT, "", ChosenLine("a", OWN, BELOW, "other"), (False, None)),
    ],
    ids=[
        "adds a step", "has the step", "no line", "takes a step away by its name", "takes the last step away", "has it not",
        "writes otherwise", "writes as below, the rest stays", "requires", "allows nothing", "resets", "removes one of below",
        "removes its own", "nothing to remove", "takes the suggestion", "no suggestion", "is filled already",
    ],
)  # fmt: skip
def test_a_deed_makes_of_each_line_what_it_says(
    deed: Deed, argument: str, chosen: ChosenLine, expected: tuple[bool, dict[str, Any] | None]
) -> None:
    concerned, changes = bulk_changes(deed, argument, chosen)
    assert concerned is expected[0]
    if concerned:
        assert changes == expected[1]


@pytest.mark.parametrize(
    ("deed", "argument", "refusal"),
    [
        (Deed.ADD_STEP, "shout", TransformError),
        (Deed.ADD_STEP, "shorten:x", TransformError),
        (Deed.REMOVE_STEP, " ", BulkError),
        (Deed.WRITE_MODE, "always", BulkError),
    ],
    ids=["no step", "a wrong argument", "no step named", "no way of writing"],
)
def test_an_argument_that_is_none_is_refused(deed: Deed, argument: str, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        bulk_changes(deed, argument, ChosenLine("a", BELOW, BELOW))
