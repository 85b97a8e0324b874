"""The capability sheet of a system: what it can do, read from its manifest, in words for screens and docs."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from apps.connectors.manifest import ChangeRead, Idempotency, ObjectManifest, ProofLabel, SystemManifest, Writing
from apps.connectors.sheet_terms import (
    Acknowledgement,
    BatchAnswer,
    Concurrency,
    DayForm,
    Formats,
    LimitScope,
    MoneyForm,
    TimeForm,
    ZoneForm,
)


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
    ChangeRead.BY_NAME: gettext_noop("Nothing is listed: single records are looked up by name."),
    ChangeRead.NEW_FILES: gettext_noop("New and changed files are read, each once."),
    ChangeRead.ANNOUNCED: gettext_noop("Records come by webhook, whole: nothing is asked for."),
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
_CONCURRENCY = {
    Concurrency.ETAG: gettext_noop("A change names the version it was made on; an old one is read again."),
    Concurrency.VERSION_FIELD: gettext_noop("A change carries the record's own version; an old one is read again."),
    Concurrency.SYNC_TOKEN: gettext_noop("A change repeats the record's counter; an old one is read again."),
    Concurrency.LAST_WRITE_WINS: gettext_noop("Of two changes at the same moment the later one stays."),
}
_ACKNOWLEDGEMENT = {
    Acknowledgement.AT_ONCE: gettext_noop("The answer to a delivery says what became of it."),
    Acknowledgement.OPERATION: gettext_noop("A delivery is taken first; what became of it is asked for later."),
    Acknowledgement.JOB: gettext_noop("Records are handed in together and worked on later."),
}
_BATCH_ANSWER = {
    BatchAnswer.PER_RECORD: gettext_noop("Each is answered for itself."),
    BatchAnswer.ALL_OR_NONE: gettext_noop("If one is refused, none is taken: the others are then sent without it."),
}
_SCOPE = {
    LimitScope.SIGN_IN: gettext_noop("Only the calls of this connection count."),
    LimitScope.USER: gettext_noop("All calls of the same user there count, those of other programs too."),
    LimitScope.ACCOUNT: gettext_noop("All calls to the customer's account there count, those of other programs too."),
    LimitScope.APP: gettext_noop(
        "All calls through the same registered application count, those of other customers too."
    ),
}
_MONEY = {
    MoneyForm.NUMBER: gettext_noop("Amounts are numbers (12.5)."),
    MoneyForm.TEXT: gettext_noop("Amounts are exact decimals (“12.50”)."),
    MoneyForm.CENTS: gettext_noop("Amounts are counted in the smallest unit (1250)."),
}
_HOURS = {
    TimeForm.HOURS: gettext_noop("Durations are hours (1.5)."),
    TimeForm.MINUTES: gettext_noop("Durations are minutes (90)."),
    TimeForm.SECONDS: gettext_noop("Durations are seconds (5400)."),
    TimeForm.ISO_DURATION: gettext_noop("Durations are written PT1H30M."),
    TimeForm.CLOCK: gettext_noop("Durations are hours and minutes (1:30)."),
}
_DAYS = {
    DayForm.ISO: gettext_noop("Days are written 2026-11-21."),
    DayForm.DOTTED: gettext_noop("Days are written 21.11.2026."),
    DayForm.SLASHED: gettext_noop("Days are written 11/21/2026."),
    DayForm.MILLISECONDS: gettext_noop("Days are counted in milliseconds since 1970."),
    DayForm.PARTS: gettext_noop("Days are year, month and day apart."),
}
_ZONES = {
    ZoneForm.UTC: gettext_noop("Points in time are in UTC."),
    ZoneForm.OFFSET: gettext_noop("Points in time say their time zone."),
    ZoneForm.ACCOUNT: gettext_noop("Points in time are in the time zone of the account there."),
}
_DELETES = {
    "tombstone": gettext_noop("Deleted records are reported as deleted."),
    "event": gettext_noop("Deletions arrive as events."),
    "absent": gettext_noop("Deleted records just stop appearing."),
}
_DELETES_COMPARED = gettext_noop("Deleted records just stop appearing: flows find them by comparing all records.")
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
    return (
        Capability("proof", _("Proof"), proof_sentence(manifest), safe=manifest.proof is not ProofLabel.DRAFTED),
        _repeats(manifest),
        *_writing_lines(manifest),
        Capability("limits", _("Limits"), _limits(manifest)),
        *_list_lines(manifest),
        *((Capability("formats", _("Formats"), _formats(manifest.formats)),) if manifest.formats else ()),
        Capability("fields", _("Fields"), _fields(manifest)),
    )


def _list_lines(manifest: SystemManifest) -> tuple[Capability, ...]:
    """Return how lists are paged and what becomes of deletions, events and filters; nothing where nothing is listed."""
    events = Capability("webhook", _("Events"), _events(manifest))
    if not any(spec.reading and spec.reading.is_list for spec in manifest.objects):
        return (events,) if manifest.webhook else ()
    strict = manifest.filters_strict
    filters = _("An unknown filter is refused.") if strict else _("An unknown filter is silently ignored.")
    return (
        Capability("paging", _("Pages"), _pages(manifest)),
        Capability("deletes", _("Deletions"), _deletes(manifest), safe=manifest.deletes != "absent"),
        events,
        Capability("filters", _("Filters"), filters, safe=strict),
    )


def _deletes(manifest: SystemManifest) -> str:
    compared = any(spec.reading is not None and spec.reading.lists_everything for spec in manifest.objects)
    if manifest.deletes == "absent" and compared:
        return _(_DELETES_COMPARED)
    return _(_DELETES.get(manifest.deletes, manifest.deletes))


def proof_sentence(manifest: SystemManifest) -> str:
    """Return how far a system is proven, as people read it."""
    if manifest.tried_on is not None:
        words = {"date": date_format(manifest.tried_on)}
        return _("Described by the partner, tried against the live address on %(date)s.") % words
    return _(manifest.proof.value.capitalize() + ".")


def concurrency_of(manifest: SystemManifest, writing: Writing) -> Concurrency:
    """Return what becomes of a change that is made on an old version: as declared, else by how changes are sent."""
    if writing.concurrency is not None:
        return writing.concurrency
    if manifest.odata is not None and manifest.odata.etags and not manifest.odata.etags_vary:
        return Concurrency.ETAG
    return Concurrency.VERSION_FIELD if writing.repeat_fields else Concurrency.LAST_WRITE_WINS


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
    sentence = _(_IDEMPOTENCY[weakest])
    if weakest is Idempotency.KEY_HEADER:
        hours = min(spec.writing.keys_kept_hours for spec in manifest.objects if spec.writing)
        sentence += " " + _("It remembers each for %(hours)d hours; after half of that we look first.") % {
            "hours": hours
        }
    return Capability("write_key", _("Repeats"), sentence, safe=weakest is not Idempotency.NONE)


def _writing_lines(manifest: SystemManifest) -> tuple[Capability, ...]:
    """Return the lines about writing, none for a system that is only read."""
    writings = [spec.writing for spec in manifest.objects if spec.writing]
    if not writings:
        return ()
    loosest = max((concurrency_of(manifest, writing) for writing in writings), key=list(Concurrency).index)
    slowest = max((writing.acknowledgement for writing in writings), key=list(Acknowledgement).index)
    return (
        Capability(
            "concurrency",
            _("Changes at the same time"),
            _(_CONCURRENCY[loosest]),
            safe=loosest is not Concurrency.LAST_WRITE_WINS,
        ),
        Capability("ack", _("Answers"), _(_ACKNOWLEDGEMENT[slowest])),
        Capability("batch", _("Batches"), _batches(writings)),
    )


def _batches(writings: Sequence[Writing]) -> str:
    batched = [writing for writing in writings if writing.batch_path and writing.batch_size > 1]
    if not batched:
        return _("Records go one by one.")
    largest = max(batched, key=lambda writing: writing.batch_size)
    size = _("Up to %(number)d records in one call.") % {"number": largest.batch_size}
    return f"{size} {_(_BATCH_ANSWER[largest.batch_answer])}"


def _pages(manifest: SystemManifest) -> str:
    readings = [spec.reading for spec in manifest.objects if spec.reading]
    pagings = [reading.paging for reading in readings if reading.paging.style != "none"]
    if not pagings:
        return _("Lists come whole.")
    widest = max(pagings, key=lambda paging: paging.size)
    sentences = [_("Lists are read in pages of %(number)d records.") % {"number": widest.size}]
    if widest.largest:
        sentences.append(_("The system allows %(number)d.") % {"number": widest.largest})
    if all(reading.since_sorted or reading.paging.stable for reading in readings):
        sentences.append(_("A record that changes while the list is read is not missed."))
    return " ".join(sentences)


def _limits(manifest: SystemManifest) -> str:
    limits = manifest.limits
    if limits.calls is None:
        return _("No published call limit; at most %(at_once)d calls at once.") % {"at_once": limits.at_once}
    words = {"calls": limits.calls, "seconds": limits.seconds, "at_once": limits.at_once}
    sentences = [_("%(calls)d calls in %(seconds)d seconds, at most %(at_once)d at once.") % words]
    if limits.scope in _SCOPE:
        sentences.append(_(_SCOPE[limits.scope]))
    if limits.remaining_header:
        sentences.append(_("Each answer says how many are left (%(header)s).") % {"header": limits.remaining_header})
    return " ".join(sentences)


def _events(manifest: SystemManifest) -> str:
    webhook = manifest.webhook
    if webhook is None:
        return _("Sends no events: changes are found by reading.")
    sentences = [_(_WEBHOOKS[webhook.scheme])]
    if webhook.window_seconds:
        minutes = {"minutes": max(1, webhook.window_seconds // 60)}
        sentences.append(_("One that is older than %(minutes)d minutes is refused.") % minutes)
    if webhook.handshake_parameter:
        sentences.append(_("It tries our address out before it sends anything."))
    if webhook.sends_again:
        sentences.append(_("An event may come twice and counts once."))
    if not webhook.ordered:
        sentences.append(_("Events may come out of order: the record is read as it is now."))
    return " ".join(sentences)


def _formats(formats: Formats) -> str:
    told = (
        _MONEY[formats.money] if formats.money else "",
        _HOURS[formats.hours] if formats.hours else "",
        _DAYS[formats.days] if formats.days else "",
        _ZONES[formats.zone] if formats.zone else "",
    )
    return " ".join(_(sentence) for sentence in told if sentence) or _("Nothing but text.")


def _fields(manifest: SystemManifest) -> str:
    told_by_metadata = manifest.odata is not None and manifest.odata.metadata_path
    told_by_schema = manifest.graphql is not None and manifest.graphql.introspection
    if manifest.describe is not None or told_by_metadata or told_by_schema:
        return _("The system tells its own fields: a change of one that is used stops a flow before it moves anything.")
    return _("The system does not tell its fields: they are known from its documentation and compared with a record.")


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
