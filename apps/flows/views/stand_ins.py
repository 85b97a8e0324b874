"""Who decides approvals for somebody while they are away: a part of one's own settings."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.models import User
from apps.accounts.once import once
from apps.accounts.page_filters import acting_person
from apps.accounts.queries import get_person
from apps.flows.approval_forms import StandInForm
from apps.flows.models import Delegation
from apps.flows.services import stand_ins as services


@requires(Action.APPROVE)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def stand_in(request: HttpRequest) -> HttpResponse:
    """Show one's absences with who stands in, and take a new one."""
    person = _person(request)
    colleagues = services.colleagues_of(person)
    form = StandInForm(request.POST or None, colleagues=colleagues)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.appoint(person, **form.cleaned_data)
        except ValidationError as error:
            for field, words in error.message_dict.items():
                form.add_error(field, words)
        else:
            messages.success(request, _("%(name)s stands in for you.") % {"name": made.stand_in.name})
            return redirect("flows:stand-in")
    context = {
        "form": form,
        "has_colleagues": bool(colleagues),
        "own": services.delegations_of(person),
        "others": services.stood_in_for(person),
    }
    return render(request, "flows/stand_in.html", context, status=400 if form.errors else 200)


@requires(Action.OWN_PROFILE)  # whose role changed since may still end what they began
@require_POST
def stand_in_end(request: HttpRequest, delegation_id: UUID) -> HttpResponse:
    """End one's own absence before its last day."""
    try:
        services.dismiss(_person(request), delegation_id)
    except Delegation.DoesNotExist:
        raise Http404("There is no such absence.") from None
    messages.success(request, _("You decide for yourself again."))
    return redirect("flows:stand-in" if acting_person(request).can(Action.APPROVE) else "accounts:profile")


def _person(request: HttpRequest) -> User:
    return get_person(acting_person(request).user_id or UUID(int=0))
