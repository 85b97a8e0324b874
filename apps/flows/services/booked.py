"""The rows that business rules over many records look at: written with the ledger's lines, read in one statement a batch."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection

from apps.connectors.canonical.shapes import AmountQuality
from apps.flows.business_rules.batch import Candidate, Ledger, Standing
from apps.flows.business_rules.people import content_of, day_of
from apps.flows.engine.states import OperationState
from apps.flows.services.entries import Entry
from apps.flows.services.ledger_writes import new_id
from apps.flows.services.session import Session
from apps.flows.services.verdicts import Verdict

STANDING = (OperationState.WRITTEN, OperationState.UNCHANGED, OperationState.WAITING)
_MOST_HOURS = Decimal(10_000)  # what the column holds is less; more is a mistake of the source, and no work

_WRITE = """
INSERT INTO flows_bookedrecord (id, customer_id, flow_id, connection_id, operation_id, canonical_type, business_key, person, day,
                                hours, project, po_number, amount, currency, content)
SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::date[],
                     %s::numeric[], %s::text[], %s::text[], %s::numeric[], %s::text[], %s::text[])
ON CONFLICT (flow_id, business_key) DO UPDATE
SET connection_id = excluded.connection_id, operation_id = excluded.operation_id, person = excluded.person,
    day = excluded.day, hours = excluded.hours, project = excluded.project, po_number = excluded.po_number,
    amount = excluded.amount, currency = excluded.currency, content = excluded.content
"""
# Only what goes to the same target counts: flows may pass a record on from system to system. A record that two flows deliver
# there stands once in a person's day. The records at hand are left out: their new version counts.
_READ = """
SELECT DISTINCT ON (b.business_key) 'day', b.person, b.day, o.source_key, b.hours, b.content, 0::numeric, ''
FROM unnest(%(people)s::text[], %(days)s::date[]) AS asked(person, day)
JOIN flows_bookedrecord AS b ON b.connection_id = %(target)s AND b.person = asked.person AND b.day = asked.day
JOIN flows_operation AS o ON o.id = b.operation_id
WHERE b.person <> '' AND b.canonical_type = %(kind)s AND o.state = ANY(%(standing)s) AND b.business_key <> ALL(%(keys)s)
UNION ALL
SELECT 'project', b.project, NULL, '', sum(b.hours), '', sum(b.amount), b.currency
FROM flows_bookedrecord AS b JOIN flows_operation AS o ON o.id = b.operation_id
WHERE b.project <> '' AND b.connection_id = %(target)s AND b.project = ANY(%(projects)s) AND o.state = ANY(%(standing)s)
  AND b.business_key <> ALL(%(keys)s)
GROUP BY b.project, b.currency
UNION ALL
SELECT 'order', b.po_number, NULL, '', 0::numeric, '', sum(b.amount), b.currency
FROM flows_bookedrecord AS b JOIN flows_operation AS o ON o.id = b.operation_id
WHERE b.po_number <> '' AND b.connection_id = %(target)s AND b.po_number = ANY(%(orders)s) AND o.state = ANY(%(standing)s)
  AND b.business_key <> ALL(%(keys)s)
GROUP BY b.po_number, b.currency
"""


def note_booked(session: Session, judged: Sequence[tuple[Entry, Verdict]]) -> None:
    """Keep what rules over many records will look at, for those that stand. In the transaction that settles them."""
    if not any(rule.from_ledger for rule in session.compiled.check.business_rules):
        return
    rows = {
        entry.planned.business_key: _row(session, entry)
        for entry, verdict in judged
        if entry.repeat is None and verdict.state in STANDING
    }
    if rows:
        with connection.cursor() as cursor:
            # In one order for all writers, so that two of them never wait for each other.
            cursor.execute(_WRITE, [list(column) for column in zip(*(rows[key] for key in sorted(rows)), strict=True)])


def _row(session: Session, entry: Entry) -> tuple[Any, ...]:
    planned, kind = entry.planned, session.compiled.described.name
    values = planned.canonical
    person, day = day_of(kind, values) or ("", None)
    known = planned.amount is not None and planned.amount.quality is not AmountQuality.UNKNOWN
    hours = values.get("hours") or Decimal(0)
    return (
        new_id(), session.customer_id, session.flow_id, session.target_id, entry.operation_id, kind,
        planned.business_key[:200], _text(person, 120), day, hours if abs(hours) < _MOST_HOURS else Decimal(0),
        _text(values.get("project"), 120), _text(values.get("po_number"), 80),
        planned.amount.value if planned.amount and known else Decimal(0),
        planned.amount.currency if planned.amount and known else "", content_of(kind, values),
    )  # fmt: skip


def _text(value: object, longest: int) -> str:
    return "" if value is None else str(value).replace("\x00", "")[:longest]


def read_ledger(
    session: Session,
    candidates: Sequence[Candidate],
    *,
    projects: Collection[str],
    orders: Collection[str],
) -> Ledger:
    """Return what stands besides the candidates: their people's days, and the sums of these projects and orders.

    One statement, however many there are.
    """
    kind = session.compiled.described.name
    days = sorted({day for one in candidates if (day := day_of(kind, one.values)) is not None})
    asked: dict[str, Any] = {
        "target": session.target_id,
        "kind": kind,
        "people": [_text(person, 120) for person, _ in days],
        "days": [day for _, day in days],
        "projects": sorted(projects),
        "orders": sorted(orders),
        "keys": [one.key for one in candidates],
        "standing": [state.value for state in STANDING],
    }
    with connection.cursor() as cursor:
        cursor.execute(_READ, asked)
        return _ledger(cursor.fetchall())


def _ledger(rows: Sequence[tuple[Any, ...]]) -> Ledger:
    days: defaultdict[tuple[str, date], list[Standing]] = defaultdict(list)
    hours: defaultdict[str, Decimal] = defaultdict(Decimal)
    projects, orders = dict[tuple[str, str], Decimal](), dict[tuple[str, str], Decimal]()
    for what, name, day, source_key, worked, content, amount, currency in rows:
        if what == "day":
            days[name, day].append(Standing(source_key, worked, content))
        elif what == "project":
            hours[name] += worked
            projects[name, currency] = amount
        else:
            orders[name, currency] = amount
    return Ledger(days, projects, hours, orders)
