"""Mails in a partner's brand: rendered with the change that causes them, sent by a worker, never by a web request.

A mail is `<name>_subject.txt`, `<name>_message.txt` and, where plain paragraphs are not enough, `<name>_message.html`
(which extends `layouts/mail/base.html`). It is written in the receiver's language and time zone, and carries the brand's
logo with it, so that nothing has to be fetched to read it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.mime.image import MIMEImage
from email.utils import formataddr, parseaddr
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string, select_template
from django.utils import timezone, translation

from apps.accounts.language import speaking
from apps.accounts.links import absolute_url
from apps.accounts.models import OutgoingMail, User
from apps.accounts.staff_scope import as_staff
from apps.dispatch.leases import LeasedWork
from apps.dispatch.services import enqueue
from apps.tenants import scope
from apps.tenants.brand_pictures import stored_picture
from apps.tenants.branding import BrandLook
from apps.tenants.brands import brand_for

SEND_MAIL = "accounts.send_mail"
EMBEDDED = re.compile(r"cid:([0-9a-f]{64})@brand")  # where an HTML mail shows a picture that travels with it


@dataclass(frozen=True, slots=True)
class WrittenMail:
    """A finished mail: both forms say the same."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class MailFile:
    """A file that goes with a mail; `media_type` as "application/pdf"."""

    name: str
    content: bytes
    media_type: str


def send_branded(template: str, to: str, context: Mapping[str, Any], brand: BrandLook | None = None) -> UUID:
    """Write the mail `template` ("mail/invitation") to `to` and have it sent once the transaction commits.

    Templates get `brand`, `portal_url` and `context`. Without `brand` the open partner's is used. Returns the mail's id.
    """
    mail_id = keep_branded(template, to, context, brand)
    if scope.current() is None:
        transaction.on_commit(
            lambda: send(mail_id)
        )  # due work belongs to partners; the platform's few mails go at once
    else:
        enqueue(kind=SEND_MAIL, reference=str(mail_id))
    return mail_id


def keep_branded(template: str, to: str, context: Mapping[str, Any], brand: BrandLook | None = None) -> UUID:
    """Write a mail as `send_branded` does, for due work of the caller's own that sends it: with a file, say."""
    here = scope.current()
    look = brand or brand_for(here.partner if here else None)
    language, time_zone = _reader(to)
    with speaking(language, time_zone=time_zone):
        written = write_mail(template, to, context, look)
    with as_staff():
        mail = OutgoingMail.objects.create(
            to=to, sender=sender_of(look), subject=written.subject, text=written.text, html=written.html
        )
    return mail.id


def _reader(to: str) -> tuple[str, str]:
    """Return the language and time zone of whoever has the address; who is not known yet reads what is spoken now."""
    with as_staff():
        known = User.objects.filter(email=to.strip().lower()).values_list("language", "time_zone").first()
    language, time_zone = known or ("", "")
    return language or translation.get_language() or settings.LANGUAGE_CODE, time_zone


def write_mail(template: str, to: str, context: Mapping[str, Any], look: BrandLook) -> WrittenMail:
    """Return a mail in the language that is spoken now."""
    home = absolute_url("/")
    # allauth's texts call the portal `current_site`, which otherwise would be whatever host the request named.
    site = {"name": look.name, "domain": urlsplit(home).netloc}
    values = {"brand": look, "portal_url": home, "current_site": site, "email": to, **context}
    subject = " ".join(render_to_string(f"{template}_subject.txt", values).split())[:260]
    text = render_to_string(f"{template}_message.txt", values).strip() + "\n"
    page = select_template([f"{template}_message.html", "mail/plain_message.html"])
    # A mail without a page of its own is framed anew: name and foot of the plain form would stand there twice.
    body = text.split("\n-- \n")[0].strip().removeprefix(look.name).strip()
    html = page.render({**values, "subject": subject, "paragraphs": body.split("\n\n")})
    return WrittenMail(subject, text, html)


def sender_of(look: BrandLook) -> str:
    """Return the From line: the brand's own address, or the platform's address under the brand's name."""
    name, address = parseaddr(look.mail_sender)
    return formataddr((name or look.name, address or parseaddr(settings.DEFAULT_FROM_EMAIL)[1]))


def send(mail_id: UUID, files: Sequence[MailFile] = ()) -> bool:
    """Hand one mail to the mail server, with `files`; False when it was sent before. The texts are emptied afterwards.

    A crash between the two sends it a second time, under the same Message-ID: better than never.
    """
    with transaction.atomic():
        mail = OutgoingMail.objects.filter(pk=mail_id, sent_at=None).first()
        message = _message(mail) if mail else None
    if message is None:
        return False
    for file in files:
        message.attach(file.name, file.content, file.media_type)
    message.send()
    with transaction.atomic():
        # Links in it open doors: nothing is kept but the fact that it was sent.
        OutgoingMail.objects.filter(pk=mail_id).update(sent_at=timezone.now(), text="", html="")
    return True


def _message(mail: OutgoingMail) -> EmailMultiAlternatives:
    """Return the mail as it goes out. Its headers name the sender's domain, never this machine."""
    domain = parseaddr(mail.sender)[1].rpartition("@")[2] or settings.BASE_DOMAIN
    headers = {"Message-ID": f"<{mail.id}@{domain}>", "Auto-Submitted": "auto-generated"}
    here = scope.current()
    help_address = brand_for(here.partner).support_email if here else ""
    reply_to = [help_address] if help_address and help_address not in mail.sender else None
    message = EmailMultiAlternatives(
        mail.subject, mail.text, mail.sender, [mail.to], headers=headers, reply_to=reply_to
    )
    if mail.html:
        message.attach_alternative(mail.html, "text/html")
        _embed_pictures(message, mail.html)
    return message


def _embed_pictures(message: EmailMultiAlternatives, html: str) -> None:
    here = scope.current()
    for digest in dict.fromkeys(EMBEDDED.findall(html)):
        picture = stored_picture(here.partner, digest) if here else None
        if picture is None:
            continue
        part = MIMEImage(bytes(picture.content), _subtype=picture.media_type.rpartition("/")[2])
        part.add_header("Content-ID", f"<{digest}@brand>")
        part.add_header("Content-Disposition", "inline", filename="logo.png")
        message.attach(part)
        message.mixed_subtype = "related"  # type: ignore[attr-defined]  # missing in the stubs


def send_due(work: LeasedWork) -> None:
    """Send the mail a piece of due work stands for."""
    with transaction.atomic():
        work.confirm()
    send(UUID(work.reference))
