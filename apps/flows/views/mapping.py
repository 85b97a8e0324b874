"""Pages about a flow's mapping: one line to edit, try, publish or reset, and one more value in a table."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.page_filters import acting_person
from apps.flows import forms
from apps.flows.engine.definition import DefinitionError
from apps.flows.mapping.compiled import MappingError
from apps.flows.mapping.layers import LayerError
from apps.flows.mapping.line_checks import LINE_CHECKS
from apps.flows.mapping.places import DELIVERY
from apps.flows.mapping.transforms import TRANSFORMS
from apps.flows.models import Flow
from apps.flows.queries.flows import get_flow
from apps.flows.queries.mapping import (
    EditedLine,
    TriedLine,
    changes_for,
    get_edited_line,
    problem_sentences,
    trial_version,
    try_line,
)
from apps.flows.queries.sample_results import SampleReport, report_of_change, report_of_run
from apps.flows.services.publish import OvertakenError, change_line
from apps.flows.services.samples import SamplesFailError
from apps.flows.services.value_maps import add_mapping_value
from apps.flows.services.walk_session import MissingRoleError
from apps.flows.services.what_if import WhatIfError, ask_of_line
from apps.flows.views.change_asked import led_to_change
from apps.flows.views.flow_frame import crumbs
from apps.flows.views.mapping_refusals import refusals_told
from apps.flows.views.sample_consent import asked_despite

_FORM_FIELDS = {"value_map_default": "otherwise"}  # what the form calls a key of a line otherwise


@requires(Action.EDIT_FLOWS)
@require_http_methods(["GET", "HEAD", "POST"])
def flow_line_edit(request: HttpRequest, flow_id: UUID, target: str) -> HttpResponse:
    """Change one mapping line for this customer: try it on the latest record or all recorded ones, or publish it."""
    flow = get_flow(flow_id)
    edited = _edited(request, flow, target)
    form = forms.LineForm(request.POST or None, edited=edited)
    tried: TriedLine | None = None
    samples: SampleReport | None = None
    if request.method == "POST" and form.is_valid():
        changes = changes_for(edited, form.wanted_line())
        try:
            if "preview" in request.POST:
                tried = try_line(flow, target, changes, edited.place)
                samples = _samples(flow, edited, changes)
            elif "what_if" in request.POST and changes_for(edited, edited.line) != changes:
                return _asked(request, flow, edited, changes, form.cleaned_data["note"])
            else:
                return _published(request, flow, edited, changes, form)
        except SamplesFailError as error:
            samples = report_of_run(error.run)
            form.add_error(None, error)
        except (MappingError, LayerError, OvertakenError) as error:
            _explain(form, target, error)
    context = {
        "flow": flow,
        "edited": edited,
        "form": form,
        "tried": tried,
        "samples": samples,
        "transforms": [transform for _name, transform in sorted(TRANSFORMS.items())],
        "checks": [check for _name, check in sorted(LINE_CHECKS.items())],
        "crumbs": crumbs(flow, edited.label),
    }
    return render(request, "flows/line_edit.html", context, status=400 if form.errors else 200)


def _asked(request: HttpRequest, flow: Flow, edited: EditedLine, changes: dict[str, Any], note: str) -> HttpResponse:
    target, by = edited.line.target, acting_person(request).name
    try:
        asked = ask_of_line(flow, target=target, changes=changes, by=by, note=note, place=edited.place)
    except WhatIfError as error:
        messages.error(request, str(error))
        return redirect(_address(flow, edited))
    return redirect("flows:what-if-detail", asked.id)


def _address(flow: Flow, edited: EditedLine) -> str:
    path = reverse("flows:flow-line-edit", args=[flow.id, edited.line.target])
    return path if edited.place == DELIVERY else f"{path}?place={edited.place}"


def _samples(flow: Flow, edited: EditedLine, changes: dict[str, Any]) -> SampleReport | None:
    live = flow.live_version
    if live is None:
        return None
    live.flow = flow
    return report_of_change(live, trial_version(flow, edited.line.target, changes, edited.place))


def _edited(request: HttpRequest, flow: Flow, target: str) -> EditedLine:
    try:
        edited = get_edited_line(flow, target, request.GET.get("place", DELIVERY))
    except (DefinitionError, LayerError, KeyError, MissingRoleError) as error:
        raise Http404("This flow's mapping cannot be read any more.") from error
    if edited is None:
        raise Http404("The target has no such field.")
    return edited


def _published(
    request: HttpRequest, flow: Flow, edited: EditedLine, changes: dict[str, Any], form: forms.LineForm
) -> HttpResponse:
    if changes_for(edited, edited.line) == changes:
        messages.info(request, _("Nothing was changed, so nothing was published."))
    else:
        version = change_line(
            flow,
            target=edited.line.target,
            changes=changes,
            made_by=acting_person(request).name,
            note=form.cleaned_data["note"],
            seen=form.cleaned_data["seen"],
            place=edited.place,
            despite=asked_despite(request),
        )
        if (asked := led_to_change(request, version)) is not None:
            return asked
        messages.success(
            request, _("Version %(number)s is live. Runs from now on use it.") % {"number": version.number}
        )
    return redirect("flows:flow-mapping", flow.id)


def _explain(form: forms.LineForm, target: str, error: MappingError | LayerError | OvertakenError) -> None:
    if not isinstance(error, MappingError):
        form.add_error(None, str(error))
        return
    for problem, sentence in zip(error.problems, problem_sentences(error.problems), strict=True):
        own = problem.target == target
        key = _FORM_FIELDS.get(problem.key, problem.key)
        form.add_error(key if own and key in form.fields else None, problem.message if own else sentence)


@requires(Action.EDIT_FLOWS)
@require_POST
def flow_line_reset(request: HttpRequest, flow_id: UUID, target: str) -> HttpResponse:
    """Take this customer's change of a line away."""
    flow = get_flow(flow_id)
    edited = _edited(request, flow, target)
    if not edited.is_changed_here:
        messages.info(request, _("%(field)s is as the layer below has it already.") % {"field": edited.label})
    else:
        note = f"Reset {edited.label}"
        with refusals_told(request):
            by = acting_person(request).name
            version = change_line(flow, target=target, changes={}, made_by=by, note=note, place=edited.place)
            if (asked := led_to_change(request, version)) is not None:
                return asked
            messages.success(
                request,
                _("%(field)s is as before the change. Version %(number)s is live.")
                % {"field": edited.label, "number": version.number},
            )
    return redirect("flows:flow-mapping", flow.id)


@requires(Action.EDIT_FLOWS)
@require_POST
def flow_value_add(request: HttpRequest, flow_id: UUID, target: str) -> HttpResponse:
    """Add one translation to a line's table of values."""
    flow, form = get_flow(flow_id), forms.ValueForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Fill in both: what the record says, and what the target gets."))
    else:
        old, new = form.cleaned_data["outside_value"], form.cleaned_data["new_value"]
        with refusals_told(request):
            version = add_mapping_value(
                flow, target=target, outside_value=old, new_value=new, made_by=acting_person(request).name
            )
            if (asked := led_to_change(request, version)) is not None:
                return asked
            messages.success(
                request,
                _("%(old)s becomes %(new)s from version %(number)s on. Retry what was blocked by it.")
                % {"old": old, "new": new, "number": version.number},
            )
    return redirect(f"{reverse('flows:flow-mapping', args=[flow.id])}#values")
