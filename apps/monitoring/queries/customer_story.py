"""One record of a customer told as a story, and one matter with its records and what was said about it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Q
from django.http import Http404
from django.utils.translation import gettext as _

from apps.connectors.canonical.registry import CANONICAL_TYPES
from apps.connectors.canonical.shapes import CanonicalField, CanonicalType
from apps.connectors.canonical.values import plain_text
from apps.connectors.manifest import ValueKind
from apps.flows.engine.states import OperationState
from apps.flows.models import Correction, Operation
from apps.flows.services.evidence import Attempt, attempts_of, canonical_values_of
from apps.monitoring.customer_pages import Fact, MatterPage, RecordLine, RecordStory, StoryStep
from apps.monitoring.customer_words import words_for
from apps.monitoring.models import CaseNote, CaseOperation, ExceptionCase
from apps.monitoring.queries.customer_matters import told
from apps.monitoring.queries.ledger_rows import lines_of, record_line
from apps.tenants.templatetags.wording import absolute_words, day_words, hours_words, money_words

RECORDS_SHOWN = 50
STEPS_SHOWN = 20
# What programs keep about a record and people do not read.
UNTOLD = frozenset({"updated_at", "start_at", "end_at", "correction_of", "posted_at", "invoice_line"})


def get_record(record_id: UUID) -> Operation:
    """Return one record in scope. Raises Http404 when it does not exist or belongs to someone else."""
    found = Operation.objects.select_related("flow__source", "flow__target", "customer").filter(id=record_id).first()
    if found is None:
        raise Http404("There is no such record.")
    return found


def get_record_story(operation: Operation) -> RecordStory:
    """Return what happened to one record, the latest first."""
    held = CaseOperation.objects.filter(operation=operation, open=True).select_related("case").first()
    corrections = list(Correction.objects.filter(operation=operation).order_by("id"))
    line = record_line(operation, held if held and held.case.is_open else None)
    sentence, tone, icon = _standing(operation, line)
    steps = [*_steps(operation, attempts_of(operation)), *corrected(operation, corrections)]
    # Oldest first and then turned round: what has the same moment keeps the order in which it happened.
    steps = sorted(steps, key=lambda step: step.moment)[::-1]
    return RecordStory(line, sentence, tone, icon, tuple(facts_of(operation)), tuple(steps[:STEPS_SHOWN]))


def _standing(operation: Operation, line: RecordLine) -> tuple[str, str, str]:
    words = {"target": operation.flow.target.name, "number": operation.target_key, "reason": line.reason}
    if operation.state == OperationState.WRITTEN:
        sentence = (
            _("Posted to %(target)s as number %(number)s.") if operation.target_key else _("Posted to %(target)s.")
        )
        return sentence % words, "success", "circle-check"
    if operation.state == OperationState.UNCHANGED:
        return _("%(target)s held this already, so nothing had to be posted.") % words, "success", "circle-check"
    if operation.state == OperationState.REJECTED:
        held = _("Held up: %(reason)s.") if line.reason else _("Held up, not yet posted to %(target)s.")
        return held % words, "danger", "alert-circle"
    if operation.state == OperationState.WAITING:
        return _("On its way to %(target)s.") % words, "progress", "hourglass"
    if operation.state == OperationState.SUPERSEDED:
        return _("A newer version of this has taken its place.") % words, "neutral", "replace"
    return _("Left out: it is not carried over to %(target)s.") % words, "neutral", "player-skip-forward"


def _steps(operation: Operation, attempts: list[Attempt]) -> Iterator[StoryStep]:
    names = {"source": operation.flow.source.name, "target": operation.flow.target.name}
    begun = min([operation.created_at, *(attempt.at for attempt in attempts)])
    yield StoryStep(_("Taken over from %(source)s") % names, begun, icon="download", tone="brand")
    for attempt in reversed(attempts):
        yield _attempt_step(operation, attempt, names, is_latest=attempt is attempts[0])
    if operation.state == OperationState.SKIPPED:
        yield StoryStep(_("Left out"), operation.changed_at, icon="player-skip-forward")
    if operation.state == OperationState.SUPERSEDED:
        yield StoryStep(_("Replaced by a newer version"), operation.changed_at, icon="replace")


def _attempt_step(operation: Operation, attempt: Attempt, names: Mapping[str, str], *, is_latest: bool) -> StoryStep:
    if attempt.target_key:
        number = _("Its number there is %(number)s.") % {"number": attempt.target_key}
        return StoryStep(_("Posted to %(target)s") % names, attempt.at, number, icon="circle-check", tone="success")
    if attempt.error:
        why = str(words_for(operation.error_class).happened) if is_latest and operation.error_class else ""
        return StoryStep(_("Not accepted"), attempt.at, why, icon="alert-circle", tone="danger")
    if is_latest and operation.state in {OperationState.WRITTEN, OperationState.UNCHANGED}:
        return StoryStep(_("Found in %(target)s already") % names, attempt.at, icon="circle-check", tone="success")
    return StoryStep(_("Checked"), attempt.at, icon="check")


def corrected(operation: Operation, corrections: Iterable[Correction]) -> Iterator[StoryStep]:
    """Yield what people corrected in a record, in the order of `corrections`."""
    described = CANONICAL_TYPES.get(operation.canonical_type)
    for correction in corrections:
        spec = described.field_named(correction.field) if described else None
        words = {
            "field": _(spec.label) if spec else correction.field,
            "old": _plain(correction.old_value),
            "new": _plain(correction.new_value),
        }
        text = _("%(field)s: %(old)s became %(new)s.") % words
        if correction.reason:
            text = _("%(change)s Reason: %(reason)s") % {"change": text, "reason": correction.reason}
        yield StoryStep(_("Corrected"), correction.made_at, text, correction.made_by, icon="pencil", tone="brand")


def _plain(value: Any) -> str:
    return _("nothing") if value in (None, "") else plain_text(value)


def facts_of(operation: Operation) -> list[Fact]:
    """Return a record's values as people read them; without evidence only what the ledger knows."""
    described = CANONICAL_TYPES.get(operation.canonical_type)
    values = canonical_values_of(operation) if described else {}
    if described is None or not values:
        return _ledger_facts(operation)
    blamed = operation.error_field if operation.state == OperationState.REJECTED else ""
    return [
        Fact(_(known.label), _shown(known, values), known.name == blamed)
        for known in described.fields
        if known.name == blamed or _is_told(known, values, described)
    ]


def _is_told(known: CanonicalField, values: Mapping[str, Any], described: CanonicalType) -> bool:
    has_name = described.field_named(f"{known.name}_name") is not None and values.get(f"{known.name}_name")
    return known.name not in UNTOLD and values.get(known.name) not in (None, "") and not has_name


def _shown(known: CanonicalField, values: Mapping[str, Any]) -> str:
    value = values.get(known.name)
    if value in (None, ""):
        return _("missing")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if known.kind is ValueKind.HOURS:
        return hours_words(value)
    if known.kind is ValueKind.MONEY:
        return money_words(value, str(values.get("currency") or ""))
    if isinstance(value, datetime):
        return absolute_words(value)
    if isinstance(value, date):
        return day_words(value)
    return plain_text(value)


def shown_value(type_name: str, field: str, values: Mapping[str, Any]) -> str:
    """Return one canonical value as people read it; "" where there is none, or no such field."""
    described = CANONICAL_TYPES.get(type_name)
    spec = described.field_named(field) if described else None
    return _shown(spec, values) if spec and values.get(field) not in (None, "") else ""


def _ledger_facts(operation: Operation) -> list[Fact]:
    pairs = (
        (_("Project"), operation.project_ref),
        (_("Client"), operation.client_ref),
        (_("Month"), operation.period_ref),
        (_("Amount"), money_words(operation.amount, operation.currency) if operation.amount is not None else ""),
    )
    return [Fact(label, value) for label, value in pairs if value]


def get_matter_page(case: ExceptionCase, *, partner: str) -> MatterPage:
    """Return one case as its customer reads it; `partner` is who works for them."""
    (matter,) = told(ExceptionCase.objects.filter(id=case.id), partner)
    rows = CaseOperation.objects.filter(case=case).order_by()
    newest = rows.values("operation_id").annotate(still=Max("failed_at", filter=Q(open=True)), last=Max("failed_at"))
    chosen = [row["operation_id"] for row in newest.order_by("-still", "-last")[: RECORDS_SHOWN + 1]]
    found = Operation.objects.select_related("flow__target", "customer").in_bulk(chosen[:RECORDS_SHOWN])
    lines = lines_of(found[key] for key in chosen[:RECORDS_SHOWN] if key in found)
    counted = _progress(case)
    total = sum(counted.values())
    return MatterPage(
        matter=matter,
        records=tuple(lines),
        more_records=max(total - len(lines), 0),
        settled=counted["settled"],
        on_their_way=counted["on_their_way"],
        talk=tuple(_talk(case)),
        topic=case.flow.name if case.flow else "",
        source=case.flow.source.name if case.flow else "",
        target=case.flow.target.name if case.flow else "",
        correctable_id=next((line.id for line in lines if line.case_id and line.state == "rejected"), None),
    )


def _progress(case: ExceptionCase) -> Counter[str]:
    counted: Counter[str] = Counter()
    rows = CaseOperation.objects.filter(case=case).order_by().values_list("operation__state", "open")
    for state, is_open, number in rows.annotate(Count("operation_id", distinct=True)):
        name = "settled" if not is_open else "on_their_way" if state == OperationState.WAITING else "held"
        counted[name] += number
    return counted


def _talk(case: ExceptionCase) -> Iterator[StoryStep]:
    notes = CaseNote.objects.filter(case=case, shared=True).select_related("author").order_by("-id")
    for note in notes[:STEPS_SHOWN]:
        yours = note.author is not None and note.author.as_actor().is_customer
        yield StoryStep(
            title=_("Your answer") if yours else _("From us"),
            moment=note.written_at,
            text=note.text,
            actor=note.author_name,
            icon="message",
            tone="neutral" if yours else "brand",
        )
