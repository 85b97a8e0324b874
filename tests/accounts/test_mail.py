"""Mails in the brand: rendered at once, sent later, once, and then emptied."""

from uuid import uuid4

import pytest
from django.core import mail
from django.db import transaction
from django.db.utils import ProgrammingError

from apps.accounts.adapters import AccountAdapter
from apps.accounts.links import absolute_url
from apps.accounts.mail import SEND_MAIL, send, send_branded, sender_of
from apps.accounts.models import OutgoingMail
from apps.dispatch.models import DueWork, Queue
from apps.dispatch.worker import drain
from apps.tenants import scope
from apps.tenants.branding import BrandLook
from apps.tenants.brands import brand_for
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
