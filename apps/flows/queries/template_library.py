"""The library of templates as pages show it: what each does, what it needs, what it maps, and who uses it."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Q
from django.http import Http404
from django.utils.translation import gettext as _

from apps.connectors import registry
from apps.connectors.canonical.registry import CANONICAL_TYPES
from apps.connectors.canonical.shapes import CanonicalType
from apps.connectors.manifest import MappingLine, ObjectManifest, SystemManifest, WriteMode
from apps.flows.engine.flow import merge_delivery
from apps.flows.engine.steps import DeliverOptions
from apps.flows.mapping.filling import fill_only
from apps.flows.mapping.layers import LayeredLine, Layers, LineChange
from apps.flows.models import Flow
from apps.flows.queries.causes import CAUSES
from apps.flows.queries.flow_picture import PicturedStep, pictured_plainly
from apps.flows.queries.rule_list import list_rule_words
from apps.flows.queries.sample_results import expected_words
from apps.flows.queries.setting_words import SettingRow, setting_rows
from apps.flows.templates_library import ACCELERATORS, TEMPLATES, FlowTemplate, Sample, SlaSuggestion, list_templates
from apps.flows.triggers.calendar import interval_words
from apps.tenants.templatetags.wording import duration_words

USERS_SHOWN = 50  # of a template's flows; all of them are in the list of flows


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
class TemplateGroup:
    """The templates of one accelerator, or those of none (`name` and `summary` say so), by workflow."""

    name: str
    summary: str
    cards: list[TemplateCard]


@dataclass(frozen=True, slots=True)
class SlaRow:
    """One suggestion: what it is about, and within which time."""

    about: str
    within: str


@dataclass(frozen=True, slots=True)
class SampleRow:
    """One sample and, in words, what comes of it; `settings` are those it is for, "" for the template's own."""

    name: str
    outcome: str
    settings: str


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
    rules: list[str]
    sample: list[SampleLine]
    sample_target: SystemManifest | None
    used_by: list[Flow]
    rhythm: str
    accelerator: str
    settings: list[SettingRow]
    samples: list[SampleRow]
    sla: list[SlaRow]
    changes: list[tuple[int, str]]


def list_template_cards() -> list[TemplateCard]:
    """Return every template with who uses it, in one statement."""
    templates = list_templates()
    uses = _uses_of(template.slug for template in templates)
    return [_card(template, uses[template.slug]) for template in templates]


def list_template_groups() -> list[TemplateGroup]:
    """Return the library by accelerator, in their order; those of none come last."""
    cards = sorted(list_template_cards(), key=lambda card: _place_of(card.template.workflow))
    groups = [
        TemplateGroup(_(one.name), _(one.summary), [c for c in cards if c.template.accelerator == one.slug])
        for one in ACCELERATORS.values()
    ]
    others = [card for card in cards if card.template.accelerator not in ACCELERATORS]
    groups.append(TemplateGroup(_("Further flows"), _("Each solves one problem by itself."), others))
    return [group for group in groups if group.cards]


def _place_of(workflow: str) -> tuple[int, str]:
    number = workflow.removeprefix("W")
    return (int(number) if number.isdigit() else 0, workflow)


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
        rules=list_rule_words(template.definition),
        sample=_sample(template, described, chosen) if chosen else [],
        sample_target=chosen,
        used_by=list(
            Flow.objects.filter(template=slug)
            .exclude(state=Flow.State.RETIRED)
            .select_related("customer", "live_version")
            .only("name", "state", "customer__name", "live_version__number")
            .order_by("customer__name", "name")[:USERS_SHOWN]
        ),
        rhythm=interval_words(template.schedule_seconds),
        accelerator=_(ACCELERATORS[template.accelerator].name) if template.accelerator in ACCELERATORS else "",
        settings=setting_rows(template.settings, {}),
        samples=[_sample_row(sample, template) for sample in template.samples],
        sla=[row for suggestion in template.sla for row in _sla_rows(suggestion)],
        changes=sorted(template.changes.items(), reverse=True),
    )


def _sample_row(sample: Sample, template: FlowTemplate) -> SampleRow:
    chosen = [row for row in setting_rows(template.settings, sample.settings) if row.name in sample.settings]
    settings = "; ".join(f"{row.title}: {row.value}" for row in chosen)
    return SampleRow(_(sample.name), expected_words(sample.expected, template.definition), settings)


def _sla_rows(suggestion: SlaSuggestion) -> list[SlaRow]:
    rows = []
    if suggestion.deliver_within:
        rows.append(SlaRow(_("From the change to the target"), duration_words(suggestion.deliver_within)))
    if suggestion.resolve_within:
        about = CAUSES[suggestion.business_class] if suggestion.business_class else _("What is refused, solved")
        rows.append(SlaRow(str(about), duration_words(suggestion.resolve_within)))
    return rows


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
        for layered in merge_delivery(kind, Layers(template=(*template.lines, *_kept(template, kind))))
    ]


def _kept(template: FlowTemplate, kind: ObjectManifest) -> tuple[LineChange, ...]:
    """Return what the step that delivers the record itself leaves to the target."""
    own = (
        one.name for one in template.definition.walk if isinstance(one.options, DeliverOptions) and not one.options.of
    )
    return fill_only(kind.writing_lines, template.fill_only.get(next(own, ""), frozenset()))


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
        how=_how(line),
        origin=layered.origin,
        required=line.required or line.target in required,
    )


def _how(line: MappingLine) -> str:
    kept = _("only where the target has nothing") if line.write_mode is WriteMode.FILL_EMPTY else ""
    return ", ".join(part for part in (*line.transforms, line.expression, kept) if part)


def _check_words(summary: str, described: CanonicalType) -> str:
    """Return a rule as a sentence: "id has a value" -> "Entry number has a value"."""
    name, _space, rest = summary.partition(" ")
    known = described.field_named(name)
    words = f"{_(known.label)} {_(rest)}" if known else _(summary)
    return f"{words[:1].upper()}{words[1:]}"
