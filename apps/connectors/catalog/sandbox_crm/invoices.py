"""What the sandbox CRM shows of invoices that the ERP writes: taken in and brought up to date, for whoever looks after the client."""

from apps.connectors.manifest import FieldSpec, MappingLine, ValueKind, WriteMode
from apps.connectors.sandbox_family import list_of, writing_to

INVOICES = list_of(
    "invoices",
    "Invoices",
    "Invoice",
    known_by="number",
    writing=writing_to("invoices", takes_keys=False, taken_back={"state": "void"}),
    fields=(
        FieldSpec("id", label="Record number"),
        FieldSpec("external_id", label="External number", max_length=200),
        FieldSpec("number", label="Invoice number", required=True, max_length=40),
        FieldSpec("sort", ValueKind.CHOICE, "Sort", choices=("invoice", "credit")),
        FieldSpec("project_code", label="Project code"),
        FieldSpec("client_name", label="Client"),
        FieldSpec("issued_on", ValueKind.DATE, "Day of the invoice"),
        FieldSpec("due_on", ValueKind.DATE, "Due on"),
        FieldSpec("amount", ValueKind.MONEY, "Amount with tax"),
        FieldSpec("open_amount", ValueKind.MONEY, "Still to be paid"),
        FieldSpec("currency", label="Currency"),
        FieldSpec(
            "state",
            ValueKind.CHOICE,
            "State",
            required=True,
            choices=("draft", "approved", "posted", "sent", "part_paid", "paid", "void"),
        ),
        FieldSpec("blocked", ValueKind.YES_NO, "Blocked"),
        FieldSpec("blocked_because", label="Why it is blocked", max_length=200),
        FieldSpec("modified_at", ValueKind.INSTANT, "Modified at"),
    ),
    # It only shows them: the one who pays is known by name, and no flow begins here.
    writing_lines=(
        MappingLine("external_id", "id", write_mode=WriteMode.SET_ON_CREATE, label="External number"),
        MappingLine("number", "number", required=True, label="Invoice number"),
        MappingLine("sort", "kind", default="invoice", label="Sort"),
        MappingLine("project_code", "project", label="Project code"),
        MappingLine("client_name", "client_name", label="Client"),
        MappingLine("issued_on", "issue_date", label="Day of the invoice"),
        MappingLine("due_on", "due_date", label="Due on"),
        MappingLine("amount", expression="has(r.gross) ? r.gross : r.net", label="Amount with tax"),
        MappingLine("open_amount", "open_amount", label="Still to be paid"),
        MappingLine("currency", "currency", label="Currency"),
        MappingLine("state", "state", required=True, label="State"),
        # An empty reason is not sent: that nothing stops the invoice any more has to be said.
        MappingLine("blocked", expression="has(r.block_reason)", label="Blocked"),
        MappingLine("blocked_because", "block_reason", transforms=("shorten:200",), label="Why it is blocked"),
    ),
)
