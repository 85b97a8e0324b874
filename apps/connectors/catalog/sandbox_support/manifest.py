"""The sandbox support desk: organisations that are looked after, their people, and tickets are written and read."""

from apps.connectors.errors import BusinessClass
from apps.connectors.manifest import (
    FieldSpec,
    MappingLine,
    ValueKind,
    WriteMode,
)
from apps.connectors.sandbox_family import (
    common_refusals,
    gone,
    list_of,
    refused,
    sandbox_system,
    taken_before,
    writing_to,
)
from apps.connectors.sheet_terms import Formats

_ORGANIZATIONS = list_of(
    "organizations",
    "Organizations",
    "Customer",
    known_by="name",
    writing=writing_to("organizations", takes_keys=True, taken_back={"active": False}),
    fields=(
        FieldSpec("id", label="Organization number"),
        FieldSpec("external_id", label="External number", max_length=200),
        FieldSpec("name", label="Name", required=True, max_length=120),
        FieldSpec("country", label="Country"),
        FieldSpec("level", ValueKind.CHOICE, "Level", choices=("basic", "standard", "premium")),
        FieldSpec("note", label="Note", max_length=500),
        FieldSpec("active", ValueKind.YES_NO, "Active"),
        FieldSpec("modified_at", ValueKind.INSTANT, "Modified at"),
    ),
    reading_lines=(
        MappingLine("id", "id", required=True),
        MappingLine("name", "name", required=True),
        MappingLine("country", "country"),
        MappingLine("updated_at", "modified_at"),
    ),
    writing_lines=(
        MappingLine("name", "name", transforms=("shorten:120",), required=True, label="Name"),
        MappingLine("country", "country", label="Country"),
        MappingLine("level", default="standard", write_mode=WriteMode.SET_ON_CREATE, label="Level"),
    ),
)

_CONTACTS = list_of(
    "contacts",
    "Contacts",
    "Contact",
    known_by="email",
    writing=writing_to("contacts", takes_keys=True, taken_back={"active": False}),
    fields=(
        FieldSpec("id", label="Contact number"),
        FieldSpec("external_id", label="External number", max_length=200),
        FieldSpec("email", label="E-mail", required=True, max_length=120),
        FieldSpec("name", label="Name", required=True, max_length=120),
        FieldSpec("phone", label="Phone", max_length=40),
        FieldSpec("organization", label="Organization number"),
        FieldSpec("locale", label="Language"),
        FieldSpec("active", ValueKind.YES_NO, "Active"),
        FieldSpec("modified_at", ValueKind.INSTANT, "Modified at"),
    ),
    reading_lines=(
        MappingLine("id", "id", required=True),
        MappingLine("name", "name"),
        MappingLine("email", "email"),
        MappingLine("phone", "phone"),
        MappingLine("client", "organization"),
        MappingLine("locale", "locale"),
        MappingLine("active", "active"),
        MappingLine("updated_at", "modified_at"),
    ),
    writing_lines=(
        MappingLine("email", "email", transforms=("lower",), required=True, label="E-mail"),
        MappingLine("name", "name", required=True, label="Name"),
        MappingLine("phone", "phone", label="Phone"),
        MappingLine("organization", "client", reference="Customer", label="Organization number"),
        MappingLine("locale", "locale", label="Language"),
        MappingLine("active", "active", default=True, label="Active"),
    ),
)

# A ticket is a piece of work with a day by which it should be done; what is taken back is solved.
_TICKETS = list_of(
    "tickets",
    "Tickets",
    "Task",
    known_by="id",
    writing=writing_to("tickets", takes_keys=True, taken_back={"state": "solved"}),
    fields=(
        FieldSpec("id", label="Ticket number"),
        FieldSpec("external_id", label="External number", max_length=200),
        FieldSpec("subject", label="Subject", required=True, max_length=200),
        FieldSpec("project", label="Project code", required=True, max_length=40),
        FieldSpec("priority", ValueKind.CHOICE, "Priority", choices=("low", "normal", "high")),
        FieldSpec("state", ValueKind.CHOICE, "State", choices=("open", "solved")),
        FieldSpec("due_on", ValueKind.DATE, "Due on"),
        FieldSpec("note", label="Note", max_length=500),
        FieldSpec("modified_at", ValueKind.INSTANT, "Modified at"),
    ),
    reading_lines=(
        MappingLine("id", "id", required=True),
        MappingLine("project", "project"),
        MappingLine("code", "id"),
        MappingLine("name", "subject", required=True),
        MappingLine("ends", "due_on"),
        MappingLine("done", "state", value_map={"open": 0, "solved": 1}),
        MappingLine("updated_at", "modified_at"),
    ),
    writing_lines=(
        MappingLine("subject", "name", transforms=("shorten:200",), required=True, label="Subject"),
        MappingLine("project", "project", required=True, label="Project code"),
        MappingLine("priority", default="high", write_mode=WriteMode.SET_ON_CREATE, label="Priority"),
        MappingLine("state", expression='has(r.done) && r.done >= 1.0 ? "solved" : "open"', label="State"),
        MappingLine("due_on", "ends", label="Due on"),
    ),
)


MANIFEST = sandbox_system(
    "sandbox_support",
    "Sandbox support",
    category="Support",
    summary="A simulated support desk with organisations, their people and tickets, for trying things out.",
    objects=(_ORGANIZATIONS, _CONTACTS, _TICKETS),
    rights="The right to read organisations, contacts and tickets, and the right “write” to make and change them.",
    error_rules=(
        refused(
            "unknown_organization",
            BusinessClass.MISSING_REFERENCE,
            "The support desk knows no organisation {value}. Create it there first, or correct it on the contact.",
            "client",
        ),
        refused(
            "invalid_email",
            BusinessClass.PARSE,
            "{value} is no e-mail address. Correct it on the contact.",
            "email",
        ),
        refused(
            "invalid_date",
            BusinessClass.PARSE,
            "{value} is no day the support desk can read. Correct {field} on the task.",
        ),
        refused(
            "invalid_country",
            BusinessClass.VALIDATION,
            "The support desk knows no country {value}: it takes two capital letters such as DE. Correct it on the client.",
            "country",
        ),
        refused(
            "duplicate",
            BusinessClass.DUPLICATE,
            "The support desk already has {value}. Check whether it is the same one before a second is made.",
        ),
        taken_before("The support desk"),
        gone("the support desk", "record"),
        *common_refusals("The support desk"),
    ),
    formats=Formats(days=None),
)
