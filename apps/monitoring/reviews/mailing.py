"""Mails a review that was sent: with its PDF while that is small enough for any mailbox, else with the link alone."""

from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from apps.accounts.language import speaking
from apps.accounts.links import absolute_url
from apps.accounts.mail import MailFile, keep_branded, send
from apps.accounts.models import User
from apps.dispatch.leases import LeasedWork
from apps.dispatch.services import enqueue
from apps.monitoring.models import ReviewCopy
from apps.monitoring.reviews.pdf import build_pdf, file_name, paper_of
from apps.tenants import scope
from apps.tenants.brands import brand_for

SEND_REVIEW = "monitoring.review_mail"
MOST_ATTACHED = 5 * 1024 * 1024  # bytes; a mail makes a third more of them, and many a mailbox takes 10 MB at most


def mail_review(copy: ReviewCopy, people: list[User]) -> None:
    """Write to these people that the review is there, and have it sent; both commit with the caller."""
    is_attached = len(pdf_of(copy)) <= MOST_ATTACHED
    url = absolute_url(reverse("monitoring:own-review", args=[copy.id]))
    for person in people:
        said = {"name": person.name, "month": copy.month, "customer": copy.customer.name, "review_url": url}
        mail_id = keep_branded("mail/review", person.email, {**said, "is_attached": is_attached})
        enqueue(kind=SEND_REVIEW, reference=f"{mail_id} {copy.id}")


def send_due(work: LeasedWork) -> None:
    """Send the mail a piece of due work stands for, with the copy's PDF. It is made anew: no mail keeps a file."""
    mail_id, copy_id = (UUID(part) for part in work.reference.split())
    with transaction.atomic():
        work.confirm()
        copy = ReviewCopy.objects.select_related("customer").filter(id=copy_id).first()
        content = pdf_of(copy) if copy else b""
    files = [MailFile(file_name(copy.month), content, "application/pdf")] if copy else []
    send(mail_id, files if len(content) <= MOST_ATTACHED else ())


def pdf_of(copy: ReviewCopy) -> bytes:
    """Return a copy's PDF in its own language and the partner's brand."""
    with speaking(copy.language or settings.LANGUAGE_CODE, time_zone=copy.customer.time_zone):
        return build_pdf(paper_of(copy, copy.customer.name), brand_for(scope.require().partner))
