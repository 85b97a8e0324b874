"""SCIM 2.0: the people of any directory that speaks it, and how they meet the canonical model.

https://www.rfc-editor.org/rfc/rfc7643#section-4.1 and #section-4.3 (the enterprise extension). `make real` runs it
against scim2-server 0.8, an implementation of others. Filters are optional in the standard; this connector needs them for
`userName` and `meta.lastModified`, which most directories have.
"""

from apps.connectors.auth_spec import AuthScheme, AuthSpec, SecretSpec
from apps.connectors.errors import BusinessClass, FailureKind
from apps.connectors.manifest import (
    ChangeRead,
    ErrorRule,
    FieldSpec,
    Idempotency,
    InstantForm,
    Limits,
    MappingLine,
    ObjectManifest,
    ProofLabel,
    Reading,
    SystemManifest,
    ValueKind,
    WriteMode,
    Writing,
)
from apps.connectors.protocols.scim import PATCH, SCIM_ERRORS, scim_pages
from apps.connectors.sheet_terms import Concurrency, Formats

_PAGE = 100
_LOOK_BACK_SECONDS = 60
_NAME = (
    'has(r.displayName) && r.displayName != null && r.displayName != "" ? r.displayName : '
    'has(r.name) && has(r.name.formatted) && r.name.formatted != null && r.name.formatted != "" ? r.name.formatted : '
    '(has(r.name) && has(r.name.givenName) && r.name.givenName != null ? r.name.givenName : "") + " " + '
    "(has(r.name) && has(r.name.familyName) && r.name.familyName != null ? r.name.familyName : r.userName)"
)

USERS = ObjectManifest(
    name="users",
    label="Users",
    canonical_type="Resource",
    version_field="meta.lastModified",
    version_form=InstantForm.ISO,
    natural_key="userName",
    find_parameter="filter",
    find_template='userName eq "{key}"',
    find_joiner=" or ",
    find_at_once=10,
    fields=(
        FieldSpec("id", label="User id"),
        FieldSpec("userName", label="Name to sign in with", required=True),
        FieldSpec("displayName", label="Name"),
        FieldSpec("name.givenName", label="Given name"),
        FieldSpec("name.familyName", label="Family name"),
        FieldSpec("email", label="E-mail"),
        FieldSpec("title", label="Job title"),
        FieldSpec("active", ValueKind.YES_NO, "Active"),
        FieldSpec("enterprise.employeeNumber", label="Personnel number"),
        FieldSpec("enterprise.department", label="Department"),
        FieldSpec("enterprise.costCenter", label="Cost centre"),
        FieldSpec("enterprise.organization", label="Legal entity"),
        FieldSpec("meta.lastModified", ValueKind.INSTANT, "Last changed"),
    ),
    reading=Reading(
        path="Users",
        records_path="Resources",
        change_read=ChangeRead.MODIFIED_SINCE,
        since_parameter="filter",
        since_template='meta.lastModified ge "{since}"',
        paging=scim_pages(_PAGE),
        overlap_seconds=_LOOK_BACK_SECONDS,
        one_path="Users/{key}",
    ),
    writing=Writing(
        create_path="Users",
        update_path="Users/{key}",
        idempotency=Idempotency.OWN_KEY_FIELD,
        own_key_field="userName",
        concurrency=Concurrency.ETAG,
        undo_method="PATCH",
        undo_path="Users/{key}",
        undo_values={"schemas": [PATCH], "Operations": [{"op": "replace", "path": "active", "value": False}]},
    ),
    reading_lines=(
        MappingLine("id", "id", required=True, label="Person id"),
        MappingLine("employee_no", "enterprise.employeeNumber", label="Personnel number"),
        MappingLine("name", expression=_NAME, transforms=("trim",), required=True, label="Name"),
        MappingLine("given", "name.givenName", label="Given name"),
        MappingLine("family", "name.familyName", label="Family name"),
        MappingLine("email", "email", label="E-mail"),
        MappingLine("department", "enterprise.department", label="Department"),
        MappingLine("cost_center", "enterprise.costCenter", label="Cost centre"),
        MappingLine("legal_entity", "enterprise.organization", label="Legal entity"),
        MappingLine("job_title", "title", label="Job title"),
        MappingLine("active", "active", label="Active"),
        MappingLine("updated_at", "meta.lastModified", label="Last changed"),
    ),
    writing_lines=(
        # Who signs in with what is decided once: a new e-mail address must not lock a person out.
        MappingLine(
            "userName", "email", write_mode=WriteMode.SET_ON_CREATE, required=True, label="Name to sign in with"
        ),
        MappingLine("displayName", "name", label="Name"),
        MappingLine("name.givenName", "given", label="Given name"),
        MappingLine("name.familyName", "family", label="Family name"),
        MappingLine("email", "email", label="E-mail"),
        MappingLine("title", "job_title", label="Job title"),
        MappingLine("active", "active", label="Active"),
        MappingLine("enterprise.employeeNumber", "employee_no", label="Personnel number"),
        MappingLine("enterprise.department", "department", label="Department"),
        MappingLine("enterprise.costCenter", "cost_center", label="Cost centre"),
    ),
)


def _refused(business_class: BusinessClass, code: str, sentence: str, field: str = "") -> ErrorRule:
    return ErrorRule(FailureKind.REJECTED, business_class, code=code, field=field, sentence=sentence)


def _unable(code: str, sentence: str) -> ErrorRule:
    return ErrorRule(FailureKind.MISCONFIGURED, BusinessClass.VALIDATION, code=code, sentence=sentence)


# https://www.rfc-editor.org/rfc/rfc7644#section-3.12
RULES = (
    _refused(
        BusinessClass.DUPLICATE,
        "uniqueness",
        "The directory already has somebody with this name to sign in with. Link the two, or correct the e-mail.",
        "email",
    ),
    _refused(
        BusinessClass.VALIDATION,
        "invalidValue",
        "The directory refuses a value of this person, or needs one that is missing ({message}).",
    ),
    _refused(
        BusinessClass.VALIDATION,
        "mutability",
        "The directory does not let this be changed ({message}). Adapt the mapping.",
    ),
    _refused(
        BusinessClass.VALIDATION, "noTarget", "The directory has nothing there that could be changed ({message})."
    ),
    _refused(BusinessClass.VALIDATION, "invalidPath", "The directory does not know a field that is sent ({message})."),
    _unable("invalidFilter", "The directory cannot be asked by name or time of change, which this connection needs."),
    _unable("tooMany", "The directory holds more people than it answers at once: ask its administrator for more."),
)

MANIFEST = SystemManifest(
    slug="scim",
    name="SCIM 2.0",
    category="Identity",
    summary="Any directory that speaks SCIM 2.0: people are read, added, changed and deactivated.",
    proof=ProofLabel.REAL_SYSTEM,
    documentation="docs/connect/scim.md",
    address="https://<directory>/scim/v2",
    auth=AuthSpec(AuthScheme.BEARER),
    secrets=(
        SecretSpec("token", "Access token", "The bearer token that the directory gives for SCIM.", may_expire=True),
    ),
    rights=(
        "To read people: reading Users, with filters on userName and meta.lastModified.",
        "To add, change and deactivate people: POST and PATCH on Users.",
    ),
    objects=(USERS,),
    test_path="Users?count=1",
    limits=Limits(at_once=4),
    error_shape=SCIM_ERRORS,
    error_rules=RULES,
    formats=Formats(days=None),
)
