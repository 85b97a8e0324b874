"""The audit trail as a page and as a file."""

import json
from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from apps.accounts import audit, queries
from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.audit import AuditAction
from apps.accounts.csv_export import csv_response
from apps.accounts.customer_directory import list_customer_names
from apps.accounts.models import AuditEntry
from apps.accounts.queries import AuditFilter

_HEADER = ("position", "at", "by", "action", "subject", "subject id", "details", "hash")


@requires(Action.VIEW_AUDIT)
@require_safe
def audit_trail(request: HttpRequest) -> HttpResponse:
    """Show what was done, newest first."""
    wanted = _filter(request)
    page = queries.audit_page(wanted)
    context = {
        "rows": _shown_rows(page.entries),
        "wanted": wanted,
        "actions": queries.audit_actions(),
        "older_url": _address(request, before=page.older_before) if page.older_before else "",
        "newest_url": _address(request) if wanted.before is not None else "",
        "query": _kept(request).urlencode(),
    }
    return render(request, "accounts/audit.html", context)


@requires(Action.VIEW_AUDIT)
@require_safe
def audit_csv(request: HttpRequest) -> HttpResponse:
    """Answer the filtered trail as a CSV file, and note that it was taken."""
    wanted = _filter(request)
    rows = list(_rows(wanted))
    details = {"action": wanted.action, "person": wanted.person, "entries": len(rows)}
    audit.record(AuditAction.AUDIT_EXPORTED, subject="audit trail", details=details)
    return csv_response(f"audit-trail-{timezone.now():%Y-%m-%d}.csv", _HEADER, rows)


def _filter(request: HttpRequest) -> AuditFilter:
    before = request.GET.get("before", "")
    return AuditFilter(
        action=_typed(request, "action"),
        person=_typed(request, "person"),
        before=int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None,
    )


def _typed(request: HttpRequest, name: str) -> str:
    return request.GET.get(name, "").replace("\x00", "").strip()[:120]


def _rows(wanted: AuditFilter) -> Iterator[tuple[object, ...]]:
    for entry in queries.audit_entries(wanted)[: queries.MOST_EXPORTED]:
        details = json.dumps(entry.details, ensure_ascii=False, sort_keys=True) if entry.details else ""
        at = entry.at.isoformat(timespec="seconds")
        yield entry.position, at, entry.actor_name, entry.action, entry.subject, entry.subject_id, details, entry.hash


def _deed(entry: AuditEntry) -> str:
    return AuditAction(entry.action).label if entry.action in set(AuditAction) else entry.action


def _shown_rows(entries: list[AuditEntry]) -> list[dict[str, Any]]:
    names = {str(customer_id): name for customer_id, name in list_customer_names().items()}
    return [{"entry": entry, "deed": _deed(entry), "details": _shown(entry.details, names)} for entry in entries]


def _shown(details: dict[str, Any], names: dict[str, str]) -> list[tuple[str, str]]:
    said = {name: value for name, value in details.items() if value not in ("", None, [], {})}
    return [(name.replace("_", " "), names.get(str(value)) or _words(value)) for name, value in said.items()]


def _words(value: Any) -> str:
    """Return a detail as words; a pair is what was before and what came after."""
    if isinstance(value, list):
        if len(value) == 2 and not any(isinstance(part, list | dict) for part in value):
            return f"{value[0]} → {value[1]}"
        return ", ".join(str(part) for part in value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)


def _kept(request: HttpRequest) -> Any:
    kept = request.GET.copy()
    kept.pop("before", None)
    return kept


def _address(request: HttpRequest, *, before: int | None = None) -> str:
    kept = _kept(request)
    if before is not None:
        kept["before"] = str(before)
    return f"?{kept.urlencode()}"
