"""The list of approvals: its columns and filters, and the questions that fit."""

from collections.abc import Mapping

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.actor import Actor
from apps.accounts.listing import Column, Filter, ListSpec, ListState, Option
from apps.flows.models import ApprovalRequest
from apps.flows.queries.approvals import in_sight
from apps.flows.services.approval_voices import waiting_for

Views = Mapping[str, QuerySet[ApprovalRequest]]
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


def views_of(who: Actor) -> Views:
    """Return the questions of each of the list's views, to be read later; "" are those that `who` may answer now."""
    seen = in_sight(who)
    return {
        "": seen & waiting_for(who, timezone.now()),
        OPEN: seen.filter(state=ApprovalRequest.State.OPEN),
        DECIDED: seen.exclude(state=ApprovalRequest.State.OPEN),
    }


def fitting_approvals(state: ListState, views: Views) -> QuerySet[ApprovalRequest]:
    """Return the questions that fit what the reader chose."""
    return _narrowed(views[state.value("view")], state)


def count_views(views: Views) -> dict[str, int]:
    """Return how many there are to choose from in each view, whatever else is filtered."""
    return {name: found.count() for name, found in views.items()}


def _narrowed(found: QuerySet[ApprovalRequest], state: ListState) -> QuerySet[ApprovalRequest]:
    for name in ("customer", "flow"):
        if chosen := state.id_of(name):
            found = found.filter(**{f"{name}_id": chosen})
    if state.value("due") == OVERDUE:
        found = found.filter(state=ApprovalRequest.State.OPEN, due_at__lte=timezone.now())
    if words := state.value("q"):
        found = found.filter(Q(question__icontains=words) | Q(operation__label__icontains=words))
    return found
