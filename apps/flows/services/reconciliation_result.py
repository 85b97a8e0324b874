"""What a reconciliation comes to, written in one transaction: the statement, its records, and findings for people.

A finding is a ledger line of its own: blocked, worth what is at stake, worked on as an exception like any other. It is settled
by a later reconciliation that finds nothing unexplained in its record, or by a person who leaves it out with the reason.
"""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
from django.db.models import F
from django.utils import timezone

from apps.connectors.errors import BusinessClass
from apps.connectors.models import Connection
from apps.flows.engine.reconcile import UNEXPLAINED, Cause, Judged, Money, finding_version, judge, state
from apps.flows.engine.states import OperationState
from apps.flows.models import Operation, Reconciliation, ReconciliationRow, Run, SeenPage
from apps.flows.services.reconciliation_picture import Known, Picture
from apps.flows.services.session import Session
from apps.flows.services.told_lines import facts_of, told_line
from apps.flows.signals import ledger_changed

MOST_ROWS = 5_000  # records kept behind a statement, the unexplained first
MOST_FINDINGS = 1_000  # told by one reconciliation; the next one tells of the others
STEP = "reconciliation"
_ORDER = {cause: place for place, cause in enumerate(Cause)}
_SENTENCES = {
    Cause.MISSING_IN_TARGET: (
        "{target} no longer has this record, which was delivered as {key}. Put it back there, or leave this out with the "
        "reason. The next reconciliation looks again."
    ),
    Cause.NEVER_READ: (
        "{source} changed this record before the last reading, and it never arrived here. Retry it: it is then read by itself."
    ),
    Cause.AMOUNT_DIFFERS: (
        "{source} says {ours}, {target} says {theirs}. Put right the one that is wrong, or leave this out with the reason. "
        "The next reconciliation looks again."
    ),
    Cause.EXTRA_IN_TARGET: (
        "{target} holds this record more often than it was delivered. Take the extra one back there, or leave this out with "
        "the reason. The next reconciliation looks again."
    ),
}


def finish(session: Session, row: Reconciliation, picture: Picture) -> None:
    """Judge every record and write down what it comes to. In a transaction of the lease's holder."""
    now = timezone.now()
    judged = [judge(entry) for entry in picture.entries(picture.window)]
    besides = [judge(entry) for entry in picture.entries(picture.again)]
    statement = state(judged)
    rows = _rows(session, row, picture, judged)
    ReconciliationRow.objects.bulk_create(rows, batch_size=500)
    row.statement = statement.to_json()
    row.unexplained, row.verdict, row.finished_at = statement.unexplained, statement.verdict, now
    row.digest = digest_of(row, rows)
    row.save()
    SeenPage.objects.filter(run_id=session.run_id).delete()
    _settle_findings(picture, [*judged, *besides], now)
    _tell(session, picture, judged, now)


def digest_of(row: Reconciliation, rows: Iterable[ReconciliationRow]) -> str:
    """Return the SHA-256 of all that a finished reconciliation says, its records included."""
    said = {
        "flow": str(row.flow_id),
        "customer": str(row.customer_id),
        "version": row.version_number,
        "window": [str(row.first), str(row.last), row.zone, row.since.isoformat(), row.until.isoformat()],
        "methods": [row.source_method, row.target_method],
        "verdict": row.verdict,
        "statement": row.statement,
        "rows": [
            [one.rank, one.cause, one.business_key, one.target_key, one.difference, *_amounts(one)] for one in rows
        ],
    }
    return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _amounts(row: ReconciliationRow) -> list[str]:
    sides = ((row.source_amount, row.source_currency), (row.target_amount, row.target_currency))
    return ["" if amount is None else f"{Decimal(amount):.4f} {currency}" for amount, currency in sides]


def _rows(session: Session, row: Reconciliation, picture: Picture, judged: Sequence[Judged]) -> list[ReconciliationRow]:
    differing = [one for one in judged if one.cause is not None]
    differing.sort(key=lambda one: (_ORDER[one.cause or Cause.ACCEPTED], -_largest(one), one.entry.key))
    rows = []
    for rank, one in enumerate(differing[:MOST_ROWS]):
        entry, known = one.entry, picture.known.get(one.entry.key, Known())
        shown, ours, theirs = picture.row_of(entry.key), _money(entry.source), _money(entry.target)
        rows.append(
            ReconciliationRow(
                customer_id=session.customer_id,
                reconciliation=row,
                rank=rank,
                cause=one.cause or "",
                business_key=entry.key,
                source_key=(shown.key if shown else known.source_key)[:120],
                target_key=known.target_key,
                label=known.label or (shown.label if shown else ""),
                difference=one.count,
                source_amount=ours.value if ours else None,
                source_currency=ours.currency if ours else "",
                target_amount=theirs.value if theirs else None,
                target_currency=theirs.currency if theirs else "",
                operation_id=known.last_id,
            )
        )
    return rows


def _money(side: Any) -> Money | None:
    return None if side is None else side.money


def _largest(judged: Judged) -> Decimal:
    return max((abs(amount) for amount in judged.sums.values()), default=Decimal(0))


def _settle_findings(picture: Picture, judged: Iterable[Judged], now: datetime) -> None:
    """Close what was found earlier and is explained now; a finding of another kind in its place is told anew."""
    explained: list[UUID] = []
    for one in judged:
        known = picture.known.get(one.entry.key)
        if known is not None and one.proven:
            explained += [line for cause, line in known.findings.items() if cause is not one.cause]
    found = Operation.objects.filter(id__in=explained, state=OperationState.REJECTED)
    if found.update(state=OperationState.SUPERSEDED, due_at=None, changed_at=now):
        # The ledger changed: whoever keeps cases looks.
        first = Operation.objects.filter(id__in=explained).first()
        if first is not None:
            ledger_changed.send(sender=Operation, flow_id=first.flow_id, customer_id=first.customer_id)


def _tell(session: Session, picture: Picture, judged: Iterable[Judged], now: datetime) -> None:
    """Write a ledger line for each unexplained record that none tells of yet, and count them in the run."""
    new = [
        one
        for one in judged
        if one.cause in UNEXPLAINED and one.cause not in picture.known.get(one.entry.key, Known()).findings
    ][:MOST_FINDINGS]
    if not new:
        return
    told_of = [known.last_id for one in new if (known := picture.known.get(one.entry.key)) and known.last_id]
    lines = {line.business_key: line for line in Operation.objects.filter(id__in=told_of)}
    names = dict(Connection.objects.filter(id__in=[session.source_id, session.target_id]).values_list("id", "name"))
    Operation.objects.bulk_create(_finding(session, picture, one, lines.get(one.entry.key), names, now) for one in new)
    told = len(new)
    Run.objects.filter(id=session.run_id).update(read=F("read") + told, rejected=F("rejected") + told)
    ledger_changed.send(sender=Operation, flow_id=session.flow_id, customer_id=session.customer_id)


def _finding(
    session: Session,
    picture: Picture,
    judged: Judged,
    line: Operation | None,
    names: dict[UUID, str],
    now: datetime,
) -> Operation:
    entry, cause = judged.entry, judged.cause or Cause.NEVER_READ
    ours, theirs = _money(entry.source), _money(entry.target)
    sentence = _SENTENCES[cause].format(
        source=names[session.source_id],
        target=names[session.target_id],
        key=picture.known.get(entry.key, Known()).target_key,
        ours=_said(ours),
        theirs=_said(theirs),
    )
    facts = facts_of(line) if line is not None else _facts(session, picture, entry.key)
    at_stake = next(iter(judged.sums.items()), None)
    if at_stake is not None:
        facts |= {"amount": abs(at_stake[1]), "currency": at_stake[0], "amount_quality": "known"}
    return told_line(
        session,
        facts,
        version=finding_version(session.run_id.hex, cause),
        step=STEP,
        business_class=BusinessClass.UNRECONCILED,
        code=cause,
        sentence=sentence,
        now=now,
    )


def _facts(session: Session, picture: Picture, key: str) -> dict[str, Any]:
    """Return the columns of a record that the ledger does not know, as its source shows it."""
    shown = picture.row_of(key)
    money = shown.money if shown else None
    return {
        "canonical_type": session.compiled.described.name,
        "business_key": key,
        "source_key": (shown.key if shown else "")[:120],
        "label": shown.label if shown else "",
        "amount": money.value if money else None,
        "currency": money.currency if money else "",
        "amount_quality": "known" if money else "unknown",
    }


def _said(money: Money | None) -> str:
    return "no amount" if money is None else f"{money.currency} {money.value:,.2f}"
