"""Workday, REST service "common" version 1: the workers of a tenant and how they meet the canonical model.

Workers, their summary, `limit` (at most 100) and `offset`, `total`, and that empty values are left out of answers:
https://github.com/vvmc/vvmc.github.io, pages/mydoc/mydoc_rest_api_reference_workers.md, a copy of Workday's own reference page (the
original is open to customers only). There is no question for what has changed: everybody is read and compared.

Sign-in by a signed assertion for an integration system user: an API client with the grant type "Jwt Bearer Grant", whose assertion is
meant for "wd" (https://developer.workday.com, for customers; seen in open programs). No number of calls is published, and no header
tells it; too many are answered 429. Written from these pages, never run against a tenant: the names of fields beyond this summary
(days of coming and going, personnel number) differ by version and are left out. Nothing is written.
"""

from apps.connectors.auth_spec import AssertionSpec, AuthScheme, AuthSpec, SecretSpec
from apps.connectors.manifest import (
    ErrorShape,
    FieldSpec,
    Limits,
    MappingLine,
    ObjectManifest,
    Paging,
    ProofLabel,
    Reading,
    SystemManifest,
)
from apps.connectors.sheet_terms import Formats, LimitScope

_WORKERS = "ccx/api/v1/{tenant}/workers"

WORKERS = ObjectManifest(
    name="workers",
    label="Workers",
    canonical_type="Resource",
    natural_key="primaryWorkEmail",
    fields=(
        FieldSpec("id", label="Workday id"),
        FieldSpec("descriptor", label="Name"),
        FieldSpec("primaryWorkEmail", label="Work e-mail"),
        FieldSpec("businessTitle", label="Business title"),
        FieldSpec("primarySupervisoryOrganization.descriptor", label="Supervisory organization"),
    ),
    reading=Reading(
        path=_WORKERS,
        records_path="data",
        paging=Paging(
            style="offset",
            size=100,
            size_parameter="limit",
            position_parameter="offset",
            total_path="total",
            largest=100,
        ),
        # One worker alone comes in another view, with more about the person than is needed.
        one_path=f"{_WORKERS}/{{key}}?view=workerSummary",
    ),
    reading_lines=(
        MappingLine("id", "id", required=True, label="Person id"),
        MappingLine("name", "descriptor", required=True, label="Name"),
        MappingLine("email", "primaryWorkEmail", label="E-mail"),
        MappingLine("job_title", "businessTitle", label="Job title"),
        MappingLine("department", "primarySupervisoryOrganization.descriptor", label="Department"),
    ),
)

MANIFEST = SystemManifest(
    slug="workday",
    name="Workday",
    category="HR",
    summary="The workers of a tenant are read: who they are, what they do there, and in which organization.",
    proof=ProofLabel.DOCUMENTATION,
    documentation="docs/connect/workday.md",
    address="https://<host>.workday.com",
    auth=AuthSpec(
        AuthScheme.JWT_BEARER,
        token_path="/ccx/oauth2/{tenant}/token",  # noqa: S106  a path, no secret
        assertion=AssertionSpec(audience="wd"),
    ),
    secrets=(
        SecretSpec("client_id", "Client id", "Of the API client, as Workday shows it once it is registered."),
        SecretSpec("subject", "User name", "Of the integration system user that the connection works as."),
        SecretSpec("private_key", "Private key", "Of the certificate given to the API client, from BEGIN to END."),
    ),
    settings=(FieldSpec("tenant", label="Tenant, as in the address of your Workday", required=True),),
    rights=(
        "An API client with the grant type Jwt Bearer Grant and the scope (functional area) Staffing.",
        "An integration system user whose security group may view the domain Worker Data: Public Worker Reports.",
    ),
    objects=(WORKERS,),
    test_path=f"{_WORKERS}?limit=1",
    limits=Limits(at_once=4, scope=LimitScope.UNKNOWN),
    error_shape=ErrorShape(
        problems_path="errors",
        code_path="code",
        message_path="error",
        summary_code_path="code",
        summary_message_path="error",
    ),
    formats=Formats(zone=None, days=None),
)
