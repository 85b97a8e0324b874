"""What all systems of the sandbox have in common: how lists are read, and what they refuse alike."""

from collections.abc import Mapping
from typing import Any, TypedDict, Unpack

from apps.connectors.auth_spec import AuthScheme, AuthSpec, SecretSpec
from apps.connectors.describe_spec import DescribeSpec
from apps.connectors.errors import BusinessClass, FailureKind
from apps.connectors.manifest import (
    ChangeRead,
    ErrorRule,
    ErrorShape,
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
from apps.connectors.sheet_terms import Formats
from apps.connectors.webhook_spec import WebhookSpec

NO_COMPANY = ErrorRule(
    FailureKind.MISCONFIGURED,
    BusinessClass.CONNECTION,
    code="no_company",
    sentence="The sandbox has no such company: check the base address.",
)
DESCRIBE = DescribeSpec(
    path="describe/{object}",
    kinds={
        "number": ValueKind.DECIMAL,
        "money": ValueKind.MONEY,
        "date": ValueKind.DATE,
        "instant": ValueKind.INSTANT,
        "boolean": ValueKind.YES_NO,
        "choice": ValueKind.CHOICE,
        "nested": ValueKind.NESTED,
    },
    required_path="required",
    read_only_path="read_only",
    choices_path="choices",
    length_path="max_length",
)
_PAGING = Paging(
    style="page", size=200, size_parameter="size", position_parameter="page", total_path="total", largest=500
)


class ListParts(TypedDict, total=False):
    """What differs from list to list, as in ObjectManifest."""

    fields: tuple[FieldSpec, ...]
    reading_lines: tuple[MappingLine, ...]
    writing: Writing
    writing_lines: tuple[MappingLine, ...]


def list_of(
    name: str,
    label: str,
    canonical_type: str,
    *,
    known_by: str,
    records_path: str = "records",
    **parts: Unpack[ListParts],
) -> ObjectManifest:
    """Return one list of a sandbox system: changes by time, oldest first, looked up by the field `known_by`."""
    return ObjectManifest(
        name=name,
        label=label,
        canonical_type=canonical_type,
        version_field="modified_at",
        natural_key=known_by,
        find_parameter=known_by,
        find_at_once=50,
        reading=Reading(
            path=name,
            records_path=records_path,
            change_read=ChangeRead.MODIFIED_SINCE,
            since_parameter="modified_since",
            paging=_PAGING,
            one_path=f"{name}/{{key}}",
            since_sorted=True,
        ),
        **parts,
    )


def writing_to(path: str, *, takes_keys: bool, taken_back: Mapping[str, Any] | None = None) -> Writing:
    """Return how records that carry the caller's own number are written to a list.

    `takes_keys` says whether the system honours an Idempotency-Key. What was made is taken back by changing it to
    `taken_back`, or by removing it where that is None.
    """
    return Writing(
        create_path=path,
        update_path=f"{path}/{{key}}",
        idempotency=Idempotency.OWN_KEY_FIELD,
        idempotency_header="Idempotency-Key" if takes_keys else "",
        own_key_field="external_id",
        own_key_parameter="external_id",
        undo_method="DELETE" if taken_back is None else "PATCH",
        undo_path=f"{path}/{{key}}",
        undo_values=taken_back,
    )


def shown_invoices(*, records_path: str = "records", needs_project: bool) -> ObjectManifest:
    """Describe the invoices that a system only shows: the ERP writes them, who asks for one finds it here."""
    return list_of(
        "invoices",
        "Invoices",
        "Invoice",
        known_by="number",
        records_path=records_path,
        writing=writing_to("invoices", takes_keys=False, taken_back={"state": "void"}),
        fields=(
            FieldSpec("id", label="Record number"),
            FieldSpec("external_id", label="External number", max_length=200),
            FieldSpec("number", label="Invoice number", required=True, max_length=40),
            FieldSpec("sort", ValueKind.CHOICE, "Sort", choices=("invoice", "credit")),
            FieldSpec("project_code", label="Project code", required=needs_project),
            FieldSpec("client_name", label="Client"),
            FieldSpec("issued_on", ValueKind.DATE, "Day of the invoice"),
            FieldSpec("due_on", ValueKind.DATE, "Due on"),
            FieldSpec("amount", ValueKind.MONEY, "Amount with tax"),
            FieldSpec("open_amount", ValueKind.MONEY, "Still to be paid"),
            FieldSpec("currency", label="Currency"),
            FieldSpec(
                "state",
                ValueKind.CHOICE,
                "State",
                required=True,
                choices=("draft", "approved", "posted", "sent", "part_paid", "paid", "void"),
            ),
            FieldSpec("blocked", ValueKind.YES_NO, "Blocked"),
            FieldSpec("blocked_because", label="Why it is blocked", max_length=200),
            FieldSpec("modified_at", ValueKind.INSTANT, "Modified at"),
        ),
        # It only shows them: the one who pays is known by name, and no flow begins here.
        writing_lines=(
            MappingLine("external_id", "id", write_mode=WriteMode.SET_ON_CREATE, label="External number"),
            MappingLine("number", "number", required=True, label="Invoice number"),
            MappingLine("sort", "kind", default="invoice", label="Sort"),
            MappingLine("project_code", "project", required=needs_project, label="Project code"),
            MappingLine("client_name", "client_name", label="Client"),
            MappingLine("issued_on", "issue_date", label="Day of the invoice"),
            MappingLine("due_on", "due_date", label="Due on"),
            MappingLine("amount", expression="has(r.gross) ? r.gross : r.net", label="Amount with tax"),
            MappingLine("open_amount", "open_amount", label="Still to be paid"),
            MappingLine("currency", "currency", label="Currency"),
            MappingLine("state", "state", required=True, label="State"),
            # An empty reason is not sent: that nothing stops the invoice any more has to be said.
            MappingLine("blocked", expression="has(r.block_reason)", label="Blocked"),
            MappingLine("blocked_because", "block_reason", transforms=("shorten:200",), label="Why it is blocked"),
        ),
    )


def sandbox_system(  # noqa: PLR0913  each is one fact of a system, all by name
    slug: str,
    name: str,
    *,
    category: str,
    summary: str,
    objects: tuple[ObjectManifest, ...],
    rights: str,
    formats: Formats,
    error_rules: tuple[ErrorRule, ...],
    at_once: int = 6,
    webhook: WebhookSpec | None = None,
) -> SystemManifest:
    """Return the manifest of a sandbox system: one token opens it, `whoami` says whose company it is."""
    return SystemManifest(
        slug=slug,
        name=name,
        category=category,
        summary=summary,
        proof=ProofLabel.SIMULATED,
        documentation="docs/sandbox.md",
        auth=AuthSpec(AuthScheme.BEARER),
        secrets=(SecretSpec("token", "Access token", "Shown once when the sandbox company is made."),),
        objects=objects,
        rights=(rights,),
        test_path="whoami",
        identity_path="company",
        account_path="company",
        rights_path="rights" if any(spec.writing for spec in objects) else "",
        limits=Limits(at_once=at_once),
        error_shape=ErrorShape(problems_path="error.problems"),
        error_rules=error_rules,
        webhook=webhook,
        describe=DESCRIBE,
        formats=formats,
    )


def refused(code: str, business_class: BusinessClass, sentence: str, field: str = "") -> ErrorRule:
    """Return the rule for one record that the system refuses for its own sake."""
    return ErrorRule(FailureKind.REJECTED, business_class, code=code, field=field, sentence=sentence)


def gone(system: str, record: str) -> ErrorRule:
    """Return the rule for a change of something that is not there any more; `system` as it stands inside a sentence."""
    sentence = f"The {record} to change no longer exists in {system}. Check whether somebody deleted it there."
    return refused("not_found", BusinessClass.MISSING_REFERENCE, sentence)


def taken_before(system: str, record: str = "record") -> ErrorRule:
    """Return the rule for an idempotency key that was used with other content; `system` begins the sentence."""
    sentence = f"{system} has already taken an earlier version of this {record}. Compare both, then send it again."
    return refused("idempotency_conflict", BusinessClass.CONFLICT, sentence)


def no_number(system: str, record: str = "record") -> ErrorRule:
    """Return the rule for a figure that is none; `system` as it stands inside a sentence."""
    sentence = f"{{value}} is not a number {system} takes for {{field}}. Correct it on the {record}."
    return refused("invalid_number", BusinessClass.PARSE, sentence)


def common_refusals(system: str, *, record: str = "record") -> tuple[ErrorRule, ...]:
    """Return what every writable system of the sandbox refuses; `system` is its name in sentences: "The ERP"."""
    return (
        refused(
            "missing_field",
            BusinessClass.VALIDATION,
            f"{system} needs {{field}}, which is empty. Fill it in on the {record}.",
        ),
        refused(
            "too_long",
            BusinessClass.TOO_LARGE,
            f"The text for {{field}} is longer than {_inside(system)} allows. Shorten it.",
        ),
        refused(
            "invalid_choice",
            BusinessClass.MAPPING_GAP,
            f"{{value}} is none of the values {_inside(system)} takes for {{field}}. Map it to one of them.",
        ),
        ErrorRule(
            FailureKind.MISCONFIGURED,
            BusinessClass.SCHEMA_DRIFT,
            code="unknown_field",
            sentence=f"{system} no longer knows a field that is sent to it: {{message}}. Adapt the mapping.",
        ),
        NO_COMPANY,
    )


def _inside(system: str) -> str:
    return system[0].lower() + system[1:]
