"""Pages on which a draft of a partner's own system is worked on: lists to choose, basics, each kind of record, its lines."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.connectors.canonical.registry import CANONICAL_TYPES
from apps.connectors.manifest import FieldSpec, ValueKind
from apps.connectors.models import PrivateVersion
from apps.connectors.private.drafting import (
    MOST_CHOSEN,
    draft_document,
    reading_lines,
    with_chosen_parts,
    writing_lines,
)
from apps.connectors.private_queries import PrivateFacts
from apps.flows.mapping.transforms import TRANSFORMS
from apps.flows.private_forms.fields import DraftForm
from apps.flows.private_forms.lines import MappingForm, reading_targets, writing_targets
from apps.flows.private_forms.protocols import basics_form, new_record_form, record_form
from apps.flows.private_forms.records import ListsForm
from apps.flows.private_pages import evidence_of, evidence_of_basics, list_choices, list_left_out, offer_of
from apps.flows.views.private_frame import (
    NoDraftError,
    crumbs,
    facts_with_draft,
    part_named,
    stored,
    to_start_a_draft,
    with_part,
)

_GET_OR_POST = ["GET", "HEAD", "POST"]


@requires(Action.EDIT_CONNECTIONS)
@require_http_methods(_GET_OR_POST)
def private_lists(request: HttpRequest, system_id: UUID) -> HttpResponse:
    """Choose which lists of the uploaded file become kinds of records."""
    try:
        facts, draft = facts_with_draft(system_id)
    except NoDraftError as missing:
        return to_start_a_draft(request, missing)
    rows = list_choices(draft)
    form = ListsForm(request.POST or None, rows=rows, initial={"seen": draft.revision})
    if request.method == "POST" and form.is_valid():
        document = _with_lists(draft, form.cleaned_data["paths"])
        if stored(request, form, draft, document):
            return redirect("flows:private-detail", facts.system.id)
    context = {
        "facts": facts,
        "form": form,
        "rows": rows,
        "reading": draft.reading,
        "left_out": list_left_out(draft),
        "most": MOST_CHOSEN,
        "crumbs": crumbs(facts),
    }
    return render(request, "private/private_lists.html", context, status=400 if form.errors else 200)


def _with_lists(draft: PrivateVersion, paths: list[str]) -> dict[str, Any]:
    """Return the document with the chosen lists added; what the draft reads already stays as it was worked on."""
    document = draft.document
    drafted = draft_document(document["name"], draft.reading, paths)
    names = {one["name"] for one in document["objects"]}
    added = [{**one, "name": _free(one["name"], names)} for one in drafted["objects"]]
    known = {one["name"] for one in document.get("settings", ())}
    settings = [one for one in drafted["settings"] if one["name"] not in known]
    first = {} if document["objects"] else {"auth": drafted["auth"], "secrets": drafted["secrets"]}
    chosen = {
        **document,
        **first,
        "settings": [*document.get("settings", ()), *settings],
        "objects": [*document["objects"], *added],
    }
    return with_chosen_parts(chosen, draft.reading, paths)


def _free(name: str, taken: set[str]) -> str:
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name[:50]}_{number}"
    taken.add(free)
    return free


@requires(Action.EDIT_CONNECTIONS)
@require_http_methods(_GET_OR_POST)
def private_basics(request: HttpRequest, system_id: UUID) -> HttpResponse:
    """Change what holds for the whole system: name, sign-in, limits, errors."""
    try:
        facts, draft = facts_with_draft(system_id)
    except NoDraftError as missing:
        return to_start_a_draft(request, missing)
    form = basics_form(draft.document)(
        request.POST or None, part=draft.document, revision=draft.revision, evidence=evidence_of_basics(draft)
    )
    if request.method == "POST" and form.is_valid() and stored(request, form, draft, form.changed_part()):
        return redirect("flows:private-detail", facts.system.id)
    context = {"facts": facts, "form": form, "crumbs": crumbs(facts)}
    return render(request, "private/private_basics.html", context, status=400 if form.errors else 200)


@requires(Action.EDIT_CONNECTIONS)
@require_http_methods(_GET_OR_POST)
def private_record_create(request: HttpRequest, system_id: UUID) -> HttpResponse:
    """Add a kind of record that no file offers."""
    try:
        facts, draft = facts_with_draft(system_id)
    except NoDraftError as missing:
        return to_start_a_draft(request, missing)
    form = new_record_form(draft.document)(request.POST or None, initial={"seen": draft.revision})
    if request.method == "POST" and form.is_valid():
        name = _free(form.cleaned_data["name"], {one["name"] for one in draft.document["objects"]})
        part = form.part(name, draft.document.get("odata"))
        document = {**draft.document, "objects": [*draft.document["objects"], part]}
        if stored(request, form, draft, document):
            return redirect("flows:private-record", facts.system.id, name)
    context = {"facts": facts, "form": form, "crumbs": crumbs(facts)}
    return render(request, "private/private_record_create.html", context, status=400 if form.errors else 200)


@requires(Action.EDIT_CONNECTIONS)
@require_http_methods(_GET_OR_POST)
def private_record(request: HttpRequest, system_id: UUID, record: str) -> HttpResponse:
    """Change how one kind of record is named, read and written."""
    try:
        facts, draft = facts_with_draft(system_id)
    except NoDraftError as missing:
        return to_start_a_draft(request, missing)
    index, part = part_named(draft, record)
    evidence, offer = evidence_of(draft, part), offer_of(draft, part)
    form = record_form(draft.document)(
        request.POST or None, part=part, offered=offer.get("writing"), revision=draft.revision, evidence=evidence
    )
    if request.method == "POST" and form.is_valid():
        changed = _with_fitting_lines(part, form.changed_part(), offer)
        if stored(request, form, draft, with_part(draft, index, changed)):
            return redirect("flows:private-mapping", facts.system.id, record)
    context = {"facts": facts, "form": form, "part": part, "crumbs": crumbs(facts)}
    return render(request, "private/private_record.html", context, status=400 if form.errors else 200)


def _with_fitting_lines(before: dict[str, Any], part: dict[str, Any], offer: Mapping[str, Any]) -> dict[str, Any]:
    """Return a kind of record with lines for what it is now: those of another canonical type say nothing any more."""
    fields = [
        FieldSpec(one["name"], ValueKind(one["kind"]), required=bool(one.get("required"))) for one in part["fields"]
    ]
    kind = part["canonical_type"]
    other = kind != before.get("canonical_type", "")
    if other or not part.get("reading_lines"):
        part = {**part, "reading_lines": reading_lines(kind, fields)}
    if "writing" in part and (other or not part.get("writing_lines")):
        offered = [] if other else offer.get("writing_lines", [])
        part = {**part, "writing_lines": offered or writing_lines(kind, fields)}
    return part


@requires(Action.EDIT_CONNECTIONS)
@require_http_methods(_GET_OR_POST)
def private_mapping(request: HttpRequest, system_id: UUID, record: str) -> HttpResponse:
    """Change the lines between one kind of record and its canonical type."""
    try:
        facts, draft = facts_with_draft(system_id)
    except NoDraftError as missing:
        return to_start_a_draft(request, missing)
    index, part = part_named(draft, record)
    reads, writes = _mapping_forms(request, part, draft.revision)
    wrong = False
    if request.method == "POST" and reads is not None:
        wrong = not all([reads.is_valid(), writes is None or writes.is_valid()])
        changed = None if wrong else _with_lines(part, reads, writes)
        if changed is not None and stored(request, reads, draft, with_part(draft, index, changed)):
            return redirect("flows:private-detail", facts.system.id)
    context = _mapping_context(facts, part, reads, writes)
    refused = wrong or (reads is not None and bool(reads.errors))
    return render(request, "private/private_mapping.html", context, status=400 if refused else 200)


def _mapping_forms(
    request: HttpRequest, part: dict[str, Any], revision: int
) -> tuple[MappingForm | None, MappingForm | None]:
    described = CANONICAL_TYPES.get(part.get("canonical_type", ""))
    if described is None:
        return None, None
    posted = request.POST or None
    targets = reading_targets(described.fields)
    lines = part.get("reading_lines", ())
    reads = MappingForm(posted, lines=lines, targets=targets, side="read", revision=revision)
    if "writing" not in part:
        return reads, None
    outside = writing_targets(part.get("fields", ()))
    lines = part.get("writing_lines", ())
    return reads, MappingForm(posted, lines=lines, targets=outside, side="write", revision=revision)


def _with_lines(part: dict[str, Any], reads: MappingForm, writes: MappingForm | None) -> dict[str, Any]:
    changed = {**part, "reading_lines": reads.lines()}
    return changed if writes is None else {**changed, "writing_lines": writes.lines()}


def _mapping_context(
    facts: PrivateFacts, part: dict[str, Any], reads: MappingForm | None, writes: MappingForm | None
) -> dict[str, Any]:
    described = CANONICAL_TYPES.get(part.get("canonical_type", ""))
    return {
        "facts": facts,
        "part": part,
        "described": described,
        "reads": reads,
        **_rows(reads, "read"),
        **_rows(writes, "write"),
        "writes": writes,
        "outside_fields": [one["name"] for one in part.get("fields", ())],
        "canonical_fields": [one.name for one in described.fields] if described else [],
        "transforms": [transform for _name, transform in sorted(TRANSFORMS.items())],
        "crumbs": crumbs(facts),
    }


def _rows(form: MappingForm | None, side: str) -> dict[str, Any]:
    """Return a form's rows in two parts: those that are used or needed, and the rest."""
    rows = list(form.rows()) if form else []
    return {f"{side}_rows": [row for row in rows if row.is_used], f"{side}_more": [r for r in rows if not r.is_used]}


@requires(Action.EDIT_CONNECTIONS)
@require_POST
def private_record_remove(request: HttpRequest, system_id: UUID, record: str) -> HttpResponse:
    """Take one kind of record out of the draft."""
    try:
        facts, draft = facts_with_draft(system_id)
    except NoDraftError as missing:
        return to_start_a_draft(request, missing)
    index, part = part_named(draft, record)
    form = DraftForm(request.POST)
    if not form.is_valid() or not stored(request, form, draft, with_part(draft, index, None)):
        messages.error(
            request, _("%(name)s is still there: the draft was changed meanwhile.") % {"name": part["label"]}
        )
    return redirect("flows:private-detail", facts.system.id)
