"""The API of service levels: clocks with their pauses and breaches, cut-offs to come, each key in its own scope."""

from datetime import time, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.actions import Action, Role
from apps.accounts.actor import acting
from apps.accounts.services import create_api_key
from apps.customers.cut_offs import Rhythm, Rule
from apps.customers.services import add_cut_off
from apps.monitoring import case_clocks
from apps.monitoring.models import ExceptionCase
from apps.tenants.scope import PartnerRef
from tests.service_levels import Firm, at, found_firm

RIGHTS = (Action.VIEW_CASES, Action.VIEW_CUSTOMERS)


def _get(firm: Firm, path: str, *rights: Action, own: bool = False) -> Any:
    with acting(firm.person(Role.OWNER).as_actor()):
        _, text = create_api_key(name="P", scopes=list(rights), customer_id=firm.customer.id if own else None)
    client = Client(headers={"host": "alder.localhost", "authorization": f"Bearer {text}"})
    return client.get(f"/api/v1/{path}")


def _a_late_case(firm: Firm) -> ExceptionCase:
    firm.promise()
    case = firm.open()
    case.waiting_on = "customer"
    case_clocks.follow_waiting(case, at(100))
    case.waiting_on = "partner"
    case_clocks.follow_waiting(case, at(160))
    case_clocks.close(case, at(640))
    return case


def test_a_clock_tells_its_pauses_and_its_breach(firm: Firm) -> None:
    case = _a_late_case(firm)
    rows = _get(firm, f"service-clocks/?case={case.id}&promise=resolve", *RIGHTS).json()["results"]
    (clock,) = rows
    assert (clock["package"], clock["state"], clock["elapsed_seconds"]) == ("Gold", "breached", 580 * 60)
    assert [pause["cause"] for pause in clock["pauses"]] == ["customer"]
    assert (clock["breach"]["late_seconds"], clock["breach"]["credit"]) == (100 * 60, "50.00")
    assert _get(firm, f"service-clocks/{clock['id']}/", *RIGHTS).json() == clock


@pytest.mark.parametrize(
    ("query", "number"),
    [("open=true", 0), ("open=false", 2), ("missed=true", 2), ("missed=false", 0), ("promise=detect", 0)],
)
def test_clocks_are_filtered(firm: Firm, query: str, number: int) -> None:
    _a_late_case(firm)
    assert len(_get(firm, f"service-clocks/?{query}", *RIGHTS).json()["results"]) == number


def test_cut_offs_tell_what_stands_in_their_way(firm: Firm) -> None:
    day = timezone.now() + timedelta(days=3)
    add_cut_off(firm.customer, name="Billing", purpose="", rule=Rule(Rhythm.WEEKLY, day.weekday(), time(12)))
    firm.operation("r", "rejected", created_at=timezone.now())
    (row,) = _get(firm, "cut-offs/", *RIGHTS).json()
    assert (row["name"], row["blocked"], row["at_risk"]) == ("Billing", 1, True)
    assert _get(firm, "cut-offs/?within_days=1", *RIGHTS).json() == []


def test_nonsense_names_the_field(firm: Firm) -> None:
    answer = _get(firm, "cut-offs/?within_days=many", *RIGHTS)
    assert answer.status_code == 400
    assert "within_days" in answer.content.decode()


def test_a_customers_key_sees_its_own_only(firm: Firm, in_partner_a: PartnerRef) -> None:
    _a_late_case(firm)
    other = found_firm(in_partner_a, "Elsewhere Ltd")
    assert _get(other, "service-clocks/", *RIGHTS, own=True).json()["results"] == []
    assert len(_get(firm, "service-clocks/", *RIGHTS, own=True).json()["results"]) == 2
    assert _get(firm, "service-clocks/", Action.VIEW_RUNS).status_code == 403
