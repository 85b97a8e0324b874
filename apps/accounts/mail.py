"""Mails in a partner's brand: rendered with the change that causes them, sent by a worker, never by a web request.

A mail is `<name>_subject.txt`, `<name>_message.txt` and, where plain paragraphs are not enough, `<name>_message.html`
(which extends `layouts/mail/base.html`).
"""

from collections.abc import Mapping
from email.utils import formataddr, parseaddr
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string, select_template
from django.utils import timezone

from apps.accounts.links import absolute_url
from apps.accounts.models import OutgoingMail
from apps.accounts.staff_scope import as_staff
from apps.dispatch.leases import LeasedWork
from apps.dispatch.services import enqueue
from apps.tenants import scope
from apps.tenants.branding import BrandLook
from apps.tenants.brands import brand_for

SEND_MAIL = "accounts.send_mail"


def send_branded(template: str, to: str, context: Mapping[str, Any], brand: BrandLook | None = None) -> UUID:
    """Write the mail `template` ("mail/invitation") to `to` and have it sent once the transaction commits.

    Templates get `brand`, `portal_url` and `context`. Without `brand` the open partner's is used. Returns the mail's id.
    """
    here = scope.current()
    look = brand or brand_for(here.partner if here else None)
    home = absolute_url("/")
    # allauth's texts call the portal `current_site`, which otherwise would be whatever host the request named.
    site = {"name": look.name, "domain": urlsplit(home).netloc}
    values = {"brand": look, "portal_url": home, "current_site": site, "email": to, **context}
    subject = " ".join(render_to_string(f"{template}_subject.txt", values).split())[:260]
    text = render_to_string(f"{template}_message.txt", values).strip() + "\n"
    page = select_template([f"{template}_message.html", "mail/plain_message.html"])
    html = page.render({**values, "subject": subject, "paragraphs": text.strip().split("\n\n")})
    with as_staff():
        mail = OutgoingMail.objects.create(to=to, sender=sender_of(look), subject=subject, text=text, html=html)
    if here is None:
        transaction.on_commit(
            lambda: send(mail.id)
        )  # due work belongs to partners; the platform's few mails go at once
    else:
        enqueue(kind=SEND_MAIL, reference=str(mail.id))
    return mail.id


def sender_of(look: BrandLook) -> str:
    """Return the From line: the brand's own address, or the platform's address under the brand's name."""
    name, address = parseaddr(look.mail_sender)
    return formataddr((name or look.name, address or parseaddr(settings.DEFAULT_FROM_EMAIL)[1]))


def send(mail_id: UUID) -> bool:
    """Hand one mail to the mail server; False when it was sent before. The texts are emptied afterwards.

    A crash between the two sends it a second time, which for a mail is better than never.
    """
    with transaction.atomic():
        mail = OutgoingMail.objects.filter(pk=mail_id, sent_at=None).first()
    if mail is None:
        return False
    message = EmailMultiAlternatives(mail.subject, mail.text, mail.sender, [mail.to])
    if mail.html:
        message.attach_alternative(mail.html, "text/html")
    message.send()
    with transaction.atomic():
        # Links in it open doors: nothing is kept but the fact that it was sent.
        OutgoingMail.objects.filter(pk=mail_id).update(sent_at=timezone.now(), text="", html="")
    return True


def send_due(work: LeasedWork) -> None:
    """Send the mail a piece of due work stands for."""
    with transaction.atomic():
        work.confirm()
    send(UUID(work.reference))
