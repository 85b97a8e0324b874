"""A flow's own samples as its page lists them: what must come of each, and whether the live version gives it."""

from dataclasses import dataclass
from uuid import UUID

from apps.flows.engine.definition import DefinitionError, parse_definition
from apps.flows.mapping.compiled import MappingError
from apps.flows.mapping.layers import LayerError
from apps.flows.models import Flow, FlowSample
from apps.flows.queries.sample_results import outcome_words
from apps.flows.services.own_samples import own_results
from apps.flows.services.walk_session import MissingRoleError
from apps.flows.templates_library.trying import SampleResult


@dataclass(frozen=True, slots=True)
class OwnSampleRow:
    """One sample. `expected` is what must come of it; `holds` None: the live version cannot be held against it."""

    sample: FlowSample
    expected: str
    holds: bool | None
    dialog: str


def list_own_samples(flow: Flow, *, can_see: bool) -> list[OwnSampleRow]:
    """Return a flow's own samples by name; without `can_see` nothing of what is in their records."""
    samples, live = list(FlowSample.objects.filter(flow=flow)), flow.live_version
    if not samples or live is None:
        return [OwnSampleRow(sample, "", None, f"sample-{sample.id}") for sample in samples]
    live.flow = flow
    try:
        results = {result.sample.name: result for result in own_results(flow, live, live, samples)}
        definition = parse_definition(live.definition)
    except (MappingError, LayerError, DefinitionError, MissingRoleError, KeyError):
        results = {}
    rows = []
    for sample in samples:
        result: SampleResult | None = results.get(sample.name)
        wanted = result.wanted if result else None
        words = outcome_words(wanted, definition) if wanted and can_see else ""
        rows.append(OwnSampleRow(sample, words, result.holds if result else None, f"sample-{sample.id}"))
    return rows


def get_sample(sample_id: UUID) -> FlowSample | None:
    """Return a sample with its flow, None when there is none such."""
    found = FlowSample.objects.select_related("flow__source", "flow__target", "flow__live_version").filter(id=sample_id)
    return found.first()
