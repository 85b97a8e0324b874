"""A firm whose month of time entries has passed through, with two things wrong in it that somebody should look at."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from django.utils import timezone

from apps.customers.models import Customer
from apps.monitoring.insights.book import Kept
from apps.monitoring.insights.looking import look_at
from apps.monitoring.models import Insight
from apps.tenants import scope
from tests.lines import Line
from tests.people import Watched


@dataclass
class Looked(Watched):
    """One line with the hands to look at its records."""

    long: dict[str, Any] | None = None  # the time entry of the long day
    dear: dict[str, Any] | None = None  # the one at another rate

    def change(self, kind: str, key: str, **values: Any) -> None:
        """Change a record of the PSA behind everybody's back."""
        line = self.line
        line.sandbox.do(lambda client: client.change_record("psa", line.company, kind, key, **values))

    def look(self, now: datetime | None = None) -> Kept:
        """Look at the customer's records."""
        with scope.work_in(self.line.partner):
            customer = Customer.objects.get(id=self.line.customer.id)
        with scope.enter(self.line.partner):
            return look_at(customer, now or timezone.now(), lambda: None)

    def insights(self, **filters: Any) -> list[Insight]:
        """Return insights, as they are now."""
        with scope.work_in(self.line.partner):
            return list(Insight.objects.filter(**filters).order_by("cause", "id"))

    def insight(self, cause: str) -> Insight:
        """Return the one insight of a cause."""
        (found,) = self.insights(cause=cause)
        return found


@pytest.fixture
def looked(make_line: Callable[..., Line]) -> Looked:
    """A firm of six with four weeks of entries; one day is far too long, one entry far too dear. Run once, not looked at."""
    line = make_line(weeks=4)
    approved = line.entries(status="approved", billable=True)
    last = max(entry["worked_on"] for entry in approved)
    long = next(entry for entry in approved if entry["worked_on"] == last)
    dear = next(entry for entry in approved if entry["person_id"] != long["person_id"] and entry["worked_on"] == last)
    made = Looked(line, None, long=long, dear=dear)  # type: ignore[arg-type]
    made.change("time-entries", long["id"], hours=21)
    made.change("time-entries", dear["id"], rate="950.00")
    made.run = line.run()
    with scope.work_in(line.partner):
        Customer.objects.filter(id=line.customer.id).update(state=Customer.State.LIVE)
    return made
