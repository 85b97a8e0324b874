"""The made-up firm is the same for the same wishes, and credible."""

from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from apps.connectors.sandbox.firm import PROBLEMS, UNKNOWN_EMPLOYEE, Wishes, found_firm

AS_OF = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def test_equal_wishes_make_equal_firms_and_another_seed_another() -> None:
    assert found_firm(Wishes(as_of=AS_OF)) == found_firm(Wishes(as_of=AS_OF))
    assert found_firm(Wishes(as_of=AS_OF, seed=2)).entries != found_firm(Wishes(as_of=AS_OF)).entries


@pytest.mark.parametrize(("people", "weeks"), [(1, 1), (40, 4), (600, 1)])
def test_a_firm_of_any_size_is_credible(people: int, weeks: int) -> None:
    firm = found_firm(Wishes(people=people, weeks=weeks, as_of=AS_OF, problems=False))
    assert len(firm.people) == people
    hours = Counter[tuple[str, str]]()
    for entry in firm.entries:
        assert len(entry) == 23
        assert date.fromisoformat(entry["worked_on"]) < AS_OF.date()
        assert Decimal(entry["rate"]) > 0
        hours[entry["person_id"], entry["worked_on"]] += entry["hours"]
        if entry["approved_at"]:
            approved = datetime.fromisoformat(entry["approved_at"])
            assert date.fromisoformat(entry["worked_on"]) <= approved.date()
            assert approved < AS_OF
    assert max(hours.values()) <= 8.5
    if people >= 40:
        share = sum(entry["status"] == "approved" for entry in firm.entries) / len(firm.entries)
        assert 0.86 < share < 0.94


def test_changes_have_instants_of_their_own_all_past_and_in_order() -> None:
    moments = [entry["modified_at"] for entry in found_firm(Wishes(as_of=AS_OF)).entries]
    assert moments == sorted(set(moments))
    assert datetime.fromisoformat(moments[-1]) < AS_OF


def test_a_wished_number_of_entries_is_made_exactly() -> None:
    assert len(found_firm(Wishes(people=5, weeks=1, entries=1234, problems=False, as_of=AS_OF)).entries) == 1234
    ids = [entry["id"] for entry in found_firm(Wishes(people=5, weeks=1, entries=50, as_of=AS_OF)).entries]
    assert len(set(ids)) == len(ids) == 50 + len(PROBLEMS)


def test_with_daily_approvals_the_weeks_fill_day_by_day() -> None:
    wishes = Wishes(people=12, weeks=3, as_of=AS_OF, daily_approvals=True)
    entries = found_firm(wishes).entries
    days = Counter(entry["modified_at"][:10] for entry in entries)
    assert len(days) >= 15
    for entry in entries:
        changed = datetime.fromisoformat(entry["modified_at"])
        assert changed < AS_OF
        assert entry["approved_at"] is None or datetime.fromisoformat(entry["approved_at"]) < AS_OF
    strangers = {entry["worked_on"] for entry in entries if entry["person_id"] == UNKNOWN_EMPLOYEE}
    assert len(strangers) > 3, "a problem that is not mended comes again on other days"
