"""PDFs in the brand: lines break where the PDF library would break them, tables carry their head on, every letter is printed."""

from io import BytesIO
from itertools import pairwise

import pytest
from fpdf import FPDF
from fpdf.fonts import TTFFont
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from apps.tenants import brand_paper
from apps.tenants.brand_paper import BrandPaper
from apps.tenants.branding import FONT_FILES, BrandLook
from apps.tenants.paper_lines import wrap

TEXTS = st.text(alphabet="abW i\n.-", max_size=80)
SIZE = 10.0


def _library() -> FPDF:
    sheet = FPDF()
    sheet.set_font("helvetica", size=SIZE)
    sheet.add_page()
    return sheet


LIBRARY = _library()


@given(text=TEXTS, most=st.integers(min_value=6, max_value=60))
def test_lines_break_where_the_library_breaks_them(text: str, most: int) -> None:
    expected = LIBRARY.multi_cell(
        most + 2 * LIBRARY.c_margin, text=text.strip("\n"), align="LEFT", dry_run=True, output="LINES"
    )
    found = wrap(text.strip("\n"), most, LIBRARY.get_string_width)
    assert found == (expected or [""])


@given(text=TEXTS, most=st.integers(min_value=1, max_value=30))
def test_nothing_is_lost_but_the_space_at_a_break(text: str, most: int) -> None:
    lines = wrap(text, most, len)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "").replace("\n", "")
    assert all(len(line) <= most for line in lines)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", [""]),
        ("one two", ["one two"]),
        ("one two three", ["one two", "three"]),
        ("incomprehensible", ["incompr", "ehensib", "le"]),
        ("a incomprehensible b", ["a", "incompr", "ehensib", "le b"]),
        ("one\ntwo", ["one", "two"]),
        (" incomprehens", ["", "incompr", "ehens"]),
    ],
)
def test_a_line_of_seven_letters(text: str, lines: list[str]) -> None:
    assert wrap(text, 7, len) == lines


@pytest.mark.parametrize("font", list(FONT_FILES))
def test_a_long_table_has_its_head_on_every_page_and_every_row_once(font: str) -> None:
    pages = _printed(font)
    assert len(pages) > 2
    assert all("Record Amount" in page for page in pages)
    numbers = [int(word[1:]) for page in pages for word in page.split() if word.startswith("#")]
    assert numbers == list(range(90))
    assert "The end" in pages[-1]


@pytest.mark.parametrize("font", list(FONT_FILES))
def test_letters_are_printed_at_their_ordinary_weight(font: str) -> None:
    sheet = BrandPaper("Łódź", _look(font))
    sheet.write_title()
    embedded = [one for one in sheet.fonts.values() if isinstance(one, TTFFont)]
    if not embedded:
        pytest.skip("the brand's fonts are not installed here")
    assert len(embedded) == 2  # and that for letters beyond western Europe
    for one in embedded:
        assert one.ttfont["OS/2"].usWeightClass == 400
        assert "gvar" not in one.ttfont


def test_letters_beyond_western_europe_stand_among_the_others() -> None:
    sheet = BrandPaper("Łódź", _look("inter"))
    sheet.write_title()
    sheet.write_table(["Client", "Place"], [["Žluťoučký kůň", "Straße in Łódź"]], (80, 80))
    if sheet.font_family == "helvetica":
        pytest.skip("the brand's fonts are not installed here")
    (page,) = _pages(sheet)
    for words in ("Žluťoučký kůň", "Straße in Łódź"):
        assert words in page


def test_without_the_fonts_a_pdf_says_what_western_letters_can(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(brand_paper, "embed", lambda *_args, **_options: False)
    sheet = BrandPaper("Łódź", _look("inter"))
    sheet.write_title()
    sheet.write_table(["Client", ""], [["Müller", "1"]], (80, 80))
    (page,) = _pages(sheet)
    assert "?ód?" in page
    assert "Müller 1" in page


def test_a_line_never_runs_over_the_foot_of_a_page() -> None:
    sheet = BrandPaper("Long", _look("inter"))
    for number in range(150):
        sheet.write_line(f"#{number}")
    pages = _pages(sheet)
    numbers = [[int(word[1:]) for word in page.split() if word.startswith("#")] for page in pages]
    assert [one for page in numbers for one in page] == list(range(150))
    assert all(len(later) <= len(first) + 2 for first, later in pairwise(numbers))


def _printed(font: str) -> list[str]:
    sheet = BrandPaper("A long list", _look(font))
    sheet.write_title()
    sheet.write_table(["Record", "Amount"], [[f"#{number}", f"{number}.00"] for number in range(90)], (100, 60))
    sheet.write_line("The end")
    return _pages(sheet)


def _pages(sheet: BrandPaper) -> list[str]:
    reader = PdfReader(BytesIO(bytes(sheet.output())))
    return [" ".join(page.extract_text().split()) for page in reader.pages]


def _look(font: str) -> BrandLook:
    return BrandLook("Quay & Co", "Portal", "#123456", "#654321", font, 4, 1)
