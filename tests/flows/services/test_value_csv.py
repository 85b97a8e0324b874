"""Tables of values as files: back as they went out, formulas disarmed on the way, and refused whole with the wrong lines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.accounts.csv_export import csv_response
from apps.flows.services.value_csv import HEADER, ValueFileError, read_value_file

CELLS = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=12).filter(
    lambda text: text.strip() == text and "\r" not in text
)


@given(rows=st.dictionaries(CELLS, CELLS, min_size=1, max_size=5).filter(lambda rows: "value" not in rows))
def test_what_was_downloaded_is_read_back_as_it_was(rows: dict[str, str]) -> None:
    content = csv_response("values.csv", HEADER, list(rows.items())).content
    assert read_value_file(content) == rows


def test_a_formula_leaves_disarmed_and_comes_back_as_itself() -> None:
    content = csv_response("values.csv", HEADER, [("=HYPERLINK(1)", "'-x"), ("+49", "-")]).content
    assert b"'=HYPERLINK(1)" in content
    assert read_value_file(content) == {"=HYPERLINK(1)": "'-x", "+49": "-"}


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("EMEA,100\nAMER,200\n", id="without a header"),
        pytest.param("\ufeffvalue;becomes\r\nEMEA;100\r\n\r\nAMER;200\r\n", id="as a German spreadsheet writes it"),
        pytest.param("Value\tBecomes\n EMEA \t100\nAMER\t200", id="with tabs and spaces"),
    ],
)
def test_the_usual_kinds_of_csv_are_understood(content: str) -> None:
    assert read_value_file(content.encode()) == {"EMEA": "100", "AMER": "200"}


@pytest.mark.parametrize(
    ("content", "sentences"),
    [
        pytest.param(b"", ["holds no rows"], id="nothing"),
        pytest.param(b"value,becomes\n", ["holds no rows"], id="a header alone"),
        pytest.param("Zürich,1".encode("latin-1"), ["no text in UTF-8"], id="another encoding"),
        pytest.param(b"a,1\nb,2,3\nc\n", ["Line 2: there must be two columns", "Line 3"], id="other columns"),
        pytest.param(b"a,1\n,2\n", ["Line 2: the row is only half filled"], id="half a row"),
        pytest.param(b"a,1\nb,2\na,3\n", ["Line 3: “a” stands in line 1 already"], id="a value twice"),
        pytest.param(b'a,1\n"b,2\n', ["cannot be read as CSV"], id="an open quote"),
        pytest.param(b"a\x00b,1\n", ["null character"], id="a null character"),
        pytest.param(b"a" * 201 + b",1", ["may have 200 characters"], id="a long value"),
        pytest.param(b"a," * 2_600_000, ["larger than 5 MB"], id="a large file"),
        pytest.param(
            b"".join(b"%d,1\n" % row for row in range(10_001)),
            ["Line 10001: a table holds at most 10000"],
            id="many rows",
        ),
    ],
)
def test_a_file_that_is_wrong_anywhere_is_refused_whole(content: bytes, sentences: list[str]) -> None:
    with pytest.raises(ValueFileError) as refused:
        read_value_file(content)
    assert len(refused.value.problems) == len(sentences)
    for problem, words in zip(refused.value.problems, sentences, strict=True):
        assert words in problem


def test_only_the_first_wrong_lines_are_told_and_the_others_counted() -> None:
    with pytest.raises(ValueFileError) as refused:
        read_value_file(b"x\n" * 50)
    assert len(refused.value.problems) == 21
    assert refused.value.problems[-1] == "30 further lines are wrong as well."
