"""The ways out of a case: what the product proposes, why one cannot be taken just now, and what a translation needs."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.actions import Action
from apps.accounts.actor import Actor
from apps.connectors.canonical.values import plain_text
from apps.flows.engine.definition import DefinitionError
from apps.flows.mapping.compiled import MappingError
from apps.flows.models import Flow
from apps.flows.services.publish import layered_lines
from apps.monitoring.blame import Fix, Verdict, verdict_for
from apps.monitoring.case_pages import CaseProgress, MissingValue, Proposal
from apps.monitoring.models import ExceptionCase

_PROPOSALS: dict[Fix, tuple[str | Promise, str | Promise]] = {
    Fix.MEND_MAPPING: (
        gettext_lazy("Mend the mapping"),
        gettext_lazy("See which fields have changed, and the line of each flow that relies on them."),
    ),
    Fix.RETRY: (
        gettext_lazy("Retry all"),
        gettext_lazy(
            "After mending it in the system: everything in this exception is tried again, and nothing can arrive twice."
        ),
    ),
    Fix.EDIT: (
        gettext_lazy("Correct a record"),
        gettext_lazy("Change one value for this transfer and try it again. The source keeps its own value."),
    ),
    Fix.ADD_VALUE: (
        gettext_lazy("Add a translation"),
        gettext_lazy("Say once what the value is called in the other system; all records are retried."),
    ),
    Fix.SKIP: (
        gettext_lazy("Leave out"),
        gettext_lazy("These records are not to be transferred at all. The reason stays in the ledger."),
    ),
    Fix.CHECK_CONNECTION: (
        gettext_lazy("Check the connection"),
        gettext_lazy("Test it, and correct its address or key if the test fails."),
    ),
}
_NEEDS: dict[Fix, tuple[Action, str | Promise]] = {
    Fix.MEND_MAPPING: (Action.VIEW_FLOWS, gettext_lazy("Your role does not include flows.")),
    Fix.RETRY: (Action.WORK_CASES, gettext_lazy("Your role does not include retrying.")),
    Fix.EDIT: (Action.EDIT_AND_RETRY, gettext_lazy("Your role does not include correcting records.")),
    Fix.ADD_VALUE: (Action.EDIT_FLOWS, gettext_lazy("Your role does not include changing the mapping.")),
    Fix.SKIP: (Action.WORK_CASES, gettext_lazy("Your role does not include leaving records out.")),
    Fix.CHECK_CONNECTION: (Action.VIEW_CONNECTIONS, gettext_lazy("Your role does not include connections.")),
}
Values = Mapping[Any, Mapping[str, Any]]


def list_proposals(case: ExceptionCase, verdict: Verdict, progress: CaseProgress, who: Actor) -> tuple[Proposal, ...]:
    """Return what can be done about a case, the best first; closed cases need nothing."""
    if not case.is_open:
        return ()
    has_table = bool(_tables(case)) if Fix.ADD_VALUE in verdict.fixes else False
    needs_records = {Fix.EDIT, Fix.SKIP, Fix.ADD_VALUE}
    found = []
    for fix in verdict.fixes:
        if fix in needs_records and not progress.records:
            continue
        reason = _lacking(fix, who) or _hindrance(fix, case, progress, has_table=has_table)
        label, sentence = _PROPOSALS[fix]
        found.append(Proposal(fix, str(label), str(sentence), disabled_reason=reason))
    # What can be done now stands before what cannot.
    return tuple(sorted(found, key=lambda way: bool(way.disabled_reason)))


def _lacking(fix: Fix, who: Actor) -> str:
    action, words = _NEEDS[fix]
    return "" if who.can(action) else str(words)


def _hindrance(fix: Fix, case: ExceptionCase, progress: CaseProgress, *, has_table: bool) -> str:
    if fix in {Fix.CHECK_CONNECTION, Fix.MEND_MAPPING}:
        return ""
    if progress.is_resolving:
        return _("It is being tried again just now.")
    if progress.records and not progress.still_blocked:
        return _("None of its records is blocked any more.")
    if case.flow is not None and case.flow.state != Flow.State.LIVE and fix is not Fix.SKIP:
        return _("The flow is not live just now: set it live first.")
    if fix is Fix.ADD_VALUE and not has_table:
        return _("The mapping has no table of values for this field: give its line one on the flow's page.")
    return ""


def list_value_tables(case: ExceptionCase) -> list[tuple[str, str]]:
    """Return the tables of values that can be to blame, as (target, words)."""
    return [(target, label) for target, label, _source in _tables(case)]


def _tables(case: ExceptionCase) -> list[tuple[str, str, str]]:
    """Return (target, words, source field) of the mapping lines with a table that the blamed field goes through."""
    if case.flow is None or case.flow.live_version is None:
        return []
    try:
        lines = [layered.line for layered in layered_lines(case.flow.live_version)]
    except (MappingError, DefinitionError, KeyError):
        return []
    return [
        (line.target, line.label or line.target, line.source)
        for line in lines
        if line.value_map is not None and case.error_field in {line.source, line.target}
    ]


def list_missing_values(case: ExceptionCase, values: Values, open_ids: Iterable[Any]) -> tuple[MissingValue, ...]:
    """Return the values of the case's open records that no table translates, the most frequent first."""
    tables = _tables(case) if case.is_open and Fix.ADD_VALUE in verdict_for(case.error_class).fixes else []
    if not tables:
        return ()
    source = tables[0][2]
    found = (values.get(key, {}).get(source) for key in open_ids)
    counted = Counter(plain_text(value) for value in found if value is not None)
    return tuple(MissingValue(value, number) for value, number in counted.most_common())
