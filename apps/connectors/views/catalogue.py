"""Pages about the systems that can be connected."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.page_filters import Chip, acting_person, address, asked_words
from apps.connectors import private_shelf, registry
from apps.connectors.capabilities import capability_sheet, object_capabilities, proof_sentence
from apps.connectors.manifest import SystemManifest
from apps.connectors.queries import get_system


@dataclass(frozen=True, slots=True)
class SystemCard:
    """One system of the catalogue in words."""

    system: SystemManifest
    reads: str
    writes: str
    proof: str
    is_simulated: bool
    is_private: bool = False


def system_card(system: SystemManifest) -> SystemCard:
    """Return what a system reads and writes, in words."""
    reads = ", ".join(_in_a_sentence(kind.label) for kind in system.objects if kind.reading)
    writes = ", ".join(_in_a_sentence(kind.label) for kind in system.objects if kind.writing)
    own = private_shelf.is_private(system.slug)
    return SystemCard(system, reads, writes, proof_sentence(system), "simulated" in system.proof.value, own)


def _in_a_sentence(label: str) -> str:
    """Return a label as it stands among other words: German nouns keep their capital."""
    return _(label) if (get_language() or "").startswith("de") else _(label).lower()


@requires(Action.VIEW_CONNECTIONS)
@require_safe
def system_list(request: HttpRequest) -> HttpResponse:
    """Show the catalogue."""
    everything, chosen = registry.all_manifests(), asked_words(request, "category")
    categories = sorted({system.category for system in everything})
    context = {
        "cards": [system_card(system) for system in everything if chosen in ("", system.category)],
        "chips": [
            Chip(_("All"), address(request, category=""), active=chosen == "", count=len(everything)),
            *(Chip(_(name), address(request, category=name), active=name == chosen) for name in categories),
        ],
        "can_connect": acting_person(request).can(Action.EDIT_CONNECTIONS),
    }
    return render(request, "connectors/system_list.html", context)


@requires(Action.VIEW_CONNECTIONS)
@require_safe
def system_detail(request: HttpRequest, system: str) -> HttpResponse:
    """Show what one system can do."""
    manifest = get_system(system)
    context = {
        "card": system_card(manifest),
        "sheet": capability_sheet(manifest),
        "kinds": object_capabilities(manifest),
        "can_connect": acting_person(request).can(Action.EDIT_CONNECTIONS),
        "crumbs": [{"label": _("Systems"), "url": reverse("connectors:system-list")}],
    }
    return render(request, "connectors/system_detail.html", context)
