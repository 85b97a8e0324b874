"""What changed since somebody's last visit: new and closed cases, connections, flows and customers; a few grouped lines."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, F, Max, OuterRef, Q, Subquery, Sum
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.accounts.actions import Action
from apps.accounts.actor import Actor
from apps.accounts.audit import AuditAction
from apps.accounts.models import AuditEntry
from apps.connectors.models import Connection, ConnectionTest
from apps.customers.models import Customer
from apps.flows.models import Flow
from apps.monitoring.models import ExceptionCase

MOST_LINES = 8
NAMED = 2  # how many are named before "and 3 more"
_ENTRIES_READ = 300  # of the audit trail: news of a person who was away for long is not a full account


@dataclass(frozen=True, slots=True)
class NewsLine:
    """One kind of change in words; `link` leads to the rows, "" for those who may not see them."""

    icon: str
    tone: str
    words: str
    link: str
    at: datetime


def list_news(*, since: datetime, now: datetime, reader: Actor) -> list[NewsLine]:
    """Return what changed, the gravest first, `MOST_LINES` at most. What the reader did is no news to them.

    Six queries, however much happened.
    """
    lines = [
        *_broken_and_recovered(since, links=reader.can(Action.VIEW_CONNECTIONS)),
        *_new_cases(since, now),
        *_closed_cases(since, now),
        *_deeds(since, reader.user_id),
    ]
    return lines[:MOST_LINES]


def _broken_and_recovered(since: datetime, *, links: bool) -> Iterable[NewsLine]:
    """Compare each connection's latest test with the last one before the visit."""
    ended = ConnectionTest.objects.filter(connection=OuterRef("pk"), finished_at__isnull=False).order_by("-id")
    before = Subquery(ended.filter(finished_at__lte=since).values("state")[:1])
    latest = ended.filter(finished_at__gt=since)
    tested = (
        Connection.objects.select_related("customer")
        .annotate(
            before=before,
            after=Subquery(latest.values("state")[:1]),
            tested_at=Subquery(latest.values("finished_at")[:1]),
        )
        .exclude(after=None)
        .exclude(after=F("before"))
        .order_by("-tested_at", "name")
    )
    failed, passed = ConnectionTest.State.FAILED, ConnectionTest.State.PASSED
    changed = list(tested)
    broken = [one for one in changed if one.after == failed]
    recovered = [one for one in changed if one.after == passed and one.before == failed]
    if broken:
        words = ngettext("Connection broken: %(names)s", "%(count)d connections broken: %(names)s", len(broken))
        yield _about_connections(broken, words, "plug", "danger", links=links)
    if recovered:
        words = ngettext(
            "Connection works again: %(names)s", "%(count)d connections work again: %(names)s", len(recovered)
        )
        yield _about_connections(recovered, words, "plug-connected", "success", links=links)


def _about_connections(found: Sequence[Connection], words: str, icon: str, tone: str, *, links: bool) -> NewsLine:
    names = _named([_name_words(one.name, one.customer.name) for one in found[:NAMED]], len(found))
    link = reverse("connectors:connection-list") if links else ""
    if links and len(found) == 1:
        link = reverse("connectors:connection-detail", args=[found[0].id])
    at: datetime = max(one.tested_at for one in found)  # type: ignore[attr-defined]
    return NewsLine(icon, tone, words % {"count": len(found), "names": names}, link, at)


def _new_cases(since: datetime, now: datetime) -> Iterable[NewsLine]:
    opened = ExceptionCase.objects.filter(opened_at__gt=since, opened_at__lte=now)
    rows = list(
        opened.order_by()
        .values("customer__name")
        .annotate(number=Count("id"), records=Sum("operation_count"), at=Max("opened_at"))
        .order_by("-number", "customer__name")
    )
    if not rows:
        return
    number = sum(row["number"] for row in rows)
    words = ngettext("New exception at %(names)s", "%(count)d new exceptions at %(names)s", number)
    names = _named([row["customer__name"] for row in rows], len(rows))
    at = max(row["at"] for row in rows)
    yield NewsLine(
        "alert-triangle", "warning", words % {"count": number, "names": names}, reverse("monitoring:case-list"), at
    )


def _closed_cases(since: datetime, now: datetime) -> Iterable[NewsLine]:
    rows = list(
        ExceptionCase.objects.filter(closed_at__gt=since, closed_at__lte=now)
        .order_by()
        .values("closed_how")
        .annotate(number=Count("id"), at=Max("closed_at"))
        .order_by("-number", "closed_how")
    )
    if not rows:
        return
    number = sum(row["number"] for row in rows)
    words = ngettext("Exception closed: %(how)s", "%(count)d exceptions closed: %(how)s", number)
    how = ", ".join(_closed_words(row["closed_how"], row["number"]) for row in rows)
    at = max(row["at"] for row in rows)
    link = f"{reverse('monitoring:case-list')}?view=closed"
    yield NewsLine("circle-check", "success", words % {"count": number, "how": how}, link, at)


def _closed_words(how: str, n: int) -> str:
    words = {
        ExceptionCase.ClosedHow.SETTLED: ngettext("%(count)d settled", "%(count)d settled", n),
        ExceptionCase.ClosedHow.RAN_WELL: ngettext("%(count)d ran well again", "%(count)d ran well again", n),
        ExceptionCase.ClosedHow.ARRIVED: ngettext("%(count)d arrived late", "%(count)d arrived late", n),
        ExceptionCase.ClosedHow.BY_PERSON: ngettext("%(count)d by hand", "%(count)d by hand", n),
        ExceptionCase.ClosedHow.FLOW_STOPPED: ngettext("%(count)d with its flow", "%(count)d with their flows", n),
    }
    return words.get(ExceptionCase.ClosedHow(how), "%(count)d") % {"count": n}


_Name = tuple[str, str]  # of a flow with its customer's, of a customer with ""
_Teller = Callable[[Iterable[UUID]], dict[UUID, _Name]]


@dataclass(frozen=True, slots=True)
class _Deed:
    """How a deed of the audit trail is told; `names` answers what the subjects are called, by id."""

    action: AuditAction
    icon: str
    tone: str
    words: Callable[[int], str]
    names: _Teller
    one: str
    many: str


def _flow_names(ids: Iterable[UUID]) -> dict[UUID, _Name]:
    rows = Flow.objects.filter(id__in=ids).values_list("id", "name", "customer__name")
    return {id_: (name, customer) for id_, name, customer in rows}


def _customer_names(ids: Iterable[UUID]) -> dict[UUID, _Name]:
    return {id_: (name, "") for id_, name in Customer.objects.filter(id__in=ids).values_list("id", "name")}


_DEEDS = (
    _Deed(
        AuditAction.FLOW_PAUSED, "player-pause", "warning",
        lambda n: ngettext("Flow paused: %(names)s", "%(count)d flows paused: %(names)s", n),
        _flow_names, "flows:flow-detail", "flows:flow-list",
    ),
    _Deed(
        AuditAction.FLOW_RESUMED, "player-play", "success",
        lambda n: ngettext("Flow resumed: %(names)s", "%(count)d flows resumed: %(names)s", n),
        _flow_names, "flows:flow-detail", "flows:flow-list",
    ),
    _Deed(
        AuditAction.FLOW_PUBLISHED, "versions", "neutral",
        lambda n: ngettext("New version published: %(names)s", "New versions of %(count)d flows: %(names)s", n),
        _flow_names, "flows:flow-detail", "flows:flow-list",
    ),
    _Deed(
        AuditAction.FLOW_INSTALLED, "arrows-exchange", "neutral",
        lambda n: ngettext("Flow installed: %(names)s", "%(count)d flows installed: %(names)s", n),
        _flow_names, "flows:flow-detail", "flows:flow-list",
    ),
    _Deed(
        AuditAction.CUSTOMER_CREATED, "building", "neutral",
        lambda n: ngettext("Customer added: %(names)s", "%(count)d customers added: %(names)s", n),
        _customer_names, "monitoring:customer-overview", "customers:customer-list",
    ),
)  # fmt: skip


def _deeds(since: datetime, reader_id: UUID | None) -> Iterable[NewsLine]:
    actions = [deed.action.value for deed in _DEEDS]
    entries = AuditEntry.objects.filter(action__in=actions, at__gt=since)
    if reader_id:
        entries = entries.exclude(Q(actor_id=reader_id))
    rows = entries.order_by("-position").values_list("action", "subject_id", "at")[:_ENTRIES_READ]
    found = [(action, UUID(subject_id), at) for action, subject_id, at in rows]
    names = _names_of(found)
    counted = Counter(action for action, _, _ in found)
    for deed in _DEEDS:
        if counted[deed.action.value]:
            line = _deed_line(deed, [(id_, at) for action, id_, at in found if action == deed.action.value], names)
            if line:
                yield line


def _names_of(found: Iterable[tuple[str, UUID, datetime]]) -> dict[UUID, _Name]:
    """Return what the subjects are called: those that the same table knows are asked for together."""
    tellers = {deed.action.value: deed.names for deed in _DEEDS}
    ids: defaultdict[_Teller, set[UUID]] = defaultdict(set)
    for action, subject_id, _at in found:
        ids[tellers[action]].add(subject_id)
    return {id_: name for tell, asked in ids.items() for id_, name in tell(asked).items()}


def _deed_line(deed: _Deed, done: Sequence[tuple[UUID, datetime]], names: Mapping[UUID, _Name]) -> NewsLine | None:
    # In the order they were done, each once; what is gone since has no name any more.
    ids = [id_ for id_ in dict.fromkeys(subject_id for subject_id, _ in done) if id_ in names]
    if not ids:
        return None
    named = _named([_name_words(*names[id_]) for id_ in ids[:NAMED]], len(ids))
    words = deed.words(len(ids)) % {"count": len(ids), "names": named}
    link = reverse(deed.one, args=[ids[0]]) if len(ids) == 1 else reverse(deed.many)
    return NewsLine(deed.icon, deed.tone, words, link, done[0][1])


def _name_words(name: str, customer: str) -> str:
    return _("%(name)s of %(customer)s") % {"name": name, "customer": customer} if customer else name


def _named(names: Sequence[str], number: int) -> str:
    """Return the first names and how many more there are of `number`."""
    shown = ", ".join(names[:NAMED])
    more = number - NAMED
    if more <= 0:
        return shown
    return ngettext("%(names)s and %(count)d more", "%(names)s and %(count)d more", more) % {
        "names": shown,
        "count": more,
    }
