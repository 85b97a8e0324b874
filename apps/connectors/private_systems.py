"""Changes to the systems that a partner describes itself: draft, change, make live. A live version is never changed."""

import re
from typing import Any
from uuid import UUID, uuid4

import orjson
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts import audit
from apps.accounts.audit import AuditAction
from apps.connectors import private_shelf
from apps.connectors.manifest import SystemManifest
from apps.connectors.models import PrivateSystem, PrivateVersion
from apps.connectors.private.document_rules import list_problems
from apps.connectors.private.documents import MOST_BYTES, Document, DocumentError, read_document, write_document

MOST_SYSTEMS = 100  # of one partner
_OBJECT_NAME = re.compile(r"objects\[\d+\]\.name\Z")


def create_system(*, document: Document, author: str, reading: dict[str, Any] | None = None) -> PrivateSystem:
    """Store a new system with its first draft. `reading` is what an uploaded file gave to choose from.

    Raises:
        ValidationError: the document has not the form of one, or the partner has very many systems already.

    """
    document = write_document(_require_readable(document))
    if PrivateSystem.objects.count() >= MOST_SYSTEMS:
        raise ValidationError({"name": _("There are %(most)d systems already: no more fit.") % {"most": MOST_SYSTEMS}})
    now = timezone.now()
    system = PrivateSystem(slug=f"{private_shelf.PREFIX}{uuid4().hex[:24]}", name=_name_of(document), created_at=now)
    with transaction.atomic():
        system.save()
        PrivateVersion.objects.create(
            system=system,
            number=1,
            document=document,
            reading=reading or {},
            author=author[:200],
            created_at=now,
            changed_at=now,
        )
        _record(AuditAction.PRIVATE_SYSTEM_CREATED, system, {"name": system.name})
    private_shelf.forget()
    return system


def draft_of(system: PrivateSystem) -> PrivateVersion | None:
    """Return the version that is worked on, None when there is only what is live."""
    return PrivateVersion.objects.filter(system=system, state=PrivateVersion.State.DRAFT).first()


def start_draft(system: PrivateSystem, *, author: str) -> PrivateVersion:
    """Return the draft to work on: the present one, or a new one that begins as the live version is."""
    with transaction.atomic():
        locked = PrivateSystem.objects.select_for_update(no_key=True).get(id=system.id)
        known = draft_of(locked)
        if known is not None:
            return known
        newest = PrivateVersion.objects.filter(system=locked).first()
        if newest is None or locked.live is None:
            raise ValidationError(_("There is nothing to begin a draft from."))
        now = timezone.now()
        return PrivateVersion.objects.create(
            system=locked,
            number=newest.number + 1,
            document=locked.live.document,
            reading=locked.live.reading,
            author=author[:200],
            created_at=now,
            changed_at=now,
        )


def save_draft(draft: PrivateVersion, document: Document, *, seen: int, author: str) -> None:
    """Store a draft's document. What was tried of it no longer counts.

    Raises:
        ValidationError: the document has not the form of one, or somebody changed the draft since `seen` (its revision).

    """
    document = write_document(_require_readable(document))
    unchanged = PrivateVersion.objects.filter(id=draft.id, state=PrivateVersion.State.DRAFT, revision=seen)
    with transaction.atomic():
        stored = unchanged.update(
            document=document, revision=seen + 1, tried_on=None, author=author[:200], changed_at=timezone.now()
        )
        if not stored:
            raise ValidationError(
                _("Somebody else changed this draft meanwhile: open the page again, and make your change once more.")
            )
        if draft.system.live_id is None:
            PrivateSystem.objects.filter(id=draft.system_id).update(name=_name_of(document))
        _record(AuditAction.PRIVATE_SYSTEM_CHANGED, draft.system, {"version": draft.number})
    private_shelf.forget()


def discard_draft(draft: PrivateVersion) -> None:
    """Drop a draft; what is live stays. Raises ValidationError for the only version there is."""
    if draft.system.live_id is None:
        raise ValidationError(_("This is the only version there is: nothing would be left."))
    with transaction.atomic():
        PrivateVersion.objects.filter(id=draft.id, state=PrivateVersion.State.DRAFT).delete()
        _record(AuditAction.PRIVATE_SYSTEM_CHANGED, draft.system, {"version": draft.number, "draft": "dropped"})
    private_shelf.forget()


def make_live(draft: PrivateVersion, *, seen: int, note: str = "") -> None:
    """Let connections and flows use a draft from now on; the version before it is kept as it was.

    Raises:
        ValidationError: it breaks a rule, or somebody changed it since `seen`.

    """
    now = timezone.now()
    unchanged = PrivateVersion.objects.filter(id=draft.id, state=PrivateVersion.State.DRAFT, revision=seen)
    with transaction.atomic():
        system = PrivateSystem.objects.select_for_update(no_key=True).get(id=draft.system_id)
        fresh = unchanged.select_for_update(no_key=True, of=("self",)).first()
        if fresh is None:
            raise ValidationError(_("Somebody else changed this draft meanwhile: look at it again."))
        if list_problems(_require_readable(fresh.document)):
            raise ValidationError(_("The draft has problems: mend them first."))
        PrivateVersion.objects.filter(system=system, state=PrivateVersion.State.LIVE).update(
            state=PrivateVersion.State.REPLACED
        )
        unchanged.update(state=PrivateVersion.State.LIVE, live_at=now, note=note[:300])
        PrivateSystem.objects.filter(id=system.id).update(live=fresh, name=_name_of(fresh.document))
        _record(AuditAction.PRIVATE_SYSTEM_LIVE, system, {"version": fresh.number, "note": note})
    private_shelf.forget()


def note_tried(version_id: UUID, revision: int) -> bool:
    """Note that a version, as it was at `revision`, got through a try today; False when it was changed since."""
    found = PrivateVersion.objects.filter(id=version_id, revision=revision)
    tried = found.update(tried_on=timezone.now().date())
    private_shelf.forget()
    return bool(tried)


def _require_readable(document: Document) -> SystemManifest:
    if len(orjson.dumps(document)) > MOST_BYTES:
        most = {"most": MOST_BYTES // 1024}
        raise ValidationError(_("The description grew beyond %(most)d KB: leave fields out.") % most)
    try:
        manifest = read_document(document, slug=private_shelf.PREFIX)
    except DocumentError as wrong:
        raise ValidationError([f"{one.path}: {one.message}" for one in wrong.problems[:20]]) from None
    # Pages find a kind of record by its name: only a usable one is stored, whatever else may still be wrong.
    unnamed = [one for one in list_problems(manifest) if _OBJECT_NAME.match(one.path)]
    if unnamed:
        raise ValidationError([f"{one.path}: {one.message}" for one in unnamed[:20]])
    return manifest


def _name_of(document: Document) -> str:
    return str(document["name"]).strip()[:80] or "—"


def _record(action: AuditAction, system: PrivateSystem, details: dict[str, Any]) -> None:
    audit.record(action, subject="private system", subject_id=str(system.id), details=details)
