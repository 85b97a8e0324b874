"""The life of a review: drafted, edited, approved by a person, sent once, archived. Every step is one transaction with its trace."""

import hmac
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from apps.accounts import audit
from apps.accounts.actor import Actor
from apps.accounts.audit import AuditAction
from apps.accounts.language import speaking
from apps.accounts.models import User
from apps.customers.models import Customer
from apps.monitoring.models import ReviewCopy, ReviewPack
from apps.monitoring.reviews import pack as values
from apps.monitoring.reviews.choices import get_choice
from apps.monitoring.reviews.mailing import mail_review
from apps.monitoring.reviews.pack import Edit, Part, Section, sections_as_values, sections_from_values
from apps.monitoring.reviews.people import possible_receivers
from apps.monitoring.reviews.taking import Taken, take_figures
from apps.monitoring.reviews.words import lead_words

_SALT = "monitoring.review"


def draft_pack(customer: Customer, month: date, now: datetime, language: str = "") -> ReviewPack | None:
    """Draft the review of a customer's month; None where there is one already."""
    chosen = language or get_language() or settings.LANGUAGE_CODE
    with transaction.atomic():
        Customer.objects.select_for_update(no_key=True, of=("self",)).get(id=customer.id)
        if ReviewPack.objects.filter(customer=customer, month=month).exists():
            return None
        with speaking(chosen, time_zone=customer.time_zone):
            taken = take_figures(customer, month, now)
            sections = tuple(Section(part, lead_words(part, taken.parts[part]), taken.parts[part]) for part in Part)
        row = ReviewPack.objects.create(
            customer=customer,
            month=month,
            language=chosen,
            sections=sections_as_values(sections),
            internal=_internal(taken),
            made_at=now,
            taken_at=now,
        )
        _record(AuditAction.REVIEW_DRAFTED, row)
    return row


def edit_pack(pack_id: UUID, edits: Mapping[Part, Edit], *, by: Actor, now: datetime) -> ReviewPack:
    """Change the words, the order and what is in; the figures stay. Raises ValidationError unless it is a draft."""
    with transaction.atomic():
        row = _locked(pack_id, ReviewPack.State.DRAFT)
        before = sections_from_values(row.sections)
        after = values.edited(before, edits)
        row.sections = sections_as_values(after)
        _edited(row, by, now)
        row.save(update_fields=["sections", "edited_at", "edited_by", "editor"])
        parts = [one.part.value for one in after if one not in before]
        order = [one.part.value for one in after if one.is_on]
        _record(AuditAction.REVIEW_CHANGED, row, parts=parts, order=order)
    return row


def refresh_pack(pack_id: UUID, *, by: Actor, now: datetime) -> ReviewPack:
    """Take the figures anew and keep what that changed. Raises ValidationError unless it is a draft."""
    with transaction.atomic():
        row = _locked(pack_id, ReviewPack.State.DRAFT)
        before = sections_from_values(row.sections)
        with speaking(row.language, time_zone=row.customer.time_zone):
            taken = take_figures(row.customer, row.month, now)
        after = values.refreshed(before, taken.parts)
        row.sections, row.changes = sections_as_values(after), values.differences(before, after)
        row.internal, row.taken_at = _internal(taken), now
        _edited(row, by, now)
        row.save()
        _record(AuditAction.REVIEW_CHANGED, row, figures=sorted(row.changes))
    return row


def approve_pack(pack_id: UUID, *, by: Actor, now: datetime) -> ReviewPack:
    """Say that a draft may be sent. Raises ValidationError where two people are demanded and `by` edited it last."""
    with transaction.atomic():
        row = _locked(pack_id, ReviewPack.State.DRAFT)
        if get_choice(row.customer_id).needs_two and by.user_id == row.editor_id:
            raise ValidationError(_("You changed it last: somebody else has to approve it."))
        row.state, row.approved_at, row.approved_by = ReviewPack.State.APPROVED, now, by.shown_name[:200]
        row.save(update_fields=["state", "approved_at", "approved_by"])
        _record(AuditAction.REVIEW_APPROVED, row, digest=values.digest_of(sections_from_values(row.sections)))
    return row


def take_back(pack_id: UUID) -> ReviewPack:
    """Make a draft again of what was approved and not sent. Raises ValidationError otherwise."""
    with transaction.atomic():
        row = _locked(pack_id, ReviewPack.State.APPROVED)
        row.state, row.approved_at, row.approved_by = ReviewPack.State.DRAFT, None, ""
        row.save(update_fields=["state", "approved_at", "approved_by"])
        _record(AuditAction.REVIEW_CHANGED, row, taken_back=True)
    return row


def send_pack(pack_id: UUID, receivers: Sequence[User], *, by: Actor, now: datetime) -> ReviewCopy:
    """Seal what was approved as the customer's copy and write to its people, once. Raises ValidationError otherwise."""
    with transaction.atomic():
        row = _locked(pack_id, ReviewPack.State.APPROVED)
        allowed = set(possible_receivers(row.customer).values_list("id", flat=True))
        chosen = [person for person in receivers if person.id in allowed]
        if not chosen:
            raise ValidationError(_("Choose somebody of the customer's people who may read reports."))
        copy = _seal(row, by, now)
        row.state, row.sent_at, row.sent_by, row.sender_id = ReviewPack.State.SENT, now, copy.sent_by, by.user_id
        row.receivers = [{"id": str(person.id), "name": str(person)} for person in chosen]
        row.save(update_fields=["state", "sent_at", "sent_by", "sender", "receivers"])
        mail_review(copy, chosen)
        _record(AuditAction.REVIEW_SENT, row, digest=copy.digest, receivers=[person.email for person in chosen])
    return copy


def archive_pack(pack_id: UUID, *, now: datetime) -> ReviewPack:
    """Put a review that was sent out of the way; the customer still reads it. Raises ValidationError otherwise."""
    with transaction.atomic():
        row = _locked(pack_id, ReviewPack.State.SENT)
        row.state, row.archived_at = ReviewPack.State.ARCHIVED, now
        row.save(update_fields=["state", "archived_at"])
        _record(AuditAction.REVIEW_ARCHIVED, row)
    return row


def is_intact(copy: ReviewCopy) -> bool:
    """Return whether a copy still says what was sent, under the house's own seal."""
    if _digest(copy) != copy.digest:
        return False
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return any(hmac.compare_digest(_seal_of(key, copy.digest), copy.seal) for key in keys)


def _seal(row: ReviewPack, by: Actor, now: datetime) -> ReviewCopy:
    copy = ReviewCopy(
        customer=row.customer,
        pack=row,
        month=row.month,
        language=row.language,
        sections=sections_as_values(values.for_customer(sections_from_values(row.sections))),
        taken_at=row.taken_at,
        sent_at=now,
        sent_by=by.shown_name[:200],
    )
    copy.digest = _digest(copy)
    copy.seal = _seal_of(settings.SECRET_KEY, copy.digest)
    copy.save(force_insert=True)
    return copy


def _digest(copy: ReviewCopy) -> str:
    moments = copy.month.isoformat(), copy.taken_at.isoformat(), copy.sent_at.isoformat()
    return values.digest_of(sections_from_values(copy.sections), str(copy.customer_id), copy.sent_by, *moments)


def _seal_of(key: str | bytes, digest: str) -> str:
    return salted_hmac(_SALT, digest, secret=key, algorithm="sha256").hexdigest()


def _locked(pack_id: UUID, wanted: ReviewPack.State) -> ReviewPack:
    row = ReviewPack.objects.select_for_update(no_key=True, of=("self",)).select_related("customer").get(id=pack_id)
    if row.state != wanted:
        state = ReviewPack.State(row.state).label
        raise ValidationError(_("It is no longer what it was when you opened it: %(state)s.") % {"state": state})
    return row


def _edited(row: ReviewPack, by: Actor, now: datetime) -> None:
    row.edited_at, row.edited_by, row.editor_id = now, by.shown_name[:200], by.user_id


def _internal(taken: Taken) -> list[dict[str, str]]:
    return [{"text": line.text, "url": line.url} for line in taken.internal]


def _record(deed: AuditAction, row: ReviewPack, **details: object) -> None:
    told = {"month": f"{row.month:%Y-%m}", "customer": str(row.customer_id), **details}
    audit.record(deed, subject="review", subject_id=row.id, details=told)
