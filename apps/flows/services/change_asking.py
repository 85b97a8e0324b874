"""Whether a version may go live at once, and asking for it where it may not: what every way of publishing passes."""

from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from apps.accounts import audit
from apps.accounts.actor import current_actor
from apps.accounts.audit import AuditAction
from apps.accounts.models import ApiKey
from apps.accounts.staff_scope import as_staff
from apps.flows.models import ChangeRequest, Flow, FlowVersion, WhatIf
from apps.flows.services.change_mail import tell_approvers
from apps.flows.services.change_policy import Demands, demands_for
from apps.flows.services.environments import PRODUCTION, environment_of

State = ChangeRequest.State
OPEN_STATES = (State.OPEN, State.APPROVED)
LONGEST_REASON = 500


def demands_on(flow: Flow, held: Flow) -> Demands | None:
    """Return what a version of a flow needs before it goes live, None when nothing.

    `held` is the flow as it is now. What runs nothing yet needs nothing, nor does what moves no real records: a draft, a
    flow's first version, and a flow in a sandbox.
    """
    if held.live_version_id is None or held.state == Flow.State.DRAFT:
        return None
    demands = demands_for(held.customer_id)
    return demands if demands.any and environment_of(flow) == PRODUCTION else None


def ask(
    flow: Flow,
    version: FlowVersion,
    *,
    by: str,
    reason: str = "",
    demands: Demands,
    from_flow: Flow | None = None,
) -> ChangeRequest:
    """Ask for a version to go live, with the flow held; a request for it that is open is returned as it is."""
    known = _open_requests(flow).filter(version=version).first()
    if known is not None:
        return known
    person = _person_who_asks()
    request = ChangeRequest.objects.create(
        flow=flow,
        customer_id=flow.customer_id,
        version=version,
        from_flow=from_flow,
        reason=" ".join((reason or version.note).replace("\x00", "").split())[:LONGEST_REASON],
        asked_by_id=person,
        asked_by_name=by[:200],
        asked_at=timezone.now(),
        needed=demands.approvals,
        state=State.OPEN if demands.approvals else State.APPROVED,
        what_if=latest_what_if(version),
    )
    details = {"flow": flow.name, "version": version.number, "reason": request.reason, "needed": request.needed}
    if request.needed:
        tell_approvers(request)
    audit.record(AuditAction.CHANGE_ASKED, subject="change", subject_id=str(request.id), details=details)
    return request


def ask_once(flow: Flow, version: FlowVersion, *, by: str, demands: Demands) -> ChangeRequest:
    """Ask for a version that was just made; where one just like it waits already, the new one is taken away again."""
    same = _open_requests(flow).filter(
        version__made_after_id=version.made_after_id,
        version__definition=version.definition,
        version__layers=version.layers,
        version__published_at=None,
    )
    known = same.exclude(version=version).order_by("-id").first()
    if known is None:
        return ask(flow, version, by=by, demands=demands)
    version.delete()
    return known


def latest_what_if(version: FlowVersion) -> WhatIf | None:
    """Return the last finished comparison of a version with what was live when it was made; None before there is one."""
    found = WhatIf.objects.filter(
        version_after=version, version_before_id=version.made_after_id, state=WhatIf.State.DONE
    )
    return found.order_by("-id").first()


def overtake(flow: Flow, version: FlowVersion) -> None:
    """Close the requests of a flow for other versions than the one that has just gone live; with the flow held."""
    _open_requests(flow).exclude(version=version).update(
        state=State.OVERTAKEN, closed_at=timezone.now(), closed_note=f"Version {version.number} went live meanwhile."
    )


def _open_requests(flow: Flow) -> QuerySet[ChangeRequest]:
    return ChangeRequest.objects.select_related("version").filter(flow=flow, state__in=OPEN_STATES)


def _person_who_asks() -> UUID | None:
    """Return who acts now; for a key the person who made it: nobody approves what their own program asked for."""
    who = current_actor()
    if who is None or who.api_key_id is None:
        return who.user_id if who else None
    with as_staff():
        return ApiKey.objects.filter(id=who.api_key_id).values_list("created_by_id", flat=True).first()
