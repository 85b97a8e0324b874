"""What finance knows of a project on its way back to delivery: hours, cost, billing, margin, and a word when it falls."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from apps.accounts.actions import Role
from apps.accounts.models import OutgoingMail
from apps.tenants import scope
from tests.wiring import Wired

MakeWired = Callable[..., Wired]
PROJECT = "PRJ-0001"


def _wired(make_wired: MakeWired) -> Wired:
    """Return the systems of a firm in which ten hours are posted and 4,000 are billed for one project."""
    wired = make_wired("actuals-to-psa", source="erp", target="psa")
    wired.person(Role.DELIVERY_LEAD)
    _post(wired, PROJECT, "TE-1", 10)
    _bill(wired, PROJECT, "4000.00")
    return wired


def _post(wired: Wired, project: str, number: str, hours: float) -> None:
    today = f"{datetime.now(UTC):%d.%m.%Y}"
    wired.add(
        "erp", "time-lines", external_id=number, company="100", project=project, employee="E-0001", posting_date=today,
        quantity=str(hours), unit_price="100.00", amount=f"{hours * 100:.2f}", currency="EUR",
    )  # fmt: skip


def _bill(wired: Wired, project: str, net: str) -> None:
    held = wired.record("erp", "projects", code=project)
    day = datetime.now(UTC).date().isoformat()
    made = wired.add(
        "erp",
        "invoices",
        customer_number=held["customer_number"],
        project=project,
        issued_on=day,
        currency="EUR",
        net=net,
    )
    wired.change("erp", "invoices", made["id"], state="posted")


def _figures(wired: Wired) -> dict[str, Any]:
    held = wired.record("psa", "projects", code=PROJECT)
    return {name: float(held[f"actual_{name}"]) for name in ("hours", "cost", "billed", "margin")}


def _warnings(wired: Wired) -> int:
    with scope.work_in(wired.partner):
        return OutgoingMail.objects.filter(subject=f"The margin of {PROJECT} has fallen").count()


def test_hours_cost_and_billing_stand_on_the_project_in_the_psa_and_follow_the_books(make_wired: MakeWired) -> None:
    wired = _wired(make_wired)
    before = wired.record("psa", "projects", code=PROJECT)
    run = wired.run()
    assert (run.state, run.written) == ("clean", 1), wired.operations()[-1].error_message
    first = _figures(wired)
    person = wired.record("erp", "employees", number="E-0001")
    cost = 10 * float(person["cost_rate"])
    expected = {"hours": 10, "cost": cost, "billed": 4_000, "margin": (4_000 - cost) / 4_000}
    assert first == pytest.approx(expected, abs=0.0001)
    assert _warnings(wired) == 0
    assert wired.run().written == 0

    _post(wired, PROJECT, "TE-2", 24)
    _post(wired, PROJECT, "TE-3", 24)
    assert wired.run().written == 1
    assert _figures(wired)["hours"] == 58
    assert _figures(wired)["margin"] < 0.2
    assert _warnings(wired) == 1
    _post(wired, PROJECT, "TE-4", 1)
    assert wired.run().written == 1
    assert _warnings(wired) == 1
    after = wired.record("psa", "projects", code=PROJECT)
    untouched = {name for name in before if not name.startswith("actual") and name != "modified_at"}
    assert {name: after[name] for name in untouched} == {name: before[name] for name in untouched}
    assert wired.written("psa") == [("change", "projects")] * 3


def test_a_project_that_delivery_does_not_know_is_an_exception_until_it_is_there(make_wired: MakeWired) -> None:
    wired = _wired(make_wired)
    wired.add("erp", "projects", code="INT-1", name="Own books", company="100")
    _post(wired, "INT-1", "TE-9", 2)
    run = wired.run()
    assert (run.state, run.written, run.rejected) == ("partial", 1, 1)
    (operation,) = wired.operations(state="rejected")
    assert (operation.step, operation.error_class) == ("project", "missing_reference")
    assert "INT-1" in operation.error_message
    assert [case.error_class for case in wired.cases()] == ["missing_reference"]

    client = wired.records("psa", "clients")[0]["id"]
    wired.add("psa", "projects", code="INT-1", name="Own books", client_id=client)
    _post(wired, "INT-1", "TE-10", 3)
    assert wired.run().written == 1
    assert float(wired.record("psa", "projects", code="INT-1")["actual_hours"]) == 5
    assert wired.cases() == []
