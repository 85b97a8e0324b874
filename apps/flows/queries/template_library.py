"""The library of templates as pages show it: what each does, what it needs, what it maps, and who uses it."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Q
from django.http import Http404
from django.utils.translation import gettext as _

from apps.connectors import registry
from apps.connectors.canonical.registry import CANONICAL_TYPES
from apps.connectors.canonical.shapes import CanonicalType
from apps.connectors.manifest import SystemManifest
from apps.flows.engine.flow import merge_delivery
from apps.flows.mapping.layers import LayeredLine, Layers
from apps.flows.models import Flow
from apps.flows.queries.flow_picture import PicturedStep, pictured_plainly
from apps.flows.templates_library import TEMPLATES, FlowTemplate, list_templates
from apps.flows.triggers.calendar import interval_words


@dataclass(frozen=True, slots=True)
class TemplateCard:
    """One template of the library. `flows` are those installed and not retired, `customers` whose they are."""

    template: FlowTemplate
    carries: str
    sources: list[SystemManifest]
    targets: list[SystemManifest]
    flows: int
    live: int
    customers: int


@dataclass(frozen=True, slots=True)
class SampleLine:
    """One line of a template's mapping to one target: what fills the field, and which layer says so."""

    target: str
    label: str
    source: str
    how: str
    origin: str
    required: bool


@dataclass(frozen=True, slots=True)
class TemplatePage:
    """Everything a template's page shows; `sample` maps to `sample_target`."""

    card: TemplateCard
    described: CanonicalType
    steps: list[PicturedStep]
    checks: list[str]
    sample: list[SampleLine]
    sample_target: SystemManifest | None
    used_by: list[Flow]
    rhythm: str


def list_template_cards() -> list[TemplateCard]:
    """Return every template with who uses it, in one statement."""
    templates = list_templates()
    uses = _uses_of(template.slug for template in templates)
    return [_card(template, uses[template.slug]) for template in templates]


def get_template_page(slug: str, target: str = "") -> TemplatePage:
    """Return one template's page, its sample mapping to the system called `target` (else the first that fits).

    Raises Http404 when the library has no such template.
    """
    template = TEMPLATES.get(slug)
    if template is None:
        raise Http404("There is no such template.")
    card = _card(template, _uses_of([slug])[slug])
    described = CANONICAL_TYPES[template.definition.canonical_type]
    chosen = next((one for one in card.targets if one.slug == target), card.targets[0] if card.targets else None)
    source = card.sources[0].name if len(card.sources) == 1 else _("the source")
    goal = card.targets[0].name if len(card.targets) == 1 else _("the target")
    return TemplatePage(
        card=card,
        described=described,
        steps=pictured_plainly(template.definition, source, goal),
        checks=list(dict.fromkeys(_check_words(check.summary, described) for check in described.checks)),
        sample=_sample(template, described, chosen) if chosen else [],
        sample_target=chosen,
        used_by=list(
            Flow.objects.filter(template=slug)
            .exclude(state=Flow.State.RETIRED)
            .select_related("customer", "live_version", "source", "target")
            .order_by("customer__name", "name")[:200]
        ),
        rhythm=interval_words(template.schedule_seconds),
    )


def _uses_of(slugs: Iterable[str]) -> dict[str, dict[str, int]]:
    """Return for each template how many `flows` of it there are, how many `live`, and of how many `customers`."""
    uses = {slug: {"flows": 0, "live": 0, "customers": 0} for slug in slugs}
    installed = Flow.objects.filter(template__in=list(uses)).exclude(state=Flow.State.RETIRED)
    counted = (
        installed.order_by()
        .values("template")
        .annotate(
            flows=Count("id"),
            live=Count("id", filter=Q(state=Flow.State.LIVE)),
            firms=Count("customer_id", distinct=True),
        )
    )
    for slug, flows, live, customers in counted.values_list("template", "flows", "live", "firms"):
        uses[slug] = {"flows": flows, "live": live, "customers": customers}
    return uses


def _card(template: FlowTemplate, uses: dict[str, int]) -> TemplateCard:
    systems = registry.all_manifests()
    described = CANONICAL_TYPES[template.definition.canonical_type]
    return TemplateCard(
        template=template,
        carries=described.plural,
        sources=[system for system in systems if template.can_read(system)],
        targets=[system for system in systems if template.can_write(system)],
        **uses,
    )


def _sample(template: FlowTemplate, described: CanonicalType, target: SystemManifest) -> list[SampleLine]:
    kind = target.object_for(template.definition.canonical_type)
    if kind is None:
        return []
    required = {spec.name for spec in kind.fields if spec.required}
    labels = {spec.name: spec.label or spec.name for spec in kind.fields}
    return [
        _sample_line(layered, described, labels, required)
        for layered in merge_delivery(kind, Layers(template=template.lines))
    ]


def _sample_line(
    layered: LayeredLine, described: CanonicalType, labels: dict[str, str], required: set[str]
) -> SampleLine:
    line = layered.line
    known = described.field_named(line.source.partition(".")[0]) if line.source else None
    source = _(known.label) if known else line.source or (_("Expression") if line.expression else _("A fixed value"))
    return SampleLine(
        target=line.target,
        label=line.label or labels.get(line.target, line.target),
        source=source,
        how=", ".join(line.transforms) or line.expression,
        origin=layered.origin,
        required=line.required or line.target in required,
    )


def _check_words(summary: str, described: CanonicalType) -> str:
    """Return a rule as a sentence: "id has a value" -> "Entry number has a value"."""
    name, _space, rest = summary.partition(" ")
    known = described.field_named(name)
    words = f"{_(known.label)} {_(rest)}" if known else _(summary)
    return f"{words[:1].upper()}{words[1:]}"
