"""ADP Workforce Now: the people who are read, the hours that are written, and how both meet the canonical model.

Sign-in: an access token for client credentials, and a client certificate for every call, that for the token among them
(https://developers.adp.com/getting-started/key-concepts/access-tokens). Workers v2 with $top and $skip:
https://developers.adp.com/apis/api-explorer/hcm-offrg-wfn/hcm-offrg-wfn-hr-workers-v2-workers. Time entries are handed in as
events, "Time Entries Modify": an entry is added, modified or removed; an event about one person is answered at once, one
about several is taken for later. https://developers.adp.com/apis/api-explorer/hcm-offrg-wfn/hcm-offrg-wfn-time-time-cards-v2-time-cards

Not said there, and not proven: that the answer to an event repeats its entry with an id (where it does not, the entry is
looked for on the person's time card), the limits of calls, and the texts of refusals, whose patterns are in refusals.py.

An entry has no field for a number of ours and ADP takes a repeat for a second entry: a delivery in doubt waits for a person.
"""

from apps.connectors.auth_spec import AuthScheme, AuthSpec, SecretSpec
from apps.connectors.catalog.adp.refusals import RULES
from apps.connectors.manifest import (
    ChangeRead,
    FieldSpec,
    Idempotency,
    Limits,
    MappingLine,
    ObjectManifest,
    Paging,
    ProofLabel,
    Reading,
    SystemManifest,
    ValueKind,
    WriteMode,
    Writing,
)
from apps.connectors.protocols.rest_problems import PROBLEMS
from apps.connectors.sheet_terms import Concurrency, Formats, TimeForm

_WORKERS = "hr/v2/workers"
_PAGE = 100
REGULAR = "REGULAR"
MODIFY_PATH = "events/time/v2/time-entries.modify"
CARDS_PATH = "time/v2/workers/{key}/time-cards"

WORKERS = ObjectManifest(
    name="workers",
    label="Workers",
    canonical_type="Resource",
    key_field="associateOID",
    natural_key="number",
    fields=(
        FieldSpec("associateOID", label="Associate OID"),
        FieldSpec("number", label="Worker number"),
        FieldSpec("name", label="Name"),
        FieldSpec("given", label="Given name"),
        FieldSpec("family", label="Family name"),
        FieldSpec("email", label="Work e-mail"),
        FieldSpec("job_title", label="Job title"),
        FieldSpec("department", label="Department"),
        FieldSpec("hired", ValueKind.DATE, "Hired on"),
        FieldSpec("left", ValueKind.DATE, "Left on"),
        FieldSpec("status", label="Status"),
        FieldSpec("assignment", label="Primary work assignment"),
    ),
    reading=Reading(
        path=_WORKERS,
        records_path="workers",
        change_read=ChangeRead.FULL,
        paging=Paging(style="offset", size=_PAGE, size_parameter="$top", position_parameter="$skip", largest=_PAGE),
        one_path=f"{_WORKERS}/{{key}}",
        one_record_path="workers.0",
    ),
    reading_lines=(
        MappingLine("id", "associateOID", required=True, label="Person id"),
        MappingLine("employee_no", "number", label="Personnel number"),
        MappingLine("name", "name", required=True, label="Name"),
        MappingLine("given", "given", label="Given name"),
        MappingLine("family", "family", label="Family name"),
        MappingLine("email", "email", label="E-mail"),
        MappingLine("job_title", "job_title", label="Job title"),
        MappingLine("department", "department", label="Department"),
        MappingLine("hired", "hired", label="Hired on"),
        MappingLine("left", "left", label="Left on"),
        MappingLine("active", "status", value_map={"Active": True}, value_map_default=False, label="Active"),
    ),
)

TIME_ENTRIES = ObjectManifest(
    name="time_entries",
    label="Time entries",
    canonical_type="TimeEntry",
    natural_key="id",
    fields=(
        FieldSpec("id", label="Entry number"),
        FieldSpec("worker", label="Associate OID", required=True),
        FieldSpec("day", ValueKind.DATE, "Day", required=True),
        FieldSpec("hours", ValueKind.HOURS, "Hours", required=True),
        FieldSpec("pay_code", label="Pay code", required=True),
        FieldSpec("project", label="Labor code of the project"),
    ),
    reading=Reading(path="", change_read=ChangeRead.BY_NAME),
    writing=Writing(
        create_path=MODIFY_PATH,
        update_path=MODIFY_PATH,
        update_method="POST",
        idempotency=Idempotency.NONE,
        concurrency=Concurrency.LAST_WRITE_WINS,
        undo_method="POST",
        undo_path=MODIFY_PATH,
    ),
    reading_lines=(
        MappingLine("id", "id", required=True, label="Entry number"),
        MappingLine("resource", "worker", required=True, label="Person"),
        MappingLine("work_date", "day", required=True, label="Day of the work"),
        MappingLine("hours", "hours", required=True, label="Hours"),
        MappingLine("service_item", "pay_code", label="Pay code"),
        MappingLine("project", "project", label="Project"),
    ),
    writing_lines=(
        MappingLine(
            "worker",
            "resource",
            reference="Resource",
            write_mode=WriteMode.SET_ON_CREATE,
            required=True,
            label="Associate OID",
        ),
        MappingLine("day", "work_date", required=True, label="Day"),
        MappingLine("hours", "hours", required=True, label="Hours"),
        MappingLine("pay_code", default=REGULAR, label="Pay code"),
        MappingLine("project", "project", label="Labor code of the project"),
    ),
)

MANIFEST = SystemManifest(
    slug="adp",
    name="ADP Workforce Now",
    category="Payroll",
    summary="Hours are handed in for pay; the people of the company are read.",
    proof=ProofLabel.DOCUMENTATION,
    documentation="docs/connect/adp.md",
    address="https://api.adp.com",
    auth=AuthSpec(
        AuthScheme.CLIENT_CREDENTIALS,
        token_path="https://accounts.adp.com/auth/oauth/v2/token",  # noqa: S106  an address, no secret
        client_certificate=True,
    ),
    secrets=(
        SecretSpec("client_id", "Client id", "Of the project in the ADP developer portal."),
        SecretSpec("client_secret", "Client secret", "From the same page."),
        SecretSpec(
            "client_certificate",
            "Client certificate",
            "The certificate that ADP issued for your signing request, from BEGIN to END. It ends after some years.",
        ),
        SecretSpec(
            "client_key",
            "Private key of the certificate",
            "The key that the signing request was made with, from BEGIN to END, without a passphrase.",
        ),
    ),
    settings=(
        FieldSpec("project_category", label="Number of the labor category that takes the project (empty: none does)"),
    ),
    headers={"roleCode": "practitioner"},
    rights=(
        "The API “Workers v2” in the project, with the consent of the company’s ADP administrator.",
        "The API “Time Cards v2” with Time Entries Modify, where hours are written.",
    ),
    objects=(WORKERS, TIME_ENTRIES),
    test_path=f"{_WORKERS}?$top=1",
    limits=Limits(at_once=4),
    error_shape=PROBLEMS,
    error_rules=RULES,
    formats=Formats(hours=TimeForm.ISO_DURATION, zone=None),
)
