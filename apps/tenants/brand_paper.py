"""Pages of a PDF in a partner's brand: its font, its colour, its name on every page; words, tables, and the answer that brings it.

The brand's own font is embedded, with its second file for letters beyond western Europe. An installation without those files
gets the PDF's built-in font, which knows western European letters only.
"""

import logging
from collections.abc import Sequence
from pathlib import Path

from django.contrib.staticfiles import finders
from django.http import HttpResponse
from fpdf import FPDF, FontFace
from fpdf.enums import XPos, YPos

from apps.tenants.branding import FONT_FILES, MINIMUM_CONTRAST, BrandLook, contrast, rgb, text_on

SOFT = (96, 96, 96)
INK = (24, 24, 24)
_LINE = (214, 214, 214)
_HEADING_NEEDS = 45  # millimetres, down to the foot of the page
_OWN, _BUILT_IN = "brand", "helvetica"
logging.getLogger("fontTools.subset").setLevel(logging.WARNING)  # it tells of every table it leaves out


class BrandPaper(FPDF):
    """A4 pages with the brand's band at the top of the first and its name at the foot of each."""

    def __init__(self, title: str, look: BrandLook) -> None:
        super().__init__(format="A4")
        self.look, self._title = look, title
        self._family = _embed(self, look)
        self.set_title(self.plain(title))
        self.set_author(self.plain(look.name))
        self.set_margins(18, 18)
        self.set_auto_page_break(auto=True, margin=18)
        self.add_page()
        self.set_fill_color(*rgb(look.primary_colour))
        self.rect(0, 0, self.w, 4, style="F")
        self.set_fill_color(255, 255, 255)  # tables take over what is set
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
        self.set_font(self._family, size=size)
        self.set_text_color(*colour)
        self.multi_cell(0, size * 0.5, self.plain(text), align="LEFT", new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def write_table(
        self,
        head: Sequence[str],
        rows: Sequence[Sequence[str]],
        widths: tuple[int, ...],
        *,
        numbers: int | None = None,
        size: float = 9,
    ) -> None:
        """Write a table; the last `numbers` columns stand right, all but the first unless told otherwise."""
        self.ln(3)
        self.set_font(self._family, size=size)
        self.set_text_color(*INK)
        right = len(widths) - 1 if numbers is None else numbers
        align = (*("LEFT",) * (len(widths) - right), *("RIGHT",) * right)
        primary = self.look.primary_colour
        heading = FontFace(color=rgb(text_on(primary)), fill_color=rgb(primary), emphasis="")
        with self.table(
            col_widths=widths,
            text_align=align,
            line_height=size * 0.55,
            headings_style=heading,
            padding=1,
            borders_layout="HORIZONTAL_LINES",
        ) as table:
            for cells in (head, *rows):
                table.row([self.plain(cell) for cell in cells])
        self.ln(2)

    def plain(self, text: str) -> str:
        """Return text as the font can show it: the built-in one knows western European letters only."""
        return text if self._family == _OWN else text.encode("latin-1", "replace").decode("latin-1")


def pdf_response(filename: str, content: bytes) -> HttpResponse:
    """Answer a PDF file."""
    headers = {"Content-Disposition": f'attachment; filename="{filename}"'}
    return HttpResponse(content, content_type="application/pdf", headers=headers)


def _embed(sheet: FPDF, look: BrandLook) -> str:
    """Embed the brand's font, only the letters that are used; returns the name to set it by."""
    found = finders.find(FONT_FILES.get(look.font, FONT_FILES["inter"]))
    if not isinstance(found, str):
        return _BUILT_IN
    sheet.add_font(_OWN, fname=found)
    further = Path(found.replace("-latin-", "-latin-ext-"))
    if further.exists():
        sheet.add_font("further", fname=str(further))
        sheet.set_fallback_fonts(["further"])
    return _OWN
