"""CSV files must not run in a spreadsheet."""

import pytest

from apps.accounts.csv_export import csv_file, csv_response, safe_cell


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("=1+1", "'=1+1"),
        ("+cmd|'/c calc'!A0", "'+cmd|'/c calc'!A0"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ('"=1', "'\"=1"),
        (" =1", "' =1"),
        ("-12.50", "-12.50"),
        ("+7,5", "+7,5"),
        ("Ann & Co", "Ann & Co"),
        (None, ""),
        (12, "12"),
    ],
)
def test_a_cell_is_never_a_formula(value: object, expected: str) -> None:
    assert safe_cell(value) == expected


def test_a_file_is_utf8_with_a_mark_and_quotes_what_needs_it() -> None:
    response = csv_response("trail.csv", ("name", "note"), [("Änne", 'say "hi", twice'), ("=x", "a\nb")])
    text = response.content.decode()
    assert text.startswith("\ufeffname,note\r\n")
    assert 'Änne,"say ""hi"", twice"' in text
    assert "'=x," in text
    assert response["Content-Disposition"] == 'attachment; filename="trail.csv"'


@pytest.mark.parametrize(
    ("rows", "most", "lines", "note"),
    [
        pytest.param(3, 5, 3, False, id="fewer"),
        pytest.param(5, 5, 5, False, id="just as many"),
        pytest.param(6, 5, 5, True, id="one more"),
        pytest.param(0, 5, 0, False, id="none"),
        pytest.param(2_500, 2_400, 2_400, True, id="more than are written at once"),
    ],
)
def test_a_long_file_says_that_it_was_cut(rows: int, most: int, lines: int, note: bool) -> None:
    found = (("=x", number) for number in range(rows))
    answer = csv_file("lines.csv", ("name", "number"), found, most=most, note="=More, there is")
    expected = [f"'=x,{number}" for number in range(lines)] + ['"\'=More, there is"'] * note
    assert b"".join(answer).decode() == "\r\n".join(["\ufeffname,number", *expected, ""])
