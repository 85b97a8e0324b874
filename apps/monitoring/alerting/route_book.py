"""Routes as they are read: the stored ones as plain values, and who a step reaches at a moment."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from apps.accounts.actions import PARTNER_ROLES, Action, Role, roles_with
from apps.accounts.models import User
from apps.monitoring.alerting.pace import QuietHours
from apps.monitoring.alerting.roster import Roster, StandIn, on_call
from apps.monitoring.models import AlertChannel, AlertRoute, OnCallSchedule, TeamMember
from apps.monitoring.routing import Conditions
from apps.monitoring.sla_settings import hours_of_calendar

EVERYONE = "everyone"
_NOBODY = UUID(int=0)
STAFF_ROLES = [role.value for role in PARTNER_ROLES]


@dataclass(frozen=True, slots=True)
class Step:
    """Whom a route tells, and after how many minutes without anybody taking the case up (0: at once)."""

    to: str
    after: int = 0


@dataclass(frozen=True, slots=True)
class Route:
    """One route. `id` None: the usual way, or one that is only being thought about."""

    id: UUID | None
    name: str
    conditions: Conditions = field(default_factory=Conditions)
    steps: tuple[Step, ...] = (Step(EVERYONE),)
    goes_on: bool = False
    most_an_hour: int = 0
    quiet: QuietHours | None = None
    tells_recovery: bool = False
    remind_hours: int = 0


# Where no route fits: everybody who works exceptions gets a mail, as it was before there were routes.
USUAL = Route(None, "")


@dataclass(frozen=True, slots=True)
class Receivers:
    """Whom a step reaches just now: people, or a channel."""

    people: tuple[User, ...] = ()
    channel: AlertChannel | None = None


def read_routes() -> list[Route]:
    """Return the routes that are on, in their order."""
    return [as_route(row) for row in AlertRoute.objects.filter(is_on=True)]


def as_route(row: AlertRoute) -> Route:
    """Return a stored route as a plain value."""
    quiet = None
    if row.quiet_from is not None and row.quiet_until is not None:
        quiet = QuietHours(row.quiet_from, row.quiet_until, row.quiet_zone or "UTC", row.quiet_lets_severe)
    return Route(
        id=row.id,
        name=row.name,
        conditions=Conditions(
            business_class=row.error_class,
            customer_id=row.customer_id,
            flow_id=row.flow_id,
            amount_from=row.amount_from,
            currency=row.currency,
            nature=row.nature,
            severity_from=row.severity_from,
            queue=row.queue,
            team_id=row.team_id,
        ),
        steps=tuple(Step(str(step["to"]), int(step["after"])) for step in row.steps),
        goes_on=row.goes_on,
        most_an_hour=row.most_an_hour,
        quiet=quiet,
        tells_recovery=row.tells_recovery,
        remind_hours=row.remind_hours,
    )


def _parts_of(to: str) -> tuple[str, UUID]:
    """Return what kind of receiver a step names, and its id; nobody has the id of one that cannot be read."""
    kind, _sep, key = to.partition(":")
    try:
        return kind, UUID(key) if key else _NOBODY
    except ValueError:
        return "", _NOBODY


def receivers_of(to: str, now: datetime) -> Receivers:
    """Return whom a step reaches at `now`; the partner's owners where nobody of those meant is there."""
    kind, key = _parts_of(to)
    if kind == "channel":
        channel = AlertChannel.objects.select_related("secret").filter(id=key).first()
        return Receivers(channel=channel) if channel else Receivers(owners())
    return Receivers(tuple(_people(kind, key, now)) or owners())


def owners() -> tuple[User, ...]:
    """Return the partner's owners."""
    return tuple(User.objects.filter(is_active=True, role=Role.OWNER).order_by("email"))


def _people(kind: str, key: UUID, now: datetime) -> Iterable[User]:
    active = User.objects.filter(is_active=True).order_by("email")
    if kind == EVERYONE:
        return active.filter(role__in=roles_with(Action.WORK_CASES))
    staff = active.filter(role__in=STAFF_ROLES)
    if kind == "person":
        return staff.filter(id=key)
    if kind == "team":
        return staff.filter(id__in=TeamMember.objects.filter(team_id=key).values("person_id"))
    if kind == "on_call":
        schedule = OnCallSchedule.objects.select_related("calendar").filter(id=key).first()
        return staff.filter(id=on_call(as_roster(schedule), now) or _NOBODY) if schedule else []
    return []


def as_roster(schedule: OnCallSchedule) -> Roster:
    """Return a stored schedule as the pure one, with those who stand in."""
    calendar = schedule.calendar
    stand_ins = sorted(schedule.stand_ins.all(), key=lambda row: row.id)  # which a list has fetched for all at once
    return Roster(
        zone=schedule.zone,
        hand_over=schedule.hand_over,
        people=tuple(schedule.people),
        first_day=schedule.first_day,
        turn_days=schedule.turn_days,
        weekdays=tuple(UUID(one) if one else None for one in schedule.weekdays),
        hours=hours_of_calendar(calendar) if calendar else None,
        stand_ins=tuple(StandIn(row.person_id, row.begins_at, row.ends_at) for row in stand_ins),
    )
