"""Workspace: the place where a project's team works together, a site or a folder with its members."""

from apps.connectors.canonical import amounts, checks
from apps.connectors.canonical.shapes import (
    CanonicalField,
    CanonicalType,
    CanonicalValues,
    LedgerReferences,
    Owner,
    gettext_noop,
)
from apps.connectors.manifest import ValueKind

KINDS = ("team", "site", "folder", "portal")
STATES = ("requested", "ready", "failed", "archived")

FIELDS = (
    CanonicalField("id", ValueKind.TEXT, gettext_noop("Workspace number")),
    CanonicalField("project", ValueKind.REFERENCE, gettext_noop("Project"), required=True),
    CanonicalField("project_name", ValueKind.TEXT, gettext_noop("Name of the project")),
    CanonicalField("client_name", ValueKind.TEXT, gettext_noop("Name of the client")),
    CanonicalField("name", ValueKind.TEXT, gettext_noop("Name"), required=True),
    CanonicalField("kind", ValueKind.CHOICE, gettext_noop("Kind"), choices=KINDS),
    CanonicalField("owner", ValueKind.TEXT, gettext_noop("Owner")),
    CanonicalField("members", ValueKind.NESTED, gettext_noop("Members")),
    CanonicalField("url", ValueKind.TEXT, gettext_noop("Address")),
    CanonicalField("state", ValueKind.CHOICE, gettext_noop("State"), choices=STATES),
    CanonicalField("updated_at", ValueKind.INSTANT, gettext_noop("Last changed")),
)


def references(values: CanonicalValues) -> LedgerReferences:
    """Return client and project."""
    return LedgerReferences(values.get("client_name") or "", values.get("project") or "")


WORKSPACE = CanonicalType(
    name="Workspace",
    label=gettext_noop("Workspace"),
    plural=gettext_noop("Workspaces"),
    summary="The place where a project's team works together, a site or a folder with its members.",
    owner=Owner.WORKSPACES,
    fields=FIELDS,
    key_fields=("project", "kind"),
    identity=(("id",), ("project", "kind")),
    checks=(
        checks.present("project", "The workspace belongs to no project. Choose one in {source}."),
        checks.not_longer_than("project", 40, "project code"),
        checks.present("name", "The workspace has no name. Give it one in {source}."),
        checks.not_longer_than("name", 120, "name"),
    ),
    amount_rule="No money of its own.",
    amount=amounts.no_amount,
    references=references,
    sentence=gettext_noop("Workspace {name} of project {project}"),
)
