"""A system changes its fields: no flow that uses them moves anything until that is mended, and then it goes on by itself."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.actions import Action, Role
from apps.accounts.actor import acting
from apps.accounts.services import create_api_key
from apps.connectors import shape_book
from apps.connectors.connection_tests import request_test
from apps.connectors.models import Connection, ObjectShape
from apps.dispatch.models import Queue
from apps.flows.models import Flow
from apps.flows.queries.drift_reach import get_drift_reach
from apps.flows.services.publish import change_line
from apps.flows.services.replay import replay_operations
from apps.monitoring.judging import judge_ledger
from apps.monitoring.models import ExceptionCase
from apps.tenants import scope
from tests.deals import Deals
from tests.flows.views.conftest import page_of
from tests.lines import Line
from tests.people import Watched

MakeLine = Callable[..., Line]


@pytest.fixture
def line(make_line: MakeLine) -> Line:
    """A line whose two systems were tested, so that their fields are known."""
    made = make_line()
    _test(made, made.source, made.target)
    return made


def _test(line: Line | Deals, *connections: Connection) -> None:
    with scope.work_in(line.partner):
        for connection in connections:
            request_test(Connection.objects.get(id=connection.id))
    line.work(Queue.POLL)


def _a_day_later(line: Line) -> None:
    with scope.work_in(line.partner):
        ObjectShape.objects.update(looked_at=timezone.now() - timedelta(hours=25))


def _asked(line: Line, system: str) -> list[Any]:
    return list(line.sandbox.do(lambda client: client.effects(system, line.company)))


def _cases(line: Line) -> list[ExceptionCase]:
    with scope.enter(line.partner):
        judge_ledger()
    with scope.work_in(line.partner):
        return list(ExceptionCase.objects.filter(closed_at=None))


def test_a_field_that_is_renamed_stops_the_next_run_with_one_case_and_put_back_it_goes_on(line: Line) -> None:
    line.faults("psa", schema_change=1)
    first, second = line.run(), line.run()
    for run in (first, second):
        assert (run.state, run.read, run.error_class) == ("failed", 0, "schema_drift")
        assert "Sandbox PSA no longer has the field “hours” in its time entries" in run.error_message
        assert "the mapping line “Hours” reads" in run.error_message
    assert (line.time_lines(), line.operations(), _asked(line, "erp")) == ([], [], [])
    (case,) = _cases(line)
    assert (case.error_class, case.queue) == ("schema_drift", "integration")
    assert "“hours”" in case.explanation
    with scope.work_in(line.partner):
        assert Connection.objects.get(id=line.source.id).state == "attention"
    line.faults("psa")
    run = line.run()
    assert (run.state, run.written) == ("clean", len(line.entries(status="approved", billable=True)))
    assert _cases(line) == []
    with scope.work_in(line.partner):
        assert Connection.objects.get(id=line.source.id).state == "working"


def test_a_renamed_field_is_named_with_every_customer_it_reaches_and_the_line_to_mend(
    line: Line, make_line: MakeLine
) -> None:
    other = make_line()  # the same systems, as they were
    line.faults("psa", schema_change=1)
    line.faults("erp", schema_change=1)
    assert line.run().error_class == "schema_drift"
    assert line.time_lines() == []
    _test(line, line.target)
    seen = Watched(line, line.run())
    read, written = (f"/connections/{one.id}/drift/" for one in (line.source, line.target))
    assert read in page_of(seen.owner.get(f"/connections/{line.source.id}/"))
    rows = seen.owner.get(read).context["reach"].broken
    assert {(row.flow.customer.name, row.place, row.line, row.field, row.is_now) for row in rows} == {
        (line.customer.name, "reading", "Hours", "hours", True),
        (other.customer.name, "reading", "Hours", "hours", False),
    }
    reading = f"/flows/{line.flow.id}/mapping/hours/?place=reading"
    assert reading in page_of(seen.owner.get(read))
    assert seen.owner.get(reading).status_code == 200
    page = page_of(seen.owner.get(written))
    mend = f"/flows/{line.flow.id}/mapping/project/"
    for words in (mend, "Stops now", "Would break", "Approved time to bill"):
        assert words in page
    assert seen.owner.get(mend).status_code == 200
    _pretend_it_was(line, "description", kind="nested", of=line.target, name="time-lines")
    with scope.work_in(line.partner):
        change_line(Flow.objects.get(id=other.flow.id), target="description", changes={"removed": True}, made_by="Bela")
        reach = get_drift_reach(Connection.objects.get(id=line.target.id))
        assert {row.flow.id for row in reach.broken if row.target == "description"} == {line.flow.id}
        assert reach.templates == [("Approved time to bill", 2)]
        own = get_drift_reach(Connection.objects.get(id=other.source.id))
        assert (own.changes, own.broken, own.untouched) == ([], [], [])
        with CaptureQueriesContext(connections["default"]) as few:
            get_drift_reach(Connection.objects.get(id=line.source.id))
        assert len(few) <= 6
        with acting(seen.person(Role.OWNER).as_actor()):
            _, key = create_api_key(name="Program", scopes=[Action.VIEW_FLOWS], customer_id=None)
    program = Client(headers={"host": "alder.localhost", "authorization": f"Bearer {key}"})
    told = program.get(f"/api/v1/drifts/{line.source.id}/").json()
    assert {one["customer_id"] for one in told["broken"]} == {str(line.customer.id), str(other.customer.id)}
    assert seen.as_(Role.CUSTOMER_OWNER).get(read).status_code in {403, 404}


def test_a_renamed_field_of_the_target_stops_the_run_before_anything_is_read(line: Line) -> None:
    _a_day_later(line)
    line.faults("erp", schema_change=1)
    run = line.run()
    assert (run.state, run.read, run.error_class) == ("failed", 0, "schema_drift")
    assert "Sandbox ERP no longer has the field “project” in its" in run.error_message
    assert "now demands the field “project_no”" in run.error_message
    assert line.operations() == []
    line.faults("erp")
    assert line.run().state == "clean"


def test_a_person_who_finds_the_mapping_right_takes_the_fields_as_they_are(line: Line) -> None:
    _pretend_it_was(line, "department", kind="whole")
    assert "was a whole number and is now a text" in line.run().error_message
    with scope.work_in(line.partner):
        assert shape_book.agree(Connection.objects.get(id=line.source.id)) == 1
    assert line.run().state == "clean"


def test_a_change_of_what_no_line_uses_stops_nobody(line: Line) -> None:
    _pretend_it_was(line, "created_at", kind="yes_no")
    assert line.run().state == "clean"


def test_a_mapping_that_is_adapted_and_published_goes_on_with_the_next_run(line: Line) -> None:
    _pretend_it_was(line, "description", kind="nested", of=line.target, name="time-lines")
    assert "which the mapping line" in line.run().error_message
    with scope.work_in(line.partner):
        flow = Flow.objects.get(id=line.flow.id)
        change_line(flow, target="description", changes={"removed": True}, made_by="Bela")
    assert line.run().state == "clean"


def _pretend_it_was(
    line: Line, field: str, *, kind: str, of: Connection | None = None, name: str = "time-entries"
) -> None:
    """Let it have been agreed that a field was of another kind."""
    with scope.work_in(line.partner):
        row = ObjectShape.objects.get(connection=of or line.source, object_name=name)
        row.agreed = [{**one, "kind": kind} if one["name"] == field else one for one in row.agreed]
        row.agreed_fingerprint = "another"
        row.save()


@pytest.mark.parametrize("fault", ["down", "forbidden"])
def test_a_system_that_cannot_be_asked_about_its_fields_is_judged_by_what_is_known(line: Line, fault: str) -> None:
    _a_day_later(line)
    line.faults("erp", **{fault: 1})
    assert line.run().error_class != "schema_drift"
    line.faults("erp")
    with scope.work_in(line.partner):
        assert not ObjectShape.objects.filter(
            looked_at__lt=timezone.now() - timedelta(hours=1), object_name="time-lines"
        )


def test_a_walking_record_stops_before_a_target_whose_field_is_gone(make_deals: Callable[..., Deals]) -> None:
    deals = make_deals()
    workspace = deals.systems["workspace"]
    _test(deals, workspace)
    deals.faults("workspace", schema_change=1)
    _test(deals, workspace)
    run = deals.run()
    (stopped,) = deals.operations(state="rejected")
    assert (run.state, run.rejected) == ("partial", 1)
    assert stopped.error_class == "schema_drift"
    assert "Sandbox workspaces no longer has the field “project” in its workspaces" in stopped.error_message
    assert deals.effects("workspace") == []
    deals.faults("workspace")
    deals.work(Queue.POLL)  # the fields were asked for again when the record stopped
    with scope.work_in(deals.partner):
        assert ObjectShape.objects.get(connection=workspace, object_name="workspaces").notes[0]["ended"]
        replay_operations([stopped.id], started_by="test")
    deals.work()
    assert [line.state for line in deals.operations(id=stopped.id)] == ["written"]
    assert len(deals.records("workspace", "workspaces")) == 1


def test_a_flow_does_not_begin_when_it_could_not_tell_the_source_what_became_of_its_records(
    make_deals: Callable[..., Deals],
) -> None:
    deals = make_deals()
    _test(deals, deals.systems["crm"])
    with scope.work_in(deals.partner):
        row = ObjectShape.objects.get(connection=deals.systems["crm"], object_name="opportunities")
        row.agreed = [{**one, "kind": "whole"} if one["name"] == "project_code" else one for one in row.agreed]
        row.agreed_fingerprint = "another"
        row.save()
    run = deals.run()
    assert (run.state, run.error_class) == ("failed", "schema_drift")
    assert "The field “project_code” of the deals in Sandbox CRM, which the step “" in run.error_message
    assert (deals.operations(), deals.effects("psa")) == ([], [])
