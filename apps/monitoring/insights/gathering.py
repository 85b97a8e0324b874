"""Turns records of the ledger and of the customer's systems into the plain values that the rules judge."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from apps.monitoring.impact import Quality
from apps.monitoring.insights.anomalies import Spent, Work
from apps.monitoring.insights.incomplete import Sheet
from apps.monitoring.insights.outside import Outside, OutsideRecord
from apps.monitoring.insights.projects import LATELY, Booked, Milestone, Project
from apps.monitoring.insights.reading import Record, Records
from apps.monitoring.insights.staffing import Person, Planned

_DAY_OF = {"Expense": "spent_on", "Invoice": "issue_date"}
_MOST_WEEKS = 40  # of a chart


def work_of(records: Iterable[Record], today: date, zone: str = "UTC") -> list[Work]:
    """Return the time entries whose day and person are known; `zone` says whose clock their beginning is read from."""
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
                start=_start(values.get("start_at"), zone),
            )
        )
    return found


def _start(value: Any, zone: str) -> int | None:
    """Return the minute of the day; None for midnight, which is how systems write a day that has no time."""
    if not isinstance(value, datetime) or value.tzinfo is None:
        return None
    there = value.astimezone(ZoneInfo(zone))
    if not (there.hour or there.minute) or value.astimezone(UTC).time() == time():
        return None
    return there.hour * 60 + there.minute


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


def sheets_of(canonical_type: str, found: Records, outside: Outside | None) -> list[Sheet]:
    """Return the records of a type: as their system lists them now where it was asked and answered, else as they passed through.

    A flow leaves out what it does not move, and a system does not. Where the list was cut, what passed through completes it.
    """
    passed = {record.line.business_key: record for record in found.rows if record.values}
    if outside is None or outside.problem:
        return [_passed(canonical_type, record) for record in passed.values()]
    listed = [_listed(canonical_type, row, outside.fields, passed.get(row.key)) for row in outside.rows]
    if not outside.cut:
        return listed
    known = {row.key for row in listed}
    place = listed[0].key.rpartition(":")[0] if listed else ""
    return listed + [
        _passed(canonical_type, record)
        for key, record in passed.items()
        if key not in known and key.rpartition(":")[0] == place
    ]


def _passed(canonical_type: str, record: Record) -> Sheet:
    line = record.line
    return Sheet(
        line.business_key,
        canonical_type,
        line.label,
        record.values,
        record.fields,
        line.client_ref,
        line.project_ref,
        line.id,
    )


def _listed(canonical_type: str, row: OutsideRecord, fields: frozenset[str], record: Record | None) -> Sheet:
    client = str(row.values.get("client_name") or row.values.get("client") or "")[:120]
    project = str(row.values.get("project") or "")[:120]
    carried = record.line.id if record else None
    return Sheet(row.key, canonical_type, row.label, row.values, fields, client, project, carried)


def project_of(row: Sheet) -> Project:
    """Return a project as a system describes it."""
    key, values = row.key, row.values
    names = (values.get("code"), values.get("id"), key.rpartition(":")[2])
    return Project(
        key=key,
        label=row.label,
        name=str(values.get("name") or values.get("code") or key),
        refs=frozenset(str(name) for name in names if name),
        client=row.client,
        operation_id=row.operation_id,
        budget_hours=_number(values, "budget_hours"),
        budget_money=_number(values, "budget_money"),
        currency=str(values.get("currency") or ""),
        starts=_day(values, "starts"),
        ends=_day(values, "ends"),
        state=str(values.get("state") or ""),
        actual_hours=_number(values, "actual_hours"),
        actual_billed=_number(values, "actual_billed"),
    )


def booked_on(
    projects: Mapping[str, Project], work: Iterable[Work], records: Records, today: date
) -> dict[str, Booked]:
    """Return the work that passed through, by the key of its project; `projects` are told by the names that entries know."""
    by_project: defaultdict[str, list[Work]] = defaultdict(list)
    for one in work:
        if one.hours is not None and one.project in projects:
            by_project[projects[one.project].key].append(one)
    unsaid = (row.line.project_ref for row in records.rows if not row.values or row.values.get("hours") is None)
    partly = {projects[name].key for name in unsaid if name in projects}
    return {
        key: _booked(entries, today, whole=not records.cut and key not in partly) for key, entries in by_project.items()
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


def milestone_of(row: Sheet) -> Milestone:
    """Return a step of a billing schedule."""
    values = row.values
    return Milestone(
        key=row.key,
        label=row.label,
        name=str(values.get("name") or ""),
        project=row.project,
        state=str(values.get("state") or ""),
        due_on=_day(values, "due_on"),
        amount=_number(values, "amount"),
        currency=str(values.get("currency") or ""),
        client=row.client,
        operation_id=row.operation_id,
    )


def person_of(row: Sheet) -> Person:
    """Return somebody who could be planned."""
    values = row.values
    names = (values.get("employee_no"), values.get("id"), values.get("email"), row.key.rpartition(":")[2])
    return Person(
        key=row.key,
        name=str(values.get("name") or row.key),
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


def planned_of(row: Sheet) -> Planned | None:
    """Return who is planned on what, or what somebody is looked for; None without days."""
    values = row.values
    starts, ends = _day(values, "starts"), _day(values, "ends")
    if starts is None or ends is None or ends < starts:
        return None
    return Planned(
        key=row.key,
        label=row.label,
        project=row.project,
        project_name=str(values.get("project_name") or ""),
        client=row.client,
        person=str(values.get("resource") or ""),
        role=str(values.get("role") or ""),
        starts=starts,
        ends=ends,
        status=str(values.get("status") or ""),
        hours_per_day=_number(values, "hours_per_day"),
        task=str(values.get("task_name") or ""),
        operation_id=row.operation_id,
    )


def _number(values: Mapping[str, Any], name: str) -> Decimal | None:
    value = values.get(name)
    return value if isinstance(value, Decimal) and value.is_finite() else None


def _day(values: Mapping[str, Any], name: str) -> date | None:
    value = values.get(name)
    return value if isinstance(value, date) else None
