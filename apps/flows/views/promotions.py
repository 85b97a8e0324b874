"""Promoting a sandbox flow: what it means, what is chosen, and asking for it."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.once import once
from apps.accounts.page_filters import acting_person
from apps.flows.engine.definition import DefinitionError
from apps.flows.models import Flow
from apps.flows.promotion_forms import PromotionForm
from apps.flows.queries.flows import get_flow, template_of
from apps.flows.services.promotion import PromotionError, plan_promotion, promote
from apps.flows.services.walk_session import SOURCE, TARGET
from apps.flows.views.flow_frame import crumbs
from apps.flows.views.mapping_refusals import refusals_told


@requires(Action.EDIT_FLOWS)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def flow_promote(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """Show what promoting a sandbox flow means, and ask for it."""
    flow = get_flow(flow_id)
    try:
        plan = plan_promotion(flow)
    except PromotionError as error:
        messages.info(request, str(error))
        return redirect("flows:flow-detail", flow.id)
    form = PromotionForm(request.POST or None, plan=plan, labels=_labels(flow))
    if request.method == "POST" and form.is_valid():
        asked = _asked(request, flow, form)
        if asked is not None:
            return asked
    context = {"flow": flow, "plan": plan, "form": form, "crumbs": crumbs(flow, _("Promote"))}
    return render(request, "flows/flow_promote.html", context, status=400 if request.method == "POST" else 200)


def _asked(request: HttpRequest, flow: Flow, form: PromotionForm) -> HttpResponse | None:
    """Ask, and lead to the change; None when it cannot be, and the form or a message says why."""
    try:
        with refusals_told(request):
            change = promote(
                flow,
                by=acting_person(request).name,
                reason=form.cleaned_data["reason"],
                name=form.name,
                chosen=form.chosen,
            )
            return redirect("flows:change-detail", change.id)
    except PromotionError as error:
        form.add_error(error.field if error.field in form.fields else None, str(error))
    except DefinitionError as error:
        form.add_error(None, str(error))
    return None


def _labels(flow: Flow) -> dict[str, str]:
    template = template_of(flow)
    labels = {role: _(label) for role, label in template.roles.items()} if template else {}
    return {SOURCE: _("Reads from"), TARGET: _("Writes to"), **labels}
