"""Gusto, app API v1: the people of a company and how they meet the canonical model.

Employees: https://docs.gusto.com/app-integrations/reference/get-v1-companies-company_id-employees. Versions of the API are named in a
header (https://docs.gusto.com/app-integrations/docs/versioning); limit of 200 calls in a minute and sign-in:
https://docs.gusto.com/app-integrations/docs/rate-limits. There is no question for what has changed: everybody is read and compared.

Pay, bank details, birthdays and numbers of social insurance come along with a person; none of them leaves this connector.
Nothing is written.
"""

from apps.connectors.auth_spec import AuthScheme, AuthSpec, SecretSpec
from apps.connectors.manifest import (
    ChangeRead,
    ErrorShape,
    FieldSpec,
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

_PAGE = 25  # what Gusto hands out when it is not asked for another size: a shorter page is the last

EMPLOYEES = ObjectManifest(
    name="employees",
    label="Employees",
    canonical_type="Resource",
    key_field="uuid",
    natural_key="work_email",
    fields=(
        FieldSpec("uuid", label="Employee id"),
        FieldSpec("first_name", label="Given name"),
        FieldSpec("last_name", label="Family name"),
        FieldSpec("name", label="Name"),
        FieldSpec("work_email", label="Work e-mail"),
        FieldSpec("department", label="Department"),
        FieldSpec("title", label="Job title"),
        FieldSpec("hired", ValueKind.DATE, "Hired on"),
        FieldSpec("left", ValueKind.DATE, "Left on"),
        FieldSpec("terminated", ValueKind.YES_NO, "Has left"),
        FieldSpec("version", label="Version"),
    ),
    reading=Reading(
        path="v1/companies/{company}/employees",
        change_read=ChangeRead.FULL,
        paging=Paging(style="page", size=_PAGE, size_parameter="per", position_parameter="page"),
        one_path="v1/employees/{key}",
    ),
    reading_lines=(
        MappingLine("id", "uuid", required=True, label="Person id"),
        MappingLine("name", "name", required=True, label="Name"),
        MappingLine("given", "first_name", label="Given name"),
        MappingLine("family", "last_name", label="Family name"),
        MappingLine("email", "work_email", label="E-mail"),
        MappingLine("department", "department", label="Department"),
        MappingLine("job_title", "title", label="Job title"),
        MappingLine("hired", "hired", label="Hired on"),
        MappingLine("left", "left", label="Left on"),
        MappingLine("active", "terminated", transforms=("yes_no", "opposite"), label="Active"),
    ),
)

MANIFEST = SystemManifest(
    slug="gusto",
    name="Gusto",
    category="Payroll",
    summary="The people of the company are read: who they are, what they do there, and since when.",
    proof=ProofLabel.DOCUMENTATION,
    documentation="docs/connect/gusto.md",
    address="https://api.gusto.com",
    auth=AuthSpec(
        AuthScheme.OAUTH_CODE,
        token_path="https://api.gusto.com/oauth/token",  # noqa: S106  an address, no secret
        authorize_address="https://api.gusto.com/oauth/authorize",
        credentials_in_body=True,
    ),
    secrets=(
        SecretSpec("client_id", "Client id", "Of the app at dev.gusto.com, on its page “OAuth credentials”."),
        SecretSpec("client_secret", "Client secret", "From the same page."),
    ),
    settings=(FieldSpec("company", label="Company id (UUID)", required=True),),
    headers={"X-Gusto-API-Version": "2025-06-15"},
    rights=(
        "The scopes employees:read and companies:read of the app.",
        "Somebody with full access to the company’s Gusto, who signs in.",
    ),
    objects=(EMPLOYEES,),
    test_path="v1/companies/{company}",
    identity_path="name",
    limits=Limits(calls=200, seconds=60, at_once=4, scope=LimitScope.SIGN_IN, remaining_header="X-RateLimit-Remaining"),
    error_shape=ErrorShape(problems_path="errors", code_path="category", field_path="error_key"),
    formats=Formats(zone=None),
)
