"""Which projects are at risk: hours and money against the budget, days against the end, milestones against their dates (pure)."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from apps.monitoring.insights.found import LOOK, NOW, SOON, Cause, Finding, Found, Key, Stake, plain, series

LATELY = 28  # days that say how fast a budget is used
_MUCH, _STILL_MUCH = Decimal("0.85"), Decimal("0.8")  # a share of the budget; the lower one for what was found before
_HALF = Decimal("0.5")
_AFTER_END = timedelta(days=14)  # work that was booked so lately after the end goes on
_OVER = frozenset({"closed", "done", "cancelled", "completed"})
_UNBILLED = frozenset({"planned", "ready"})
_FAR_AHEAD = 3650
_LONG_LATE = 14


@dataclass(frozen=True, slots=True)
class Project:
    """A project as a system describes it. `refs` are the names that time entries may know it by."""

    key: str
    label: str
    name: str
    refs: frozenset[str]
    client: str = ""
    operation_id: UUID | None = None
    budget_hours: Decimal | None = None
    budget_money: Decimal | None = None
    currency: str = ""
    starts: date | None = None
    ends: date | None = None
    state: str = ""
    actual_hours: Decimal | None = None
    actual_billed: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Booked:
    """The work that passed through. `whole` False: more of it was not counted, so all of it is a least."""

    hours: Decimal
    lately: Decimal
    first: date
    last: date
    entries: int
    money: Decimal | None = None
    currency: str = ""
    whole: bool = True
    weeks: tuple[tuple[date, Decimal], ...] = ()  # hours by week, as (Monday, hours)
    operation_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Milestone:
    """A step of a billing schedule."""

    key: str
    label: str
    name: str
    project: str
    state: str
    due_on: date | None
    amount: Decimal | None = None
    currency: str = ""
    client: str = ""
    operation_id: UUID | None = None


def judge_project(project: Project, booked: Booked | None, today: date, known: Collection[Key]) -> Found:
    """Return what puts a project at risk; one that is over is looked at no more."""
    found = Found()
    causes = (Cause.BUDGET_HOURS, Cause.BUDGET_MONEY, Cause.END_PASSED, Cause.BEHIND)
    found.seen |= {(cause, project.key) for cause in causes}
    if project.state in _OVER:
        return found
    found.add(_hours(project, booked, today, known=(Cause.BUDGET_HOURS, project.key) in known))
    found.add(_money(project, booked, known=(Cause.BUDGET_MONEY, project.key) in known))
    found.add(_end(project, booked, today))
    found.add(_behind(project, booked, today))
    return found


def judge_milestones(milestones: Iterable[Milestone], today: date) -> Found:
    """Return the milestones that should have been billed by now."""
    found = Found()
    for one in milestones:
        found.seen.add((Cause.MILESTONE_LATE, one.key))
        if one.due_on is None or one.due_on >= today or one.state not in _UNBILLED:
            continue
        late = (today - one.due_on).days
        stake = Stake(one.amount, one.currency) if one.amount and one.currency else None
        facts = {"name": one.name, "due_on": one.due_on.isoformat(), "days": late, "state": one.state}
        found.add(
            Finding(
                Cause.MILESTONE_LATE,
                one.key,
                one.label,
                facts,
                NOW if late > _LONG_LATE else SOON,
                "BillingMilestone",
                one.operation_id,
                project=one.project,
                client=one.client,
                on=one.due_on,
                stake=stake,
            )
        )
    return found


def days_left(budget: Decimal, used: Decimal, lately: Decimal) -> int | None:
    """Return in how many days a budget is used up at the pace of the last weeks; None where nothing is used any more."""
    if used >= budget:
        return 0
    if lately <= 0:
        return None
    days = (budget - used) * LATELY / lately
    return int(days) if days < _FAR_AHEAD else None


def _finding(cause: Cause, project: Project, booked: Booked | None, facts: dict[str, Any], urgency: int) -> Finding:
    return Finding(
        cause,
        project.key,
        project.label,
        {"name": project.name, **facts},
        urgency,
        "Project",
        project.operation_id or (booked.operation_id if booked else None),
        project=project.name if not project.refs else min(project.refs),
        client=project.client,
        on=project.ends,
    )


def _hours(project: Project, booked: Booked | None, today: date, *, known: bool) -> Finding | None:
    budget = project.budget_hours
    counted = booked.hours if booked else Decimal(0)
    used = max(counted, project.actual_hours or Decimal(0))
    if budget is None or budget <= 0 or used <= 0:
        return None
    left = days_left(budget, used, booked.lately if booked else Decimal(0))
    runs_out = today + timedelta(days=left) if left is not None else None
    too_soon = runs_out is not None and project.ends is not None and runs_out < project.ends
    share = used / budget
    if share < (_STILL_MUCH if known else _MUCH) and not (too_soon and share >= _HALF):
        return None
    facts = {
        "budget": plain(budget),
        "used": plain(used),
        "share": int(share * 100),
        "lately": plain(booked.lately) if booked else "0",
        "runs_out": runs_out.isoformat() if runs_out and used < budget else "",
        "ends": project.ends.isoformat() if project.ends else "",
        # What the system itself says is more than what passed through here.
        "counted": used == counted,
        "least": booked is not None and not booked.whole and used == counted,
        "entries": booked.entries if booked else 0,
        "since": booked.first.isoformat() if booked else "",
        "series": series(booked.weeks) if booked else [],
    }
    found = _finding(Cause.BUDGET_HOURS, project, booked, facts, NOW if share >= 1 else SOON)
    return _with_stake(found, booked, used - budget)


def _with_stake(found: Finding, booked: Booked | None, over: Decimal) -> Finding:
    """Add what the hours beyond the budget are worth at the average rate."""
    if booked is None or not booked.money or not booked.currency or over <= 0 or not booked.hours:
        return found
    stake = Stake((over * booked.money / booked.hours).quantize(Decimal("0.01")), booked.currency, sure=False)
    return replace(found, stake=stake)


def _money(project: Project, booked: Booked | None, *, known: bool) -> Finding | None:
    budget, currency = project.budget_money, project.currency
    if budget is None or budget <= 0 or not currency:
        return None
    same = booked is not None and booked.currency == currency
    counted = (booked.money or Decimal(0)) if booked is not None and same else Decimal(0)
    used = max(counted, project.actual_billed or Decimal(0))
    share = used / budget
    if share < (_STILL_MUCH if known else _MUCH):
        return None
    facts = {
        "budget": plain(budget),
        "used": plain(used),
        "currency": currency,
        "share": int(share * 100),
        "counted": used == counted,
        "least": booked is not None and not booked.whole and used == counted,
    }
    found = _finding(Cause.BUDGET_MONEY, project, booked, facts, NOW if share >= 1 else SOON)
    over = max(used - budget, Decimal(0))
    return replace(found, stake=Stake(over, currency) if over else None)


def _end(project: Project, booked: Booked | None, today: date) -> Finding | None:
    """Tell of work that is still booked after the end."""
    ends = project.ends
    if ends is None or ends >= today or booked is None or booked.last <= ends or booked.last < today - _AFTER_END:
        return None
    facts = {"ends": ends.isoformat(), "last": booked.last.isoformat(), "days": (today - ends).days}
    return _finding(Cause.END_PASSED, project, booked, facts, SOON)


def _behind(project: Project, booked: Booked | None, today: date) -> Finding | None:
    """Tell of a project that has used less than half of the hours it should have by now."""
    starts, ends, budget = project.starts, project.ends, project.budget_hours
    if starts is None or ends is None or not budget or ends <= starts or not starts <= today <= ends:
        return None
    if booked is None and project.actual_hours is None:
        return None  # nobody knows whether anything was worked
    passed = Decimal((today - starts).days) / (ends - starts).days
    if booked is not None and (not booked.whole or booked.first > starts + timedelta(days=LATELY)):
        # What came before the first entry here is not known: only the system's own figure can say that it is little.
        used = project.actual_hours
    else:
        used = max(booked.hours if booked else Decimal(0), project.actual_hours or Decimal(0))
    if used is None or passed < _HALF or used / budget >= passed / 2:
        return None
    facts = {
        "budget": plain(budget),
        "used": plain(used),
        "share": int(used / budget * 100),
        "passed": int(passed * 100),
        "ends": ends.isoformat(),
    }
    return _finding(Cause.BEHIND, project, booked, facts, LOOK)


def booked_by(projects: Sequence[Project]) -> dict[str, Project]:
    """Return the projects by each name that time entries may know them by; a name that two share leads to none."""
    found: dict[str, Project | None] = {}
    for project in projects:
        for ref in project.refs:
            found[ref] = None if ref in found and found[ref] is not project else project
    return {ref: project for ref, project in found.items() if project is not None}
