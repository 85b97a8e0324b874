"""Rows of files: separators, byte order marks, decimal commas, days; and what refuses a file, with its line."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.connectors import registry
from apps.connectors.protocols.files_rows import UnreadableFileError, read_records, sniff_separator
from apps.connectors.protocols.files_settings import FileForm
from apps.connectors.protocols.files_writing import write_content

TIME = registry.manifest("sftp_files").object_named("time_entries")
FORM = FileForm()
LOCAL = FileForm(decimal_comma=True, days="%d.%m.%Y")
LINES = FileForm(json_lines=True)


def read(content: bytes | str, form: FileForm = FORM) -> list[dict[str, Any]]:
    raw = content if isinstance(content, bytes) else content.encode()
    return [record.values for record in read_records(TIME, form, "x.csv", raw)]


ONE = {"id": "T1", "hours": "7.5"}
FORMS = [
    pytest.param("id,hours\r\nT1,7.5\r\n", FORM, [ONE], id="a comma"),
    pytest.param("id;hours\nT1;7.5\n", FORM, [ONE], id="a semicolon, found out"),
    pytest.param("id\thours\rT1\t7.5", FORM, [ONE], id="a tab, old line ends, no last one"),
    pytest.param("id|hours\nT1|7.5\n", FORM, [ONE], id="a bar"),
    pytest.param('"a,b,c";id\n1;T1\n', FORM, [{"a,b,c": "1", "id": "T1"}], id="commas inside of quotes"),
    pytest.param(b"\xef\xbb\xbfid,hours\nT1,7.5\n", FORM, [ONE], id="a byte order mark"),
    pytest.param("id,hours\nT1,7.5\n".encode("utf-16"), FORM, [ONE], id="UTF-16, by its mark"),
    pytest.param(
        "id,note\nT1,Küche\n".encode("cp1252"),
        FileForm(encoding="cp1252"),
        [{"id": "T1", "note": "Küche"}],
        id="Windows",
    ),
    pytest.param('id,note\nT1,"two\r\nlines, ""quoted"""\n', FORM, [{"id": "T1", "note": 'two\r\nlines, "quoted"'}]),
    pytest.param("id,hours\n\nT1,7.5\n , \n", FORM, [ONE], id="empty lines"),
    pytest.param("id,hours,\nT1,7.5,\n", FORM, [ONE], id="a column without a name"),
    pytest.param(" id , hours \nT1,7.5\n", FORM, [ONE], id="blanks around names"),
    pytest.param('{"id": "T1", "hours": "7.5"}\n\n', LINES, [ONE], id="JSON lines"),
    pytest.param(
        "id,note\nT1,a\0b\n", FORM, [{"id": "T1", "note": "a\0b"}], id="NUL is left for the mapping to refuse"
    ),
]


@pytest.mark.parametrize(("content", "form", "expected"), FORMS)
def test_it_reads_tables_of_many_hands(content: bytes | str, form: FileForm, expected: list[dict[str, Any]]) -> None:
    assert read(content, form) == expected


CELLS = [
    pytest.param("hours", "7,5", "7.5", id="a decimal comma"),
    pytest.param("bill_amount", "1.234.567,80", "1234567.80", id="with thousands"),
    pytest.param("bill_amount", "1 234,50", "1234.50", id="with a hard space"),
    pytest.param("bill_amount", "-0,5", "-0.5", id="below zero"),
    pytest.param("hours", "7.5", "7.5", id="a point stays, for the mapping to judge"),
    pytest.param("hours", "1,2,3", "1,2,3", id="no number stays as it is"),
    pytest.param("note", "1,5", "1,5", id="a text is no amount"),
    pytest.param("work_date", "03.11.2026", "2026-11-03", id="a day"),
    pytest.param("work_date", "31.02.2026", "31.02.2026", id="a day that does not exist"),
    pytest.param("work_date", "2026-11-03", "2026-11-03", id="a day in the other form"),
    pytest.param("start_at", "03.11.2026 09:00", "03.11.2026 09:00", id="an instant is no day"),
]


@pytest.mark.parametrize(("column", "written", "expected"), CELLS)
def test_amounts_and_days_are_turned_into_the_form_that_the_mapping_reads(
    column: str, written: str, expected: str
) -> None:
    assert read(f"id;{column}\nT1;{written}\n", LOCAL)[0][column] == expected


UNREADABLE = [
    pytest.param("id,hours\nT1,7.5\nT2\n", FORM, "1 values in line 3 and 2 columns", id="a row that is too short"),
    pytest.param("id,hours\nT1,7,5\n", FORM, "3 values in line 2", id="a decimal comma between commas"),
    pytest.param('id,note\nT1,"never closed\n', FORM, "quotation marks", id="an open quotation"),
    pytest.param("", FORM, "names of its columns", id="nothing"),
    pytest.param("id,id\n1,2\n", FORM, "two columns “id”", id="one name twice"),
    pytest.param("id,note\nT1,Küche\n".encode("cp1252"), FORM, "not written in UTF-8", id="another encoding"),
    pytest.param("id,note\nT1," + "x" * 200_000, FORM, "line 2", id="a value without end"),
    pytest.param('{"id": 1}\n{"id": \n', LINES, "line 2", id="JSON that is cut off"),
    pytest.param("[1]\n", LINES, "no record in line 1", id="JSON that is no record"),
    pytest.param("id\nT1\n", FileForm(key_column="No"), "no column “No”", id="a key column that is not there"),
]


@pytest.mark.parametrize(("content", "form", "said"), UNREADABLE)
def test_what_cannot_be_read_without_doubt_refuses_the_file(content: bytes | str, form: FileForm, said: str) -> None:
    with pytest.raises(UnreadableFileError, match=said):
        read(content, form)


@pytest.mark.parametrize(
    ("content", "form", "keys"),
    [
        pytest.param("id\nT1\nT2\n", FORM, ["T1", "T2"], id="the usual column"),
        pytest.param("No,id\n7,T1\n", FileForm(key_column="No"), ["7"], id="another column"),
        pytest.param("note\na\nb\n", FORM, ["x.csv:2", "x.csv:3"], id="none: by file and line"),
        pytest.param("id,note\n,a\n", FORM, ["x.csv:2"], id="an empty one: by file and line"),
    ],
)
def test_a_record_goes_by_its_column_else_by_its_line(content: str, form: FileForm, keys: list[str]) -> None:
    records = list(read_records(TIME, form, "x.csv", content.encode()))
    assert [record.key for record in records] == keys
    assert [record.values["id"] for record in records] == keys


def test_a_version_is_that_of_the_content() -> None:
    first, same, other = read_records(TIME, FORM, "x.csv", b"id,hours\nT1,7.5\nT1,7.5\nT1,8\n")
    assert first.version == same.version != other.version


@pytest.mark.parametrize(("heading", "separator"), [("id", ","), ("a;b,c;d", ";"), ('"x;y;z"|b', "|"), ("a\tb", "\t")])
def test_the_separator_is_found_in_the_heading(heading: str, separator: str) -> None:
    assert sniff_separator(heading) == separator


_CELL = st.text(st.characters(codec="utf-8", exclude_characters="\ufeff"), max_size=20)


@given(
    st.lists(_CELL.filter(str.strip), min_size=1, max_size=5),
    st.sampled_from([FORM, replace(FORM, separator=";"), replace(FORM, separator="\t")]),
)
def test_every_text_is_read_as_it_was_written(notes: list[str], form: FileForm) -> None:
    rows = [{"id": f"T{number}", "note": note} for number, note in enumerate(notes)]
    assert [row["note"] for row in read(write_content(TIME, form, rows), form)] == notes
