"""How far a customer's onboarding is: the steps, what each still lacks, the readiness in percent, and the board's stage (pure).

Everything is derived from facts about the real rows (companies, connections, flows, dry runs), so that the checklist and
the pages where those rows live can never tell two stories.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Step(StrEnum):
    """The steps in their usual order; each has an address of its own."""

    COMPANY = "company"
    ENTITIES = "entities"
    CONNECTIONS = "connections"
    TEMPLATE = "template"
    MAPPING = "mapping"
    PEOPLE = "people"
    DRY_RUN = "dry-run"
    GO_LIVE = "go-live"


class Stage(StrEnum):
    """The columns of the board."""

    COMPANY = "company"
    CONNECT = "connect"
    CONFIGURE = "configure"
    TEST = "test"
    GO_LIVE = "go_live"


class Lack(StrEnum):
    """One thing that is missing before a step is complete."""

    NO_COUNTRY = "no_country"
    NO_ENTITY = "no_entity"
    ENTITY_WITHOUT_COUNTRY = "entity_without_country"
    ENTITIES_NOT_CONFIRMED = "entities_not_confirmed"
    NO_SOURCE = "no_source"
    NO_TARGET = "no_target"
    NOT_CONNECTED = "not_connected"
    NOT_TESTED = "not_tested"
    NOT_WORKING = "not_working"
    NO_FLOW = "no_flow"
    NO_SAMPLE = "no_sample"
    MAPPING_NOT_CONFIRMED = "mapping_not_confirmed"
    NOBODY_INVITED = "nobody_invited"
    NO_DRY_RUN = "no_dry_run"
    DRY_RUN_STALE = "dry_run_stale"
    RECORDS_REFUSED = "records_refused"
    NOT_LIVE = "not_live"


class StepState(StrEnum):
    """How a step stands: `locked` cannot be begun before other steps, `ready` has everything but its own work."""

    DONE = "done"
    STARTED = "started"
    READY = "ready"
    LOCKED = "locked"


# Without these no record could pass: no person can wave them through.
_STOPPERS = frozenset({Lack.NO_SOURCE, Lack.NO_TARGET, Lack.NOT_TESTED, Lack.NOT_WORKING, Lack.NO_FLOW})
_STAGE_OF = {
    Step.COMPANY: Stage.COMPANY,
    Step.ENTITIES: Stage.COMPANY,
    Step.CONNECTIONS: Stage.CONNECT,
    Step.TEMPLATE: Stage.CONFIGURE,
    Step.MAPPING: Stage.CONFIGURE,
    Step.PEOPLE: Stage.CONFIGURE,
    Step.DRY_RUN: Stage.TEST,
    Step.GO_LIVE: Stage.GO_LIVE,
}
# How many things each step asks for: the measure of the readiness bar.
_WEIGHTS: Mapping[Step, int] = {
    Step.COMPANY: 1,
    Step.ENTITIES: 2,
    Step.CONNECTIONS: 4,
    Step.TEMPLATE: 2,
    Step.MAPPING: 2,
    Step.PEOPLE: 1,
    Step.DRY_RUN: 2,
    Step.GO_LIVE: 1,
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one customer. Counts are of rows as they are now; `*_at` are when a stage's work was completed.

    `planned` systems are those somebody said will be connected and that are not yet; `confirmed` are the steps that a
    person called complete; `refused` is how many records the newest dry run refused.
    """

    started_at: datetime
    has_country: bool = False
    entities: int = 0
    entities_without_country: int = 0
    connections: int = 0
    sources: int = 0
    targets: int = 0
    planned: int = 0
    untested: int = 0
    troubled: int = 0
    flows: int = 0
    live_flows: int = 0
    is_sampled: bool = False
    people: int = 0
    is_dry_run: bool = False
    is_dry_run_stale: bool = False
    refused: int = 0
    confirmed: frozenset[str] = frozenset()
    entities_at: datetime | None = None
    connected_at: datetime | None = None
    configured_at: datetime | None = None
    dry_run_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StepReadiness:
    """One step: its state, what it lacks itself, and what must be there before it can be begun."""

    step: Step
    state: StepState
    lacks: tuple[Lack, ...] = ()
    needs: tuple[Lack, ...] = ()


@dataclass(frozen=True, slots=True)
class Readiness:
    """How far the whole onboarding is. `holes` are what one may knowingly go live with, `stoppers` what one may not."""

    percent: int
    steps: tuple[StepReadiness, ...]
    stage: Stage
    stage_since: datetime
    holes: tuple[Lack, ...] = field(default=())
    stoppers: tuple[Lack, ...] = field(default=())

    @property
    def next_step(self) -> StepReadiness:
        """Return the first step that can be worked on and is not complete; the last one when all are."""
        return next((one for one in self.steps if one.state in (StepState.STARTED, StepState.READY)), self.steps[-1])

    def of(self, step: Step) -> StepReadiness:
        """Return how one step stands."""
        return next(one for one in self.steps if one.step is step)


def readiness(facts: Facts) -> Readiness:
    """Return how far the facts carry."""
    steps = tuple(_judged(step, facts) for step in Step)
    open_steps = [one for one in steps if one.state is not StepState.DONE]
    stage = _STAGE_OF[open_steps[0].step] if open_steps else Stage.GO_LIVE
    missing = [lack for one in steps if one.step is not Step.GO_LIVE for lack in one.lacks]
    return Readiness(
        percent=_percent(steps),
        steps=steps,
        stage=stage,
        stage_since=_since(stage, facts),
        holes=tuple(lack for lack in missing if lack not in _STOPPERS),
        stoppers=tuple(lack for lack in missing if lack in _STOPPERS),
    )


def _judged(step: Step, facts: Facts) -> StepReadiness:
    lacks, needs = _LACKS[step](facts), _needs(step, facts)
    if not lacks:
        return StepReadiness(step, StepState.DONE)
    if needs:
        return StepReadiness(step, StepState.LOCKED, lacks, needs)
    is_planned = step is Step.CONNECTIONS and facts.connections + facts.planned > 0
    begun = is_planned or _missing_weight(step, lacks) < _WEIGHTS[step]
    return StepReadiness(step, StepState.STARTED if begun else StepState.READY, lacks)


def _needs(step: Step, facts: Facts) -> tuple[Lack, ...]:
    """Return what must be there before the step can be begun."""
    ends = _held((Lack.NO_SOURCE, not facts.sources), (Lack.NO_TARGET, not facts.targets))
    flow = _held((Lack.NO_FLOW, not facts.flows))
    if step is Step.TEMPLATE:
        return ends
    if step in (Step.MAPPING, Step.DRY_RUN):
        return ends or flow
    if step is Step.GO_LIVE:
        return ends or flow or _held((Lack.NOT_TESTED, facts.untested > 0), (Lack.NOT_WORKING, facts.troubled > 0))
    return ()


def _held(*pairs: tuple[Lack, bool]) -> tuple[Lack, ...]:
    return tuple(lack for lack, holds in pairs if holds)


def _of_company(facts: Facts) -> tuple[Lack, ...]:
    return _held((Lack.NO_COUNTRY, not facts.has_country))


def _of_entities(facts: Facts) -> tuple[Lack, ...]:
    if not facts.entities:
        return (Lack.NO_ENTITY, Lack.ENTITIES_NOT_CONFIRMED)
    return _held(
        (Lack.ENTITY_WITHOUT_COUNTRY, facts.entities_without_country > 0),
        (Lack.ENTITIES_NOT_CONFIRMED, Step.ENTITIES not in facts.confirmed),
    )


def _of_connections(facts: Facts) -> tuple[Lack, ...]:
    return _held(
        (Lack.NO_SOURCE, not facts.sources),
        (Lack.NO_TARGET, not facts.targets),
        (Lack.NOT_CONNECTED, facts.planned > 0),
        (Lack.NOT_TESTED, facts.untested > 0),
        (Lack.NOT_WORKING, facts.troubled > 0),
    )


def _of_template(facts: Facts) -> tuple[Lack, ...]:
    return _held((Lack.NO_FLOW, not facts.flows))


def _of_mapping(facts: Facts) -> tuple[Lack, ...]:
    return _held(
        (Lack.NO_SAMPLE, not facts.is_sampled),
        (Lack.MAPPING_NOT_CONFIRMED, Step.MAPPING not in facts.confirmed),
    )


def _of_people(facts: Facts) -> tuple[Lack, ...]:
    return _held((Lack.NOBODY_INVITED, not facts.people and Step.PEOPLE not in facts.confirmed))


def _of_dry_run(facts: Facts) -> tuple[Lack, ...]:
    if not facts.is_dry_run:
        return (Lack.NO_DRY_RUN,)
    return _held((Lack.DRY_RUN_STALE, facts.is_dry_run_stale), (Lack.RECORDS_REFUSED, facts.refused > 0))


def _of_go_live(facts: Facts) -> tuple[Lack, ...]:
    return _held((Lack.NOT_LIVE, not facts.live_flows))


_LACKS = {
    Step.COMPANY: _of_company,
    Step.ENTITIES: _of_entities,
    Step.CONNECTIONS: _of_connections,
    Step.TEMPLATE: _of_template,
    Step.MAPPING: _of_mapping,
    Step.PEOPLE: _of_people,
    Step.DRY_RUN: _of_dry_run,
    Step.GO_LIVE: _of_go_live,
}


def _percent(steps: tuple[StepReadiness, ...]) -> int:
    """Return the share of what is asked for that is there: 100 only when nothing is missing, 0 only when all is."""
    whole = sum(_WEIGHTS.values())
    missing = sum(_missing_weight(one.step, one.lacks) for one in steps)
    if missing == 0:
        return 100
    return min(max(100 * (whole - missing) // whole, 1 if missing < whole else 0), 99)


def _missing_weight(step: Step, lacks: tuple[Lack, ...]) -> int:
    # With one of these there is nothing of the step yet, however short the list of what is missing.
    if {Lack.NO_FLOW, Lack.NO_DRY_RUN} & {*lacks} or {Lack.NO_SOURCE, Lack.NO_TARGET} <= {*lacks}:
        return _WEIGHTS[step]
    return min(len(lacks), _WEIGHTS[step])


def _since(stage: Stage, facts: Facts) -> datetime:
    """Return when the stage before was completed, as far as rows tell; never before the onboarding was started."""
    ends = {
        Stage.COMPANY: (),
        Stage.CONNECT: (facts.entities_at,),
        Stage.CONFIGURE: (facts.entities_at, facts.connected_at),
        Stage.TEST: (facts.entities_at, facts.connected_at, facts.configured_at),
        Stage.GO_LIVE: (facts.entities_at, facts.connected_at, facts.configured_at, facts.dry_run_at),
    }[stage]
    return max([facts.started_at, *(at for at in ends if at is not None)])
