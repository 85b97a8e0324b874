"""Which exception a record belongs to, and what a flow puts at risk; the monitoring room above tells it when it starts."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from apps.flows.models import Flow
from apps.tenants.charts import Chart


@dataclass(frozen=True, slots=True)
class CaseOfRecord:
    """One exception that a record is or was part of."""

    case_id: UUID
    title: str
    state: str
    is_open: bool


@dataclass(frozen=True, slots=True)
class FlowRisk:
    """The money that a flow holds up now: `worth` in words, the largest currency first ("" for none), and how it went.

    `url` is where its exceptions are, `chart` None where nothing was at risk lately.
    """

    worth: str
    hint: str
    url: str
    chart: Chart | None


ListCases = Callable[[UUID], list[CaseOfRecord]]
TellRisk = Callable[[Flow, datetime], FlowRisk]
_directories: list[ListCases] = []
_risk: list[TellRisk] = []


def register(list_cases: ListCases) -> None:
    """Ask `list_cases` from now on; called once, when the monitoring room starts."""
    _directories[:] = [list_cases]


def list_cases_of(operation_id: UUID) -> list[CaseOfRecord]:
    """Return the exceptions of one record, the open one first."""
    return [case for list_cases in _directories for case in list_cases(operation_id)]


def register_risk(tell_risk: TellRisk) -> None:
    """Ask `tell_risk` what a flow puts at risk; called once, when the monitoring room starts."""
    _risk[:] = [tell_risk]


def risk_of(flow: Flow, now: datetime) -> FlowRisk | None:
    """Return the money at risk in a flow; None while nobody can tell."""
    return next((tell_risk(flow, now) for tell_risk in _risk), None)
