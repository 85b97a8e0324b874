"""A reconciliation's statement as a PDF in the partner's brand: both sides, the causes, its records, who signed.

The brand's own font is embedded, with its second file for letters beyond western Europe. An installation without those files
gets the PDF's built-in font, which knows western European letters only.
"""

import logging
from collections.abc import Sequence
from pathlib import Path

from django.contrib.staticfiles import finders
from django.utils.translation import gettext as _
from fpdf import FPDF, FontFace
from fpdf.enums import XPos, YPos

from apps.flows.engine.reconcile import Cause
from apps.flows.models import ReconciliationRow
from apps.flows.queries.reconciliation_words import CAUSES
from apps.flows.queries.reconciliations import StatementPage, Sums
from apps.tenants.branding import FONT_FILES, MINIMUM_CONTRAST, BrandLook, contrast, rgb, text_on
from apps.tenants.templatetags.wording import count_words, money_words

MOST_RECORDS = 400  # printed; the CSV holds all that are kept
_OWN, _BUILT_IN = "brand", "helvetica"
logging.getLogger("fontTools.subset").setLevel(logging.WARNING)  # it tells of every table it leaves out
_SOFT = (96, 96, 96)
_INK = (24, 24, 24)
_LINE = (214, 214, 214)


def build_pdf(page: StatementPage, records: Sequence[ReconciliationRow], look: BrandLook) -> bytes:
    """Return the statement as a PDF file; `records` beyond MOST_RECORDS are counted, not printed."""
    sheet = _Sheet(page, look)
    sheet.head()
    sheet.sides()
    sheet.causes()
    if records:
        sheet.records(records)
    sheet.seal()
    return bytes(sheet.output())


class _Sheet(FPDF):
    """The pages of one statement."""

    def __init__(self, page: StatementPage, look: BrandLook) -> None:
        super().__init__(format="A4")
        self._page, self._look = page, look
        self._family = _embed(self, look)
        self.set_title(self._plain(_("Reconciliation of %(days)s") % {"days": page.days}))
        self.set_author(self._plain(look.name))
        self.set_margins(18, 18)
        self.set_auto_page_break(auto=True, margin=18)
        self.add_page()

    def footer(self) -> None:
        """Say on every page whose statement it is, and which page."""
        self.set_y(-13)
        self._write(f"{self._look.name} · {self.page_no()}", 8, _SOFT)

    def head(self) -> None:
        """Say whose statement this is, about what, and what it comes to."""
        row = self._page.row
        self.set_fill_color(*rgb(self._look.primary_colour))
        self.rect(0, 0, self.w, 4, style="F")
        self.set_fill_color(255, 255, 255)  # tables take over what is set
        self.set_draw_color(*_LINE)
        self._write(self._look.name, 10, _brand_ink(self._look))
        self._write(_("Reconciliation of %(days)s") % {"days": self._page.days}, 18)
        self._write(f"{row.customer.name} · {row.flow.name}", 11)
        between = {"source": row.flow.source.name, "target": row.flow.target.name}
        self._write(_("%(source)s to %(target)s") % between, 10, _SOFT)
        self.ln(2)
        self._write(self._page.verdict, 13, _brand_ink(self._look))

    def sides(self) -> None:
        """Print both sides and what is between them."""
        page, row = self._page, self._page.row
        counts = [_("Records"), *map(count_words, (page.source_count, page.target_count, page.difference))]
        money = [
            [one.currency, *(money_words(amount, one.currency) for amount in (one.source, one.target, one.difference))]
            for one in page.sums
        ]
        self._table(
            ["", row.flow.source.name, row.flow.target.name, _("Difference")], [counts, *money], (30, 48, 48, 48)
        )

    def causes(self) -> None:
        """Print what the difference consists of, the unexplained first."""
        rows = [
            [
                f"{part.title} ({_('unexplained')})" if part.is_unexplained else part.title,
                count_words(part.records),
                count_words(part.count),
                _sums(part.sums),
            ]
            for part in self._page.parts
        ]
        rows.append([_("Agreed"), count_words(self._page.agreed), "0", ""])
        if self._page.unproven:
            rows.append([_("Could not be looked at"), count_words(self._page.unproven), "0", ""])
        head = [_("Reason"), _("Records"), _("Difference in number"), _("Difference in money")]
        self._table(head, rows, (66, 24, 36, 48))
        for sentence in self._page.methods:
            if sentence:
                self._write(sentence, 8, _SOFT)

    def records(self, records: Sequence[ReconciliationRow]) -> None:
        """Print the records behind it, the unexplained first."""
        rows = [
            [
                f"{row.label or row.business_key} ({row.source_key})",
                str(CAUSES[Cause(row.cause)][0]),
                _amount(row.source_amount, row.source_currency),
                _amount(row.target_amount, row.target_currency),
            ]
            for row in records[:MOST_RECORDS]
        ]
        self._table([_("Record"), _("Reason"), _("Source"), _("Target")], rows, (82, 36, 28, 28), size=8)
        left = self._page.differing - len(rows)
        if left > 0:
            self._write(_("%(number)s further records are not printed here.") % {"number": count_words(left)}, 8, _SOFT)

    def seal(self) -> None:
        """Print who stands for it, and by what it is known again."""
        row = self._page.row
        self.ln(4)
        if row.signed_at is not None:
            words = {"name": row.signed_by, "at": f"{row.signed_at:%Y-%m-%d %H:%M} UTC"}
            self._write(_("Signed by %(name)s, %(at)s") % words, 11)
        else:
            self._write(_("Not signed"), 11)
        if row.finished_at is not None:
            words = {"at": f"{row.finished_at:%Y-%m-%d %H:%M} UTC", "zone": row.zone, "number": str(row.version_number)}
            self._write(_("Compared %(at)s; days of %(zone)s; version %(number)s of the flow") % words, 8, _SOFT)
        self._write(f"SHA-256 {row.digest}", 8, _SOFT)
        if row.signature:
            self._write(_("Seal %(seal)s") % {"seal": row.signature}, 8, _SOFT)

    def _write(self, text: str, size: float, colour: tuple[int, int, int] = _INK) -> None:
        self.set_font(self._family, size=size)
        self.set_text_color(*colour)
        self.multi_cell(0, size * 0.5, self._plain(text), new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def _table(
        self, head: Sequence[str], rows: Sequence[Sequence[str]], widths: tuple[int, ...], size: float = 9
    ) -> None:
        self.ln(3)
        self.set_font(self._family, size=size)
        self.set_text_color(*_INK)
        align = ("LEFT", *("RIGHT",) * (len(widths) - 1)) if size > 8 else ("LEFT", "LEFT", "RIGHT", "RIGHT")
        primary = self._look.primary_colour
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
                table.row([self._plain(cell) for cell in cells])
        self.ln(2)

    def _plain(self, text: str) -> str:
        """Return text as the font can show it: the built-in one knows western European letters only."""
        return text if self._family == _OWN else text.encode("latin-1", "replace").decode("latin-1")


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


def _brand_ink(look: BrandLook) -> tuple[int, int, int]:
    """Return the brand's colour for words on white paper, the ordinary one where it is too light to be read."""
    readable = contrast(look.primary_colour, "#ffffff") >= MINIMUM_CONTRAST
    return rgb(look.primary_colour) if readable else _INK


def _sums(sums: Sums) -> str:
    return "\n".join(money_words(amount, currency) for amount, currency in sums)


def _amount(amount: object, currency: str) -> str:
    return "" if amount is None else money_words(amount, currency)
