"""Judges a whole batch by the rules of its flow: what stands in the ledger counts, and what goes before in the batch."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from apps.connectors.canonical.shapes import Amount, CanonicalValues
from apps.connectors.errors import FieldProblem
from apps.flows.business_rules.people import content_of, day_of
from apps.flows.business_rules.rule import Booked, Facts, Question
from apps.flows.business_rules.systems import Answerer, Judgeable

PersonDay = tuple[str, date]
_NONE = Decimal(0)
_NO_PROBLEMS: tuple[FieldProblem, ...] = ()


class Candidate(NamedTuple):
    """One record that is about to be delivered. `key` is its business key, `number` what people know it by.

    `known_as` says under which code the target knows what a field names, where the mapping translates it.
    """

    key: str
    number: str
    values: CanonicalValues
    amount: Amount | None = None
    known_as: Mapping[str, str] = {}
    posting_on: date | None = None
    posting_field: str = ""


class Standing(NamedTuple):
    """A record of the ledger that was delivered or is on its way. `hours` is zero for what is no work."""

    number: str
    hours: Decimal
    content: str


@dataclass(frozen=True, slots=True)
class Ledger:
    """What stands in the ledger besides the candidates: by person and day, and sums by project and purchase order."""

    days: Mapping[PersonDay, Sequence[Standing]] = field(default_factory=dict)
    project_money: Mapping[tuple[str, str], Decimal] = field(default_factory=dict)  # (project, currency)
    project_hours: Mapping[str, Decimal] = field(default_factory=dict)
    order_money: Mapping[tuple[str, str], Decimal] = field(default_factory=dict)  # (purchase order, currency)


@dataclass(frozen=True, slots=True)
class Answers:
    """What systems answered. `records` holds None for what a system does not have; a name not in it was not asked for."""

    records: Mapping[tuple[Question, str], CanonicalValues | None] = field(default_factory=dict)
    lists: Mapping[Question, Sequence[CanonicalValues]] = field(default_factory=dict)


def wanted_name(question: Question, answerer: Answerer, candidate: Candidate) -> str:
    """Return the code of what the question asks for, as the answering system knows it; "" where the record names none."""
    if answerer.is_target and question.field in candidate.known_as:
        return candidate.known_as[question.field]
    value = candidate.values.get(question.field)
    return "" if value is None else str(value)


def judge_batch(
    rules: Sequence[Judgeable],
    candidates: Sequence[Candidate],
    answers: Answers,
    ledger: Ledger,
    *,
    kind: str,
    today: date,
) -> dict[str, tuple[FieldProblem, ...]]:
    """Return what is wrong with which candidate, by its key; those that hold every rule are left out.

    All entries of a day that has too many hours are held back, as nobody can say which of them is wrong. Of two equal
    records the later one is held back, and budgets are filled in the order of the batch by what passes.
    """
    judged = [one for one in rules if one.can_be_judged]
    marked = [_Marked(one, day_of(kind, one.values), content_of(kind, one.values)) for one in candidates]
    sums, days, found = _Sums(ledger), _days(marked), dict[str, tuple[FieldProblem, ...]]()
    seen: dict[str, str] = {}
    for mark in marked:
        candidate, booked = mark.candidate, _booked(mark, ledger, days, seen, sums)
        problems = _NO_PROBLEMS
        for one in judged:
            problems += _problems(one, candidate, answers, booked, today)
        if problems:
            found[candidate.key] = problems
        else:
            sums.add(candidate)
        if mark.content:
            seen.setdefault(mark.content, candidate.number)
    return found


class _Marked(NamedTuple):
    """A candidate with its person and day, and what it says."""

    candidate: Candidate
    day: PersonDay | None
    content: str


class _Sums:
    """What is delivered under a project or an order, growing with every record that passes."""

    def __init__(self, ledger: Ledger) -> None:
        self.project_money = defaultdict(Decimal, ledger.project_money)
        self.project_hours = defaultdict(Decimal, ledger.project_hours)
        self.order_money = defaultdict(Decimal, ledger.order_money)

    def add(self, candidate: Candidate) -> None:
        project, order = candidate.values.get("project"), candidate.values.get("po_number")
        if project:
            self.project_hours[project] += candidate.values.get("hours") or _NONE
        if candidate.amount is not None:
            self.project_money[str(project or ""), candidate.amount.currency] += candidate.amount.value
            self.order_money[str(order or ""), candidate.amount.currency] += candidate.amount.value


def _days(marked: Iterable[_Marked]) -> Mapping[PersonDay, list[Candidate]]:
    days: defaultdict[PersonDay, list[Candidate]] = defaultdict(list)
    for mark in marked:
        if mark.day is not None:
            days[mark.day].append(mark.candidate)
    return days


def _booked(
    mark: _Marked,
    ledger: Ledger,
    days: Mapping[PersonDay, Sequence[Candidate]],
    seen: Mapping[str, str],
    sums: _Sums,
) -> Booked:
    candidate, content = mark.candidate, mark.content
    standing = ledger.days.get(mark.day, ()) if mark.day else ()
    others = [other for other in days[mark.day] if other is not candidate] if mark.day else []
    twin = next((other.number for other in standing if other.content == content), "") if content else ""
    hours = sum([other.hours for other in standing], _NONE)
    hours += sum([other.values.get("hours") or _NONE for other in others], _NONE)
    values, currency = candidate.values, candidate.amount.currency if candidate.amount else ""
    project, order = str(values.get("project") or ""), str(values.get("po_number") or "")
    return Booked(
        hours=hours,
        entries=len(standing) + len(others),
        twin=twin or (seen.get(content, "") if content else ""),
        project_money=sums.project_money.get((project, currency), _NONE),
        project_hours=sums.project_hours.get(project, _NONE),
        order_money=sums.order_money.get((order, currency), _NONE),
    )


def _problems(
    one: Judgeable, candidate: Candidate, answers: Answers, booked: Booked, today: date
) -> tuple[FieldProblem, ...]:
    records: dict[str, CanonicalValues | None] = {}
    lists: dict[str, Sequence[CanonicalValues]] = {}
    asked, values = "", candidate.values
    for question, answerer in one.answers:
        if answerer is None:
            return ()
        asked = asked or answerer.system
        if not question.field:
            lists[question.kind] = answers.lists.get(question, ())
            continue
        name = wanted_name(question, answerer, candidate)
        if name and name != values.get(question.field):
            values = {**values, question.field: name}  # people look for it under the code that was asked for
        if name and (question, name) in answers.records:
            records[question.kind] = answers.records[question, name]
    facts = Facts(records, lists, booked, candidate.posting_on, candidate.posting_field, candidate.amount)
    problems = one.rule.find(values, facts, today)
    if not problems:
        return problems
    return tuple(
        FieldProblem(found.field, found.message.replace("{asked}", asked), found.business_class, found.code)
        for found in problems
    )
