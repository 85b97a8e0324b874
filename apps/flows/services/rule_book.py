"""The business rules of one opened flow: asks its systems for facts before a batch is written ahead, and judges by them.

Each batch asks one question a kind of fact, in as many calls as the system needs for it. Answers are kept for FRESH_SECONDS
within one slice of a run, so a fact that was mended counts for a retry. No call is made inside a transaction.
"""

import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.connectors.canonical.registry import canonical_type
from apps.connectors.canonical.shapes import CanonicalValues
from apps.connectors.contract import Connector, SourceRecord
from apps.connectors.errors import FailureKind, FieldProblem, RemoteError
from apps.connectors.manifest import ObjectManifest
from apps.flows.business_rules.batch import Answers, Candidate, judge_batch, wanted_name
from apps.flows.business_rules.rule import Question
from apps.flows.business_rules.systems import Answerer, Judgeable, judgeable
from apps.flows.engine.flow import CompiledFlow, merge_reading
from apps.flows.mapping.compile import compile_mapping
from apps.flows.mapping.compiled import CompiledMapping
from apps.flows.services import planning, telemetry
from apps.flows.services.booked import read_ledger
from apps.flows.services.entries import Entry, OpenBatch
from apps.flows.services.halting import stopped_or_away
from apps.flows.services.session import Session

FRESH_SECONDS = 60.0
MOST_LISTED = 5_000  # more periods or rate lines than this are not read through: what comes later is not known
_POSTING = ("posting_date", "approved_at", "work_date", "spent_on", "issue_date")
_NEEDED = " The flow's business rules ask for it: give the connection the right, or switch the rule off with a reason."
Complete = Callable[[Coroutine[Any, Any, None]], None]
_Place = tuple[bool, str, str]  # asked of the target or not, the object, the name asked for ("" : all)


def open_rules(session: Session) -> "RuleBook | None":
    """Return the rules of the session's flow; None when it has none, or none that its systems can answer."""
    rules = session.compiled.check.business_rules
    if not rules:
        return None
    known = judgeable(rules, session.target.manifest, session.source.manifest)
    able = tuple(one for one in known if one.can_be_judged)
    return RuleBook(session, able) if able else None


def plan_by_rules(
    session: Session,
    book: "RuleBook | None",
    complete: Complete,
    records: Sequence[SourceRecord],
    checkpoint_after: Mapping[str, Any] | None,
    *,
    again: bool = False,
) -> OpenBatch:
    """Plan a batch and write it ahead; with business rules the facts are asked for in between.

    Raises SystemAwayError or RunStoppedError when a system does not answer: nothing is written then.
    """
    if book is None:
        with transaction.atomic():
            return planning.plan_and_write_ahead(session, records, checkpoint_after, again=again)
    with telemetry.step("plan", len(records)):
        with transaction.atomic():
            session.work.confirm()
            batch = planning.plan_only(session, records, again=again)
        try:
            complete(book.ask(batch))
        except RemoteError as error:
            if error.kind is FailureKind.MISCONFIGURED:
                error.message += _NEEDED
            raise stopped_or_away(error, book.asking) from error
        with transaction.atomic():
            return planning.write_planned(session, batch, checkpoint_after, book.judge(), again=again)


class RuleBook:
    """The rules that can be judged, and what was answered so far. `asking` is the connection asked last."""

    def __init__(self, session: Session, rules: tuple[Judgeable, ...]) -> None:
        self._session, self._rules = session, rules
        self._from_ledger = any(one.rule.from_ledger for one in rules)
        self._posting = posting_field(session.compiled)
        asked = {ask.field for one in rules for ask in one.rule.asks}
        lines = [(line.line.source, line.target) for line in session.compiled.delivery.lines]
        self._sources = tuple((source, target) for source, target in lines if source and source in asked)
        self._readers: dict[tuple[bool, str], CompiledMapping] = {}
        self._kept: dict[_Place, tuple[float, Any]] = {}
        self._at_hand: list[tuple[Entry, Candidate]] = []
        self.asking: UUID = session.target_id

    async def ask(self, batch: OpenBatch) -> None:
        """Ask for every fact that judging the batch needs and that is not known. Raises RemoteError."""
        self._forget_old()
        self._at_hand = [(entry, self._candidate(entry)) for entry in batch.entries if _is_judged(entry)]
        candidates = [candidate for _, candidate in self._at_hand]
        if not candidates:
            return
        wanted: dict[tuple[bool, str], tuple[Answerer, set[str]]] = {}
        for question, answerer in self._questions():
            names = wanted.setdefault((answerer.is_target, answerer.spec.name), (answerer, set()))[1]
            if question.field:
                names |= {name for one in candidates if (name := wanted_name(question, answerer, one))}
            else:
                names.add("")
        for (is_target, name), (answerer, names) in wanted.items():
            missing = sorted(one for one in names if (is_target, name, one) not in self._kept)
            if missing:
                await self._ask(answerer, missing)

    async def _ask(self, answerer: Answerer, names: Sequence[str]) -> None:
        session, spec = self._session, answerer.spec
        system = session.target if answerer.is_target else session.source
        self.asking = session.target_id if answerer.is_target else session.source_id
        named = [name for name in names if name]
        found = await system.find(spec.name, named) if named else {}
        now = time.monotonic()
        for name in named:
            record = found.get(name)
            values = None if record is None else self._read(answerer, record.values)
            self._kept[answerer.is_target, spec.name, name] = (now, values)
        if "" in names:
            listed = [self._read(answerer, values) for values in await _list_all(system, spec)]
            self._kept[answerer.is_target, spec.name, ""] = (now, listed)

    def judge(self) -> dict[UUID, tuple[FieldProblem, ...]]:
        """Return what is wrong with which record of the batch asked about last, by operation. Call inside a transaction."""
        candidates = [candidate for _, candidate in self._at_hand]
        if not candidates:
            return {}
        entries = {candidate.key: entry for entry, candidate in self._at_hand}
        answers = self._answers(candidates)
        compiled = self._session.compiled
        problems = judge_batch(
            self._rules,
            candidates,
            answers,
            self._ledger(candidates, answers),
            kind=compiled.described.name,
            today=timezone.now().date(),
        )
        source = compiled.source_label
        return {
            entries[key].operation_id: tuple(_named(one, source) for one in found) for key, found in problems.items()
        }

    def _ledger(self, candidates: Sequence[Candidate], answers: Answers) -> Any:
        limited = {
            kind: {name for (question, name), found in answers.records.items() if question.kind == kind and found}
            for kind in ("Project", "PurchaseOrder")
        }
        own = {
            field: {str(one.values.get(field)) for one in candidates if one.values.get(field)}
            for field in ("project", "po_number")
        }
        judged = {one.rule.name for one in self._rules}
        return read_ledger(
            self._session,
            candidates if self._from_ledger else (),
            projects=own["project"] if "budget_left" in judged and limited["Project"] else (),
            orders=own["po_number"] if "po_limit" in judged and limited["PurchaseOrder"] else (),
        )

    def _answers(self, candidates: Sequence[Candidate]) -> Answers:
        records: dict[tuple[Question, str], CanonicalValues | None] = {}
        lists: dict[Question, Sequence[CanonicalValues]] = {}
        for question, answerer in self._questions():
            place = (answerer.is_target, answerer.spec.name)
            if not question.field:
                lists[question] = self._kept[*place, ""][1]
                continue
            for name in {wanted_name(question, answerer, one) for one in candidates} - {""}:
                records[question, name] = self._kept[*place, name][1]
        return Answers(records, lists)

    def _questions(self) -> list[tuple[Question, Answerer]]:
        return [(ask, answerer) for one in self._rules for ask, answerer in one.answers if answerer is not None]

    def _candidate(self, entry: Entry) -> Candidate:
        planned, values = entry.planned, entry.planned.canonical
        day = values.get(self._posting)
        return Candidate(
            planned.business_key,
            planned.source_key,
            values,
            planned.amount,
            self._known_as(entry),
            day.date() if isinstance(day, datetime) else day if isinstance(day, date) else None,
            self._posting,
        )

    def _known_as(self, entry: Entry) -> dict[str, str]:
        """Return under which code the target gets what a field names, as the mapping translates it."""
        sent = entry.planned.mapped
        return {field: str(sent[target]) for field, target in self._sources if sent.get(target)} if sent else {}

    def _read(self, answerer: Answerer, values: Mapping[str, Any]) -> CanonicalValues:
        place = (answerer.is_target, answerer.spec.name)
        if place not in self._readers:
            self._readers[place] = compile_mapping(
                merge_reading(answerer.spec),
                source_fields=answerer.spec.fields,
                target_fields=canonical_type(answerer.spec.canonical_type).fields,
            )
        return self._readers[place].apply(values).values

    def _forget_old(self) -> None:
        oldest = time.monotonic() - FRESH_SECONDS
        self._kept = {place: kept for place, kept in self._kept.items() if kept[0] >= oldest}


async def _list_all(system: Connector, spec: ObjectManifest) -> list[Mapping[str, Any]]:
    listed: list[Mapping[str, Any]] = []
    async for page in system.read(spec.name, None):
        listed += [record.values for record in page.records]
        if page.last or len(listed) >= MOST_LISTED:
            break
    return listed


def posting_field(compiled: CompiledFlow) -> str:
    """Return the field that says on which day the target books a record: the one a line of its mapping needs, else the
    first that the type has. An approval's day counts only where the target takes it.
    """
    taken = {line.line.source for line in compiled.delivery.lines if line.required}
    own = [name for name in _POSTING if compiled.described.field_named(name)]
    other = [name for name in own if name != "approved_at"]
    return next((name for name in own if name in taken), other[0] if other else "")


def _is_judged(entry: Entry) -> bool:
    """Say whether rules are asked: what may have arrived already is looked for, whatever they would say."""
    return (entry.to_deliver or entry.walks) and not entry.probe_first


def _named(problem: FieldProblem, source: str) -> FieldProblem:
    message = problem.message.replace("{source}", source).replace("\x00", "")
    return FieldProblem(problem.field, message, problem.business_class, problem.code)
