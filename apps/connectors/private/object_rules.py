"""What must hold for one kind of record of a manifest that came as a document: its paths, pages, changes and writing."""

import re
from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from apps.connectors.manifest import ChangeRead, Idempotency, MappingLine, ObjectManifest, Paging, Reading, Writing
from apps.connectors.private.documents import DocumentProblem
from apps.connectors.private.late_answer_rules import late_answer_problems
from apps.connectors.private.path_rules import path_problem
from apps.connectors.sheet_terms import Acknowledgement

_STYLES = ("none", "page", "offset", "link", "link_header", "token")
_METHODS = ("PATCH", "PUT", "POST")
_MOST_STEPS = 10  # of a dotted path
_UNDOING = ("", "DELETE", "PATCH", "POST")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,80}\Z")

Problems = Iterator[DocumentProblem]

# Ways of finding changes that a description has no words for.
_NOT_DESCRIBED = {
    ChangeRead.DELTA_TOKEN: gettext_noop(
        "Delta tokens differ too much to be described: choose another way of finding changes."
    ),
    ChangeRead.NEW_FILES: gettext_noop("Only a file server has new files: choose another way of finding changes."),
    ChangeRead.ANNOUNCED: gettext_noop(
        "Records that only come by webhook need no description: connect “Records by webhook” instead."
    ),
}


def object_problems(spec: ObjectManifest, place: str, settings: set[str]) -> Problems:
    """Return what is wrong with one kind of record; `settings` may stand in its paths."""
    if spec.reading is None and spec.writing is None:
        yield DocumentProblem(f"{place}.reading", _("Say how it is read or how it is written."))
    yield from _naming(spec, place)
    if spec.reading is not None:
        yield from _reading(spec, spec.reading, f"{place}.reading", settings)
    if spec.writing is not None:
        yield from _writing(spec.writing, f"{place}.writing", settings)
        if spec.reading is None:
            yield DocumentProblem(
                f"{place}.reading", _("What is written must be read too: how else is it found again?")
            )
    for part in ("reading_lines", "writing_lines"):
        yield from _lines(getattr(spec, part), f"{place}.{part}")


def _naming(spec: ObjectManifest, place: str) -> Problems:
    if not spec.key_field:
        yield DocumentProblem(f"{place}.key_field", _("Name the field that holds the record's own number."))
    if not 1 <= spec.find_at_once <= 500:
        yield DocumentProblem(f"{place}.find_at_once", _("Write a number from 1 to 500."))
    if "{key}" not in spec.find_template:
        yield DocumentProblem(f"{place}.find_template", _("Put {key} where the key belongs."))


def _reading(spec: ObjectManifest, reading: Reading, place: str, settings: set[str]) -> Problems:
    for part, with_key in (("path", False), ("one_path", True)):
        path = getattr(reading, part)
        wrong = path_problem(path, settings, with_key=with_key) if path else ""
        if part == "path" and not path:
            wrong = _("Write the path of the list.")
        if wrong:
            yield DocumentProblem(f"{place}.{part}", wrong)
    yield from _paging(reading.paging, f"{place}.paging")
    yield from _changes(spec, reading, place)
    if not 0 <= reading.overlap_seconds <= 604_800:
        yield DocumentProblem(f"{place}.overlap_seconds", _("Write a number from 0 to 604800, which is a week."))


def _changes(spec: ObjectManifest, reading: Reading, place: str) -> Problems:
    if reading.change_read in _NOT_DESCRIBED:
        yield DocumentProblem(f"{place}.change_read", _(_NOT_DESCRIBED[reading.change_read]))
    asks = reading.change_read in {ChangeRead.MODIFIED_SINCE, ChangeRead.WINDOW_RESCAN}
    if asks and not reading.since_parameter:
        sentence = _("Name the query parameter that takes the time, or read everything each time.")
        yield DocumentProblem(f"{place}.since_parameter", sentence)
    if "{since}" not in reading.since_template:
        yield DocumentProblem(f"{place}.since_template", _("Put {since} where the time belongs."))
    if reading.since_in_header and not _HEADER.match(reading.since_parameter):
        yield DocumentProblem(f"{place}.since_parameter", _("This cannot be the name of a header."))
    if reading.change_read is ChangeRead.MODIFIED_SINCE and not spec.version_field:
        sentence = _("Name the field that tells when a record was last changed: reading goes on from the newest.")
        yield DocumentProblem(f"{place.removesuffix('.reading')}.version_field", sentence)
    if reading.change_read is ChangeRead.WINDOW_RESCAN and not 1 <= reading.rescan_days <= 3_660:
        yield DocumentProblem(f"{place}.rescan_days", _("Write a number from 1 to 3660."))


def _paging(paging: Paging, place: str) -> Problems:
    if paging.style not in _STYLES:
        yield DocumentProblem(f"{place}.style", _("This must be one of %(known)s.") % {"known": ", ".join(_STYLES)})
    if not 1 <= paging.size <= 10_000:
        yield DocumentProblem(f"{place}.size", _("Write a number from 1 to 10000."))
    if paging.style in {"page", "offset", "token"} and not paging.position_parameter:
        sentence = _("Name the query parameter that says which page is wanted.")
        yield DocumentProblem(f"{place}.position_parameter", sentence)
    if paging.style in {"link", "token"} and not paging.next_path:
        sentence = _("Say where the answer holds the next page.")
        yield DocumentProblem(f"{place}.next_path", sentence)


def _writing(writing: Writing, place: str, settings: set[str]) -> Problems:
    for part, with_key in (("create_path", False), ("update_path", True), ("batch_path", False), ("undo_path", True)):
        path = getattr(writing, part)
        wrong = path_problem(path, settings, with_key=with_key) if path else ""
        if part == "create_path" and not path:
            wrong = _("Write the path that takes new records.")
        if wrong:
            yield DocumentProblem(f"{place}.{part}", wrong)
    for part, known in (("create_method", _METHODS), ("update_method", _METHODS), ("undo_method", _UNDOING)):
        if getattr(writing, part) not in known:
            words = {"known": ", ".join(filter(None, known))}
            yield DocumentProblem(f"{place}.{part}", _("This must be one of %(known)s.") % words)
    if not 1 <= writing.batch_size <= 1_000:
        yield DocumentProblem(f"{place}.batch_size", _("Write a number from 1 to 1000."))
    yield from _answers(writing, place)
    yield from late_answer_problems(writing, place, settings)
    yield from _repeats(writing, place)


def _answers(writing: Writing, place: str) -> Problems:
    if writing.acknowledgement is Acknowledgement.JOB:
        sentence = _("Jobs of many records cannot be described: choose at_once or operation.")
        yield DocumentProblem(f"{place}.acknowledgement", sentence)
    if not 1 <= writing.keys_kept_hours <= 8_760:
        yield DocumentProblem(f"{place}.keys_kept_hours", _("Write a number from 1 to 8760."))
    if any(not 200 <= status <= 299 for status in writing.created_statuses):
        yield DocumentProblem(f"{place}.created_statuses", _("Write numbers from 200 to 299."))
    if writing.record_path.count(".") > _MOST_STEPS:
        yield DocumentProblem(f"{place}.record_path", _("This path has too many parts."))


def _repeats(writing: Writing, place: str) -> Problems:
    kind = writing.idempotency
    if writing.idempotency_header and not _HEADER.match(writing.idempotency_header):
        yield DocumentProblem(f"{place}.idempotency_header", _("This cannot be the name of a header."))
    if kind is Idempotency.KEY_HEADER and not writing.idempotency_header:
        sentence = _("Name the header that takes the key of a delivery, for example Idempotency-Key.")
        yield DocumentProblem(f"{place}.idempotency_header", sentence)
    if kind in {Idempotency.OWN_KEY_FIELD, Idempotency.SEARCH_BEFORE_CREATE} and not writing.own_key_field:
        sentence = _("Name the field that takes our own number of the record.")
        yield DocumentProblem(f"{place}.own_key_field", sentence)


def _lines(lines: tuple[MappingLine, ...], place: str) -> Problems:
    seen: set[str] = set()
    for index, line in enumerate(lines):
        if not line.target:
            yield DocumentProblem(f"{place}[{index}].target", _("Name the field that this line fills."))
        if line.target.count(".") > _MOST_STEPS:
            yield DocumentProblem(f"{place}[{index}].target", _("This path has too many parts."))
        if line.target in seen:
            yield DocumentProblem(f"{place}[{index}].target", _("Two lines fill this field: keep one."))
        seen.add(line.target)
