"""What is spent is the same for the same wishes, and only the known handful of it is wrong."""

from decimal import Decimal
from pathlib import Path

from apps.connectors.sandbox.expense_tool import EXPENSE_PROBLEMS, EXPENSES, ExpenseTool
from apps.connectors.sandbox.firm import Wishes, found_firm
from apps.connectors.sandbox.rules import CURRENCIES
from apps.connectors.sandbox.store import Record, Store
from tests.connectors.sandbox.test_desk import FIRM


def _spent(**wishes: object) -> list[Record]:
    store = Store(Path(":memory:"))
    company = store.found_company("expense", "acme", "the-token", dict(wishes))
    with store.change():
        ExpenseTool.fill(store, company, FIRM)
    return list(store.every(company, EXPENSES))


def test_equal_wishes_make_equal_expenses() -> None:
    assert _spent(seed=3) == _spent(seed=3)
    assert _spent(seed=3) != _spent(seed=4)


def test_only_the_known_handful_is_wrong_each_for_its_own_reason() -> None:
    *sound, no_project, negative, odd_currency, ahead = _spent()
    assert len(EXPENSE_PROBLEMS) == 4
    assert all(row["project_code"] and Decimal(row["amount"]) > 0 and row["currency"] in CURRENCIES for row in sound)
    assert all(row["spent_on"] < FIRM.as_of.date().isoformat() for row in sound)
    assert no_project["project_code"] is None
    assert Decimal(negative["amount"]) < 0
    assert odd_currency["currency"] not in CURRENCIES
    assert ahead["spent_on"] > FIRM.as_of.date().isoformat()
    assert {row["status"] for row in (no_project, negative, odd_currency, ahead)} == {"approved"}


def test_without_problems_nothing_is_wrong() -> None:
    assert len(_spent(problems=False)) == len(_spent()) - len(EXPENSE_PROBLEMS)


def test_a_firm_of_six_hundred_spends_in_all_its_currencies() -> None:
    firm, store = found_firm(Wishes(people=600, weeks=1, entries=1)), Store(Path(":memory:"))
    company = store.found_company("expense", "big", "the-token", {})
    with store.change():
        ExpenseTool.fill(store, company, firm)
    rows = list(store.every(company, EXPENSES))
    assert len(rows) == 600 * 2 + len(EXPENSE_PROBLEMS)
    assert {"EUR", "USD"} <= {row["currency"] for row in rows}
