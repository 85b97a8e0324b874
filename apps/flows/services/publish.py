"""From changed mapping lines to a new immutable version, and from a version to the live one."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from apps.accounts import audit
from apps.accounts.audit import AuditAction
from apps.connectors.canonical.registry import canonical_type
from apps.connectors.models import Connection
from apps.flows.engine.content import FlowContent, merge_contents
from apps.flows.engine.definition import parse_definition
from apps.flows.engine.flow import compile_reading, compile_writing, merge_delivery, merge_reading
from apps.flows.engine.steps import DeliverOptions
from apps.flows.mapping.compiled import CompiledMapping, LineProblem, MappingError
from apps.flows.mapping.layers import NO_LAYERS, LayeredLine, LayerError
from apps.flows.mapping.places import DELIVERY, READING, StoredLines, StoredPlace, read_places, write_places
from apps.flows.models import ChangeRequest, Flow, FlowVersion
from apps.flows.services.bases import Base, newest_base, own_lines, pinned_base, with_own_steps
from apps.flows.services.change_asking import ask, ask_once, demands_on, overtake
from apps.flows.services.definitions import settings_chosen
from apps.flows.services.samples import require_samples
from apps.flows.services.session import compile_version, objects_of
from apps.flows.services.walk_session import compile_delivery, object_of, systems_of

OwnLines = Mapping[str, StoredLines]
Definition = Mapping[str, Any]


class OvertakenError(ValueError):
    """Somebody else has published meanwhile what is about to be replaced; the message says who, what and how to go on."""


def publish(  # noqa: PLR0913  each is one fact of the version, all by name
    flow: Flow,
    *,
    published_by: str,
    note: str = "",
    base: Base | None = None,
    own: OwnLines | None = None,
    definition: Definition | None = None,
    despite: str = "",
) -> FlowVersion:
    """Make a new version and make it the live one, or ask for it where the customer's changes need approval.

    What waits for approval has `published_at` None and a ChangeRequest. `base` None: that of the live version, for a
    flow's first version the newest one. `own` None: the customer's lines of the live version. `definition` None: the
    base's, with what the customer changed of the live version's. `despite` is why it goes live although samples fail.

    Raises:
        MappingError, LayerError: the lines do not compile, or base and customer changed one step; nothing is published.
        DefinitionError, ValidationError, MissingRoleError: the customer's own steps cannot be; nothing is published.
        SamplesFailError: samples fail by it, and there is no reason why it goes live all the same.

    """
    with transaction.atomic():
        held = hold_flow(flow)
        version = _make(flow, held, base, own, definition, made_by=published_by, note=note)
        samples = require_samples(held.live_version, version, despite)
        demands = demands_on(flow, held)
        if demands is not None:
            _note(version, samples)
            return ask_once(flow, version, by=published_by, demands=demands).version
        _go_live(flow, version, published_by, samples)
    return version


def propose(
    flow: Flow,
    *,
    made_by: str,
    note: str = "",
    base: Base | None = None,
    own: OwnLines | None = None,
    definition: Definition | None = None,
) -> FlowVersion:
    """Make a new version as `publish` does, without making it live: it can be looked at, tried and approved first."""
    with transaction.atomic():
        return _make(flow, hold_flow(flow), base, own, definition, made_by=made_by, note=note)


def go_live(
    flow: Flow,
    version: FlowVersion,
    *,
    by: str,
    reason: str = "",
    approved: ChangeRequest | None = None,
    despite: str = "",
) -> None:
    """Make a proposed version the live one, or ask for it as `publish` does.

    `approved` is the request that was agreed to; `despite` is why it goes live although samples fail.

    Raises:
        SamplesFailError: samples fail by it, and there is no reason why it goes live all the same.
        ValidationError: the version is another flow's, or was live before (restore it instead), or was not approved.
        OvertakenError: another version went live since this one was made.
        MappingError: it does not fit its systems any more.

    """
    with transaction.atomic():
        held = hold_flow(flow)
        if version.flow_id != held.id or version.published_at is not None:
            raise ValidationError("Only a version of this flow that was never live can be made live.")
        if held.live_version_id != version.made_after_id:
            raise OvertakenError(
                f"Another version went live since version {version.number} was made: make it anew from what is live."
            )
        _compile(flow, version)
        version.flow = flow
        if approved is not None:
            if approved.version_id != version.id or approved.state != ChangeRequest.State.APPROVED:
                raise ValidationError(f"Version {version.number} is not approved.")
            # Who approved has seen the samples; whether they must hold is the policy's to say.
            _go_live(flow, version, by, "")
            return
        samples = require_samples(held.live_version, version, despite)
        demands = demands_on(flow, held)
        if demands is not None:
            _note(version, samples)
            ask(flow, version, by=by, reason=reason, demands=demands)
            return
        _go_live(flow, version, by, samples)


def hold_flow(flow: Flow) -> Flow:
    """Return the flow with its live version, held until the transaction ends: nobody else publishes meanwhile."""
    return Flow.objects.select_for_update(no_key=True, of=("self",)).select_related("live_version").get(id=flow.id)


def _make(  # noqa: PLR0913  as its two callers
    flow: Flow,
    held: Flow,
    base: Base | None,
    own: OwnLines | None,
    definition: Definition | None,
    *,
    made_by: str,
    note: str,
) -> FlowVersion:
    live = held.live_version
    if base is None:
        base = pinned_base(live) if live else newest_base(flow)
    if own is None:
        own = own_lines(live) if live else {}
    if definition is None:
        definition = _with_own_changes(live, base)
    read = parse_definition(definition)
    # Compared as read: an option written out that has its usual value is no difference.
    if is_own := read != parse_definition(base.definition):
        base = with_own_steps(flow, base, definition, live)
    version = FlowVersion(
        flow=flow,
        customer_id=held.customer_id,
        number=_next_number(held),
        definition=read.to_json() if is_own else dict(base.definition),
        base_definition=dict(base.definition) if is_own else None,
        layers=place_lines(base, own),
        template_version=base.template_version,
        made_after=live,
        note=note[:300],
        made_at=timezone.now(),
        made_by=made_by[:200],
    )
    _compile(flow, version)
    version.save()
    return version


def _with_own_changes(live: FlowVersion | None, base: Base) -> Definition:
    """Return the base's definition with what the customer changed of the one before. Raises LayerError."""
    if live is None or live.base_definition is None:
        return base.definition
    before, own = FlowContent(live.base_definition), FlowContent(live.definition)
    merged = merge_contents(before, own, FlowContent(base.definition))
    if merged.conflicts:
        places = ", ".join(placed.conflict.name for placed in merged.conflicts)
        raise LayerError(
            f"{places}: changed by this customer as well. Take that change back in the flow's steps first."
        )
    return merged.content.definition


def _next_number(flow: Flow) -> int:
    last = FlowVersion.objects.filter(flow=flow).order_by("-number").values_list("number", flat=True).first()
    return (last or 0) + 1


def place_lines(base: Base, own: OwnLines) -> dict[str, Any]:
    """Return the layers of a version of this base with the customer's own lines, as it stores them. Raises LayerError."""
    for place, lines in own.items():
        if lines and place not in base.places:
            raise LayerError(f"{place}: this flow maps nothing there (any more): take the customer's lines for it away")
    return write_places({name: place.with_customer(own.get(name, ())) for name, place in base.places.items()})


def _compile(flow: Flow, version: FlowVersion) -> None:
    """Find every problem of every place before anything is published. Raises MappingError."""
    if problems := find_problems(flow, version):
        raise MappingError([problem for _place, problem in problems])


def find_problems(flow: Flow, version: FlowVersion) -> list[tuple[str, LineProblem]]:
    """Return every problem of a version's lines with its place.

    Raises:
        DefinitionError, LayerError, MissingRoleError, KeyError: the version cannot be read, or its systems cannot do it.

    """
    definition, places = parse_definition(version.definition), read_places(version.layers)
    reads, writes = objects_of(definition, version.layers, flow.source.system, flow.target.system)
    described, settings = canonical_type(definition.canonical_type), definition.settings
    layers = places[READING].layers if READING in places else NO_LAYERS
    problems = _problems(READING, lambda: compile_reading(described, reads, layers, settings))
    if not definition.walks:
        problems += _problems(DELIVERY, lambda: compile_writing(described, writes, places[DELIVERY].layers, settings))
    systems = systems_of(flow)
    for step in definition.walk:
        if isinstance(step.options, DeliverOptions):
            problems += _problems(step.name, partial(_compile_step, step.options, systems, places[step.name], settings))
    return problems or _problems("", lambda: compile_version(version, flow.source, flow.target))


def _compile_step(
    options: DeliverOptions, systems: Mapping[str, Connection], stored: StoredPlace, settings: Mapping[str, Any]
) -> CompiledMapping:
    kind = stored.writes(object_of(systems[options.role], options.type, stored.object))
    return compile_delivery(options.type, kind, stored.layers, settings)


def _problems(place: str, build: Callable[[], object]) -> list[tuple[str, LineProblem]]:
    try:
        build()
    except MappingError as wrong:
        return [(place, problem) for problem in wrong.problems]
    return []


def _go_live(flow: Flow, version: FlowVersion, by: str, samples: str) -> None:
    """Make a version live. `samples` says why it is although samples fail, "" when none does."""
    version.published_at, version.published_by = timezone.now(), by[:200]
    version.save(update_fields=["published_at", "published_by"])
    _note(version, samples)
    # What is chosen is what the live version has, also when an earlier one was restored.
    settings = settings_chosen(flow.template, version.definition)
    Flow.objects.filter(id=flow.id).update(live_version=version, settings=settings)
    flow.live_version, flow.settings = version, settings
    overtake(flow, version)
    details = {"version": version.number, "note": version.note}
    audit.record(AuditAction.FLOW_PUBLISHED, subject="flow", subject_id=str(flow.id), details=details)


def _note(version: FlowVersion, more: str) -> None:
    if more:
        version.note = "; ".join(filter(None, [version.note[: 298 - len(more)], more]))
        version.save(update_fields=["note"])


def layered_lines(version: FlowVersion, place: str = DELIVERY) -> list[LayeredLine]:
    """Return the lines of one place of a version as merged, each with the layer it comes from; [] where nothing is mapped."""
    flow, stored = version.flow, read_places(version.layers).get(place)
    definition = parse_definition(version.definition)
    if place == READING:
        reads, _ = objects_of(definition, version.layers, flow.source.system, flow.target.system)
        return merge_reading(reads, stored.layers) if stored else merge_reading(reads)
    if stored is None:
        return []
    if place == DELIVERY:
        _, writes = objects_of(definition, version.layers, flow.source.system, flow.target.system)
        return merge_delivery(writes, stored.layers)
    step = definition.step_named(place)
    if step is None or not isinstance(step.options, DeliverOptions):
        return []
    kind = object_of(systems_of(flow)[step.options.role], step.options.type, stored.object)
    return merge_delivery(stored.writes(kind), stored.layers)


def change_line(  # noqa: PLR0913  each is one fact of the change, all by name
    flow: Flow,
    *,
    target: str,
    changes: Mapping[str, Any],
    made_by: str,
    note: str = "",
    place: str = DELIVERY,
    seen: int | None = None,
    despite: str = "",
) -> FlowVersion:
    """Set keys of one mapping line in the customer's layer and publish (see `publish`). Empty `changes` resets it to the layer below.

    `seen` is the number of the version that the change was made from: who has not seen the line as it is now does not
    replace it.

    Raises:
        MappingError, LayerError: the line cannot be; nothing is changed.
        OvertakenError: the line was changed since version `seen`.
        SamplesFailError: see `publish`.

    """
    with transaction.atomic():
        live = hold_flow(flow).live_version
        if live is None:
            raise LayerError("nothing is published yet: publish the flow first")
        if seen is not None:
            _require_unchanged(flow, live, seen, place, target)
        own = own_lines(live)
        kept = [line for line in own.get(place, ()) if line["target"] != target]
        lines = [*kept, {"target": target, **changes}] if changes else kept
        wanted = {**own, place: lines}
        return publish(flow, published_by=made_by, note=note or f"Changed {target}", own=wanted, despite=despite)


def _require_unchanged(flow: Flow, live: FlowVersion, seen: int, place: str, target: str) -> None:
    if live.number == seen:
        return
    before = FlowVersion.objects.filter(flow=flow, number=seen).first()
    if before is None or _own_line(before, place, target) != _own_line(live, place, target):
        raise OvertakenError(
            f"{live.made_by or 'Somebody'} has changed this line meanwhile (version {live.number}). Look at it as it is now, "
            "then make your change again."
        )


def _own_line(version: FlowVersion, place: str, target: str) -> Mapping[str, Any] | None:
    return next((line for line in own_lines(version).get(place, ()) if line["target"] == target), None)
