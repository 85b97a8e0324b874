"""BambooHR, API v1: the people of a company and how they meet the canonical model.

Changes: https://documentation.bamboohr.com/reference/get-changed-employee-ids. Fields of a person:
https://documentation.bamboohr.com/docs/list-of-field-names. Sign-in with the key as user name, whatever the password:
https://documentation.bamboohr.com/docs/getting-started. No number of calls is published; since September 2026 too many are answered
429 with Retry-After (503 before that).

Nothing is written: who works for a company is decided there. Webhooks are left to the regular reading.
"""

from apps.connectors.auth_spec import AuthScheme, AuthSpec, SecretSpec
from apps.connectors.manifest import (
    ChangeRead,
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

PAGE = 50  # people are read one by one: so many to a page
LOOK_BACK_SECONDS = 120
BEGINNING = "2000-01-01T00:00:00Z"
FIELDS = (
    "employeeNumber",
    "displayName",
    "firstName",
    "lastName",
    "workEmail",
    "department",
    "division",
    "jobTitle",
    "location",
    "hireDate",
    "terminationDate",
    "status",
    "lastChanged",
)

EMPLOYEES = ObjectManifest(
    name="employees",
    label="Employees",
    canonical_type="Resource",
    version_field="lastChanged",
    natural_key="employeeNumber",
    fields=(
        FieldSpec("id", label="Employee id"),
        FieldSpec("employeeNumber", label="Employee number"),
        FieldSpec("displayName", label="Name"),
        FieldSpec("firstName", label="Given name"),
        FieldSpec("lastName", label="Family name"),
        FieldSpec("workEmail", label="Work e-mail"),
        FieldSpec("department", label="Department"),
        FieldSpec("division", label="Division"),
        FieldSpec("jobTitle", label="Job title"),
        FieldSpec("location", label="Location"),
        FieldSpec("hireDate", ValueKind.DATE, "Hired on"),
        FieldSpec("terminationDate", ValueKind.DATE, "Left on"),
        FieldSpec("status", ValueKind.CHOICE, "Status", choices=("Active", "Inactive")),
        FieldSpec("lastChanged", ValueKind.INSTANT, "Last changed"),
    ),
    reading=Reading(
        path="employees/changed",
        records_path="employees",
        change_read=ChangeRead.MODIFIED_SINCE,
        since_parameter="since",
        since_default=BEGINNING,
        paging=Paging(size=PAGE),
        overlap_seconds=LOOK_BACK_SECONDS,
        one_path=f"employees/{{key}}?fields={','.join(FIELDS)}",
        since_sorted=True,
    ),
    reading_lines=(
        MappingLine("id", "id", required=True, label="Person id"),
        MappingLine("employee_no", "employeeNumber", label="Personnel number"),
        MappingLine("name", "displayName", required=True, label="Name"),
        MappingLine("given", "firstName", label="Given name"),
        MappingLine("family", "lastName", label="Family name"),
        MappingLine("email", "workEmail", label="E-mail"),
        MappingLine("department", "department", label="Department"),
        MappingLine("job_title", "jobTitle", label="Job title"),
        MappingLine("location", "location", label="Location"),
        MappingLine("hired", "hireDate", label="Hired on"),
        MappingLine("left", "terminationDate", label="Left on"),
        MappingLine("active", "status", value_map={"Active": True, "Inactive": False}, label="Active"),
        MappingLine("updated_at", "lastChanged", label="Last changed"),
    ),
)

MANIFEST = SystemManifest(
    slug="bamboohr",
    name="BambooHR",
    category="HR",
    summary="The people of the company are read: who they are, where they work, and since when.",
    proof=ProofLabel.DOCUMENTATION,
    documentation="docs/connect/bamboohr.md",
    address="https://api.bamboohr.com/api/gateway.php/<company>/v1",
    auth=AuthSpec(AuthScheme.BASIC),
    secrets=(
        SecretSpec("username", "API key", "From the menu of your picture in BambooHR, “API Keys”."),
        SecretSpec("password", "Password", "Any text, for example x: BambooHR looks at the key alone."),
    ),
    rights=(
        "A user of its own whose access level may see employee number, names, work e-mail, department, division, job title, location, hire and termination date, and status.",
    ),
    objects=(EMPLOYEES,),
    test_path=f"employees/changed?since={BEGINNING}",
    limits=Limits(at_once=4, scope=LimitScope.ACCOUNT),
    formats=Formats(),
)
