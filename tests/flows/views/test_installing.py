"""Installing a template by hand: every system it needs is asked for, and what is missing is said."""

from collections.abc import Callable
from typing import Any

import pytest

from apps.accounts.actions import Role
from apps.flows.models import Flow, FlowRole
from apps.tenants import scope
from tests.deals import Deals
from tests.flows.views.conftest import page_of
from tests.lines import Line
from tests.people import Watched

MakeDeals = Callable[..., Deals]


def _form(deals: Deals, **changes: Any) -> dict[str, Any]:
    parts = {"source": "crm", "target": "erp", "psa": "psa", "workspace": "workspace", "tax": "tax"}
    chosen = {part: str(deals.systems[system].id) for part, system in parts.items()}
    return {"template": "client-onboarding", "name": "Onboarding", **chosen, **changes}


def _installed(deals: Deals) -> Flow | None:
    with scope.work_in(deals.partner):
        return Flow.objects.filter(name="Onboarding").first()


def test_every_system_of_a_walking_flow_is_asked_for_and_kept(make_deals: MakeDeals) -> None:
    deals = make_deals()
    path = f"/flows/install/?customer={deals.customer.id}&template=client-onboarding"
    owner = deals.browser(Role.OWNER)
    page = page_of(owner.get(path))
    for label in ("Reads from", "Writes to", "Projects and clients of the PSA", "Workspaces", "Tax numbers"):
        assert f">{label}</label>" in page
    assert "Install and set live" in page
    # The only connection that fits is chosen already; one that does not fit is not offered.
    assert page.count(f'<option value="{deals.systems["tax"].id}" selected') == 1
    done = owner.post(path, _form(deals), follow=True)
    assert "Onboarding is installed and live" in page_of(done)
    flow = _installed(deals)
    assert flow is not None
    with scope.work_in(deals.partner):
        roles = dict(FlowRole.objects.filter(flow=flow).values_list("role", "connection_id"))
    assert roles == {role: deals.systems[role].id for role in ("psa", "workspace", "tax")}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"workspace": ""}, "This field is required."),
        ({"workspace": "crm"}, "Select a valid choice."),
        ({"target": "tax"}, "Select a valid choice."),
        ({"source": "erp"}, "Select a valid choice."),
        ({"name": ""}, "This field is required."),
        ({"template": "nothing"}, "Install and set live"),
    ],
    ids=["a missing system", "a system for another part", "a target", "a source", "no name", "an unknown template"],
)
def test_a_choice_that_does_not_fit_is_answered_at_its_field(
    make_deals: MakeDeals, changes: dict[str, str], sentence: str
) -> None:
    deals = make_deals()
    named = {part: str(deals.systems[word].id) if word in deals.systems else word for part, word in changes.items()}
    path = f"/flows/install/?customer={deals.customer.id}"
    answer = deals.browser(Role.OWNER).post(path, _form(deals, **named))
    assert answer.status_code == 400
    assert sentence in page_of(answer)
    assert _installed(deals) is None


def test_what_is_not_connected_yet_is_said_and_nothing_is_installed(make_line: Callable[..., Line]) -> None:
    line = make_line()
    owner = Watched(line, line.run()).owner
    path = f"/flows/install/?customer={line.customer.id}&template=lead-to-project"
    page = page_of(owner.get(path))
    assert "Reads from: connect one of these first: Sandbox CRM" in page
    assert "Workspaces: connect one of these first: Sandbox workspaces" in page
    assert f"/connections/new/?customer={line.customer.id}" in page
    assert "Install and set live" not in page
    assert owner.post(path, {"template": "lead-to-project", "name": "Onboarding"}).status_code == 400
    # What fits is offered first when nothing was asked for, the others beside it with what they lack.
    page = page_of(owner.get(f"/flows/install/?customer={line.customer.id}"))
    assert "Install and set live" in page
    assert "template=client-onboarding" in page
    wizard = page_of(owner.get(f"/onboarding/{line.customer.id}/template/"))
    assert "Workspaces: connect one of these first: Sandbox workspaces" in wizard
    assert "Does not fit yet" in wizard
