"""A draft before it goes live: what it changes, what would become of records, and publishing it, asking first, or dropping it."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.page_filters import acting_person
from apps.flows.draft_forms import NoteForm
from apps.flows.engine.definition import DefinitionError
from apps.flows.engine.edits import EditError
from apps.flows.queries.draft_page import get_standing
from apps.flows.queries.draft_review import get_review
from apps.flows.queries.flows import get_flow
from apps.flows.queries.problem_words import problem_words
from apps.flows.services.draft_trials import ask_of_draft
from apps.flows.services.drafts import DraftConflictError, bring_up_to_date, discard_draft, publish_draft
from apps.flows.services.walk_session import MissingRoleError
from apps.flows.services.what_if import WhatIfError
from apps.flows.views.change_asked import led_to_change
from apps.flows.views.flow_editing import chosen_sides
from apps.flows.views.flow_frame import crumbs
from apps.flows.views.mapping_refusals import refusals_told
from apps.flows.views.sample_consent import asked_despite


@requires(Action.EDIT_FLOWS)
@require_safe
def flow_draft_review(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """Show what a draft changes, and what keeps it from going live."""
    flow = get_flow(flow_id)
    standing = get_standing(flow, by=acting_person(request).name, now=timezone.now())
    review = get_review(flow, standing) if standing else None
    if review is None:
        messages.info(request, _("There is no draft of this flow: nothing was changed since it was published."))
        return redirect("flows:flow-detail", flow.id)
    context = {
        "flow": flow,
        "standing": standing,
        "review": review,
        "form": NoteForm(),
        "crumbs": crumbs(flow, _("Review and publish")),
    }
    return render(request, "flows/edit/draft_review.html", context)


@requires(Action.EDIT_FLOWS)
@require_POST
def draft_refresh(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """Put a draft onto the version that went live meanwhile, with what was chosen where both changed the same."""
    flow = get_flow(flow_id)
    with _refusals_told(request):
        bring_up_to_date(flow, by=acting_person(request).name, choices=chosen_sides(request))
        messages.success(request, _("The draft stands on what is live now."))
    return redirect("flows:flow-draft-review", flow.id)


@requires(Action.EDIT_FLOWS)
@require_POST
def draft_publish(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """Make the draft the live version."""
    flow, form = get_flow(flow_id), NoteForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("The reason is too long: write at most 300 characters."))
        return redirect("flows:flow-draft-review", flow.id)
    goes_to = "flows:flow-draft-review"
    with _refusals_told(request):
        by, despite = acting_person(request).name, asked_despite(request)
        version = publish_draft(flow, by=by, note=form.cleaned_data["note"], despite=despite)
        goes_to = "flows:flow-versions"
        if version.published_at is None:
            return led_to_change(request, version) or redirect(goes_to, flow.id)
        words = _("Version %(number)s is live. Runs from now on use it.") % {"number": version.number}
        messages.success(request, words)
    return redirect(goes_to, flow.id)


@requires(Action.EDIT_FLOWS)
@require_POST
def draft_what_if(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """Ask what the draft would change of the records that were read lately; it can be worked on meanwhile."""
    flow, form = get_flow(flow_id), NoteForm(request.POST)
    goes_to, about = "flows:flow-draft-review", flow.id
    with _refusals_told(request):
        note = form.cleaned_data["note"] if form.is_valid() else ""
        asked = ask_of_draft(flow, by=acting_person(request).name, note=note)
        goes_to, about = "flows:what-if-detail", asked.id
    return redirect(goes_to, about)


@requires(Action.EDIT_FLOWS)
@require_POST
def draft_discard(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """Throw the draft away; what is live stays as it is."""
    flow = get_flow(flow_id)
    discard_draft(flow)
    messages.success(request, _("The draft was thrown away. What is live stays as it is."))
    return redirect("flows:flow-detail", flow.id)


@contextmanager
def _refusals_told(request: HttpRequest) -> Iterator[None]:
    """Do something with a draft; what refuses it is said, and nothing is changed."""
    try:
        with refusals_told(request):
            yield
    except (EditError, DefinitionError, WhatIfError) as error:
        messages.error(request, problem_words(str(error)))
    except DraftConflictError as error:
        messages.error(request, str(error))
    except (MissingRoleError, KeyError) as error:
        messages.error(request, problem_words(str(error.args[0])))
