"""What if another version were live: the recorded records through both, with writes off, and the decision that follows.

Nothing is called and nothing is written outside: what a version would ask of others is answered as it was answered then, or
stays open. Only what is kept here is read, so that it can be asked as often as anybody likes.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.connectors.manifest import ValueKind
from apps.connectors.redaction import redact_json
from apps.customers.retention import payload_rule
from apps.dispatch.leases import LeasedWork
from apps.dispatch.models import Priority
from apps.dispatch.services import enqueue
from apps.flows.engine.definition import DefinitionError
from apps.flows.engine.steps import DeliverOptions
from apps.flows.engine.verdict import Side, Verdict
from apps.flows.engine.what_if import Failure, Kept, Kind, Tally, compare
from apps.flows.mapping.compiled import MappingError
from apps.flows.mapping.layers import LayerError
from apps.flows.mapping.places import DELIVERY
from apps.flows.models import Flow, FlowVersion, WhatIf
from apps.flows.services import blobs
from apps.flows.services.bases import own_lines
from apps.flows.services.publish import go_live, hold_flow, propose
from apps.flows.services.recorded_inputs import RecordedInput, iterate_inputs
from apps.flows.services.sides import side_of
from apps.flows.services.upgrades import Choices, upgrade
from apps.flows.services.walk_session import MissingRoleError, object_of, systems_of

WHAT_IF_KIND = "flows.what_if"
SIZES = (100, 1_000, 10_000)
USUAL_SIZE = 1_000
LONGEST_REASON = 200
_KEPT_WHAT_IFS = (
    20  # per flow; older ones are dropped when a new one is asked for, but for those that decided something
)
_MOST_FAILURES = 50
_LONGEST_VALUE = 2_000
_CANNOT_COMPARE = (MappingError, LayerError, DefinitionError, MissingRoleError, KeyError)


class WhatIfError(ValueError):
    """The versions cannot be compared, or the later one not be made live; the message says what to do first."""


def request_what_if(flow: Flow, version: FlowVersion, *, by: str, most: int = USUAL_SIZE) -> WhatIf:
    """Ask, as background work, what `version` would have made of the `most` records read last; one under way is returned.

    Raises:
        WhatIfError: nothing is live, it is this very version, or the customer keeps no contents of records.

    """
    if version.flow_id != flow.id:
        raise WhatIfError(_("This version belongs to another flow."))
    if not payload_rule(flow.customer_id).stored:
        raise WhatIfError(_not_stored_words())
    now = timezone.now()
    with transaction.atomic():
        live = hold_flow(flow).live_version  # two clicks at once ask for one
        if live is None:
            raise WhatIfError(_("Nothing is live yet: there is nothing to compare with."))
        if live.id == version.id:
            raise WhatIfError(_("Version %(number)s is live already: it changes nothing.") % {"number": version.number})
        known = WhatIf.objects.filter(
            version_after=version, version_before=live, state__in=[WhatIf.State.QUEUED, WhatIf.State.RUNNING]
        ).first()
        if known is not None and not known.is_lost(now):
            return known
        _drop_old(flow)
        asked = WhatIf.objects.create(
            flow=flow,
            customer_id=flow.customer_id,
            version_before=live,
            version_after=version,
            most=most if most in SIZES else USUAL_SIZE,
            asked_by=by[:200],
            created_at=now,
        )
        enqueue(
            kind=WHAT_IF_KIND,
            reference=str(asked.id),
            priority=Priority.INTERACTIVE,
            customer_id=flow.customer_id,
        )
    return asked


def _not_stored_words() -> str:
    return _("This customer keeps no contents of records: there is no history to run through another version.")


def _drop_old(flow: Flow) -> None:
    undecided = WhatIf.objects.filter(flow=flow, reason="", changes__isnull=True)
    kept = list(undecided.order_by("-id").values_list("id", flat=True)[: _KEPT_WHAT_IFS - 1])
    undecided.exclude(id__in=kept).delete()


def propose_line(
    flow: Flow, *, target: str, changes: Mapping[str, Any], made_by: str, note: str = "", place: str = DELIVERY
) -> FlowVersion:
    """Make a version with one line of the customer's changed, as `change_line` does, without making it live.

    Raises:
        MappingError, LayerError: the line cannot be; nothing is made.

    """
    with transaction.atomic():
        live = hold_flow(flow).live_version
        if live is None:
            raise LayerError("nothing is published yet: publish the flow first")
        own = own_lines(live)
        kept = [line for line in own.get(place, ()) if line["target"] != target]
        lines = [*kept, {"target": target, **changes}] if changes else kept
        return propose(flow, made_by=made_by, note=note or f"Changed {target}", own={**own, place: lines})


def ask_of_line(
    flow: Flow, *, target: str, changes: Mapping[str, Any], by: str, note: str = "", place: str = DELIVERY
) -> WhatIf:
    """Propose a changed line and ask what it would change, or neither.

    Raises:
        MappingError, LayerError: the line cannot be.
        WhatIfError: see `request_what_if`.

    """
    with transaction.atomic():
        version = propose_line(flow, target=target, changes=changes, made_by=by, note=note, place=place)
        return request_what_if(flow, version, by=by)


def ask_of_upgrade(flow: Flow, *, by: str, choices: Choices | None = None) -> WhatIf | None:
    """Propose an upgrade and ask what it would change, or neither; None when the flow stands on the newest base already.

    Raises what `upgrade` and `request_what_if` raise.
    """
    with transaction.atomic():
        version = upgrade(flow, made_by=by, choices=choices, live=False)
        return None if version is None else request_what_if(flow, version, by=by)


def carry_out_what_if(work: LeasedWork) -> None:
    """Do what a what-if asks for. Doing it twice changes nothing but the time."""
    try:
        with transaction.atomic():
            work.confirm()
            what_if = _begin(UUID(work.reference))
            if what_if is None:
                return
            before, after = (side_of(what_if.flow, v) for v in (what_if.version_before, what_if.version_after))
            money = _money_fields(what_if.flow, after) | _money_fields(what_if.flow, before)
    except _CANNOT_COMPARE as error:
        _fail(work, str(error.args[0]) if error.args else str(error))
        return
    tally, oldest = Tally(money), None
    walks = before.compiled.definition.walks or after.compiled.definition.walks
    for portion in iterate_inputs(work, what_if.flow, what_if.most, walks=walks):
        for known in portion:
            tally.add(known, compare(before, after, known.seen))
        oldest = min(filter(None, [oldest, *(known.seen.at for known in portion)]))
    _keep(work, what_if, tally, before, oldest)


def _begin(what_if_id: UUID) -> WhatIf | None:
    what_if = (
        WhatIf.objects.select_related("flow__source", "flow__target", "version_before", "version_after")
        .filter(id=what_if_id, state__in=[WhatIf.State.QUEUED, WhatIf.State.RUNNING])
        .first()
    )
    if what_if is not None:
        started = what_if.started_at or timezone.now()
        WhatIf.objects.filter(id=what_if.id).update(state=WhatIf.State.RUNNING, started_at=started)
    return what_if


def _money_fields(flow: Flow, side: Side) -> set[str]:
    """Return the target's fields that hold money, named as `Verdict.sent` names them."""
    definition = side.compiled.definition
    if not definition.walks:
        kind = object_of(flow.target, definition.canonical_type, definition.target_object)
        return {spec.name for spec in kind.fields if spec.kind is ValueKind.MONEY}
    systems, found = systems_of(flow), set()
    for step in definition.walk:
        if isinstance(step.options, DeliverOptions):
            kind = object_of(systems[step.options.role], step.options.type)
            found |= {f"{step.name}.{spec.name}" for spec in kind.fields if spec.kind is ValueKind.MONEY}
    return found


def _keep(work: LeasedWork, what_if: WhatIf, tally: Tally, before: Side, oldest: datetime | None) -> None:
    with transaction.atomic():
        work.confirm()
        # Asked again here: a customer may have chosen meanwhile that nothing is kept.
        stored = payload_rule(what_if.customer_id).stored
        WhatIf.objects.filter(id=what_if.id).update(
            state=WhatIf.State.DONE,
            finished_at=timezone.now(),
            read=tally.total,
            result=blobs.plain_json(_result(tally)),
            rows=blobs.pack(_contents(tally, before)) if stored else None,
            contents_from=oldest if stored else None,
        )


def _fail(work: LeasedWork, sentence: str) -> None:
    with transaction.atomic():
        work.confirm()
        WhatIf.objects.filter(id=UUID(work.reference)).update(
            state=WhatIf.State.FAILED,
            finished_at=timezone.now(),
            error_message=f"The versions could not be compared: {sentence}"[:600],
        )


def _result(tally: Tally) -> dict[str, Any]:
    """Return how many and how much: counts, fields, money and failures, without what was in any record."""
    return {
        "counts": {kind.value: tally.counts[kind] for kind in Kind},
        "fields": [
            {"name": name, "count": one.count, "before": one.before, "after": one.after}
            for name, one in sorted(tally.fields.items(), key=lambda pair: -pair[1].count)
        ],
        "money": {currency: {"before": was, "after": now} for currency, (was, now) in sorted(tally.money.items())},
        "moved": tally.moved,
        "failures": [
            {
                "field": one.problem.field,
                "class": one.problem.business_class.value,
                "code": one.problem.code,
                "before": one.before,
                "after": one.after,
            }
            for one in _frequent(tally)
        ],
        "needs_reason": tally.needs_reason,
    }


def _frequent(tally: Tally) -> list[Failure]:
    """Return the causes of refusals, those that the change moves most first."""
    return sorted(tally.failures.values(), key=lambda one: (-abs(one.after - one.before), -one.after))[:_MOST_FAILURES]


def _contents(tally: Tally, side: Side) -> dict[str, Any]:
    """Return what says what was in records: some that differ, and a sentence of each cause of refusals in their order."""
    label = side.compiled.source_label
    return {
        "rows": [_row(kept, side) for kept in tally.examples()],
        "sentences": [one.problem.message.replace("{source}", label) for one in _frequent(tally)],
    }


def _row(kept: Kept, side: Side) -> dict[str, Any]:
    """Return one record as it is kept: who it is, how it differs, and the fields that differ with both values."""
    known: RecordedInput = kept.reference
    kind, before, after, fields = kept.difference
    was = redact_json(_plain({change.name: change.before for change in fields}))
    now = redact_json(_plain({change.name: change.after for change in fields}))
    return {
        "id": str(known.operation_id),
        "key": known.seen.record.key,
        "business_key": known.business_key,
        "label": side.compiled.described.describe(after.canonical)[:300],
        "kind": kind.value,
        "fields": [[name, was[name], now[name]] for name in was],
        "before": _verdict(before, side.compiled.source_label),
        "after": _verdict(after, side.compiled.source_label),
    }


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = blobs.plain_json({name: _short(value) for name, value in values.items()})
    return plain


def _short(value: Any) -> Any:
    return f"{value[:_LONGEST_VALUE]}…" if isinstance(value, str) and len(value) > _LONGEST_VALUE else value


def _verdict(verdict: Verdict, source: str) -> dict[str, Any]:
    amount = verdict.amount
    return {
        "how": verdict.how.value,
        "step": verdict.step,
        "reason": verdict.reason,
        "problems": [one.message.replace("{source}", source) for one in verdict.problems],
        "open_at": verdict.open_at,
        "amount": None if amount is None else str(amount.value),
        "currency": "" if amount is None else amount.currency,
    }


def contents_kept(what_if: WhatIf) -> Mapping[str, Any] | None:
    """Return what a what-if kept of records, the most alarming first (see `_contents`); None when nothing is (any more)."""
    kept: dict[str, Any] | None = blobs.unpack(what_if.rows)
    return kept


def make_live(what_if: WhatIf, *, by: str, reason: str = "", despite: str = "") -> FlowVersion:
    """Make the version that was looked at the live one, or ask for it (see `publish.go_live`).

    A reason goes into its note, the audit trail and the what-if; `despite` is why it goes live although samples fail.

    Raises:
        WhatIfError: it is not known yet what the version changes, or so much that a reason has to be given.
        OvertakenError, ValidationError, MappingError, SamplesFailError: see `publish.go_live`; nothing is changed.

    """
    with transaction.atomic():
        held = WhatIf.objects.select_for_update(no_key=True, of=("self",)).get(id=what_if.id)
        if held.state != WhatIf.State.DONE:
            raise WhatIfError(_("It is not known yet what this version would change: wait for the comparison."))
        given = " ".join(reason.replace("\x00", "").split())[:LONGEST_REASON]
        if held.needs_reason and not given:
            raise WhatIfError(_("Give the reason: it changes money, or more than one record in a hundred."))
        version, flow = what_if.version_after, what_if.flow
        if given:
            version.note = "; ".join(filter(None, [version.note[: 298 - len(given)], given]))
            version.save(update_fields=["note"])
        WhatIf.objects.filter(id=held.id).update(reason=given)
        go_live(flow, version, by=by, reason=given, despite=despite)
    return version
