"""The list of approvals: its columns and filters, and the questions that fit."""

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.actor import Actor
from apps.accounts.listing import Column, Filter, ListSpec, ListState, Option
from apps.flows.models import ApprovalRequest
from apps.flows.queries.approvals import in_sight
from apps.flows.services.approval_voices import waiting_for

OPEN, DECIDED, OVERDUE = "open", "decided", "overdue"
_CUSTOMER = Column("customer", _("Customer"), sort=("customer__name",), value=lambda row: row.request.customer.name)
_COLUMNS = (
    Column("question", _("Question"), value=lambda row: row.request.question, fixed=True),
    Column("flow", _("Flow"), sort=("flow__name",), value=lambda row: row.request.flow.name),
    Column("amount", _("Amount"), sort=("amount",), value=lambda row: row.request.amount, numeric=True, nullable=True, large_first=True),
    Column("currency", _("Currency"), value=lambda row: row.request.currency, shown=False),
    Column("due", _("Answer by"), sort=("due_at",), value=lambda row: row.request.due_at, nullable=True),
    Column("asked", _("Asked"), sort=("asked_at",), value=lambda row: row.request.asked_at, large_first=True),
    Column("said", _("Answered by"), value=lambda row: row.said),
    Column("state", _("State"), value=lambda row: row.request.state),
)  # fmt: skip
_SEARCH = Filter("q", _("Words of the question"), "search")
_CHOOSE = Filter("customer", _("Customer"), "select", all_label=_("All customers"))
_FLOW = Filter("flow", _("Flow"), "select", all_label=_("All flows"))
_DUE = Filter("due", _("Answer by"), "select", (Option(OVERDUE, _("Overdue")),), all_label=_("Due at any time"))
_VIEW = Filter(
    "view", _("Shown"), "chips", (Option(OPEN, _("All open")), Option(DECIDED, _("Closed"))), all_label=_("For you")
)

APPROVALS = ListSpec(
    key="approvals",
    columns=(_COLUMNS[0], _CUSTOMER, *_COLUMNS[1:]),
    filters=(_SEARCH, _CHOOSE, _FLOW, _DUE, _VIEW),
    order="due",
)
OWN_APPROVALS = ListSpec(key="own-approvals", columns=_COLUMNS, filters=(_SEARCH, _FLOW, _DUE, _VIEW), order="due")


def fitting_approvals(state: ListState, who: Actor) -> QuerySet[ApprovalRequest]:
    """Return the questions that fit: without a choice those that `who` may answer now."""
    return _narrowed(in_view(state.value("view"), who), state)


def count_views(who: Actor) -> dict[str, int]:
    """Return how many there are to choose from, whatever else is filtered; "" are one's own."""
    return {view: in_view(view, who).count() for view in ("", OPEN, DECIDED)}


def in_view(view: str, who: Actor) -> QuerySet[ApprovalRequest]:
    """Return the questions of one of the list's views."""
    seen = in_sight(who)
    if view == OPEN:
        return seen.filter(state=ApprovalRequest.State.OPEN)
    if view == DECIDED:
        return seen.exclude(state=ApprovalRequest.State.OPEN)
    return seen & waiting_for(who, timezone.now())


def _narrowed(found: QuerySet[ApprovalRequest], state: ListState) -> QuerySet[ApprovalRequest]:
    for name in ("customer", "flow"):
        if chosen := state.id_of(name):
            found = found.filter(**{f"{name}_id": chosen})
    if state.value("due") == OVERDUE:
        found = found.filter(state=ApprovalRequest.State.OPEN, due_at__lte=timezone.now())
    if words := state.value("q"):
        found = found.filter(Q(question__icontains=words) | Q(operation__label__icontains=words))
    return found
