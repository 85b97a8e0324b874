"""The capability sheet of a system: what it can do, read from its manifest, in words for screens and docs."""

from dataclasses import dataclass

from apps.connectors.manifest import ChangeRead, Idempotency, ObjectManifest, SystemManifest


@dataclass(frozen=True, slots=True)
class Capability:
    """One line of the sheet. `safe` False marks what a person should know before relying on it."""

    name: str
    label: str
    sentence: str
    safe: bool = True


@dataclass(frozen=True, slots=True)
class ObjectCapability:
    """What can be done with one kind of record."""

    name: str
    label: str
    canonical_type: str
    reading: str
    writing: str


_CHANGE_READ = {
    ChangeRead.MODIFIED_SINCE: "Changes are asked for since the last reading.",
    ChangeRead.WINDOW_RESCAN: "The last {days} days are read again each time; older changes are not noticed.",
    ChangeRead.DELTA_TOKEN: "The system hands out exactly what has changed.",
    ChangeRead.FULL: "Everything is read each time and compared.",
}
_IDEMPOTENCY = {
    Idempotency.UPSERT_BY_EXTERNAL_ID: "Repeating a delivery updates the same record.",
    Idempotency.KEY_HEADER: "The system itself recognises a repeated delivery.",
    Idempotency.OWN_KEY_FIELD: "Each record carries our own number, so a repeated delivery is recognised.",
    Idempotency.SEARCH_BEFORE_CREATE: "Before a record is made, it is looked for; a repeat finds it.",
    Idempotency.NONE: "The system cannot tell a repeat from a new record: a delivery in doubt waits for a person.",
}
_DELETES = {
    "tombstone": "Deleted records are reported as deleted.",
    "event": "Deletions arrive as events.",
    "absent": "Deleted records just stop appearing.",
}
_WEBHOOKS = {
    "standard": "Sends signed events (Standard Webhooks).",
    "hmac_hex": "Sends events signed with a shared secret.",
    "secret_path": "Sends events to a secret address.",
}


def capability_sheet(manifest: SystemManifest) -> tuple[Capability, ...]:
    """Return the sheet of a whole system."""
    webhook = manifest.webhook
    return (
        Capability("proof", "Proof", manifest.proof.value.capitalize() + "."),
        _repeats(manifest),
        Capability("batch", "Batches", _batches(manifest)),
        Capability("limits", "Limits", _limits(manifest)),
        Capability(
            "deletes", "Deletions", _DELETES.get(manifest.deletes, manifest.deletes), safe=manifest.deletes != "absent"
        ),
        Capability(
            "webhook",
            "Events",
            _WEBHOOKS[webhook.scheme] if webhook else "Sends no events: changes are found by reading.",
        ),
        Capability(
            "filters",
            "Filters",
            "An unknown filter is refused." if manifest.filters_strict else "An unknown filter is silently ignored.",
            safe=manifest.filters_strict,
        ),
    )


def object_capabilities(manifest: SystemManifest) -> tuple[ObjectCapability, ...]:
    """Return what can be done with each kind of record."""
    return tuple(
        ObjectCapability(spec.name, spec.label, spec.canonical_type, _reading(spec), _writing(spec))
        for spec in manifest.objects
    )


def _repeats(manifest: SystemManifest) -> Capability:
    kinds = {spec.writing.idempotency for spec in manifest.objects if spec.writing}
    if not kinds:
        return Capability("write_key", "Repeats", "Nothing is written to this system.")
    weakest = max(kinds, key=list(Idempotency).index)
    return Capability("write_key", "Repeats", _IDEMPOTENCY[weakest], safe=weakest is not Idempotency.NONE)


def _batches(manifest: SystemManifest) -> str:
    largest = max(
        (spec.writing.batch_size for spec in manifest.objects if spec.writing and spec.writing.batch_path), default=1
    )
    return (
        f"Up to {largest} records in one call, each answered for itself." if largest > 1 else "Records go one by one."
    )


def _limits(manifest: SystemManifest) -> str:
    limits = manifest.limits
    if limits.calls is None:
        return f"No published call limit; at most {limits.at_once} calls at once."
    return f"{limits.calls} calls in {limits.seconds} seconds, at most {limits.at_once} at once."


def _reading(spec: ObjectManifest) -> str:
    if spec.reading is None:
        return "Not read."
    return _CHANGE_READ[spec.reading.change_read].replace("{days}", str(spec.reading.rescan_days))


def _writing(spec: ObjectManifest) -> str:
    if spec.writing is None:
        return "Not written."
    verbs = "Created and changed." if spec.writing.update_path else "Created, never changed."
    return f"{verbs} {_IDEMPOTENCY[spec.writing.idempotency]}"
