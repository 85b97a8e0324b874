"""A file looked at and applied: a plan does all of it and takes it back, so that what was looked at is what is applied."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from apps.accounts import audit
from apps.accounts.audit import AuditAction
from apps.connectors.models import Connection
from apps.customers.models import Customer, CutOff
from apps.flows.config_files.document import CUSTOMER_FILE, CustomerDocument, FlowEntry, OwnerEntry
from apps.flows.config_files.parsing import ParsedFile
from apps.flows.config_files.yaml_text import Problem
from apps.flows.configuring.change_words import flow_differences, owner_words
from apps.flows.configuring.cut_off_changes import take_cut_off
from apps.flows.configuring.exporting import export_customer, owner_entry
from apps.flows.configuring.flow_changes import EntryError, MadeTrue, make_true
from apps.flows.configuring.plans import ChangeKind, EntryChange, Plan, digest_of
from apps.flows.engine.definition import DefinitionError
from apps.flows.engine.ownership import ConflictRule
from apps.flows.mapping.compiled import MappingError
from apps.flows.mapping.layers import LayerError
from apps.flows.models import FieldOwner, Flow, Trigger
from apps.flows.queries.mapping import problem_sentences
from apps.flows.queries.versions import ChangedLine
from apps.flows.services.owner_register import set_owner
from apps.flows.services.walk_session import MissingRoleError
from apps.flows.templates_library import SettingsError
from apps.flows.triggers.blackouts import BlackoutError
from apps.flows.triggers.calendar import CalendarError

LONGEST_NOTE = 120  # beside what else stands in a version's note


class ImportRefusedError(ValueError):
    """A file cannot be applied; `problems` says why, nothing was changed."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = problems


class ChangedSinceError(ValueError):
    """What would be changed is not what was looked at any more; nothing was changed."""

    def __init__(self) -> None:
        super().__init__("Something has changed since you looked: make the plan again, look at it, then apply that.")


def plan_import(customer: Customer, parsed: ParsedFile, *, by: str) -> Plan:
    """Return what importing a file would do to a customer. Nothing is changed."""
    with transaction.atomic():
        plan = _carry_out(customer, parsed, by)
        transaction.set_rollback(True)
    return plan


def apply_import(customer: Customer, parsed: ParsedFile, *, digest: str, by: str, note: str = "") -> Plan:
    """Import a file that was looked at, all of it or nothing; `note` says why, with each version and in the trail.

    Raises:
        ImportRefusedError: the file has problems.
        ChangedSinceError: `digest` is not that of what would be done now.

    """
    with transaction.atomic():
        plan = _carry_out(customer, parsed, by, _tidy(note))
        if plan.problems:
            raise ImportRefusedError(*plan.problems)
        if plan.digest != digest:
            raise ChangedSinceError
        record_import(plan, subject="customer", subject_id=str(customer.id), note=note)
    return plan


def _tidy(note: str) -> str:
    return " ".join(note.replace("\x00", "").split())[:LONGEST_NOTE]


def record_import(plan: Plan, *, subject: str, subject_id: str = "", note: str = "") -> None:
    """Leave a trace of an import: how many entries became what, and why."""
    counts = {kind.value: sum(change.kind is kind for change in plan.changes) for kind in ChangeKind}
    details: dict[str, Any] = {"digest": plan.digest[:16], **{name: n for name, n in counts.items() if n}}
    if said := _tidy(note):
        details["note"] = said
    audit.record(AuditAction.CONFIGURATION_IMPORTED, subject=subject, subject_id=subject_id, details=details)


@dataclass(slots=True)
class _Import:
    """One import under way."""

    customer: Customer
    parsed: ParsedFile
    document: CustomerDocument
    by: str
    why: str = ""
    changes: list[EntryChange] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    outcomes: list[Any] = field(default_factory=list)

    def note(self, path: str, message: str) -> None:
        self.problems.append(self.parsed.problem(path, message))


def _carry_out(customer: Customer, parsed: ParsedFile, by: str, why: str = "") -> Plan:
    if not isinstance(parsed.document, CustomerDocument):
        return Plan((), (parsed.problem("file", f"A customer's file says “file: {CUSTOMER_FILE}”."),), "")
    work = _Import(customer, parsed, parsed.document, by, why)
    _hold(customer)
    before = export_customer(customer)
    _require_same_customer(work)
    flows = {
        flow.name: flow
        for flow in Flow.objects.select_related("source", "target", "live_version").filter(customer=customer)
    }
    lives = sorted([str(flow.id), str(flow.live_version_id), flow.state] for flow in flows.values())
    for place, wanted in enumerate(work.document.flows):
        with _entry(work, f"flows[{place}]", wanted):
            _take_flow(work, flows.get(wanted.name), wanted)
    _take_owners(work)
    _take_cut_offs(work)
    named = {flow.name for flow in work.document.flows}
    work.changes += [EntryChange(flow.name, ChangeKind.LEFT) for flow in before.flows if flow.name not in named]
    parts = [str(customer.id), before.write(), work.document.write(), lives, work.outcomes]
    return Plan(tuple(work.changes), tuple(work.problems), "" if work.problems else digest_of(*parts))


def _hold(customer: Customer) -> None:
    """Let nobody else change what is looked at until the transaction ends.

    In the order in which others take the same rows, and all before the audit trail's lock, which every change ends with.
    """
    list(Customer.objects.select_for_update(no_key=True, of=("self",)).filter(id=customer.id))
    for kind in (CutOff, Trigger, Flow, FieldOwner):
        list(kind.objects.select_for_update(no_key=True, of=("self",)).filter(customer=customer).order_by("id"))
    customer.refresh_from_db(fields=["name", "currency", "time_zone"])


def _require_same_customer(work: _Import) -> None:
    own = {"name": work.customer.name, "currency": work.customer.currency, "zone": work.customer.time_zone}
    for name, value in own.items():
        if getattr(work.document, name) != value:
            sentence = f"This customer's is “{value}”, and an import does not change it: write “{value}” in the file."
            work.note(f"customer.{name}", sentence)


def _take_flow(work: _Import, flow: Flow | None, wanted: FlowEntry) -> None:
    made = make_true(work.customer, flow, wanted, by=work.by, why=work.why)
    if made.before == made.after:
        work.changes.append(EntryChange(wanted.name, ChangeKind.UNCHANGED))
        return
    kind = ChangeKind.CHANGED if made.before else ChangeKind.CREATED
    kind = ChangeKind.ASKED if made.waits else kind
    work.changes.append(EntryChange(wanted.name, kind, flow_differences(made)))
    work.outcomes.append(_content(made))


def _content(made: MadeTrue) -> list[Any]:
    version = made.version_after
    return [made.after.to_plain(), version and [version.number, version.definition, version.layers]]


def _take_owners(work: _Import) -> None:
    rows = FieldOwner.objects.select_related("connection").filter(customer=work.customer)
    before = {(row.canonical_type, row.field): owner_entry(row) for row in rows}
    for place, wanted in enumerate(work.document.owners):
        with _entry(work, f"owners[{place}]"):
            _take_owner(work, before.get((wanted.type, wanted.field)), wanted)


def _take_owner(work: _Import, before: OwnerEntry | None, wanted: OwnerEntry) -> None:
    name = f"{wanted.type}.{wanted.field or '*'}"
    if before == wanted:
        work.changes.append(EntryChange(name, ChangeKind.UNCHANGED))
        return
    connection = None
    if wanted.connection:
        connection = Connection.objects.filter(customer=work.customer, name=wanted.connection, removed_at=None).first()
        if connection is None:
            raise EntryError("connection", f"Connect the system as “{wanted.connection}” first, or name another.")
    set_owner(
        work.customer,
        canonical_type=wanted.type,
        field=wanted.field,
        connection=connection,
        conflict_rule=ConflictRule(wanted.rule),
        changed_by=work.by,
        business_owner=wanted.business_owner,
        technical_owner=wanted.technical_owner,
        note=wanted.note,
    )
    line = ChangedLine(name, owner_words(before), owner_words(wanted), "customer")
    work.changes.append(EntryChange(name, ChangeKind.CHANGED if before else ChangeKind.CREATED, (line,)))


def _take_cut_offs(work: _Import) -> None:
    rows = {row.name: row for row in CutOff.objects.select_related("customer").filter(customer=work.customer)}
    for place, wanted in enumerate(work.document.cut_offs):
        with _entry(work, f"cut_offs[{place}]"):
            work.changes.append(take_cut_off(work.customer, rows.get(wanted.name), wanted))
    named = {one.name for one in work.document.cut_offs}
    work.changes += [EntryChange(name, ChangeKind.LEFT) for name in rows if name not in named]


@contextmanager
def _entry(work: _Import, path: str, wanted: FlowEntry | None = None) -> Iterator[None]:
    """Do one entry; what is wrong with it is noted with its place in the file, and nothing of it stays."""
    try:
        with transaction.atomic():
            yield
    except _WRONG as wrong:
        for inner, sentence in _told(wrong, wanted):
            work.note(f"{path}.{inner}" if inner else path, sentence)


_WRONG = (
    *(MappingError, SettingsError, ValidationError, EntryError, LayerError, CalendarError, BlackoutError),
    *(DefinitionError, MissingRoleError, KeyError),
)
_STEP_PLACE = re.compile(r"^steps\.(\d+)")
_PART_OF: dict[type[Exception], str] = {LayerError: "lines", CalendarError: "starts.cron", BlackoutError: "quiet"}


def _line_path(wanted: FlowEntry | None, target: str) -> str:
    for place, lines in (wanted.lines if wanted else {}).items():
        if any(line["target"] == target for line in lines):
            return f"lines.{place}[{target}]"
    return "lines"


def _told(wrong: Exception, wanted: FlowEntry | None) -> Iterator[tuple[str, str]]:
    """Yield what is wrong, each with its path within the entry."""
    if isinstance(wrong, MappingError):
        for problem in wrong.problems:
            yield _line_path(wanted, problem.target), " ".join(problem_sentences([problem]))
    elif isinstance(wrong, SettingsError):
        yield from ((f"settings.{name}", sentence) for name, sentence in wrong.problems.items())
    elif isinstance(wrong, ValidationError):
        yield from _told_by_field(wrong, set(wanted.roles) if wanted else set())
    elif isinstance(wrong, EntryError):
        yield wrong.path, str(wrong)
    elif isinstance(wrong, DefinitionError):
        yield "definition." + _STEP_PLACE.sub(r"steps[\1]", wrong.path), wrong.message
    else:
        yield _PART_OF.get(type(wrong), ""), str(wrong.args[0] if wrong.args else wrong)


def _told_by_field(wrong: ValidationError, roles: set[str]) -> Iterator[tuple[str, str]]:
    if not hasattr(wrong, "error_dict"):
        yield "", " ".join(wrong.messages)
        return
    for name, sentences in wrong.message_dict.items():
        path = {"canonical_type": "type", "__all__": ""}.get(name, f"roles.{name}" if name in roles else name)
        yield path, " ".join(sentences)
