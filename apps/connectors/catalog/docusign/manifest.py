"""DocuSign eSignature, REST API v2.1: envelopes and how they meet the canonical contract.

Paths and properties: the published contract (https://github.com/docusign/OpenAPI-Specifications). Limits:
https://developers.docusign.com/platform/resource-limits/ (3,000 calls an hour and account, 500 in 30 seconds). Events:
https://developers.docusign.com/platform/webhooks/connect/.

Envelopes are listed by the time their status changed, so that is their version: a subject that is corrected in a draft is
noticed at the next change of status. Our own number stands in a text custom field of the envelope and is looked for before
one is made; how soon DocuSign finds a new envelope by it is nowhere said.
"""

from dataclasses import replace

from apps.connectors.auth_spec import AssertionSpec, AuthScheme, AuthSpec, SecretSpec
from apps.connectors.catalog.docusign.refusals import RULES
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
    WriteMode,
    Writing,
)
from apps.connectors.sheet_terms import Concurrency, Formats, LimitScope
from apps.connectors.webhooks.vendors import DOCUSIGN

ENVELOPES_PATH = "v2.1/accounts/{account}/envelopes"
BEGINNING = "2003-01-01T00:00:00Z"  # before DocuSign was; every list must begin somewhere
REFERENCE = "Reference"  # the name of the custom field that holds our number
VOID_REASON = "Taken back by the system that sent it."
_PAGE = 100
_LOOK_BACK_SECONDS = 120

# What the envelope is at DocuSign -> what the contract is.
STATES = {
    "created": "draft",
    "processing": "sent",
    "sent": "sent",
    "delivered": "sent",
    "correct": "sent",
    "signed": "sent",  # by some; the envelope is "completed" once all have
    "completed": "signed",
    "declined": "void",
    "voided": "void",
    "timedout": "void",
    "deleted": "void",
}

ENVELOPES = ObjectManifest(
    name="envelopes",
    label="Envelopes",
    canonical_type="Contract",
    key_field="envelopeId",
    version_field="statusChangedDateTime",
    version_form=InstantForm.ISO,
    natural_key="reference",
    find_parameter="custom_field",
    find_template=f"{REFERENCE}={{key}}",
    fields=(
        FieldSpec("envelopeId", label="Envelope id"),
        FieldSpec("reference", label="Our number", required=True, max_length=100),
        FieldSpec("emailSubject", label="Subject", required=True, max_length=100),
        FieldSpec("emailBlurb", label="Message", max_length=10_000),
        FieldSpec("status", ValueKind.CHOICE, "Status", choices=tuple(STATES)),
        FieldSpec("templateId", label="Template id", required=True),
        FieldSpec("signer.name", label="Name of who signs", required=True),
        FieldSpec("signer.email", label="E-mail of who signs", required=True),
        FieldSpec("sentDateTime", ValueKind.INSTANT, "Sent at"),
        FieldSpec("completedDateTime", ValueKind.INSTANT, "Completed at"),
        FieldSpec("voidedDateTime", ValueKind.INSTANT, "Voided at"),
        FieldSpec("voidedReason", label="Why it was voided"),
        FieldSpec("statusChangedDateTime", ValueKind.INSTANT, "Status changed at"),
    ),
    reading=Reading(
        path=ENVELOPES_PATH,
        records_path="envelopes",
        change_read=ChangeRead.MODIFIED_SINCE,
        since_parameter="from_date",
        parameters={
            "from_to_status": "changed",
            "order_by": "status_changed",
            "order": "asc",
            "include": "custom_fields,recipients",
        },
        paging=Paging(
            style="offset",
            size=_PAGE,
            size_parameter="count",
            position_parameter="start_position",
            total_path="totalSetSize",
        ),
        overlap_seconds=_LOOK_BACK_SECONDS,
        one_path=f"{ENVELOPES_PATH}/{{key}}?include=custom_fields,recipients",
        since_sorted=True,
    ),
    writing=Writing(
        create_path=ENVELOPES_PATH,
        update_path=f"{ENVELOPES_PATH}/{{key}}",
        update_method="PUT",
        idempotency=Idempotency.SEARCH_BEFORE_CREATE,
        key_path="envelopeId",
        concurrency=Concurrency.LAST_WRITE_WINS,
        own_key_field="reference",
        undo_method="PUT",
        undo_path=f"{ENVELOPES_PATH}/{{key}}",
        undo_values={"status": "voided", "voidedReason": VOID_REASON},
    ),
    reading_lines=(
        MappingLine("id", "envelopeId", required=True, label="Contract id"),
        MappingLine("number", "reference", label="Contract number"),
        MappingLine("name", "emailSubject", required=True, label="Name"),
        MappingLine("state", "status", value_map=STATES, required=True, label="State"),
        MappingLine("signer_name", "signer.name", label="Who signs"),
        MappingLine("signer_email", "signer.email", label="E-mail of who signs"),
        MappingLine("sent_at", "sentDateTime", label="Sent at"),
        MappingLine("signed_at", "completedDateTime", label="Signed at"),
        MappingLine("voided_at", "voidedDateTime", label="Voided at"),
        MappingLine("void_reason", "voidedReason", label="Why it was voided"),
        MappingLine("note", "emailBlurb", label="Note"),
        MappingLine("updated_at", "statusChangedDateTime", label="Last changed"),
    ),
    writing_lines=(
        MappingLine("reference", "number", write_mode=WriteMode.SET_ON_CREATE, required=True, label="Our number"),
        MappingLine("emailSubject", "name", required=True, label="Subject"),
        MappingLine("emailBlurb", "note", label="Message"),
        # A draft waits for a person at DocuSign; "sent" goes to who signs at once.
        MappingLine("status", write_mode=WriteMode.SET_ON_CREATE, default="created", label="Draft or sent"),
        MappingLine("templateId", "template", write_mode=WriteMode.SET_ON_CREATE, required=True, label="Template id"),
        MappingLine("signer.name", "signer_name", write_mode=WriteMode.SET_ON_CREATE, required=True, label="Who signs"),
        MappingLine(
            "signer.email",
            "signer_email",
            write_mode=WriteMode.SET_ON_CREATE,
            required=True,
            label="E-mail of who signs",
        ),
    ),
)

MANIFEST = SystemManifest(
    slug="docusign",
    name="DocuSign",
    category="Contracts",
    summary="Contracts are sent for signature from templates, and what became of them is read.",
    proof=ProofLabel.PUBLISHED_CONTRACT,
    documentation="docs/connect/docusign.md",
    address="https://<region>.docusign.net/restapi",
    auth=AuthSpec(
        AuthScheme.JWT_BEARER,
        token_path="https://{sign_in_host}/oauth/token",  # noqa: S106  an address, no secret
        token_scope="signature impersonation",  # noqa: S106  a scope, no secret
        assertion=AssertionSpec(audience="{sign_in_host}", scope_inside=True),
    ),
    secrets=(
        SecretSpec("client_id", "Integration key", "Of the app, from the page “Apps and Keys”."),
        SecretSpec("subject", "User id", "The id of the user the connection works as, from the same page."),
        SecretSpec("private_key", "Private key", "The RSA key that was made for the app, from BEGIN to END."),
    ),
    settings=(
        FieldSpec("sign_in_host", label="Sign-in host", required=True),
        FieldSpec("account", label="API account id", required=True),
        FieldSpec("signer_role", label="Role of who signs, as the templates name it"),
    ),
    rights=(
        "The consent of an administrator to the scopes signature and impersonation.",
        "A user of its own with the profile DS Sender, and the templates shared with it.",
        "To read envelopes of others: shared access to them.",
    ),
    objects=(ENVELOPES,),
    test_path=f"{ENVELOPES_PATH}?from_date={BEGINNING}&count=1",
    limits=Limits(
        calls=3000, seconds=3600, at_once=4, scope=LimitScope.ACCOUNT, remaining_header="X-RateLimit-Remaining"
    ),
    error_shape=ErrorShape(code_path="errorCode", message_path="message"),
    error_rules=RULES,
    formats=Formats(days=None),
    webhook=replace(DOCUSIGN, objects={"envelope": "envelopes", "recipient": "envelopes"}, account_setting="account"),
)
