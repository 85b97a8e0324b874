"""Reporting feeds: delivery's records as they are into the tables or files that dashboards read, one template a type.

Together they carry what utilization, margin and forecast are reckoned from: hours, people and what they can do, projects with
their budgets and actuals, and invoices.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext_noop

from apps.connectors.canonical.registry import canonical_type
from apps.connectors.errors import BusinessClass
from apps.connectors.manifest import MappingLine
from apps.flows.engine.definition import Filter, FlowDefinition
from apps.flows.templates_library.samples import Delivers, LeftOut, Refused, Sample
from apps.flows.templates_library.settings import Property, day, default_settings, settings_schema, yes_no
from apps.flows.templates_library.template import DAY, FlowTemplate, SlaSuggestion

_READERS = frozenset({"Database", "Files"})  # what dashboards read; a customer's ERP is no place for a copy
_NAMES: Mapping[str, tuple[str, ...]] = {
    "TimeEntry": ("resource_name",),
    "Resource": ("name", "given", "family", "email"),
}
_SLA = (
    SlaSuggestion(deliver_within=DAY, resolve_within=3 * DAY),
    SlaSuggestion(resolve_within=DAY, business_class=BusinessClass.SCHEMA_DRIFT),
)
_COST = yes_no(
    "Carry cost and margin",
    "Whoever reads the tables then sees what people and projects cost. Without it those columns stay empty.",
    default=False,
)
_PEOPLE = yes_no(
    "Carry the names of people",
    "Without it people are told apart by their number alone, which is enough for sums.",
    default=False,
)
_FIRST_DAY = day("First day", "Records of earlier days are left out. Empty for everything.")
_NEEDS = (
    "The table has columns of the records' field names, or the connection says which columns stand for them; files need nothing.",
    "Whoever reads the tables may see what they hold.",
)


def _only_if(setting: str, field: str) -> MappingLine:
    return MappingLine(field, expression=f"settings.{setting} && has(r.{field}) ? dyn(r.{field}) : dyn(null)")


def _lines(type_name: str) -> tuple[MappingLine, ...]:
    """Return the lines of what goes only where the customer wants it: what somebody costs, and who it is."""
    costs = [field.name for field in canonical_type(type_name).fields if field.sensitive]
    named = [_only_if("share_names", name) for name in _NAMES.get(type_name, ())]
    return (*(_only_if("share_cost", name) for name in costs), *named)


def _settings(type_name: str, **more: Property) -> dict[str, Any]:
    costs = {"share_cost": _COST} if any(field.sensitive for field in canonical_type(type_name).fields) else {}
    return settings_schema(**more, **costs, **({"share_names": _PEOPLE} if type_name in _NAMES else {}))


def _since(field: str, settings: Mapping[str, Any]) -> str:
    return f"!has(r.{field}) || r.{field} >= settings.first_day" if settings["first_day"] else ""


def _time(settings: Mapping[str, Any]) -> FlowDefinition:
    conditions = ("approved",) if settings["approved_only"] else ()
    return FlowDefinition("TimeEntry", filter=Filter(conditions, _since("work_date", settings)))


def _invoices(settings: Mapping[str, Any]) -> FlowDefinition:
    return FlowDefinition("Invoice", filter=Filter(expression=_since("issue_date", settings)))


def _feed(  # noqa: PLR0913  each is one fact of a feed, all by name
    slug: str,
    name: str,
    *,
    of: str,
    summary: str,
    words: tuple[str, str],
    settings: dict[str, Any],
    samples: tuple[Sample, ...],
    shaped_by: Callable[[Mapping[str, Any]], FlowDefinition] | None = None,
) -> FlowTemplate:
    return FlowTemplate(
        slug=slug,
        name=name,
        summary=summary,
        needs=_NEEDS,
        outcome="Dashboards read the records of today, each once, and every one that is missing has a reason.",
        records_word=words[0],
        record_word=words[1],
        done_word=gettext_noop("ready for reports"),
        expected_every_seconds=DAY,
        schedule_seconds=3_600,
        definition=shaped_by(default_settings(settings)) if shaped_by else FlowDefinition(of),
        shaped_by=shaped_by,
        lines=_lines(of),
        changes={1: "The first version."},
        workflow="W12",
        category="Reporting",
        accelerator="utilization-reporting",
        settings=settings,
        target_categories=_READERS,
        sla=_SLA,
        samples=samples,
        sample_systems={"target": "postgresql_tables"},
    )


_ENTRY: dict[str, Any] = {
    "id": "T-1",
    "resource": "E-17",
    "resource_name": "Ann Archer",
    "project": "PRJ-0042",
    "work_date": "2026-11-02",
    "hours": "7.5",
    "approval": "submitted",
    "cost_rate": "60.00",
    "currency": "EUR",
}
BI_TIME = _feed(
    "bi-time",
    "Time for reports",
    of="TimeEntry",
    summary="Carries every time entry into a table or file for reports, so that utilization is reckoned from one place.",
    words=(gettext_noop("time entries"), gettext_noop("time entry")),
    settings=_settings(
        "TimeEntry",
        approved_only=yes_no(
            "Only approved time", "Without it open time is there as well, with its state.", default=False
        ),
        first_day=_FIRST_DAY,
    ),
    shaped_by=_time,
    samples=(
        Sample(
            "Time is carried as it is, without names and cost",
            _ENTRY,
            Delivers(
                {
                    "deliver": {
                        "id": "T-1",
                        "hours": 7.5,
                        "approval": "submitted",
                        "resource_name": None,
                        "cost_rate": None,
                    }
                }
            ),
        ),
        Sample(
            "Names and cost are carried where the customer wants it",
            _ENTRY,
            Delivers({"deliver": {"resource_name": "Ann Archer", "cost_rate": 60}}),
            settings={"share_cost": True, "share_names": True},
        ),
        Sample(
            "Open time is left out where the customer wants it",
            _ENTRY,
            LeftOut("not_approved"),
            settings={"approved_only": True},
        ),
        Sample("Earlier work is left out", _ENTRY, LeftOut("filtered"), settings={"first_day": "2026-11-03"}),
        Sample("Impossible hours are refused", _ENTRY | {"hours": "25"}, Refused("check", field="hours")),
    ),
)

_PROJECT: dict[str, Any] = {
    "id": "4711",
    "code": "PRJ-0042",
    "name": "Website relaunch",
    "currency": "EUR",
    "budget_hours": "400",
    "actual_hours": "120",
    "actual_cost": "9000.00",
    "actual_billed": "15000.00",
}
BI_PROJECTS = _feed(
    "bi-projects",
    "Projects for reports",
    of="Project",
    summary=(
        "Carries every project with its budget and what finance knows of it into a table or file for reports: budget, actuals, "
        "billing and, where wanted, margin side by side."
    ),
    words=(gettext_noop("projects"), gettext_noop("project")),
    settings=_settings("Project"),
    samples=(
        Sample(
            "A project is carried with budget and actuals, without its cost",
            _PROJECT,
            Delivers(
                {"deliver": {"code": "PRJ-0042", "budget_hours": 400, "actual_billed": 15_000, "actual_cost": None}}
            ),
        ),
        Sample(
            "Its cost is carried where the customer wants it",
            _PROJECT,
            Delivers({"deliver": {"actual_cost": 9_000}}),
            settings={"share_cost": True},
        ),
        Sample(
            "A project without a code is refused",
            {name: value for name, value in _PROJECT.items() if name != "code"},
            Refused("check", field="code"),
        ),
    ),
)

_INVOICE: dict[str, Any] = {
    "id": "88",
    "number": "INV-88",
    "client": "C-7",
    "project": "PRJ-0042",
    "issue_date": "2026-11-02",
    "currency": "EUR",
    "net": "4000.00",
    "tax": "760.00",
    "gross": "4760.00",
    "state": "posted",
}
BI_INVOICES = _feed(
    "bi-invoices",
    "Invoices for reports",
    of="Invoice",
    summary="Carries every invoice and how far it is on the way to being paid into a table or file for reports.",
    words=(gettext_noop("invoices"), gettext_noop("invoice")),
    settings=_settings("Invoice", first_day=_FIRST_DAY),
    shaped_by=_invoices,
    samples=(
        Sample(
            "An invoice is carried as it stands",
            _INVOICE,
            Delivers({"deliver": {"number": "INV-88", "net": 4_000, "state": "posted", "issue_date": "2026-11-02"}}),
        ),
        Sample("Earlier invoices are left out", _INVOICE, LeftOut("filtered"), settings={"first_day": "2026-11-03"}),
        Sample(
            "An invoice that does not add up is refused", _INVOICE | {"tax": "700"}, Refused("check", field="gross")
        ),
    ),
)

_PERSON: dict[str, Any] = {
    "id": "E-17",
    "employee_no": "E-17",
    "name": "Ann Archer",
    "email": "ann@firm.example",
    "department": "Design",
    "capacity_hours_week": "38.5",
    "cost_rate": "60.00",
    "currency": "EUR",
    "active": True,
}
BI_PEOPLE = _feed(
    "bi-people",
    "People for reports",
    of="Resource",
    summary="Carries everybody who works on projects, with department, grade and weekly hours: what utilization is a share of.",
    words=(gettext_noop("people"), gettext_noop("person")),
    settings=_settings("Resource"),
    samples=(
        Sample(
            "A person is carried by number, without name, address and cost",
            _PERSON,
            Delivers(
                {
                    "deliver": {
                        "employee_no": "E-17",
                        "department": "Design",
                        "capacity_hours_week": 38.5,
                        "name": None,
                        "email": None,
                        "cost_rate": None,
                    }
                }
            ),
        ),
        Sample(
            "Names are carried where the customer wants it",
            _PERSON,
            Delivers({"deliver": {"name": "Ann Archer", "email": "ann@firm.example", "cost_rate": None}}),
            settings={"share_names": True},
        ),
        Sample(
            "A person without a name in the source is refused",
            {name: value for name, value in _PERSON.items() if name != "name"},
            Refused("check", field="name"),
        ),
    ),
)
