"""Reading changes that are asked for: the rows of the inbox, one with everything that decides it, and how many wait."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from apps.accounts.actions import Action, roles_with
from apps.accounts.actor import Actor
from apps.accounts.badges import Badge
from apps.accounts.models import User
from apps.flows.models import ChangeApproval, ChangeRequest, FlowVersion, WhatIf
from apps.flows.queries.sample_results import SampleReport, report_of_change
from apps.flows.queries.versions import VersionDifference, compare_versions
from apps.flows.queries.what_ifs import KIND_WORDS
from apps.flows.services.change_checks import Check, Standing, is_start, list_checks
from apps.flows.services.change_requests import closed_words, why_not_decide
from apps.flows.services.holes import Hole, list_holes

State = ChangeRequest.State
_STATE_BADGES = {State.OPEN: "waiting", State.REFUSED: "rejected"}


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A change as lists show it; `state` is for the badge, `said` are the names of those who have answered."""

    change: ChangeRequest
    state: str
    said: str

    @property
    def progress(self) -> str:
        """Return how many of how many have approved; "" where nobody is needed."""
        if not self.change.needed:
            return ""
        number = sum(one.decision == ChangeApproval.Decision.APPROVE for one in self.change.approvals.all())
        return _("%(number)s of %(all)s") % {"number": number, "all": self.change.needed}


@dataclass(frozen=True, slots=True)
class ChangePage:
    """One change with all that its page shows. `why_not_decide` and `why_not_live` say why a button is disabled, "" when not."""

    row: ChangeRow
    is_start: bool
    difference: VersionDifference | None
    raw_before: dict[str, Any] | None
    raw_after: dict[str, Any]
    what_if: WhatIf | None
    what_if_counts: list[dict[str, object]]
    samples: SampleReport | None
    checks: list[Check]
    holes: list[Hole]
    said: list[dict[str, object]]
    can_still_approve: list[str]
    why_not_decide: str
    why_not_live: str
    closed: str


def changes() -> QuerySet[ChangeRequest]:
    """Return the changes in scope, with what their rows show."""
    found = ChangeRequest.objects.select_related("flow", "customer", "version", "asked_by")
    return found.prefetch_related("approvals")


def get_change(change_id: UUID) -> ChangeRequest:
    """Return one change in scope. Raises Http404."""
    found = changes().select_related(
        "flow__source", "flow__target", "flow__live_version", "flow__customer", "version__made_after", "from_flow"
    )
    change = found.filter(id=change_id).first()
    if change is None:
        raise Http404("There is no such change.")
    change.version.flow = change.flow
    return change


def find_open_change(version: FlowVersion) -> ChangeRequest | None:
    """Return the request that a version waits for, None when nobody asks for it."""
    open_states = (State.OPEN, State.APPROVED)
    return ChangeRequest.objects.filter(version=version, state__in=open_states).order_by("-id").first()


def waiting_for(who: Actor) -> QuerySet[ChangeRequest]:
    """Return the open changes that `who` may decide: not asked by them, and not decided by them already."""
    found = changes().filter(state=State.OPEN)
    if who.user_id is None or not who.can(Action.APPROVE_CHANGES):
        return found.none()
    spoken = ChangeApproval.objects.filter(request=OuterRef("pk"), person=who.user_id)
    nameless = found.filter(asked_by=None, asked_by_name__in=[who.name, who.email])
    return found.exclude(asked_by=who.user_id).exclude(id__in=nameless.values("id")).exclude(Exists(spoken))


def count_waiting(who: Actor) -> Badge:
    """Return how many changes wait for somebody, as the figure beside the menu's entry."""
    return Badge(waiting_for(who).count())


def rows_of(found: Sequence[ChangeRequest]) -> list[ChangeRow]:
    """Return some changes as lists show them."""
    return [_row(change) for change in found]


def page_of_change(change: ChangeRequest, person: User | None) -> ChangePage:
    """Return everything the page of one change shows to somebody."""
    starts, before = is_start(change), _before(change)
    checks = [] if change.is_over else list_checks(change)
    unmet = [check.words for check in checks if check.standing is not Standing.PASSED]
    return ChangePage(
        row=_row(change),
        is_start=starts,
        difference=compare_versions(before, change.version) if before else None,
        raw_before=_raw(before) if before else None,
        raw_after=_raw(change.version),
        what_if=(compared := _what_if(change)),
        what_if_counts=_counts(compared),
        samples=report_of_change(before, change.version) if before and not change.is_over else None,
        checks=checks,
        holes=[] if change.is_over else list_holes(change.flow),
        said=_said(change),
        can_still_approve=_can_still_approve(change),
        why_not_decide=why_not_decide(change, person) if person else _("Only people decide changes."),
        why_not_live=" ".join(unmet),
        closed=closed_words(change) if change.is_over else "",
    )


def _before(change: ChangeRequest) -> FlowVersion | None:
    """Return what the version is compared with: what was live when it was made; None for a flow that is to start."""
    before = None if is_start(change) else change.version.made_after
    if before is not None:
        before.flow = change.flow
    return before


def _raw(version: FlowVersion) -> dict[str, Any]:
    """Return a version as it is stored."""
    return {"definition": version.definition, "layers": version.layers}


def _what_if(change: ChangeRequest) -> WhatIf | None:
    """Return the newest comparison of the version, under way or done; the one that was decided by once it is over."""
    if change.is_over:
        return change.what_if
    found = WhatIf.objects.filter(version_after=change.version, version_before_id=change.version.made_after_id)
    return found.defer("rows").order_by("-id").first()


def _counts(what_if: WhatIf | None) -> list[dict[str, object]]:
    """Return how many records come out how, in pairs; [] while it is not known."""
    counted = what_if.result.get("counts", {}) if what_if is not None else {}
    return [
        {"label": words, "value": str(counted[kind.value])}
        for kind, words in KIND_WORDS.items()
        if counted.get(kind.value)
    ]


def _row(change: ChangeRequest) -> ChangeRow:
    state = _STATE_BADGES.get(State(change.state), change.state)
    return ChangeRow(change, state, ", ".join(one.person_name for one in change.approvals.all()))


def _said(change: ChangeRequest) -> list[dict[str, object]]:
    """Return the change's history, the newest first, as entries of a timeline."""
    asked = {"title": _("Asked for"), "moment": change.asked_at, "actor": change.asked_by_name, "icon": "help-circle"}
    entries: list[dict[str, object]] = [asked]
    for one in change.approvals.all():
        agrees = one.decision == ChangeApproval.Decision.APPROVE
        entries.append(
            {
                "title": _("Approved") if agrees else _("Refused"),
                "moment": one.at,
                "text": one.note,
                "actor": one.person_name,
                "icon": "circle-check" if agrees else "circle-x",
                "tone": "success" if agrees else "danger",
            }
        )
    ends = {State.LIVE: _("Went live"), State.WITHDRAWN: _("Withdrawn"), State.OVERTAKEN: _("Overtaken")}
    if title := ends.get(State(change.state)):
        entries.append({"title": title, "moment": change.closed_at, "actor": change.closed_by, "icon": "flag"})
    return entries[::-1]


def _can_still_approve(change: ChangeRequest) -> list[str]:
    """Return the names of those who may approve and have not yet; [] when it waits for nobody."""
    if change.state != State.OPEN:
        return []
    people = User.objects.filter(is_active=True, role__in=roles_with(Action.APPROVE_CHANGES)).order_by("name")
    return [str(person) for person in people if not why_not_decide(change, person)]
