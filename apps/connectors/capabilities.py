"""The capability sheet of a system: what it can do, read from its manifest, in words for screens and docs."""

from dataclasses import dataclass

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from apps.connectors.manifest import ChangeRead, Idempotency, ObjectManifest, ProofLabel, SystemManifest


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
    ChangeRead.MODIFIED_SINCE: gettext_noop("Changes are asked for since the last reading."),
    ChangeRead.WINDOW_RESCAN: gettext_noop(
        "The last {days} days are read again each time; older changes are not noticed."
    ),
    ChangeRead.DELTA_TOKEN: gettext_noop("The system hands out exactly what has changed."),
    ChangeRead.FULL: gettext_noop("Everything is read each time and compared."),
}
_IDEMPOTENCY = {
    Idempotency.UPSERT_BY_EXTERNAL_ID: gettext_noop("Repeating a delivery updates the same record."),
    Idempotency.KEY_HEADER: gettext_noop("The system itself recognises a repeated delivery."),
    Idempotency.OWN_KEY_FIELD: gettext_noop(
        "Each record carries our own number, so a repeated delivery is recognised."
    ),
    Idempotency.SEARCH_BEFORE_CREATE: gettext_noop("Before a record is made, it is looked for; a repeat finds it."),
    Idempotency.NONE: gettext_noop(
        "The system cannot tell a repeat from a new record: a delivery in doubt waits for a person."
    ),
}
_DELETES = {
    "tombstone": gettext_noop("Deleted records are reported as deleted."),
    "event": gettext_noop("Deletions arrive as events."),
    "absent": gettext_noop("Deleted records just stop appearing."),
}
_WEBHOOKS = {
    "standard": gettext_noop("Sends signed events (Standard Webhooks)."),
    "hmac": gettext_noop("Sends events signed with a shared secret."),
    "hubspot_v1": gettext_noop("Sends events signed with a shared secret, without the time they were signed."),
    "client_state": gettext_noop("Sends events that are not signed: each repeats a shared secret."),
    "outbound_message": gettext_noop(
        "Sends events that are not signed to a secret address; each names the organisation it comes from."
    ),
    "secret_path": gettext_noop("Sends events to a secret address."),
}


def capability_sheet(manifest: SystemManifest) -> tuple[Capability, ...]:
    """Return the sheet of a whole system."""
    webhook = manifest.webhook
    return (
        Capability("proof", _("Proof"), proof_sentence(manifest), safe=manifest.proof is not ProofLabel.DRAFTED),
        _repeats(manifest),
        Capability("batch", _("Batches"), _batches(manifest)),
        Capability("limits", _("Limits"), _limits(manifest)),
        Capability(
            "deletes",
            _("Deletions"),
            _(_DELETES.get(manifest.deletes, manifest.deletes)),
            safe=manifest.deletes != "absent",
        ),
        Capability(
            "webhook",
            _("Events"),
            _(_WEBHOOKS[webhook.scheme]) if webhook else _("Sends no events: changes are found by reading."),
        ),
        Capability(
            "filters",
            _("Filters"),
            _("An unknown filter is refused.")
            if manifest.filters_strict
            else _("An unknown filter is silently ignored."),
            safe=manifest.filters_strict,
        ),
    )


def proof_sentence(manifest: SystemManifest) -> str:
    """Return how far a system is proven, as people read it."""
    if manifest.tried_on is not None:
        words = {"date": date_format(manifest.tried_on)}
        return _("Described by the partner, tried against the live address on %(date)s.") % words
    return _(manifest.proof.value.capitalize() + ".")


def object_capabilities(manifest: SystemManifest) -> tuple[ObjectCapability, ...]:
    """Return what can be done with each kind of record."""
    return tuple(
        ObjectCapability(spec.name, _(spec.label), spec.canonical_type, _reading(spec), _writing(spec))
        for spec in manifest.objects
    )


def _repeats(manifest: SystemManifest) -> Capability:
    kinds = {spec.writing.idempotency for spec in manifest.objects if spec.writing}
    if not kinds:
        return Capability("write_key", _("Repeats"), _("Nothing is written to this system."))
    weakest = max(kinds, key=list(Idempotency).index)
    return Capability("write_key", _("Repeats"), _(_IDEMPOTENCY[weakest]), safe=weakest is not Idempotency.NONE)


def _batches(manifest: SystemManifest) -> str:
    largest = max(
        (spec.writing.batch_size for spec in manifest.objects if spec.writing and spec.writing.batch_path), default=1
    )
    if largest == 1:
        return _("Records go one by one.")
    return _("Up to %(number)d records in one call, each answered for itself.") % {"number": largest}


def _limits(manifest: SystemManifest) -> str:
    limits = manifest.limits
    if limits.calls is None:
        return _("No published call limit; at most %(at_once)d calls at once.") % {"at_once": limits.at_once}
    words = {"calls": limits.calls, "seconds": limits.seconds, "at_once": limits.at_once}
    return _("%(calls)d calls in %(seconds)d seconds, at most %(at_once)d at once.") % words


def _reading(spec: ObjectManifest) -> str:
    if spec.reading is None:
        return _("Not read.")
    return _(_CHANGE_READ[spec.reading.change_read]).replace("{days}", str(spec.reading.rescan_days))


def _writing(spec: ObjectManifest) -> str:
    if spec.writing is None:
        return _("Not written.")
    verbs = _("Created and changed.") if spec.writing.update_path else _("Created, never changed.")
    back = _("Can be taken back.") if spec.writing.can_undo else _("Cannot be taken back from here.")
    return f"{verbs} {_(_IDEMPOTENCY[spec.writing.idempotency])} {back}"
