"""Zendesk Support, API v2: what it holds and how its records meet the canonical model.

Organizations and users: https://developer.zendesk.com/api-reference/ticketing/organizations/organizations/,
https://developer.zendesk.com/api-reference/ticketing/users/users/. Users are exported by what has changed, ten calls a minute, the
last minute left out: https://developer.zendesk.com/documentation/ticketing/managing-tickets/using-the-incremental-export-api.
Organizations are exported by time alone, without saying what becomes of more than a page of one second: they are listed and
compared instead. Written from documentation: no account of Zendesk has been called so far.
"""

from dataclasses import replace

from apps.connectors.auth_spec import AuthScheme, AuthSpec, SecretSpec
from apps.connectors.catalog.zendesk.refusals import RULES
from apps.connectors.manifest import (
    ChangeRead,
    FieldSpec,
    Idempotency,
    InstantForm,
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
from apps.connectors.sheet_terms import Formats, LimitScope
from apps.connectors.webhooks.vendors import ZENDESK

_CHANGED = "updated_at"


def _written(name: str, one: str) -> Writing:
    path = f"api/v2/{name}/{{key}}.json"
    return Writing(
        create_path=f"api/v2/{name}/create_or_update.json",
        update_path=path,
        update_method="PUT",
        record_path=one,
        key_path=f"{one}.id",
        idempotency=Idempotency.UPSERT_BY_EXTERNAL_ID,
        own_key_field="external_id",
        undo_method="DELETE",
        undo_path=path,
    )


ORGANIZATIONS = ObjectManifest(
    name="organizations",
    label="Organizations",
    canonical_type="Customer",
    page="/agent/organizations/{key}",
    version_field=_CHANGED,
    natural_key="external_id",
    fields=(
        FieldSpec("id", label="Record id"),
        FieldSpec("external_id", label="External id", max_length=255),
        FieldSpec("name", label="Name", required=True, max_length=255),
        FieldSpec("details", label="Details"),
        FieldSpec("notes", label="Notes"),
        FieldSpec("organization_fields", ValueKind.NESTED, "Own fields"),
        FieldSpec(_CHANGED, ValueKind.INSTANT, "Last changed"),
    ),
    reading=Reading(
        path="api/v2/organizations.json",
        records_path="organizations",
        change_read=ChangeRead.FULL,
        paging=Paging(
            style="link",
            size=100,
            size_parameter="page[size]",
            next_path="links.next",
            more_path="meta.has_more",
            largest=100,
        ),
        one_path="api/v2/organizations/{key}.json",
        one_record_path="organization",
    ),
    writing=_written("organizations", "organization"),
    reading_lines=(
        MappingLine("id", "id", required=True, label="Client id"),
        MappingLine("number", "external_id", label="Client number"),
        MappingLine("name", "name", required=True, label="Name"),
        MappingLine("updated_at", _CHANGED, label="Last changed"),
    ),
    writing_lines=(MappingLine("name", "name", required=True, label="Name"),),
)

USERS = ObjectManifest(
    name="users",
    label="Users",
    canonical_type="Contact",
    page="/agent/users/{key}",
    version_field=_CHANGED,
    natural_key="external_id",
    fields=(
        FieldSpec("id", label="Record id"),
        FieldSpec("external_id", label="External id", max_length=255),
        FieldSpec("name", label="Name", required=True),
        FieldSpec("email", label="E-mail"),
        FieldSpec("phone", label="Phone"),
        FieldSpec("role", ValueKind.CHOICE, "Role", choices=("end-user", "agent", "admin")),
        FieldSpec("organization_id", label="Organization"),
        FieldSpec("locale", label="Language"),
        FieldSpec("active", ValueKind.YES_NO, "Active"),
        FieldSpec("skip_verify_email", ValueKind.YES_NO, "Adds without a welcome e-mail"),
        FieldSpec("user_fields", ValueKind.NESTED, "Own fields"),
        FieldSpec(_CHANGED, ValueKind.INSTANT, "Last changed"),
    ),
    reading=Reading(
        path="api/v2/incremental/users/cursor.json",
        records_path="users",
        change_read=ChangeRead.MODIFIED_SINCE,
        since_parameter="start_time",
        since_form=InstantForm.SECONDS,
        since_default="0",
        paging=Paging(
            style="link",
            size=1000,
            size_parameter="per_page",
            next_path="after_url",
            end_path="end_of_stream",
            largest=1000,
        ),
        one_path="api/v2/users/{key}.json",
        one_record_path="user",
    ),
    writing=_written("users", "user"),
    reading_lines=(
        MappingLine("id", "id", required=True, label="Contact id"),
        MappingLine("name", "name", required=True, label="Name"),
        MappingLine("email", "email", label="E-mail"),
        MappingLine("phone", "phone", label="Phone"),
        MappingLine("role", "role", label="Role"),
        MappingLine("client", "organization_id", label="Client"),
        MappingLine("locale", "locale", label="Language"),
        MappingLine("active", "active", label="Active"),
        MappingLine("updated_at", _CHANGED, label="Last changed"),
    ),
    writing_lines=(
        MappingLine("name", "name", required=True, label="Name"),
        MappingLine("email", "email", label="E-mail"),
        MappingLine("phone", "phone", label="Phone"),
        MappingLine("organization_id", "client", reference="Customer", label="Organization"),
        # Nobody at the client is written to because a record was carried over.
        MappingLine("skip_verify_email", default=True, write_mode=WriteMode.SET_ON_CREATE, label="No welcome e-mail"),
    ),
)

MANIFEST = SystemManifest(
    slug="zendesk",
    name="Zendesk",
    category="Support",
    summary="Organizations and users are read and written.",
    proof=ProofLabel.DOCUMENTATION,
    documentation="docs/connect/zendesk.md",
    address="https://<subdomain>.zendesk.com",
    auth=AuthSpec(
        AuthScheme.CLIENT_CREDENTIALS,
        token_path="/oauth/tokens",  # noqa: S106  an address, no secret
        token_scope="read write",  # noqa: S106  a scope, no secret
        credentials_in_body=True,
    ),
    secrets=(
        SecretSpec("client_id", "Client identifier", "Of the OAuth client, from its page in the Admin Center."),
        SecretSpec("client_secret", "Client secret", "Zendesk shows it once, when the client is saved."),
    ),
    rights=(
        "To read: the scope read; users are exported to administrators only.",
        "To write and take back: the scope write, and an administrator or an agent who may add and change organizations and users.",
    ),
    objects=(ORGANIZATIONS, USERS),
    test_path="api/v2/users/me.json",
    identity_path="user.email",
    # Of the smallest plan.
    limits=Limits(
        calls=200, seconds=60, at_once=5, scope=LimitScope.ACCOUNT, remaining_header="X-Rate-Limit-Remaining"
    ),
    error_shape=PROBLEMS,
    error_rules=RULES,
    webhook=replace(ZENDESK, objects={"organization": "organizations", "user": "users"}),
    formats=Formats(days=None),
)
