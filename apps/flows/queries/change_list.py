"""The inbox of changes: its columns and filters, and the changes that fit."""

from collections.abc import Mapping

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from apps.accounts.actor import Actor
from apps.accounts.listing import Column, Filter, ListSpec, ListState, Option
from apps.flows.models import ChangeRequest
from apps.flows.queries.changes import changes, waiting_for

Views = Mapping[str, QuerySet[ChangeRequest]]
MINE, OPEN, OVER = "mine", "open", "over"
_UNDER_WAY = (ChangeRequest.State.OPEN, ChangeRequest.State.APPROVED)

CHANGES = ListSpec(
    key="changes",
    columns=(
        Column("change", _("Change"), value=lambda row: row.change.reason, fixed=True),
        Column("customer", _("Customer"), sort=("customer__name",), value=lambda row: row.change.customer.name),
        Column("flow", _("Flow"), sort=("flow__name",), value=lambda row: row.change.flow.name),
        Column("version", _("Version"), sort=("version__number",), value=lambda row: row.change.version.number, numeric=True),
        Column("asked", _("Asked"), sort=("asked_at",), value=lambda row: row.change.asked_at, large_first=True),
        Column("by", _("By"), sort=("asked_by_name",), value=lambda row: row.change.asked_by_name),
        Column("said", _("Answered by"), value=lambda row: row.said),
        Column("state", _("State"), sort=("state",), value=lambda row: row.change.state),
    ),
    filters=(
        Filter("q", _("Words of the reason"), "search"),
        Filter("customer", _("Customer"), "select", all_label=_("All customers")),
        Filter("state", _("State"), "select", tuple(Option(state, words) for state, words in (
            ("open", _("Waits for approval")), ("approved", _("Approved")), ("live", _("Live")),
            ("refused", _("Refused")), ("withdrawn", _("Withdrawn")), ("overtaken", _("Overtaken")),
        )), all_label=_("Any state")),
        Filter("view", _("Shown"), "chips", (
            Option(MINE, _("For you to decide")), Option(OPEN, _("Under way")), Option(OVER, _("Over")),
        ), all_label=_("All")),
    ),
    order="-asked",
)  # fmt: skip


def views_of(who: Actor) -> Views:
    """Return the changes of each of the list's views, to be read later; "" are all."""
    return {
        "": changes(),
        MINE: waiting_for(who),
        OPEN: changes().filter(state__in=_UNDER_WAY),
        OVER: changes().exclude(state__in=_UNDER_WAY),
    }


def fitting_changes(state: ListState, views: Views) -> QuerySet[ChangeRequest]:
    """Return the changes that fit what the reader chose."""
    found = views[state.value("view")]
    if chosen := state.id_of("customer"):
        found = found.filter(customer_id=chosen)
    if wanted := state.value("state"):
        found = found.filter(state=wanted)
    if words := state.value("q"):
        found = found.filter(
            Q(reason__icontains=words) | Q(flow__name__icontains=words) | Q(asked_by_name__icontains=words)
        )
    return found


def count_views(views: Views) -> dict[str, int]:
    """Return how many there are to choose from in each view, whatever else is filtered."""
    return {name: found.count() for name, found in views.items()}
