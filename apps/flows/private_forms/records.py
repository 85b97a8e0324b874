"""Kinds of records of a partner's own system: which lists of a file are taken, one that no file offers, and each as it is."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from apps.connectors.answers import at_path
from apps.connectors.canonical.registry import CANONICAL_TYPES
from apps.connectors.manifest import ChangeRead, Idempotency
from apps.connectors.private import texts
from apps.connectors.private.drafting import MOST_CHOSEN
from apps.connectors.private.odata_drafting import blank_reading
from apps.flows.private_forms.fields import DraftForm, choice, lines, number, words
from apps.flows.private_forms.parts import Part, PartForm, parsed


class RecordForm(PartForm):
    """One kind of record: what names it, how its list is read, and how it is written."""

    PLACES = {
        "label": "label",
        "canonical_type": "canonical_type",
        "key_field": "key_field",
        "version_field": "version_field",
        "natural_key": "natural_key",
        "find_parameter": "find_parameter",
        "path": "reading.path",
        "records_path": "reading.records_path",
        "one_path": "reading.one_path",
        "change_read": "reading.change_read",
        "since_parameter": "reading.since_parameter",
        "since_sorted": "reading.since_sorted",
        "overlap_seconds": "reading.overlap_seconds",
        "rescan_days": "reading.rescan_days",
        "style": "reading.paging.style",
        "size": "reading.paging.size",
        "size_parameter": "reading.paging.size_parameter",
        "position_parameter": "reading.paging.position_parameter",
        "first": "reading.paging.first",
        "next_path": "reading.paging.next_path",
        "total_path": "reading.paging.total_path",
        "create_path": "writing.create_path",
        "update_path": "writing.update_path",
        "update_method": "writing.update_method",
        "key_path": "writing.key_path",
        "idempotency": "writing.idempotency",
        "idempotency_header": "writing.idempotency_header",
        "own_key_field": "writing.own_key_field",
        "own_key_parameter": "writing.own_key_parameter",
        "undo_method": "writing.undo_method",
        "undo_path": "writing.undo_path",
    }
    DEFAULTS = {
        "key_field": "id",
        "change_read": ChangeRead.FULL.value,
        "since_sorted": False,
        "overlap_seconds": 0,
        "rescan_days": 0,
        "style": "none",
        "size": 100,
        "first": 1,
        "update_method": "PATCH",
        "key_path": "id",
        "idempotency": Idempotency.NONE.value,
    }
    label = forms.CharField(label=_("Name"), max_length=80, help_text=_("One of them, such as Project."))
    canonical_type = choice(_("What it is"), [], _("Flows and templates know records by this."))
    key_field = words(_("Field of its own number"))
    version_field = words(_("Field of its last change"), _("A time or a number that grows with each change."))
    natural_key = words(_("Field it is looked up by"), _("A code or a number that people know."))
    find_parameter = words(_("Query parameter that takes it"))
    fields_known = lines(
        _("Fields"), _("One a line: name | kind | required | choices. What is inside is written user.id."), rows=10
    )
    path = words(_("Path of the list"), _("Below the connection's address."), most=400)
    records_path = words(_("Where the answer holds the list"), _("Such as data.items; empty: the answer is the list."))
    parameters = lines(_("Further query parameters"), _("One a line: name = value. They go with every page."))
    one_path = words(_("Path of one record"), _("With {key}, such as projects/{key}."), most=400)
    change_read = choice(
        _("How changes are found"),
        [
            ("full", _("Everything is read each time and compared")),
            ("modified_since", _("Asked for since the last change seen")),
            ("window_rescan", _("The last days are read again")),
        ],
    )
    since_parameter = words(_("Query parameter that takes the time"))
    since_sorted = forms.BooleanField(label=_("The list comes oldest change first"), required=False)
    overlap_seconds = number(_("Seconds read again"), 0, 604_800, _("For changes that show up late."))
    rescan_days = number(_("Days read again"), 0, 3_660)
    style = choice(
        _("Pages"),
        [
            ("none", _("the list comes whole")),
            ("page", _("numbered pages")),
            ("offset", _("so many records are skipped")),
            ("link", _("the answer links to the next page")),
            ("link_header", _("a header links to the next page")),
            ("token", _("the answer gives a token for the next page")),
        ],
    )
    size = number(_("Records on a page"), 1, 10_000)
    first = number(_("Number of the first page"), 0, 1)
    size_parameter = words(_("Query parameter of the size"))
    position_parameter = words(_("Query parameter of the page"))
    next_path = words(_("Where the answer holds the next page"))
    total_path = words(_("Where the answer counts all records"))
    is_written = forms.BooleanField(label=_("Records of this kind are written there too"), required=False)
    create_path = words(_("Path that takes new records"), most=400)
    update_path = words(_("Path of a change"), _("With {key}; empty: records are never changed."), most=400)
    update_method = choice(_("Method of a change"), [("PATCH", "PATCH"), ("PUT", "PUT"), ("POST", "POST")])
    key_path = words(_("Where the answer holds the new number"))
    idempotency = choice(
        _("What tells a delivery that is repeated"),
        [
            ("none", _("nothing: what is in doubt waits for a person")),
            ("own_key_field", _("a field that carries our own number")),
            ("key_header", _("a header that the system remembers")),
            ("search_before_create", _("records are looked for before they are made")),
            ("upsert_by_external_id", _("the system updates the same record")),
        ],
    )
    idempotency_header = words(_("That header"), most=80)
    own_key_field = words(_("That field"))
    own_key_parameter = words(_("Query parameter that looks for it"))
    undo_method = choice(
        _("How a new record is taken back"),
        [("", _("it cannot be")), ("DELETE", "DELETE"), ("PATCH", "PATCH"), ("POST", "POST")],
    )
    undo_path = words(_("Path of taking back"), _("With {key}."), most=400)

    def __init__(self, *args: Any, part: Part, offered: Part | None = None, **kwargs: Any) -> None:
        """Show a kind of record; `offered` is the writing that its file offers while nobody said that it is written."""
        super().__init__(*args, part={**part, "writing": offered} if offered else part, **kwargs)
        self.part = part
        shown = set(self.PLACES.values())
        self._unshown = {name: one for name, one in (offered or {}).items() if f"writing.{name}" not in shown}
        self.initial["is_written"] = "writing" in part
        kinds = [(name, _(described.label)) for name, described in CANONICAL_TYPES.items()]
        self.fields["canonical_type"].choices = [("", _("Choose one")), *kinds]  # type: ignore[attr-defined]

    def texts_of(self, part: Part) -> dict[str, Any]:
        """Return fields and parameters as lines, and whether records are written."""
        return {
            "fields_known": texts.fields_text(part.get("fields", ())),
            "parameters": texts.pairs_text(at_path(part, "reading.parameters")),
            "is_written": "writing" in part,
        }

    def clean_fields_known(self) -> list[Part]:
        """Read the fields."""
        return parsed(texts.parse_fields, self.cleaned_data["fields_known"], self.part.get("fields", ()))

    def clean_parameters(self) -> dict[str, str]:
        """Read the further parameters."""
        return parsed(texts.parse_pairs, self.cleaned_data["parameters"])

    def changed_part(self) -> Part:
        """Return the object; what is not written any more has no lines that write it."""
        part = super().changed_part()
        part |= {"canonical_type": self.cleaned_data["canonical_type"], "fields": self.cleaned_data["fields_known"]}
        part["reading"] = {"path": "", **part.get("reading", {}), "parameters": self.cleaned_data["parameters"]}
        if self.cleaned_data["is_written"]:
            part["writing"] = {"create_path": "", **self._unshown, **part.get("writing", {})}
        else:
            part = {name: one for name, one in part.items() if name not in {"writing", "writing_lines"}}
        return part


class ListsForm(DraftForm):
    """Which lists of an uploaded file become kinds of records; `rows` have a path each."""

    paths = forms.MultipleChoiceField(required=False)

    def __init__(self, *args: Any, rows: Sequence[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = [(row.path, row.label) for row in rows if not row.chosen]
        self.fields["paths"].choices = offered  # type: ignore[attr-defined]

    def clean_paths(self) -> list[str]:
        """Require a choice, and not too many at once."""
        paths = list(self.cleaned_data["paths"])
        if len(paths) > MOST_CHOSEN:
            raise forms.ValidationError(_("Choose at most %(most)d lists.") % {"most": MOST_CHOSEN})
        return paths


class NewRecordForm(DraftForm):
    """A kind of record that no file offers: its name, what it is, and where its list stands."""

    label = forms.CharField(label=_("Name"), max_length=60, help_text=_("One of them, such as Project."))
    canonical_type = forms.ChoiceField(
        label=_("What it is"),
        choices=[(name, _(described.label)) for name, described in CANONICAL_TYPES.items()],
        help_text=_("Flows and templates know records by this."),
    )
    path = forms.CharField(
        label=_("Path of the list"), max_length=400, help_text=_("Below the connection's address, such as v1/projects.")
    )

    def clean(self) -> dict[str, Any]:
        """Make the name that addresses use."""
        plain = slugify(self.cleaned_data.get("label", "")).replace("-", "_")[:50]
        self.cleaned_data["name"] = plain if plain[:1].isalpha() else f"records_{plain}".rstrip("_")
        return self.cleaned_data

    def part(self, name: str, odata: Mapping[str, Any] | None = None) -> Part:
        """Return the object as a document has it; `odata` is how the system speaks OData, None where it does not."""
        typed = self.cleaned_data
        path = typed["path"].strip().lstrip("/")
        return {
            "name": name,
            "label": typed["label"],
            "canonical_type": typed["canonical_type"],
            "fields": [],
            "reading": {"path": path} if odata is None else blank_reading(odata.get("version", 4), path),
        }
