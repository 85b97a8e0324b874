"""What a manifest says of its system's webhooks: how they are signed, where they keep their events, what answer they want."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

STANDARD_WINDOW_SECONDS = 300  # of Standard Webhooks: https://github.com/standard-webhooks/standard-webhooks
_SIGNED_PARTS = frozenset({"body", "timestamp", "method", "url", "decoded_url", "delivery"})


class KeyEncoding(StrEnum):
    """How the text of a webhook's key becomes the bytes that sign."""

    TEXT = "text"  # its UTF-8 bytes, as nearly all senders mean it
    BASE64 = "base64"
    HEX = "hex"


class StampForm(StrEnum):
    """How a sender writes the time it signs."""

    SECONDS = "seconds"  # since the epoch
    MILLISECONDS = "milliseconds"
    ISO = "iso"  # 2026-03-25T05:09:27Z


@dataclass(frozen=True, slots=True)
class HmacSpec:
    """How a sender makes its HMAC, for webhooks of the scheme "hmac".

    `signed` are the parts of the signed text in their order: "body", "timestamp", "method", "url" (as the sender called
    it), "decoded_url" (without the escapes HubSpot undoes), "delivery" (the delivery's id), or a text of its own behind
    "=" ("=." is a dot, "=v0:" is v0:). `prefix` stands before the signature in its header. Where one header holds several named parts ("t=1700000000,v1=ab12"),
    `signature_part` and `timestamp_part` name them. A timestamp more than `window_seconds` off is refused.

    Raises:
        ValueError: the parts cannot be put together; the message names the field.

    """

    algorithm: str = "sha256"
    encoding: str = "hex"  # or "base64"
    prefix: str = ""
    signed: tuple[str, ...] = ("body",)
    timestamp_header: str = ""
    stamp_form: StampForm = StampForm.SECONDS
    window_seconds: int = 300
    key_encoding: KeyEncoding = KeyEncoding.TEXT
    signature_part: str = ""
    timestamp_part: str = ""

    def __post_init__(self) -> None:
        if self.algorithm not in {"sha1", "sha256", "sha384", "sha512"}:
            raise ValueError(f"algorithm: {self.algorithm!r} is none of sha1, sha256, sha384 and sha512.")
        if self.encoding not in {"hex", "base64"}:
            raise ValueError(f"encoding: {self.encoding!r} is neither hex nor base64.")
        unknown = [p for p in self.signed if not p.startswith("=") and p not in _SIGNED_PARTS]
        if unknown or "body" not in self.signed:
            raise ValueError(f"signed: {unknown or self.signed} must be body and parts out of {sorted(_SIGNED_PARTS)}.")
        if ("timestamp" in self.signed) != bool(self.timestamp_header or self.timestamp_part):
            raise ValueError("signed: the timestamp is signed exactly when a header or part that holds it is named.")


@dataclass(frozen=True, slots=True)
class EventShape:
    """Where a delivery keeps its events and what names them, as dotted paths.

    `events_path` leads to the events ("": the body is the list, or the one event); lists on the way are walked.
    `object_pattern` and `key_pattern` take their first group out of the text found. `id_paths` together tell one event
    from all others and are the same when it is sent again; without any, the delivery's id and the event's place do, or
    its content where the sender gives no id. `account_path` tells whose event it is, at senders that tell many companies'
    events to one address.
    """

    events_path: str = ""
    object_path: str = "object"
    object_pattern: str = ""
    key_path: str = "key"
    key_pattern: str = ""
    id_paths: tuple[str, ...] = ()
    account_path: str = ""


class StrayEvent(StrEnum):
    """What becomes of an event that names no record, or one of an object the manifest does not know."""

    STORE = "store"  # handed on; one without a key starts a reading of what has changed
    IGNORE = "ignore"
    REFUSE = "refuse"  # other objects are ignored; of a known one the sender is told that it names no record


@dataclass(frozen=True, slots=True)
class SubscriptionSpec:
    """How an address is made known to a system that forgets it after a while, so that it must be told again and again.

    `path` lists subscriptions and takes new ones, `one_path` (with {key}) is one of them; both may name settings.
    `resources` are our objects as the system calls them there. The texts of `body` may hold {address}, {secret},
    {resource}, {until} (the end we ask for) and settings; `renewal` is what is sent with PATCH to renew one, None for the
    same again. `life_seconds` is how long one lasts at most; it is renewed when a third of that is left.
    With `etags` a change names the version it is made on.
    """

    path: str
    one_path: str
    resources: Mapping[str, str]
    body: Mapping[str, str]
    life_seconds: int
    renewal: Mapping[str, str] | None = None
    key_field: str = "subscriptionId"
    until_field: str = "expirationDateTime"
    records_path: str = "value"
    etags: bool = False

    def __post_init__(self) -> None:
        if "{address}" not in self.body.values():
            raise ValueError("body: one of its texts must be {address}, or nothing would arrive here.")
        if self.life_seconds < 600:
            raise ValueError(f"life_seconds: {self.life_seconds} is too short to be renewed in time.")


@dataclass(frozen=True, slots=True)
class WebhookSpec:
    """How the system signs its webhooks, what they hold, and what it wants for an answer.

    `scheme` is a name out of apps/connectors/webhooks/schemes.py; what is known of vendors stands ready in
    apps/connectors/webhooks/vendors.py. `signature_header` may name several headers, parted by blanks; "{n}" in it counts
    up from 1 for as long as there is one.
    Of several `shapes` the first that finds an event counts. `objects` maps the sender's names of objects to ours.
    `account_setting` names the connection's setting that holds its company's id: events of another company are ignored.
    `key_label` names the signing key as the sender's screens do, where the sender makes it, and `key_help` says where it
    stands; "" means that we make the key and show it once.
    """

    scheme: str
    signature_header: str = ""
    delivery_header: str = ""
    hmac: HmacSpec = field(default_factory=HmacSpec)
    shapes: tuple[EventShape, ...] = (EventShape(),)
    objects: Mapping[str, str] = field(default_factory=dict)
    stray: StrayEvent = StrayEvent.STORE
    account_setting: str = ""
    client_state_path: str = ""  # for the scheme "client_state": where every event repeats the secret
    handshake_parameter: str = ""  # query parameter whose value is echoed when the system tries the address out
    answer_status: int = 202
    most_keys: int = 2  # the old and the new one while a key is exchanged
    repeats_look_alike: bool = False  # two changes of a record may be announced in the very same words: keep both
    key_label: str = ""
    key_help: str = ""
    subscription: SubscriptionSpec | None = None  # the system is told our addresses by ourselves, and told again
    ordered: bool = False  # events arrive in the order in which things happened
    sends_again: bool = True  # the same event may come more than once

    @property
    def window_seconds(self) -> int:
        """How old a signed delivery may be, 0 where the signature says nothing of time."""
        if self.scheme == "standard":
            return STANDARD_WINDOW_SECONDS
        return self.hmac.window_seconds if self.scheme == "hmac" and "timestamp" in self.hmac.signed else 0
