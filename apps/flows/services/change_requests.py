"""What people do about a change: ask for it, approve or refuse it, take it back, and make it live once all is said."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts import audit
from apps.accounts.actions import Action, Role, allowed
from apps.accounts.audit import AuditAction
from apps.accounts.models import User
from apps.flows.models import ChangeApproval, ChangeRequest, Flow, FlowVersion
from apps.flows.services.change_asking import State, ask, latest_what_if
from apps.flows.services.change_checks import is_start, lacks_comparison, list_unmet
from apps.flows.services.change_policy import demands_for
from apps.flows.services.flow_state import start_draft
from apps.flows.services.publish import go_live, hold_flow

LONGEST_NOTE = 500


class ChangeError(ValueError):
    """What is asked of a change cannot be; `field` is what to mend in it ("" for all of it), the text says how."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


class ChangeClosedError(ChangeError):
    """It is over already; the message says how it ended and what to do."""


def ask_for(flow: Flow, version: FlowVersion, *, by: str, reason: str = "") -> ChangeRequest:
    """Ask for a proposed version of a flow to go live, also where nothing is demanded; asked twice it is one request.

    Raises:
        ChangeError: it is another flow's, live or live before, or made from what is not live any more.

    """
    with transaction.atomic():
        held = hold_flow(flow)
        if version.flow_id != held.id:
            raise ChangeError("version", _("This version belongs to another flow."))
        starts = held.state == Flow.State.DRAFT and version.id == held.live_version_id
        if version.published_at is not None and not starts:
            words = _("Version %(number)s was live already: go back to it instead.")
            raise ChangeError("version", words % {"number": version.number})
        if not starts and version.made_after_id != held.live_version_id:
            raise ChangeError("version", _overtaken_words(version.number))
        return ask(flow, version, by=by, reason=reason, demands=demands_for(held.customer_id))


def why_not_decide(request: ChangeRequest, person: User) -> str:
    """Return why somebody may not decide a change, in their language; "" when they may."""
    if request.state != State.OPEN:
        return closed_words(request)
    if not allowed(Role(person.role), Action.APPROVE_CHANGES):
        return _("Your role does not include approving changes.")
    if is_asker(request, person):
        return _("You asked for it: somebody else has to look at it.")
    if request.approvals.filter(person=person).exists():
        return _("You have approved it already: it waits for somebody else.")
    return ""


def is_asker(request: ChangeRequest, person: User) -> bool:
    """Return whether it was this person who asked; where no account is known, whoever bears the name that is."""
    if request.asked_by_id is not None:
        return bool(request.asked_by_id == person.id)
    return request.asked_by_name in {person.name, person.email}


def decide(request_id: UUID, *, person: User, decision: str, note: str = "") -> ChangeRequest:
    """Take one person's answer: one refusal ends the request, as many approvals as are needed let it go live.

    Raises:
        ChangeRequest.DoesNotExist: there is none such in scope.
        ChangeClosedError: it is decided already, or over.
        ChangeError: not this person's to answer, no such decision, a refusal without a note, or nothing to approve by yet.

    """
    said = " ".join(note.replace("\x00", "").split())[:LONGEST_NOTE]
    if decision not in ChangeApproval.Decision.values:
        raise ChangeError("decision", _("Approve or refuse."))
    refuses = decision == ChangeApproval.Decision.REFUSE
    if refuses and not said:
        raise ChangeError("note", _("Say why you refuse: whoever asked needs to know what to change."))
    with transaction.atomic():
        request = _held(request_id)
        if request.state != State.OPEN:
            raise ChangeClosedError("", closed_words(request))
        if why_not := why_not_decide(request, person):
            raise ChangeError("", why_not)
        if not refuses and lacks_comparison(request):
            raise ChangeError("", _("Wait for the comparison over recorded records: it is part of what you approve."))
        request.approvals.create(
            customer_id=request.customer_id,
            person=person,
            person_name=str(person)[:200],
            decision=decision,
            note=said,
            at=timezone.now(),
        )
        _take(request, decision, person, said)
        details = {"flow": request.flow.name, "version": request.version.number, "decision": decision, "note": said}
        audit.record(AuditAction.CHANGE_DECIDED, subject="change", subject_id=str(request.id), details=details)
    return request


def _take(request: ChangeRequest, decision: str, person: User, note: str) -> None:
    request.what_if = latest_what_if(request.version) or request.what_if
    if decision == ChangeApproval.Decision.REFUSE:
        _close(request, State.REFUSED, str(person), note)
    elif request.approvals.filter(decision=ChangeApproval.Decision.APPROVE).count() >= request.needed:
        request.state = State.APPROVED
    request.save(update_fields=["state", "what_if", "closed_at", "closed_by", "closed_note"])


def withdraw(request_id: UUID, *, by: str) -> ChangeRequest:
    """Take a request back; the version stays proposed. Raises ChangeClosedError."""
    with transaction.atomic():
        request = _held(request_id)
        if request.is_over:
            raise ChangeClosedError("", closed_words(request))
        _close(request, State.WITHDRAWN, by, "")
        request.save(update_fields=["state", "closed_at", "closed_by", "closed_note"])
        details = {"flow": request.flow.name, "version": request.version.number}
        audit.record(AuditAction.CHANGE_WITHDRAWN, subject="change", subject_id=str(request.id), details=details)
    return request


def put_live(request_id: UUID, *, by: str) -> ChangeRequest:
    """Make an approved change live, or start the draft it is about; everything that is demanded is looked at once more.

    Raises:
        ChangeRequest.DoesNotExist: there is none such in scope.
        ChangeClosedError: it is over, or was overtaken just now, which is kept.
        ChangeError: something does not hold (yet); the message names all of it.

    """
    with transaction.atomic():
        known = ChangeRequest.objects.select_related("flow").get(id=request_id)
        flow = hold_flow(known.flow)  # before the request: every publishing takes them in this order
        request = _held(request_id)
        if request.is_over:
            raise ChangeClosedError("", closed_words(request))
        request.flow.live_version = flow.live_version
        request.version.flow = request.flow
        if not _is_overtaken(request, flow):
            _go_live(request, by)
            return request
        _close(request, State.OVERTAKEN, "", "Another version went live meanwhile.")
        request.save(update_fields=["state", "closed_at", "closed_by", "closed_note"])
    raise ChangeClosedError("", closed_words(request))


def _go_live(request: ChangeRequest, by: str) -> None:
    unmet = list_unmet(request)
    if unmet or request.state != State.APPROVED:
        raise ChangeError("", " ".join(unmet) or _("It is not approved yet."))
    starts, version = is_start(request), request.version
    if version.published_at is None:
        go_live(request.flow, version, by=by, approved=request)
    if starts:
        start_draft(request.flow)
    request.what_if = latest_what_if(version) or request.what_if
    _close(request, State.LIVE, by, "")
    request.save(update_fields=["state", "what_if", "closed_at", "closed_by", "closed_note"])
    details = {"flow": request.flow.name, "version": version.number, "asked by": request.asked_by_name}
    audit.record(AuditAction.CHANGE_WENT_LIVE, subject="change", subject_id=str(request.id), details=details)


def _is_overtaken(request: ChangeRequest, flow: Flow) -> bool:
    version = request.version
    if version.published_at is not None:
        return flow.live_version_id != version.id or flow.state != Flow.State.DRAFT
    return flow.live_version_id != version.made_after_id


def closed_words(request: ChangeRequest) -> str:
    """Return what became of a request that waits for nobody, and what to do then."""
    if request.state == State.OVERTAKEN:
        return _overtaken_words(request.version.number)
    named = {"by": request.closed_by}
    return {
        State.APPROVED: _("It is approved: it can go live."),
        State.REFUSED: _("%(by)s has refused it: change the version and ask anew."),
        State.LIVE: _("%(by)s has made it live."),
        State.WITHDRAWN: _("%(by)s has withdrawn it: ask anew if it is still wanted."),
    }.get(State(request.state), "") % named


def _overtaken_words(number: int) -> str:
    words = _("Another version went live since version %(number)s was made: make the change anew from what is live.")
    return words % {"number": number}


def _close(request: ChangeRequest, state: str, by: str, note: str) -> None:
    request.state, request.closed_by, request.closed_note = state, by[:200], note[:LONGEST_NOTE]
    request.closed_at = timezone.now()


def _held(request_id: UUID) -> ChangeRequest:
    found = ChangeRequest.objects.select_for_update(of=("self",), no_key=True)
    return found.select_related("flow__source", "flow__target", "flow__live_version", "version").get(id=request_id)
