"""Coupa, Core API: what it holds and how its records meet the canonical model.

Reports with their lines, and that those approved for payment are what an ERP takes over:
https://docs.coupa.com/en/developer-documentation/the-coupa-core-api/resources/transactional-resources/expenses-api-expense_reports/
and, on compass.coupa.com, "Single-Line Expense Report Outbound". Questions (`updated_at[gt_or_eq]`, `[in]`, questions through a
collection, underscores for dashes, `limit` and `offset`, at most 50 on a page): "Get Started with the API" there, pages
"Arguments", "API Operators" and "Querying Options". Sign-in by client credentials with scopes named service.object.right: "OAuth 2.0".

Written from these pages, never run against a Coupa. Not said there, and taken for true: that `order_by=created_at` lists the oldest
first (https://github.com/rossumai/university, docs/learn/coupa/import-configuration.md sends it), that a change of a line changes
`updated-at` of its report, that a share of a split line says its `amount`, and that `approved-amount` is in the line's currency.
The queue of what is not exported yet (`exported=false`) is left to the ERP that Coupa feeds: two readers would take from each other.
"""

from apps.connectors.auth_spec import AuthScheme, AuthSpec, SecretSpec
from apps.connectors.manifest import (
    ChangeRead,
    ErrorShape,
    FieldSpec,
    InstantForm,
    Limits,
    MappingLine,
    ObjectManifest,
    Paging,
    ProofLabel,
    Reading,
    SystemManifest,
    ValueKind,
)
from apps.connectors.sheet_terms import Formats, LimitScope

PROJECT_FIELD = "account.code"
_CHANGED = "updated-at"
# Lists are not sorted by change: what is changed while a list is read must be met by the next reading.
_LOOK_BACK_SECONDS = 900
_APPROVAL = {
    "draft": "open", "pending_approval": "submitted", "approved_for_payment": "approved", "rejected": "rejected",
}  # fmt: skip


def _changes_of(path: str, *, one_path: str = "") -> Reading:
    return Reading(
        path=path,
        change_read=ChangeRead.MODIFIED_SINCE,
        since_parameter="updated_at[gt_or_eq]",
        since_form=InstantForm.ISO,
        parameters={"order_by": "created_at"},
        paging=Paging(
            style="offset", size=50, size_parameter="limit", position_parameter="offset", largest=50,
        ),
        overlap_seconds=_LOOK_BACK_SECONDS,
        one_path=one_path,
    )  # fmt: skip


EXPENSES = ObjectManifest(
    name="expense_lines",
    label="Expense lines",
    canonical_type="Expense",
    version_field=_CHANGED,
    version_form=InstantForm.ISO,
    natural_key="id",
    fields=(
        FieldSpec("id", label="Line number"),
        FieldSpec("report.id", ValueKind.WHOLE, "Report number"),
        FieldSpec("report.status", label="Status of the report"),
        FieldSpec("report.expensed-by.email", label="E-mail of the person"),
        FieldSpec("report.expensed-by.fullname", label="Name of the person"),
        FieldSpec("project", label="Project"),
        FieldSpec("account.code", label="Account"),
        FieldSpec("expense-category.name", label="Category"),
        FieldSpec("expense-date", ValueKind.DATE, "Spent on"),
        FieldSpec("amount", ValueKind.MONEY, "Amount, as approved"),
        FieldSpec("currency.code", label="Currency"),
        FieldSpec("description", label="Description"),
        FieldSpec("report.updated-at", ValueKind.INSTANT, "Last changed"),
    ),
    reading=_changes_of("api/expense_reports"),
    reading_lines=(
        MappingLine("id", "id", required=True, label="Expense number"),
        MappingLine("resource", "report.expensed-by.email", label="Person"),
        MappingLine("resource_name", "report.expensed-by.fullname", label="Name of the person"),
        MappingLine("project", "project", label="Project"),
        MappingLine("category", "expense-category.name", label="Category"),
        MappingLine("spent_on", "expense-date", transforms=("day",), required=True, label="Spent on"),
        MappingLine("amount", "amount", required=True, label="Amount"),
        MappingLine("currency", "currency.code", label="Currency"),
        MappingLine("note", "description", label="Note"),
        MappingLine("report_no", "report.id", label="Report"),
        MappingLine(
            "approval", "report.status", value_map=_APPROVAL, value_map_default="submitted", label="Approval"
        ),
        MappingLine("updated_at", "report.updated-at", label="Last changed"),
    ),
)  # fmt: skip

USERS = ObjectManifest(
    name="users",
    label="People",
    canonical_type="Resource",
    version_field=_CHANGED,
    version_form=InstantForm.ISO,
    natural_key="email",
    find_parameter="email[in]",
    find_at_once=20,
    fields=(
        FieldSpec("id", ValueKind.WHOLE, "Person number"),
        FieldSpec("employee-number", label="Employee number"),
        FieldSpec("fullname", label="Name"),
        FieldSpec("firstname", label="Given name"),
        FieldSpec("lastname", label="Family name"),
        FieldSpec("email", label="E-mail"),
        FieldSpec("active", ValueKind.YES_NO, "Active"),
        FieldSpec(_CHANGED, ValueKind.INSTANT, "Last changed"),
    ),
    reading=_changes_of("api/users", one_path="api/users/{key}"),
    reading_lines=(
        MappingLine("id", "id", required=True, label="Person id"),
        MappingLine("employee_no", "employee-number", label="Personnel number"),
        MappingLine("name", "fullname", required=True, label="Name"),
        MappingLine("given", "firstname", label="Given name"),
        MappingLine("family", "lastname", label="Family name"),
        MappingLine("email", "email", label="E-mail"),
        MappingLine("active", "active", label="Active"),
        MappingLine("updated_at", _CHANGED, label="Last changed"),
    ),
)

MANIFEST = SystemManifest(
    slug="coupa",
    name="Coupa",
    category="Expenses",
    summary="Coupa: expenses of reports, with how far they are approved, and people are read.",
    proof=ProofLabel.DOCUMENTATION,
    documentation="docs/connect/coupa.md",
    address="https://<company>.coupahost.com",
    auth=AuthSpec(
        AuthScheme.CLIENT_CREDENTIALS,
        token_path="/oauth2/token",  # noqa: S106  a path, no secret
        token_scope="core.expense.read core.user.read",  # noqa: S106  what is asked for
        credentials_in_body=True,
    ),
    secrets=(
        SecretSpec("client_id", "Client identifier", "From Setup, Integrations, OAuth2/OpenID Connect Clients."),
        SecretSpec("client_secret", "Client secret", "From the same page."),
    ),
    settings=(
        FieldSpec(
            "project_field",
            label="Field of an expense line that names the project, for example account.segment-3 "
            f"({PROJECT_FIELD} unless you say otherwise)",
        ),
    ),
    # Without it Coupa answers in XML.
    headers={"Accept": "application/json"},
    rights=(
        "An OAuth2 client with the grant type Client credentials and the scopes core.expense.read and core.user.read.",
        "Its login must be allowed to see everybody’s expense reports.",
    ),
    objects=(EXPENSES, USERS),
    test_path="api/expense_reports?limit=1",
    limits=Limits(at_once=4, scope=LimitScope.ACCOUNT),
    error_shape=ErrorShape(message_path="errors"),
    formats=Formats(),
)
