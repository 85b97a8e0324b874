"""Pages of a PDF in a partner's brand: its font, its colour, its name on every page; words, tables, and the answer that brings it.

The brand's own font is embedded, with its second file for letters beyond western Europe. An installation without those files
gets the PDF's built-in font, which knows western European letters only.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from django.http import HttpResponse
from fpdf import FPDF

from apps.tenants.brand_fonts import embed, letters_of
from apps.tenants.branding import MINIMUM_CONTRAST, BrandLook, contrast, rgb, text_on
from apps.tenants.paper_lines import wrap

SOFT = (96, 96, 96)
INK = (24, 24, 24)
_LINE = (214, 214, 214)
_HEADING_NEEDS = 45  # millimetres, down to the foot of the page
_OWN, _FURTHER, _BUILT_IN = "brand", "further", "helvetica"
_PADDING = 1  # millimetres around the words of a cell
_ON_LINE = 0.3  # of the letters' height: how far below the middle of its line a text stands
_NO_GLYPH = frozenset("\n\r\xa0")  # the last is printed as a space


@dataclass(frozen=True, slots=True)
class _Column:
    """A column's place on the page, in millimetres."""

    left: float
    width: float
    is_right: bool


class BrandPaper(FPDF):
    """A4 pages with the brand's band at the top of the first and its name at the foot of each."""

    def __init__(self, title: str, look: BrandLook) -> None:
        super().__init__(format="A4")
        self.look, self._title = look, title
        self._family = _OWN if embed(self, _OWN, look.font) else _BUILT_IN
        self._letters = letters_of(self, _OWN) | _NO_GLYPH if self._family == _OWN else frozenset()
        self._widths: dict[str, float] = {}  # of letters, at the size that is set
        self.set_title(self.plain(title))
        self.set_author(self.plain(look.name))
        self.set_margins(18, 18)
        self.set_auto_page_break(auto=True, margin=18)
        self.add_page()
        self.set_fill_color(*rgb(look.primary_colour))
        self.rect(0, 0, self.w, 4, style="F")
        self.set_draw_color(*_LINE)

    def footer(self) -> None:
        """Say on every page whose it is, and which page."""
        self.set_y(-13)
        self.write_line(f"{self.look.name} · {self.page_no()}", 8, SOFT)

    @property
    def brand_ink(self) -> tuple[int, int, int]:
        """Return the brand's colour for words on white paper, the ordinary one where it is too light to be read."""
        readable = contrast(self.look.primary_colour, "#ffffff") >= MINIMUM_CONTRAST
        return rgb(self.look.primary_colour) if readable else INK

    def write_title(self, size: float = 18) -> None:
        """Write whose paper it is, and its title."""
        self.write_line(self.look.name, 10, self.brand_ink)
        self.write_line(self._title, size)

    def write_heading(self, text: str) -> None:
        """Write what a part is called; it never stands alone at the foot of a page."""
        self.ln(4)
        if self.get_y() > self.h - _HEADING_NEEDS:
            self.add_page()
        self.write_line(text, 13, self.brand_ink)
        self.ln(1)

    def write_point(self, text: str) -> None:
        """Write one point of a list."""
        self.write_line(f"· {text}", 10)
        self.ln(1)

    def write_line(self, text: str, size: float = 10, colour: tuple[int, int, int] = INK) -> None:
        """Write a paragraph over the whole width."""
        self._begin(size, colour)
        height = size * 0.5
        for line in wrap(self.plain(text), self.epw - 2 * self.c_margin, self._width_of):
            self._make_room(height)
            self._print(self.l_margin + self.c_margin, self.y + height / 2, line)
            self.set_y(self.y + height)

    def write_table(
        self,
        head: Sequence[str],
        rows: Sequence[Sequence[str]],
        widths: tuple[int, ...],
        *,
        numbers: int | None = None,
        size: float = 9,
    ) -> None:
        """Write a table; the last `numbers` columns stand right, all but the first unless told otherwise.

        The PDF library's own tables measure every word several times, letter by letter: a statement of four hundred records
        took a second.
        """
        self.ln(3)
        self._begin(size, INK)
        right = len(widths) - 1 if numbers is None else numbers
        columns = list(_columns(widths, self.l_margin, self.epw, first_right=len(widths) - right))
        top, *others = (self._row(columns, cells) for cells in (head, *rows))
        line_height = size * 0.55
        if others:
            self._make_room(sum(_height(row, line_height) for row in (top, others[0])))
        self._head(columns, top, line_height)
        for place, row in enumerate(others):
            height = _height(row, line_height)
            if self._make_room(height):
                self._head(columns, top, line_height)
            self.line(self.l_margin, self.y, self.l_margin + self.epw, self.y)
            self._cells(columns, row, line_height)
            if place < len(others) - 1:  # also where the page ends below it
                self.line(self.l_margin, self.y, self.l_margin + self.epw, self.y)
        self.ln(2)

    def _head(self, columns: Sequence[_Column], row: Sequence[Sequence[str]], line_height: float) -> None:
        primary = self.look.primary_colour
        self.set_fill_color(*rgb(primary))
        self.rect(self.l_margin, self.y, self.epw, _height(row, line_height), style="F")
        self.set_text_color(*rgb(text_on(primary)))
        self._cells(columns, row, line_height)
        self.set_text_color(*INK)
        self.set_fill_color(*INK)  # a text is told its colour where another one is set to fill with

    def _cells(self, columns: Sequence[_Column], row: Sequence[Sequence[str]], line_height: float) -> None:
        """Write the cells of a row, each in the middle of its height, and go below it."""
        height = _height(row, line_height)
        for column, lines in zip(columns, row, strict=True):
            middle = self.y + (height - (len(lines) - 1) * line_height) / 2
            for place, line in enumerate(lines):
                spare = column.width - 2 * _PADDING - self._width_of(line) if column.is_right else 0
                self._print(column.left + _PADDING + spare, middle + place * line_height, line)
        self.set_y(self.y + height)

    def _row(self, columns: Sequence[_Column], cells: Sequence[str]) -> list[list[str]]:
        return [
            wrap(self.plain(cell), column.width - 2 * _PADDING, self._width_of) if cell else []
            for column, cell in zip(columns, cells, strict=True)
        ]

    def _begin(self, size: float, colour: tuple[int, int, int]) -> None:
        if size != self.font_size_pt:
            self._widths.clear()
        self.set_font(self._family, size=size)
        self.set_text_color(*colour)
        self.set_fill_color(*colour)

    def _make_room(self, height: float) -> bool:
        """Begin a page where so much does not fit on this one; returns whether it did."""
        if not self.will_page_break(height):
            return False
        self.add_page()
        return True

    def _print(self, left: float, middle: float, line: str) -> None:
        """Print one line of text around the middle of its height."""
        if not line:
            return
        if self._family == _BUILT_IN or self._letters.issuperset(line):
            self.text(left, middle + _ON_LINE * self.font_size, line.replace("\xa0", " "))
        else:  # it changes between two fonts
            place = self.y
            self.set_xy(left - self.c_margin, middle - self.font_size / 2)
            self.cell(h=self.font_size, text=line)
            self.set_y(place)

    def _width_of(self, text: str) -> float:
        known = self._widths
        for letter in text:
            if letter not in known:
                known[letter] = self.get_string_width(letter)
        return sum(map(known.__getitem__, text))

    def plain(self, text: str) -> str:
        """Return text as the font can show it: the built-in one knows western European letters only."""
        if self._family == _BUILT_IN:
            return text.encode("latin-1", "replace").decode("latin-1")
        if not (self._letters.issuperset(text) or _FURTHER in self.fonts) and embed(
            self, _FURTHER, self.look.font, further=True
        ):
            self.set_fallback_fonts([_FURTHER])
        return text


def pdf_response(filename: str, content: bytes) -> HttpResponse:
    """Answer a PDF file."""
    headers = {"Content-Disposition": f'attachment; filename="{filename}"'}
    return HttpResponse(content, content_type="application/pdf", headers=headers)


def _columns(widths: Sequence[int], left: float, room: float, *, first_right: int) -> Iterator[_Column]:
    """Return columns as wide as their share of the room; from the `first_right` on they stand right."""
    shares = [room * width / sum(widths) for width in widths]
    for place, (end, share) in enumerate(zip(accumulate(shares), shares, strict=True)):
        yield _Column(left + end - share, share, place >= first_right)


def _height(row: Sequence[Sequence[str]], line_height: float) -> float:
    return max(1, *map(len, row)) * line_height + 2 * _PADDING
