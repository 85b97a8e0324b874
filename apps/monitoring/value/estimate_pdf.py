"""An estimate as a PDF in the partner's brand: the outcome in three cases, and every assumption behind it."""

from datetime import datetime

from django.utils.translation import gettext as _

from apps.monitoring.value.estimate_pages import EstimatePage
from apps.tenants.brand_paper import SOFT, BrandPaper
from apps.tenants.branding import BrandLook
from apps.tenants.templatetags.wording import date_words


def build_pdf(page: EstimatePage, look: BrandLook, *, changed_at: datetime) -> bytes:
    """Return an estimate as a PDF file."""
    sheet = BrandPaper(_("Estimate for %(name)s") % {"name": page.name}, look)
    sheet.write_title()
    sheet.write_line(date_words(changed_at), 10, SOFT)
    sheet.ln(2)
    sheet.write_line(page.sentence, 12, sheet.brand_ink)
    head = ["", _("Low"), _("Expected"), _("High")]
    rows = [[f"{row.title}\n{row.formula}", *row.cells] for row in page.outcome]
    sheet.write_table(head, rows, (78, 32, 32, 32))
    sheet.write_line(_("What it goes by"), 13)
    sheet.write_table([_("Assumption"), _("Value")], [list(pair) for pair in page.assumptions], (110, 64))
    sheet.write_line(_("An estimate from the numbers above, not a promise. Nothing else was assumed."), 8, SOFT)
    return bytes(sheet.output())
