"""What people type about a system of their own: its beginning, its sign-in, and each kind of record.

A field of these forms stands for one place of the document (`PLACES`): it is filled from there and written back there, and
whatever the form does not show stays as it was. Longer than other files: the fields are a table.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django import forms
from django.utils.html import format_html
from django.utils.text import slugify
from django.utils.translation import gettext_lazy
from django.utils.translation import gettext_lazy as _

from apps.connectors.canonical.registry import CANONICAL_TYPES
from apps.connectors.manifest import AuthScheme, ChangeRead, Idempotency
from apps.connectors.models import Connection
from apps.connectors.private import texts
from apps.connectors.private.drafting import MOST_CHOSEN
from apps.connectors.private.openapi_sign_in import secrets_for
from apps.flows.private_lines_form import RevisionField

Part = dict[str, Any]
_TEXT_AREA = {"rows": 3, "spellcheck": "false"}

EVIDENCE = {
    "parameter": _("Taken from the query parameter {name}."),
    "answer": _("Taken from {name} in the answer."),
    "security": _("Taken from the sign-in {name}."),
    "server": _("Taken from the server {name}."),
}


def _words(label: Any, help_text: Any = "", *, most: int = 200) -> forms.CharField:
    return forms.CharField(label=label, help_text=help_text, required=False, max_length=most)


def _lines(label: Any, help_text: Any, *, rows: int = 3) -> forms.CharField:
    area = forms.Textarea(attrs={**_TEXT_AREA, "rows": rows})
    return forms.CharField(label=label, help_text=help_text, required=False, max_length=60_000, widget=area)


def _number(label: Any, least: int, most: int, help_text: Any = "") -> forms.IntegerField:
    return forms.IntegerField(label=label, help_text=help_text, required=False, min_value=least, max_value=most)


def _choice(label: Any, choices: Sequence[tuple[str, Any]], help_text: Any = "") -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=choices, help_text=help_text, required=False)


class _PartForm(forms.Form):
    """A form over one part of a document. PLACES says where each field stands, DEFAULTS what it is where nothing does."""

    PLACES: ClassVar[Mapping[str, str]] = {}
    DEFAULTS: ClassVar[Mapping[str, Any]] = {}
    seen = RevisionField()

    def __init__(
        self, *args: Any, part: Part, revision: int, evidence: Sequence[Mapping[str, str]] = (), **kwargs: Any
    ) -> None:
        self.part = part
        initial = {name: _at(part, place, self.DEFAULTS.get(name, "")) for name, place in self.PLACES.items()}
        shown = {**initial, "seen": revision, **self.texts_of(part)}
        super().__init__(*args, **{**kwargs, "initial": shown})
        fields = {place: name for name, place in self.PLACES.items()}
        for one in evidence:
            self._tell(self.fields.get(fields.get(one["part"], "")), one)

    def _tell(self, field: forms.Field | None, evidence: Mapping[str, str]) -> None:
        sentence = EVIDENCE.get(evidence["source"])
        if field is not None and sentence is not None:
            name = format_html("<code>{}</code>", evidence["name"])  # it came with a file: never as markup
            field.help_text = format_html("{} {}", field.help_text, format_html(str(sentence), name=name))

    def texts_of(self, part: Part) -> dict[str, Any]:
        """Return what fields show that stand for more than one value."""
        return {}

    def changed_part(self) -> Part:
        """Return the part as it is to be, from the values that were typed."""
        part = dict(self.part)
        for name, place in self.PLACES.items():
            value = self.cleaned_data.get(name)
            part = _with(part, place.split("."), None if value in ("", None, self.DEFAULTS.get(name)) else value)
        return part


def _at(part: Any, place: str, default: Any) -> Any:
    for step in place.split("."):
        part = part.get(step) if isinstance(part, Mapping) else None
    return default if part is None else part


def _with(part: Mapping[str, Any], steps: Sequence[str], value: Any) -> Part:
    """Return a copy with a value at a place; None takes it out."""
    first, rest = steps[0], steps[1:]
    if rest:
        below = part.get(first)
        value = _with(below if isinstance(below, Mapping) else {}, rest, value) or None
    kept = {name: one for name, one in part.items() if name != first}
    return kept if value is None else {**kept, first: value}


class StartForm(forms.Form):
    """The beginning of a system: an OpenAPI file, a description from elsewhere, or nothing but a name."""

    name = forms.CharField(
        label=_("Name"),
        required=False,
        max_length=80,
        help_text=_("What people here call the system. Without one, the name in the file is taken."),
    )
    file = forms.FileField(
        label=_("File"),
        required=False,
        help_text=_(
            "The system's OpenAPI file (JSON up to 10 MB, YAML up to 2 MB), or a description that was downloaded here. "
            "Without a file you begin with an empty description."
        ),
    )

    def clean(self) -> dict[str, Any]:
        """Ask for one of the two."""
        cleaned = self.cleaned_data
        if not cleaned.get("name") and not cleaned.get("file") and not self.errors:
            self.add_error("name", _("Give the system a name, or choose a file."))
        return cleaned


class BasicsForm(_PartForm):
    """What holds for the whole system: its name, how requests are signed, and how much it allows."""

    PLACES = {
        "name": "name",
        "category": "category",
        "summary": "summary",
        "documentation": "documentation",
        "scheme": "auth.scheme",
        "header": "auth.header",
        "token_path": "auth.token_path",
        "token_scope": "auth.token_scope",
        "authorize_address": "auth.authorize_address",
        "credentials_in_body": "auth.credentials_in_body",
        "test_path": "test_path",
        "identity_path": "identity_path",
        "calls": "limits.calls",
        "seconds": "limits.seconds",
        "at_once": "limits.at_once",
        "problems_path": "error_shape.problems_path",
        "code_path": "error_shape.code_path",
        "message_path": "error_shape.message_path",
        "field_path": "error_shape.field_path",
    }
    DEFAULTS = {
        "scheme": AuthScheme.NONE.value,
        "credentials_in_body": False,
        "seconds": 60,
        "at_once": 16,
        "code_path": "code",
        "message_path": "message",
        "field_path": "field",
    }
    name = forms.CharField(label=_("Name"), max_length=80)
    category = forms.CharField(label=_("Category"), max_length=40, help_text=_("For the list of systems: ERP, Time, …"))
    summary = _words(_("In one sentence"), most=300)
    documentation = _words(_("Documentation"), _("Where the vendor describes its interface, if anywhere."), most=400)
    scheme = _choice(
        _("Sign-in"),
        [
            ("none", _("none")),
            ("bearer", _("a token (Authorization: Bearer)")),
            ("header_key", _("a key in a header")),
            ("basic", _("user name and password")),
            ("client_credentials", _("client id and secret (OAuth 2.0)")),
            ("oauth_code", _("a person signs in there (OAuth 2.0)")),
        ],
    )
    header = _words(_("Header of the key"), _("For example X-Api-Key."), most=80)
    token_path = _words(_("Where an access token is asked for"), _("A whole address with https."), most=400)
    token_scope = _words(_("Scope"), most=400)
    authorize_address = _words(_("Where people sign in"), _("A whole address with https."), most=400)
    credentials_in_body = forms.BooleanField(
        label=_("Client id and secret go into the body, not into a header"), required=False
    )
    settings = _lines(
        _("Settings of a connection"),
        _("One a line: name = label. A path may hold them: accounts/{account}/projects."),
    )
    test_path = _words(_("Path that tests a connection"), _("A cheap reading; the first list if there is none."))
    identity_path = _words(_("Who is signed in"), _("Where the answer of that path says so, such as user.email."))
    calls = _number(_("Calls allowed"), 1, 1_000_000, _("Empty: no limit is published."))
    seconds = _number(_("in so many seconds"), 1, 86_400)
    at_once = _number(_("Calls at once"), 1, 64)
    problems_path = _words(_("List of problems"), _("Where an error answer lists them; empty: it is one problem."))
    code_path = _words(_("Code of a problem"))
    message_path = _words(_("Text of a problem"))
    field_path = _words(_("Field of a problem"))

    def texts_of(self, part: Part) -> dict[str, Any]:
        """Return the settings as lines."""
        return {"settings": texts.settings_text(part.get("settings", ()))}

    def clean_settings(self) -> list[Part]:
        """Read the settings."""
        try:
            return texts.parse_settings(self.cleaned_data["settings"], self.part.get("settings", ()))
        except texts.LineError as wrong:
            raise forms.ValidationError(str(wrong)) from None

    def clean_scheme(self) -> str:
        """Keep a sign-in that this form does not offer: it came with an uploaded description."""
        return self.cleaned_data["scheme"] or str(_at(self.part, "auth.scheme", "none"))

    def changed_part(self) -> Part:
        """Return the document; another sign-in needs other secrets."""
        document = super().changed_part()
        document.setdefault("auth", {})
        document["settings"] = self.cleaned_data["settings"]
        before = _at(self.part, "auth.scheme", "none")
        if self.cleaned_data["scheme"] != before:
            document["secrets"] = secrets_for(self.cleaned_data["scheme"])
        return document


class RecordForm(_PartForm):
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
    canonical_type = _choice(_("What it is"), [], _("Flows and templates know records by this."))
    key_field = _words(_("Field of its own number"))
    version_field = _words(_("Field of its last change"), _("A time or a number that grows with each change."))
    natural_key = _words(_("Field it is looked up by"), _("A code or a number that people know."))
    find_parameter = _words(_("Query parameter that takes it"))
    fields_known = _lines(
        _("Fields"), _("One a line: name | kind | required | choices. What is inside is written user.id."), rows=10
    )
    path = _words(_("Path of the list"), _("Below the connection's address."), most=400)
    records_path = _words(_("Where the answer holds the list"), _("Such as data.items; empty: the answer is the list."))
    parameters = _lines(_("Further query parameters"), _("One a line: name = value. They go with every page."))
    one_path = _words(_("Path of one record"), _("With {key}, such as projects/{key}."), most=400)
    change_read = _choice(
        _("How changes are found"),
        [
            ("full", _("Everything is read each time and compared")),
            ("modified_since", _("Asked for since the last change seen")),
            ("window_rescan", _("The last days are read again")),
        ],
    )
    since_parameter = _words(_("Query parameter that takes the time"))
    since_sorted = forms.BooleanField(label=_("The list comes oldest change first"), required=False)
    overlap_seconds = _number(_("Seconds read again"), 0, 604_800, _("For changes that show up late."))
    rescan_days = _number(_("Days read again"), 0, 3_660)
    style = _choice(
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
    size = _number(_("Records on a page"), 1, 10_000)
    first = _number(_("Number of the first page"), 0, 1)
    size_parameter = _words(_("Query parameter of the size"))
    position_parameter = _words(_("Query parameter of the page"))
    next_path = _words(_("Where the answer holds the next page"))
    total_path = _words(_("Where the answer counts all records"))
    is_written = forms.BooleanField(label=_("Records of this kind are written there too"), required=False)
    create_path = _words(_("Path that takes new records"), most=400)
    update_path = _words(_("Path of a change"), _("With {key}; empty: records are never changed."), most=400)
    update_method = _choice(_("Method of a change"), [("PATCH", "PATCH"), ("PUT", "PUT"), ("POST", "POST")])
    key_path = _words(_("Where the answer holds the new number"))
    idempotency = _choice(
        _("What tells a delivery that is repeated"),
        [
            ("none", _("nothing: what is in doubt waits for a person")),
            ("own_key_field", _("a field that carries our own number")),
            ("key_header", _("a header that the system remembers")),
            ("search_before_create", _("records are looked for before they are made")),
            ("upsert_by_external_id", _("the system updates the same record")),
        ],
    )
    idempotency_header = _words(_("That header"), most=80)
    own_key_field = _words(_("That field"))
    own_key_parameter = _words(_("Query parameter that looks for it"))
    undo_method = _choice(
        _("How a new record is taken back"),
        [("", _("it cannot be")), ("DELETE", "DELETE"), ("PATCH", "PATCH"), ("POST", "POST")],
    )
    undo_path = _words(_("Path of taking back"), _("With {key}."), most=400)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = [(name, _(described.label)) for name, described in CANONICAL_TYPES.items()]
        self.fields["canonical_type"].choices = [("", _("Choose one")), *kinds]  # type: ignore[attr-defined]

    def texts_of(self, part: Part) -> dict[str, Any]:
        """Return fields and parameters as lines, and whether records are written."""
        return {
            "fields_known": texts.fields_text(part.get("fields", ())),
            "parameters": texts.pairs_text(_at(part, "reading.parameters", {})),
            "is_written": "writing" in part,
        }

    def clean_fields_known(self) -> list[Part]:
        """Read the fields."""
        try:
            return texts.parse_fields(self.cleaned_data["fields_known"], self.part.get("fields", ()))
        except texts.LineError as wrong:
            raise forms.ValidationError(str(wrong)) from None

    def clean_parameters(self) -> dict[str, str]:
        """Read the further parameters."""
        try:
            return texts.parse_pairs(self.cleaned_data["parameters"])
        except texts.LineError as wrong:
            raise forms.ValidationError(str(wrong)) from None

    def changed_part(self) -> Part:
        """Return the object; what is not written any more has no lines that write it."""
        part = super().changed_part()
        part |= {"canonical_type": self.cleaned_data["canonical_type"], "fields": self.cleaned_data["fields_known"]}
        part["reading"] = {"path": "", **part.get("reading", {}), "parameters": self.cleaned_data["parameters"]}
        if self.cleaned_data["is_written"]:
            part["writing"] = {"create_path": "", **part.get("writing", {})}
        else:
            part = {name: one for name, one in part.items() if name not in {"writing", "writing_lines"}}
        return part


class ListsForm(forms.Form):
    """Which lists of an OpenAPI file become kinds of records; `rows` have a path each."""

    seen = RevisionField()
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


class NewRecordForm(forms.Form):
    """A kind of record that no file offers: its name, what it is, and where its list stands."""

    seen = RevisionField()
    label = forms.CharField(label=_("Name"), max_length=60, help_text=_("One of them, such as Project."))
    canonical_type = forms.ChoiceField(
        label=_("What it is"),
        choices=[(name, gettext_lazy(described.label)) for name, described in CANONICAL_TYPES.items()],
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

    def part(self, name: str) -> Part:
        """Return the object as a document has it."""
        typed = self.cleaned_data
        return {
            "name": name,
            "label": typed["label"],
            "canonical_type": typed["canonical_type"],
            "fields": [],
            "reading": {"path": typed["path"].strip().lstrip("/")},
        }


class TryForm(forms.Form):
    """Over which connection a description is tried."""

    def __init__(self, *args: Any, connections: Sequence[Connection], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = [(str(one.id), f"{one.customer.name} · {one.name}") for one in connections]
        self.fields["connection"] = forms.ChoiceField(label=_("Connection"), choices=names)


class LiveForm(forms.Form):
    """A draft that goes live: as it was seen, with a note for those who come later."""

    seen = RevisionField()
    note = forms.CharField(
        label=_("Note"), required=False, max_length=300, help_text=_("What is new, for the history.")
    )


class DocumentForm(forms.Form):
    """A description that takes the draft's place."""

    seen = RevisionField()
    file = forms.FileField(label=_("Description"), help_text=_("A JSON document as it is downloaded here."))
