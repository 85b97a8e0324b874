"""A customer's owner register: who owns which field, changed with a trace, and compiled for one delivery."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts import audit
from apps.accounts.audit import AuditAction
from apps.connectors import registry
from apps.connectors.canonical.registry import CANONICAL_TYPES
from apps.connectors.models import Connection
from apps.customers.models import Customer
from apps.flows.engine.ownership import OTHERS, ConflictRule, Guard, RegisterEntry, build_guard
from apps.flows.mapping.compiled import CompiledMapping
from apps.flows.mapping.filling import fields_read
from apps.flows.models import FieldOwner, OwnerReview

_TEXTS = ("business_owner", "technical_owner", "note")


def guard_for(customer_id: UUID, canonical_type: str, source_id: UUID, delivery: CompiledMapping) -> Guard | None:
    """Return what the register of a customer says about a delivery; None when its source may write every field.

    One query where the register has no entry of the type.
    """
    entries = _entries(customer_id, canonical_type)
    if not entries:
        return None
    lines = [(line.target, name) for line in delivery.lines for name in sorted(fields_read(line.line))]
    return build_guard(entries, canonical_type, str(source_id), lines)


def _entries(customer_id: UUID, canonical_type: str) -> list[RegisterEntry]:
    rows = FieldOwner.objects.filter(customer_id=customer_id, canonical_type=canonical_type)
    listed = list(rows.select_related("connection"))
    by_kind = connections_by_kind(customer_id) if any(row.connection_id is None for row in listed) else {}
    taken = {row.field for row in listed}
    return [entry for row in listed for entry in _entries_of(row, taken, by_kind)]


def _entries_of(row: FieldOwner, taken: set[str], by_kind: Mapping[str, list[Connection]]) -> Iterable[RegisterEntry]:
    rule = ConflictRule(row.conflict_rule)
    if row.connection is not None:
        yield RegisterEntry(
            row.canonical_type, row.field, frozenset({str(row.connection_id)}), rule, row.connection.name
        )
        return
    fields = [row.field] if row.field else [f.name for f in CANONICAL_TYPES[row.canonical_type].fields]
    for name in fields:
        if name in taken and name != row.field:
            continue
        owners = by_kind.get(CANONICAL_TYPES[row.canonical_type].owner_of(name).value, [])
        if owners:  # a kind of system that the customer does not have protects nothing
            ids = frozenset(str(owner.id) for owner in owners)
            yield RegisterEntry(row.canonical_type, name, ids, rule, ", ".join(owner.name for owner in owners))


def connections_by_kind(customer_id: UUID) -> dict[str, list[Connection]]:
    """Return a customer's connections by the category of their system. One query."""
    found: dict[str, list[Connection]] = defaultdict(list)
    for connection in Connection.objects.filter(customer_id=customer_id):
        found[registry.manifest(connection.system).category].append(connection)
    return found


def set_owner(
    customer: Customer,
    *,
    canonical_type: str,
    field: str,
    connection: Connection | None,
    conflict_rule: ConflictRule,
    changed_by: str,
    **texts: str,
) -> FieldOwner:
    """Enter or change who owns a field ("" : all other fields of the type). `texts` are the two people and a note.

    Runs under way go on with the register as it was; the next slice of each follows this one.

    Raises:
        ValidationError: no such type or field, another customer's connection, or a text that is too long; it names the field.

    """
    _require_known(customer, canonical_type, field, connection)
    typed = {name: texts.get(name, "").strip() for name in _TEXTS}
    with transaction.atomic():
        rows = FieldOwner.objects.select_for_update(no_key=True)
        row = rows.filter(customer=customer, canonical_type=canonical_type, field=field).first()
        before = _described(row) if row else {}
        row = row or FieldOwner(customer=customer, canonical_type=canonical_type, field=field)
        row.connection, row.conflict_rule = connection, conflict_rule.value
        for name, text in typed.items():
            setattr(row, name, text)
        row.changed_at, row.changed_by = timezone.now(), changed_by
        row.full_clean(exclude=["customer", "connection"], validate_unique=False, validate_constraints=False)
        if _described(row) == before:
            return row
        try:
            with transaction.atomic():
                row.save()
        except IntegrityError:
            raise ValidationError({"field": _("Somebody else entered this field just now: look again.")}) from None
        if before and (before["owner"], before["rule"]) != (_described(row)["owner"], _described(row)["rule"]):
            _close_reviews(row)
        _note(customer, row, before, _described(row))
    return row


def _require_known(customer: Customer, canonical_type: str, field: str, connection: Connection | None) -> None:
    described = CANONICAL_TYPES.get(canonical_type)
    if described is None:
        raise ValidationError({"canonical_type": _("There is no such kind of record: choose one of the list.")})
    if field != OTHERS and described.field_named(field) is None:
        words = _("%(type)s has no field “%(field)s”: choose one of the list.")
        raise ValidationError({"field": words % {"type": _(described.label), "field": field}})
    if connection is not None and connection.customer_id != customer.id:
        raise ValidationError({"connection": _("Choose one of this customer's connections.")})


def remove_owner(row: FieldOwner) -> None:
    """Take an entry out of the register: flows may write the field freely again, unless the other fields' entry says no."""
    with transaction.atomic():
        _close_reviews(row)
        row.delete()
        _note(row.customer, row, _described(row), {})


def _close_reviews(row: FieldOwner) -> None:
    """Close what waits for a decision under a rule that no longer holds; the next change is judged by the new one."""
    waiting = OwnerReview.objects.filter(
        customer_id=row.customer_id, canonical_type=row.canonical_type, state=OwnerReview.State.OPEN
    )
    if row.field != OTHERS:
        waiting = waiting.filter(field=row.field)
    else:
        named = FieldOwner.objects.filter(customer_id=row.customer_id, canonical_type=row.canonical_type)
        waiting = waiting.exclude(field__in=named.exclude(field=OTHERS).values("field"))
    waiting.update(
        state=OwnerReview.State.CLOSED, decided_at=timezone.now(), note="The rule for the field was changed."
    )


def _described(row: FieldOwner) -> dict[str, str]:
    return {
        "owner": row.connection.name if row.connection else "the usual system",
        "rule": row.conflict_rule,
        **{name: getattr(row, name) for name in _TEXTS},
    }


def _note(customer: Customer, row: FieldOwner, before: Mapping[str, str], after: Mapping[str, str]) -> None:
    changed: dict[str, Any] = {
        name: [before.get(name, ""), after.get(name, "")]
        for name in {**before, **after}
        if before.get(name) != after.get(name)
    }
    details = {"field": f"{row.canonical_type}.{row.field or '*'}", **changed}
    audit.record(AuditAction.OWNER_CHANGED, subject="customer", subject_id=str(customer.id), details=details)
