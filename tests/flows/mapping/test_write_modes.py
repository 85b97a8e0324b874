"""Write modes: four ways to meet a value that is there already."""

from typing import Any

import pytest

from apps.connectors.manifest import MappingLine, WriteMode
from apps.flows.mapping.write_modes import apply_write_modes


@pytest.mark.parametrize(
    ("mode", "held", "expected"),
    [
        (WriteMode.OVERWRITE, "old", {"f": "new"}),
        (WriteMode.OVERWRITE, None, {"f": "new"}),
        (WriteMode.FILL_EMPTY, "old", {}),
        (WriteMode.FILL_EMPTY, "", {"f": "new"}),
        (WriteMode.FILL_EMPTY, None, {"f": "new"}),
        (WriteMode.FILL_EMPTY, 0, {}),
        (WriteMode.FILL_EMPTY, False, {}),
        (WriteMode.SET_ON_CREATE, "old", {}),
        (WriteMode.SET_ON_CREATE, None, {}),
        (WriteMode.APPEND, "old", {"f": "old\nnew"}),
        (WriteMode.APPEND, "old\nnew", {}),
        (WriteMode.APPEND, ["old"], {"f": ["old", "new"]}),
        (WriteMode.APPEND, ["new"], {}),
        (WriteMode.APPEND, None, {"f": "new"}),
    ],
)
def test_an_update_sends_what_the_mode_says(mode: WriteMode, held: Any, expected: dict[str, Any]) -> None:
    assert apply_write_modes({"f": "new"}, {"f": held}, [MappingLine("f", "x", write_mode=mode)]) == expected


def test_appending_a_list_adds_only_what_is_new() -> None:
    line = MappingLine("f", "x", write_mode=WriteMode.APPEND)
    assert apply_write_modes({"f": ["a", "b"]}, {"f": ["a"]}, [line]) == {"f": ["a", "b"]}


@pytest.mark.parametrize("mode", list(WriteMode))
def test_a_new_record_gets_everything(mode: WriteMode) -> None:
    new = {"f": "new"}
    sent = apply_write_modes(new, None, [MappingLine("f", "x", write_mode=mode)])
    assert sent == new
    assert sent is not new


def test_a_field_without_a_line_is_overwritten() -> None:
    assert apply_write_modes({"g": 1}, {"g": 2}, []) == {"g": 1}
