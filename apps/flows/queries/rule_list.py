"""The business rules of a flow or template as pages list them: which are judged, by whose facts, and which cannot be."""

from dataclasses import dataclass

from django.utils.text import capfirst, get_text_list
from django.utils.translation import gettext as _

from apps.connectors import registry
from apps.connectors.canonical.registry import canonical_type
from apps.connectors.manifest import SystemManifest
from apps.flows.business_rules.systems import Judgeable, judgeable
from apps.flows.engine.definition import CheckOptions, FlowDefinition
from apps.flows.models import Flow


@dataclass(frozen=True, slots=True)
class RuleLine:
    """One rule: what it demands, how it is judged or why it is not, and what it looks at."""

    name: str
    words: str
    note: str
    icon: str
    tone: str
    counts: bool


def list_rules(flow: Flow, definition: FlowDefinition | None) -> list[RuleLine]:
    """Return the business rules of a flow's live version between its two systems; [] where it names none."""
    options = _options(definition)
    if options is None:
        return []
    try:
        target, source = registry.manifest(flow.target.system), registry.manifest(flow.source.system)
    except KeyError:
        return []
    lines = [_judged(one, target, source) for one in judgeable(options.business_rules, target, source)]
    return lines + _switched_off(options)


def list_rule_words(definition: FlowDefinition) -> list[str]:
    """Return what the business rules of a template demand, each as a sentence's beginning."""
    options = _options(definition)
    return [] if options is None else [capfirst(_(rule.summary)) for rule in options.business_rules]


def _options(definition: FlowDefinition | None) -> CheckOptions | None:
    step = definition.step("check") if definition is not None else None
    return step.check if step is not None and step.check.library else None


def _judged(one: Judgeable, target: SystemManifest, source: SystemManifest) -> RuleLine:
    words = capfirst(_(one.rule.summary))
    if not one.can_be_judged:
        silent = [ask.kind for ask, answerer in one.answers if answerer is None]
        facts = {
            "systems": get_text_list(list(dict.fromkeys([target.name, source.name])), _("and")),
            "records": get_text_list([_(canonical_type(kind).plural) for kind in silent], _("and")),
        }
        note = _("Cannot be checked with %(systems)s: neither tells what is needed under “%(records)s”.") % facts
        return RuleLine(one.rule.name, words, note, "alert-circle", "warning", counts=False)
    asked = list(dict.fromkeys(answerer.system for _ask, answerer in one.answers if answerer is not None))
    if not asked:
        note = _("Judged by what was delivered from here.")
    else:
        note = _("Judged by what %(systems)s says.") % {"systems": get_text_list(asked, _("and"))}
    return RuleLine(one.rule.name, words, note, "check", "success", counts=True)


def _switched_off(options: CheckOptions) -> list[RuleLine]:
    off = CheckOptions(library=tuple(name for name in options.library if name in options.switched_off)).business_rules
    return [
        RuleLine(
            rule.name,
            capfirst(_(rule.summary)),
            _("Switched off: %(reason)s") % {"reason": options.switched_off[rule.name]},
            "circle-dashed",
            "neutral",
            counts=False,
        )
        for rule in off
    ]
