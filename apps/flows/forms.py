"""What people type on the flows room's pages."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.connectors.canonical.registry import CANONICAL_TYPES
from apps.connectors.canonical.values import PARSERS, UnusableValueError, plain_text
from apps.connectors.manifest import MappingLine, WriteMode
from apps.connectors.models import Connection
from apps.flows.mapping.line_checks import LineCheckError, build_line_check
from apps.flows.mapping.transforms import TransformError, build_transform
from apps.flows.models import ReplayJob
from apps.flows.queries.installing import Fit
from apps.flows.queries.mapping import EditedLine
from apps.flows.settings_forms import PREFIX, build_setting_fields, read_setting_fields

_NOT_BY_ITSELF = 0
# Shared with the onboarding: 0 means that only people and webhooks start the flow.
SCHEDULES = (
    (_NOT_BY_ITSELF, _("Not by itself")),
    (300, _("Every 5 minutes")),
    (600, _("Every 10 minutes")),
    (900, _("Every 15 minutes")),
    (1800, _("Every 30 minutes")),
    (3600, _("Every hour")),
    (4 * 3600, _("Every 4 hours")),
    (12 * 3600, _("Every 12 hours")),
    (24 * 3600, _("Every 24 hours")),
)
_WRITE_MODES = (
    (WriteMode.OVERWRITE.value, _("Always write it")),
    (WriteMode.FILL_EMPTY.value, _("Only where the target has nothing")),
    (WriteMode.SET_ON_CREATE.value, _("Only when the record is new")),
    (WriteMode.APPEND.value, _("Add to what is there")),
)
EMPTY_ROWS = 3
MOST_TYPED_ROWS = 200


class InstallForm(forms.Form):
    """A template to install, one of a customer's connections for each system that it needs, and what can be chosen."""

    template = forms.ChoiceField(widget=forms.HiddenInput)
    name = forms.CharField(label=_("Name"), max_length=160, help_text=_("How this customer's people will know it."))

    def __init__(self, *args: Any, fit: Fit, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fit = fit
        self.fields["template"].choices = [(fit.template.slug, fit.template.name)]  # type: ignore[attr-defined]
        for part in fit.parts:
            self.fields[part.name] = forms.TypedChoiceField(
                label=part.label, coerce=UUID, choices=_connection_choices(part.connections)
            )
            if len(part.connections) == 1:
                self.initial.setdefault(part.name, str(part.connections[0].id))
        self.initial.setdefault("template", fit.template.slug)
        self.fields.update(build_setting_fields(fit.template.settings, {}))
        self.settings: dict[str, Any] = {}

    @property
    def systems(self) -> list[forms.BoundField]:
        """Return the fields that ask for a connection, in order."""
        return [self[part.name] for part in self.fit.parts]

    @property
    def choices(self) -> list[forms.BoundField]:
        """Return the fields of the template's settings, in order."""
        return [self[name] for name in self.fields if name.startswith(PREFIX)]

    def clean(self) -> dict[str, Any]:
        """Refuse one connection on both sides, and settings that cannot be."""
        cleaned: dict[str, Any] = super().clean() or {}
        self.settings = read_setting_fields(self, self.fit.template.settings)
        if cleaned.get("source") and cleaned.get("source") == cleaned.get("target"):
            self.add_error("target", gettext("Choose another connection than the one it reads from."))
        return cleaned

    def chosen(self, name: str) -> Connection:
        """Return the connection chosen for a part: source, target or a role."""
        part = next(part for part in self.fit.parts if part.name == name)
        return next(one for one in part.connections if one.id == self.cleaned_data[name])

    def roles(self) -> dict[str, Connection]:
        """Return the connections chosen besides source and target, by role."""
        return {role: self.chosen(role) for role in self.fit.template.roles}


def _connection_choices(connections: Sequence[Connection]) -> list[tuple[str, str]]:
    named = [(str(c.id), f"{c.name} ({c.get_environment_display()}, {c.get_state_display()})") for c in connections]
    return [("", gettext("Choose a connection")), *named]


class PauseForm(forms.Form):
    """Why a flow is paused."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=240,
        error_messages={"required": _("Say why the flow is paused: others will ask.")},
    )


class ValueForm(forms.Form):
    """One more translation in a table of values."""

    outside_value = forms.CharField(label=_("When the record says"), max_length=200, strip=True)
    new_value = forms.CharField(label=_("the target gets"), max_length=200, strip=True)


class LineForm(forms.Form):
    """One mapping line: where the value comes from, what is done to it, and how it is written."""

    source = forms.ChoiceField(label=_("Field"), required=False)
    expression = forms.CharField(
        label=_("Expression"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
        help_text=_("Instead of a field, for example: r.hours * r.bill_rate"),
    )
    transforms = forms.CharField(
        label=_("Steps"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text=_("One on each line, worked off from top to bottom, for example: trim or shorten:50"),
    )
    checks = forms.CharField(
        label=_("Checks"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
        help_text=_("What must hold for the result, one on each line, for example: at_most:24 or matches:^PRJ-"),
    )
    otherwise = forms.CharField(
        label=_("Any other value becomes"),
        required=False,
        max_length=200,
        help_text=_("Left empty, a value without a row stops its record until somebody adds one."),
    )
    default = forms.CharField(
        label=_("When there is none"),
        required=False,
        max_length=500,
        help_text=_("What is written where the record has nothing."),
    )
    write_mode = forms.ChoiceField(label=_("Writing"), choices=_WRITE_MODES, required=False)
    note = forms.CharField(
        label=_("Why"),
        required=False,
        max_length=200,
        help_text=_("Stands in the list of versions, for those who ask later."),
    )
    seen = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)  # the version it was opened with

    def __init__(self, *args: Any, edited: EditedLine, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {**_initial(edited.line), "seen": edited.version})
        super().__init__(*args, **kwargs)
        self.edited = edited
        known = [("", gettext("None")), *edited.sources]
        if edited.line.source and edited.line.source not in dict(edited.sources):
            known.append((edited.line.source, edited.line.source))
        self.fields["source"].choices = known  # type: ignore[attr-defined]

    @property
    def value_rows(self) -> list[tuple[str, str]]:
        """Return the rows of the value table as they are to be shown, with some empty ones to fill."""
        if self.has_long_table:
            return []
        table = self._typed_rows() if self.is_bound else _rows_of(self.edited.line)
        return [*table, *[("", "")] * EMPTY_ROWS]

    def _typed_rows(self) -> list[tuple[str, str]]:
        if self.has_long_table:
            return _rows_of(self.edited.line)
        if not isinstance(self.data, QueryDict):
            return []
        # PostgreSQL keeps no null character; a form's own fields refuse it, these are none.
        old_values, new_values = (
            [value.replace("\x00", "") for value in self.data.getlist(name)] for name in ("value_from", "value_to")
        )
        pairs = zip(old_values, new_values, strict=False)
        return [(old.strip()[:200], new.strip()[:200]) for old, new in pairs if old.strip() or new.strip()]

    @property
    def has_long_table(self) -> bool:
        """True when the table has too many rows to be typed here: it is kept as it is, and has a page of its own."""
        return len(self.edited.line.value_map or {}) > MOST_TYPED_ROWS

    def clean_transforms(self) -> tuple[str, ...]:
        """Return the steps. Each unknown one is named."""
        return _written_lines(self.cleaned_data["transforms"], build_transform, TransformError)

    def clean_checks(self) -> tuple[str, ...]:
        """Return the checks. Each one that is unknown or lacks something is named."""
        return _written_lines(self.cleaned_data["checks"], build_line_check, LineCheckError)

    def clean(self) -> dict[str, Any]:
        """Refuse two origins of one value, and rows of the table that cannot be."""
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("source") and cleaned.get("expression", "").strip():
            self.add_error("expression", gettext("Keep one: the field or the expression."))
        rows = self._typed_rows()
        if len(rows) > MOST_TYPED_ROWS and not self.has_long_table:
            sentence = gettext("At most %(most)s values can be typed here: bring more in from a file.")
            self.add_error(None, sentence % {"most": MOST_TYPED_ROWS})
        for old, new in rows:
            if not old or not new:
                row = {"old": old or "…", "new": new or "…"}
                self.add_error(None, gettext("The row “%(old)s → %(new)s” of the table is only half filled.") % row)
        if len({old for old, _ in rows}) < len(rows):
            self.add_error(None, gettext("The table has the same value twice: keep one row for each."))
        return cleaned

    def wanted_line(self) -> MappingLine:
        """Return the line as typed; values that were not touched keep their kind (a number stays a number)."""
        line, cleaned = self.edited.line, self.cleaned_data
        rows = self._typed_rows()
        return replace(
            line,
            source=cleaned["source"],
            expression=cleaned["expression"].strip(),
            transforms=cleaned["transforms"],
            checks=cleaned["checks"],
            value_map=_table(rows, line.value_map or {}) if rows else None,
            value_map_default=_kept(cleaned["otherwise"], line.value_map_default) if rows else None,
            default=_kept(cleaned["default"], line.default),
            write_mode=WriteMode(cleaned["write_mode"] or WriteMode.OVERWRITE),
        )


def _written_lines(typed: str, build: Callable[[str], object], refusal: type[ValueError]) -> tuple[str, ...]:
    """Return what was typed, one for each line; ValidationError with what is wrong with each."""
    written = tuple(one.strip() for one in typed.splitlines() if one.strip())
    wrong = []
    for one in written:
        try:
            build(one)
        except refusal as error:
            wrong.append(str(error))
    if wrong:
        raise forms.ValidationError(wrong)
    return written


def _initial(line: MappingLine) -> dict[str, Any]:
    return {
        "source": line.source,
        "expression": line.expression,
        "transforms": "\n".join(line.transforms),
        "checks": "\n".join(line.checks),
        "otherwise": "" if line.value_map_default is None else plain_text(line.value_map_default),
        "default": "" if line.default is None else plain_text(line.default),
        "write_mode": line.write_mode.value,
    }


def _rows_of(line: MappingLine) -> list[tuple[str, str]]:
    return [(plain_text(old), plain_text(new)) for old, new in (line.value_map or {}).items()]


def _table(rows: Sequence[tuple[str, str]], before: Mapping[str, Any]) -> dict[str, Any]:
    known = {plain_text(old): new for old, new in before.items()}
    return {old: _kept(new, known.get(old)) for old, new in rows}


def _kept(typed: str, before: Any) -> Any:
    typed = typed.strip()
    if not typed:
        return None
    return before if before is not None and plain_text(before) == typed else typed


class CorrectionForm(forms.Form):
    """One value to be corrected before a record is retried."""

    field = forms.ChoiceField(label=_("Field"))
    new_value = forms.CharField(label=_("New value"), required=False, max_length=500)
    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        error_messages={"required": _("Say why: the correction is kept as evidence.")},
    )

    def __init__(self, *args: Any, canonical_type: str, fields: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.canonical_type = canonical_type
        self.fields["field"].choices = [("", gettext("Choose a field")), *fields]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Refuse a value that cannot be read as its field's kind, naming how to write it."""
        cleaned: dict[str, Any] = super().clean() or {}
        described = CANONICAL_TYPES.get(self.canonical_type)
        spec = described.field_named(cleaned.get("field", "")) if described else None
        if spec is None:
            return cleaned
        try:
            PARSERS[spec.kind](cleaned.get("new_value", ""))
        except UnusableValueError as error:
            self.add_error("new_value", f"{spec.label}: {error.message}.")
        return cleaned


class RollBackForm(forms.Form):
    """Why what was done for a record is taken back, and whether what needs to be agreed to is included."""

    agreed = forms.BooleanField(label=_("Take these back as well"), required=False)
    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        error_messages={"required": _("Say why: it is kept in the audit log.")},
    )


class ReplayForm(forms.Form):
    """How records are tried again: from where, and with which version."""

    begin = forms.ChoiceField(choices=ReplayJob.From.choices, initial=ReplayJob.From.FAILED_STEP, required=False)
    version = forms.ChoiceField(choices=ReplayJob.Version.choices, initial=ReplayJob.Version.LIVE, required=False)

    @property
    def wanted_begin(self) -> ReplayJob.From:
        """Return from where; the usual when nothing was said."""
        return ReplayJob.From(self.cleaned_data["begin"] or ReplayJob.From.FAILED_STEP)

    @property
    def wanted_version(self) -> ReplayJob.Version:
        """Return with which version; the usual when nothing was said."""
        return ReplayJob.Version(self.cleaned_data["version"] or ReplayJob.Version.LIVE)


class BackfillForm(forms.Form):
    """The days a backfill reads, both included."""

    first = forms.DateField(label=_("First day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    last = forms.DateField(label=_("Last day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
