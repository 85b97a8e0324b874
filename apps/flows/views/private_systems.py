"""Pages about a partner's own systems: all of them, a new one, and one with its way from a draft to what is live."""

from typing import Any
from uuid import UUID

import orjson
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.text import slugify
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.once import once
from apps.accounts.page_filters import acting_person
from apps.connectors.models import PrivateSystem, PrivateTrial
from apps.connectors.private.descriptions import KINDS, read_description, require_size
from apps.connectors.private.documents import DocumentError, parse_document, read_document
from apps.connectors.private.drafting import draft_document, empty_document
from apps.connectors.private.readings import DescriptionError
from apps.connectors.private_queries import (
    PrivateFacts,
    get_private_system,
    get_trial,
    latest_trial,
    list_private_systems,
)
from apps.connectors.private_systems import create_system, discard_draft, start_draft
from apps.flows.private_forms.versions import DocumentForm, LiveForm, StartForm, TryForm
from apps.flows.private_pages import list_records, list_steps, tell_problems
from apps.flows.services.private_check import ReleaseError, draft_problems, release
from apps.flows.services.private_trials import request_trial
from apps.flows.views.private_frame import NoDraftError, crumbs, facts_with_draft, stored, to_start_a_draft

_SLOW_SECONDS = 45
_TOLD_PROBLEMS = 30
_TRY, _LIVE, _DOCUMENT = "try-%s", "live-%s", "document-%s"  # three forms of one page


@requires(Action.EDIT_CONNECTIONS)
@require_safe
def private_list(request: HttpRequest) -> HttpResponse:
    """Show the systems that the partner describes itself."""
    context = {"systems": list_private_systems(), "crumbs": crumbs()[:1]}
    return render(request, "private/private_list.html", context)


@requires(Action.EDIT_CONNECTIONS)
@once
@require_http_methods(["GET", "HEAD", "POST"])
def private_create(request: HttpRequest) -> HttpResponse:
    """Begin a system: from a file of its vendor, from a description that was downloaded here, or with nothing but a name."""
    form = StartForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            system = _begun(form, acting_person(request).name)
        except DescriptionError as error:
            form.add_error("file", str(error))
        except DocumentError as error:
            form.add_error("file", [f"{one.path}: {one.message}".lstrip(": ") for one in error.problems[:10]])
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            messages.success(request, _("%(name)s is begun as a draft.") % {"name": system.name})
            offers = get_private_system(system.id).shown.reading.get("lists")
            return redirect("flows:private-lists" if offers else "flows:private-detail", system.id)
    status = 400 if form.errors else 200
    context = {"form": form, "kinds": [_(kind.label) for kind in KINDS], "crumbs": crumbs()}
    return render(request, "private/private_create.html", context, status=status)


def _begun(form: StartForm, author: str) -> PrivateSystem:
    name, file = form.cleaned_data["name"].strip(), form.cleaned_data["file"]
    if file is None:
        return create_system(document=empty_document(name), author=author)
    raw = _contents(file)
    document = _description(raw)
    if document is not None:
        return create_system(document={**document, "name": name or document.get("name", "")}, author=author)
    reading = read_description(raw).to_json()
    drafted = draft_document(name or reading["title"] or _("Own system"), reading, [])
    return create_system(document=drafted, author=author, reading=reading)


def _contents(file: "UploadedFile[bytes]") -> bytes:
    require_size(file.size or 0)
    return bytes(file.read())


def _description(raw: bytes) -> dict[str, Any] | None:
    """Return a description that was downloaded here; None for a file of another kind."""
    try:
        document = parse_document(raw)
    except DocumentError:
        return None
    return document if {"format", "objects"} <= document.keys() and "paths" not in document else None


@requires(Action.EDIT_CONNECTIONS)
@require_safe
def private_detail(request: HttpRequest, system_id: UUID) -> HttpResponse:
    """Show one system: what is described, what is wrong with it, how trying it went."""
    return _detail(request, get_private_system(system_id))


def _detail(request: HttpRequest, facts: PrivateFacts, status: int = 200, **forms: Any) -> HttpResponse:
    version = facts.shown
    problems = draft_problems(version.document)
    context = {
        "facts": facts,
        "version": version,
        "steps": list_steps(facts, problems),
        "records": list_records(version.document, problems),
        "problems": tell_problems(facts, problems[:_TOLD_PROBLEMS]),
        "problem_count": len(problems),
        "offers": len(version.reading.get("lists", ())),
        "reading": version.reading,
        "try_form": TryForm(connections=facts.connections, auto_id=_TRY),
        "live_form": LiveForm(initial={"seen": version.revision}, auto_id=_LIVE),
        "document_form": DocumentForm(initial={"seen": version.revision}, auto_id=_DOCUMENT),
        "crumbs": crumbs(),
        **_trial_context(latest_trial(version)),
        **forms,
    }
    return render(request, "private/private_detail.html", context, status=status)


def _trial_context(trial: PrivateTrial | None) -> dict[str, Any]:
    running = trial is not None and trial.state == PrivateTrial.State.RUNNING
    waited = (now() - trial.started_at).total_seconds() if trial is not None else 0
    return {"trial": trial, "is_running": running, "is_slow": running and waited > _SLOW_SECONDS}


@requires(Action.EDIT_CONNECTIONS)
@require_POST
def private_try(request: HttpRequest, system_id: UUID) -> HttpResponse:
    """Ask for a try over a connection; a worker does it and the page shows its result."""
    facts = get_private_system(system_id)
    form = TryForm(request.POST, connections=facts.connections, auto_id=_TRY)
    if form.is_valid():
        chosen = next(one for one in facts.connections if str(one.id) == form.cleaned_data["connection"])
        try:
            request_trial(facts.shown, chosen)
        except ValidationError as error:
            form.add_error(None, error.messages)
    if form.errors:
        return _detail(request, facts, 400, try_form=form)
    return redirect(f"{_page(facts)}#try")


@requires(Action.EDIT_CONNECTIONS)
@require_safe
def private_trial_live(request: HttpRequest, system_id: UUID, trial_id: UUID) -> HttpResponse:
    """Answer the part of the page that shows a try while it runs."""
    facts = get_private_system(system_id)
    trial = get_trial(facts.shown, trial_id)
    response = render(request, "private/_trial.html", {"facts": facts, **_trial_context(trial)})
    if trial.state != PrivateTrial.State.RUNNING and request.headers.get("HX-Request"):
        response["HX-Refresh"] = "true"  # the proof changed with it, all over the page
    return response


@requires(Action.EDIT_CONNECTIONS)
@require_POST
def private_live(request: HttpRequest, system_id: UUID) -> HttpResponse:
    """Make a draft live: connections and flows use it from now on."""
    try:
        facts, draft = facts_with_draft(system_id)
    except NoDraftError as missing:
        return to_start_a_draft(request, missing)
    form = LiveForm(request.POST, auto_id=_LIVE)
    if form.is_valid():
        try:
            release(draft, seen=form.cleaned_data["seen"], note=form.cleaned_data["note"])
        except ReleaseError:
            form.add_error(None, _("The draft has problems: mend them first."))
        except ValidationError as error:
            form.add_error(None, error.messages)
    if form.errors:
        return _detail(request, facts, 400, live_form=form)
    messages.success(
        request, _("%(name)s is live: it can be connected and used in flows.") % {"name": facts.system.name}
    )
    return redirect(_page(facts))


@requires(Action.EDIT_CONNECTIONS)
@require_POST
def private_draft(request: HttpRequest, system_id: UUID) -> HttpResponse:
    """Begin a new version; what is live goes on as it is."""
    facts = get_private_system(system_id)
    start_draft(facts.system, author=acting_person(request).name)
    messages.success(request, _("A new version is begun. What is live stays as it is until you make this one live."))
    return redirect(_page(facts))


@requires(Action.EDIT_CONNECTIONS)
@require_POST
def private_discard(request: HttpRequest, system_id: UUID) -> HttpResponse:
    """Drop a draft; what is live stays."""
    try:
        facts, draft = facts_with_draft(system_id)
        discard_draft(draft)
    except NoDraftError as missing:
        return to_start_a_draft(request, missing)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("flows:private-detail", system_id)
    messages.success(request, _("The draft is dropped."))
    return redirect(_page(facts))


@requires(Action.EDIT_CONNECTIONS)
@require_safe
def private_document(_request: HttpRequest, system_id: UUID) -> HttpResponse:
    """Hand out the description as a JSON document."""
    facts = get_private_system(system_id)
    name = slugify(facts.system.name) or "system"
    text = orjson.dumps(facts.shown.document, option=orjson.OPT_INDENT_2)
    response = HttpResponse(text, content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}-{facts.shown.number}.json"'
    return response


@requires(Action.EDIT_CONNECTIONS)
@require_POST
def private_replace(request: HttpRequest, system_id: UUID) -> HttpResponse:
    """Put an uploaded description in the draft's place."""
    try:
        facts, draft = facts_with_draft(system_id)
    except NoDraftError as missing:
        return to_start_a_draft(request, missing)
    form = DocumentForm(request.POST, request.FILES, auto_id=_DOCUMENT)
    if form.is_valid():
        try:
            document = parse_document(_contents(form.cleaned_data["file"]))
            read_document(document, slug=facts.system.slug)
        except (DocumentError, DescriptionError) as error:
            told = getattr(error, "problems", ())
            form.add_error("file", [f"{one.path}: {one.message}".lstrip(": ") for one in told[:10]] or str(error))
        else:
            if stored(request, form, draft, document):
                return redirect(_page(facts))
    return _detail(request, facts, 400, document_form=form)


def _page(facts: PrivateFacts) -> str:
    return crumbs(facts)[-1]["url"]
