"""Finds the manifests of the open partner's own systems: the live version, or the draft of one that was never live.

What a partner describes stays in its schema. One statement in each scope tells which versions hold there; what was parsed
is remembered by schema, version and revision, so that no partner can ever be handed another one's. Both are read as the
partner's staff: a customer's people, whose flows need the manifest, may not read the descriptions.
"""

from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q

from apps.accounts.staff_scope import as_staff
from apps.connectors.manifest import ProofLabel, SystemManifest
from apps.connectors.models import PrivateVersion
from apps.connectors.private.document_rules import list_problems
from apps.connectors.private.documents import DocumentError, read_document
from apps.tenants import scope
from apps.tenants.scope import Scope

PREFIX = "private-"


@dataclass(frozen=True, slots=True)
class _Kept:
    """Which version of a system holds in a scope."""

    name: str
    version_id: UUID
    revision: int
    tried_on: date | None
    is_live: bool


_held: ContextVar[tuple[Scope, dict[str, _Kept]] | None] = ContextVar("private_systems", default=None)


def is_private(slug: str) -> bool:
    """Return whether a slug is that of a system some partner describes itself."""
    return slug.startswith(PREFIX)


def is_known(slug: str) -> bool:
    """Return whether the open partner has described this system, if only as a draft."""
    return slug in _systems()


def is_draft(slug: str) -> bool:
    """Return whether a private system was never made live."""
    found = _systems().get(slug)
    return found is not None and not found.is_live


def name_of(slug: str) -> str:
    """Return what people call a private system; its slug where the open partner has none such."""
    found = _systems().get(slug)
    return found.name if found else slug


def manifest_of(slug: str) -> SystemManifest:
    """Return the manifest of a private system. Raises KeyError when there is none, or a draft cannot be used yet."""
    found = _systems().get(slug)
    manifest = _parsed(scope.require().partner.schema_name, slug, found) if found else None
    if manifest is None:
        raise KeyError(f"There is no system {slug!r}, or its draft cannot be used yet.")
    return manifest


def live_manifests() -> tuple[SystemManifest, ...]:
    """Return the manifests of the open partner's live systems, by name."""
    live = sorted((found.name, slug) for slug, found in _systems().items() if found.is_live)
    return tuple(manifest_of(slug) for _name, slug in live)


def forget() -> None:
    """Look again in this scope: something about private systems was changed."""
    _held.set(None)


def proven(manifest: SystemManifest, tried_on: date | None) -> SystemManifest:
    """Return a manifest that says how far it was tried."""
    label = ProofLabel.TRIED_LIVE if tried_on else ProofLabel.DRAFTED
    return replace(manifest, proof=label, tried_on=tried_on)


def _systems() -> dict[str, _Kept]:
    """Return the private systems of the open scope, {} outside any."""
    here, held = scope.current(), _held.get()
    if here is None:
        return {}
    if held is None or held[0] is not here:
        held = here, _read()
        _held.set(held)
    return held[1]


def _read() -> dict[str, _Kept]:
    first_draft = Q(state=PrivateVersion.State.DRAFT, system__live__isnull=True)
    holding = PrivateVersion.objects.filter(Q(system__live=F("id")) | first_draft).order_by()
    rows = holding.values_list("system__slug", "system__name", "id", "revision", "tried_on", "state")
    with as_staff(), transaction.atomic():
        return {
            slug: _Kept(name, version_id, revision, tried_on, state == PrivateVersion.State.LIVE)
            for slug, name, version_id, revision, tried_on, state in rows
        }


@lru_cache(maxsize=512)
def _parsed(schema: str, slug: str, kept: _Kept) -> SystemManifest | None:  # noqa: ARG001  the schema is part of the key
    """Return a version's manifest; None for one that cannot be read, and for a draft that breaks a rule."""
    with as_staff(), transaction.atomic():
        document = PrivateVersion.objects.filter(id=kept.version_id).values_list("document", flat=True).first()
    try:
        manifest = read_document(document or {}, slug=slug)
    except DocumentError:
        return None
    if not kept.is_live and list_problems(manifest):
        return None
    return proven(manifest, kept.tried_on)
