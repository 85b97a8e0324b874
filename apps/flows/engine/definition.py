"""A flow's definition: what it moves, under which conditions, through which steps. Parsed once, immutable after."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from apps.connectors.canonical.registry import CANONICAL_TYPES, canonical_type
from apps.connectors.canonical.shapes import CanonicalType
from apps.connectors.errors import FailureKind
from apps.flows.engine.rules import CHECK_KEYS, CheckOptions, Filter, Rule, read_check, read_filter
from apps.flows.engine.steps import WALKING_KINDS, StepKind
from apps.flows.engine.steps.decide import END, DecideOptions
from apps.flows.engine.stored import DefinitionError, Group, Settings, plain, read_list, read_settings

__all__ = [
    "LARGEST_BATCH",
    "RECORD_STEPS",
    "STEP_SLUG",
    "CheckOptions",
    "DefinitionError",
    "Filter",
    "FlowDefinition",
    "OnFailure",
    "Rule",
    "Step",
    "Undo",
    "is_straight",
    "parse_definition",
]

LARGEST_BATCH = 500
RECORD_STEPS = ("extract", "check", "map", "deliver")
_MOST_STEPS = 40
_MOST_RETRIES = 20
_LONGEST_DELAY = 7 * 24 * 3_600
STEP_SLUG = re.compile(r"[a-z][a-z0-9_]{0,39}")
_EVERY_STEP = frozenset({
    "kind", "name", "title", "condition", "proceed_on_error", "retry", "timeout_seconds", "queue", "undo",
})  # fmt: skip
# Who works what a step refuses: the queues of the exceptions.
QUEUES = ("finance", "delivery", "master_data", "access", "integration", "provider")


class Undo:
    """What may be done about a step that is done when a later one fails (DESIGN section 3: safe, approval, impossible)."""

    SAFE = "safe"
    APPROVAL = "approval"
    IMPOSSIBLE = "impossible"
    ALL = (SAFE, APPROVAL, IMPOSSIBLE)


class OnFailure:
    """What follows when a record's walk fails for good: a person chooses, or what was done is taken back at once."""

    ASK = "ask"
    ROLL_BACK = "roll_back"
    ALL = (ASK, ROLL_BACK)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the flow. `check` is used by the check step only, `options` by walking steps only.

    `condition` is CEL: false skips the step. `proceed_on_error`: what is refused is noted and the next step follows.
    `retry` replaces the waits, in seconds, of one kind of failure; `timeout_seconds` ends a call or a wait for a person.
    """

    kind: str
    check: CheckOptions = field(default_factory=CheckOptions)
    name: str = ""
    title: str = ""
    options: StepKind | None = None
    condition: str = ""
    proceed_on_error: bool = False
    retry: Mapping[FailureKind, tuple[int, ...]] = field(default_factory=dict)
    timeout_seconds: int = 0
    queue: str = ""
    undo: str = Undo.SAFE

    def __post_init__(self) -> None:
        if self.options is not None and not self.name:
            object.__setattr__(self, "name", self.kind)

    @property
    def owner_queue(self) -> str:
        """Who works what this step refuses."""
        return self.queue or (self.options.owner_queue if self.options else "finance")

    def to_json(self) -> dict[str, Any]:
        """Return the step as it is stored."""
        stored: dict[str, Any] = {"kind": self.kind}
        if self.options is None:
            return stored | {key: plain(value) for key, value in asdict(self.check).items() if value}
        more = {
            "name": self.name if self.name != self.kind else "",
            "title": self.title,
            "condition": self.condition,
            "proceed_on_error": self.proceed_on_error,
            "retry": {kind.value: list(delays) for kind, delays in self.retry.items()},
            "timeout_seconds": self.timeout_seconds,
            "queue": self.queue,
            "undo": self.undo if self.undo != Undo.SAFE else "",
        }
        return stored | {key: value for key, value in more.items() if value} | self.options.to_json()


@dataclass(frozen=True, slots=True)
class FlowDefinition:
    """What a flow moves and how. Empty object names mean: the source's and target's object for the canonical type.

    A straight flow takes whole batches through extract, check, map and deliver. In every other, each record that passes
    the check walks the remaining steps by itself. `settings` are the customer's choices, read as `settings.<name>`.
    """

    canonical_type: str
    source_object: str = ""
    target_object: str = ""
    steps: tuple[Step, ...] = tuple(Step(kind) for kind in RECORD_STEPS)
    filter: Filter = field(default_factory=Filter)
    batch_size: int = LARGEST_BATCH
    on_failure: str = OnFailure.ASK
    settings: Settings = field(default_factory=dict)

    @property
    def walks(self) -> bool:
        """True when each record walks by itself."""
        return any(step.options is not None for step in self.steps)

    @property
    def walk(self) -> tuple[Step, ...]:
        """The steps each record walks by itself, in order."""
        return tuple(step for step in self.steps if step.options is not None)

    def step(self, kind: str) -> Step | None:
        """Return the first step of this kind, or None."""
        return next((step for step in self.steps if step.kind == kind), None)

    def step_named(self, name: str) -> Step | None:
        """Return the walking step called `name`, or None."""
        return next((step for step in self.steps if step.name == name and step.options is not None), None)

    def to_json(self) -> dict[str, Any]:
        """Return the definition as it is stored; `parse_definition` reads it back."""
        policy: dict[str, Any] = {"on_failure": self.on_failure} if self.on_failure != OnFailure.ASK else {}
        if self.settings:
            policy["settings"] = dict(self.settings)
        return policy | {
            "canonical_type": self.canonical_type,
            "source_object": self.source_object,
            "target_object": self.target_object,
            "steps": [step.to_json() for step in self.steps],
            "filter": plain(asdict(self.filter)),
            "batch_size": self.batch_size,
        }


def parse_definition(stored: Any) -> FlowDefinition:
    """Read a stored definition. Raises DefinitionError naming the first place that is wrong."""
    keys = {
        "canonical_type",
        "source_object",
        "target_object",
        "steps",
        "filter",
        "batch_size",
        "on_failure",
        "settings",
    }
    whole = Group(stored, "", keys)
    name = whole.text("canonical_type", required=True)
    if name not in CANONICAL_TYPES:
        raise DefinitionError("canonical_type", f"{name!r} is not known; choose one of {', '.join(CANONICAL_TYPES)}")
    described = canonical_type(name)
    settings = read_settings(whole.stored.get("settings", {}))
    steps = _read_steps(whole.stored.get("steps"), described, settings)
    on_failure = whole.choice("on_failure", OnFailure.ALL, default=OnFailure.ASK)
    if on_failure == OnFailure.ROLL_BACK and all(step.options is None for step in steps):
        raise DefinitionError("on_failure", "needs records that walk by themselves: a batch has nothing to take back")
    return FlowDefinition(
        canonical_type=name,
        source_object=whole.text("source_object"),
        target_object=whole.text("target_object"),
        steps=steps,
        filter=read_filter(whole.stored.get("filter"), described, settings),
        batch_size=_batch_size(whole.stored.get("batch_size", LARGEST_BATCH)),
        on_failure=on_failure,
        settings=settings,
    )


def is_straight(steps: Sequence[Any]) -> bool:
    """Tell whether stored steps are those of a flow that moves its records in batches."""
    return len(steps) == len(RECORD_STEPS) and all(
        isinstance(step, Mapping) and step.get("kind") == kind and set(step) <= CHECK_KEYS | {"kind"}
        for step, kind in zip(steps, RECORD_STEPS, strict=True)
    )


def _read_steps(stored: Any, described: CanonicalType, settings: Settings) -> tuple[Step, ...]:
    if stored is None:
        return tuple(Step(kind) for kind in RECORD_STEPS)
    entries = read_list(stored, "steps")
    kinds = tuple(entry.get("kind") if isinstance(entry, Mapping) else None for entry in entries)
    if is_straight(entries):
        return tuple(_read_batch_step(entry, f"steps.{at}", described, settings) for at, entry in enumerate(entries))
    for place, kind in enumerate(kinds):
        if kind not in RECORD_STEPS and kind not in WALKING_KINDS:
            choices = ", ".join(dict.fromkeys((*RECORD_STEPS, *WALKING_KINDS)))
            raise DefinitionError(f"steps.{place}.kind", f"must be one of {choices}")
    if len(entries) > _MOST_STEPS:
        raise DefinitionError("steps", f"has {len(entries)} steps; at most {_MOST_STEPS} are allowed")
    if kinds[:2] != ("extract", "check"):
        raise DefinitionError("steps", "must begin with extract and check")
    if len(kinds) < 3:
        raise DefinitionError("steps", "must go on after the check")
    first = tuple(_read_batch_step(entry, f"steps.{at}", described, settings) for at, entry in enumerate(entries[:2]))
    return first + _read_walk(entries[2:], described, settings)


def _read_batch_step(stored: Any, path: str, described: CanonicalType, settings: Settings) -> Step:
    kind = stored["kind"]
    group = Group(stored, path, {"kind"} | (CHECK_KEYS if kind == "check" else set()), settings=settings)
    return Step(kind, read_check(group, described)) if kind == "check" else Step(kind)


def _read_walk(entries: list[Any], described: CanonicalType, settings: Settings) -> tuple[Step, ...]:
    steps: list[Step] = []
    for place, entry in enumerate(entries, start=2):
        path = f"steps.{place}"
        step = _read_walking_step(entry, path, described, settings, [earlier.name for earlier in steps])
        if any(step.name == earlier.name for earlier in steps):
            raise DefinitionError(f"{path}.name", f"{step.name!r} is the name of an earlier step: give it another")
        steps.append(step)
    _require_ways(steps)
    return tuple(steps)


def _read_walking_step(
    stored: Any, path: str, described: CanonicalType, settings: Settings, earlier: Collection[str]
) -> Step:
    kind: str = stored["kind"]
    if kind not in WALKING_KINDS:
        raise DefinitionError(f"{path}.kind", f"must be one of {', '.join(WALKING_KINDS)} after the check")
    known = WALKING_KINDS[kind]
    group = Group(stored, path, _EVERY_STEP | known.keys, earlier=earlier, settings=settings)
    name = group.text("name") or kind
    if not STEP_SLUG.fullmatch(name):
        raise DefinitionError(f"{path}.name", "must be small letters, digits and _, at most 40, a letter first")
    return Step(
        kind=kind,
        name=name,
        title=group.text("title", longest=80),
        options=known.read(group, described),
        condition=group.expression("condition", described),
        proceed_on_error=group.flag("proceed_on_error"),
        retry=_read_retry(group),
        timeout_seconds=group.whole("timeout_seconds", least=1, most=_LONGEST_DELAY * 52),
        queue=group.choice("queue", QUEUES) if group.text("queue") else "",
        undo=group.choice("undo", Undo.ALL, default=Undo.SAFE),
    )


def _read_retry(group: Group) -> dict[FailureKind, tuple[int, ...]]:
    inner = Group(group.stored.get("retry", {}), group.where("retry"), tuple(FailureKind))
    policy: dict[FailureKind, tuple[int, ...]] = {}
    for kind in inner.stored:
        delays = read_list(inner.stored[kind], inner.where(kind))
        whole = all(type(delay) is int and 0 <= delay <= _LONGEST_DELAY for delay in delays)
        if not whole or len(delays) > _MOST_RETRIES:
            raise DefinitionError(inner.where(kind), f"must be at most {_MOST_RETRIES} waits in whole seconds")
        policy[FailureKind(kind)] = tuple(delays)
    return policy


def _require_ways(steps: list[Step]) -> None:
    """Refuse ways that lead nowhere or back: a walk only goes forward, so it always ends."""
    places = {step.name: place for place, step in enumerate(steps)}
    for place, step in enumerate(steps):
        for key, to in step.options.ways if isinstance(step.options, DecideOptions) else ():
            if to != END and places.get(to, -1) <= place:
                raise DefinitionError(f"steps.{place + 2}.{key}", f"{to!r} is no later step")


def _batch_size(size: Any) -> int:
    if not isinstance(size, int) or isinstance(size, bool) or not 1 <= size <= LARGEST_BATCH:
        raise DefinitionError("batch_size", f"must be a whole number from 1 to {LARGEST_BATCH}")
    return size
