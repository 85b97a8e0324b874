"""The partner's own lines of a file, looked at and applied. They reach a customer's flow with its next upgrade, not before."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.connectors import registry
from apps.connectors.canonical.values import plain_text
from apps.flows.config_files.document import PARTNER_FILE, PartnerDocument, PartnerLines
from apps.flows.config_files.parsing import ParsedFile
from apps.flows.config_files.yaml_text import Problem
from apps.flows.configuring.exporting import export_partner
from apps.flows.configuring.importing import ChangedSinceError, ImportRefusedError, record_import
from apps.flows.configuring.plans import ChangeKind, EntryChange, Plan, digest_of
from apps.flows.engine.definition import DefinitionError
from apps.flows.engine.steps import DeliverOptions
from apps.flows.mapping.compiled import MappingError
from apps.flows.mapping.layers import LayerError
from apps.flows.mapping.places import DELIVERY, READING
from apps.flows.models import Flow, PartnerLayer
from apps.flows.queries.mapping import problem_sentences
from apps.flows.queries.versions import ChangedLine
from apps.flows.services.bases import newest_base
from apps.flows.services.publish import propose
from apps.flows.services.walk_session import MissingRoleError, systems_of
from apps.flows.templates_library import TEMPLATES, FlowTemplate


def plan_partner_import(parsed: ParsedFile, *, by: str) -> Plan:
    """Return what importing a file would do to the partner's own lines. Nothing is changed."""
    with transaction.atomic():
        plan = _carry_out(parsed, by)
        transaction.set_rollback(True)
    return plan


def apply_partner_import(parsed: ParsedFile, *, digest: str, by: str, note: str = "") -> Plan:
    """Import the partner's own lines that were looked at, all of them or none; `note` says why, in the trail.

    Raises:
        ImportRefusedError: the file has problems.
        ChangedSinceError: `digest` is not that of what would be done now.

    """
    try:
        with transaction.atomic():
            plan = _carry_out(parsed, by)
            if plan.problems:
                raise ImportRefusedError(*plan.problems)
            if plan.digest != digest:
                raise ChangedSinceError
            record_import(plan, subject="partner lines", note=note)
    except IntegrityError:  # somebody else entered the same place meanwhile
        raise ChangedSinceError from None
    return plan


def _carry_out(parsed: ParsedFile, by: str) -> Plan:
    if not isinstance(parsed.document, PartnerDocument):
        return Plan((), (parsed.problem("file", f"A file of the partner's lines says “file: {PARTNER_FILE}”."),), "")
    rows = {_key(row): row for row in PartnerLayer.objects.select_for_update(no_key=True).order_by("id")}
    before = export_partner()
    known = {entry.key: entry for entry in before.entries}
    changes, problems = [], list(_misplaced(parsed, parsed.document))
    for wanted in parsed.document.entries:
        old = known.get(wanted.key)
        changes.append(_change(old, wanted))
        if old is None or old.lines != wanted.lines:
            row = rows.get(wanted.key) or PartnerLayer(
                template=wanted.template, place=wanted.place, system=wanted.system
            )
            row.lines, row.changed_by = [dict(line) for line in wanted.lines], by[:200]
            row.save()
    problems = problems or list(_unfit(parsed, parsed.document, changes, by))
    named = {entry.key for entry in parsed.document.entries}
    changes += [EntryChange(_name(entry), ChangeKind.LEFT) for entry in before.entries if entry.key not in named]
    digest = "" if problems else digest_of(before.write(), parsed.document.write())
    return Plan(tuple(changes), tuple(problems), digest)


def _key(row: PartnerLayer) -> tuple[str, str, str]:
    return row.template, row.place, row.system


def _name(entry: PartnerLines) -> str:
    return ", ".join(entry.key)


def _misplaced(parsed: ParsedFile, document: PartnerDocument) -> Iterator[Problem]:
    for number, entry in enumerate(document.entries):
        path, template = f"layers[{number}]", TEMPLATES.get(entry.template)
        if template is None:
            known = ", ".join(TEMPLATES)
            yield parsed.problem(f"{path}.template", f"There is no template {entry.template!r}; choose one of {known}.")
        elif entry.place not in _places_of(template):
            places = ", ".join(_places_of(template))
            yield parsed.problem(f"{path}.place", f"{template.name} maps nothing there; choose among {places}.")
        try:
            registry.manifest(entry.system)
        except KeyError:
            yield parsed.problem(f"{path}.system", f"There is no system {entry.system!r}: write it as an export does.")


def _places_of(template: FlowTemplate) -> list[str]:
    definition = template.definition
    steps = [step.name for step in definition.walk if isinstance(step.options, DeliverOptions)]
    return [READING, *(steps if definition.walks else [DELIVERY])]


def _unfit(parsed: ParsedFile, document: PartnerDocument, changes: list[EntryChange], by: str) -> Iterator[Problem]:
    """Try changed lines on one flow for each template and system that has one: a line that cannot be is found at once."""
    for number, (entry, change) in enumerate(zip(document.entries, changes, strict=True)):
        flow = None if change.kind is ChangeKind.UNCHANGED else _flow_with(entry)
        if flow is None:
            continue
        try:
            with transaction.atomic():
                propose(flow, made_by=by, base=newest_base(flow), own={})
                transaction.set_rollback(True)
        except MappingError as wrong:
            for problem, sentence in zip(wrong.problems, problem_sentences(wrong.problems), strict=True):
                yield parsed.problem(f"layers[{number}].lines[{problem.target}]", sentence)
        except ValidationError as wrong:
            yield parsed.problem(f"layers[{number}]", " ".join(wrong.messages))
        except (LayerError, DefinitionError, MissingRoleError) as wrong:
            yield parsed.problem(f"layers[{number}].lines", str(wrong))


def _flow_with(entry: PartnerLines) -> Flow | None:
    flows = Flow.objects.select_related("source", "target").filter(template=entry.template)
    for flow in flows.exclude(state=Flow.State.RETIRED).order_by("id")[:100]:
        if any(connection.system == entry.system for connection in systems_of(flow).values()):
            return flow
    return None


def _change(old: PartnerLines | None, wanted: PartnerLines) -> EntryChange:
    if old is not None and old.lines == wanted.lines:
        return EntryChange(_name(wanted), ChangeKind.UNCHANGED)
    before, after = ({str(line["target"]): line for line in (one.lines if one else ())} for one in (old, wanted))
    lines = [
        ChangedLine(target, _words(before.get(target)), _words(after.get(target)), "partner")
        for target in sorted({*before, *after})
        if before.get(target) != after.get(target)
    ]
    return EntryChange(_name(wanted), ChangeKind.CHANGED if old else ChangeKind.CREATED, tuple(lines))


def _words(line: Mapping[str, Any] | None) -> str:
    if line is None:
        return ""
    if line.get("removed"):
        return _("left out")
    return "; ".join(f"{key}: {plain_text(value)}" for key, value in line.items() if key != "target") or "–"
