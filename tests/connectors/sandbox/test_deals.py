"""The made-up deals: the same for the same wishes, and bad tax numbers only where the documentation says so."""

from datetime import UTC, date, datetime

import pytest

from apps.connectors.canonical.opportunity import STAGES
from apps.connectors.canonical.vocabulary import BILLING_KINDS
from apps.connectors.sandbox.deals import DEAL_PROBLEMS, found_deals
from apps.connectors.sandbox.firm import Firm, Wishes, found_firm

AS_OF = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def firm_of(**wishes: int | bool) -> Firm:
    return found_firm(Wishes(**{"people": 40, "as_of": AS_OF, **wishes}))  # type: ignore[arg-type]


def test_equal_wishes_make_equal_deals_and_another_seed_makes_others() -> None:
    assert firm_of().opportunities == firm_of().opportunities
    assert firm_of().opportunities != firm_of(seed=2).opportunities


def test_each_deal_has_an_account_of_its_own_that_no_other_system_knows() -> None:
    firm = firm_of()
    assert len(firm.opportunities) == len(firm.accounts) == 10
    assert [deal["account_id"] for deal in firm.opportunities] == [account["id"] for account in firm.accounts]
    assert not {a["tax_id"] for a in firm.accounts} & {c["tax_id"] for c in firm.clients}
    assert {deal["owner"] for deal in firm.opportunities} <= {person["email"] for person in firm.people}


def test_the_first_three_deals_are_open_and_every_third_after_them_is_won() -> None:
    deals = firm_of().opportunities
    assert [deal["id"] for deal in deals if deal["stage"] == "won"] == ["OP-0006", "OP-0009"]
    for deal in deals:
        assert deal["stage"] in STAGES
        assert deal["billing_kind"] in BILLING_KINDS
        assert (deal["won_at"] is not None) == (deal["stage"] == "won")
        assert date.fromisoformat(deal["starts"]) < date.fromisoformat(deal["ends"])
        assert datetime.fromisoformat(deal["modified_at"]) < AS_OF
        assert not deal["exported"]


@pytest.mark.parametrize("problems", [True, False])
def test_a_tax_number_is_missing_only_where_problems_are_wanted(problems: bool) -> None:
    accounts, _ = found_deals(1, AS_OF, firm_of().people, problems=problems)
    without = [account["id"] for account in accounts if not account["tax_id"]]
    assert without == (["AC-0003"] if problems else [])
    assert len(DEAL_PROBLEMS) == 3


@pytest.mark.parametrize(
    ("as_of", "closes"),
    [
        (datetime(2026, 11, 21, tzinfo=UTC), "2026-12-31"),
        (datetime(2026, 1, 1, tzinfo=UTC), "2026-03-31"),
        (datetime(2026, 6, 30, tzinfo=UTC), "2026-06-30"),
    ],
)
def test_an_open_deal_closes_at_the_end_of_its_quarter(as_of: datetime, closes: str) -> None:
    _, deals = found_deals(1, as_of, firm_of().people, problems=True)
    assert {deal["close_date"] for deal in deals if deal["stage"] != "won"} == {closes}
