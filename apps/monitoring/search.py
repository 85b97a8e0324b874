"""Finding anything by name, number or id: what the command palette and the search page show.

Only what the actor may see is looked for; a customer's people are fenced like everywhere else. Small tables are searched
for words inside names; the ledger only by whole or beginning keys, which its indexes answer.
"""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.actions import Action
from apps.accounts.actor import Actor
from apps.accounts.models import User
from apps.connectors import registry
from apps.connectors.models import Connection
from apps.customers.models import Customer
from apps.flows.models import Flow, Run, TriggerEvent
from apps.flows.queries.approvals import in_sight
from apps.flows.queries.record_keys import find_records
from apps.monitoring.models import ExceptionCase
from apps.tenants import correlation, scope
from apps.tenants.models import Partner

MOST = 6
LONGEST = 120
_LEAST_ID_DIGITS = 6
_ID_DIGITS = 32
_MOST_TO_START = 2
_RUN_WORDS = ("run", "start", "starte")


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing that was found: its words, a note beside them, where it is. `state` is shown as a badge, "" for none."""

    label: str
    note: str
    url: str
    icon: str
    state: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Things of one kind, and the list that shows all of them ("" where there is none)."""

    name: str
    title: str
    hits: tuple[Hit, ...]
    more_url: str = ""


@dataclass(frozen=True, slots=True)
class IdRange:
    """The ids that begin with the typed digits; both ends belong to it."""

    first: UUID
    last: UUID


Find = Callable[[str, Actor], list[Hit]]


@dataclass(frozen=True, slots=True)
class _Kind:
    name: str
    title: object  # lazy words
    find: Find
    action: Action
    more: str = ""  # the URL name of the list that takes the same words as `q`


def search(words: str, who: Actor) -> list[Group]:
    """Return what fits, at most six of a kind, in the order people look for things; nothing for no words."""
    typed = cleaned(words)
    if not typed:
        return []
    kinds = _OPERATOR if who.is_operator else _CUSTOMER if who.is_customer else _PARTNER
    found = []
    for kind in kinds:
        hits = kind.find(typed, who) if who.can(kind.action) else []
        if hits:
            more = f"{reverse(kind.more)}?{urlencode({'q': typed})}" if kind.more and len(hits) > MOST else ""
            found.append(Group(kind.name, str(kind.title), tuple(hits[:MOST]), more))
    return found


def cleaned(words: str) -> str:
    """Return typed words in the form that is searched for: no NUL, no line breaks, not too long."""
    return " ".join(words.replace("\x00", "").split())[:LONGEST]


def id_range(typed: str) -> IdRange | None:
    """Return the ids that begin with the typed digits; None when they are no beginning of an id, or too few."""
    digits = typed.replace("-", "").lower()
    if not _LEAST_ID_DIGITS <= len(digits) <= _ID_DIGITS or set(digits) - set("0123456789abcdef"):
        return None
    return IdRange(UUID(digits.ljust(_ID_DIGITS, "0")), UUID(digits.ljust(_ID_DIGITS, "f")))


def _with_id(typed: str, otherwise: Q) -> Q:
    ids = id_range(typed)
    return otherwise | Q(id__gte=ids.first, id__lte=ids.last) if ids else otherwise


def _customers(typed: str, _who: Actor) -> list[Hit]:
    fitting = Customer.objects.filter(
        _with_id(typed, Q(name__icontains=typed) | Q(external_reference__icontains=typed))
    )
    return [
        Hit(
            row.name,
            row.external_reference or row.segment,
            reverse("monitoring:customer-overview", args=[row.id]),
            "building",
            row.state,
        )
        for row in fitting.order_by("name")[: MOST + 1]
    ]


def _flows(typed: str, who: Actor) -> list[Hit]:
    fitting = Flow.objects.filter(_with_id(typed, Q(name__icontains=typed) | Q(customer__name__icontains=typed)))
    return [
        Hit(row.name, row.customer.name, _flow_url(row, who), "arrows-exchange", row.state)
        for row in fitting.select_related("customer").order_by("name", "customer__name", "id")[: MOST + 1]
    ]


def _runs_to_start(typed: str, _who: Actor) -> list[Hit]:
    """Return what could be started: "run approved time" and "approved time" both mean the flow of that name."""
    first, _space, rest = typed.partition(" ")
    wanted = rest if first.casefold() in _RUN_WORDS and rest else typed
    live = Flow.objects.filter(state=Flow.State.LIVE).filter(
        Q(name__icontains=wanted) | Q(customer__name__icontains=wanted)
    )
    return [
        Hit(
            _("Run “%(flow)s” now") % {"flow": row.name},
            row.customer.name,
            reverse("flows:flow-detail", args=[row.id]),
            "player-play",
        )
        for row in live.select_related("customer").order_by("name", "customer__name", "id")[:_MOST_TO_START]
    ]


def _flow_url(flow: Flow, who: Actor) -> str:
    return reverse("monitoring:customer-flows") if who.is_customer else reverse("flows:flow-detail", args=[flow.id])


def _connections(typed: str, _who: Actor) -> list[Hit]:
    systems = [slug for slug, name in _system_names().items() if typed.casefold() in name.casefold()]
    fitting = Connection.objects.filter(
        _with_id(typed, Q(name__icontains=typed) | Q(customer__name__icontains=typed) | Q(system__in=systems))
    )
    names = _system_names()
    return [
        Hit(
            row.name,
            f"{names.get(row.system, row.system)} · {row.customer.name}",
            reverse("connectors:connection-detail", args=[row.id]),
            "plug",
            row.state,
        )
        for row in fitting.select_related("customer").order_by("name", "customer__name", "id")[: MOST + 1]
    ]


def _system_names() -> dict[str, str]:
    return {manifest.slug: manifest.name for manifest in registry.all_manifests()}


def _cases(typed: str, _who: Actor) -> list[Hit]:
    fitting = ExceptionCase.objects.filter(
        _with_id(typed, Q(title__icontains=typed) | Q(customer__name__icontains=typed))
    )
    # Open ones first, then the newest.
    rows = fitting.select_related("customer").order_by("closed_at", "-id")
    newest = [*rows.filter(closed_at=None)[: MOST + 1], *rows.exclude(closed_at=None).order_by("-id")[: MOST + 1]]
    return [
        Hit(
            row.title,
            row.customer.name,
            reverse("monitoring:case-detail", args=[row.id]),
            "alert-triangle",
            row.state,
        )
        for row in newest[: MOST + 1]
    ]


def _runs(typed: str, _who: Actor) -> list[Hit]:
    ids, cause = id_range(typed), correlation.clean(typed)
    runs = Run.objects.select_related("flow__customer").order_by("-id")
    rows = list(runs.filter(id__gte=ids.first, id__lte=ids.last)[: MOST + 1]) if ids else []
    caused = TriggerEvent.objects.filter(correlation_id=cause).order_by("-id").values_list("run_id", flat=True)
    if cause and (known := list(caused[: MOST + 1])):
        rows += [run for run in runs.filter(id__in=known) if run not in rows]
    return [
        Hit(
            f"{row.flow.name} · {row.id.hex[:8]}",
            row.flow.customer.name,
            reverse("flows:run-detail", args=[row.id]),
            "history",
            row.state,
        )
        for row in rows[: MOST + 1]
    ]


def _records(typed: str, who: Actor) -> list[Hit]:
    ids = id_range(typed)
    page = "monitoring:customer-record" if who.is_customer else "flows:operation-detail"
    return [
        Hit(
            row.label or row.source_key,
            " → ".join(filter(None, [row.source_key, row.target_key])),
            reverse(page, args=[row.id]),
            "list-details",
            row.state,
        )
        for row in find_records(typed, ids=(ids.first, ids.last) if ids else None, most=MOST + 1)
    ]


def _approvals(typed: str, who: Actor) -> list[Hit]:
    fitting = in_sight(who).prefetch_related(None).filter(_with_id(typed, Q(question__icontains=typed)))
    return [
        Hit(
            row.question,
            row.flow.name if who.is_customer else row.customer.name,
            reverse("flows:approval-detail", args=[row.id]),
            "user-check",
            row.state,
        )
        for row in fitting.order_by("closed_at", "-id")[: MOST + 1]
    ]


def _people(typed: str, _who: Actor) -> list[Hit]:
    fitting = User.objects.filter(Q(name__icontains=typed) | Q(email__icontains=typed)).order_by("name", "email")
    return [
        Hit(row.name, f"{row.email} · {row.role_label}", f"{reverse('accounts:people')}?q={row.email}", "user")
        for row in fitting[: MOST + 1]
    ]


def _partners(typed: str, _who: Actor) -> list[Hit]:
    with scope.public():
        rows = list(
            Partner.objects.filter(Q(name__icontains=typed) | Q(slug__icontains=typed)).order_by("name")[: MOST + 1]
        )
    return [Hit(row.name, row.slug, reverse("monitoring:partner-detail", args=[row.id]), "building") for row in rows]


_CUSTOMERS = _Kind("customers", gettext_lazy("Customers"), _customers, Action.VIEW_CUSTOMERS, "customers:customer-list")
_CASES = _Kind("exceptions", gettext_lazy("Exceptions"), _cases, Action.VIEW_CASES, "monitoring:case-list")
_RECORDS = _Kind("records", gettext_lazy("Records"), _records, Action.VIEW_RUNS)
_APPROVALS = _Kind("approvals", gettext_lazy("Approvals"), _approvals, Action.APPROVE)
_PEOPLE = _Kind("people", gettext_lazy("People"), _people, Action.VIEW_PEOPLE, "accounts:people")
_PARTNER = (
    _CUSTOMERS,
    _Kind("flows", gettext_lazy("Flows"), _flows, Action.VIEW_FLOWS, "flows:flow-list"),
    _Kind(
        "connections", gettext_lazy("Connections"), _connections, Action.VIEW_CONNECTIONS, "connectors:connection-list"
    ),
    _CASES,
    _APPROVALS,
    _Kind("runs", gettext_lazy("Runs"), _runs, Action.VIEW_RUNS),
    _RECORDS,
    _PEOPLE,
    _Kind("actions", gettext_lazy("Actions"), _runs_to_start, Action.RUN_FLOWS),
)
_CUSTOMER = (_Kind("flows", gettext_lazy("My flows"), _flows, Action.VIEW_OWN_HEALTH), _CASES, _APPROVALS, _RECORDS)
_OPERATOR = (_Kind("partners", gettext_lazy("Partners"), _partners, Action.VIEW_PARTNERS), _PEOPLE)


def searchable(who: Actor) -> str:
    """Return a sentence that says what can be searched by this person."""
    if who.is_operator:
        return _("Partners and people by name, and every page of the console.")
    if who.is_customer:
        return _("Your flows, exceptions and records: by name, number or id.")
    return _("Customers, flows, connections and exceptions by name; runs and records by number, key or id.")
