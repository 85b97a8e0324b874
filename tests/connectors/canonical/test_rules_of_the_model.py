"""The rules every posted record must keep, as far as one record can tell."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from apps.connectors.canonical.registry import canonical_type

TODAY = date(2026, 11, 21)
POSTED = datetime(2026, 11, 20, 8, tzinfo=UTC)
RULES = [
    pytest.param("TimeEntry", "hours_of_one_day", {"hours": Decimal(24)}, "", id="a day has 24 hours"),
    pytest.param("TimeEntry", "hours_of_one_day", {"hours": Decimal("24.01")}, "hours", id="and no more"),
    pytest.param("TimeEntry", "posted_is_billed", {"posted_at": POSTED, "invoice_line": "INV-1/3"}, "", id="billed"),
    pytest.param("TimeEntry", "posted_is_billed", {"posted_at": POSTED}, "invoice_line", id="posted and forgotten"),
    pytest.param(
        "TimeEntry", "posted_is_billed", {"posted_at": POSTED, "unbilled_reason": "goodwill"}, "", id="given away"
    ),
    pytest.param("TimeEntry", "posted_is_billed", {"posted_at": POSTED, "billable": False}, "", id="inner work"),
    pytest.param("TimeEntry", "posted_is_billed", {}, "", id="not posted yet"),
    pytest.param(
        "TimeEntry", "correction_adds", {"id": "8", "correction_of": "7"}, "", id="a correction adds an entry"
    ),
    pytest.param(
        "TimeEntry", "correction_adds", {"id": "7", "correction_of": "7"}, "correction_of", id="and changes none"
    ),
    pytest.param("TimeEntry", "correction_adds", {}, "", id="no correction"),
    pytest.param("Customer", "exempt_has_evidence", {"tax_status": "exempt"}, "tax_evidence", id="exempt by word"),
    pytest.param(
        "Customer", "exempt_has_evidence", {"tax_status": "exempt", "tax_evidence": "E-1"}, "", id="exempt by evidence"
    ),
    pytest.param("Customer", "exempt_has_evidence", {"tax_status": "valid"}, "", id="a number that is valid"),
    pytest.param(
        "Invoice",
        "lines_add_up",
        {"net": Decimal("2.02"), "currency": "EUR", "lines": [{"net": "1.005"}, {"net": "1.005"}]},
        "",
        id="each line is rounded, then the sum is taken",
    ),
    pytest.param(
        "Invoice",
        "lines_add_up",
        {"net": Decimal("2.01"), "currency": "EUR", "lines": [{"net": "1.005"}, {"net": "1.005"}]},
        "net",
        id="the sum is not rounded instead",
    ),
    pytest.param("Task", "done_not_above", {"done": Decimal("1.2")}, "done", id="more than all of it"),
]


@pytest.mark.parametrize(("name", "rule", "values", "blamed"), RULES)
def test_a_rule_of_the_model_is_kept(name: str, rule: str, values: dict[str, Any], blamed: str) -> None:
    check = canonical_type(name).check_named(rule)
    assert check is not None
    problems = check.find(values, TODAY)
    assert [problem.field for problem in problems] == ([blamed] if blamed else [])
    assert all(problem.message.endswith(".") for problem in problems)
