"""Exactly once at the target, whatever protects it: keys, numbers of our own, a look before, or nothing but a person."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.connectors.auth_spec import AuthSpec
from apps.connectors.contract import FoundRecord, SourceRecord, Write, WriteOutcome
from apps.connectors.errors import BusinessClass, FieldProblem, RejectedError, RemoteError, RetryableError
from apps.connectors.manifest import Idempotency, Limits, ObjectManifest, ProofLabel, SystemManifest, Writing
from apps.flows.engine.states import OperationState
from apps.flows.services.deliver import IN_DOUBT, deliver_entries
from apps.flows.services.entries import Entry, KnownOperation
from apps.flows.services.planning import TargetMemory, needs_look_first, target_memory
from apps.flows.services.verdicts import Verdict, from_outcome
from apps.flows.services.walk_calls import Sending, _planned

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
RUN = uuid4()
VALUES = {"name": "Alder", "ours": "deal-7"}
REMEMBERS = {Idempotency.UPSERT_BY_EXTERNAL_ID, Idempotency.KEY_HEADER}


def _object(idempotency: Idempotency) -> ObjectManifest:
    own = "" if idempotency is Idempotency.NONE else "ours"
    return ObjectManifest(
        "things", "Things", "Project", writing=Writing("things", idempotency=idempotency, own_key_field=own)
    )


def _away(*, ambiguous: bool) -> RetryableError:
    return RetryableError("It did not answer.", business_class=BusinessClass.TIMEOUT, ambiguous=ambiguous)


class ForgetfulTarget:
    """A target that loses answers. `fates` say what becomes of each call; it keeps what really arrived."""

    def __init__(self, kind: ObjectManifest, fates: Sequence[str]) -> None:
        self.kind, self.fates = kind, list(fates)
        self.manifest = SystemManifest(
            "t", "Target", "ERP", "", ProofLabel.SIMULATED, "", AuthSpec(), (kind,), limits=Limits(at_once=1)
        )
        self.records: list[dict[str, Any]] = []
        self.keys: dict[str, int] = {}
        self.creations_sent = 0

    def _fate(self) -> str:
        return self.fates.pop(0) if self.fates else "answers"

    async def find(self, object_name: str, natural_keys: Sequence[str]) -> dict[str, FoundRecord]:
        return {}

    async def probe(self, object_name: str, writes: Sequence[Write]) -> dict[int, FoundRecord]:
        assert self.kind.writing is not None
        assert self.kind.writing.tells_repeats, "a target that cannot tell is not asked"
        if self._fate() != "answers":
            raise _away(ambiguous=False)
        found = {}
        for write in writes:
            number = next((n for n, r in enumerate(self.records) if r["ours"] == write.values["ours"]), None)
            if number is not None:
                found[write.position] = FoundRecord(str(number), dict(self.records[number]))
        return found

    async def upsert(self, object_name: str, writes: Sequence[Write]) -> list[WriteOutcome]:
        return [self._one(write) for write in writes]

    def _one(self, write: Write) -> WriteOutcome:
        fate = self._fate()
        if fate == "unreached":
            return WriteOutcome(write.position, error=_away(ambiguous=False))
        if fate == "lost before":
            return WriteOutcome(write.position, error=_away(ambiguous=True))
        outcome = self._applied(write)
        return WriteOutcome(write.position, error=_away(ambiguous=True)) if fate == "lost after" else outcome

    def _applied(self, write: Write) -> WriteOutcome:
        if write.target_key is not None:
            self.records[int(write.target_key)] = dict(write.values)
            return WriteOutcome(write.position, write.target_key)
        self.creations_sent += 1
        writing = self.kind.writing
        assert writing is not None
        if writing.idempotency in REMEMBERS and write.idempotency_key in self.keys:
            return WriteOutcome(write.position, str(self.keys[write.idempotency_key]))
        if writing.idempotency is Idempotency.OWN_KEY_FIELD and self.records:
            problem = FieldProblem("ours", "There is one already.", BusinessClass.DUPLICATE)
            return WriteOutcome(write.position, error=RejectedError(problem.message, problems=(problem,)))
        self.records.append(dict(write.values))
        self.keys[write.idempotency_key] = len(self.records) - 1
        return WriteOutcome(write.position, str(len(self.records) - 1), created=True)


def _sending(kind: ObjectManifest) -> Sending:
    mapped = SimpleNamespace(values=VALUES, references=())
    place = SimpleNamespace(target_object=kind, delivery=None, needs_existing_values=False, guard=None, echo=None)
    record = SourceRecord("deals", "7", "1", {})
    return Sending(uuid4(), "deal-7", record, place, mapped, "f", None, "key-1", False, {})  # type: ignore[arg-type]


class Ledger:
    """One record's line, driven as runs drive it: planned, sent, judged; recovered after a lost worker."""

    def __init__(self, target: ForgetfulTarget) -> None:
        self.target, self.sending = target, _sending(target.kind)
        self.line: KnownOperation | None = None
        self.verdict: Verdict | None = None

    def attempt(self, *, lost_worker: bool = False, recovering: bool = False) -> bool:
        """Return whether the batch was left open: it is recovered then."""
        entry = Entry(self.sending.operation_id, self.sending.source, _planned(self.sending), known=self.line)
        memory = target_memory(self.target.kind.writing)
        lines = [self.line] if self.line else []
        entry.probe_first = needs_look_first(entry, lines, memory, again=True)
        if recovering and memory is not TargetMemory.KEYS:
            entry.probe_first = True
        outcome = self._delivered(entry)
        if lost_worker or outcome is None:
            return True  # nothing of it is in the ledger
        attempts = (self.line.attempts if self.line else 0) + 1
        self.verdict = from_outcome(outcome, attempt=attempts, now=NOW, jitter=1.0)
        self.line = KnownOperation(
            entry.operation_id, "deal-7", "1", self.verdict.state, attempts, 0, self.verdict.ambiguous, RUN
        )
        return False

    def _delivered(self, entry: Entry) -> WriteOutcome | None:
        try:
            delivery = asyncio.run(deliver_entries(self.target, self.sending.place, [entry], {}))  # type: ignore[arg-type]
        except RemoteError:
            return None
        return delivery.outcomes[entry.operation_id]


FATES = st.lists(st.sampled_from(["answers", "unreached", "lost before", "lost after"]), max_size=10)
LOST = st.lists(st.booleans(), min_size=12, max_size=12)


@pytest.mark.parametrize("idempotency", [kind for kind in Idempotency if kind is not Idempotency.NONE])
@given(fates=FATES, lost=LOST)
@settings(max_examples=60)
def test_a_target_that_can_tell_gets_one_record_however_many_answers_and_workers_are_lost(
    idempotency: Idempotency, fates: list[str], lost: list[bool]
) -> None:
    target = ForgetfulTarget(_object(idempotency), fates)
    ledger = Ledger(target)
    recovering = False
    for lost_worker in [*lost, False, False, False]:
        recovering = ledger.attempt(lost_worker=lost_worker, recovering=recovering)
        assert len(target.records) <= 1
        if ledger.line and ledger.line.state is OperationState.WRITTEN:
            break
    assert ledger.line is not None
    assert ledger.line.state is OperationState.WRITTEN
    assert target.records == [VALUES]


@given(fates=FATES, lost=LOST)
@settings(max_examples=150)
def test_a_target_that_cannot_tell_never_gets_a_blind_repeat(fates: list[str], lost: list[bool]) -> None:
    target = ForgetfulTarget(_object(Idempotency.NONE), fates)
    ledger = Ledger(target)
    recovering = False
    for lost_worker in lost:
        recovering = ledger.attempt(lost_worker=lost_worker, recovering=recovering)
        assert len(target.records) <= 1
        assert target.creations_sent <= 1
        if ledger.line and ledger.line.state is not OperationState.WAITING and not recovering:
            break
    if ledger.verdict is not None and ledger.verdict.state is OperationState.REJECTED:
        assert ledger.verdict.error_code == IN_DOUBT
        assert ledger.verdict.ambiguous
        assert "Look for it" in ledger.verdict.error_message


def test_a_person_who_has_looked_may_send_it_again() -> None:
    target = ForgetfulTarget(_object(Idempotency.NONE), ["lost before"])
    ledger = Ledger(target)
    ledger.attempt()
    assert ledger.line is not None
    assert (ledger.line.state, target.records) == (OperationState.REJECTED, [])
    ledger.attempt()
    assert (ledger.line.state, target.records) == (OperationState.WRITTEN, [VALUES])


def test_a_newer_version_of_a_record_in_doubt_is_in_doubt_as_well() -> None:
    kind = _object(Idempotency.NONE)
    sending = _sending(kind)
    older = KnownOperation(UUID(int=1), "deal-7", "0", OperationState.REJECTED, 1, 0, True, RUN)
    entry = Entry(sending.operation_id, sending.source, _planned(sending))
    assert needs_look_first(entry, [older], TargetMemory.NOTHING, again=False)
    settled = replace(older, state=OperationState.SKIPPED)
    assert not needs_look_first(entry, [settled], TargetMemory.NOTHING, again=False)


async def test_what_came_through_before_an_outage_is_kept_where_nobody_could_look_for_it() -> None:
    kind = _object(Idempotency.NONE)
    target = ForgetfulTarget(kind, [])
    sent: list[int] = []

    async def upsert(object_name: str, writes: Sequence[Write]) -> list[WriteOutcome]:
        if sent:
            raise _away(ambiguous=False)
        sent.extend(write.position for write in writes)
        return [WriteOutcome(write.position, str(write.position), created=True) for write in writes]

    target.upsert = upsert  # type: ignore[method-assign]
    sending = _sending(kind)
    entries = [Entry(uuid4(), sending.source, _planned(sending)) for _ in range(9)]
    delivery = await deliver_entries(target, sending.place, entries, {})  # type: ignore[arg-type]
    written = [o.position for o in delivery.outcomes.values() if o.error is None]
    assert written == sent
    assert len(delivery.outcomes) == 9
