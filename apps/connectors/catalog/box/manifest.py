"""Box: the folders of projects and how they meet the canonical workspace.

Paths and properties: the published contract (https://github.com/box/box-openapi). Items of a folder come sorted by type,
folders first (https://developer.box.com/reference/get-folders-id-items/): a page that holds fewer folders than asked for is
the last with any. Limit of 1,000 calls a minute and user:
https://developer.box.com/guides/api-calls/permissions-and-errors/rate-limits/.

A folder has no field for a number of ours, but names are there once: a project's folder is called by its code and name
("PRJ-0001 Cloud move"), and its description is the client's name.
"""

from dataclasses import replace

from apps.connectors.auth_spec import AuthScheme, AuthSpec, SecretSpec
from apps.connectors.catalog.box.refusals import RULES
from apps.connectors.manifest import (
    ChangeRead,
    ErrorShape,
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
    Writing,
)
from apps.connectors.sheet_terms import Concurrency, Formats, LimitScope
from apps.connectors.webhooks.vendors import BOX

_PAGE = 1000  # the largest that Box answers
_FIELDS = "id,type,name,description,item_status,owned_by,created_at,modified_at"

FOLDERS = ObjectManifest(
    name="folders",
    label="Folders",
    canonical_type="Workspace",
    version_field="modified_at",
    version_form=InstantForm.ISO,
    natural_key="name",
    fields=(
        FieldSpec("id", label="Folder id"),
        FieldSpec("name", label="Name", required=True, max_length=255),
        FieldSpec("description", label="Description", max_length=256),
        FieldSpec("item_status", ValueKind.CHOICE, "Status", choices=("active", "trashed", "deleted")),
        FieldSpec("owned_by.login", label="Owner's e-mail"),
        FieldSpec("modified_at", ValueKind.INSTANT, "Last changed"),
    ),
    reading=Reading(
        path=f"folders/{{parent}}/items?fields={_FIELDS}&sort=id&direction=ASC",
        records_path="entries",
        change_read=ChangeRead.FULL,
        paging=Paging(style="offset", size=_PAGE, largest=_PAGE, size_parameter="limit", position_parameter="offset"),
        one_path=f"folders/{{key}}?fields={_FIELDS}",
    ),
    # Taking back leaves a folder alone that somebody has put something into, and the trash can be undone.
    writing=Writing(
        create_path="folders",
        update_path="folders/{key}",
        update_method="PUT",
        idempotency=Idempotency.OWN_KEY_FIELD,
        own_key_field="name",
        concurrency=Concurrency.LAST_WRITE_WINS,
        undo_method="DELETE",
        undo_path="folders/{key}?recursive=false",
    ),
    reading_lines=(
        MappingLine("id", "id", required=True, label="Workspace number"),
        MappingLine("project", "name", transforms=("before: ",), label="Project"),
        MappingLine("name", "name", required=True, label="Name"),
        MappingLine("client_name", "description", label="Name of the client"),
        MappingLine("kind", default="folder", label="Kind"),
        MappingLine("owner", "owned_by.login", label="Owner"),
        MappingLine("url", "id", transforms=("prefix:https://app.box.com/folder/",), label="Address"),
        MappingLine(
            "state",
            "item_status",
            value_map={"active": "ready", "trashed": "archived", "deleted": "archived"},
            label="State",
        ),
        MappingLine("updated_at", "modified_at", label="Last changed"),
    ),
    writing_lines=(
        MappingLine("name", expression='r.project + " " + r.name', required=True, label="Name"),
        MappingLine("description", "client_name", label="Description"),
    ),
)

MANIFEST = SystemManifest(
    slug="box",
    name="Box",
    category="Workspaces",
    summary="Each project gets a folder for its files, under one folder that you choose.",
    proof=ProofLabel.PUBLISHED_CONTRACT,
    documentation="docs/connect/box.md",
    address="https://api.box.com/2.0",
    auth=AuthSpec(
        AuthScheme.CLIENT_CREDENTIALS,
        token_path="https://api.box.com/oauth2/token",  # noqa: S106  an address, no secret
        token_parameters={"box_subject_type": "enterprise", "box_subject_id": "{enterprise}"},
        credentials_in_body=True,
    ),
    secrets=(
        SecretSpec("client_id", "Client id", "Of the app, from its page “Configuration” in the developer console."),
        SecretSpec("client_secret", "Client secret", "From the same page."),
    ),
    settings=(
        FieldSpec("enterprise", label="Enterprise id", required=True),
        FieldSpec("parent", label="Id of the folder that holds the projects", required=True),
    ),
    rights=(
        "The app with App + Enterprise Access and the scope “Write all files and folders”, authorized by an administrator.",
        "To read folders: the app’s service account invited to the chosen folder as Viewer.",
        "To make and rename folders and move them to the trash: as Editor instead.",
    ),
    objects=(FOLDERS,),
    test_path="folders/{parent}?fields=id,name",
    identity_path="name",
    limits=Limits(calls=1000, seconds=60, at_once=8, scope=LimitScope.USER),
    error_shape=ErrorShape(),
    error_rules=RULES,
    formats=Formats(days=None),
    webhook=replace(BOX, objects={"folder": "folders"}),
)
