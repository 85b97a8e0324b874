"""Tables of values of a customer's mapping: rows added or replaced, and published in one step."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts import audit
from apps.accounts.audit import AuditAction
from apps.connectors.canonical.values import NULL, plain_text
from apps.connectors.manifest import MappingLine
from apps.flows.mapping.fitting import LONGEST_NEW_VALUE, LONGEST_OUTSIDE_VALUE
from apps.flows.mapping.places import DELIVERY
from apps.flows.models import Flow, FlowVersion
from apps.flows.services.bases import own_lines
from apps.flows.services.publish import change_line, hold_flow, layered_lines

_NAMED_IN_AUDIT = 20
# A table holds the customer's own words; a template's samples speak those of the sandbox.
_OWN_WORDS = "the table holds this customer's own values"


def add_mapping_value(flow: Flow, *, target: str, outside_value: str, new_value: str, made_by: str) -> FlowVersion:
    """Teach one table a new value, for this customer, and publish: the mend for a mapping gap.

    Raises:
        ValidationError: the field has no table, or a value is empty or too long.
        MappingError: the field cannot take the new value; nothing is changed.

    """
    return add_mapping_values(flow, target=target, values={outside_value: new_value}, made_by=made_by)


def add_mapping_values(flow: Flow, *, target: str, values: Mapping[str, str], made_by: str) -> FlowVersion:
    """Teach a table several values at once and publish one version; values it knows become what is said now.

    Returns the live version as it is when the table says all of it already.

    Raises as `add_mapping_value`.
    """
    return _set_rows(flow, target, values, made_by, keeps_others=True)


def replace_mapping_values(flow: Flow, *, target: str, values: Mapping[str, str], made_by: str) -> FlowVersion:
    """Let a table hold exactly these rows and publish; a value that becomes what it did keeps its kind.

    Raises as `add_mapping_value`.
    """
    return _set_rows(flow, target, values, made_by, keeps_others=False)


def _set_rows(flow: Flow, target: str, values: Mapping[str, str], made_by: str, *, keeps_others: bool) -> FlowVersion:
    rows = _checked(values)
    with transaction.atomic():
        # Read behind the lock: what somebody else has just added stays.
        live = _live_version(flow)
        line = _line_with_table(live, target)
        before: Mapping[str, Any] = line.value_map or {}
        known = {plain_text(old): new for old, new in before.items()}
        kept = {old: known[old] if old in known and plain_text(known[old]) == new else new for old, new in rows.items()}
        table = {**known, **kept} if keeps_others else kept
        if table == known:
            return live  # sent twice, or somebody else was quicker: nothing is to be published
        own = next((one for one in own_lines(live).get(DELIVERY, ()) if one["target"] == target), {})
        changes = {key: value for key, value in own.items() if key not in {"target", "removed"}}
        changes["value_map"] = table
        note = _note(target, rows)
        published = change_line(flow, target=target, changes=changes, made_by=made_by, note=note, despite=_OWN_WORDS)
        if published.published_at is not None:
            details = {"target": target, "values": len(rows), "rows": dict(list(rows.items())[:_NAMED_IN_AUDIT])}
            audit.record(AuditAction.MAPPING_VALUE_ADDED, subject="flow", subject_id=str(flow.id), details=details)
    return published


def _checked(values: Mapping[str, str]) -> dict[str, str]:
    rows = {old.strip(): new.strip() for old, new in values.items()}
    if not rows:
        raise ValidationError({"new_value": _("Say for at least one value what it becomes.")})
    for old, new in rows.items():
        if not old:
            raise ValidationError({"outside_value": _("Say which value of the record is meant.")})
        if not new:
            raise ValidationError({"new_value": _("Say what the value becomes in the target system.")})
        if NULL in old or NULL in new:
            raise ValidationError({"new_value": _("A value holds a null character: remove it.")})
        if len(old) > LONGEST_OUTSIDE_VALUE or len(new) > LONGEST_NEW_VALUE:
            limits = {"old": LONGEST_OUTSIDE_VALUE, "new": LONGEST_NEW_VALUE}
            sentence = _("A value may have %(old)s characters and become %(new)s at most: shorten it.")
            raise ValidationError({"new_value": sentence % limits})
    return rows


def _live_version(flow: Flow) -> FlowVersion:
    live = hold_flow(flow).live_version
    if live is None:
        raise ValidationError({"target": _("The flow has no published version yet.")})
    live.flow = flow
    return live


def _line_with_table(version: FlowVersion, target: str) -> MappingLine:
    line = next((one.line for one in layered_lines(version) if one.line.target == target), None)
    if line is None:
        raise ValidationError({"target": f"This flow fills no field called {target!r}."})
    if line.value_map is None:
        raise ValidationError({"target": f"{target} has no table of values to add to."})
    return line


def _note(target: str, rows: Mapping[str, str]) -> str:
    if len(rows) == 1:
        ((old, new),) = rows.items()
        return f"{target}: {old} becomes {new}"
    return f"{target}: {len(rows):,} values of its table"
