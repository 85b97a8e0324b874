"""Files on a case: a screenshot, a mail, a list of records. Kept in the database, and as long as the customer's contents."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePath
from uuid import UUID

from django.db import transaction
from django.db.models import Min
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts import audit
from apps.accounts.actor import Actor
from apps.accounts.audit import AuditAction
from apps.customers.retention import payload_rule, payload_rules
from apps.monitoring import case_book
from apps.monitoring.cases import CaseError
from apps.monitoring.models import CaseFile, ExceptionCase

MOST_BYTES = 5 * 1024 * 1024
MOST_FILES = 20
LONGEST_NAME = 120
DROPPED_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class FileKind:
    """A kind of file that may be kept: what a browser is told it is, and what its first bytes look like."""

    media_type: str
    looks_right: Callable[[bytes], bool]


def _begins(*signs: bytes) -> Callable[[bytes], bool]:
    return lambda content: content.startswith(signs)


def _is_text(content: bytes) -> bool:
    try:
        return "\x00" not in content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False


_TEXT = FileKind("text/plain; charset=utf-8", _is_text)
_PICTURE_JPEG = FileKind("image/jpeg", _begins(b"\xff\xd8\xff"))
_OFFICE = "application/vnd.openxmlformats-officedocument"
# What a file is goes by its name and must agree with its content; nothing that a browser would run is among them.
KINDS: dict[str, FileKind] = {
    ".pdf": FileKind("application/pdf", _begins(b"%PDF-")),
    ".png": FileKind("image/png", _begins(b"\x89PNG\r\n\x1a\n")),
    ".jpg": _PICTURE_JPEG,
    ".jpeg": _PICTURE_JPEG,
    ".txt": _TEXT,
    ".log": _TEXT,
    ".eml": _TEXT,
    ".json": _TEXT,
    ".csv": FileKind("text/csv; charset=utf-8", _is_text),
    ".xlsx": FileKind(f"{_OFFICE}.spreadsheetml.sheet", _begins(b"PK\x03\x04")),
    ".docx": FileKind(f"{_OFFICE}.wordprocessingml.document", _begins(b"PK\x03\x04")),
}


def attach_file(case_id: UUID, *, name: str, content: bytes, by: Actor) -> CaseFile:
    """Keep a file with the case.

    Raises:
        CaseError: it is empty, too large, of a kind that is not kept, not what its name says, one too many; or the
            customer's contents are not kept at all.

    """
    kind, shown = _kind_of(name, content), _usable_name(name)
    now = timezone.now()
    with transaction.atomic():
        case = ExceptionCase.objects.select_for_update(of=("self",)).get(id=case_id)
        if not payload_rule(case.customer_id).stored:
            raise CaseError("file", _("This customer's contents are not kept, so nothing can be attached."))
        if CaseFile.objects.filter(case=case).count() >= MOST_FILES:
            raise CaseError("file", _("At most %(most)d files on one exception.") % {"most": MOST_FILES})
        kept = CaseFile.objects.create(
            case=case,
            customer_id=case.customer_id,
            name=shown,
            media_type=kind.media_type,
            size=len(content),
            digest=hashlib.sha256(content).hexdigest(),
            content=content,
            added_name=by.shown_name,
            added_at=now,
        )
        case_book.note_step(case, f"The file “{shown}” was attached.", kept.added_name, now)
        audit.record(
            AuditAction.CASE_NOTED,
            subject="case",
            subject_id=str(case.id),
            details={"title": case.title, "file": shown, "sha256": kept.digest},
        )
    return kept


def _kind_of(name: str, content: bytes) -> FileKind:
    if not content:
        raise CaseError("file", _("The file is empty: choose another."))
    if len(content) > MOST_BYTES:
        raise CaseError("file", _("The file is larger than 5 MB: attach a smaller one."))
    kind = KINDS.get(PurePath(name).suffix.lower())
    if kind is None:
        known = ", ".join(sorted(suffix.removeprefix(".") for suffix in KINDS))
        raise CaseError("file", _("Only these kinds of files can be attached: %(kinds)s.") % {"kinds": known})
    if not kind.looks_right(content):
        raise CaseError("file", _("The file is not what its name says: save it anew and choose it again."))
    return kind


def _usable_name(name: str) -> str:
    plain = "".join(sign for sign in PurePath(name.replace("\\", "/")).name if sign.isprintable()).strip()
    stem, suffix = PurePath(plain).stem, PurePath(plain).suffix
    return f"{stem[: LONGEST_NAME - len(suffix)]}{suffix}"


def drop_old_files(now: datetime) -> int:
    """Take away the contents of files that are older than their customer's contents are kept; returns how many."""
    with transaction.atomic():
        return sum(_drop_of(customer_id, before, now) for customer_id, before in _past(now))


def _past(now: datetime) -> list[tuple[UUID, datetime]]:
    """Return the customers with files that are too old, each with the moment from which files are kept."""
    kept = CaseFile.objects.filter(dropped_at__isnull=True).order_by()
    oldest = dict(kept.values_list("customer_id").annotate(oldest=Min("added_at")))
    rules = payload_rules() if oldest else {}
    since = {customer_id: now - timedelta(days=rules[customer_id].keep_days) for customer_id in oldest}
    return [(customer_id, before) for customer_id, before in since.items() if oldest[customer_id] < before]


def _drop_of(customer_id: UUID, before: datetime, now: datetime) -> int:
    past = CaseFile.objects.filter(customer_id=customer_id, dropped_at__isnull=True, added_at__lt=before)
    ids = list(past.order_by("id").values_list("id", flat=True)[:DROPPED_AT_ONCE])
    return CaseFile.objects.filter(id__in=ids).update(content=None, dropped_at=now)
