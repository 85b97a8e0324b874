"""A Redmine in which time is deleted without a trace: the hours that were posted for it become one exception, and nothing else does."""

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings

from apps.connectors.models import Connection
from apps.connectors.services import NewConnection, create_connection
from apps.dispatch.models import Queue
from apps.dispatch.services import enqueue
from apps.flows.models import Comparison, ComparisonRule, Flow, Operation, Run
from apps.flows.services.install import install_template
from apps.flows.services.publish import change_line
from apps.flows.services.start_run import run_now
from apps.flows.triggers.comparisons import COMPARISONS_KIND
from apps.monitoring.judging import judge_ledger
from apps.monitoring.models import ExceptionCase
from apps.tenants import scope
from apps.tenants.scope import PartnerRef
from tests.connectors.catalog.redmine_stand_in import KEY, RedmineStandIn, serve
from tests.lines import Line, found_line
from tests.sandbox_server import SandboxServer

ENTRIES = 130  # two pages


@dataclass
class Office:
    """A customer whose time is in a Redmine, posted to the ERP."""

    line: Line
    redmine: RedmineStandIn
    flow: Flow

    def post(self) -> Run:
        """Let the flow read what has changed."""
        with scope.work_in(self.line.partner):
            run = run_now(Flow.objects.get(id=self.flow.id), started_by="test")
        self.line.work()
        return self.line.reload(run)

    def night(self) -> tuple[Run, Comparison]:
        """Let the night come in which all numbers are compared."""
        for due in (None, datetime.now(UTC) - timedelta(minutes=1)):
            with scope.work_in(self.line.partner):
                if due is not None:
                    ComparisonRule.objects.filter(flow=self.flow).update(next_at=due)
                enqueue(kind=COMPARISONS_KIND, unique_key=COMPARISONS_KIND)
            self.line.work(Queue.MAINT, Queue.RUN)
        with scope.work_in(self.line.partner):
            comparison = Comparison.objects.select_related("run").filter(flow=self.flow).latest("id")
            return comparison.run, comparison

    def told(self) -> list[Operation]:
        """Return what was told as deleted."""
        with scope.work_in(self.line.partner):
            return list(Operation.objects.filter(flow=self.flow, error_class="source_deleted"))


@pytest.fixture
def redmine() -> Iterator[tuple[RedmineStandIn, str]]:
    """A Redmine that is served by a thread of its own, for workers have loops of theirs."""
    stand_in, loop, ready, port = RedmineStandIn(), asyncio.new_event_loop(), threading.Event(), list[int]()

    async def serving() -> None:
        async with serve(stand_in) as found:
            port.append(found)
            ready.set()
            await asyncio.Event().wait()

    task = loop.create_task(serving())

    def run() -> None:
        with pytest.raises(asyncio.CancelledError):
            loop.run_until_complete(task)
        loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(60)
    allowed = settings.EGRESS_ALLOW
    settings.EGRESS_ALLOW = (*allowed, f"127.0.0.1:{port[0]}")
    yield stand_in, f"http://127.0.0.1:{port[0]}"
    settings.EGRESS_ALLOW = allowed
    loop.call_soon_threadsafe(task.cancel)
    thread.join(60)


@pytest.fixture
def office(committed: PartnerRef, sandbox: SandboxServer, redmine: tuple[RedmineStandIn, str]) -> Office:
    """The customer, with a week's time booked on a project and by a person that the ERP knows."""
    line, (stand_in, url) = found_line(committed, sandbox), redmine
    known = line.entries(status="approved", billable=True)[0]
    stand_in.projects[0]["identifier"] = known["project_code"]
    stand_in.people[0]["custom_fields"][0]["value"] = known["person_id"]
    for number in range(1, ENTRIES + 1):
        stand_in.book(number, known["worked_on"], hours=0.1)
        stand_in.entries[-1]["comments"] = f"Part {number} of the workshop"
    with scope.work_in(committed):
        source = create_connection(
            line.customer,
            NewConnection(
                system="redmine",
                name="Redmine",
                base_url=url,
                secrets={"api_key": KEY},
                settings={"approval_field": "Approval", "employee_field": "Employee number"},
            ),
        )
        target = Connection.objects.get(id=line.target.id)
        flow = install_template(
            template="approved-time-to-bill", name="Redmine to bill", source=source, target=target, installed_by="t"
        )
        # Redmine knows nothing of companies and prices: the customer's own lines say them.
        projects = sandbox.do(lambda client: client.records("erp", line.company, "projects"))
        company = next(one["company"] for one in projects if one["code"] == known["project_code"])
        own = {"company": company, "unit_price": "100", "amount": "10", "currency": "EUR"}
        for target, value in own.items():
            change_line(flow, target=target, changes={"default": value}, made_by="t")
        change_line(flow, target="posting_date", changes={"source": "work_date", "expression": ""}, made_by="t")
    return Office(line, stand_in, flow)


def test_time_deleted_without_a_trace_is_one_exception_in_the_morning(office: Office) -> None:
    posted = office.post()
    assert (posted.state, posted.written) == ("clean", ENTRIES), posted.error_message
    office.redmine.entries[:] = [entry for entry in office.redmine.entries if entry["id"] not in {17, 101}]
    assert office.post().read == ENTRIES - 2, "what is read again does not say what is missing"
    assert office.told() == []
    run, comparison = office.night()
    assert (run.state, comparison.listed, comparison.known) == ("partial", ENTRIES - 2, ENTRIES)
    assert (comparison.missing, comparison.gone) == (2, 2)
    assert {line.source_key for line in office.told()} == {"17", "101"}
    looked_at = {path for path, _ in office.redmine.asked if path.startswith("time_entries/")}
    assert looked_at == {"time_entries/17.json", "time_entries/101.json"}
    with scope.enter(office.line.partner):
        judge_ledger()
    with scope.work_in(office.line.partner):
        [case] = ExceptionCase.objects.filter(flow=office.flow, closed_at=None)
    assert (case.error_class, case.operation_count, case.queue) == ("source_deleted", 2, "master_data")
    assert office.night()[1].missing == 0, "the next night has nothing new to tell"


def test_a_redmine_that_suddenly_shows_nothing_deletes_nothing(office: Office) -> None:
    office.post()
    entries, office.redmine.entries = office.redmine.entries, []
    run, comparison = office.night()
    assert (run.state, comparison.held) == ("failed", True)
    assert "Redmine suddenly lists nothing at all" in run.error_message
    office.redmine.entries = entries
    run, comparison = office.night()
    assert (run.state, comparison.held, comparison.missing) == ("empty", False, 0)
    assert office.told() == []
