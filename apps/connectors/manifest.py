"""What a connector declares about its system, as frozen typed data that code, screens and tests read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from apps.connectors.auth_spec import AuthSpec, SecretSpec
from apps.connectors.describe_spec import DescribeSpec
from apps.connectors.errors import BusinessClass, FailureKind
from apps.connectors.graphql_spec import GraphQLRecord, GraphQLSpec
from apps.connectors.odata_spec import ODataSpec
from apps.connectors.sheet_terms import Acknowledgement, BatchAnswer, Concurrency, Formats, LimitScope, Transport
from apps.connectors.soap_spec import SoapSpec
from apps.connectors.webhook_spec import WebhookSpec


class ProofLabel(StrEnum):
    """How far the connector is proven; shown to people as it is."""

    REAL_SYSTEM = "runs against the real system"
    PUBLISHED_CONTRACT = "checked against the vendor's published contract"
    DOCUMENTATION = "written from documentation"
    SIMULATED = "talks to a simulated system"
    # Of systems that a partner describes itself (private/).
    TRIED_LIVE = "tried against the live address"
    DRAFTED = "drafted by the partner, not proven"


class ValueKind(StrEnum):
    """Types of fields, canonical and outside alike."""

    TEXT = "text"
    WHOLE = "whole"
    DECIMAL = "decimal"
    MONEY = "money"
    HOURS = "hours"
    DATE = "date"
    INSTANT = "instant"
    YES_NO = "yes_no"
    CHOICE = "choice"
    REFERENCE = "reference"
    NESTED = "nested"


class WriteMode(StrEnum):
    """What delivery does with a value the target may already have."""

    OVERWRITE = "overwrite"
    FILL_EMPTY = "fill_empty"
    SET_ON_CREATE = "set_on_create"
    APPEND = "append"


@dataclass(frozen=True, slots=True)
class MappingLine:
    """How one target field gets its value. Exactly one of `source` and `expression` may be set.

    `source` is a dotted path into the source record ("custom.region"); `transforms` are named functions applied in
    order, each written "name" or "name:argument" ("date_format:%d.%m.%Y"); `value_map` translates the result
    (an unmapped value is a mapping gap unless `value_map_default` is set); `default` replaces a missing value;
    `expression` is CEL over the variable `r` (the source record). `reference` names the canonical type whose target id
    the value must be turned into ("Project"): the engine resolves it through links and the connector's `find`. `checks`
    are named demands on the result, each written as a transform is ("at_most:24"); a value that fails one is not sent.
    """

    target: str
    source: str = ""
    transforms: tuple[str, ...] = ()
    value_map: Mapping[str, Any] | None = None
    value_map_default: Any = None
    default: Any = None
    expression: str = ""
    write_mode: WriteMode = WriteMode.OVERWRITE
    required: bool = False
    reference: str = ""
    label: str = ""
    checks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field of an outside object."""

    name: str
    kind: ValueKind = ValueKind.TEXT
    label: str = ""
    required: bool = False
    choices: tuple[str, ...] = ()
    max_length: int | None = None


@dataclass(frozen=True, slots=True)
class Paging:
    """How lists are paged. `style` is "page", "offset", "link", "link_header" (RFC 8288), "token" or "none"."""

    style: str = "none"
    size: int = 100
    size_parameter: str = ""
    position_parameter: str = ""
    next_path: str = ""  # where the answer holds the next link or token
    total_path: str = ""
    total_header: str = ""  # the header that says how many records there are, for systems that say it there
    first: int = 1  # the number of the first page
    first_record: int = 0  # the number of the first record where pages go by offset: 1 at systems that count from one
    more_path: str = ""  # where the answer says whether more follows
    end_path: str = ""  # where the answer says that this is the end
    largest: int = 0  # the largest page the system hands out; 0: it does not say
    stable: bool = False  # True: the list stays as it was at its first page, whatever changes meanwhile


class InstantForm(StrEnum):
    """How a system writes an instant. AS_IS leaves its text alone: right where that sorts and comes back unchanged."""

    AS_IS = "as_is"
    ISO = "iso"  # 2026-11-21T10:15:30Z
    ISO_MILLIS = "iso_millis"  # 2026-11-21T10:15:30.123Z
    ISO_OFFSET = "iso_offset"  # 2026-11-21T10:15:30.123+0000
    SPACED = "spaced"  # 2026-11-21 10:15:30, in UTC
    DATE = "date"  # 2026-11-21
    SECONDS = "seconds"  # since 1970
    MILLISECONDS = "milliseconds"  # since 1970
    HTTP_DATE = "http_date"  # Sat, 21 Nov 2026 10:15:30 GMT
    DOTNET = "dotnet"  # /Date(1573755038314)/, also with +0000 before the bracket


class ChangeRead(StrEnum):
    """How changed records are found."""

    MODIFIED_SINCE = "modified_since"
    WINDOW_RESCAN = "window_rescan"
    DELTA_TOKEN = "delta_token"  # noqa: S105  a way of reading, not a secret
    FULL = "full"
    BY_NAME = "by_name"  # nothing is listed: single records are looked up
    NEW_FILES = "new_files"  # files that were not there before
    ANNOUNCED = "announced"  # nothing is listed or looked up: records come with the events that announce them


@dataclass(frozen=True, slots=True)
class Reading:
    """How the records of one object are read."""

    path: str
    records_path: str = ""  # dotted path to the list in the answer; "" when the answer is the list
    change_read: ChangeRead = ChangeRead.FULL
    since_parameter: str = ""
    since_form: InstantForm = InstantForm.AS_IS
    since_template: str = "{since}"  # how it is written into the parameter: 'lastUpdated ge "{since}"'
    since_in_header: bool = False  # `since_parameter` names a header: If-Modified-Since
    since_default: str = ""  # what is sent before anything was read, for systems that demand a beginning
    parameters: Mapping[str, str] = field(default_factory=dict)
    paging: Paging = field(default_factory=Paging)
    rescan_days: int = 0
    first_whole: bool = False  # of a window: the first reading takes everything, only later ones just the last days
    overlap_seconds: int = 0
    one_path: str = ""  # with {key}; reads one record by the system's own id
    one_record_path: str = ""  # dotted path to the record in that answer; "" when the answer is the record
    # True when lists come oldest change first: the reading then walks by time and no shifting page can hide a record.
    since_sorted: bool = False

    @property
    def is_list(self) -> bool:
        """True when there is a list to be read; False where records are only looked up, or only announced."""
        return self.change_read not in {ChangeRead.BY_NAME, ChangeRead.ANNOUNCED}

    @property
    def lists_everything(self) -> bool:
        """True when a reading from the beginning meets every record there is: only then does a missing one tell anything."""
        if self.change_read is ChangeRead.WINDOW_RESCAN:
            return self.first_whole
        return self.change_read not in {ChangeRead.BY_NAME, ChangeRead.NEW_FILES, ChangeRead.ANNOUNCED}


class Idempotency(StrEnum):
    """What protects a repeated write."""

    UPSERT_BY_EXTERNAL_ID = "upsert_by_external_id"
    KEY_HEADER = "key_header"
    OWN_KEY_FIELD = "own_key_field"
    SEARCH_BEFORE_CREATE = "search_before_create"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class LateAnswer:
    """How a system that takes a record first (202) tells later what became of it.

    It says where to ask: in `place_header`, else at `place_path` of its answer. That is an address of its own host (one
    from "/" is below the connection's base address with `place_below_base`), or a number that belongs in `ask_path` (with {key}). Its answers there have a word at `state_path`; with "" the status tells:
    one of `taken_statuses` is not decided yet. What it refuses is read by the manifest's ErrorShape and rules, from what
    lies at `problem_path` ("" : the whole answer). `ask_seconds` and `longest_seconds` are the first wait and the longest,
    where the system does not say when to come back; after `give_up_hours` a person looks.
    """

    taken_statuses: tuple[int, ...] = (202,)
    place_header: str = "Location"
    place_path: str = ""
    ask_path: str = ""
    place_below_base: bool = False
    state_path: str = "status"
    running: tuple[str, ...] = ("notStarted", "running")
    done: tuple[str, ...] = ("succeeded",)
    failed: tuple[str, ...] = ("failed",)
    key_path: str = ""  # where the last answer holds the record's id; "" where it is known when the record is taken
    problem_path: str = ""
    ask_seconds: int = 5
    longest_seconds: int = 300
    give_up_hours: int = 24


@dataclass(frozen=True, slots=True)
class Writing:
    """How records of one object are written."""

    create_path: str
    update_path: str = ""  # with {key}; "" when the system has no update
    update_method: str = "PATCH"
    batch_path: str = ""  # "" when records go one by one
    batch_size: int = 1
    idempotency: Idempotency = Idempotency.NONE
    idempotency_header: str = ""
    key_path: str = "id"  # where the answer holds the record's id
    own_key_field: str = ""  # outside field that carries our business key
    own_key_parameter: str = ""  # query parameter of the list that takes our keys; "" : the one that takes natural keys
    # A batch is {batch_records_path: [record, ...]}, answered by {batch_results_path: [result, ...]}. Each result names
    # its record by `batch_position_path` ("" when results come in the order sent), its status and its record or problem.
    batch_records_path: str = "records"
    batch_results_path: str = "results"
    batch_position_path: str = ""
    batch_status_path: str = "status"
    batch_key_field: str = ""  # field of each batch record that carries its idempotency key
    batch_target_field: str = ""  # field of each batch record that names the record to change; "" : batches only create
    # How a record that was created is taken back: one call to `undo_path` (with {key}), with `undo_values` as its body.
    undo_method: str = ""  # "DELETE", "PATCH" or "POST"; "" when nothing written can be taken back
    undo_path: str = ""
    undo_values: Mapping[str, Any] | None = None
    create_method: str = "POST"
    created_statuses: tuple[int, ...] = (201,)  # answers to a creation that say: made anew
    record_path: str = ""  # where the record stands in the body of a single write: "ticket", "Contacts.0"
    only_at_creation: tuple[str, ...] = ()  # fields that a change may not carry
    # Fields that a change must carry as the record holds them now (a version it was made on, say): it is read first.
    repeat_fields: tuple[str, ...] = ()
    keys_kept_hours: int = 24  # how long the system remembers an idempotency key
    batch_answer: BatchAnswer = BatchAnswer.PER_RECORD
    acknowledgement: Acknowledgement = Acknowledgement.AT_ONCE
    concurrency: Concurrency | None = None  # None: what follows from how changes are sent
    late_answer: LateAnswer | None = None  # with Acknowledgement.OPERATION

    @property
    def keys_trusted(self) -> timedelta:
        """How long a repeat under the same idempotency key is taken for safe: half of what the system promises."""
        return timedelta(hours=self.keys_kept_hours / 2)

    @property
    def tells_repeats(self) -> bool:
        """True when a creation sent twice can be told from a new record, by the system itself or by looking for it.

        What is still being worked on cannot be found by looking.
        """
        by_looking_alone = self.idempotency is Idempotency.SEARCH_BEFORE_CREATE
        return self.idempotency is not Idempotency.NONE and not (by_looking_alone and self.late_answer is not None)

    @property
    def can_undo(self) -> bool:
        """True when the system lets us take back what we created."""
        return bool(self.undo_method and self.undo_path)


@dataclass(frozen=True, slots=True)
class ObjectManifest:
    """One kind of record of the outside system and how it meets the canonical model.

    Names of fields may be dotted ("properties.name"): they are read by path and written as nested objects.

    `reading_lines` turn the outside record into the canonical one; `writing_lines` turn the canonical one into the
    outside record and are the lowest mapping layer of every flow that writes here.
    """

    name: str
    label: str
    canonical_type: str
    key_field: str = "id"
    version_field: str = ""  # "" means: the content's fingerprint is the version
    # Any other form than AS_IS is turned into ISO with Z and milliseconds, so that versions sort and spans can be read.
    version_form: InstantForm = InstantForm.AS_IS
    natural_key: str = ""  # outside field by which `find` looks a record up
    find_parameter: str = ""  # query parameter of the list that takes natural keys; "" when the list has none
    find_at_once: int = 1  # how many keys the parameter takes
    find_joiner: str = ","  # what stands between them
    find_template: str = "{key}"  # how one is written: 'email eq "{key}"'; quotes in it are escaped with a backslash
    fields: tuple[FieldSpec, ...] = ()
    reading: Reading | None = None
    writing: Writing | None = None
    reading_lines: tuple[MappingLine, ...] = ()
    writing_lines: tuple[MappingLine, ...] = ()
    graphql: GraphQLRecord | None = None  # what its schema says of it, for systems that speak GraphQL
    page: str = ""  # where people see one of them, on the host of the connection's address: "/issues/{key}"; "" unknown


@dataclass(frozen=True, slots=True)
class ErrorRule:
    """One line of a system's error adapter: the first rule that matches decides.

    `statuses` empty means any; `code` is matched exactly against the answer's error code, `pattern` is a regular
    expression searched in its text. `field` names the canonical field to blame, `sentence` is the finance person's
    sentence, with {message} and {field} available.
    """

    kind: FailureKind
    business_class: BusinessClass
    statuses: tuple[int, ...] = ()
    code: str = ""
    pattern: str = ""
    field: str = ""
    sentence: str = "{message}"


@dataclass(frozen=True, slots=True)
class ErrorShape:
    """Where an error answer keeps its parts, as dotted paths; lists are walked."""

    problems_path: str = ""  # list of single problems; "" when the answer is one problem
    code_path: str = "code"
    message_path: str = "message"
    field_path: str = "field"
    # Where an answer that lists no single problems says its one; both from the root of the answer.
    summary_code_path: str = ""
    summary_message_path: str = ""
    by_field_path: str = ""  # where the answer holds messages under the names of their fields: {"name": "Too long."}


@dataclass(frozen=True, slots=True)
class Limits:
    """What the system allows. `calls` per `seconds`, `at_once` in flight; None means no published limit."""

    calls: int | None = None
    seconds: int = 60
    at_once: int = 16
    scope: LimitScope = LimitScope.UNKNOWN
    remaining_header: str = ""  # the header of an answer that says how many calls are left


@dataclass(frozen=True, slots=True)
class SystemManifest:
    """One outside system: the single source for its screens, its connector and its capability sheet.

    `settings` are plain, non-secret values of a connection besides its base address (a company number, say). `rights` are
    the exact rights that the account behind the secrets needs there, one sentence each.
    """

    slug: str
    name: str
    category: str  # "PSA", "ERP", "Time", ...
    summary: str
    proof: ProofLabel
    documentation: str
    auth: AuthSpec
    objects: tuple[ObjectManifest, ...]
    secrets: tuple[SecretSpec, ...] = ()
    settings: tuple[FieldSpec, ...] = ()
    rights: tuple[str, ...] = ()
    # The address of its API where everybody has the same one, else its form: "https://<subdomain>.zendesk.com".
    address: str = ""
    test_path: str = ""  # a cheap read that proves address and sign-in
    identity_path: str = ""  # where the answer of `test_path` says who is signed in
    account_path: str = ""  # where it says whose records these are: the company, the tenant
    rights_path: str = ""  # where the answer of `test_path` lists what the sign-in may do
    write_right: str = "write"  # the entry of that list that allows writing
    headers: Mapping[str, str] = field(default_factory=dict)  # sent with every call; may name settings: "{tenant}"
    limits: Limits = field(default_factory=Limits)
    error_shape: ErrorShape = field(default_factory=ErrorShape)
    error_rules: tuple[ErrorRule, ...] = ()
    webhook: WebhookSpec | None = None
    odata: ODataSpec | None = None
    graphql: GraphQLSpec | None = None  # its paths then name fields of the schema
    soap: SoapSpec | None = None
    describe: DescribeSpec | None = None  # where the system tells its own fields
    deletes: str = "absent"
    filters_strict: bool = True
    formats: Formats | None = None  # None: nobody has looked it up
    transport: Transport = Transport.HTTP
    tried_on: date | None = None  # when a partner tried a system of its own against its live address

    def object_named(self, name: str) -> ObjectManifest:
        """Return the object called `name`. Raises KeyError when the system has none."""
        for candidate in self.objects:
            if candidate.name == name:
                return candidate
        raise KeyError(f"{self.name} has no object {name!r}")

    def object_for(self, canonical_type: str) -> ObjectManifest | None:
        """Return the object that holds this canonical type, or None."""
        return next((o for o in self.objects if o.canonical_type == canonical_type), None)
