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
from apps.flows.engine.reconcile_steps import StepPart, put_together
from apps.flows.engine.states import OperationState
from apps.flows.models import Operation, Reconciliation, ReconciliationRow, Run, SeenPage
from apps.flows.services.reconciliation_picture import Known, Picture
from apps.flows.services.reconciliation_steps import Compared, parts_of, writing_steps
from apps.flows.services.session import Session
from apps.flows.services.told_lines import facts_of, told_line
from apps.flows.signals import ledger_changed
from apps.flows.told_words import UNEXPLAINED_OF_STEP, UNEXPLAINED_SENTENCES
from apps.tenants.told_sentences import NO_AMOUNT

MOST_ROWS = 5_000  # records kept behind a statement, the unexplained first
MOST_FINDINGS = 1_000  # told by one reconciliation; the next one tells of the others
STEP = "reconciliation"
_ORDER = {cause: place for place, cause in enumerate(Cause)}


def finish(session: Session, row: Reconciliation, picture: Picture) -> None:
    """Judge every record and write down what it comes to. In a transaction of the lease's holder."""
    now = timezone.now()
    records = [Compared(judge(entry)) for entry in picture.entries(picture.window)]
    things = [Compared(judge(entry), thing) for thing, entry in picture.things(window=True)]
    besides = [Compared(judge(entry)) for entry in picture.entries(picture.again)]
    besides += [Compared(judge(entry), thing) for thing, entry in picture.things(window=False)]
    statement, steps = state(one.judged for one in records), _steps(session, picture, things)
    if steps is not None:
        statement = put_together(statement, steps)
    rows = _rows(session, row, picture, [*records, *things])
    ReconciliationRow.objects.bulk_create(rows, batch_size=500)
    row.statement = statement.to_json()
    if steps is not None:
        row.statement["steps"] = [step.to_json() for step in steps]
    row.unexplained, row.verdict, row.finished_at = statement.unexplained, statement.verdict, now
    row.digest = digest_of(row, rows)
    row.save()
    SeenPage.objects.filter(run_id=session.run_id).delete()
    _settle_findings(picture, [*records, *things, *besides], now)
    _tell(session, picture, [*records, *things], now)


def _steps(session: Session, picture: Picture, things: Sequence[Compared]) -> list[StepPart] | None:
    """Return what each step comes to; None for a flow that does not write step by step."""
    if picture.made is None:
        return None
    run = Run.objects.select_related("version", "flow__source", "flow__target").get(id=session.run_id)
    steps = writing_steps(run.flow, session.compiled.definition, run.version)
    return parts_of(steps, picture.made, things)


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
            [one.rank, one.cause, one.business_key, one.target_key, one.difference, *_amounts(one), *_step_of(one)]
            for one in rows
        ],
    }
    return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _amounts(row: ReconciliationRow) -> list[str]:
    sides = ((row.source_amount, row.source_currency), (row.target_amount, row.target_currency))
    return ["" if amount is None else f"{Decimal(amount):.4f} {currency}" for amount, currency in sides]


def _step_of(row: ReconciliationRow) -> list[str]:
    # Statements that were made before there were steps, or anything was looked for again, keep their digest.
    return [*filter(None, [row.step]), *([f"again {row.again_key}"] if row.again_key else [])]


def _rows(
    session: Session, row: Reconciliation, picture: Picture, compared: Sequence[Compared]
) -> list[ReconciliationRow]:
    differing = [one for one in compared if one.judged.cause is not None]
    differing.sort(key=_rank)
    return [_row(session, row, picture, one, rank) for rank, one in enumerate(differing[:MOST_ROWS])]


def _rank(one: Compared) -> tuple[int, Decimal, str, str]:
    judged = one.judged
    step = one.thing.step if one.thing is not None else ""
    return _ORDER[judged.cause or Cause.ACCEPTED], -_largest(judged), judged.entry.key, step


def _row(session: Session, row: Reconciliation, picture: Picture, one: Compared, rank: int) -> ReconciliationRow:
    entry, thing = one.judged.entry, one.thing
    known, shown = picture.known.get(entry.key, Known()), picture.row_of(entry.key)
    ours, theirs = _money(entry.source), _money(entry.target)
    return ReconciliationRow(
        customer_id=session.customer_id,
        reconciliation=row,
        rank=rank,
        cause=one.judged.cause or "",
        step=thing.step if thing is not None else "",
        business_key=entry.key,
        source_key=(shown.key if shown else known.source_key)[:120],
        target_key=thing.outside_key if thing is not None else known.target_key,
        again_key=entry.again[:120] if one.judged.cause is Cause.MADE_AGAIN else "",
        label=known.label or (shown.label if shown else ""),
        difference=one.judged.count,
        source_amount=ours.value if ours else None,
        source_currency=ours.currency if ours else "",
        target_amount=theirs.value if theirs else None,
        target_currency=theirs.currency if theirs else "",
        operation_id=thing.operation_id if thing is not None else known.last_id,
    )


def _money(side: Any) -> Money | None:
    return None if side is None else side.money


def _largest(judged: Judged) -> Decimal:
    return max((abs(amount) for amount in judged.sums.values()), default=Decimal(0))


def _settle_findings(picture: Picture, compared: Iterable[Compared], now: datetime) -> None:
    """Close what was found earlier and is explained now; a finding of another kind in its place is told anew."""
    stands, in_doubt = set[tuple[str, Cause, str]](), set[tuple[str, str]]()
    looked_at, records = set[str](), set[str]()
    for one in compared:
        key = one.judged.entry.key
        looked_at.add(key)
        if one.thing is None:
            records.add(key)
        if one.judged.cause is not None:
            stands.add((key, one.judged.cause, one.mark))
        if not one.judged.proven:
            in_doubt.add((key, one.mark))
    # A thing that is not expected any more, for it was taken back since, is among the explained as well.
    explained: list[UUID] = [
        line
        for key in looked_at
        for (cause, mark), line in picture.known.get(key, Known()).findings.items()
        if (mark or key in records) and (key, cause, mark) not in stands and (key, mark) not in in_doubt
    ]
    found = Operation.objects.filter(id__in=explained, state=OperationState.REJECTED)
    if found.update(state=OperationState.SUPERSEDED, due_at=None, changed_at=now):
        # The ledger changed: whoever keeps cases looks.
        first = Operation.objects.filter(id__in=explained).first()
        if first is not None:
            ledger_changed.send(sender=Operation, flow_id=first.flow_id, customer_id=first.customer_id)


def _tell(session: Session, picture: Picture, compared: Iterable[Compared], now: datetime) -> None:
    """Write a ledger line for each unexplained record or thing that none tells of yet, and count them in the run."""
    new = [one for one in compared if _is_news(picture, one)][:MOST_FINDINGS]
    if not new:
        return
    keys = {one.judged.entry.key for one in new}
    told_of = [known.last_id for key in keys if (known := picture.known.get(key)) and known.last_id]
    lines = {line.business_key: line for line in Operation.objects.filter(id__in=told_of)}
    names = dict(Connection.objects.filter(id__in=[session.source_id, session.target_id]).values_list("id", "name"))
    Operation.objects.bulk_create(
        _finding(session, picture, one, lines.get(one.judged.entry.key), names, now) for one in new
    )
    told = len(new)
    Run.objects.filter(id=session.run_id).update(read=F("read") + told, rejected=F("rejected") + told)
    ledger_changed.send(sender=Operation, flow_id=session.flow_id, customer_id=session.customer_id)


def _is_news(picture: Picture, one: Compared) -> bool:
    cause, known = one.judged.cause, picture.known.get(one.judged.entry.key, Known())
    return cause in UNEXPLAINED and (cause, one.mark) not in known.findings


def _finding(
    session: Session,
    picture: Picture,
    one: Compared,
    line: Operation | None,
    names: dict[UUID, str],
    now: datetime,
) -> Operation:
    entry, cause = one.judged.entry, one.judged.cause or Cause.NEVER_READ
    facts = facts_of(line) if line is not None else _facts(session, picture, entry.key)
    if one.thing is not None:
        facts["target_key"] = one.thing.outside_key
    at_stake = next(iter(one.judged.sums.items()), None)
    if at_stake is not None:
        facts |= {"amount": abs(at_stake[1]), "currency": at_stake[0], "amount_quality": "known"}
    return told_line(
        session,
        facts,
        version=finding_version(session.run_id.hex, cause, one.mark),
        step=STEP if one.thing is None else one.thing.step,
        business_class=BusinessClass.UNRECONCILED,
        code=cause,
        sentence=_sentence(session, picture, one, cause, names),
        now=now,
    )


def _sentence(session: Session, picture: Picture, one: Compared, cause: Cause, names: dict[UUID, str]) -> str:
    entry, thing = one.judged.entry, one.thing
    words = {
        "source": names[session.source_id],
        "target": names[session.target_id],
        "key": picture.known.get(entry.key, Known()).target_key,
        "source_money": _said(_money(entry.source)),
        "target_money": _said(_money(entry.target)),
    }
    if thing is None or picture.made is None:
        return UNEXPLAINED_SENTENCES[cause] % words
    step = session.compiled.definition.step_named(thing.step)
    title = step.title if step is not None and step.title else thing.step
    words |= {"target": picture.made.systems.get(thing.place, ""), "key": thing.outside_key, "step": title}
    return UNEXPLAINED_OF_STEP[cause] % words


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
    return NO_AMOUNT if money is None else f"{money.currency} {money.value:,.2f}"
