"""Which exception a record belongs to; the monitoring room, which is above, tells it when it starts."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class CaseOfRecord:
    """One exception that a record is or was part of."""

    case_id: UUID
    title: str
    state: str
    is_open: bool


ListCases = Callable[[UUID], list[CaseOfRecord]]
_directories: list[ListCases] = []


def register(list_cases: ListCases) -> None:
    """Ask `list_cases` from now on; called once, when the monitoring room starts."""
    _directories[:] = [list_cases]


def list_cases_of(operation_id: UUID) -> list[CaseOfRecord]:
    """Return the exceptions of one record, the open one first."""
    return [case for list_cases in _directories for case in list_cases(operation_id)]
