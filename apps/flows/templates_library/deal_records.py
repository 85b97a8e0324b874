"""The records that follow from a won deal: its client, its project, its workspace, each as a mapping step."""

from apps.connectors.canonical.registry import canonical_type
from apps.connectors.manifest import MappingLine
from apps.flows.engine.definition import Step
from apps.flows.engine.steps import MapOptions

WON_AND_NEW = 'r.stage == "won" && !(has(r.exported) && r.exported)'  # the mark that the last step sets ends the circle


def project_code() -> str:
    """Return the expression for the code of a deal's project."""
    return '"P-" + r.id'


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
