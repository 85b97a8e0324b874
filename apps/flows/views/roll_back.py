"""Rolling back what was done for a failed record: what would happen is shown first, and a reason is asked for."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.page_filters import acting_person
from apps.flows.forms import RollBackForm
from apps.flows.models import Operation
from apps.flows.queries import operations as queries
from apps.flows.services.undo import CannotRollBackError, roll_back


@requires(Action.EDIT_AND_RETRY)
@require_http_methods(["GET", "HEAD", "POST"])
def operation_roll_back(request: HttpRequest, operation_id: UUID) -> HttpResponse:
    """Show what rolling one record back takes back and what stays, and begin it once it is confirmed with a reason."""
    operation = queries.get_operation(operation_id)
    form = RollBackForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return _begun(request, operation, form)
    page = queries.get_operation_page(operation, acting_person(request))
    context = {
        "operation": operation,
        "sentence": page.sentence,
        "standing": page.compensation,
        "form": form,
        "crumbs": [
            {"label": operation.flow.name, "url": reverse("flows:flow-detail", args=[operation.flow_id])},
            {"label": _("Record"), "url": reverse("flows:operation-detail", args=[operation.id])},
            {"label": _("Roll back"), "url": ""},
        ],
    }
    return render(request, "flows/operation_roll_back.html", context, status=400 if form.errors else 200)


def _begun(request: HttpRequest, operation: Operation, form: RollBackForm) -> HttpResponse:
    try:
        roll_back(
            operation.id,
            agreed=form.cleaned_data["agreed"],
            made_by=acting_person(request).name,
            reason=form.cleaned_data["reason"],
        )
        messages.success(request, _("It is being rolled back: this page shows how far it is."))
    except CannotRollBackError as error:
        messages.error(request, str(error))
    return redirect("flows:operation-detail", operation.id)
