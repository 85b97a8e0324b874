"""What the books of the sandbox ERP hold besides postings: read for the rules that judge what is about to be posted."""

from apps.connectors.manifest import FieldSpec, MappingLine, ValueKind
from apps.connectors.sandbox_family import list_of

_ID = FieldSpec("id", label="Record number", required=True)
_CHANGED = FieldSpec("modified_at", ValueKind.INSTANT, "Modified at")
_KNOWN_BY = MappingLine("id", "id", required=True)
_UPDATED = MappingLine("updated_at", "modified_at")

COMPANIES = list_of(
    "companies",
    "Companies",
    "LegalEntity",
    known_by="code",
    fields=(
        _ID,
        FieldSpec("code", label="Company code", required=True),
        FieldSpec("name", label="Name"),
        FieldSpec("currency", label="Currency"),
        _CHANGED,
    ),
    reading_lines=(
        _KNOWN_BY,
        MappingLine("code", "code", required=True),
        MappingLine("name", "name", required=True),
        MappingLine("currency", "currency"),
        _UPDATED,
    ),
)
PERIODS = list_of(
    "periods",
    "Accounting periods",
    "AccountingPeriod",
    known_by="code",
    fields=(
        _ID,
        FieldSpec("code", label="Period", required=True),
        FieldSpec("starts", ValueKind.DATE, "First day"),
        FieldSpec("ends", ValueKind.DATE, "Last day"),
        FieldSpec("state", ValueKind.CHOICE, "State", choices=("open", "closed")),
        _CHANGED,
    ),
    reading_lines=(
        _KNOWN_BY,
        MappingLine("code", "code", required=True),
        MappingLine("starts", "starts", required=True),
        MappingLine("ends", "ends", required=True),
        MappingLine("state", "state", required=True),
        _UPDATED,
    ),
)
COST_CENTERS = list_of(
    "cost-centers",
    "Cost centres",
    "DimensionValue",
    known_by="code",
    fields=(
        _ID,
        FieldSpec("code", label="Cost centre", required=True),
        FieldSpec("name", label="Name"),
        FieldSpec("active", ValueKind.YES_NO, "Active"),
        _CHANGED,
    ),
    reading_lines=(
        _KNOWN_BY,
        MappingLine("dimension", default="cost_center", required=True),
        MappingLine("code", "code", required=True),
        MappingLine("name", "name"),
        MappingLine("active", "active"),
        _UPDATED,
    ),
)
RATE_LINES = list_of(
    "rate-lines",
    "Rate lines",
    "RateLine",
    known_by="number",
    fields=(
        _ID,
        FieldSpec("number", label="Rate line", required=True),
        FieldSpec("service_item", label="Service"),
        FieldSpec("unit", label="Price per"),
        FieldSpec("rate", ValueKind.MONEY, "Rate"),
        FieldSpec("currency", label="Currency"),
        FieldSpec("starts", ValueKind.DATE, "Valid from"),
        FieldSpec("ends", ValueKind.DATE, "Valid to"),
        _CHANGED,
    ),
    reading_lines=(
        MappingLine("id", "number", required=True),
        MappingLine("service_item", "service_item"),
        MappingLine("unit", "unit", required=True),
        MappingLine("bill_rate", "rate", required=True),
        MappingLine("currency", "currency", required=True),
        MappingLine("valid_from", "starts"),
        MappingLine("valid_to", "ends"),
        _UPDATED,
    ),
)
ORDERS = list_of(
    "client-orders",
    "Orders of clients",
    "PurchaseOrder",
    known_by="number",
    fields=(
        _ID,
        FieldSpec("number", label="Order number", required=True),
        FieldSpec("customer_number", label="Customer number"),
        FieldSpec("amount", ValueKind.MONEY, "Limit"),
        FieldSpec("currency", label="Currency"),
        FieldSpec("state", ValueKind.CHOICE, "State", choices=("ordered", "closed")),
        _CHANGED,
    ),
    reading_lines=(
        _KNOWN_BY,
        MappingLine("number", "number"),
        MappingLine("kind", default="client"),
        MappingLine("client", "customer_number"),
        MappingLine("amount", "amount", required=True),
        MappingLine("currency", "currency", required=True),
        MappingLine("state", "state"),
        _UPDATED,
    ),
)
BOOKS = (COMPANIES, PERIODS, COST_CENTERS, RATE_LINES, ORDERS)
