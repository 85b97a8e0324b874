"""The form of one part of a flow's draft: made from the descriptions of its keys, filled from what is stored, with problems in place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.flows.engine.definition_problems import StepProblem
from apps.flows.engine.step_forms.fields import AFTER_FAILING, CONDITION
from apps.flows.engine.step_forms.reading import shown
from apps.flows.engine.step_forms.shapes import Holds, StepField
from apps.flows.queries.problem_words import problem_words
from apps.flows.queries.step_choices import Choice, StepChoices

LONGEST_NOTE = 300
_LATER = frozenset({CONDITION.key, *(one.key for one in AFTER_FAILING)})
_CODE = {"spellcheck": "false", "autocapitalize": "off", "autocomplete": "off"}
_LINES = {Holds.EXPRESSION: 2, Holds.SENTENCE: 2, Holds.TEXTS: 3, Holds.TABLE: 2, Holds.LONG_TEXT: 4}
_AREAS = frozenset(_LINES)
_TYPED_PLAINLY = frozenset({Holds.EXPRESSION, Holds.TEXTS, Holds.TABLE})


@dataclass(frozen=True, slots=True)
class Cell:
    """One control of a row. `choices` are those of a list, or suggestions where `is_suggested`."""

    name: str
    id: str
    label: str
    value: str
    lines: int = 0
    is_list: bool = False
    is_number: bool = False
    is_code: bool = False
    choices: list[Choice] = field(default_factory=list)
    suggestions: str = ""


@dataclass(frozen=True, slots=True)
class Rows:
    """A key that is filled in row by row; the last row is empty, for one more."""

    key: str
    label: str
    help: str
    rows: list[list[Cell]]
    errors: list[str]


@dataclass(frozen=True, slots=True)
class Entry:
    """One key on the page: a field of the form, or its rows."""

    key: str
    field: forms.BoundField | None
    rows: Rows | None

    @property
    def is_wrong(self) -> bool:
        """True when something is to be mended here."""
        return bool(self.rows.errors if self.rows else self.field is not None and self.field.errors)


class PartForm(forms.Form):
    """Everything that can be filled in for one step, or for the flow as a whole.

    It judges nothing itself: what is stored may be half written, and `problems` say what is wrong with it.
    """

    def __init__(
        self,
        described: Sequence[StepField],
        stored: Mapping[str, Any],
        choices: StepChoices,
        problems: Sequence[StepProblem] = (),
        sent: QueryDict | None = None,
    ) -> None:
        self.described = [one for one in described if not one.is_fixed]
        self._choices, self._stored, self._sent = choices, stored, sent
        super().__init__(data=self._typed(stored) if sent is None else sent)
        for one in self.described:
            if not one.has_rows:
                self.fields[one.key] = self._field(one)
        self.full_clean()
        self._row_errors: dict[str, list[str]] = {}
        for problem in problems:
            self._tell(problem)

    @property
    def entries(self) -> list[Entry]:
        """Every key in order."""
        return [self._entry(one) for one in self.described]

    @property
    def first_entries(self) -> list[Entry]:
        """What the step does."""
        return [entry for entry in self.entries if entry.key not in _LATER]

    @property
    def later_entries(self) -> list[Entry]:
        """When it does it, and what follows when it fails: most steps say nothing about that."""
        return [entry for entry in self.entries if entry.key in _LATER]

    @property
    def is_later_open(self) -> bool:
        """True when something is said there, or wrong."""
        told = any(self._stored.get(key) for key in _LATER)
        return told or any(entry.is_wrong for entry in self.later_entries)

    @property
    def suggestions(self) -> list[tuple[str, list[Choice]]]:
        """The lists of suggestions that controls of the page name, each once."""
        parts = [part for one in self.described for part in (one, *one.parts)]
        among = {part.among for part in parts if part.is_suggested}
        return [(f"known-{one.value}", self._choices.of(one)) for one in sorted(among)]

    def _entry(self, described: StepField) -> Entry:
        if described.has_rows:
            return Entry(described.key, None, self._rows(described))
        return Entry(described.key, self[described.key], None)

    def _typed(self, stored: Mapping[str, Any]) -> MultiValueDict[str, Any]:
        typed: MultiValueDict[str, Any] = MultiValueDict()
        for one in self.described:
            value = shown(one, stored.get(one.key))
            if one.holds is Holds.CHOICES:
                typed.setlist(one.key, value)
            elif not one.has_rows:
                typed[one.key] = value
        return typed

    def _field(self, described: StepField) -> forms.Field:
        words: dict[str, Any] = {"label": _(described.label), "help_text": _(described.help), "required": False}
        if described.holds is Holds.FLAG:
            return forms.BooleanField(**words)
        if described.holds is Holds.CHOICES:
            choices = self._with_stored(described, self._choices.of(described.among))
            return forms.MultipleChoiceField(choices=choices, widget=forms.CheckboxSelectMultiple, **words)
        if described.holds is Holds.CHOICE:
            choices = [("", "—"), *self._with_stored(described, self._choices.of(described.among))]
            return forms.ChoiceField(choices=choices, **words)
        return forms.CharField(widget=_widget(described), strip=False, **words)

    def _with_stored(self, described: StepField, choices: list[Choice]) -> list[Choice]:
        """Return the choices with what is stored and is none of them (any more): it is shown, and told about."""
        value = shown(described, self._stored.get(described.key))
        known = {stored for stored, _label in choices}
        return [
            *choices,
            *((one, one) for one in (value if isinstance(value, list) else [value]) if one and one not in known),
        ]

    def _rows(self, described: StepField) -> Rows:
        rows = [
            [self._cell(described, part, number, row.get(part.key, "")) for part in described.parts]
            for number, row in enumerate([*self._shown_rows(described), {}])
        ]
        errors = self._row_errors.get(described.key, [])
        return Rows(described.key, _(described.label), _(described.help), rows, errors)

    def _shown_rows(self, described: StepField) -> list[Mapping[str, str]]:
        if self._sent is None:
            return list(shown(described, self._stored.get(described.key)))
        columns = [self._sent.getlist(f"{described.key}.{part.key}") for part in described.parts]
        rows = [
            dict(zip((part.key for part in described.parts), row, strict=True)) for row in zip(*columns, strict=False)
        ]
        return [row for row in rows if any(row.values())]

    def _cell(self, described: StepField, part: StepField, number: int, value: str) -> Cell:
        name, is_list = f"{described.key}.{part.key}", part.holds is Holds.CHOICE
        choices = self._choices.of(part.among) if is_list else []
        if is_list and value and value not in {stored for stored, _label in choices}:
            choices = [*choices, (value, value)]
        return Cell(
            name=name,
            id=f"id_{name}.{number}",
            label=_(part.label),
            value=value,
            lines=int(part.holds in _AREAS),
            is_list=is_list,
            is_number=part.holds is Holds.WHOLE,
            is_code=part.holds in _TYPED_PLAINLY,
            choices=choices,
            suggestions=f"known-{part.among.value}" if part.is_suggested else "",
        )

    def _tell(self, problem: StepProblem) -> None:
        found = next((one for one in self.described if f"{problem.key}.".startswith(f"{one.key}.")), None)
        words = problem_words(problem.message)
        if found is None:
            self.add_error(None, words)
        elif found.has_rows:
            told = _in_row(found, problem.key.removeprefix(found.key).strip("."), words)
            self._row_errors.setdefault(found.key, []).append(told)
        else:
            self.add_error(found.key, words)


def _in_row(described: StepField, rest: str, words: str) -> str:
    """Return a sentence with the row it is about: counted where rows have numbers, else by the row's name."""
    row, _dot, key = rest.partition(".")
    if not row:
        return words
    if not row.isdigit():
        return _("%(row)s: %(problem)s") % {"row": row, "problem": words}
    part = next((_(one.label) for one in described.parts if one.key == key), "")
    named = {"row": int(row) + 1, "part": part, "problem": words}
    return (_("Row %(row)d, %(part)s: %(problem)s") if part else _("Row %(row)d: %(problem)s")) % named


def _widget(described: StepField) -> forms.Widget:
    code = _CODE if described.holds in _TYPED_PLAINLY else {}
    if described.holds in _AREAS:
        lines = 4 if described.holds is Holds.SENTENCE and described.longest > 300 else _LINES[described.holds]
        return forms.Textarea(attrs={"rows": lines, **code})
    more: dict[str, Any] = {"list": f"known-{described.among.value}"} if described.is_suggested else {}
    if described.holds in {Holds.WHOLE, Holds.MONEY}:
        # Not a control for numbers: it would swallow letters instead of letting them be told about.
        more |= {"inputmode": "numeric" if described.holds is Holds.WHOLE else "decimal", "class": "number-typed"}
    return forms.TextInput(attrs=more)


class NoteForm(forms.Form):
    """Why a draft is published."""

    note = forms.CharField(
        label=gettext_lazy("Why"),
        required=False,
        max_length=LONGEST_NOTE,
        help_text=gettext_lazy("Kept with the version, for who asks later."),
    )
