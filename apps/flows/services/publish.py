"""From changed mapping lines to a new immutable version, and from a version to the live one."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from apps.accounts import audit
from apps.accounts.audit import AuditAction
from apps.flows.engine.definition import parse_definition
from apps.flows.engine.flow import merge_delivery, merge_reading
from apps.flows.engine.steps import DeliverOptions
from apps.flows.mapping.compile import LineProblem, MappingError
from apps.flows.mapping.layers import LayeredLine, LayerError
from apps.flows.mapping.places import DELIVERY, READING, StoredLines, read_places, write_places
from apps.flows.models import Flow, FlowVersion
from apps.flows.services.bases import Base, newest_base, own_lines, pinned_base
from apps.flows.services.definitions import settings_chosen
from apps.flows.services.samples import require_samples
from apps.flows.services.session import compile_version, objects_of
from apps.flows.services.walk_session import compile_delivery, object_of, systems_of

OwnLines = Mapping[str, StoredLines]


class OvertakenError(ValueError):
    """Somebody else has published meanwhile what is about to be replaced; the message says who, what and how to go on."""


def publish(
    flow: Flow,
    *,
    published_by: str,
    note: str = "",
    base: Base | None = None,
    own: OwnLines | None = None,
    despite: str = "",
) -> FlowVersion:
    """Make a new version and make it the live one.

    `base` None: that of the live version, for a flow's first version the newest one. `own` None: the customer's lines of
    the live version. `despite` is why it goes live although samples fail.

    Raises:
        MappingError, LayerError: the lines do not compile; nothing is published.
        SamplesFailError: samples fail by it, and there is no reason why it goes live all the same.

    """
    with transaction.atomic():
        held = hold_flow(flow)
        version = _make(flow, held, base, own, made_by=published_by, note=note)
        _go_live(flow, version, published_by, require_samples(held.live_version, version, despite))
    return version


def propose(
    flow: Flow, *, made_by: str, note: str = "", base: Base | None = None, own: OwnLines | None = None
) -> FlowVersion:
    """Make a new version as `publish` does, without making it live: it can be looked at, tried and approved first."""
    with transaction.atomic():
        return _make(flow, hold_flow(flow), base, own, made_by=made_by, note=note)


def go_live(flow: Flow, version: FlowVersion, *, by: str, despite: str = "") -> None:
    """Make a proposed version the live one; `despite` is why, although samples fail.

    Raises:
        SamplesFailError: samples fail by it, and there is no reason why it goes live all the same.
        ValidationError: the version is another flow's, or was live before (restore it instead).
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
        _go_live(flow, version, by, require_samples(held.live_version, version, despite))


def hold_flow(flow: Flow) -> Flow:
    """Return the flow with its live version, held until the transaction ends: nobody else publishes meanwhile."""
    return Flow.objects.select_for_update(no_key=True, of=("self",)).select_related("live_version").get(id=flow.id)


def _make(flow: Flow, held: Flow, base: Base | None, own: OwnLines | None, *, made_by: str, note: str) -> FlowVersion:
    live = held.live_version
    if base is None:
        base = pinned_base(live) if live else newest_base(flow)
    if own is None:
        own = own_lines(live) if live else {}
    version = FlowVersion(
        flow=flow,
        customer_id=held.customer_id,
        number=_next_number(held),
        definition=dict(base.definition),
        layers=_layers(base, own),
        template_version=base.template_version,
        made_after=live,
        note=note[:300],
        made_at=timezone.now(),
        made_by=made_by[:200],
    )
    _compile(flow, version)
    version.save()
    return version


def _next_number(flow: Flow) -> int:
    last = FlowVersion.objects.filter(flow=flow).order_by("-number").values_list("number", flat=True).first()
    return (last or 0) + 1


def _layers(base: Base, own: OwnLines) -> dict[str, Any]:
    for place, lines in own.items():
        if lines and place not in base.places:
            raise LayerError(f"{place}: this flow maps nothing there (any more): take the customer's lines for it away")
    return write_places({name: place.with_customer(own.get(name, ())) for name, place in base.places.items()})


def _compile(flow: Flow, version: FlowVersion) -> None:
    """Find every problem of every place before anything is published. Raises MappingError."""
    problems: list[LineProblem] = []
    try:
        compile_version(version, flow.source, flow.target)
    except MappingError as wrong:
        problems += wrong.problems
    systems, places = systems_of(flow), read_places(version.layers)
    definition = parse_definition(version.definition)
    for step in definition.walk:
        if isinstance(step.options, DeliverOptions):
            stored = places[step.name]
            kind = stored.writes(object_of(systems[step.options.role], step.options.type, stored.object))
            try:
                compile_delivery(step.options.type, kind, stored.layers, definition.settings)
            except MappingError as wrong:
                problems += wrong.problems
    if problems:
        raise MappingError(problems)


def _go_live(flow: Flow, version: FlowVersion, by: str, samples: str) -> None:
    """Make a version live. `samples` says why it is although samples fail, "" when none does."""
    version.published_at, version.published_by = timezone.now(), by[:200]
    if samples:
        version.note = "; ".join(filter(None, [version.note[: 298 - len(samples)], samples]))
    version.save(update_fields=["published_at", "published_by", "note"])
    # What is chosen is what the live version has, also when an earlier one was restored.
    settings = settings_chosen(flow.template, version.definition)
    Flow.objects.filter(id=flow.id).update(live_version=version, settings=settings)
    flow.live_version, flow.settings = version, settings
    details = {"version": version.number, "note": version.note}
    audit.record(AuditAction.FLOW_PUBLISHED, subject="flow", subject_id=str(flow.id), details=details)


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
    """Set keys of one mapping line in the customer's layer and publish. Empty `changes` resets it to the layer below.

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
