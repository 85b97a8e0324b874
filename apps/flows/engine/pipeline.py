"""The pipeline: the only place that knows the order in which a record walks the steps."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from apps.connectors.canonical.shapes import LedgerReferences
from apps.connectors.contract import SourceRecord
from apps.connectors.errors import FieldProblem
from apps.flows.engine import records
from apps.flows.engine.flow import CompiledFlow
from apps.flows.engine.identity import EffectScope, business_key, fit_source_key, fit_version, is_older
from apps.flows.engine.records import BatchPlan, Correction, LinkState, OpenOperation, PlannedOperation
from apps.flows.engine.states import OperationState
from apps.flows.mapping.compiled import Reference

_NOBODY = EffectScope("", "", "")
_NO_REFERENCES: tuple[Reference, ...] = ()
_NO_PROBLEMS: tuple[FieldProblem, ...] = ()


def build_business_keys(compiled: CompiledFlow, batch: Sequence[SourceRecord]) -> list[str]:
    """Return each record's business key, in order: what links and open operations are looked up by before planning."""
    kind, system = compiled.described.name, compiled.source_system
    return [business_key(kind, system, record.key) for record in batch]


def plan_batch(  # noqa: PLR0913  the signature the services are written against
    compiled: CompiledFlow,
    batch: Sequence[SourceRecord],
    links: Mapping[str, LinkState],
    open_operations: Mapping[str, OpenOperation],
    corrections: Mapping[str, Correction],
    now: datetime,
    *,
    scope: EffectScope = _NOBODY,
) -> BatchPlan:
    """Plan what will be done with each record; the mappings are keyed by business key.

    `now` is aware; its UTC day is today. `scope` says whose effects these are, for the idempotency keys. Nothing is
    called and nothing is stored here.
    """
    planner = _Planner(compiled, now.date(), scope)
    keys = build_business_keys(compiled, batch)
    newest, duplicates = _newest_positions(keys, batch)
    entries = []
    for position, (key, record) in enumerate(zip(keys, batch, strict=True)):
        if position in duplicates:
            continue
        if newest is not None and newest[key] != position:
            entries.append(planner.superseded(key, record))
        else:
            entries.append(planner.planned(key, record, links.get(key), open_operations.get(key), corrections.get(key)))
    return BatchPlan(tuple(entries), len(duplicates))


def _newest_positions(keys: Sequence[str], batch: Sequence[SourceRecord]) -> tuple[dict[str, int] | None, set[int]]:
    """Return where each key's newest version stands (None when no key comes twice) and which positions are repeats."""
    if len(set(keys)) == len(keys):
        return None, set()
    newest: dict[str, int] = {}
    seen: set[tuple[str, str]] = set()
    repeats: set[int] = set()
    for position, (key, record) in enumerate(zip(keys, batch, strict=True)):
        if (key, record.version) in seen:
            repeats.add(position)
            continue
        seen.add((key, record.version))
        held = newest.get(key)
        # Without an order of versions the later one read counts as newer: sources are read oldest first.
        if held is None or not is_older(record.version, batch[held].version):
            newest[key] = position
    return newest, repeats


class _Planner:
    """Walks one record at a time through the steps of one flow."""

    __slots__ = ("check", "compiled", "deliver", "described", "extract", "first_step", "map", "scope", "today")

    def __init__(self, compiled: CompiledFlow, today: date, scope: EffectScope) -> None:
        self.compiled = compiled
        self.described = compiled.described
        self.extract, self.check = compiled.extract, compiled.check
        self.map, self.deliver = compiled.map, compiled.deliver
        self.first_step = next((step.name for step in compiled.definition.walk), "")  # "" : batches deliver
        self.today = today
        self.scope = scope

    def planned(
        self,
        key: str,
        record: SourceRecord,
        link: LinkState | None,
        still_open: OpenOperation | None,
        correction: Correction | None,
    ) -> PlannedOperation:
        version = fit_version(record.version)
        if correction is not None and correction.source_version not in ("", version):
            correction = None
        canonical, problems = self.extract.plan(record, correction)
        revision = correction.revision if correction is not None else 0
        reason = self.check.skip_reason(canonical)
        if reason:
            return self._entry(key, record, canonical, OperationState.SKIPPED, "check", reason, revision=revision)
        step = "extract" if problems else "check"
        problems = merge_problems(problems, self.check.plan(canonical, self.today))
        if not problems and self.first_step:
            waits = OperationState.WAITING
            return self._entry(key, record, canonical, waits, self.first_step, records.WALKS, revision=revision)
        if not problems:
            mapped, content = self.map.plan(canonical)
            step, problems = "map", mapped.problems
        if problems:
            return self._stopped(key, record, canonical, step, problems, link, revision)
        decision, reason = self.deliver.plan(version, content, link, still_open, revision)
        return PlannedOperation(
            key,
            fit_source_key(record.key),
            version,
            canonical,
            mapped.values,
            mapped.references,
            decision,
            "deliver",
            reason,
            still_open.problems if still_open and decision is OperationState.REJECTED else _NO_PROBLEMS,
            content,
            None if link is None else link.target_key,
            self.described.amount(canonical),
            self._references(canonical),
            self.scope.key(record.key, version, revision),
            revision,
        )

    def superseded(self, key: str, record: SourceRecord) -> PlannedOperation:
        canonical, _ = self.extract.plan(record)
        return self._entry(key, record, canonical, OperationState.SUPERSEDED, "deliver", records.NEWER_IN_BATCH)

    def _stopped(  # noqa: PLR0913, PLR0917  private; every argument is part of the answer
        self,
        key: str,
        record: SourceRecord,
        canonical: dict[str, Any],
        step: str,
        problems: tuple[FieldProblem, ...],
        link: LinkState | None,
        revision: int,
    ) -> PlannedOperation:
        """Reject the record, unless this very version was delivered: then somebody had mended it, and it stays done."""
        if link is not None and link.source_version == fit_version(record.version) and not revision:
            return self._entry(key, record, canonical, OperationState.UNCHANGED, step, records.SAME_VERSION)
        source = self.compiled.source_label
        named = tuple(
            replace(found, message=_storable(found.message.replace("{source}", source))) for found in problems
        )
        return self._entry(
            key, record, canonical, OperationState.REJECTED, step, records.PROBLEMS, problems=named, revision=revision
        )

    def _references(self, canonical: dict[str, Any]) -> LedgerReferences:
        found = self.described.references(canonical)
        return LedgerReferences(*map(_storable, found)) if "\x00" in "".join(found) else found

    def _entry(  # noqa: PLR0913  private; every argument is part of the answer
        self,
        key: str,
        record: SourceRecord,
        canonical: dict[str, Any],
        decision: OperationState,
        step: str,
        reason: str,
        *,
        problems: tuple[FieldProblem, ...] = _NO_PROBLEMS,
        revision: int = 0,
    ) -> PlannedOperation:
        version = fit_version(record.version)
        return PlannedOperation(
            key,
            fit_source_key(record.key),
            version,
            canonical,
            None,
            _NO_REFERENCES,
            decision,
            step,
            reason,
            problems,
            "",
            None,
            self.described.amount(canonical),
            self._references(canonical),
            self.scope.key(record.key, version, revision),
            revision,
        )


def _storable(text: str) -> str:
    # PostgreSQL holds every character but this one; a record that carries it must not take its batch down.
    return text.replace("\x00", "")


def merge_problems(first: tuple[FieldProblem, ...], then: tuple[FieldProblem, ...]) -> tuple[FieldProblem, ...]:
    """Put both together; a field that could not even be read is not called missing as well."""
    if not first or not then:
        return first or then
    blamed = {found.field for found in first}
    return first + tuple(found for found in then if found.field not in blamed)
