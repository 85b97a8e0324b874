"""TimeTagger 26.1: what its API holds and how its records meet the canonical model.

Facts were taken from a running 26.1.3 (`make real` boots one; https://timetagger.readthedocs.io/en/latest/webapi/ says the same
in short): a token belongs to one person, whose records it opens; times are whole seconds since 1970; a record whose end is its
start still runs; a record that was deleted stays, its text beginning with HIDDEN; a tag is a word of the text that begins with #.
"""

from apps.connectors.auth_spec import AuthScheme, AuthSpec, SecretSpec
from apps.connectors.errors import BusinessClass, FailureKind
from apps.connectors.manifest import (
    ChangeRead,
    ErrorRule,
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

# A record is stamped when its storing begins and seen when it ends: so much of what was read is read again.
LOOK_BACK_SECONDS = 30

RECORDS = ObjectManifest(
    name="records",
    label="Records",
    canonical_type="TimeEntry",
    key_field="key",
    version_field="stored_at",
    natural_key="key",
    fields=(
        FieldSpec("key", label="Key"),
        FieldSpec("person", label="Person (from the connection's settings)"),
        FieldSpec("project", label="First tag"),
        FieldSpec("service", label="Second tag"),
        FieldSpec("note", label="Text without tags"),
        FieldSpec("day", ValueKind.DATE, "Day on which it began"),
        FieldSpec("t1", ValueKind.WHOLE, "Start, in seconds since 1970"),
        FieldSpec("t2", ValueKind.WHOLE, "End, in seconds since 1970"),
        FieldSpec("seconds", ValueKind.WHOLE, "Length in seconds"),
        FieldSpec("stored_at", ValueKind.INSTANT, "Stored at"),
    ),
    reading=Reading(
        path="updates",
        records_path="records",
        change_read=ChangeRead.DELTA_TOKEN,
        since_parameter="since",
        parameters={"since": "0"},
        paging=Paging(size=500),  # the answer is one; it is handed on in portions of this size
        overlap_seconds=LOOK_BACK_SECONDS,
    ),
    reading_lines=(
        MappingLine("id", "key", required=True, label="Key"),
        MappingLine("resource", "person", label="Person"),
        MappingLine("project", "project", label="Project"),
        MappingLine("service_item", "service", label="Service"),
        MappingLine("work_date", "day", label="Day of the work"),
        MappingLine("start_at", "t1", transforms=("epoch_seconds",), label="Start"),
        MappingLine("end_at", "t2", transforms=("epoch_seconds",), label="End"),
        MappingLine("hours", "seconds", transforms=("seconds_to_hours",), label="Hours"),
        MappingLine("note", "note", label="Note"),
        MappingLine("updated_at", "stored_at", label="Last changed"),
    ),
)

MANIFEST = SystemManifest(
    slug="timetagger",
    name="TimeTagger",
    category="Time",
    summary="TimeTagger: one person's time is read, with its tags as project and service.",
    proof=ProofLabel.REAL_SYSTEM,
    documentation="docs/connect/timetagger.md",
    address="https://<host>/timetagger/api/v2",
    auth=AuthSpec(AuthScheme.HEADER_KEY, header="authtoken"),
    secrets=(SecretSpec("api_key", "API token", "Of the person, from TimeTagger's account page."),),
    settings=(
        FieldSpec("person", label="Person whose time this is", required=True),
        FieldSpec("time_zone", label="Time zone of the person", required=True),
    ),
    rights=("The API token of the person whose time is read: it opens that person’s records and nobody else’s.",),
    objects=(RECORDS,),
    test_path="version",
    limits=Limits(at_once=2),
    error_rules=(
        ErrorRule(
            FailureKind.MISCONFIGURED,
            BusinessClass.CONNECTION,
            statuses=(404, 405),
            sentence=(
                "There is no TimeTagger at this address: its base address ends with /api/v2, as in "
                "https://time.example.com/timetagger/api/v2."
            ),
        ),
    ),
    deletes="tombstone",
    filters_strict=False,
)
