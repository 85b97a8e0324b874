"""The steps of a flow in its reconciliations: what each made, what of it is there, and which systems cannot be asked."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.flows.engine.definition import parse_definition
from apps.flows.engine.reconcile import UNEXPLAINED, Cause, mark_of
from apps.flows.engine.reconcile_steps import Unasked
from apps.flows.models import Flow, Operation, OperationStep
from apps.flows.services.reconciliation_steps import writing_steps


@dataclass(frozen=True, slots=True)
class CurrencyLine:
    """Both sides in one currency."""

    currency: str
    source: Decimal
    target: Decimal

    @property
    def difference(self) -> Decimal:
        """Return source less target."""
        return self.source - self.target


@dataclass(frozen=True, slots=True)
class StepLine:
    """What one step comes to. `unseen` things could not be looked at; `why` says so in words where its system shows nothing."""

    name: str
    title: str
    system: str
    made: int
    there: int
    gone: int
    other_amounts: int
    unseen: int
    unexplained: int
    sums: list[CurrencyLine]
    why: str


def currency_lines(source: Mapping[str, str], target: Mapping[str, str]) -> list[CurrencyLine]:
    """Return both sides' stored sums, a line for each currency."""
    return [
        CurrencyLine(one, Decimal(source.get(one, 0)), Decimal(target.get(one, 0)))
        for one in sorted({*source, *target})
    ]


def step_lines(statement: Mapping[str, Any]) -> list[StepLine]:
    """Return the steps of a stored statement in order, [] of a flow that does not write step by step."""
    return [_line(stored) for stored in statement.get("steps", ())]


def _line(stored: Mapping[str, Any]) -> StepLine:
    made, held, parts = stored["source"]["count"], stored["target"]["count"], stored["parts"]
    return StepLine(
        name=stored["name"],
        title=stored["title"],
        system=stored["system"],
        made=made,
        there=held - stored["unproven"],  # what could not be looked at stands as it was made
        gone=made - held,
        other_amounts=parts.get(Cause.AMOUNT_DIFFERS, {}).get("records", 0),
        unseen=stored["unproven"],
        unexplained=sum(part["records"] for cause, part in parts.items() if Cause(cause) in UNEXPLAINED),
        sums=currency_lines(stored["source"]["sums"], stored["target"]["sums"]),
        why=_why(stored["unasked"], stored["system"]),
    )


def _why(unasked: str, system: str) -> str:
    if unasked == Unasked.SHOWS_NOTHING:
        words = _("%(system)s does not show what it holds: what was made there cannot be looked at.")
        return words % {"system": system}
    return _("Its system is not connected any more, or no longer has such records.") if unasked else ""


def titles_of(statement: Mapping[str, Any]) -> dict[str, str]:
    """Return what the steps of a stored statement are called, by name."""
    return {stored["name"]: stored["title"] for stored in statement.get("steps", ())}


def blind_steps(flow: Flow) -> list[str]:
    """Return a sentence for each step of a live flow whose system cannot be asked for what the step makes there."""
    version = flow.live_version
    definition = parse_definition(version.definition) if version is not None else None
    if version is None or definition is None or not definition.walks:
        return []
    return [
        f"{one.title}: {_why(one.unasked, one.connection.name if one.connection is not None else '')}"
        for one in writing_steps(flow, definition, version)
        if one.unasked
    ]


def holders_of(findings: Iterable[Operation]) -> dict[UUID, str]:
    """Return the names of the systems that findings about what steps made are about; one query, none without such findings."""
    findings = [one for one in findings if mark_of(one.source_version)]
    about = {(one.business_key, one.target_key): one.id for one in findings}
    if not about:
        return {}
    made = OperationStep.objects.filter(
        operation__flow_id__in={one.flow_id for one in findings},
        operation__canonical_type__in={one.canonical_type for one in findings},
        operation__business_key__in={key for key, _number in about},
        outside_key__in={number for _key, number in about},
        kind="deliver",
        connection__isnull=False,
    )
    named = made.values_list("operation__business_key", "outside_key", "connection__name")
    return {about[key, number]: name for key, number, name in named if (key, number) in about}
