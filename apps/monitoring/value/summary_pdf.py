"""A month's summary as a PDF in the partner's brand: one page."""

from django.utils.translation import gettext as _

from apps.monitoring.value.summary import Summary
from apps.tenants.brand_paper import SOFT, BrandPaper
from apps.tenants.branding import BrandLook


def build_pdf(summary: Summary, look: BrandLook) -> bytes:
    """Return a summary as a PDF file."""
    sheet = BrandPaper(_("Summary of %(month)s") % {"month": summary.month_words}, look)
    sheet.write_title()
    sheet.write_line(summary.about or _("All customers"), 11, SOFT)
    sheet.write_heading(_("The month"))
    for sentence in summary.sentences:
        sheet.write_point(sentence.text)
    if summary.causes:
        sheet.write_heading(_("What held records back, and what was done"))
        rows = [[cause.title, f"{cause.happened} {cause.done}"] for cause in summary.causes]
        sheet.write_table([_("Cause"), _("What happened, and what was done")], rows, (60, 114), numbers=0)
    if summary.coming:
        sheet.write_heading(_("What comes next"))
        for sentence in summary.coming:
            sheet.write_point(sentence.text)
    return bytes(sheet.output())
