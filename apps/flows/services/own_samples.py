"""A customer's own samples: recorded records pinned with what comes of them, and run again before a version goes live."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts import audit
from apps.accounts.audit import AuditAction
from apps.connectors.contract import SourceRecord
from apps.connectors.errors import BusinessClass, FieldProblem
from apps.connectors.redaction import redact_json
from apps.customers.retention import payload_rule
from apps.flows.engine.definition import DefinitionError
from apps.flows.engine.records import Correction
from apps.flows.engine.verdict import How, Seen, Side, Verdict, judge
from apps.flows.mapping.compiled import MappingError
from apps.flows.mapping.layers import LayerError
from apps.flows.models import Flow, FlowSample, FlowVersion, Operation
from apps.flows.services import blobs
from apps.flows.services.recorded_inputs import input_of
from apps.flows.services.sides import side_of
from apps.flows.services.walk_session import MissingRoleError
from apps.flows.templates_library import Delivers, LeftOut, Refused, Sample, Waits
from apps.flows.templates_library.trying import Outcome, SampleResult, differences_between

MOST_SAMPLES = 50  # of one flow: they all run before anything of it goes live
LONGEST_NAME = 120
_MOST_BYTES = 256 * 1024
_HOW = {"delivers": Delivers, "refused": Refused, "left_out": LeftOut, "waits": Waits}
_CANNOT_RUN = (MappingError, LayerError, DefinitionError, MissingRoleError, KeyError)


def pin_sample(operation: Operation, *, name: str, by: str) -> FlowSample:
    """Keep a record as a sample of its flow, with what the live version makes of it as what must come of it.

    Raises:
        ValidationError: the customer keeps no contents, the record's are gone or too large, or the name is not free.

    """
    flow, called = operation.flow, _name(name)
    if not payload_rule(flow.customer_id).stored:
        raise ValidationError(_("This customer keeps no contents of records, so none can be kept as a sample."))
    live = flow.live_version
    if live is None:
        raise ValidationError(_("Nothing is live yet: publish the flow first."))
    side = _side(flow, live)
    seen = input_of(operation, walks=side.compiled.definition.walks)
    if seen is None:
        raise ValidationError(_("The contents of this record are not kept any more: choose a newer one."))
    seen = _redacted(seen)
    contents = blobs.pack({"seen": _written(seen), "expected": _outcome_json(_outcome(judge(side, seen)))})
    if len(contents) > _MOST_BYTES:
        raise ValidationError(_("This record is too large for a sample: choose a smaller one."))
    with transaction.atomic():
        Flow.objects.select_for_update(no_key=True, of=("self",)).get(id=flow.id)
        if FlowSample.objects.filter(flow=flow).count() >= MOST_SAMPLES:
            words = _("A flow has %(most)d samples of its own at most: remove one first.")
            raise ValidationError(words % {"most": MOST_SAMPLES})
        _require_free(flow, called)
        sample = FlowSample.objects.create(
            flow=flow,
            customer_id=flow.customer_id,
            name=called,
            contents=contents,
            made_at=timezone.now(),
            made_by=by[:200],
        )
        _record(sample, "pinned")
    return sample


def rename_sample(sample: FlowSample, *, name: str) -> None:
    """Give a sample another name. Raises ValidationError when it is empty, too long or not free."""
    called = _name(name)
    if called == sample.name:
        return
    try:
        with transaction.atomic():
            _require_free(sample.flow, called)
            before, sample.name = sample.name, called
            sample.save(update_fields=["name"])
            _record(sample, f"was called {before}")
    except IntegrityError:  # somebody took it this very moment
        raise ValidationError(_taken_words(called)) from None


def renew_sample(sample: FlowSample) -> None:
    """Take what the live version makes of a sample as what must come of it. Raises ValidationError."""
    live = sample.flow.live_version
    if live is None:
        raise ValidationError(_("Nothing is live yet: publish the flow first."))
    kept = blobs.unpack(sample.contents)
    kept["expected"] = _outcome_json(_outcome(judge(_side(sample.flow, live), _read(kept["seen"]))))
    with transaction.atomic():
        sample.contents = blobs.pack(kept)
        sample.save(update_fields=["contents"])
        _record(sample, f"expects what version {live.number} gives")


def remove_sample(sample: FlowSample) -> None:
    """Forget a sample and what it holds."""
    with transaction.atomic():
        _record(sample, "removed")
        sample.delete()


def own_results(
    flow: Flow, live: FlowVersion | None, candidate: FlowVersion, samples: Sequence[FlowSample] | None = None
) -> list[SampleResult]:
    """Return what a version makes of the flow's own samples, beside what must come of them; `samples` None: they are read.

    Raises what compiling the version raises.
    """
    samples = list(FlowSample.objects.filter(flow_id=flow.id)) if samples is None else samples
    if not samples:
        return []
    after, before = side_of(flow, candidate), _side_now(flow, live)
    found = []
    for sample in samples:
        kept = blobs.unpack(sample.contents)
        seen, expected = _read(kept["seen"]), _outcome_of(kept["expected"])
        outcome = _outcome(judge(after, seen))
        was = _outcome(judge(before, seen)) if before else expected
        differences = differences_between(expected, outcome)
        found.append(SampleResult(Sample(sample.name, {}, Delivers()), outcome, differences, was, expected))
    return found


def _side_now(flow: Flow, live: FlowVersion | None) -> Side | None:
    """Return what is live, ready to judge; None where it cannot be read any more."""
    try:
        return side_of(flow, live) if live else None
    except _CANNOT_RUN:
        return None


def _side(flow: Flow, version: FlowVersion) -> Side:
    try:
        return side_of(flow, version)
    except _CANNOT_RUN as error:
        raise ValidationError(_("The live version cannot be read any more: mend its mapping first.")) from error


def _name(name: str) -> str:
    called = " ".join(name.replace("\x00", "").split())
    if not 0 < len(called) <= LONGEST_NAME:
        words = _("Give the sample a name of at most %(most)d characters.")
        raise ValidationError(words % {"most": LONGEST_NAME})
    return called


def _require_free(flow: Flow, name: str) -> None:
    if FlowSample.objects.filter(flow=flow, name=name).exists():
        raise ValidationError(_taken_words(name))


def _taken_words(name: str) -> str:
    return _("This flow has a sample called “%(name)s” already: choose another name.") % {"name": name}


def _record(sample: FlowSample, what: str) -> None:
    details = {"sample": sample.name, "what": what}
    audit.record(AuditAction.FLOW_SAMPLE_CHANGED, subject="flow", subject_id=str(sample.flow_id), details=details)


def _redacted(seen: Seen) -> Seen:
    record = seen.record
    values = redact_json(blobs.plain_json(record.values))
    correction = Correction(redact_json(blobs.plain_json(seen.correction.values))) if seen.correction else None
    results = redact_json(blobs.plain_json(seen.results))
    return Seen(SourceRecord(record.object_name, record.key, record.version, values), seen.at, correction, results)


def _written(seen: Seen) -> dict[str, Any]:
    record = seen.record
    return {
        "object": record.object_name,
        "key": record.key,
        "version": record.version,
        "values": record.values,
        "at": seen.at.isoformat(),
        "correction": seen.correction.values if seen.correction else None,
        "results": seen.results,
    }


def _read(kept: Mapping[str, Any]) -> Seen:
    record = SourceRecord(kept["object"], kept["key"], kept["version"], kept["values"])
    correction = Correction(kept["correction"]) if kept["correction"] is not None else None
    return Seen(record, datetime.fromisoformat(kept["at"]), correction, kept["results"])


def _outcome(verdict: Verdict) -> Outcome:
    """Return a verdict as the outcome of a sample, its values as JSON holds them."""
    values: dict[str, dict[str, Any]] = {}
    for name, value in blobs.plain_json(dict(verdict.sent)).items():
        step, dot, field = name.partition(".")
        values.setdefault(step if dot else "deliver", {})[field if dot else name] = value
    if verdict.how is How.PASSES:
        return Outcome(Waits, verdict.open_at, values=values) if verdict.open_at else Outcome(Delivers, values=values)
    how = Refused if verdict.how is How.REFUSED else LeftOut
    return Outcome(how, verdict.step if how is Refused else "", verdict.reason, values, verdict.problems)


def _outcome_json(outcome: Outcome) -> dict[str, Any]:
    how = next(name for name, kind in _HOW.items() if kind is outcome.how)
    problems = [[one.field, one.message, one.business_class.value, one.code] for one in outcome.problems]
    return {
        "how": how,
        "step": outcome.step,
        "reason": outcome.reason,
        "values": outcome.values,
        "problems": problems,
    }


def _outcome_of(kept: Mapping[str, Any]) -> Outcome:
    problems = tuple(
        FieldProblem(field, message, BusinessClass(kind), code) for field, message, kind, code in kept["problems"]
    )
    return Outcome(_HOW[kept["how"]], kept["step"], kept["reason"], kept["values"], problems)
