"""CSV files must not run in a spreadsheet."""

import pytest

from apps.accounts.csv_export import csv_response, safe_cell


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
