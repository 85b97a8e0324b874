"""The lists of people, API keys and the audit trail: their columns, their filters, and the rows that fit."""

from datetime import datetime, time, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts import queries
from apps.accounts.actions import ROLE_LABELS, Role
from apps.accounts.audit import AuditAction
from apps.accounts.deed_words import deed_words
from apps.accounts.listing import Column, Filter, ListSpec, ListState, Option
from apps.accounts.models import ApiKey, AuditEntry, User

PEOPLE = ListSpec(
    key="people",
    columns=(
        Column("name", _("Name"), sort=("name", "email"), value=lambda row: row.person.name, fixed=True),
        Column("email", _("E-mail"), sort=("email",), value=lambda row: row.person.email, shown=False),
        Column("role", _("Role"), sort=("role", "name"), value=lambda row: row.person.role_label),
        Column("customer", _("Customer"), value=lambda row: row.customer_name),
        Column("state", _("State"), sort=("-is_active", "name"), value=lambda row: "active" if row.person.is_active else "deactivated"),
        Column("seen", _("Last signed in"), sort=("last_login",), value=lambda row: row.person.last_login, nullable=True, large_first=True),
        Column("since", _("Here since"), sort=("created_at",), value=lambda row: row.person.created_at, shown=False, large_first=True),
    ),
    filters=(
        Filter("q", _("Name or e-mail"), "search"),
        Filter("role", _("Role"), "select", all_label=_("All roles")),
        Filter("state", _("State"), "chips", (Option("active", _("Can sign in")), Option("inactive", _("Deactivated")))),
    ),
    order="state",
)  # fmt: skip

KEYS = ListSpec(
    key="api-keys",
    columns=(
        Column("name", _("Key"), sort=("name",), value=lambda row: row.key.name, fixed=True),
        Column("rights", _("Rights"), value=lambda row: ", ".join(row.rights)),
        Column("customer", _("Customer"), value=lambda row: row.customer_name, shown=False),
        Column("state", _("State"), value=lambda row: row.state),
        Column("used", _("Last used"), sort=("last_used_at",), value=lambda row: row.key.last_used_at, nullable=True, large_first=True),
        Column("ends", _("Ends"), sort=("expires_at",), value=lambda row: row.key.expires_at),
        Column("created", _("Created"), sort=("created_at",), value=lambda row: row.key.created_at, shown=False, large_first=True),
    ),
    filters=(
        Filter("q", _("Name or beginning of the key"), "search"),
        Filter("state", _("State"), "chips", (
            Option("active", _("Work")), Option("expired", _("Ran out")), Option("revoked", _("Revoked")),
        )),
    ),
    order="-created",
)  # fmt: skip

TRAIL = ListSpec(
    key="audit",
    columns=(
        Column("deed", _("What"), fixed=True),
        Column("by", _("By")),
        Column("when", _("When"), sort=("position",), large_first=True),
        Column("details", _("Details")),
        Column("entry", _("Entry"), numeric=True),
        Column("hash", _("Seal"), shown=False),
    ),
    filters=(
        Filter("person", _("Name of a person or key"), "search"),
        Filter("by", _("By"), "hidden"),
        Filter("action", _("What was done"), "select", all_label=_("Everything")),
        Filter("since", _("From"), "date"),
        Filter("until", _("To"), "date"),
    ),
    order="-when",
    tie=("-position",),
)


def role_options(roles: frozenset[Role]) -> list[Option]:
    """Return roles as choices, in the order they are declared."""
    return [Option(role.value, ROLE_LABELS[role]) for role in Role if role in roles]


def deed_options() -> list[Option]:
    """Return every deed as a choice, in order of its words."""
    return sorted(
        (Option(one.value, deed_words(one.value)) for one in AuditAction), key=lambda option: str(option.label)
    )


def fitting_people(state: ListState, *, any_state: bool = False) -> QuerySet[User]:
    """Return the people who fit; `any_state` leaves the filter by state out, to count them."""
    found = queries.list_people()
    if state.value("state") and not any_state:
        found = found.filter(is_active=state.value("state") == "active")
    if state.value("role"):
        found = found.filter(role=state.value("role"))
    words = state.value("q")
    return found.filter(Q(name__icontains=words) | Q(email__icontains=words)) if words else found


def count_people(state: ListState) -> dict[str, int]:
    """Return how many people who fit the other filters can sign in, and how many cannot; "" stands for all."""
    known = list(fitting_people(state, any_state=True).order_by().values_list("is_active", flat=True))
    return {"active": sum(known), "inactive": len(known) - sum(known), "": len(known)}


def fitting_keys(state: ListState, now: datetime) -> QuerySet[ApiKey]:
    """Return the keys that fit at `now`."""
    found = queries.list_api_keys()
    wanted = state.value("state")
    if wanted == "revoked":
        found = found.exclude(revoked_at=None)
    elif wanted:
        ended = Q(expires_at__lte=now)
        found = found.filter(ended if wanted == "expired" else ~ended, revoked_at=None)
    words = state.value("q")
    return found.filter(Q(name__icontains=words) | Q(prefix__istartswith=words)) if words else found


def fitting_entries(state: ListState) -> QuerySet[AuditEntry]:
    """Return the entries of the trail that fit; days are the reader's own, both included."""
    found = queries.audit_entries(action=state.value("action"), person=state.value("person"))
    if by := state.id_of("by"):
        found = found.filter(Q(actor_id=by) | Q(api_key_id=by))
    zone = timezone.get_current_timezone()
    if since := state.day_of("since"):
        found = found.filter(at__gte=datetime.combine(since, time(), tzinfo=zone))
    if until := state.day_of("until"):
        found = found.filter(at__lt=datetime.combine(until, time(), tzinfo=zone) + timedelta(days=1))
    return found
