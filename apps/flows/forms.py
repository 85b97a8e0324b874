"""What people type on the flows room's pages."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from django import forms
from django.http import QueryDict

from apps.connectors.canonical.registry import CANONICAL_TYPES
from apps.connectors.canonical.values import PARSERS, UnusableValueError, plain_text
from apps.connectors.manifest import MappingLine, WriteMode
from apps.connectors.models import Connection
from apps.flows.mapping.transforms import TransformError, build_transform
from apps.flows.queries.mapping import EditedLine
from apps.flows.templates_library import FlowTemplate

_NOT_BY_ITSELF = 0
SCHEDULES = (
    (_NOT_BY_ITSELF, "Not by itself"),
    (300, "Every 5 minutes"),
    (600, "Every 10 minutes"),
    (900, "Every 15 minutes"),
    (1800, "Every 30 minutes"),
    (3600, "Every hour"),
    (4 * 3600, "Every 4 hours"),
    (12 * 3600, "Every 12 hours"),
    (24 * 3600, "Every 24 hours"),
)
_WRITE_MODES = (
    (WriteMode.OVERWRITE.value, "Always write it"),
    (WriteMode.FILL_EMPTY.value, "Only where the target has nothing"),
    (WriteMode.SET_ON_CREATE.value, "Only when the record is new"),
    (WriteMode.APPEND.value, "Add to what is there"),
)
EMPTY_ROWS = 3
MOST_ROWS = 500


def schedule_words(every_seconds: int | None) -> str:
    """Return a schedule as people say it: "Every 15 minutes"."""
    if not every_seconds:
        return SCHEDULES[0][1]
    named = dict(SCHEDULES).get(every_seconds)
    if named:
        return named
    for size, unit in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if every_seconds % size == 0:
            return f"Every {every_seconds // size} {unit}"
    return f"Every {every_seconds} seconds"


class InstallForm(forms.Form):
    """A template to install, and the two connections of one customer it runs between."""

    template = forms.ChoiceField(label="Template", widget=forms.RadioSelect)
    name = forms.CharField(label="Name", max_length=160, help_text="How this customer's people will know it.")
    source = forms.TypedChoiceField(label="Reads from", coerce=UUID)
    target = forms.TypedChoiceField(label="Writes to", coerce=UUID)

    def __init__(
        self,
        *args: Any,
        templates: Sequence[FlowTemplate],
        sources: Sequence[Connection],
        targets: Sequence[Connection],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.connections = {connection.id: connection for connection in (*sources, *targets)}
        self._offer("template", [(template.slug, template.name) for template in templates])
        self._offer("source", _connection_choices(sources))
        self._offer("target", _connection_choices(targets))

    def _offer(self, name: str, choices: list[Any]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Refuse one connection on both sides."""
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("source") and cleaned.get("source") == cleaned.get("target"):
            self.add_error("target", "Choose another connection than the one it reads from.")
        return cleaned

    def chosen(self, side: str) -> Connection:
        """Return the chosen connection of a side."""
        return self.connections[self.cleaned_data[side]]


def _connection_choices(connections: Sequence[Connection]) -> list[tuple[str, str]]:
    named = [(str(c.id), f"{c.name} ({c.get_environment_display()}, {c.get_state_display()})") for c in connections]
    return [("", "Choose a connection"), *named]


class PauseForm(forms.Form):
    """Why a flow is paused."""

    reason = forms.CharField(
        label="Reason", max_length=240, error_messages={"required": "Say why the flow is paused: others will ask."}
    )


class ScheduleForm(forms.Form):
    """How often a flow runs by itself."""

    every_seconds = forms.TypedChoiceField(label="Runs", coerce=int, choices=SCHEDULES)

    def __init__(self, *args: Any, now: int | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["every_seconds"].initial = now or _NOT_BY_ITSELF
        if now and now not in dict(SCHEDULES):
            self.fields["every_seconds"].choices = [(now, schedule_words(now)), *SCHEDULES]  # type: ignore[attr-defined]


class ValueForm(forms.Form):
    """One more translation in a table of values."""

    outside_value = forms.CharField(label="When the record says", max_length=200, strip=True)
    new_value = forms.CharField(label="the target gets", max_length=200, strip=True)


class LineForm(forms.Form):
    """One mapping line: where the value comes from, what is done to it, and how it is written."""

    source = forms.ChoiceField(label="Field", required=False)
    expression = forms.CharField(
        label="Expression",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
        help_text="Instead of a field, for example: r.hours * r.bill_rate",
    )
    transforms = forms.CharField(
        label="Steps",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text="One on each line, worked off from top to bottom, for example: trim or shorten:50",
    )
    otherwise = forms.CharField(
        label="Any other value becomes",
        required=False,
        max_length=200,
        help_text="Left empty, a value without a row stops its record until somebody adds one.",
    )
    default = forms.CharField(
        label="When there is none",
        required=False,
        max_length=500,
        help_text="What is written where the record has nothing.",
    )
    write_mode = forms.ChoiceField(label="Writing", choices=_WRITE_MODES, required=False)
    note = forms.CharField(
        label="Why",
        required=False,
        max_length=200,
        help_text="Stands in the list of versions, for those who ask later.",
    )

    def __init__(self, *args: Any, edited: EditedLine, **kwargs: Any) -> None:
        kwargs.setdefault("initial", _initial(edited.line))
        super().__init__(*args, **kwargs)
        self.edited = edited
        known = [("", "None"), *edited.sources]
        if edited.line.source and edited.line.source not in dict(edited.sources):
            known.append((edited.line.source, edited.line.source))
        self.fields["source"].choices = known  # type: ignore[attr-defined]

    @property
    def value_rows(self) -> list[tuple[str, str]]:
        """Return the rows of the value table as they are to be shown, with some empty ones to fill."""
        table = self._typed_rows() if self.is_bound else _rows_of(self.edited.line)
        return [*table, *[("", "")] * EMPTY_ROWS]

    def _typed_rows(self) -> list[tuple[str, str]]:
        if not isinstance(self.data, QueryDict):
            return []
        pairs = zip(self.data.getlist("value_from"), self.data.getlist("value_to"), strict=False)
        return [(old.strip()[:200], new.strip()[:200]) for old, new in pairs if old.strip() or new.strip()]

    def clean_transforms(self) -> tuple[str, ...]:
        """Return the steps. Each unknown one is named."""
        written = tuple(step.strip() for step in self.cleaned_data["transforms"].splitlines() if step.strip())
        wrong = []
        for step in written:
            try:
                build_transform(step)
            except TransformError as error:
                wrong.append(str(error))
        if wrong:
            raise forms.ValidationError(wrong)
        return written

    def clean(self) -> dict[str, Any]:
        """Refuse two origins of one value, and rows of the table that cannot be."""
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("source") and cleaned.get("expression", "").strip():
            self.add_error("expression", "Keep one: the field or the expression.")
        rows = self._typed_rows()
        if len(rows) > MOST_ROWS:
            self.add_error(None, f"A table holds at most {MOST_ROWS} values.")
        for old, new in rows:
            if not old or not new:
                self.add_error(None, f"The row “{old or '…'} → {new or '…'}” of the table is only half filled.")
        if len({old for old, _ in rows}) < len(rows):
            self.add_error(None, "The table has the same value twice: keep one row for each.")
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
            value_map=_table(rows, line.value_map or {}) if rows else None,
            value_map_default=_kept(cleaned["otherwise"], line.value_map_default) if rows else None,
            default=_kept(cleaned["default"], line.default),
            write_mode=WriteMode(cleaned["write_mode"] or WriteMode.OVERWRITE),
        )


def _initial(line: MappingLine) -> dict[str, Any]:
    return {
        "source": line.source,
        "expression": line.expression,
        "transforms": "\n".join(line.transforms),
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

    field = forms.ChoiceField(label="Field")
    new_value = forms.CharField(label="New value", required=False, max_length=500)
    reason = forms.CharField(
        label="Reason", max_length=300, error_messages={"required": "Say why: the correction is kept as evidence."}
    )

    def __init__(self, *args: Any, canonical_type: str, fields: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.canonical_type = canonical_type
        self.fields["field"].choices = [("", "Choose a field"), *fields]  # type: ignore[attr-defined]

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
