"""What a project of the sandbox PSA begins with: clients and projects, read, made and changed."""

from collections.abc import Mapping
from typing import Any

from apps.connectors.manifest import (
    ChangeRead,
    FieldSpec,
    Idempotency,
    MappingLine,
    ObjectManifest,
    Paging,
    Reading,
    ValueKind,
    WriteMode,
    Writing,
)

_PAGING = Paging(style="page", size=200, size_parameter="size", position_parameter="page", total_path="total")


def reading_of(path: str) -> Reading:
    """Return how the records at `path` are read: changes by time, oldest first."""
    return Reading(
        path=path,
        records_path="results",
        change_read=ChangeRead.MODIFIED_SINCE,
        since_parameter="modified_since",
        paging=_PAGING,
        one_path=f"{path}/{{key}}",
        since_sorted=True,
    )


def _writing_to(path: str, taken_back: Mapping[str, Any]) -> Writing:
    """The PSA removes nothing: what was made is taken back by changing it to `taken_back`."""
    return Writing(
        create_path=path,
        update_path=f"{path}/{{key}}",
        idempotency=Idempotency.OWN_KEY_FIELD,
        own_key_field="external_id",
        own_key_parameter="external_id",
        undo_method="PATCH",
        undo_path=f"{path}/{{key}}",
        undo_values=taken_back,
    )


PROJECTS = ObjectManifest(
    name="projects",
    label="Projects",
    canonical_type="Project",
    version_field="modified_at",
    natural_key="code",
    find_parameter="code",
    find_at_once=50,
    reading=reading_of("projects"),
    writing=_writing_to("projects", {"state": "closed"}),
    fields=(
        FieldSpec("id", label="Number"),
        FieldSpec("code", label="Project code", max_length=40),
        FieldSpec("external_id", label="External number", max_length=200),
        FieldSpec("name", label="Name", required=True, max_length=255),
        FieldSpec("client_id", label="Client number", required=True),
        FieldSpec("client_name", label="Client"),
        FieldSpec("region", label="Region"),
        FieldSpec("currency", label="Currency"),
        FieldSpec("billing_kind", label="Billing"),
        FieldSpec("billable", ValueKind.YES_NO, "Billable"),
        FieldSpec("budget_hours", ValueKind.HOURS, "Budget in hours"),
        FieldSpec("cost_center", label="Cost centre"),
        FieldSpec("po_number", label="Purchase order", max_length=40),
        FieldSpec("manager", label="Project manager"),
        FieldSpec("starts", ValueKind.DATE, "Starts"),
        FieldSpec("ends", ValueKind.DATE, "Ends"),
        FieldSpec("state", label="State"),
        FieldSpec("modified_at", ValueKind.INSTANT, "Modified at"),
    ),
    reading_lines=(
        MappingLine("id", "id", required=True),
        MappingLine("code", "code", required=True),
        MappingLine("name", "name", required=True),
        MappingLine("client", "client_id"),
        MappingLine("client_name", "client_name"),
        MappingLine("currency", "currency"),
        MappingLine("billing_kind", "billing_kind"),
        MappingLine("billable", "billable"),
        MappingLine("budget_hours", "budget_hours"),
        MappingLine("cost_center", "cost_center"),
        MappingLine("state", "state"),
        MappingLine("updated_at", "modified_at"),
    ),
    writing_lines=(
        MappingLine("external_id", "id", write_mode=WriteMode.SET_ON_CREATE, label="External number"),
        MappingLine("code", "code", write_mode=WriteMode.SET_ON_CREATE, label="Project code"),
        MappingLine("name", "name", required=True, label="Name"),
        MappingLine("client_id", "client", required=True, label="Client number"),
        MappingLine("client_name", "client_name", label="Client"),
        MappingLine("currency", "currency", label="Currency"),
        MappingLine("billing_kind", "billing_kind", label="Billing"),
        MappingLine("billable", "billable", label="Billable"),
        MappingLine("budget_hours", "budget_hours", label="Budget in hours"),
        MappingLine("cost_center", "cost_center", label="Cost centre"),
        MappingLine("po_number", "po_number", label="Purchase order"),
        MappingLine("manager", "manager", label="Project manager"),
        MappingLine("starts", "starts", label="Starts"),
        MappingLine("ends", "ends", label="Ends"),
        MappingLine(
            "state",
            "state",
            value_map={
                "planned": "planned",
                "ready": "planned",
                "active": "active",
                "on_hold": "on_hold",
                "closed": "closed",
            },
            label="State",
        ),
    ),
)

CLIENTS = ObjectManifest(
    name="clients",
    label="Clients",
    canonical_type="Customer",
    version_field="modified_at",
    natural_key="id",
    find_parameter="id",
    find_at_once=50,
    reading=reading_of("clients"),
    writing=_writing_to("clients", {"active": False}),
    fields=(
        FieldSpec("id", label="Client number"),
        FieldSpec("external_id", label="External number", max_length=200),
        FieldSpec("name", label="Name", required=True, max_length=255),
        FieldSpec("legal_name", label="Legal name"),
        FieldSpec("country", label="Country"),
        FieldSpec("region", label="Region"),
        FieldSpec("currency", label="Currency"),
        FieldSpec("tax_id", label="Tax number"),
        FieldSpec("invoice_email", label="Invoices go to"),
        FieldSpec("payment_terms_days", ValueKind.WHOLE, "Payment terms in days"),
        FieldSpec("active", ValueKind.YES_NO, "Active"),
        FieldSpec("modified_at", ValueKind.INSTANT, "Modified at"),
    ),
    reading_lines=(
        MappingLine("id", "id", required=True),
        MappingLine("name", "name", required=True),
        MappingLine("legal_name", "legal_name"),
        MappingLine("country", "country"),
        MappingLine("region", "region"),
        MappingLine("currency", "currency"),
        MappingLine("tax_id", "tax_id"),
        MappingLine("invoice_email", "invoice_email"),
        MappingLine("payment_terms_days", "payment_terms_days"),
        MappingLine("updated_at", "modified_at"),
    ),
    writing_lines=(
        MappingLine("external_id", "id", write_mode=WriteMode.SET_ON_CREATE, label="External number"),
        MappingLine("name", "name", required=True, label="Name"),
        MappingLine("legal_name", "legal_name", label="Legal name"),
        MappingLine("country", "country", label="Country"),
        MappingLine("region", "region", label="Region"),
        MappingLine("currency", "currency", label="Currency"),
        MappingLine("tax_id", "tax_id", label="Tax number"),
        MappingLine("invoice_email", "invoice_email", label="Invoices go to"),
        MappingLine("payment_terms_days", "payment_terms_days", label="Payment terms in days"),
    ),
)
