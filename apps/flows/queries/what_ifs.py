"""What a what-if found, as its page shows it: figures, money, fields, causes, and the records that differ."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.listing import Column, Filter, ListSpec, ListState, Option
from apps.connectors import registry
from apps.connectors.canonical.registry import CANONICAL_TYPES
from apps.flows.engine.conditions import REASON_SENTENCES
from apps.flows.engine.definition import DefinitionError
from apps.flows.engine.what_if import Kind
from apps.flows.mapping.layers import LayerError
from apps.flows.models import Flow, FlowVersion, Operation, WhatIf
from apps.flows.queries.causes import cause_words
from apps.flows.queries.operations import shown
from apps.flows.queries.versions import step_titles
from apps.flows.services.publish import layered_lines
from apps.flows.services.what_if import contents_kept
from apps.tenants.templatetags.wording import MASK, money_words

KIND_WORDS = {
    Kind.NOW_REFUSED: gettext_lazy("Newly refused"),
    Kind.LEFT_OUT: gettext_lazy("Left out"),
    Kind.CHANGED: gettext_lazy("Changed"),
    Kind.REFUSED_OTHERWISE: gettext_lazy("Refused for another reason"),
    Kind.TAKEN_IN: gettext_lazy("Taken in"),
    Kind.NOW_PASSES: gettext_lazy("Newly passing"),
    Kind.SAME: gettext_lazy("The same"),
}
KIND_TONES = {
    Kind.NOW_REFUSED: "danger",
    Kind.LEFT_OUT: "warning",
    Kind.CHANGED: "progress",
    Kind.REFUSED_OTHERWISE: "warning",
    Kind.TAKEN_IN: "progress",
    Kind.NOW_PASSES: "success",
    Kind.SAME: "neutral",
}
_KINDS = list(Kind)
_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Change:
    """One field's value under both versions; "" stands for nothing."""

    name: str
    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class WhatIfRow:
    """One record that differs. `operation_id` "" : its ledger line is gone. `why` are sentences of what stops it."""

    operation_id: str
    label: str
    key: str
    kind: Kind
    changes: list[Change]
    amount_before: str
    amount_after: str
    why: list[str]

    @property
    def kind_words(self) -> str:
        """How it differs, in words."""
        return str(KIND_WORDS[self.kind])

    @property
    def tone(self) -> str:
        """How alarming that is."""
        return KIND_TONES[self.kind]

    @property
    def changes_words(self) -> str:
        """Every change in one cell of a file."""
        return "; ".join(f"{change.label}: {change.before or '—'} → {change.after or '—'}" for change in self.changes)


@dataclass(frozen=True, slots=True)
class MoneyRow:
    """What would be delivered in one currency, in words. `goes` is "up", "down" or "level"."""

    currency: str
    before: str
    after: str
    delta: str
    goes: str


@dataclass(frozen=True, slots=True)
class FieldRow:
    """How often one field differs, with some examples. The sums are of a field that holds money, "" for others."""

    name: str
    label: str
    count: int
    examples: list[Change]
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class FailureRow:
    """One cause of refusals and for how many records it holds; `sentence` "" once contents are gone."""

    words: str
    field: str
    sentence: str
    before: int
    after: int

    @property
    def is_new(self) -> bool:
        """True when nothing is refused for it as things are."""
        return not self.before

    @property
    def is_solved(self) -> bool:
        """True when nothing would be refused for it any more."""
        return not self.after


@dataclass(frozen=True, slots=True)
class WhatIfPage:
    """Everything a what-if found. `kept` is False where contents are not kept (any more)."""

    counts: dict[Kind, int]
    money: list[MoneyRow]
    fields: list[FieldRow]
    failures: list[FailureRow]
    rows: list[WhatIfRow]
    kept: bool
    open_steps: list[str]

    @property
    def differing(self) -> int:
        """How many records differ."""
        return sum(number for kind, number in self.counts.items() if kind is not Kind.SAME)

    @property
    def has_sums(self) -> bool:
        """True when a field that holds money differs."""
        return any(row.before for row in self.fields)


WHAT_IF_ROWS = ListSpec(
    key="what-if-records",
    columns=(
        Column("record", gettext_lazy("Record"), key=lambda row: row.label, value=lambda row: row.label, fixed=True),
        Column(
            "kind",
            gettext_lazy("What happens"),
            key=lambda row: _KINDS.index(row.kind),
            value=lambda row: row.kind_words,
        ),
        Column("changes", gettext_lazy("Changes"), value=lambda row: row.changes_words),
        Column("why", gettext_lazy("Why"), value=lambda row: " ".join(row.why)),
        Column("before", gettext_lazy("Amount before"), value=lambda row: row.amount_before, numeric=True),
        Column("after", gettext_lazy("Amount after"), value=lambda row: row.amount_after, numeric=True),
        Column("key", gettext_lazy("Number at the source"), value=lambda row: row.key, shown=False),
    ),
    filters=(
        Filter("q", gettext_lazy("Record or number"), "search"),
        Filter("field", gettext_lazy("Field"), "select", all_label=gettext_lazy("Any field")),
        Filter("kind", gettext_lazy("What happens"), "chips"),
    ),
    order="kind",
)


def get_what_if(what_if_id: Any) -> WhatIf | None:
    """Return a what-if with its flow and versions, None when there is none such."""
    found = (
        WhatIf.objects.select_related(
            "flow__source", "flow__target", "flow__customer", "flow__live_version", "version_before", "version_after"
        )
        .filter(id=what_if_id)
        .first()
    )
    if found is not None:
        found.version_before.flow = found.version_after.flow = found.flow
    return found


def attach_what_ifs(flow: Flow, versions: list[FlowVersion]) -> list[FlowVersion]:
    """Return a flow's versions, each with its latest what-if as `what_if`, None without one. One query."""
    found = WhatIf.objects.filter(flow=flow).defer("rows", "result").order_by("version_after_id", "-id")
    latest = {what_if.version_after_id: what_if for what_if in found.distinct("version_after_id")}
    for version in versions:
        version.what_if = latest.get(version.id)  # type: ignore[attr-defined]  # for the page alone
    return versions


def get_page(what_if: WhatIf, *, can_see: bool) -> WhatIfPage:
    """Return what a what-if found; values are masked for who may not see contents."""
    result, kept = what_if.result, contents_kept(what_if)
    labels = _Labels(what_if)
    rows = [_row(row, labels, can_see=can_see) for row in (kept["rows"] if kept else [])]
    examples: dict[str, list[Change]] = {}
    for row in rows:
        for change in row.changes:
            examples.setdefault(change.name, []).append(change)
    sentences = (kept["sentences"] if kept else []) + [""] * len(result["failures"])
    opened = {row[side]["open_at"] for row in (kept["rows"] if kept else []) for side in ("before", "after")}
    return WhatIfPage(
        counts={kind: result["counts"][kind.value] for kind in Kind},
        money=[_money(currency, sums) for currency, sums in result["money"].items()],
        fields=[_field(one, labels, examples.get(one["name"], [])) for one in result["fields"]],
        failures=[
            _failure(one, sentence, labels) for one, sentence in zip(result["failures"], sentences, strict=False)
        ],
        rows=rows,
        kept=kept is not None,
        open_steps=sorted(labels.step(name) for name in opened if name),
    )


def _money(currency: str, sums: Mapping[str, str]) -> MoneyRow:
    before, after = Decimal(sums["before"]), Decimal(sums["after"])
    return MoneyRow(
        currency,
        money_words(before, currency),
        money_words(after, currency),
        ("+" if after > before else "") + money_words(after - before, currency),
        "level" if after == before else "up" if after > before else "down",
    )


def _field(one: Mapping[str, Any], labels: "_Labels", examples: list[Change]) -> FieldRow:
    sums = [money_words(one[side], "") if one[side] is not None else "" for side in ("before", "after")]
    return FieldRow(one["name"], labels.field(one["name"]), one["count"], examples[:_EXAMPLES], *sums)


def _failure(one: Mapping[str, Any], sentence: str, labels: "_Labels") -> FailureRow:
    label = labels.field(one["field"]) if one["field"] else ""
    return FailureRow(cause_words(one["class"], one["code"]), label, sentence, one["before"], one["after"])


def _row(row: Mapping[str, Any], labels: "_Labels", *, can_see: bool) -> WhatIfRow:
    before, after = row["before"], row["after"]
    return WhatIfRow(
        operation_id=row["id"],
        label=row["label"] or row["business_key"],
        key=row["key"],
        kind=Kind(row["kind"]),
        changes=[
            Change(name, labels.field(name), _value(was, can_see=can_see), _value(now, can_see=can_see))
            for name, was, now in row["fields"]
        ],
        amount_before=_amount(before),
        amount_after=_amount(after),
        why=_why(after) or _why(before),
    )


def _amount(verdict: Mapping[str, Any]) -> str:
    return money_words(verdict["amount"], verdict["currency"]) if verdict["amount"] is not None else ""


def _why(verdict: Mapping[str, Any]) -> list[str]:
    reason = REASON_SENTENCES.get(verdict["reason"], verdict["reason"])
    return verdict["problems"] or ([reason] if reason else [])


def _value(value: Any, *, can_see: bool) -> str:
    if value in (None, ""):
        return ""
    return shown(value) if can_see else MASK


class _Labels:
    """What people call the fields and steps of the versions."""

    def __init__(self, what_if: WhatIf) -> None:
        definition = what_if.version_after.definition
        self.steps = step_titles(what_if.version_before) | step_titles(what_if.version_after)
        described = CANONICAL_TYPES.get(str(definition.get("canonical_type", "")))
        self.canonical = {known.name: known.label for known in described.fields} if described else {}
        target = registry.manifest(what_if.flow.target.system)
        named = str(definition.get("target_object", ""))
        kind = target.object_named(named) if named else target.object_for(described.name) if described else None
        self.target = {spec.name: spec.label for spec in kind.fields if spec.label} if kind else {}
        self.target |= _line_labels(what_if.version_after)

    def step(self, name: str) -> str:
        """Return what a step is called."""
        return self.steps.get(name, name)

    def field(self, name: str) -> str:
        """Return what a field is called, after the step that sends it in a walking flow."""
        if name == "known_until":
            return _("Known until the step")
        place, dot, rest = name.partition(".")
        if dot and place == "record":
            return str(_(self.canonical[rest]) if rest in self.canonical else rest)
        if dot and place in self.steps:
            return f"{self.step(place)} · {rest}"
        if name in self.target:
            return str(self.target[name])
        return str(_(self.canonical[name])) if name in self.canonical else name


def _line_labels(version: FlowVersion) -> dict[str, str]:
    try:
        lines = [layered.line for layered in layered_lines(version)]
    except (LayerError, DefinitionError, KeyError):
        return {}  # its systems are not known any more: the fields keep their own names
    return {line.target: line.label for line in lines if line.label}


def narrow(rows: list[WhatIfRow], state: ListState) -> list[WhatIfRow]:
    """Return the rows that fit what is asked for."""
    kind, name, words = state.value("kind"), state.value("field"), state.value("q").casefold()
    return [
        row
        for row in rows
        if (not kind or row.kind.value == kind)
        and (not name or any(change.name == name for change in row.changes))
        and (not words or words in f"{row.label} {row.key}".casefold())
    ]


def options_of(page: WhatIfPage) -> dict[str, list[Option]]:
    """Return what the list of records can be narrowed to: kinds and fields that occur."""
    kept = {kind: sum(row.kind is kind for row in page.rows) for kind in Kind}
    kinds = [Option(kind.value, KIND_WORDS[kind], number) for kind, number in kept.items() if number]
    return {"kind": kinds, "field": [Option(row.name, row.label) for row in page.fields if row.examples]}


def known_lines(rows: Collection[WhatIfRow]) -> set[str]:
    """Return which of the rows' ledger lines are still there. One query."""
    ids = Operation.objects.filter(id__in=[row.operation_id for row in rows]).values_list("id", flat=True)
    return {str(known) for known in ids}


def can_go_live(what_if: WhatIf) -> bool:
    """Return whether the later version may be made live from here: never live before, and nobody was quicker."""
    version: FlowVersion = what_if.version_after
    never = version.published_at is None and version.made_after_id == what_if.flow.live_version_id
    return never and what_if.state == WhatIf.State.DONE
