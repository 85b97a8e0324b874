"""Reading alerts for their pages: routes in words, channels with their health, duties of the coming days, the log."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter
from typing import TypeVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.accounts.customer_directory import list_customer_names
from apps.accounts.list_specs import Column, Filter, ListSpec, ListState, Option
from apps.accounts.models import User
from apps.flows.models import Flow
from apps.monitoring import routing_book
from apps.monitoring.alert_models import NATURE_LABELS, SEVERITY_LABELS
from apps.monitoring.alerting.roster import duties, on_call
from apps.monitoring.alerting.route_book import EVERYONE, STAFF_ROLES, USUAL, Route, as_roster, as_route
from apps.monitoring.blame import Severity, verdict_for
from apps.monitoring.case_words import queue_words
from apps.monitoring.models import (
    AlertChannel,
    AlertMessage,
    AlertOccasion,
    AlertRoute,
    ExceptionCase,
    OnCallSchedule,
    OnCallStandIn,
    Team,
)
from apps.monitoring.routing import Nature, all_fitting
from apps.tenants.templatetags.wording import count_words, money_words

LOOKED_BACK = timedelta(days=14)
LOOKED_AHEAD = timedelta(days=14)
MOST_CASES = 2000  # of a preview
Row = TypeVar("Row", AlertChannel, AlertRoute, OnCallSchedule)


@dataclass(frozen=True, slots=True)
class Names:
    """Names of what routes refer to; read once for all of them."""

    receivers: dict[str, str]
    flows: dict[UUID, str]
    customers: dict[UUID, str]
    teams: dict[UUID, str]


@dataclass(frozen=True, slots=True)
class RouteRow:
    """A route in words."""

    id: UUID
    name: str
    is_on: bool
    goes_on: bool
    when: tuple[str, ...]
    who: tuple[str, ...]
    how: tuple[str, ...]
    is_first: bool
    is_last: bool


@dataclass(frozen=True, slots=True)
class DutyRow:
    """A stretch of a schedule; `person` "": nobody is on call."""

    begins_at: datetime
    ends_at: datetime
    person: str


@dataclass(frozen=True, slots=True)
class ScheduleRow:
    """A schedule with who is on call now, and the first time at which nobody is."""

    id: UUID
    name: str
    now: str
    gap: DutyRow | None


def get_row(model: type[Row], row_id: UUID) -> Row:
    """Return one row of alerts. Raises Http404."""
    row = model.objects.filter(id=row_id).first()
    if row is None:
        raise Http404("There is no such thing.")
    return row


def receiver_choices() -> list[tuple[str, str]]:
    """Return everybody and everything a step may name."""
    people = User.objects.filter(is_active=True, role__in=STAFF_ROLES).order_by("name", "email")
    return [
        (EVERYONE, _("Everybody who works exceptions, by mail")),
        *((f"on_call:{one.id}", _("Who is on call: %(name)s") % {"name": one}) for one in OnCallSchedule.objects.all()),
        *((f"team:{one.id}", _("Team: %(name)s") % {"name": one}) for one in Team.objects.all()),
        *((f"channel:{one.id}", f"{one.get_kind_display()}: {one.name}") for one in AlertChannel.objects.all()),
        *((f"person:{one.id}", str(one)) for one in people),
    ]


def list_routes() -> list[RouteRow]:
    """Return the routes in words, in their order."""
    rows = list(AlertRoute.objects.all())
    names = _names(rows)
    return [_row(row, names, is_first=place == 0, is_last=place == len(rows) - 1) for place, row in enumerate(rows)]


def preview(routes: Sequence[Route], now: datetime) -> list[tuple[str, str, int]]:
    """Return each of these routes with whom it tells first, and how many exceptions of the last 14 days it would have told.

    What no route takes comes last, with "" as its name.
    """
    opened = ExceptionCase.objects.filter(opened_at__gte=now - LOOKED_BACK).order_by("-opened_at")[:MOST_CASES]
    cases = list(routing_book.only_facts(opened))
    facts = routing_book.facts_of(cases)
    told = Counter(route.name for case in cases for route in all_fitting(routes, facts[case.id]) or [USUAL])
    receivers = dict(receiver_choices())
    return [
        (route.name, ", ".join(_first_told(route, receivers)) or _("nobody"), told[route.name])
        for route in (*routes, USUAL)
    ]


def _first_told(route: Route, receivers: dict[str, str]) -> list[str]:
    return [_receiver(step.to, receivers) for step in route.steps if not step.after]


def _names(rows: Sequence[AlertRoute]) -> Names:
    return Names(
        receivers=dict(receiver_choices()),
        flows=dict(Flow.objects.filter(id__in=[row.flow_id for row in rows if row.flow_id]).values_list("id", "name")),
        customers=list_customer_names() if any(row.customer_id for row in rows) else {},
        teams=dict(Team.objects.values_list("id", "name")) if any(row.team_id for row in rows) else {},
    )


def _row(row: AlertRoute, names: Names, *, is_first: bool, is_last: bool) -> RouteRow:
    return RouteRow(
        id=row.id,
        name=row.name,
        is_on=row.is_on,
        goes_on=row.goes_on,
        when=tuple(_when(row, names)) or (_("every exception"),),
        who=tuple(_who(as_route(row), names.receivers)) or (_("nobody"),),
        how=tuple(_how(row)),
        is_first=is_first,
        is_last=is_last,
    )


def _when(row: AlertRoute, names: Names) -> list[str]:
    said = [
        str(NATURE_LABELS[Nature(row.nature)]) if row.nature else "",
        _("Severity from: %(name)s") % {"name": SEVERITY_LABELS[Severity(row.severity_from)]}
        if row.severity_from
        else "",
        _("Queue: %(name)s") % {"name": queue_words(row.queue)} if row.queue else "",
        _(verdict_for(row.error_class).title) if row.error_class else "",
        names.customers.get(row.customer_id, "") if row.customer_id else "",
        names.flows.get(row.flow_id, "") if row.flow_id else "",
        _("Team: %(name)s") % {"name": names.teams.get(row.team_id, "")} if row.team_id else "",
        _("from %(money)s") % {"money": money_words(row.amount_from, row.currency)} if row.amount_from else "",
    ]
    return [words for words in said if words]


def _who(route: Route, receivers: dict[str, str]) -> list[str]:
    said = []
    for step in route.steps:
        name = _receiver(step.to, receivers)
        if step.after:
            words = ngettext("after %(count)s minute: %(name)s", "after %(count)s minutes: %(name)s", step.after)
            name = words % {"count": count_words(step.after), "name": name}
        said.append(name)
    return said


def _receiver(to: str, receivers: dict[str, str]) -> str:
    return receivers.get(to, _("one that is no longer here: the owners"))


def _how(row: AlertRoute) -> list[str]:
    said = []
    if row.most_an_hour:
        said.append(_("at most %(count)s an hour") % {"count": count_words(row.most_an_hour)})
    if row.quiet_from and row.quiet_until:
        span = {"begins": f"{row.quiet_from:%H:%M}", "ends": f"{row.quiet_until:%H:%M}"}
        said.append(_("quiet from %(begins)s to %(ends)s") % span)
    if row.remind_hours:
        said.append(
            ngettext("again every hour", "again every %(count)s hours", row.remind_hours)
            % {"count": count_words(row.remind_hours)}
        )
    return said


def list_schedules(now: datetime) -> list[ScheduleRow]:
    """Return the schedules with who is on call now."""
    stored = list(OnCallSchedule.objects.select_related("calendar").prefetch_related("stand_ins"))
    found = []
    for schedule, rows in zip(stored, _duty_rows(stored, now), strict=True):
        gap = next((row for row in rows if not row.person), None)
        found.append(ScheduleRow(schedule.id, schedule.name, rows[0].person, gap))
    return found


def duty_rows(schedule: OnCallSchedule, now: datetime) -> list[DutyRow]:
    """Return who is on call in the coming days, from now on."""
    return _duty_rows([schedule], now)[0]


def _duty_rows(schedules: Sequence[OnCallSchedule], now: datetime) -> list[list[DutyRow]]:
    found = [duties(as_roster(schedule), now, now + LOOKED_AHEAD) for schedule in schedules]
    on_duty = {duty.person for one in found for duty in one if duty.person}
    names = {person.id: str(person) for person in User.objects.filter(id__in=on_duty)}
    return [
        [DutyRow(duty.begins_at, duty.ends_at, names.get(duty.person, "") if duty.person else "") for duty in one]
        for one in found
    ]


def person_on_call(schedule: OnCallSchedule, now: datetime) -> UUID | None:
    """Return who is on call now."""
    return on_call(as_roster(schedule), now)


def coming_stand_ins(schedule: OnCallSchedule, now: datetime) -> QuerySet[OnCallStandIn]:
    """Return who stands in from now on."""
    return schedule.stand_ins.filter(ends_at__gt=now).select_related("person").order_by("begins_at")


def latest_of(channel: AlertChannel) -> QuerySet[AlertMessage]:
    """Return the latest messages to a channel."""
    return AlertMessage.objects.filter(channel=channel).order_by("-id")[:10]


MESSAGES = ListSpec(
    "alert-messages",
    columns=(
        Column("receiver", gettext_lazy("To"), sort=("receiver",), value=attrgetter("receiver"), fixed=True),
        Column("when", gettext_lazy("When"), sort=("created_at",), value=attrgetter("created_at"), large_first=True),
        Column("by", gettext_lazy("By"), sort=("by",), value=attrgetter("by_words")),
        Column("occasion", gettext_lazy("Why"), sort=("occasion",), value=lambda row: row.get_occasion_display()),
        Column("route", gettext_lazy("Route"), sort=("route__name",), value=attrgetter("route"), nullable=True),
        Column("cases", gettext_lazy("Exceptions"), value=lambda row: len(row.cases), numeric=True),
        Column("held", gettext_lazy("Held back"), sort=("held_back",), value=attrgetter("held_back"), numeric=True),
        Column("state", gettext_lazy("State"), sort=("state",), value=lambda row: row.get_state_display()),
        Column("answer", gettext_lazy("Answer"), value=attrgetter("answer")),
    ),
    filters=(
        Filter(
            "state",
            gettext_lazy("State"),
            "chips",
            tuple(Option(state.value, state.label) for state in AlertMessage.State),
        ),
        Filter(
            "occasion",
            gettext_lazy("Why"),
            "select",
            tuple(Option(one.value, one.label) for one in AlertOccasion),
            all_label=gettext_lazy("All reasons"),
        ),
    ),
    order="-when",
)


def fitting_messages(state: ListState) -> QuerySet[AlertMessage]:
    """Return the messages that a list asks for."""
    found = AlertMessage.objects.select_related("route")
    for name in ("state", "occasion"):
        if wanted := state.value(name):
            found = found.filter(**{name: wanted})
    return found
