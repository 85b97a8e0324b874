"""The audit trail as a page and as a file."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.accounts import audit, queries
from apps.accounts.access import requires
from apps.accounts.account_lists import TRAIL, deed_options, fitting_entries
from apps.accounts.actions import ROLE_LABELS, Action, Role
from apps.accounts.audit import AuditAction
from apps.accounts.csv_export import csv_file
from apps.accounts.customer_directory import list_customer_names
from apps.accounts.deed_words import deed_words
from apps.accounts.listing import ListState, Option, page_of, read_list
from apps.accounts.models import AuditEntry
from apps.accounts.page_filters import asked_id

MOST_EXPORTED = 20_000
# The file is evidence: every column, whatever the page shows, in words that programs can rely on.
_HEADER = ("position", "at", "by", "action", "subject", "subject id", "details", "hash")


@dataclass(frozen=True, slots=True)
class TrailRow:
    """One entry of the trail in words; `details` are (name, words)."""

    entry: AuditEntry
    deed: str
    details: list[tuple[str, str]]

    @property
    def actor_key(self) -> str:
        """Return the id of the person or key, "" when the system worked by itself."""
        return str(self.entry.actor_id or self.entry.api_key_id or "")


@requires(Action.VIEW_AUDIT)
@require_safe
def audit_trail(request: HttpRequest) -> HttpResponse:
    """Show what was done, newest first."""
    state = _state(request)
    page = page_of(request, state, fitting_entries(state), _shown_rows, csv_path=reverse("accounts:audit-csv"))
    return render(request, "accounts/audit.html", {"list": page})


@requires(Action.VIEW_AUDIT)
@require_safe
def audit_csv(request: HttpRequest) -> HttpResponseBase:
    """Answer the filtered trail as a CSV file, and note that it was taken."""
    state = _state(request)
    fitting = fitting_entries(state)
    details = {**state.values, "entries": fitting.count()}
    rows = _rows(fitting.order_by(*state.ordering())[: MOST_EXPORTED + 1].iterator(chunk_size=1000))
    note = _("Only the first %(most)s rows are in this file: narrow the filter.") % {"most": MOST_EXPORTED}
    answer = csv_file(f"audit-trail-{timezone.localdate():%Y-%m-%d}.csv", _HEADER, rows, most=MOST_EXPORTED, note=note)
    audit.record(AuditAction.AUDIT_EXPORTED, subject="audit trail", details=details)
    return answer


def _state(request: HttpRequest) -> ListState:
    by = asked_id(request, "by")
    known = queries.name_of_actor(by) if by else ""
    return read_list(request, TRAIL, {"action": deed_options(), "by": [Option(str(by), known)] if known else []})


def _rows(entries: Iterator[AuditEntry]) -> Iterator[tuple[object, ...]]:
    for entry in entries:
        details = json.dumps(entry.details, ensure_ascii=False, sort_keys=True) if entry.details else ""
        at = entry.at.isoformat(timespec="seconds")
        yield entry.position, at, entry.actor_name, entry.action, entry.subject, entry.subject_id, details, entry.hash


def _shown_rows(entries: Sequence[AuditEntry]) -> list[TrailRow]:
    names = {str(customer_id): name for customer_id, name in list_customer_names().items()}
    return [TrailRow(entry, deed_words(entry.action), _shown(entry.details, names)) for entry in entries]


def _shown(details: dict[str, Any], names: dict[str, str]) -> list[tuple[str, str]]:
    said = {name: value for name, value in details.items() if value not in ("", None, [], {})}
    return [(name.replace("_", " "), names.get(str(value)) or _words(value)) for name, value in said.items()]


def _words(value: Any) -> str:
    """Return a detail as words; a pair is what was before and what came after."""
    if isinstance(value, list):
        if len(value) == 2 and not any(isinstance(part, list | dict) for part in value):
            return f"{_words(value[0])} → {_words(value[1])}"
        return ", ".join(str(part) for part in value)
    if isinstance(value, str) and value in set(Role):
        return str(ROLE_LABELS[Role(value)])
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)
