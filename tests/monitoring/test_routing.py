"""Which rule takes a case: a table of conditions, and that the first that fits decides."""

from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.monitoring.blame import WorkQueue
from apps.monitoring.routing import CaseFacts, Conditions, Destination, Rule, first_fitting, fits

ONE, TWO = UUID(int=1), UUID(int=2)
FACTS = CaseFacts(
    business_class="closed_period",
    customer_id=ONE,
    flow_id=TWO,
    systems=frozenset({"harvest", "netsuite"}),
    canonical_types=frozenset({"TimeEntry"}),
    amounts={"EUR": Decimal("10000"), "USD": Decimal("20")},
)


@pytest.mark.parametrize(
    ("conditions", "right"),
    [
        pytest.param(Conditions(), True, id="no condition fits everything"),
        pytest.param(Conditions(business_class="closed_period"), True, id="its class"),
        pytest.param(Conditions(business_class="conflict"), False, id="another class"),
        pytest.param(Conditions(customer_id=ONE), True, id="its customer"),
        pytest.param(Conditions(customer_id=TWO), False, id="another customer"),
        pytest.param(Conditions(flow_id=ONE), False, id="another flow"),
        pytest.param(Conditions(system="netsuite"), True, id="a system its flow connects"),
        pytest.param(Conditions(system="xero"), False, id="another system"),
        pytest.param(Conditions(canonical_type="Invoice"), False, id="another kind of record"),
        pytest.param(Conditions(amount_from=Decimal(10000), currency="EUR"), True, id="just the amount"),
        pytest.param(Conditions(amount_from=Decimal("10000.01"), currency="EUR"), False, id="a cent more"),
        pytest.param(Conditions(amount_from=Decimal(21), currency="USD"), False, id="the amount in another currency"),
        pytest.param(Conditions(amount_from=Decimal(0), currency="CHF"), False, id="no money in that currency"),
        pytest.param(
            Conditions("closed_period", ONE, TWO, "harvest", "TimeEntry", Decimal(1), "EUR"), True, id="all at once"
        ),
    ],
)
def test_a_rule_fits_when_every_condition_does(conditions: Conditions, right: bool) -> None:
    assert fits(conditions, FACTS) is right


@given(st.lists(st.sampled_from(["", "closed_period", "conflict"]), max_size=6))
def test_the_first_fitting_rule_decides(classes: list[str]) -> None:
    rules = [Rule(UUID(int=n), str(n), Conditions(c), Destination(WorkQueue.FINANCE)) for n, c in enumerate(classes)]
    found = first_fitting(rules, FACTS)
    fitting = [n for n, known in enumerate(classes) if known != "conflict"]
    assert (int(found.name) if found else None) == (fitting[0] if fitting else None)
