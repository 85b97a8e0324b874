"""What the pages about a partner's own systems have in common: the draft they work on, and how a change is stored."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.accounts.page_filters import acting_person
from apps.connectors.models import PrivateVersion
from apps.connectors.private_queries import PrivateFacts, get_private_system
from apps.connectors.private_systems import save_draft


class NoDraftError(Exception):
    """A system has nothing that could be changed: `system_id` names it."""

    def __init__(self, system_id: UUID) -> None:
        super().__init__(f"{system_id} has no draft")
        self.system_id = system_id


def facts_with_draft(system_id: UUID) -> tuple[PrivateFacts, PrivateVersion]:
    """Return a system and its draft. Raises Http404, and NoDraftError when only what is live is there."""
    facts = get_private_system(system_id)
    if facts.draft is None:
        raise NoDraftError(system_id)
    return facts, facts.draft


def to_start_a_draft(request: HttpRequest, missing: NoDraftError) -> HttpResponseRedirect:
    """Lead back to the system's page, where a new version is begun."""
    messages.info(request, _("What is live is not changed: begin a new version first."))
    return redirect("flows:private-detail", missing.system_id)


def part_named(version: PrivateVersion, name: str) -> tuple[int, dict[str, Any]]:
    """Return one kind of record of a version and its place among them. Raises Http404."""
    for index, part in enumerate(version.document.get("objects", ())):
        if part["name"] == name:
            return index, part
    raise Http404(_("The description has no such records."))


def with_part(version: PrivateVersion, index: int, part: dict[str, Any] | None) -> dict[str, Any]:
    """Return the document with one kind of record exchanged, or taken out."""
    objects = list(version.document.get("objects", ()))
    objects[index : index + 1] = [] if part is None else [part]
    return {**version.document, "objects": objects}


def stored(request: HttpRequest, form: forms.Form, draft: PrivateVersion, document: dict[str, Any]) -> bool:
    """Store a changed draft; what is wrong with it is told on the form."""
    try:
        save_draft(draft, document, seen=form.cleaned_data["seen"], author=acting_person(request).name)
    except ValidationError as error:
        form.add_error(None, error)
        return False
    messages.success(request, _("The draft is stored."))
    return True


def crumbs(facts: PrivateFacts | None = None) -> list[dict[str, str]]:
    """Return the way to a page about the partner's own systems."""
    found = [
        {"label": _("Systems"), "url": reverse("connectors:system-list")},
        {"label": _("Your own systems"), "url": reverse("flows:private-list")},
    ]
    if facts is not None:
        found.append({"label": facts.system.name, "url": reverse("flows:private-detail", args=[facts.system.id])})
    return found
