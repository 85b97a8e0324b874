"""The pages of a flow whose records walk: nothing breaks, every step says how it stands, and both ways out are offered."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from apps.accounts.actions import Role
from apps.flows.models import ApprovalRequest, OperationStep
from apps.tenants import scope
from tests.deals import Deals
from tests.flows.views.conftest import page_of

MakeDeals = Callable[..., Deals]


@pytest.fixture
def halfway(make_deals: MakeDeals) -> Deals:
    """Deals with a client and a project in the PSA, but no workspace: that system refused."""
    deals = make_deals()
    deals.faults("workspace", forbidden=1)
    deals.run()
    return deals


def _post(browser: Client, path: str, **typed: str) -> str:
    return page_of(browser.post(path, typed, follow=True))


def test_every_page_of_a_walking_flow_opens(halfway: Deals) -> None:
    owner, operation = halfway.browser(Role.OWNER), halfway.operations(state="rejected")[0]
    flow, run = f"/flows/{halfway.flow.id}/", f"/runs/{operation.last_run_id}/"
    tabs = ("", "mapping/", "runs/", "versions/", "monitors/", "settings/", "backfill/")
    paths = [
        *(f"{flow}{tab}" for tab in tabs),
        run,
        f"{run}live/",
        f"{run}?step=workspace_made",
        f"/operations/{operation.id}/",
        f"/operations/{operation.id}/live/",
        f"/operations/{operation.id}/correct/",
        f"/operations/{operation.id}/roll-back/",
        "/operations/",
        "/templates/",
        f"/templates/{halfway.flow.template}/",
        "/templates/client-onboarding/",
    ]
    answers = {path: owner.get(path).status_code for path in paths}
    assert {path: code for path, code in answers.items() if code != 200} == {}


def test_a_record_shows_each_step_with_what_it_made_where_and_what_is_missing(halfway: Deals) -> None:
    operation = halfway.operations(state="rejected")[0]
    with scope.work_in(halfway.partner):
        project = OperationStep.objects.get(operation_id=operation.id, name="project_in_psa")
    page = page_of(halfway.browser(Role.OWNER).get(f"/operations/{operation.id}/"))
    assert "Done: Client in the PSA, Project in the PSA. Missing: Workspace" in page
    assert f"<code>{project.outside_key}</code>" in page
    for words in ("Not reached", "Finish: do what is missing", "Roll back…", "What was sent and answered (1 call)"):
        assert words in page
    assert 'aria-label="Sent"' in page


def test_who_may_not_see_contents_sees_their_structure_only(halfway: Deals) -> None:
    operation = halfway.operations(state="rejected")[0]
    code = f"P-{operation.source_key}"
    path = f"/operations/{operation.id}/"
    context = halfway.browser(Role.READ_ONLY).get(path).context
    assert code not in _documents(context["steps"])
    assert "code" in _documents(context["steps"])
    assert not context["can_roll_back"]
    assert code in _documents(halfway.browser(Role.OWNER).get(path).context["steps"])


def _documents(steps: list[dict[str, Any]]) -> str:
    """Return every document of some steps as it is shown."""
    kept = ("sent", "answered", "mapped", "address")
    return str(
        [step["result"] for step in steps] + [one[name] for step in steps for one in step["tries"] for name in kept]
    )


def test_a_failed_record_is_rolled_back_from_its_page(halfway: Deals) -> None:
    owner, operation = halfway.browser(Role.OWNER), halfway.operations(state="rejected")[0]
    path = f"/operations/{operation.id}/roll-back/"
    page = page_of(owner.get(path))
    assert page.index("Project in the PSA") < page.index("Client in the PSA")
    wrong = owner.post(path, {"reason": " "})
    assert wrong.status_code == 400
    assert "Say why" in page_of(wrong)
    assert "Being undone" in _post(owner, path, reason="The deal was called off.")
    live = page_of(owner.get(f"/operations/{operation.id}/live/"))
    assert 'hx-trigger="every 2s"' in live
    halfway.work()
    live = page_of(owner.get(f"/operations/{operation.id}/live/"))
    assert 'hx-trigger="every 2s"' not in live
    assert "It was rolled back" in live
    assert "moved on" in _post(owner, path, reason="Again.")
    assert "Nothing of this record can be rolled back now" in page_of(owner.get(path))


def test_who_may_not_correct_records_may_not_roll_them_back(halfway: Deals) -> None:
    path = f"/operations/{halfway.operations(state='rejected')[0].id}/roll-back/"
    assert halfway.browser(Role.READ_ONLY).get(path).status_code == 403


def test_a_record_that_waits_says_for_whom_and_until_when(make_deals: MakeDeals) -> None:
    deals = make_deals("client-onboarding")
    deals.run()
    with scope.work_in(deals.partner):
        asked = ApprovalRequest.objects.filter(flow_id=deals.flow.id, state="open").first()
    assert asked is not None
    owner = deals.browser(Role.OWNER)
    page = page_of(owner.get(f"/operations/{asked.operation_id}/"))
    assert f'href="/approvals/{asked.id}/"' in page
    assert "It waits at the step “Approval of the deal”" in page or "Onboard without a valid tax number" in page
    assert "Due:" in page
    flow = f"/flows/{deals.flow.id}/"
    for tab in ("", "mapping/", "versions/", "settings/"):
        assert owner.get(f"{flow}{tab}").status_code == 200, tab


def test_a_step_has_its_mapping_shown_changed_and_reset_like_any_other(halfway: Deals) -> None:
    owner, flow = halfway.browser(Role.OWNER), f"/flows/{halfway.flow.id}/"
    steps = {step.name: step for step in owner.get(f"{flow}mapping/").context["mapping"].steps}
    assert "client_in_psa" in steps
    row = next(row for row in steps["client_in_psa"].rows if row.sample)
    path = f"{flow}mapping/{row.target}/?place=client_in_psa"
    typed = {"source": "", "expression": "", "default": "the same for all", "write_mode": "overwrite"}
    assert "would be <strong>the same for all" in _post(owner, path, **typed, preview="1")
    assert "Version 2 is live" in _post(owner, path, **typed, publish="1")
    steps = {step.name: step for step in owner.get(f"{flow}mapping/").context["mapping"].steps}
    (changed,) = [one for one in steps["client_in_psa"].rows if one.target == row.target]
    assert (changed.origin, changed.how) == ("customer", "always the same for all")
    assert "Version 3 is live" in _post(owner, f"{flow}mapping/{row.target}/reset/?place=client_in_psa")
    assert owner.get(f"{flow}mapping/{row.target}/?place=nowhere").status_code == 404
