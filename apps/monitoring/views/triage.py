"""What people decide about the proposal of one exception: apply it, refuse it, or have it looked at anew."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.page_filters import acting_person
from apps.monitoring.models import TriageProposal
from apps.monitoring.queries import cases as queries
from apps.monitoring.triage import applying, proposing, words
from apps.monitoring.triage.applying import Changes, Outcome
from apps.monitoring.triage_forms import ApplyForm, RefuseForm
from apps.monitoring.views.case_frame import came_from, is_from_queue, queue_address, wants_pane
from apps.monitoring.views.cases import Deed, act, moved_on


@requires(Action.WORK_CASES)
@require_POST
def proposal_apply(request: HttpRequest, case_id: UUID, proposal_id: UUID) -> HttpResponse:
    """Do what is proposed, as it stands or changed; where two must agree, the first one's word is kept."""
    proposal = _proposal(case_id, proposal_id)
    form = ApplyForm(request.POST, deed=proposal.deed, said=words.filled(proposal), auto_id="triage_%s")

    def do() -> str:
        changes = Changes(form.said, form.cleaned_data.get("tell", ""))
        who, now = acting_person(request), timezone.now()
        if applying.apply_proposal(proposal.id, by=who, now=now, changes=changes) is Outcome.NEEDS_ANOTHER:
            return _("You agreed. It is done once another person confirms it.")
        return _("Done as proposed.")

    return act(request, case_id, Deed("triage", form, do))


@requires(Action.WORK_CASES)
@require_POST
def proposal_refuse(request: HttpRequest, case_id: UUID, proposal_id: UUID) -> HttpResponse:
    """Put a proposal aside, with the reason."""
    proposal = _proposal(case_id, proposal_id)
    form = RefuseForm(request.POST, auto_id="refuse_%s")

    def do() -> str:
        reason = form.cleaned_data["reason"]
        applying.refuse_proposal(proposal.id, reason=reason, by=acting_person(request), now=timezone.now())
        return _("Refused. Thank you: it counts in the scorecard.")

    return act(request, case_id, Deed("triage_refuse", form, do, moves_on=False))


@requires(Action.WORK_CASES)
@require_POST
def proposal_renew(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Look at an exception anew: its records or the past may say something else by now."""
    case = queries.get_case(case_id)
    if not proposing.renew(case.id, timezone.now()):
        messages.info(request, _("There is nothing to propose: the ways out are below."))
    if wants_pane(request):
        return moved_on(request, case_id, moves_on=False)
    if is_from_queue(request):
        return redirect(queue_address(came_from(request), case_id))
    return redirect("monitoring:case-detail", case_id)


def _proposal(case_id: UUID, proposal_id: UUID) -> TriageProposal:
    case = queries.get_case(case_id)
    proposal = TriageProposal.objects.filter(case=case, id=proposal_id).first()
    if proposal is None:
        raise Http404("This exception has no such proposal.")
    return proposal
