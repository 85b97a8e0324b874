"""SAP Concur Expense: what it holds and how its records meet the canonical model.

Approved reports are listed by Reports v3 (https://developer.concur.com/api-reference/expense/expense-report/v3.reports.html): JSON,
`user=ALL`, `approvalStatusCode`, `modifiedDateAfter` as yyyy-MM-ddTHH:mm:ss.SSS, the next page named in NextPage. What is in a report
tells "Get Report Details" v2.0 (details.py), in XML only; version 4 tells it by JSON, but to each report's owner alone. Sign-in:
https://developer.concur.com/api-reference/authentication/apidoc.html, authorization grant (at www-<region>); a refresh token lives six
months and may change with each use. No number of calls is published.

Written from these pages, never run against a Concur. Not said there, and taken for true: that times without a zone are UTC, that
`LastModifiedDate`, "the date the report header was last modified", moves whenever a report is approved, and that NextPage is on the
host that was asked.
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
from apps.connectors.sheet_terms import Formats, LimitScope, MoneyForm

APPROVED = "A_APPR"
CHANGED, SINCE = "LastModifiedDate", "modifiedDateAfter"
REPORTS = "api/v3.0/expense/reports"
REPORT = f"{REPORTS}/{{key}}"
DETAILS = "api/expense/expensereport/v2.0/report/{key}"
PROJECT_FIELD = "Custom1.Code"
# "After" leaves out its own instant, and lists are not sorted by change.
_LOOK_BACK_SECONDS = 900

EXPENSES = ObjectManifest(
    name="expenses",
    label="Expenses",
    canonical_type="Expense",
    version_field=f"report.{CHANGED}",
    version_form=InstantForm.ISO,
    natural_key="id",
    fields=(
        FieldSpec("id", label="Report and item"),
        FieldSpec("report.ID", label="Report id"),
        FieldSpec("report.Name", label="Name of the report"),
        FieldSpec("report.OwnerLoginID", label="Login of the person"),
        FieldSpec("report.OwnerName", label="Name of the person"),
        FieldSpec("report.ApprovalStatusCode", label="Approval status"),
        FieldSpec("report.CurrencyCode", label="Currency of the report"),
        FieldSpec(f"report.{CHANGED}", ValueKind.INSTANT, "Last changed"),
        FieldSpec("project", label="Project"),
        FieldSpec("category", label="Expense type"),
        FieldSpec("spent_on", ValueKind.DATE, "Spent on"),
        FieldSpec("amount", ValueKind.MONEY, "Amount, as approved"),
        FieldSpec("note", label="Purpose"),
    ),
    reading=Reading(
        path=REPORTS,
        records_path="Items",
        change_read=ChangeRead.MODIFIED_SINCE,
        since_parameter=SINCE,
        since_form=InstantForm.ISO_MILLIS,
        parameters={"user": "ALL", "approvalStatusCode": APPROVED},
        paging=Paging(style="link", size=50, size_parameter="limit", next_path="NextPage"),
        overlap_seconds=_LOOK_BACK_SECONDS,
    ),
    reading_lines=(
        MappingLine("id", "id", required=True, label="Expense number"),
        MappingLine("resource", "report.OwnerLoginID", label="Person"),
        MappingLine("resource_name", "report.OwnerName", label="Name of the person"),
        MappingLine("project", "project", label="Project"),
        MappingLine("category", "category", label="Category"),
        MappingLine("spent_on", "spent_on", transforms=("day",), required=True, label="Spent on"),
        MappingLine("amount", "amount", required=True, label="Amount"),
        MappingLine("currency", "report.CurrencyCode", label="Currency"),
        MappingLine("note", "note", label="Note"),
        MappingLine("report_no", "report.ID", label="Report"),
        MappingLine(
            "approval", "report.ApprovalStatusCode", value_map={APPROVED: "approved"}, value_map_default="submitted",
            label="Approval",
        ),
        MappingLine("updated_at", f"report.{CHANGED}", transforms=("assume_utc",), label="Last changed"),
    ),
)  # fmt: skip

MANIFEST = SystemManifest(
    slug="concur",
    name="SAP Concur",
    category="Expenses",
    summary="SAP Concur: the expenses of approved reports are read, each share of a divided one by itself.",
    proof=ProofLabel.DOCUMENTATION,
    documentation="docs/connect/concur.md",
    address="https://<region>.api.concursolutions.com",
    auth=AuthSpec(
        AuthScheme.OAUTH_CODE,
        token_path="/oauth2/v0/token",  # noqa: S106  a path, no secret
        token_scope="EXPRPT",  # noqa: S106  what is asked for
        authorize_address="https://www-{region}.api.concursolutions.com/oauth2/v0/authorize",
        credentials_in_body=True,
        refresh_days_unused=180,
    ),
    secrets=(
        SecretSpec("client_id", "Client id", "Of the application that SAP Concur has registered for you."),
        SecretSpec("client_secret", "Client secret", "Given out together with the client id."),
    ),
    settings=(
        FieldSpec(
            "region", label="Region of your Concur, as in its address: us, us2, eu, eu2 or another", required=True
        ),
        FieldSpec(
            "project_field",
            label=f"Custom field that names the project, for example Custom5.Code ({PROJECT_FIELD} unless you say otherwise)",
        ),
    ),
    headers={"Accept": "application/json"},
    rights=(
        "An application registered with SAP Concur, with the scope EXPRPT.",
        "Who signs in needs the role Web Services Administrator (in the Standard edition: Can Administer): "
        "others are shown their own reports only.",
    ),
    objects=(EXPENSES,),
    test_path=f"{REPORTS}?user=ALL&limit=1",
    limits=Limits(at_once=4, scope=LimitScope.UNKNOWN),
    error_shape=ErrorShape(message_path="Message"),
    formats=Formats(money=MoneyForm.TEXT),
)
