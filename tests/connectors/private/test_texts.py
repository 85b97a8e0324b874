"""Parts of a document as lines of text: what is written comes back, and a wrong line is named."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.connectors.manifest import ValueKind
from apps.connectors.private import texts

NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_.]{0,20}", fullmatch=True)
CHOICES = st.lists(st.from_regex(r"[a-z0-9][a-z0-9 ]{0,8}[a-z0-9]", fullmatch=True), max_size=4)


@st.composite
def fields(draw: st.DrawFn) -> list[dict[str, Any]]:
    found = []
    for name in draw(st.lists(NAMES, unique=True, max_size=6)):
        one: dict[str, Any] = {"name": name, "kind": draw(st.sampled_from([kind.value for kind in ValueKind]))}
        if draw(st.booleans()):
            one["required"] = True
        choices = draw(CHOICES)
        found.append({**one, "choices": choices} if choices else one)
    return found


@given(fields())
def test_fields_come_back_as_they_were_written(found: list[dict[str, Any]]) -> None:
    assert texts.parse_fields(texts.fields_text(found)) == found


def test_what_lines_do_not_say_of_a_field_is_kept() -> None:
    known = [{"name": "code", "kind": "text", "label": "Code", "max_length": 20, "required": True}]

    assert texts.parse_fields("code", known) == [{"name": "code", "kind": "text", "label": "Code", "max_length": 20}]


def test_settings_and_tables_come_back_as_they_were_written() -> None:
    settings = [{"name": "account", "label": "Account number", "required": True}]

    assert texts.parse_settings(texts.settings_text(settings), settings) == settings
    assert texts.parse_value_map(texts.pairs_text({"offen": "open", "zu": "closed"}, "other")) == {
        "value_map": {"offen": "open", "zu": "closed"},
        "value_map_default": "other",
    }
    assert texts.parse_value_map("") == {}
    assert texts.parse_steps(texts.steps_text(("trim", "date_parse:%d.%m.%Y"))) == ["trim", "date_parse:%d.%m.%Y"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a | colour", "Line 1: there is no kind"),
        ("a\nb | text | perhaps", "Line 2: write name"),
        ("a | text | | x | y", "Line 1: write name"),
        ("a\n\na", "Line 3: .a. is there already"),
        ("\n".join(f"f{number}" for number in range(501)), "more than 500 lines"),
    ],
)
def test_a_wrong_line_of_fields_is_named(text: str, words: str) -> None:
    with pytest.raises(texts.LineError, match=words):
        texts.parse_fields(text)


@pytest.mark.parametrize(
    ("text", "words"), [("offen", "Line 1: write one pair"), ("a = 1\na = 2", "Line 2"), ("= 1", "Line 1")]
)
def test_a_wrong_pair_is_named(text: str, words: str) -> None:
    with pytest.raises(texts.LineError, match=words):
        texts.parse_pairs(text)
