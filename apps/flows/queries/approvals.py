"""Reading approvals: which are in somebody's sight, what a page says of one, and how many wait for somebody."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.accounts.actions import CUSTOMER_ROLES, ROLE_LABELS
from apps.accounts.actor import Actor
from apps.accounts.badges import Badge
from apps.accounts.models import User
from apps.flows.models import ApprovalDecision, ApprovalRequest, OperationStep
from apps.flows.queries.step_words import kind_title
from apps.flows.services.approval_voices import Voice, asked_roles, voice_of, waiting_for
from apps.flows.services.approvals import closed_words

_OPEN = ApprovalRequest.State.OPEN


@dataclass(frozen=True, slots=True)
class ApprovalRow:
    """A question as lists show it. `state` is for the badge; `said` are the names of those who have answered."""

    request: ApprovalRequest
    state: str
    said: str
    is_overdue: bool

    @property
    def progress(self) -> str:
        """Return how many of how many have answered; "" where one answer is enough."""
        if self.request.needed == 1:
            return ""
        return _("%(number)s of %(all)s") % {"number": len(self.request.decisions.all()), "all": self.request.needed}


@dataclass(frozen=True, slots=True)
class ApprovalPage:
    """One question with all that its page shows. `voice` is set while the reader may answer it.

    `why_not` says why they cannot; `steps` and `decisions` are entries of a timeline.
    """

    row: ApprovalRow
    facts: list[dict[str, object]]
    steps: list[dict[str, object]]
    decisions: list[dict[str, object]]
    asked: str
    voice: Voice | None
    why_not: str


def in_sight(who: Actor) -> QuerySet[ApprovalRequest]:
    """Return the questions somebody may know of: all in scope for the team, a customer's those that its people are asked."""
    found = ApprovalRequest.objects.select_related("flow", "customer").prefetch_related("decisions")
    if not who.is_customer:
        return found
    return found.filter(Q(role__in=CUSTOMER_ROLES) | Q(escalate_to__in=CUSTOMER_ROLES, escalated_at__isnull=False))


def get_approval(request_id: UUID, who: Actor) -> ApprovalRequest:
    """Return one question in sight. Raises Http404."""
    found = in_sight(who).select_related("operation", "flow", "customer").filter(id=request_id).first()
    if found is None:
        raise Http404("There is no such approval.")
    return found


def count_waiting(who: Actor) -> Badge:
    """Return how many questions wait for somebody, as the figure beside the menu's entry."""
    return Badge(waiting_for(who, timezone.now()).count())


def rows_of(requests: Sequence[ApprovalRequest]) -> list[ApprovalRow]:
    """Return some questions as lists show them."""
    now = timezone.now()
    return [_row(request, now) for request in requests]


def page_of_approval(request: ApprovalRequest, person: User | None) -> ApprovalPage:
    """Return everything the page of one question shows to somebody."""
    now = timezone.now()
    voice = voice_of(request, person, now) if person is not None and request.state == _OPEN else None
    return ApprovalPage(
        row=_row(request, now),
        facts=facts_of(request),
        steps=_steps(request),
        decisions=decisions_of(request),
        asked=_asked(request),
        voice=voice,
        why_not="" if voice is not None else _why_not(request),
    )


def facts_of(request: ApprovalRequest) -> list[dict[str, object]]:
    """Return what people decide by, in pairs."""
    pairs: list[dict[str, object]] = []
    if request.amount is not None:
        pairs.append({"label": _("Amount"), "amount": request.amount, "currency": request.currency})
    pairs += [{"label": fact["label"], "value": fact["value"]} for fact in request.facts]
    return pairs


def decisions_of(request: ApprovalRequest) -> list[dict[str, object]]:
    """Return what was said, the newest first, and before it when it was asked and escalated."""
    entries: list[dict[str, Any]] = [{"title": _("Asked"), "moment": request.asked_at, "icon": "help-circle"}]
    if request.escalated_at:
        to = _(ROLE_LABELS[_role(request.escalate_to)])
        entries.append(
            {
                "title": _("Not answered in time: asked as well: %(role)s") % {"role": to},
                "moment": request.escalated_at,
                "icon": "alert-triangle",
                "tone": "warning",
            }
        )
    entries += [_entry(one) for one in request.decisions.all()]
    if request.state == ApprovalRequest.State.EXPIRED:
        entries.append(
            {"title": _("Nobody answered in time"), "moment": request.closed_at, "icon": "clock", "tone": "danger"}
        )
    if request.state == ApprovalRequest.State.WITHDRAWN:
        entries.append({"title": _("No answer is needed any more"), "moment": request.closed_at, "icon": "ban"})
    return entries[::-1]


def _entry(one: ApprovalDecision) -> dict[str, object]:
    is_yes = one.decision == ApprovalDecision.Decision.APPROVE
    ways = {"screen": _("in the portal"), "api": _("by the API"), "mail": _("by the link of a mail")}
    who = _("%(who)s, %(way)s") % {"who": one.person_name, "way": ways[one.via]}
    if one.for_person is not None:
        who = _("%(who)s for %(colleague)s, %(way)s") % {
            "who": one.person_name,
            "colleague": one.for_person.name,
            "way": ways[one.via],
        }
    return {
        "title": _("Approved") if is_yes else _("Refused"),
        "moment": one.decided_at,
        "text": one.reason,
        "actor": who,
        "icon": "circle-check" if is_yes else "circle-x",
        "tone": "success" if is_yes else "danger",
    }


def _row(request: ApprovalRequest, now: datetime) -> ApprovalRow:
    is_open = request.state == _OPEN
    return ApprovalRow(
        request=request,
        state="waiting" if is_open else request.state,
        said=", ".join(one.person_name for one in request.decisions.all()),
        is_overdue=bool(is_open and request.due_at and request.due_at <= now),
    )


def _steps(request: ApprovalRequest) -> list[dict[str, object]]:
    """Return the steps of the record so far, the newest first."""
    walked = OperationStep.objects.filter(operation_id=request.operation_id).exclude(kind="extract")
    return [
        {
            "title": step.name.replace("_", " ").capitalize() if step.name != step.kind else kind_title(step.kind),
            "moment": step.changed_at,
            "text": step.error_message or step.note,
            "state": step.state,
        }
        for step in walked.order_by("-position")
    ]


def _asked(request: ApprovalRequest) -> str:
    roles = ", ".join(sorted(_(ROLE_LABELS[role]) for role in asked_roles(request)))
    if request.needed == 1:
        return _("%(roles)s: one answer is enough") % {"roles": roles}
    return ngettext(
        "%(roles)s: %(number)s person must approve", "%(roles)s: %(number)s people must approve", request.needed
    ) % {"roles": roles, "number": request.needed}


def _why_not(request: ApprovalRequest) -> str:
    if request.state != _OPEN:
        return closed_words(request)
    return _("You are not asked, or your answer is known already: it waits for others.")


def _role(word: str) -> Any:
    return next(role for role in ROLE_LABELS if role == word)
