"""The capability sheet: what a manifest declares, in whole sentences, and what follows from how a system is called."""

from dataclasses import replace
from datetime import timedelta

import pytest

from apps.connectors import registry
from apps.connectors.capabilities import capability_sheet, concurrency_of
from apps.connectors.manifest import Idempotency, Limits, ObjectManifest, SystemManifest, Writing
from apps.connectors.odata_spec import ODataSpec
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
from apps.connectors.webhook_spec import HmacSpec, WebhookSpec

# What each listed system declares: key of the sheet -> a part of its sentence. "" : the line is not there.
DECLARED = {
    "sandbox_psa": {"concurrency": "later one stays", "paging": "The system allows 500.", "formats": "“12.50”"},
    "sandbox_erp": {"batch": "Up to", "formats": "21.11.2026"},
    "sandbox_crm": {"webhook": "older than 5 minutes", "fields": "tells its own fields"},
    "sandbox_tax": {"concurrency": "", "ack": "", "batch": "", "write_key": "Nothing is written"},
    "sandbox_workspace": {"ack": "says what became of it", "batch": "one by one"},
    "business_central": {
        "concurrency": "names the version",
        "limits": "same user",
        "paging": "The system allows 20000.",
        "fields": "tells its own fields",
        "formats": "12.5",
    },
    "redmine": {
        "paging": "The system allows 100.",
        "filters": "silently ignored",
        "fields": "documentation",
        "deletes": "flows find them by comparing",
    },
    "sftp_files": {"deletes": "just stop appearing."},
    "tryton": {"batch": "none is taken", "formats": "Durations are seconds", "paging": "is not missed"},
    "vies": {"paging": "", "deletes": "", "webhook": "", "filters": "", "limits": "2 calls at once"},
    "docusign": {"limits": "X-RateLimit-Remaining", "write_key": "it is looked for"},
    "microsoft_365": {"deletes": "reported as deleted", "ack": "asked for later"},
}


def _line(manifest: SystemManifest, name: str) -> str:
    return next((line.sentence for line in capability_sheet(manifest) if line.name == name), "")


@pytest.mark.parametrize("slug", DECLARED)
def test_a_listed_system_declares_its_own(slug: str) -> None:
    manifest = registry.manifest(slug)
    for name, words in DECLARED[slug].items():
        said = _line(manifest, name)
        assert (words in said) if words else (said == ""), (name, said)


BASE = registry.manifest("sandbox_tax")
THINGS = ObjectManifest("things", "Things", "Task")


def _with(**writing: object) -> SystemManifest:
    return replace(BASE, objects=(replace(THINGS, writing=Writing("things", **writing)),))  # type: ignore[arg-type]


SENTENCES = {
    "asynchronous": (_with(acknowledgement=Acknowledgement.OPERATION), "ack", "asked for later"),
    "worked on as a job": (_with(acknowledgement=Acknowledgement.JOB), "ack", "worked on later"),
    "all or none": (
        _with(batch_path="batch", batch_size=9, batch_answer=BatchAnswer.ALL_OR_NONE), "batch", "sent without it",
    ),
    "a counter": (_with(concurrency=Concurrency.SYNC_TOKEN), "concurrency", "repeats the record's counter"),
    "fields that are repeated": (_with(repeat_fields=("Rev",)), "concurrency", "carries the record's own version"),
    "keys for two hours": (
        _with(idempotency=Idempotency.KEY_HEADER, keys_kept_hours=2), "write_key", "each for 2 hours",
    ),
    "a shared limit": (
        replace(BASE, limits=Limits(60, scope=LimitScope.ACCOUNT, remaining_header="X-Left")), "limits", "(X-Left)",
    ),
    "other forms": (
        replace(BASE, formats=Formats(MoneyForm.CENTS, TimeForm.MINUTES, DayForm.SLASHED, ZoneForm.ACCOUNT)),
        "formats",
        "(1250). Durations are minutes (90). Days are written 11/21/2026. Points in time are in the time zone of",
    ),
    "no forms": (replace(BASE, formats=Formats(days=None, zone=None)), "formats", "Nothing but text."),
    "an old event": (
        replace(BASE, webhook=WebhookSpec("hmac", hmac=HmacSpec(signed=("body",)), ordered=True, sends_again=False)),
        "webhook",
        "shared secret.",
    ),
    "a handshake": (replace(BASE, webhook=WebhookSpec("hmac", handshake_parameter="t")), "webhook", "tries our address"),
}  # fmt: skip


@pytest.mark.parametrize("case", SENTENCES)
def test_what_is_declared_is_said(case: str) -> None:
    manifest, name, words = SENTENCES[case]
    said = _line(manifest, name)
    assert words in said
    assert said.endswith(".")


def test_an_event_without_a_time_is_not_said_to_grow_old() -> None:
    assert "older" not in _line(SENTENCES["an old event"][0], "webhook")


def test_changes_of_a_service_with_versions_name_them_whatever_else_is_said() -> None:
    writing = Writing("things", repeat_fields=("Rev",))
    assert concurrency_of(replace(BASE, odata=ODataSpec()), writing) is Concurrency.ETAG
    assert concurrency_of(replace(BASE, odata=ODataSpec(etags=False)), writing) is Concurrency.VERSION_FIELD
    assert concurrency_of(BASE, Writing("things")) is Concurrency.LAST_WRITE_WINS


def test_half_of_the_time_a_key_is_remembered_is_trusted() -> None:
    assert Writing("things", keys_kept_hours=2).keys_trusted == timedelta(hours=1)
