"""What the pages about a partner's own systems show: how far one is, its records with their problems, and where to mend each."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.connectors.answers import at_path
from apps.connectors.canonical.registry import CANONICAL_TYPES
from apps.connectors.models import PrivateVersion
from apps.connectors.private.documents import DocumentProblem
from apps.connectors.private_queries import PrivateFacts
from apps.flows.private_forms.parts import PartForm
from apps.flows.private_forms.protocols import basics_form, record_form

_OBJECT = re.compile(r"objects\[(\d+)\](?:\.(.*))?\Z")


@dataclass(frozen=True, slots=True)
class ToldProblem:
    """One problem of a draft: what it is about, in words, and the field that mends it."""

    about: str
    message: str
    url: str


@dataclass(frozen=True, slots=True)
class RecordRow:
    """One kind of record of a description. `type_label` is "" while nobody said what it is."""

    name: str
    label: str
    type_label: str
    path: str
    is_written: bool
    lines: int
    problems: int


@dataclass(frozen=True, slots=True)
class ListRow:
    """One list of an uploaded file that can be chosen. `chosen` when the draft reads it already."""

    path: str
    label: str
    type_label: str
    operations: list[Mapping[str, str]]
    fields: int
    chosen: bool


@dataclass(frozen=True, slots=True)
class WayStep:
    """One step on the way to a system that can be used."""

    label: str
    state: str  # "done", "current" or "todo"
    url: str
    note: str = ""


def list_records(document: Mapping[str, Any], problems: Sequence[DocumentProblem]) -> list[RecordRow]:
    """Return the kinds of records of a description, each with how many problems it has."""
    return [_record(one, index, problems) for index, one in enumerate(document.get("objects", ()))]


def list_choices(version: PrivateVersion) -> list[ListRow]:
    """Return what the uploaded file offers, as read when it was uploaded."""
    read = {one.get("reading", {}).get("path") for one in version.document.get("objects", ())}
    return [
        ListRow(
            row["path"],
            row["label"],
            _type_label(row["type"]),
            row["operations"],
            len(row["object"]["fields"]),
            row["path"] in read,
        )
        for row in version.reading.get("lists", ())
    ]


def tell_problems(facts: PrivateFacts, problems: Sequence[DocumentProblem]) -> list[ToldProblem]:
    """Return problems with the record they are about and the field that mends them."""
    return [_told(facts, one) for one in problems]


def list_steps(facts: PrivateFacts, problems: Sequence[DocumentProblem]) -> list[WayStep]:
    """Return how far a system is on its way."""
    version, page = facts.shown, reverse("flows:private-detail", args=[facts.system.id])
    objects = version.document.get("objects", ())
    done = [bool(objects), bool(objects) and not problems, bool(facts.connections), version.tried_on is not None]
    done.append(version.state == PrivateVersion.State.LIVE)
    labels = [_("Choose records"), _("Describe them"), _("Connect"), _("Try it"), _("Make it live")]
    places = ["#records", "#problems", "#try", "#try", "#live"]
    current = next((number for number, one in enumerate(done) if not one), len(done))
    return [
        WayStep(label, "done" if done[number] else "current" if number == current else "todo", f"{page}{place}")
        for number, (label, place) in enumerate(zip(labels, places, strict=True))
    ]


def evidence_of(version: PrivateVersion, part: Mapping[str, Any]) -> list[Mapping[str, str]]:
    """Return where the guesses about one kind of record come from; none for what no file gave, or somebody changed."""
    row = _row_of(version, part)
    return _unchanged(row["evidence"], row["object"], part) if row else []


def _row_of(version: PrivateVersion, part: Mapping[str, Any]) -> Mapping[str, Any] | None:
    path = part.get("reading", {}).get("path")
    return next((one for one in version.reading.get("lists", ()) if one["path"] == path), None)


def offer_of(version: PrivateVersion, part: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what the file offers for writing records that are only read so far ("writing" and its lines); {} for nothing."""
    row = _row_of(version, part) if "writing" not in part else None
    return row.get("offer", {}) if row else {}


def list_left_out(version: PrivateVersion) -> list[tuple[str, str]]:
    """Return what the file lists and nobody can choose: each reason in words, with the names it holds for."""
    words = {
        "several_keys": _("Their records are known by several properties together:"),
        "odd_key": _("Their records are known by a property that is neither a number nor a GUID nor a text:"),
        "no_key": _("Their records have no key:"),
        "soap_headers": _("They want a SOAP header besides the sign-in, which is not sent:"),
        "another_style": _("Their messages are rpc or encoded, which is not spoken here:"),
        "needs_input": _("They cannot be asked for without an input that nobody can guess:"),
    }
    found = version.reading.get("left_out", {})
    return [(words.get(reason, _("They cannot be read:")), ", ".join(names)) for reason, names in found.items()]


def evidence_of_basics(version: PrivateVersion) -> list[Mapping[str, str]]:
    """Return where the sign-in was found, while it is as it was found."""
    read = version.reading
    return _unchanged(read.get("evidence", ()), {"auth": read.get("auth")}, version.document)


def _unchanged(
    evidence: Sequence[Mapping[str, str]], guessed: Mapping[str, Any], now: Mapping[str, Any]
) -> list[Mapping[str, str]]:
    return [one for one in evidence if (value := at_path(guessed, one["part"])) and value == at_path(now, one["part"])]


def _record(part: Mapping[str, Any], index: int, problems: Sequence[DocumentProblem]) -> RecordRow:
    mine = f"objects[{index}]"
    return RecordRow(
        part["name"],
        part.get("label", ""),
        _type_label(part.get("canonical_type", "")),
        part.get("reading", {}).get("path", ""),
        "writing" in part,
        len(part.get("reading_lines", ())) + len(part.get("writing_lines", ())),
        sum(one.path == mine or one.path.startswith(f"{mine}.") for one in problems),
    )


def _type_label(name: str) -> str:
    described = CANONICAL_TYPES.get(name)
    return _(described.label) if described else ""


def _told(facts: PrivateFacts, problem: DocumentProblem) -> ToldProblem:
    found = _OBJECT.match(problem.path)
    if found is None:
        place = problem.path.split("[")[0]
        field, label = _field_at(place, basics_form(facts.shown.document))
        url = reverse("flows:private-basics", args=[facts.system.id])
        return ToldProblem(label or _("Description"), problem.message, _anchored(url, field))
    part = facts.shown.document["objects"][int(found[1])]
    place, about = found[2] or "", part.get("label") or part["name"]
    field, label = _field_at(place, record_form(facts.shown.document))
    told = " · ".join(filter(None, [about, label]))
    return ToldProblem(told, problem.message, _record_url(facts.system.id, part["name"], place, field))


def _field_at(place: str, form: type[PartForm]) -> tuple[str, str]:
    """Return the field of a form that stands for a place of the document and its label; the place itself where none does."""
    field = next((name for name, where in form.PLACES.items() if where == place), "")
    return field, str(form.base_fields[field].label) if field else place


def _record_url(system_id: UUID, name: str, place: str, field: str) -> str:
    if place.startswith(("reading_lines", "writing_lines")):
        return reverse("flows:private-mapping", args=[system_id, name]) + f"#{place.partition('_')[0]}"
    return _anchored(reverse("flows:private-record", args=[system_id, name]), field)


def _anchored(url: str, field: str) -> str:
    return f"{url}#id_{field}" if field else url
