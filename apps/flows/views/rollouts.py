"""Rolling a template's newest base out: the form, the rings as they go, and what a person may do about it."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.page_filters import acting_person
from apps.flows.queries.rollouts import get_member, get_rollout, get_rollout_offer, get_rollout_page
from apps.flows.rollout_forms import DeferForm, RolloutForm
from apps.flows.services import rollouts as services


@requires(Action.EDIT_FLOWS)
@require_http_methods(["GET", "HEAD", "POST"])
def rollout_start(request: HttpRequest, template: str) -> HttpResponse:
    """Choose rings and gates, and start."""
    offer = get_rollout_offer(template)
    form = RolloutForm(request.POST or None, customers=offer.customers)
    if request.method == "POST" and form.is_valid():
        try:
            rollout = services.start_rollout(
                template=template,
                rings=form.cleaned_data["shares"],
                gates=form.gates,
                pilots=[UUID(pilot) for pilot in form.cleaned_data["pilots"]],
                note=form.cleaned_data["note"],
                defer_days=form.cleaned_data["defer_days"],
                started_by=acting_person(request).name,
            )
            return redirect("flows:rollout-detail", rollout.id)
        except services.RolloutError as error:
            form.add_error(None, str(error))
    context = {"offer": offer, "form": form}
    return render(request, "flows/rollout_start.html", context, status=400 if form.errors else 200)


@requires(Action.VIEW_FLOWS)
@require_safe
def rollout_detail(request: HttpRequest, rollout_id: UUID) -> HttpResponse:
    """Show how a rollout goes."""
    page = get_rollout_page(get_rollout(rollout_id))
    can_edit = acting_person(request).can(Action.EDIT_FLOWS)
    return render(request, "flows/rollout_detail.html", {"page": page, "can_edit": can_edit, "defer_form": DeferForm()})


@requires(Action.EDIT_FLOWS)
@require_POST
def rollout_pause(request: HttpRequest, rollout_id: UUID) -> HttpResponse:
    """Leave a rollout where it is."""
    rollout = get_rollout(rollout_id)
    return _done(request, rollout_id, lambda: services.pause_rollout(rollout), _("The rollout is paused."))


@requires(Action.EDIT_FLOWS)
@require_POST
def rollout_resume(request: HttpRequest, rollout_id: UUID) -> HttpResponse:
    """Go on with a paused rollout."""
    rollout = get_rollout(rollout_id)
    return _done(request, rollout_id, lambda: services.resume_rollout(rollout), _("The rollout goes on."))


@requires(Action.EDIT_FLOWS)
@require_POST
def rollout_stop(request: HttpRequest, rollout_id: UUID) -> HttpResponse:
    """End a rollout; with `take_back` every flow that it changed gets its version from before."""
    rollout, who = get_rollout(rollout_id), acting_person(request).name
    take_back = "take_back" in request.POST
    words = (
        _("The rollout is stopped, and what it changed is as before.") if take_back else _("The rollout is stopped.")
    )
    return _done(request, rollout_id, lambda: services.stop_rollout(rollout, made_by=who, take_back=take_back), words)


@requires(Action.EDIT_FLOWS)
@require_POST
def rollout_take_back(request: HttpRequest, rollout_id: UUID) -> HttpResponse:
    """Give every flow that an ended rollout changed its version from before."""
    rollout, who = get_rollout(rollout_id), acting_person(request).name
    try:
        number = services.take_back_all(rollout, made_by=who)
    except services.RolloutError as error:
        messages.error(request, str(error))
    else:
        words = ngettext("%(n)d flow is as it was before.", "%(n)d flows are as they were before.", number)
        messages.success(request, words % {"n": number})
    return redirect("flows:rollout-detail", rollout_id)


@requires(Action.EDIT_FLOWS)
@require_POST
def rollout_defer(request: HttpRequest, rollout_id: UUID, member_id: UUID) -> HttpResponse:
    """Let one customer's flow wait with its change."""
    member = get_member(rollout_id, member_id)
    form = DeferForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose a day until which it waits."))
        return redirect("flows:rollout-detail", rollout_id)
    until, who = form.cleaned_data["until"], acting_person(request).name
    return _done(
        request,
        rollout_id,
        lambda: services.defer(member, until=until, made_by=who, reason=form.cleaned_data["reason"]),
        _("%(flow)s waits.") % {"flow": member.flow.name},
    )


def _done(request: HttpRequest, rollout_id: UUID, act: Callable[[], None], words: str) -> HttpResponse:
    try:
        act()
    except services.RolloutError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, words)
    return redirect("flows:rollout-detail", rollout_id)
