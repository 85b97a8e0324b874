"""Mails in the brand: rendered at once, sent later, once, and then emptied."""

import html
import io
import re
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.core import mail
from django.db import transaction
from django.db.utils import ProgrammingError
from django.test import Client
from django.utils import translation
from PIL import Image

from apps.accounts.actions import Role
from apps.accounts.adapters import AccountAdapter
from apps.accounts.links import absolute_url
from apps.accounts.mail import SEND_MAIL, send, send_branded, sender_of, write_mail
from apps.accounts.mail_samples import SAMPLES, MailSample
from apps.accounts.models import OutgoingMail, User
from apps.accounts.services import create_user
from apps.dispatch.models import DueWork, Queue
from apps.dispatch.worker import drain
from apps.tenants import scope
from apps.tenants.brand_pictures import clean_picture, store_picture
from apps.tenants.branding import BrandLook
from apps.tenants.brands import brand_for, change_brand
from apps.tenants.scope import PartnerRef

CONTEXT = {"password_reset_url": "http://alder.localhost/x/", "email": "ann@example.com"}


def _look(sender: str) -> BrandLook:
    return BrandLook("Quay, Ltd", "Portal", "#000000", "#000000", "inter", 4, 1, mail_sender=sender)


@pytest.mark.parametrize(
    ("sender", "expected"),
    [
        ('"Quay Support" <help@quay.example>', "Quay Support <help@quay.example>"),
        ("help@quay.example", '"Quay, Ltd" <help@quay.example>'),
        ("", '"Quay, Ltd" <no-reply@localhost>'),
    ],
    ids=["the brand's own", "an address only", "none: the platform's address under the brand's name"],
)
def test_a_mail_comes_from_the_brand(sender: str, expected: str) -> None:
    assert sender_of(_look(sender)) == expected


def test_a_mail_is_sent_once_and_its_texts_are_emptied(in_partner_a: PartnerRef) -> None:
    mail_id = send_branded("account/email/password_reset_key", to="ann@example.com", context=CONTEXT)
    assert mail.outbox == []
    assert send(mail_id)
    assert not send(mail_id)
    assert len(mail.outbox) == 1
    assert [kind for _, kind in mail.outbox[0].alternatives] == ["text/html"]
    kept = OutgoingMail.objects.get()
    assert (kept.text, kept.html, kept.sent_at is not None) == ("", "", True)


def test_it_is_sent_by_a_worker(committed: PartnerRef) -> None:
    with scope.work_in(committed):
        send_branded("account/email/password_reset_key", to="ann@example.com", context=CONTEXT)
    assert drain(Queue.NOTIFY, worker="test", seconds=5) == 1
    assert [message.to for message in mail.outbox] == [["ann@example.com"]]
    assert not DueWork.objects.filter(kind=SEND_MAIL).exists()


def test_a_mail_caused_by_a_customers_person_is_written_but_not_theirs_to_read(in_partner_a: PartnerRef) -> None:
    with scope.narrowed_to(uuid4()):
        send_branded("account/email/password_reset_key", to="ann@example.com", context=CONTEXT)
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            OutgoingMail.objects.count()
    assert OutgoingMail.objects.count() == 1


def test_a_mail_of_a_rolled_back_change_is_never_sent(committed: PartnerRef) -> None:
    with scope.work_in(committed):
        send_branded("account/email/password_reset_key", to="ann@example.com", context=CONTEXT)
        transaction.set_rollback(True)
    assert drain(Queue.NOTIFY, worker="test", seconds=5) == 0
    assert mail.outbox == []


@pytest.mark.django_db
def test_the_platforms_own_mail_goes_when_the_change_is_safe(django_capture_on_commit_callbacks: object) -> None:
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        send_branded("account/email/password_reset_key", to="ops@platform.example", context=CONTEXT)
    assert [message.to for message in mail.outbox] == [["ops@platform.example"]]


def test_a_subject_is_one_line(in_partner_a: PartnerRef) -> None:
    values = {"inviter": "Ann\nBcc: everybody@example.com", "role_label": "Support", "expires_at": None, "name": ""}
    send_branded("mail/invitation", to="sam@example.com", context=values)
    assert "\n" not in OutgoingMail.objects.get().subject


def test_allauths_own_texts_are_in_the_brand_too(in_partner_a: PartnerRef) -> None:
    AccountAdapter().send_mail("account/email/account_already_exists", "ann@example.com", {"password_reset_url": "/x"})
    written = OutgoingMail.objects.get()
    assert "Alder & Quay" in written.text
    assert "Alder &amp; Quay" in written.html
    assert brand_for(in_partner_a).primary_colour in written.html


def test_a_link_points_to_the_partners_host_and_to_the_platform_without_one(
    in_partner_a: PartnerRef, settings: object
) -> None:
    settings.PUBLIC_PORT, settings.PUBLIC_SCHEME = 8443, "https"  # type: ignore[attr-defined]
    assert absolute_url("/people/") == "https://alder.localhost:8443/people/"
    with scope.public():
        assert absolute_url("/") == "https://platform.localhost:8443/"


def _logo() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (300, 100), "#0f766e").save(out, "PNG")
    return out.getvalue()


def test_the_logo_travels_with_the_mail(in_partner_a: PartnerRef) -> None:
    digest = store_picture(in_partner_a, clean_picture(_logo(), "logo"))
    change_brand(in_partner_a, {"logo": digest, "mail_header": "logo"})
    send(send_branded("account/email/password_reset_key", to="ann@example.com", context=CONTEXT))
    sent = mail.outbox[0].message()
    assert sent.get_content_type() == "multipart/related"
    pictures = [part for part in sent.walk() if part.get_content_type() == "image/png"]
    assert [part["Content-ID"] for part in pictures] == [f"<{digest}@brand>"]
    assert pictures[0].get_content_disposition() == "inline"
    page = next(part for part in sent.walk() if part.get_content_type() == "text/html")
    assert f'src="cid:{digest}@brand"' in page.get_payload(decode=True).decode()
    assert "http" not in "".join(re.findall(r'src="([^"]*)"', page.get_payload(decode=True).decode()))


def test_a_mail_names_the_senders_domain_and_where_answers_go(in_partner_a: PartnerRef) -> None:
    change_brand(in_partner_a, {"mail_sender_address": "post@alder.example", "support_email": "desk@alder.example"})
    mail_id = send_branded("account/email/password_reset_key", to="ann@example.com", context=CONTEXT)
    send(mail_id)
    sent = mail.outbox[0].message()
    assert sent["Message-ID"] == f"<{mail_id}@alder.example>"
    assert sent["Reply-To"] == "desk@alder.example"
    assert sent["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize(
    ("chosen", "spoken", "page_language"),
    [("de", "en-gb", "de"), ("", "de", "de"), ("en-gb", "de", "en-gb"), (None, "de", "de")],
    ids=["the reader's own", "none chosen: as now", "English though German is spoken", "a stranger: as now"],
)
def test_a_mail_is_written_in_its_readers_language(
    in_partner_a: PartnerRef, chosen: str | None, spoken: str, page_language: str
) -> None:
    if chosen is not None:
        person = create_user(email="ann@example.com", name="Ann", role=Role.SUPPORT, password="correct horse battery")
        User.objects.filter(pk=person.pk).update(language=chosen, time_zone="Europe/Berlin")
    with translation.override(spoken):
        send_branded("account/email/password_reset_key", to="Ann@example.com", context=CONTEXT)
    assert f'<html lang="{page_language}">' in OutgoingMail.objects.get().html


def test_a_moment_in_a_mail_is_on_the_readers_clock(in_partner_a: PartnerRef) -> None:
    person = create_user(email="ann@example.com", name="Ann", role=Role.SUPPORT, password="correct horse battery")
    User.objects.filter(pk=person.pk).update(time_zone="Asia/Tokyo")
    facts = {"timestamp": datetime(2026, 1, 5, 20, 0, tzinfo=UTC), "ip": "192.0.2.1", "user_agent": ""}
    send_branded("account/email/password_changed", to="ann@example.com", context=facts)
    assert "6 Jan 2026, 05:00" in OutgoingMail.objects.get().text


def test_a_changed_password_is_told_to_its_owner(in_partner_a: PartnerRef) -> None:
    create_user(email="ann@example.com", name="Ann", role=Role.SUPPORT, password="correct horse battery")
    client = Client(headers={"host": "alder.localhost"})
    client.force_login(User.objects.get(email="ann@example.com"))
    words = {"oldpassword": "correct horse battery", "password1": "another long word", "password2": "another long word"}
    assert client.post("/accounts/password/change/", words).status_code == 302
    assert [written.subject for written in OutgoingMail.objects.all()] == ["Your password was changed"]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_both_forms_of_a_mail_say_the_same(in_partner_a: PartnerRef, sample: MailSample) -> None:
    facts = sample.facts("http://alder.localhost/", datetime(2026, 1, 5, 20, 0, tzinfo=UTC))
    written = write_mail(sample.template, "ann@example.com", facts, brand_for(in_partner_a))
    page = re.sub(r"<style>.*?</style>|<[^>]+>", " ", written.html, flags=re.DOTALL)
    said = set(re.findall(r"\w{4,}", html.unescape(page)))
    only_plain = {word for word in re.findall(r"\w{4,}", re.sub(r"https?://\S+", "", written.text)) if word not in said}
    assert only_plain <= {"Open", "this", "address", "open", "choose", "password", "All", "them"}, only_plain
