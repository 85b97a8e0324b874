"""Turns records of the ledger and of the customer's systems into the plain values that the rules judge."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from apps.monitoring.impact import Quality
from apps.monitoring.insights.anomalies import Spent, Work
from apps.monitoring.insights.incomplete import NEEDED, Sheet
from apps.monitoring.insights.outside import Outside, OutsideRecord
from apps.monitoring.insights.projects import LATELY, Booked, Milestone, Project
from apps.monitoring.insights.reading import Record, Records
from apps.monitoring.insights.staffing import Person, Planned

_DAY_OF = {"Expense": "spent_on", "Invoice": "issue_date"}
_MOST_WEEKS = 40  # of a chart


def work_of(records: Iterable[Record], today: date) -> list[Work]:
    """Return the time entries whose day and person are known."""
    found = []
    for record in records:
        values, line = record.values, record.line
        on, person = values.get("work_date"), values.get("resource")
        if not isinstance(on, date) or not person or on > today + timedelta(days=1):
            continue
        found.append(
            Work(
                operation_id=line.id,
                key=line.business_key,
                label=line.label,
                on=on,
                person=str(person),
                person_name=str(values.get("resource_name") or ""),
                project=str(values.get("project") or line.project_ref),
                client=line.client_ref,
                hours=_number(values, "hours"),
                rate=_number(values, "bill_rate") if values.get("billable") is not False else None,
                currency=str(values.get("currency") or ""),
            )
        )
    return found


def spent_of(records: Iterable[Record], canonical_type: str) -> list[Spent]:
    """Return the expenses or invoices with an amount; the day they were read stands in for one that is not known."""
    found = []
    for record in records:
        line = record.line
        if line.amount is None or not line.currency or line.amount_quality == Quality.UNKNOWN:
            continue
        on = record.values.get(_DAY_OF[canonical_type])
        group = line.client_ref if canonical_type == "Invoice" else str(record.values.get("category") or "")
        if record.values.get("kind") == "credit":
            continue
        found.append(
            Spent(
                operation_id=line.id,
                key=line.business_key,
                canonical_type=canonical_type,
                label=line.label,
                on=on if isinstance(on, date) else line.created_at.date(),
                group=group,
                project=line.project_ref,
                client=line.client_ref,
                amount=line.amount,
                currency=line.currency,
                sure=line.amount_quality != Quality.ESTIMATED,
            )
        )
    return found


def sheets_of(found: Mapping[str, Records], outside: Mapping[str, Outside]) -> list[Sheet]:
    """Return the records that are asked for what they lack."""
    sheets = []
    for kind in NEEDED:
        for record in found.get(kind, Records()).rows:
            line = record.line
            if record.values:
                sheets.append(
                    Sheet(
                        line.business_key,
                        kind,
                        line.label,
                        record.values,
                        record.fields,
                        line.client_ref,
                        line.project_ref,
                        line.id,
                    )
                )
        if kind in outside:
            fields = outside[kind].fields
            sheets += [Sheet(row.key, kind, row.label, row.values, fields) for row in outside[kind].rows]
    return sheets


def projects_of(found: Records, outside: Outside | None) -> list[Project]:
    """Return the projects, as the ledger knows them or their own system."""
    rows = [(record.line.business_key, record.line.label, record.values, record.line.id) for record in found.rows]
    rows += [(row.key, row.label, row.values, None) for row in _rows(outside)]
    return [_project(key, label, values, line) for key, label, values, line in rows if values]


def _project(key: str, label: str, values: Mapping[str, Any], operation_id: Any) -> Project:
    names = (values.get("code"), values.get("id"), key.rpartition(":")[2])
    return Project(
        key=key,
        label=label,
        name=str(values.get("name") or values.get("code") or key),
        refs=frozenset(str(name) for name in names if name),
        client=str(values.get("client_name") or values.get("client") or "")[:120],
        operation_id=operation_id,
        budget_hours=_number(values, "budget_hours"),
        budget_money=_number(values, "budget_money"),
        currency=str(values.get("currency") or ""),
        starts=_day(values, "starts"),
        ends=_day(values, "ends"),
        state=str(values.get("state") or ""),
        actual_hours=_number(values, "actual_hours"),
        actual_billed=_number(values, "actual_billed"),
    )


def booked_on(work: Iterable[Work], records: Records, today: date) -> dict[str, Booked]:
    """Return the work that passed through, by the name of its project there."""
    by_project: defaultdict[str, list[Work]] = defaultdict(list)
    for one in work:
        if one.project and one.hours is not None:
            by_project[one.project].append(one)
    partly = {row.line.project_ref for row in records.rows if not row.values or row.values.get("hours") is None}
    return {
        project: _booked(entries, today, whole=not records.cut and project not in partly)
        for project, entries in by_project.items()
    }


def _booked(entries: Sequence[Work], today: date, *, whole: bool) -> Booked:
    weeks: defaultdict[date, Decimal] = defaultdict(Decimal)
    for one in entries:
        weeks[one.on - timedelta(days=one.on.weekday())] += one.hours or Decimal(0)
    lately = [one.hours or Decimal(0) for one in entries if today - timedelta(days=LATELY) <= one.on <= today]
    priced = [one for one in entries if one.rate is not None and one.currency]
    currencies = {one.currency for one in priced}
    money = sum(((one.hours or Decimal(0)) * (one.rate or Decimal(0)) for one in priced), Decimal(0))
    last = max(entries, key=lambda one: (one.on, one.key))
    return Booked(
        hours=sum((one.hours or Decimal(0) for one in entries), Decimal(0)),
        lately=sum(lately, Decimal(0)),
        first=min(one.on for one in entries),
        last=last.on,
        entries=len(entries),
        money=money if len(currencies) == 1 else None,
        currency=currencies.pop() if len(currencies) == 1 else "",
        whole=whole,
        weeks=tuple(sorted(weeks.items())[-_MOST_WEEKS:]),
        operation_id=last.operation_id,
    )


def milestones_of(found: Records, outside: Outside | None) -> list[Milestone]:
    """Return the steps of billing schedules."""
    rows = [(record.line.business_key, record.line.label, record.values, record.line.id) for record in found.rows]
    rows += [(row.key, row.label, row.values, None) for row in _rows(outside)]
    return [
        Milestone(
            key=key,
            label=label,
            name=str(values.get("name") or ""),
            project=str(values.get("project") or "")[:120],
            state=str(values.get("state") or ""),
            due_on=_day(values, "due_on"),
            amount=_number(values, "amount"),
            currency=str(values.get("currency") or ""),
            client=str(values.get("client_name") or "")[:120],
            operation_id=line,
        )
        for key, label, values, line in rows
        if values
    ]


def people_of(found: Records, outside: Outside | None) -> list[Person]:
    """Return who could be planned."""
    rows = [(record.line.business_key, record.values) for record in found.rows]
    rows += [(row.key, row.values) for row in _rows(outside)]
    return [_person(key, values) for key, values in rows if values]


def _person(key: str, values: Mapping[str, Any]) -> Person:
    names = (values.get("employee_no"), values.get("id"), values.get("email"), key.rpartition(":")[2])
    return Person(
        key=key,
        name=str(values.get("name") or key),
        refs=frozenset(str(name) for name in names if name),
        title=str(values.get("job_title") or values.get("grade") or ""),
        week=_number(values, "capacity_hours_week"),
        skills=_skills(values.get("skills")),
        active=values.get("active") is not False,
        left=_day(values, "left"),
    )


def _skills(value: Any) -> tuple[tuple[str, int], ...]:
    """Return skills as a system lists them: [{"code": "data", "level": 3}], or just their names."""
    if not isinstance(value, (list, tuple)):
        return ()
    found = []
    for one in value:
        code = one.get("code") if isinstance(one, Mapping) else one
        level = one.get("level") if isinstance(one, Mapping) else None
        if isinstance(code, str) and code:
            found.append((code, level if isinstance(level, int) and 1 <= level <= 5 else 3))
    return tuple(found)


def plans_of(found: Records, outside: Outside | None) -> list[Planned]:
    """Return who is planned on what, and what somebody is looked for."""
    rows = [(record.line.business_key, record.line.label, record.values, record.line.id) for record in found.rows]
    rows += [(row.key, row.label, row.values, None) for row in _rows(outside)]
    plans = (_planned(key, label, values, line) for key, label, values, line in rows)
    return [plan for plan in plans if plan is not None]


def _planned(key: str, label: str, values: Mapping[str, Any], operation_id: Any) -> Planned | None:
    starts, ends = _day(values, "starts"), _day(values, "ends")
    if starts is None or ends is None or ends < starts:
        return None
    return Planned(
        key=key,
        label=label,
        project=str(values.get("project") or "")[:120],
        project_name=str(values.get("project_name") or ""),
        client=str(values.get("client_name") or values.get("client") or "")[:120],
        person=str(values.get("resource") or ""),
        role=str(values.get("role") or ""),
        starts=starts,
        ends=ends,
        status=str(values.get("status") or ""),
        hours_per_day=_number(values, "hours_per_day"),
        task=str(values.get("task_name") or ""),
        operation_id=operation_id,
    )


def _rows(outside: Outside | None) -> list[OutsideRecord]:
    return outside.rows if outside is not None else []


def _number(values: Mapping[str, Any], name: str) -> Decimal | None:
    value = values.get(name)
    return value if isinstance(value, Decimal) and value.is_finite() else None


def _day(values: Mapping[str, Any], name: str) -> date | None:
    value = values.get(name)
    return value if isinstance(value, date) else None
