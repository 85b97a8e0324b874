"""What a customer's people see of new versions: what comes, when, and putting it off or taking it now."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.page_filters import acting_person
from apps.accounts.staff_scope import as_staff
from apps.flows.models import RolloutMember
from apps.flows.queries.coming_updates import get_own_member, list_coming_updates
from apps.flows.rollout_forms import DeferForm
from apps.flows.services.rollouts import RolloutError, defer, take_now
from apps.monitoring.views.customer_home import customer_of


@requires(Action.VIEW_OWN_HEALTH)
@require_safe
def customer_updates(request: HttpRequest) -> HttpResponse:
    """Show the new versions that come to the customer's flows."""
    updates, who = list_coming_updates(customer_of(request)), acting_person(request)
    context = {"updates": updates, "can_decide": who.can(Action.DEFER_UPDATES)}
    return render(request, "monitoring/my/updates.html", context)


@requires(Action.DEFER_UPDATES)
@require_POST
def customer_update_defer(request: HttpRequest, member_id: UUID) -> HttpResponse:
    """Put a new version off until a day."""
    member, form = _member(request, member_id), DeferForm(request.POST)
    if not form.is_valid() or not form.cleaned_data["reason"].strip():
        messages.error(request, _("Choose a day, and say why it should wait."))
        return redirect("monitoring:customer-updates")
    until, reason, who = form.cleaned_data["until"], form.cleaned_data["reason"], acting_person(request).name
    words = _("%(flow)s stays as it is until that day.") % {"flow": member.flow.name}
    return _done(request, lambda: defer(member, until=until, made_by=who, reason=reason), words)


@requires(Action.DEFER_UPDATES)
@require_POST
def customer_update_take(request: HttpRequest, member_id: UUID) -> HttpResponse:
    """Take a new version now."""
    member, who = _member(request, member_id), acting_person(request).name
    words = _("%(flow)s has its new version.") % {"flow": member.flow.name}

    def take() -> None:
        if take_now(member, made_by=who).state == RolloutMember.State.HELD:
            raise RolloutError(_("Something has to be decided first: we were told and get in touch."))

    return _done(request, take, words)


def _member(request: HttpRequest, member_id: UUID) -> RolloutMember:
    found = get_own_member(customer_of(request), member_id)
    if found is None:
        raise Http404("There is no such update.")
    return found


def _done(request: HttpRequest, act: Callable[[], None], words: str) -> HttpResponse:
    try:
        with as_staff():  # the rollout is the partner's; what is done concerns this customer's flow alone
            act()
    except RolloutError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, words)
    return redirect("monitoring:customer-updates")
