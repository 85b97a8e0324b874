"""What a partner tries out before it goes live: one draft that its people share, and a way to see it as the portal."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.http import HttpRequest

from apps.tenants import scope
from apps.tenants.branding import BrandLook
from apps.tenants.brands import (
    Change,
    Values,
    brand_for,
    change_brand,
    check_values,
    differences,
    look_from,
    stored_brand,
    values_of,
)
from apps.tenants.models import Brand, BrandDraft
from apps.tenants.scope import PartnerRef

SESSION_DRAFT = "brand_draft"  # in the session of somebody who looks at the portal with the draft
_EDIT_BRAND = "edit_brand"  # the action's own word; this room is below the one that names the actions


@dataclass(frozen=True, slots=True)
class Draft:
    """What the form shows: the draft's values, or those that are live when there is no draft (`revision` is 0 then)."""

    values: Values
    live: Values
    version: int
    revision: int = 0
    edited_by: str = ""
    edited_at: datetime | None = None

    @property
    def changes(self) -> list[Change]:
        """Return how the draft differs from what is live."""
        return differences(self.live, self.values)

    @property
    def tag(self) -> str:
        """Return what marks the addresses of this draft's files."""
        return f"draft-{self.version}-{self.revision}"


class StaleDraftError(RuntimeError):
    """Somebody else changed the draft, or published, since the form was opened. `draft` is what is there now."""

    def __init__(self, draft: Draft) -> None:
        super().__init__("The draft was changed meanwhile.")
        self.draft = draft


def draft_of(partner: PartnerRef) -> Draft:
    """Return what is being tried out."""
    return _draft(stored_brand(partner), partner)


def _draft(brand: Brand, partner: PartnerRef) -> Draft:
    live = values_of(brand)
    with scope.public():
        row = BrandDraft.objects.filter(partner_id=partner.id).first()
    if row is None:
        return Draft(live, live, brand.version)
    # Fields that came into being after the draft was saved have the live value.
    return Draft({**live, **row.values}, live, brand.version, row.revision, row.edited_by, row.edited_at)


def save_draft(
    partner: PartnerRef, wanted: Mapping[str, Any], *, seen: Mapping[str, Any], by: str, now: datetime
) -> Draft:
    """Keep `wanted` as the draft when the draft is still what the form showed (`seen`).

    Raises:
        StaleDraftError: somebody else was quicker.
        ValidationError: a value is wrong; names the field.

    """
    with scope.public(), transaction.atomic():
        brand = Brand.objects.select_for_update().get(partner_id=partner.id)
        present = _draft(brand, partner)
        if differences(seen, present.values):
            raise StaleDraftError(present)
        values = {**present.values, **wanted}
        check_values(partner, values)
        if differences(present.live, values):
            facts = {"values": values, "revision": present.revision + 1, "edited_by": by, "edited_at": now}
            BrandDraft.objects.update_or_create(partner_id=partner.id, defaults=facts)
        else:
            BrandDraft.objects.filter(partner_id=partner.id).delete()
        return _draft(brand, partner)


def publish_draft(partner: PartnerRef, *, by: str) -> list[Change]:
    """Make the draft live; returns what that changed. Raises ValidationError."""
    with scope.public(), transaction.atomic():
        brand = Brand.objects.select_for_update().get(partner_id=partner.id)
        changes = _draft(brand, partner).changes
        if changes:
            change_brand(partner, {change.field: change.after for change in changes}, by=by)
        BrandDraft.objects.filter(partner_id=partner.id).delete()
    return changes


def discard_draft(partner: PartnerRef) -> None:
    """Forget what was being tried out. Doing it twice is harmless."""
    with scope.public():
        BrandDraft.objects.filter(partner_id=partner.id).delete()


def draft_look(partner: PartnerRef) -> BrandLook:
    """Return the draft as pages use it; what is live when there is none."""
    draft = draft_of(partner)
    if not draft.revision:
        return brand_for(partner)
    return look_from(partner.id, draft.values, draft.version, draft=draft.tag)


def look_for(request: HttpRequest) -> BrandLook:
    """Return the brand a request's page wears: the draft for somebody who is trying it out, else what is live."""
    partner = getattr(request, "partner", None)
    if not partner or not is_trying_out(request):
        return brand_for(partner)
    known: BrandLook | None = getattr(request, "tried_look", None)
    look = known or draft_look(partner)
    request.tried_look = look  # type: ignore[attr-defined]  # a page asks several times
    return look


def may_try_out(request: HttpRequest) -> bool:
    """Return whether whoever asks may see what is not live."""
    actor = getattr(request, "actor", None)
    return bool(actor and actor.can(_EDIT_BRAND))


def is_trying_out(request: HttpRequest) -> bool:
    """Return whether whoever asks looks at the portal with the draft."""
    session = getattr(request, "session", None)
    return may_try_out(request) and session is not None and bool(session.get(SESSION_DRAFT))
