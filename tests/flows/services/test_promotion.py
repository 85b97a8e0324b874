"""Promotion: what was tried in a sandbox reaches production as a change, and no secret goes along."""

from collections.abc import Callable
from functools import partial
from unittest.mock import patch
from uuid import UUID

import pytest
from django.core.exceptions import ValidationError

from apps.accounts.actions import Role
from apps.accounts.models import AuditEntry
from apps.accounts.services import create_user
from apps.connectors import vault
from apps.connectors.models import Connection, Credential
from apps.connectors.services import NewConnection, create_connection
from apps.flows.models import ChangeRequest, Flow, Run
from apps.flows.services import environments
from apps.flows.services.bases import own_lines
from apps.flows.services.change_policy import Demands, set_policy
from apps.flows.services.change_requests import ChangeError, decide, put_live
from apps.flows.services.flow_state import set_live
from apps.flows.services.holes import Lack, list_holes
from apps.flows.services.install import install_template
from apps.flows.services.promotion import PromotionError, plan_promotion, promote
from apps.flows.services.publish import change_line
from apps.flows.services.start_run import FlowNotLiveError, run_now
from apps.tenants import scope
from tests.lines import Line

MakeLine = Callable[..., Line]


@pytest.fixture
def tried(make_line: MakeLine) -> Line:
    """A line in a sandbox with a line of the customer's own."""
    line = make_line(people=2)
    with scope.work_in(line.partner):
        Connection.objects.filter(customer_id=line.customer.id).update(environment="sandbox")
        change_line(_flow(line.flow.id), target="description", changes={"default": "Tried"}, made_by="Ann")
    return line


def _flow(flow_id: UUID) -> Flow:
    return Flow.objects.select_related("customer", "source", "target", "live_version").get(id=flow_id)


def _own(flow: Flow) -> list[dict[str, object]]:
    assert flow.live_version is not None
    return [dict(line) for lines in own_lines(flow.live_version).values() for line in lines]


def _production(line: Line, system: str) -> Connection:
    """Return a working production connection to the same firm, with a secret of its own."""
    like = line.source if system == "psa" else line.target
    wanted = NewConnection(
        system=like.system,
        name=f"{system.upper()} live",
        base_url=like.base_url,
        secrets={"token": line.tokens[system]},
        settings={},
    )
    connection = create_connection(line.customer, wanted)
    Connection.objects.filter(id=connection.id).update(state="working")
    return connection


def test_the_first_promotion_makes_a_draft_with_shells_and_copies_no_secret(tried: Line) -> None:
    with scope.work_in(tried.partner):
        before = set(Credential.objects.values_list("id", "connection_id"))
        with patch.object(vault, "secrets_of", side_effect=AssertionError("a secret was read")):
            request = promote(_flow(tried.flow.id), by="Ann", reason="Tried for two weeks")
        made = _flow(request.flow_id)
        assert (made.state, made.promoted_from_id, made.name) == (
            "draft",
            tried.flow.id,
            f"{tried.flow.name} (production)",
        )
        assert (request.state, request.from_flow_id, request.version_id) == (
            "approved",
            tried.flow.id,
            made.live_version_id,
        )
        assert [line["default"] for line in _own(made)] == ["Tried"]
        assert set(Credential.objects.values_list("id", "connection_id")) == before
        shells = [made.source, made.target]
        assert {(one.environment, one.base_url, one.state) for one in shells} == {("production", "", "untested")}
        assert {one.id for one in shells}.isdisjoint({tried.source.id, tried.target.id})
        lacks = {(hole.connection.id, hole.lack) for hole in list_holes(made)}
        assert lacks == {(one.id, lack) for one in shells for lack in (Lack.ADDRESS, Lack.SECRETS)}
        with pytest.raises(FlowNotLiveError):
            run_now(made, started_by="Ann")
        for start in (lambda: put_live(request.id, by="Ann"), lambda: set_live(made)):
            with pytest.raises((ChangeError, ValidationError)) as refused:
                start()
            told = (
                " ".join(refused.value.messages) if isinstance(refused.value, ValidationError) else str(refused.value)
            )
            for shell in shells:
                assert f"{shell.name} lacks" in told
                assert f"{shell.name} has no address yet" in told
        assert _flow(made.id).state == "draft"
        assert AuditEntry.objects.filter(action="flow_promoted", subject_id=str(made.id)).exists()


def test_a_promoted_flow_starts_once_it_is_whole_and_approved(tried: Line) -> None:
    with scope.work_in(tried.partner):
        set_policy(tried.customer, Demands(approvals=1))
        chosen = {"source": _production(tried, "psa"), "target": _production(tried, "erp")}
        request = promote(_flow(tried.flow.id), by="Ann", name="Time, live", chosen=chosen)
        made = _flow(request.flow_id)
        assert (made.name, list_holes(made), request.state) == ("Time, live", [], "open")
        with pytest.raises(ValidationError, match="once its change is approved"):
            set_live(made)
        otto = create_user(email="otto@alder.example", name="Otto", role=Role.OWNER, password="correct horse battery")
        decide(request.id, person=otto, decision="approve")
        put_live(request.id, by="Ann")
        assert _flow(made.id).state == "live"
        run = run_now(_flow(made.id), started_by="Ann")
    tried.work()
    with scope.work_in(tried.partner):
        assert Run.objects.get(id=run.id).written == len(tried.time_lines())


def test_later_promotions_are_changes_that_keep_what_production_has_of_its_own(tried: Line) -> None:
    with scope.work_in(tried.partner):
        chosen = {"source": _production(tried, "psa"), "target": _production(tried, "erp")}
        first = promote(_flow(tried.flow.id), by="Ann", chosen=chosen)
        put_live(first.id, by="Ann")
        made = _flow(first.flow_id)
        change_line(made, target="cost_center", changes={"default": "Only here"}, made_by="Otto")
        with pytest.raises(PromotionError, match="does the same already"):
            promote(_flow(tried.flow.id), by="Ann")
        change_line(_flow(tried.flow.id), target="description", changes={"default": "Tried anew"}, made_by="Ann")
        second = promote(_flow(tried.flow.id), by="Ann")
        assert (second.flow_id, second.version.published_at, second.state) == (made.id, None, "approved")
        assert second.version.made_after_id == _flow(made.id).live_version_id
        put_live(second.id, by="Ann")
        assert {line["default"] for line in _own(_flow(made.id))} == {"Tried anew", "Only here"}
        # A line that is taken away in the sandbox goes in production, too.
        change_line(_flow(tried.flow.id), target="description", changes={}, made_by="Ann")
        put_live(promote(_flow(tried.flow.id), by="Ann").id, by="Ann")
        assert [line["default"] for line in _own(_flow(made.id))] == ["Only here"]
        assert Flow.objects.filter(customer_id=tried.customer.id).count() == 2


@pytest.mark.parametrize("what", ["production", "a foreign connection", "a taken name"])
def test_what_cannot_be_promoted_is_told_and_leaves_nothing(tried: Line, what: str) -> None:
    with scope.work_in(tried.partner):
        flow, name = _flow(tried.flow.id), ""
        chosen: dict[str, Connection] = {}
        if what == "production":
            Connection.objects.filter(customer_id=tried.customer.id).update(environment="production")
            flow = _flow(tried.flow.id)
        elif what == "a taken name":
            name = flow.name
        else:
            chosen = {"source": tried.source}
        before = (Flow.objects.count(), Connection.objects.count(), ChangeRequest.objects.count())
        with pytest.raises(PromotionError) as refused:
            promote(flow, by="Ann", name=name, chosen=chosen)
        assert refused.value.field == {"production": "", "a foreign connection": "source", "a taken name": "name"}[what]
        assert (Flow.objects.count(), Connection.objects.count(), ChangeRequest.objects.count()) == before
        if what != "production":
            assert [part.role for part in plan_promotion(flow).parts] == ["source", "target"]


def test_a_flow_mixes_no_sandbox_with_production_but_simulated_systems_go_with_both(make_line: MakeLine) -> None:
    line = make_line(people=2)
    with scope.work_in(line.partner):
        Connection.objects.filter(id=line.source.id).update(environment="sandbox")
        source = Connection.objects.get(id=line.source.id)
        install = partial(
            install_template, template=line.flow.template, source=source, target=line.target, installed_by="Ann"
        )
        install(name="Simulated")
        with (
            patch.object(environments, "is_simulated", lambda _system: False),
            pytest.raises(ValidationError, match="PSA is a sandbox and ERP is in production"),
        ):
            install(name="Real")
        assert not Flow.objects.filter(name="Real").exists()
