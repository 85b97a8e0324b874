"""A review as a PDF in the partner's brand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _

from apps.monitoring.models import ReviewCopy
from apps.monitoring.reviews.board import ShownSection, sent_words, shown_sections
from apps.monitoring.reviews.pack import sections_from_values
from apps.tenants.brand_paper import SOFT, BrandPaper
from apps.tenants.branding import BrandLook
from apps.tenants.templatetags.wording import month_words


@dataclass(frozen=True, slots=True)
class Paper:
    """What a review's PDF is made of; `sent` says who sent it when, "" for one that was not sent."""

    customer: str
    month: date
    sections: Sequence[ShownSection]
    taken_at: datetime
    sent: str = ""
    digest: str = ""


def paper_of(copy: ReviewCopy, customer: str) -> Paper:
    """Return the paper of a customer's copy, in the language that is spoken now."""
    return Paper(
        customer=customer,
        month=copy.month,
        sections=shown_sections(sections_from_values(copy.sections), for_customer=True),
        taken_at=copy.taken_at,
        sent=sent_words(copy.sent_by, copy.sent_at),
        digest=copy.digest,
    )


def file_name(month: date) -> str:
    """Return what a review's file is called."""
    return f"review-{month:%Y-%m}.pdf"


def build_pdf(paper: Paper, look: BrandLook) -> bytes:
    """Return a review as a PDF file; parts that are left out are not printed."""
    sheet = BrandPaper(_("Review of %(month)s") % {"month": month_words(paper.month)}, look)
    sheet.write_title(20)
    sheet.write_line(paper.customer, 12, SOFT)
    for section in paper.sections:
        if section.is_on:
            _part(sheet, section)
    sheet.ln(5)
    taken = _("Figures taken %(at)s") % {"at": f"{paper.taken_at:%Y-%m-%d %H:%M} UTC"}
    sheet.write_line(taken, 8, SOFT)
    if paper.sent:
        sheet.write_line(paper.sent, 8, SOFT)
        sheet.write_line(f"SHA-256 {paper.digest}", 8, SOFT)
    else:
        sheet.write_line(_("Not sent yet"), 8, SOFT)
    return bytes(sheet.output())


def _part(sheet: BrandPaper, section: ShownSection) -> None:
    sheet.write_heading(section.title)
    if section.text:
        sheet.write_line(section.text, 10)
        sheet.ln(1.5)
    for line in section.lines:
        sheet.write_point(line.text)
