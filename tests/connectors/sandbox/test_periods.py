"""A firm's months are whole, follow one another, and are closed before its first booked day."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from apps.connectors.sandbox.firm import Wishes, found_firm
from apps.connectors.sandbox.periods import periods_of


@pytest.mark.parametrize("as_of", [datetime(2026, 1, 31, tzinfo=UTC), datetime(2024, 3, 1, tzinfo=UTC)])
def test_the_months_of_a_firm(as_of: datetime) -> None:
    firm = found_firm(Wishes(people=1, weeks=1, entries=1, as_of=as_of))
    periods = periods_of(firm)
    assert len(periods) == 27
    assert all(one.ends + timedelta(days=1) == other.starts for one, other in pairwise(periods))
    assert [period.is_open for period in periods] == [period.ends >= firm.first_day for period in periods]
    assert f"{as_of:%Y-%m}" in {period.code for period in periods}
