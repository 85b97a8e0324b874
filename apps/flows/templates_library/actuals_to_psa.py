"""Actuals back to delivery: what finance knows of a project's hours, cost and billing stands on the project in the PSA."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_noop

from apps.connectors.errors import BusinessClass
from apps.connectors.manifest import MappingLine
from apps.flows.engine.definition import Filter, FlowDefinition, Step
from apps.flows.engine.steps.notify import NotifyOptions
from apps.flows.templates_library.project_changes import change, changes_of, find
from apps.flows.templates_library.samples import Delivers, LeftOut, Refused, Sample
from apps.flows.templates_library.settings import default_settings, number, settings_schema, yes_no
from apps.flows.templates_library.template import DAY, FlowTemplate, SlaSuggestion

_KNOWS_BOTH = "has(r.actual_cost) && has(r.actual_billed) && r.actual_billed > 0.0"
_MARGIN = "(r.actual_billed - r.actual_cost) / r.actual_billed"
_BEFORE = "r.steps.project.actual_margin"
# Said once: when the margin falls below the line, not each time that it is below.
_FALLS = (
    f"{_KNOWS_BOTH} && {_MARGIN} < settings.warn_below && !(has({_BEFORE}) && double({_BEFORE}) < settings.warn_below)"
)
_SETTINGS = settings_schema(
    share_cost=yes_no(
        "Show cost and margin in the PSA",
        "Whoever sees the project there then sees what it cost. Without it only hours and billing are carried.",
        default=True,
    ),
    warn_below=number(
        "Warn when the margin falls below",
        "A share of what was billed: 0.2 is a fifth. The delivery lead is told once each time that the margin falls below it.",
        default=0.2,
        least=-1,
        most=1,
    ),
)
_OPEN_LINES = (MappingLine("actual_hours", "actual_hours"), MappingLine("actual_billed", "actual_billed"))
_COST_LINES = (
    MappingLine("actual_cost", "actual_cost"),
    MappingLine(
        "actual_margin", expression=f"{_KNOWS_BOTH} ? dyn(math.round({_MARGIN} * 10000.0) / 10000.0) : dyn(null)"
    ),
)


def _definition(settings: Mapping[str, Any]) -> FlowDefinition:
    lines = _OPEN_LINES + (_COST_LINES if settings["share_cost"] else ())
    return FlowDefinition(
        canonical_type="Project",
        filter=Filter(expression="has(r.actual_hours) || has(r.actual_cost) || has(r.actual_billed)"),
        steps=(
            Step("extract"),
            Step("check"),
            find("project", "Project in the PSA", into="Project", key="r.code", keep=("name", "actual_margin")),
            changes_of("Project", "figures", "Figures", into="Project", lines=lines),
            change("shown", "Figures in the PSA", into="Project", of="figures", onto="project", queue="delivery"),
            Step(
                "notify",
                name="warned",
                title="Warn the delivery lead",
                condition=_FALLS,
                options=NotifyOptions(
                    subject="The margin of {code} has fallen",
                    text="{name}: {actual_hours} h cost {actual_cost} {currency} so far, {actual_billed} {currency} are billed.",
                    role="delivery_lead",
                ),
            ),
        ),
    )


_PROJECT: dict[str, Any] = {
    "id": "4711",
    "code": "PRJ-0042",
    "name": "Website relaunch",
    "currency": "EUR",
    "actual_hours": "120.5",
    "actual_cost": "9000.00",
    "actual_billed": "15000.00",
}
_THERE: dict[str, Mapping[str, Any]] = {"project": {"found": True, "key": "P-42", "name": "Website relaunch"}}

ACTUALS_TO_PSA = FlowTemplate(
    slug="actuals-to-psa",
    name="Actuals and margin back to delivery",
    summary=(
        "Brings the hours, the cost and the billed amount that finance knows of each project back to the project in the PSA, "
        "with the margin, so that delivery steers by the same figures."
    ),
    needs=(
        "The ERP tells of each project what was worked, what that cost or what was billed.",
        "Projects carry the same code in both systems.",
        "The PSA has fields for the figures; what it has none for is left out.",
    ),
    outcome="Every project in the PSA shows what finance knows of it, and a margin that falls is told to who can still act.",
    records_word=gettext_noop("projects"),
    record_word=gettext_noop("project"),
    done_word=gettext_noop("shown with finance's figures"),
    expected_every_seconds=7 * DAY,
    schedule_seconds=3_600,
    definition=_definition(default_settings(_SETTINGS)),
    shaped_by=_definition,
    changes={1: "The first version."},
    workflow="W10",
    category="Finance",
    accelerator="utilization-reporting",
    source_categories=frozenset({"ERP", "Database", "Files", "Webhooks"}),
    settings=_SETTINGS,
    source_fields=frozenset({"actual_hours", "actual_cost", "actual_billed"}),
    sla=(
        SlaSuggestion(deliver_within=DAY, resolve_within=2 * DAY),
        SlaSuggestion(resolve_within=DAY, business_class=BusinessClass.MISSING_REFERENCE),
    ),
    samples=(
        Sample(
            "Figures and margin are shown, and nothing else of the project is touched",
            _PROJECT,
            Delivers(
                {
                    "shown": {
                        "actual_hours": 120.5,
                        "actual_cost": 9_000,
                        "actual_billed": 15_000,
                        "actual_margin": 0.4,
                        "name": None,
                        "currency": None,
                    }
                }
            ),
            results=_THERE,
        ),
        Sample(
            "Cost and margin stay with finance where the customer wants it",
            _PROJECT,
            Delivers(
                {"shown": {"actual_hours": 120.5, "actual_billed": 15_000, "actual_cost": None, "actual_margin": None}}
            ),
            settings={"share_cost": False},
            results=_THERE,
        ),
        Sample(
            "Nothing billed yet, no margin",
            _PROJECT | {"actual_billed": "0"},
            Delivers({"shown": {"actual_billed": 0, "actual_margin": None}}),
            results=_THERE,
        ),
        Sample(
            "A project of which finance knows nothing is left out",
            {name: value for name, value in _PROJECT.items() if not name.startswith("actual")},
            LeftOut("filtered"),
        ),
        Sample("A project that the PSA does not know is refused", _PROJECT, Refused("project", "missing_reference")),
    ),
    sample_systems={"target": "sandbox_psa"},
)
