"""A flow whose first run left records blocked, the cases that were opened for them, and browsers of everybody."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.conf import settings

from apps.flows.models import Operation, Run
from apps.monitoring.judging import judge_ledger
from apps.monitoring.models import ExceptionCase
from apps.tenants import scope
from tests.conftest import _admin_dsn
from tests.kept_lines import line_in_state
from tests.lines import Line
from tests.people import Watched


@dataclass
class Blocked(Watched):
    """One line with the cases its first run opened."""

    def judge(self) -> None:
        """Let the cases follow the ledger."""
        with scope.enter(self.line.partner):
            judge_ledger()

    def work(self) -> None:
        """Let workers do what is due, then let the cases follow the ledger."""
        self.line.work()
        self.judge()

    def cases(self, **filters: object) -> list[ExceptionCase]:
        """Return cases, all open ones unless asked otherwise."""
        with scope.work_in(self.line.partner):
            return list(ExceptionCase.objects.filter(**(filters or {"closed_at": None})).order_by("id"))

    def case(self, error_field: str, **filters: object) -> ExceptionCase:
        """Return the open case that blames a field."""
        (found, *_) = self.cases(error_field=error_field, **(filters or {"closed_at": None}))
        return found

    def again(self, case: ExceptionCase) -> ExceptionCase:
        """Return the case as it is now."""
        (found,) = self.cases(id=case.id)
        return found

    def records(self, case: ExceptionCase) -> list[Operation]:
        """Return the case's records."""
        with scope.work_in(self.line.partner):
            return list(Operation.objects.filter(case_operations__case=case).distinct().order_by("id"))


@pytest.fixture
def blocked(make_line: Callable[..., Line]) -> Blocked:
    """A line with faulty records, run once, its cases opened."""

    def bring_about() -> tuple[Line, Run]:
        line = make_line(problems=True)
        made = Blocked(line, line.run())
        made.judge()
        return line, made.run

    return Blocked(*line_in_state("blocked", bring_about, _admin_dsn(settings.DATABASES["owner"])))
