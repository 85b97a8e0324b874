"""The mapping lines of a private system as one table of controls: a row for each field that can be filled."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext as _

from apps.connectors.canonical.registry import CANONICAL_TYPES
from apps.connectors.canonical.shapes import CanonicalField
from apps.connectors.manifest import ValueKind
from apps.connectors.private import texts
from apps.flows.private_forms.fields import DraftForm
from apps.flows.private_forms.parts import Part

Target = tuple[str, str, bool]  # the field's name, what people call it, whether it is needed


@dataclass(frozen=True, slots=True)
class LineRow:
    """One row of the mapping: the field that is filled, and the controls of its line."""

    target: str
    label: str
    required: bool
    source: BoundField
    steps: BoundField
    table: BoundField
    default: BoundField
    reference: BoundField | None

    @property
    def is_used(self) -> bool:
        """True for a row that must be filled, or is: those are shown first."""
        filled = any(one.value() for one in (self.source, self.default))
        return self.required or filled or bool(self.table.errors)


class MappingForm(DraftForm):
    """All lines of one kind of record in one direction: a row for each field that can be filled."""

    def __init__(
        self,
        *args: Any,
        lines: Sequence[Part],
        targets: Sequence[Target],
        side: str,
        revision: int,
        **kw: Any,
    ) -> None:
        super().__init__(*args, **{**kw, "initial": {"seen": revision}})
        self._before = {line["target"]: line for line in lines}
        self._targets, self._outgoing, self._side = targets, side == "write", side
        for number, (target, label, _required) in enumerate(targets):
            self._add_row(f"{side}{number}", self._before.get(target, {}), label)

    def _add_row(self, prefix: str, line: Part, label: str) -> None:
        said = f"= {line['expression']}" if line.get("expression") else line.get("source", "")
        default = line.get("default")
        shown = {
            "source": (_("from"), said, {"list": "canonical-fields" if self._outgoing else "outside-fields"}),
            "steps": (_("steps"), texts.steps_text(line.get("transforms", ())), {"list": "known-steps"}),
            "default": (_("otherwise"), "" if default is None else str(default), {}),
        }
        for name, (words, initial, extra) in shown.items():
            widget = forms.TextInput(attrs={"aria-label": f"{label}: {words}", "spellcheck": "false", **extra})
            self.fields[f"{prefix}_{name}"] = forms.CharField(
                required=False, max_length=1000, widget=widget, initial=initial
            )
        area = forms.Textarea(
            attrs={"rows": 1, "spellcheck": "false", "aria-label": f"{label}: {_('table of values')}"}
        )
        table = texts.pairs_text(line.get("value_map"), line.get("value_map_default"))
        self.fields[f"{prefix}_table"] = forms.CharField(required=False, max_length=20_000, widget=area, initial=table)
        if self._outgoing:
            choices = [("", _("as it is")), *((name, _(one.label)) for name, one in CANONICAL_TYPES.items())]
            self.fields[f"{prefix}_reference"] = forms.ChoiceField(
                required=False,
                choices=choices,
                initial=line.get("reference", ""),
                widget=forms.Select(attrs={"aria-label": f"{label}: {_('number of')}"}),
            )

    def rows(self) -> Iterator[LineRow]:
        """Return the rows as the page shows them."""
        for number, (target, label, required) in enumerate(self._targets):
            prefix = f"{self._side}{number}"
            yield LineRow(
                target,
                label,
                required,
                self[f"{prefix}_source"],
                self[f"{prefix}_steps"],
                self[f"{prefix}_table"],
                self[f"{prefix}_default"],
                self[f"{prefix}_reference"] if self._outgoing else None,
            )

    def clean(self) -> dict[str, Any]:
        """Read the tables of values, so that a wrong one is told in its row."""
        for number in range(len(self._targets)):
            name = f"{self._side}{number}_table"
            try:
                self.cleaned_data[name] = texts.parse_value_map(self.cleaned_data.get(name) or "")
            except texts.LineError as wrong:
                self.add_error(name, str(wrong))
        return self.cleaned_data

    def lines(self) -> list[Part]:
        """Return the lines as typed; a row without a source and without a default has none."""
        made = (self._line(f"{self._side}{number}", row) for number, row in enumerate(self._targets))
        shown = {target for target, _label, _required in self._targets}
        return [*(line for line in made if line), *(line for name, line in self._before.items() if name not in shown)]

    def _line(self, prefix: str, row: Target) -> Part | None:
        typed, (target, label, required) = self.cleaned_data, row
        said, default = typed[f"{prefix}_source"].strip(), typed[f"{prefix}_default"]
        if not said and not default:
            return None
        fresh: Part = {"label": label, **({"required": True} if required else {})}
        before = self._before.get(target, fresh)
        kept: Part = {name: before[name] for name in ("write_mode", "required", "label") if name in before}
        origin: Part = {"expression": said[1:].strip()} if said.startswith("=") else {"source": said}
        line: Part = {"target": target, **kept, **origin, **_as_before(typed[f"{prefix}_table"], before)}
        if default:
            line["default"] = _same_value(default, before.get("default"))
        if typed[f"{prefix}_steps"].strip():
            line["transforms"] = texts.parse_steps(typed[f"{prefix}_steps"])
        if typed.get(f"{prefix}_reference"):
            line["reference"] = typed[f"{prefix}_reference"]
        return line


def _as_before(table: Part, before: Part) -> Part:
    """Return a table of values with those that were not changed as they were: a number stays a number."""
    if "value_map" not in table:
        return {}
    old = before.get("value_map") or {}
    read = {"value_map": {name: _same_value(value, old.get(name)) for name, value in table["value_map"].items()}}
    if "value_map_default" in table:
        read["value_map_default"] = _same_value(table["value_map_default"], before.get("value_map_default"))
    return read


def _same_value(typed: str, before: Any) -> Any:
    return before if before is not None and str(before) == typed else typed


def reading_targets(fields: Sequence[CanonicalField]) -> list[Target]:
    """Return the rows of the lines that read: a canonical type's fields, those that are needed first."""
    rows = [(one.name, _(one.label), one.required or one.name == "id") for one in fields]
    return sorted(rows, key=lambda row: not row[2])


def writing_targets(fields: Sequence[Part]) -> list[Target]:
    """Return the rows of the lines that write: the outside fields of a record's own level."""
    plain = [one for one in fields if one.get("kind") != ValueKind.NESTED.value]
    rows = [(one["name"], one.get("label") or one["name"], bool(one.get("required"))) for one in plain]
    return sorted(rows, key=lambda row: not row[2])
