"""The records that follow from a won deal: its client, its project, its workspace, each as a mapping step."""

from typing import Any

from apps.connectors.canonical.registry import canonical_type
from apps.connectors.manifest import MappingLine
from apps.flows.engine.definition import Step
from apps.flows.engine.steps import MapOptions
from apps.flows.templates_library.settings import text

WON_AND_NEW = 'r.stage == "won" && !(has(r.exported) && r.exported)'  # the mark that the last step sets ends the circle


WON_DEAL: dict[str, Any] = {
    "id": "D-100",
    "name": "Website relaunch",
    "client": "C-7",
    "client_name": "Alder Brewery",
    "client_legal_name": "Alder Brewery GmbH",
    "client_country": "DE",
    "stage": "won",
    "amount": "24000.00",
    "currency": "EUR",
    "close_date": "2026-11-02",
    "service_line": "Web",
    "legal_entity": "100",
    "region": "EMEA",
    "billing_kind": "time_material",
    "budget_hours": "160",
    "starts": "2026-12-01",
    "ends": "2027-03-31",
    "owner": "ann@example.com",
}
"""The deal that the samples of templates begin with."""

PROJECT_PREFIX = text(
    "Project codes begin with",
    "The number of the deal follows: P- makes P-4711. Codes of projects that exist already stay as they are.",
    default="P-",
    longest=10,
    pattern="^[A-Za-z0-9._-]*$",
)


def project_code() -> str:
    """Return the expression for the code of a deal's project; the template has the setting `project_prefix`."""
    return "settings.project_prefix + r.id"


def client_of_deal() -> Step:
    """Make the client out of the deal."""
    lines = (
        MappingLine("id", "client"),
        MappingLine("name", "client_name"),
        MappingLine("legal_name", "client_legal_name"),
        MappingLine("country", "client_country"),
        MappingLine("tax_id", "client_tax_id"),
        MappingLine("payment_terms_days", "payment_terms_days"),
        MappingLine("currency", "currency"),
        MappingLine("invoice_email", "invoice_email"),
        MappingLine("region", "region"),
    )
    return _mapping("client", "Client", "Customer", lines)


def project_of_deal(client_key: str, name: str = "project", title: str = "Project") -> Step:
    """Make the project out of the deal; `client_key` is the path to the client's number in the target."""
    lines = (
        MappingLine("id", "id"),
        MappingLine("code", expression=project_code()),
        MappingLine("name", "name"),
        MappingLine("client", client_key),
        MappingLine("client_name", "client_name"),
        MappingLine("legal_entity", "legal_entity"),
        MappingLine("currency", "currency"),
        MappingLine("budget_hours", "budget_hours"),
        MappingLine("billing_kind", "billing_kind"),
        MappingLine("billable", expression="true"),
        MappingLine("starts", "starts"),
        MappingLine("ends", "ends"),
        MappingLine("po_number", "po_number"),
        MappingLine("state", expression='"planned"'),
    )
    return _mapping(name, title, "Project", lines)


def workspace_of_deal() -> Step:
    """Make the workspace out of the deal."""
    lines = (
        MappingLine("project", expression=project_code()),
        MappingLine("name", "name"),
        MappingLine("client_name", "client_name"),
        MappingLine("owner", "owner"),
    )
    return _mapping("workspace", "Workspace", "Workspace", lines)


def _mapping(name: str, title: str, into: str, lines: tuple[MappingLine, ...]) -> Step:
    return Step("map", name=name, title=title, options=MapOptions.build(canonical_type("Opportunity"), into, lines))
