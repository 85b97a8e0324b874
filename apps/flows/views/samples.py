"""A customer's own samples: a recorded record pinned as one, renamed, brought up to date, and removed."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.page_filters import acting_person
from apps.flows.models import Flow, FlowSample
from apps.flows.queries.operations import get_operation
from apps.flows.queries.own_samples import get_sample
from apps.flows.services import own_samples as services


@requires(Action.EDIT_FLOWS)
@require_POST
def operation_pin(request: HttpRequest, operation_id: UUID) -> HttpResponse:
    """Keep a record as a sample of its flow."""
    operation = get_operation(operation_id)
    try:
        sample = services.pin_sample(operation, name=request.POST.get("name", ""), by=acting_person(request).name)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("flows:operation-detail", operation_id)
    messages.success(request, _("“%(name)s” is a sample of this flow from now on.") % {"name": sample.name})
    return _to_samples(operation.flow)


@requires(Action.EDIT_FLOWS)
@require_POST
def sample_rename(request: HttpRequest, sample_id: UUID) -> HttpResponse:
    """Give a sample another name."""
    sample, name = _get(sample_id), request.POST.get("name", "")
    return _done(request, sample, lambda: services.rename_sample(sample, name=name), _("The sample has its new name."))


@requires(Action.EDIT_FLOWS)
@require_POST
def sample_renew(request: HttpRequest, sample_id: UUID) -> HttpResponse:
    """Take what the live version makes of a sample as what must come of it."""
    sample = _get(sample_id)
    words = _("The sample expects what the live version gives.")
    return _done(request, sample, lambda: services.renew_sample(sample), words)


@requires(Action.EDIT_FLOWS)
@require_POST
def sample_remove(request: HttpRequest, sample_id: UUID) -> HttpResponse:
    """Forget a sample."""
    sample = _get(sample_id)
    return _done(request, sample, lambda: services.remove_sample(sample), _("The sample is removed."))


def _get(sample_id: UUID) -> FlowSample:
    found = get_sample(sample_id)
    if found is None:
        raise Http404("There is no such sample.")
    return found


def _done(request: HttpRequest, sample: FlowSample, act: Callable[[], None], words: str) -> HttpResponse:
    flow = sample.flow
    try:
        act()
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, words)
    return _to_samples(flow)


def _to_samples(flow: Flow) -> HttpResponse:
    return redirect(f"{reverse('flows:flow-versions', args=[flow.id])}#samples")
