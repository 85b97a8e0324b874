"""Installing through the API: every part is named, and whatever is wrong with one is said under its name."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from apps.accounts.actions import Action
from apps.flows.models import Flow
from apps.tenants import scope
from tests.deals import Deals

MakeDeals = Callable[..., Deals]


def _body(deals: Deals, **changes: Any) -> dict[str, Any]:
    roles = {role: str(deals.systems[role].id) for role in ("psa", "workspace", "tax")}
    return {
        "template": "client-onboarding",
        "name": "Onboarding",
        "source_id": str(deals.systems["crm"].id),
        "target_id": str(deals.systems["erp"].id),
        "roles": roles | changes.pop("roles", {}),
        **changes,
    }


def _post(deals: Deals, body: dict[str, Any]) -> Any:
    program = deals.program(Action.EDIT_FLOWS, Action.VIEW_FLOWS)
    return program.post("/api/v1/flows/", body, content_type="application/json")


def test_a_walking_flow_is_installed_with_all_its_systems(make_deals: MakeDeals) -> None:
    deals = make_deals()
    answer = _post(deals, _body(deals, live=False, settings={"approval_from": 500, "contract_days": 14}))
    assert answer.status_code == 201, answer.content
    told = answer.json()
    assert told["settings"] == {"approval_from": 500}  # what is as the template has it is not kept
    assert (told["state"], told["live_version"], told["template"]) == ("draft", 1, "client-onboarding")
    assert told["roles"] == {role: str(deals.systems[role].id) for role in ("psa", "workspace", "tax")}
    listed = deals.program(Action.VIEW_FLOWS).get("/api/v1/flows/").json()["results"]
    assert told in listed
    known = deals.program(Action.VIEW_FLOWS).get("/api/v1/templates/").json()
    asks = {template["slug"]: sorted(template["roles"]) for template in known}
    assert asks["client-onboarding"] == ["psa", "tax", "workspace"]
    taken = _post(deals, _body(deals))
    assert taken.json()["errors"][0]["field"] == "name"


NOBODYS = str(uuid4())


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"template": "nothing"}, "template", "not a valid choice"),
        ({"source_id": NOBODYS}, "source_id", "no such connection"),
        ({"roles": {"tax": NOBODYS}}, "roles.tax", "no such connection"),
        ({"roles": {"tax": "crm"}}, "roles.tax", "cannot be used for: Tax numbers"),
        ({"roles": {"else": "crm"}}, "roles.else", "no such role"),
        ({"source_id": "erp"}, "source_id", "cannot give records"),
        (
            {"template": "billing-status", "source_id": "erp", "target_id": "erp"},
            "target_id",
            "cannot take what this flow brings",
        ),
        ({"target_id": "tax"}, "target_id", "cannot take what this flow brings"),
        ({"roles": {"tax": "x"}}, "roles.tax", "valid UUID"),
        ({"settings": {"approval_hours": 0}}, "settings.approval_hours", "a whole number from 1 to 2160"),
        ({"settings": {"hours": 2}}, "settings.hours", "choose among approval_from"),
    ],
    ids=[
        "template",
        "source of nobody",
        "role of nobody",
        "role",
        "unknown role",
        "source",
        "a target it is not meant for",
        "target",
        "no id",
        "a setting",
        "an unknown setting",
    ],
)
def test_what_is_wrong_is_said_under_its_name(
    make_deals: MakeDeals, changes: dict[str, Any], field: str, sentence: str
) -> None:
    deals = make_deals()

    def known(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: known(one) for name, one in value.items()}
        return str(deals.systems[value].id) if value in deals.systems else value

    answer = _post(deals, _body(deals, **known(changes)))
    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert error["field"] == field
    assert sentence in error["message"]
    with scope.work_in(deals.partner):
        assert not Flow.objects.filter(name="Onboarding").exists()


def test_a_missing_role_is_named_and_reading_is_not_enough(make_deals: MakeDeals) -> None:
    deals = make_deals()
    body = _body(deals)
    del body["roles"]["tax"]
    (error,) = _post(deals, body).json()["errors"]
    assert error == {"field": "roles.tax", "message": "Choose a connection for: Tax numbers."}
    reader = deals.program(Action.VIEW_FLOWS)
    assert reader.post("/api/v1/flows/", body, content_type="application/json").status_code == 403
