"""A month's summary as a PDF in the partner's brand: one page."""

from django.utils.translation import gettext as _

from apps.monitoring.value.summary import Summary
from apps.tenants.brand_paper import SOFT, BrandPaper
from apps.tenants.branding import BrandLook


def build_pdf(summary: Summary, look: BrandLook) -> bytes:
    """Return a summary as a PDF file."""
    title = _("Summary of %(month)s") % {"month": summary.month_words}
    sheet = BrandPaper(title, look)
    sheet.write_line(look.name, 10, sheet.brand_ink)
    sheet.write_line(title, 18)
    sheet.write_line(summary.about or _("All customers"), 11, SOFT)
    _heading(sheet, _("The month"))
    for sentence in summary.sentences:
        _point(sheet, sentence.text)
    if summary.causes:
        _heading(sheet, _("What held records back, and what was done"))
        rows = [[cause.title, f"{cause.happened} {cause.done}"] for cause in summary.causes]
        sheet.write_table([_("Cause"), _("What happened, and what was done")], rows, (60, 114), numbers=0)
    if summary.coming:
        _heading(sheet, _("What comes next"))
        for sentence in summary.coming:
            _point(sheet, sentence.text)
    return bytes(sheet.output())


def _heading(sheet: BrandPaper, text: str) -> None:
    sheet.ln(4)
    sheet.write_line(text, 13, sheet.brand_ink)
    sheet.ln(1)


def _point(sheet: BrandPaper, text: str) -> None:
    sheet.write_line(f"· {text}", 10)
    sheet.ln(1.5)
