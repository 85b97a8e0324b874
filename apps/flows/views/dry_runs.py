"""Pages about dry runs: asking for one, and what it found, kept up to date while it is under way."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.page_filters import Chip, acting_person, address, asked_number
from apps.connectors.canonical.registry import CANONICAL_TYPES
from apps.flows.models import DryRun
from apps.flows.queries import flows as queries
from apps.flows.queries.operations import shown
from apps.flows.queries.sample_results import report_of_version
from apps.flows.queries.versions import get_version
from apps.flows.services.dry_run import COUNTS, SAMPLE, DryRunError, request_dry_run, rows_kept
from apps.flows.views.flow_frame import crumbs
from apps.tenants.templatetags.wording import MASK, money_words

_TONES = {"creates": "success", "updates": "progress", "rejected": "danger"}


@dataclass(frozen=True, slots=True)
class TriedRow:
    """One record of a dry run as the page shows it. `pairs` are what would be sent beside what was sent last."""

    label: str
    key: str
    outcome: str
    sentences: list[str]
    amount: str
    fields: list[tuple[str, str]]
    pairs: list[dict[str, object]]
    source: Any


@requires(Action.RUN_FLOWS)
@require_POST
def flow_dry_run(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """Ask for a dry run: of the latest records, or of what the next run would read."""
    flow = queries.get_flow(flow_id)
    changes = request.POST.get("scope") == DryRun.Scope.CHANGES
    number = request.POST.get("version", "")
    version = get_version(flow, int(number)) if number.isascii() and number.isdigit() and len(number) < 7 else None
    try:
        asked = request_dry_run(
            flow, by=acting_person(request).name, sample=None if changes else SAMPLE, version=version
        )
    except DryRunError as error:
        messages.error(request, str(error))
        return redirect("flows:flow-detail", flow.id)
    return redirect("flows:dry-run-detail", asked.id)


@requires(Action.VIEW_FLOWS)
@require_safe
def dry_run_detail(request: HttpRequest, dry_run_id: UUID) -> HttpResponse:
    """Show what a dry run found."""
    dry_run = _get(dry_run_id)
    who, now = acting_person(request), timezone.now()
    wanted = request.GET.get("outcome", "")
    wanted = wanted if wanted in COUNTS else ""
    waits = not dry_run.is_over and not dry_run.is_lost(now)
    context = {
        "dry_run": dry_run,
        "flow": dry_run.flow,
        "waits": waits,
        "is_lost": dry_run.is_lost(now),
        "tiles": _tiles(dry_run, wanted),
        "worth": ", ".join(money_words(amount, currency) for currency, amount in dry_run.amounts.items()),
        "crumbs": crumbs(dry_run.flow, _("Dry run")),
        "can_try": who.can(Action.RUN_FLOWS),
    }
    if request.headers.get("HX-Request") and "HX-Boosted" not in request.headers:
        response = render(request, "flows/_dry_run_live.html", context)
        if not waits:
            response["HX-Refresh"] = "true"  # the records below are there now
        return response
    rows = rows_kept(dry_run) if dry_run.state == DryRun.State.DONE else []
    chosen = [row for row in rows if not wanted or row["outcome"] == wanted]
    start = asked_number(request, "page", 1) * _ROWS_A_PAGE - _ROWS_A_PAGE
    kind = str(dry_run.version.definition.get("canonical_type", ""))
    page = chosen[max(start, 0) : max(start, 0) + _ROWS_A_PAGE]
    context |= {
        "rows": [_tried(row, kind, can_see=who.can(Action.VIEW_PAYLOADS)) for row in page],
        "chips": _chips(request, dry_run, wanted),
        "kept": len(rows),
        "newer_url": address(request, page=start // _ROWS_A_PAGE) if start > 0 else "",
        "older_url": address(request, page=start // _ROWS_A_PAGE + 2) if len(chosen) > start + _ROWS_A_PAGE else "",
        "can_see_payloads": who.can(Action.VIEW_PAYLOADS),
        "samples": report_of_version(dry_run.version, can_see=who.can(Action.VIEW_PAYLOADS)),
    }
    return render(request, "flows/dry_run_detail.html", context)


_ROWS_A_PAGE = 50


def _get(dry_run_id: UUID) -> DryRun:
    found = (
        DryRun.objects.select_related("flow__source", "flow__target", "flow__customer", "version")
        .filter(id=dry_run_id)
        .first()
    )
    if found is None:
        raise Http404("There is no such dry run.")
    found.version.flow = found.flow
    return found


def count_words_of(name: str) -> str:
    """Return what one of a dry run's counts is called."""
    return {
        "creates": _("Would create"),
        "updates": _("Would change"),
        "unchanged": _("Unchanged"),
        "skipped": _("Skipped"),
        "rejected": _("Would be refused"),
    }[name]


def _tiles(dry_run: DryRun, wanted: str) -> list[dict[str, object]]:
    here = reverse("flows:dry-run-detail", args=[dry_run.id])
    return [
        {
            "label": count_words_of(name),
            "count": getattr(dry_run, name),
            "tone": _TONES.get(name, "neutral") if getattr(dry_run, name) else "neutral",
            "url": f"{here}?outcome={name}#records",
            "active": wanted == name,
        }
        for name in COUNTS
    ]


def _chips(request: HttpRequest, dry_run: DryRun, wanted: str) -> list[Chip]:
    every = Chip(_("All"), f"{address(request, outcome=None)}#records", not wanted, dry_run.read)
    return [
        every,
        *(
            Chip(
                count_words_of(name),
                f"{address(request, outcome=name)}#records",
                wanted == name,
                getattr(dry_run, name),
            )
            for name in COUNTS
        ),
    ]


def _tried(row: Mapping[str, Any], kind: str, *, can_see: bool) -> TriedRow:
    mapped, before = row["mapped"] or {}, row["before"]
    described = CANONICAL_TYPES.get(kind)
    labels = {known.name: _(known.label) for known in described.fields} if described else {}
    return TriedRow(
        label=row["label"] or row["business_key"],
        key=row["key"],
        outcome=row["outcome"],
        sentences=[reason["reason"] for reason in row["reasons"]],
        amount=money_words(row["amount"], row["currency"]) if row["amount"] and row["currency"] else "",
        fields=[(labels.get(name, name), _value(value, can_see=can_see)) for name, value in row["canonical"].items()],
        pairs=[
            {
                "label": name,
                "left": _value((before or {}).get(name), can_see=can_see),
                "right": _value(mapped.get(name), can_see=can_see),
                "differs": before is not None and (before.get(name) != mapped.get(name)),
            }
            for name in dict.fromkeys([*mapped, *(before or {})])
        ],
        source=row["source"] if can_see else None,
    )


def _value(value: Any, *, can_see: bool) -> str:
    if value in (None, ""):
        return ""
    return shown(value) if can_see else MASK
