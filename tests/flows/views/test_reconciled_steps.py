"""The calendar and the statement of a flow that writes step by step: a line for each step, and what is gone by its name."""

from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from unittest.mock import patch

from pypdf import PdfReader

from apps.accounts.actions import Action, Role
from apps.connectors import registry
from apps.flows.models import OperationStep, Reconciliation
from apps.monitoring.judging import judge_ledger
from apps.monitoring.models import ExceptionCase
from apps.tenants import scope
from tests.deals import Deals
from tests.flows.views.conftest import page_of
from tests.lines import customers_day


def test_the_statement_says_of_each_step_what_it_made_and_what_is_there(make_deals: Callable[..., Deals]) -> None:
    deals = make_deals()
    deals.win(deals.open_deals()[0])
    deals.run()
    made = len(deals.operations(state="written"))
    with scope.work_in(deals.partner):
        victim = OperationStep.objects.filter(flow_id=deals.flow.id, name="workspace_made").latest("id")
    deals.sandbox.do(lambda client: client.remove_record("workspace", deals.company, "workspaces", victim.outside_key))
    owner, today = deals.browser(Role.OWNER), customers_day().isoformat()
    here = f"/flows/{deals.flow.id}/reconciliation/"
    assert "Compare both sides" in page_of(owner.get(here))
    assert owner.post(f"{here}start/", {"first": today, "last": today}).status_code == 302
    deals.work()
    with scope.work_in(deals.partner):
        found = Reconciliation.objects.get(flow_id=deals.flow.id)
    calendar = page_of(owner.get(here))
    assert f"/reconciliations/{found.id}/" in calendar
    assert "1 record" in calendar

    statement = page_of(owner.get(f"/reconciliations/{found.id}/"))
    for words in ("Carried through", "Step by step", "Project in the PSA", "Workspace", "WORKSPACE", found.digest):
        assert words in statement, words
    assert 'href="?step=workspace_made#records"' in statement
    assert 'href="?step=project_in_psa#records"' not in statement, "all of it is there"
    only = page_of(owner.get(f"/reconciliations/{found.id}/?step=workspace_made"))
    assert victim.outside_key in only
    assert f"/operations/{victim.operation_id}/" in only
    assert victim.outside_key not in page_of(owner.get(f"/reconciliations/{found.id}/?step=project_in_psa"))

    with scope.enter(deals.partner):
        judge_ledger()
    with scope.work_in(deals.partner):
        case = ExceptionCase.objects.get(error_class="unreconciled")
    [told] = deals.operations(error_class="unreconciled")
    for path in (f"/exceptions/{case.id}/", f"/operations/{told.id}/"):
        page = page_of(owner.get(path))
        assert "WORKSPACE no longer has what the step “Workspace” made there" in page, path
    assert "does not hold it" in page

    table = page_of(owner.get(f"/reconciliations/{found.id}/statement.csv"))
    assert f"Workspace: made,{made},,," in table
    assert f"Workspace: there,{made - 1},1,," in table
    assert f"Project in the PSA: there,{made},0,," in table
    assert "Missing in the target,1,1," in table
    records = owner.get(f"/reconciliations/{found.id}/?format=csv&columns=record,cause,step").getvalue().decode()
    assert "workspace_made" in records
    printed = owner.get(f"/reconciliations/{found.id}/statement.pdf")
    text = " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(printed.content)).pages).split())
    for words in (f"Workspace (WORKSPACE) {made} {made - 1} 1 0 0", "Carried through", victim.outside_key):
        assert words in text, words

    program = deals.program(Action.VIEW_FLOWS)
    said = program.get(f"/api/v1/reconciliations/{found.id}/").json()["statement"]
    assert [one["name"] for one in said["steps"]] == ["client_in_psa", "project_in_psa", "workspace_made"]
    assert said["steps"][2]["parts"]["missing_in_target"]["records"] == 1


def test_a_step_whose_system_shows_nothing_is_named_on_the_page(make_deals: Callable[..., Deals]) -> None:
    deals = make_deals()
    real, blind = registry.manifest, registry.manifest("sandbox_workspace")
    blind = replace(blind, objects=tuple(replace(spec, reading=None) for spec in blind.objects))
    deals.win(deals.open_deals()[0])
    deals.run()
    owner, today = deals.browser(Role.OWNER), customers_day().isoformat()
    here = f"/flows/{deals.flow.id}/reconciliation/"
    with patch.object(registry, "manifest", lambda slug: blind if slug == blind.slug else real(slug)):
        page = page_of(owner.get(here))
        assert "Workspace: WORKSPACE does not show what it holds" in page
        assert "Compare both sides" in page
        owner.post(f"{here}start/", {"first": today, "last": today})
        deals.work()
    with scope.work_in(deals.partner):
        found = Reconciliation.objects.get(flow_id=deals.flow.id)
    statement = page_of(owner.get(f"/reconciliations/{found.id}/"))
    assert "WORKSPACE does not show what it holds: what was made there cannot be looked at." in statement
    assert found.verdict == "unproven"
    printed = owner.get(f"/reconciliations/{found.id}/statement.pdf")
    text = " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(printed.content)).pages).split())
    assert "WORKSPACE does not show what it holds" in text
