"""Looks at each live customer's records once a night, by its own clock, and keeps what is found."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from apps.customers.models import Customer
from apps.flows.models import Flow
from apps.monitoring.clock_book import agreement_at
from apps.monitoring.insights import book, gathering, outside
from apps.monitoring.insights.anomalies import Work, unusual_amounts, unusual_days, unusual_rates, unusual_volumes
from apps.monitoring.insights.coverage import Cover, Part
from apps.monitoring.insights.found import Finding, Found, Key
from apps.monitoring.insights.incomplete import NEEDED, Sheet, incomplete
from apps.monitoring.insights.moments import unusual_starts, work_on_holidays
from apps.monitoring.insights.outside import Outside
from apps.monitoring.insights.projects import booked_by, judge_milestones, judge_project
from apps.monitoring.insights.reading import Records, flows_by_type, read_days, read_records
from apps.monitoring.insights.staffing import overbooked, suggest
from apps.monitoring.models import InsightLook
from apps.monitoring.sla.opening import BusinessHours
from apps.monitoring.turns import Turn

JUDGED = timedelta(days=28)  # what is older is known, and says what is usual
_USUAL = timedelta(days=120)
_DAYS_JUDGED = timedelta(days=7)
_DAYS_READ = timedelta(days=75)
_READ = ("TimeEntry", "Expense", "Invoice", "BillingMilestone", "Resource", "Assignment", *NEEDED)
# What is asked for in its own system: flows leave out what they do not move, and most customers have none that carries it.
_ASKED = ("Project", "BillingMilestone", "Resource", "Assignment")


@dataclass(slots=True)
class Seen:
    """Everything a look goes by."""

    records: dict[str, Records]
    outside: dict[str, Outside]
    today: date
    known: set[Key] = field(default_factory=set)
    zone: str = "UTC"
    hours: BusinessHours | None = None  # the customer's calendar, None where it was given none

    def of(self, canonical_type: str) -> Records:
        """Return the records of a type that passed through."""
        return self.records.get(canonical_type, Records())

    def sheets(self, canonical_type: str) -> list[Sheet]:
        """Return the records of a type, wherever they are known best."""
        return gathering.sheets_of(canonical_type, self.of(canonical_type), self.outside.get(canonical_type))

    def cover(self, part: Part, *types: str) -> Cover:
        """Return what a part that needs these types had to go by; without the first of them it knows nothing."""
        asked = [self.outside[name] for name in types if name in self.outside]
        answered = {name for name in types if name in self.outside and not self.outside[name].problem}
        passed = [self.of(name) for name in types if name not in answered]
        return Cover(
            part,
            seen=sum(len(one.rows) for one in passed) + sum(len(self.outside[name].rows) for name in answered),
            without=sum(one.without for one in passed),
            cut=any(one.cut for one in passed) or any(one.cut for one in asked),
            none=types[0] not in self.records and types[0] not in self.outside,
            system=asked[0].system if asked else "",
            problem=next((one.problem for one in asked if one.problem), ""),
        )


def look_due(now: datetime, confirm: Callable[[], None]) -> bool:
    """Look at every customer whose night has come; False when some were left for the next turn. Safe to repeat."""
    turn = Turn()
    with transaction.atomic():
        due = _due(now)
    for customer in due:
        if turn.is_over:
            return False
        look_at(customer, now, confirm)
    return True


def _due(now: datetime) -> list[Customer]:
    """Return the live customers that were not looked at today, by their own clocks, and have a flow that is live."""
    looked = dict(InsightLook.objects.values_list("customer_id", "looked_at"))
    running = set(Flow.objects.filter(state=Flow.State.LIVE).values_list("customer_id", flat=True))
    customers = Customer.objects.filter(state=Customer.State.LIVE, id__in=running).order_by("id")
    return [one for one in customers if one.id not in looked or _day(one, looked[one.id]) < _day(one, now)]


def _day(customer: Customer, moment: datetime) -> date:
    return moment.astimezone(ZoneInfo(customer.time_zone)).date()


def look_at(customer: Customer, now: datetime, confirm: Callable[[], None]) -> book.Kept:
    """Look at one customer's records. Its systems are asked outside any transaction."""
    with transaction.atomic():
        confirm()
        flows = flows_by_type(customer.id)
        questions = outside.prepare(customer.id, _ASKED)
        opened = outside.open_all(questions)
    answers = outside.ask(questions, opened)
    with transaction.atomic():
        records = {name: read_records(flows[name], name, now) for name in dict.fromkeys(_READ) if name in flows}
        agreed = agreement_at(customer.id, now)
        hours = agreed.read_terms().hours if agreed is not None else None
        seen = Seen(records, answers, _day(customer, now), book.known_of(customer.id), customer.time_zone, hours)
        found, parts = find(seen)
        volumes, days = _volumes([flow for some in flows.values() for flow in some], seen)
    with transaction.atomic():
        confirm()
        return book.keep(customer, found.join(volumes), [*parts, Cover(Part.VOLUMES, seen=days)], now)


def find(seen: Seen) -> tuple[Found, list[Cover]]:
    """Return what the rules find in what was read, and what each part went by."""
    work = gathering.work_of(seen.of("TimeEntry").rows, seen.today, seen.zone)
    sheets = {name: seen.sheets(name) for name in {*NEEDED, *_ASKED}}
    found = _time_and_money(seen, work)
    found.join(incomplete([sheet for name in NEEDED for sheet in sheets[name]]))
    found.join(_projects(seen, sheets["Project"], work))
    found.join(judge_milestones(map(gathering.milestone_of, sheets["BillingMilestone"]), seen.today))
    people = [gathering.person_of(sheet) for sheet in sheets["Resource"]]
    planned = map(gathering.planned_of, sheets["Assignment"])
    plans = [plan for plan in planned if plan is not None]
    if people:  # without them nobody can be suggested
        found.join(suggest(people, plans, seen.today))
        found.join(overbooked(people, plans, seen.today))
    urls = {row.key: row.url for answer in seen.outside.values() for row in answer.rows if row.url}
    found.findings = [_with_place(finding, urls) for finding in found.findings]
    parts = [
        seen.cover(Part.TIME, "TimeEntry"),
        seen.cover(Part.AMOUNTS, *sorted(({"Expense", "Invoice"} & set(seen.records)) or {"Expense"})),
        seen.cover(Part.MISSING, *(sorted(set(NEEDED) & (set(seen.records) | set(seen.outside))) or ["Customer"])),
        seen.cover(Part.PROJECTS, "Project"),
        seen.cover(Part.MILESTONES, "BillingMilestone"),
        seen.cover(Part.PLANS, "Resource", "Assignment"),
    ]
    return found, parts


def _time_and_money(seen: Seen, every: Iterable[Work]) -> Found:
    work = [one for one in every if one.on >= seen.today - _USUAL]
    spent = [one for name in ("Expense", "Invoice") for one in gathering.spent_of(seen.of(name).rows, name)]
    since = seen.today - JUDGED
    found = unusual_days(work, since, seen.known)
    found.join(unusual_starts(work, since, seen.known, seen.hours))
    if seen.hours is not None:
        found.join(work_on_holidays(work, since, seen.hours))
    found.join(unusual_rates(work, since, seen.known))
    return found.join(unusual_amounts(spent, since, seen.known))


def _projects(seen: Seen, sheets: Iterable[Sheet], work: Iterable[Work]) -> Found:
    projects = [gathering.project_of(sheet) for sheet in sheets]
    booked = gathering.booked_on(booked_by(projects), work, seen.of("TimeEntry"), seen.today)
    found = Found()
    for project in projects:
        found.join(judge_project(project, booked.get(project.key), seen.today, seen.known))
    return found


def _volumes(flows: list[Flow], seen: Seen) -> tuple[Found, int]:
    found, days = Found(), read_days(flows, seen.today - _DAYS_READ)
    for flow, counted in days.items():
        found.join(unusual_volumes(flow.id, flow.name, counted, seen.today - _DAYS_JUDGED, seen.today, seen.known))
    return found, sum(one.records for counted in days.values() for one in counted)


def _with_place(finding: Finding, urls: dict[str, str]) -> Finding:
    """Add where people see the record in its own system."""
    url = urls.get(finding.key, "")
    return replace(finding, facts={**finding.facts, "url": url}) if url else finding
