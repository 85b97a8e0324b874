"""Alert routes by API: written, changed, paused, ordered and removed with the checks of their page, each leaving a trace."""

from datetime import time
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client

from apps.accounts.actions import Action, Role
from apps.accounts.actor import acting
from apps.accounts.models import AuditEntry
from apps.accounts.services import create_api_key
from apps.monitoring.models import AlertRoute
from tests.service_levels import START, Firm

PATH = "/api/v1/alert-routes/"
NIGHT = {
    "name": "At night",
    "severity_from": "high",
    "error_class": "closed_period",
    "amount_from": "1000.5",
    "currency": "EUR",
    "steps": [{"to": "everyone"}, {"to": "everyone", "after": 15}],
    "quiet_from": "22:00",
    "quiet_until": "06:00",
    "quiet_zone": "Europe/Berlin",
    "most_an_hour": 4,
}


def _call(
    firm: Firm, method: str, path: str = "", body: Any = None, *rights: Action, customer_id: UUID | None = None
) -> Any:
    scopes = list(rights or (Action.WORK_CASES, Action.EDIT_CUSTOMERS))
    with acting(firm.person(Role.OWNER).as_actor()):
        _, text = create_api_key(name="P", scopes=scopes, customer_id=customer_id)
    client = Client(headers={"host": "alder.localhost", "authorization": f"Bearer {text}"})
    return getattr(client, method)(f"{PATH}{path}", body, content_type="application/json")


def _wrong(response: Any) -> dict[str, str]:
    assert response.status_code in (400, 422), response.content[:300]
    return {row["field"]: row["message"] for row in response.json()["errors"]}


def test_a_route_is_written_changed_paused_and_removed(firm: Firm) -> None:
    made = _call(firm, "post", "", NIGHT)
    assert made.status_code == 201, made.content
    route = AlertRoute.objects.get()
    assert (route.error_class, route.amount_from, route.quiet_from) == ("closed_period", Decimal("1000.5"), time(22))
    assert route.steps == [{"to": "everyone", "after": 0}, {"to": "everyone", "after": 15}]
    assert made.json()["id"] == str(route.id)
    paused = _call(firm, "patch", f"{route.id}/", {"is_on": False, "customer_id": str(firm.customer.id)})
    assert (paused.status_code, paused.json()["is_on"]) == (200, False)
    kept = AlertRoute.objects.get()
    assert (kept.customer_id, kept.name, kept.most_an_hour, kept.steps) == (
        firm.customer.id,
        "At night",
        4,
        route.steps,
    )
    assert kept.changed_by == "P"
    assert _call(firm, "patch", f"{route.id}/", {"customer_id": None, "quiet_lets_severe": False}).status_code == 200
    assert _call(firm, "delete", f"{route.id}/").status_code == 204
    assert not AlertRoute.objects.exists()
    traces = AuditEntry.objects.filter(action="alerts_changed", subject="route", subject_id=str(route.id))
    assert traces.count() == 4


def test_routes_are_put_in_order(firm: Firm) -> None:
    for name in ("a", "b", "c"):
        _call(firm, "post", "", {"name": name})
    last = AlertRoute.objects.get(name="c")
    ordered = _call(firm, "post", f"{last.id}/move/", {"position": 1})
    assert [row["name"] for row in ordered.json()] == ["c", "a", "b"]
    _call(firm, "post", f"{last.id}/move/", {"position": 99})
    assert list(AlertRoute.objects.values_list("name", "position")) == [("a", 1), ("b", 2), ("c", 3)]
    assert "position" in _wrong(_call(firm, "post", f"{last.id}/move/", {"position": 0}))


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        pytest.param({"name": ""}, "name", "blank", id="no name"),
        pytest.param({"name": "TAKEN"}, "name", "choose another", id="a taken name"),
        pytest.param({"severity_from": "dire"}, "severity_from", "Send one of: low, normal, high.", id="no severity"),
        pytest.param({"error_class": "bad luck"}, "error_class", "Send one of: ", id="no kind"),
        pytest.param({"currency": ""}, "currency", "for example EUR", id="an amount without currency"),
        pytest.param({"quiet_until": None}, "quiet_until", "a beginning and an end", id="half a night"),
        pytest.param({"most_an_hour": 1001}, "most_an_hour", "1000", id="too many"),
        pytest.param({"customer_id": str(uuid4())}, "customer_id", "There is none with this id", id="no customer"),
        pytest.param({"steps": [{"to": f"person:{uuid4()}"}]}, "steps.0.to", "Send everyone", id="nobody"),
        pytest.param({"steps": [{"to": "everyone", "after": 5}]}, "steps", "send 0", id="a first who waits"),
        pytest.param({"steps": [{"to": "everyone"}] * 5}, "steps", "4", id="too many receivers"),
    ],
)
def test_what_cannot_be_names_its_field_and_what_would_be_right(
    firm: Firm, change: dict[str, Any], field: str, words: str
) -> None:
    AlertRoute.objects.create(name="Taken", position=1, steps=[], changed_at=START)
    found = _wrong(_call(firm, "post", "", {**NIGHT, **change}))
    assert words in found[field], found
    assert AlertRoute.objects.count() == 1


def test_only_who_may_change_customers_writes_routes(firm: Firm) -> None:
    route = AlertRoute.objects.create(name="Kept", position=1, steps=[], changed_at=START)
    for method, path, body in (
        ("post", "", NIGHT),
        ("patch", f"{route.id}/", {"is_on": False}),
        ("delete", f"{route.id}/", None),
        ("post", f"{route.id}/move/", {"position": 1}),
    ):
        assert _call(firm, method, path, body, Action.WORK_CASES).status_code == 403, (method, path)
        assert _call(firm, method, path, body, customer_id=firm.customer.id).status_code == 403, (method, path)
    assert _call(firm, "patch", f"{uuid4()}/", {"is_on": False}).status_code == 404
    assert AlertRoute.objects.get().is_on
