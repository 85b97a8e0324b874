"""Flows in both directions: one change makes one write, and nothing echoes."""

from types import SimpleNamespace
from typing import Any

import httpx2
import pytest
from django.db import transaction
from django.utils import timezone

from apps.connectors.contract import SourceRecord
from apps.connectors.models import Connection
from apps.connectors.services import NewConnection, create_connection
from apps.customers.services import create_customer
from apps.dispatch.models import DueWork, Queue
from apps.dispatch.worker import drain
from apps.flows.engine.definition import Filter, FlowDefinition
from apps.flows.engine.ownership import ConflictRule
from apps.flows.engine.states import BatchState
from apps.flows.models import Batch, Flow, Link, Operation, Run
from apps.flows.services.install import install_template
from apps.flows.services.origin_marks import has_way_back, twins_of
from apps.flows.services.owner_register import set_owner
from apps.flows.services.start_run import run_now
from apps.flows.templates_library import registry
from apps.flows.templates_library.template import FlowTemplate
from apps.tenants import scope
from apps.tenants.scope import PartnerRef
from tests.sandbox_server import SandboxServer

MIRROR = FlowTemplate(
    slug="project-mirror",
    name="Project mirror",
    summary="Carries projects from one system into another.",
    needs=(),
    outcome="Both hold the same projects.",
    records_word="projects",
    record_word="project",
    done_word="mirrored",
    expected_every_seconds=24 * 3_600,
    schedule_seconds=900,
    definition=FlowDefinition(canonical_type="Project", filter=Filter(expression='r.code.startsWith("LOOP-")')),
)
COMPANY = "mirrored"


class Mirror:
    """A planning tool and a time tool with a flow in each direction."""

    def __init__(self, partner: PartnerRef, sandbox: SandboxServer) -> None:
        self.partner, self.sandbox = partner, sandbox
        self.tokens: dict[str, str] = {}
        with scope.work_in(partner):
            self.customer = create_customer(name="Mirrored", currency="EUR")
            self.ends = {system: self.connect(system) for system in ("resource", "time")}
            self.there = self._install("There", "resource", "time")
            self.back = self._install("Back", "time", "resource")

    def connect(self, system: str) -> Connection:
        wishes: dict[str, Any] = {"people": 2, "weeks": 1, "seed": 3, "problems": False}
        token = self.sandbox.do(lambda client: client.found_company(system, COMPANY, **wishes))
        self.tokens[system] = token
        url = f"{self.sandbox.url}/{system}/{COMPANY}/api/v1"
        wanted = NewConnection(f"sandbox_{system}", system, url, {"token": token}, {})
        return create_connection(self.customer, wanted)

    def _install(self, name: str, source: str, target: str) -> Flow:
        ends = self.ends
        return install_template(
            template=MIRROR.slug, name=name, source=ends[source], target=ends[target], installed_by="t"
        )

    def run(self, flow: Flow) -> tuple[int, int]:
        """Run a flow; returns how many records were written and how many unchanged."""
        with scope.work_in(self.partner):
            run = run_now(Flow.objects.get(id=flow.id), started_by="t")
        drain(Queue.RUN, worker="test", seconds=30)
        with scope.work_in(self.partner):
            run = Run.objects.get(id=run.id)
            return run.written, run.unchanged

    def add(self, system: str, **values: Any) -> None:
        answer = httpx2.post(
            f"{self.sandbox.url}/{system}/{COMPANY}/api/v1/projects",
            json=values,
            headers={"Authorization": f"Bearer {self.tokens[system]}"},
        )
        assert answer.status_code < 300, answer.text

    def change(self, system: str, code: str, **values: Any) -> None:
        key = self.project(system, code)["id"]
        self.sandbox.do(lambda client: client.change_record(system, COMPANY, "projects", key, **values))

    def project(self, system: str, code: str) -> dict[str, Any]:
        records = self.sandbox.do(lambda client: client.records(system, COMPANY, "projects"))
        (found,) = [record for record in records if record["code"] == code]
        return dict(found)

    def writes(self, system: str) -> list[str]:
        """Return what was really done to the system's projects, by anybody."""
        effects = self.sandbox.do(lambda client: client.effects(system, COMPANY))
        return [effect["action"] for effect in effects if effect["object"] == "projects"]


@pytest.fixture
def mirror(committed: PartnerRef, sandbox: SandboxServer, monkeypatch: pytest.MonkeyPatch) -> Mirror:
    monkeypatch.setitem(registry.TEMPLATES, MIRROR.slug, MIRROR)  # type: ignore[arg-type]
    return Mirror(committed, sandbox)


def test_one_change_makes_one_write_in_either_direction(mirror: Mirror) -> None:
    there, back = mirror.there, mirror.back
    mirror.add("resource", code="LOOP-1", name="First", state="active")
    made = mirror.writes("resource")
    assert (mirror.run(there), mirror.run(back), mirror.run(there)) == ((1, 0), (0, 1), (0, 0))
    assert mirror.writes("resource") == made
    with scope.work_in(mirror.partner):
        echo = Operation.objects.get(flow=back, state="unchanged")
        assert (echo.state, echo.target_key) == ("unchanged", mirror.project("resource", "LOOP-1")["id"])
        assert "came back" in echo.error_message

    mirror.change("time", "LOOP-1", name="Second")
    changed = mirror.writes("time")
    assert (mirror.run(back), mirror.run(there), mirror.run(back)) == ((1, 0), (0, 1), (0, 0))
    assert mirror.project("resource", "LOOP-1")["name"] == "Second"
    assert mirror.writes("time") == changed

    mirror.add("time", code="LOOP-2", name="Made there")
    assert (mirror.run(back), mirror.run(there), mirror.run(back)) == ((1, 0), (0, 1), (0, 0))
    assert mirror.project("resource", "LOOP-2")["name"] == mirror.project("time", "LOOP-2")["name"]


def test_a_change_on_both_sides_minds_the_owner_in_both_directions(mirror: Mirror) -> None:
    with scope.work_in(mirror.partner):
        set_owner(
            mirror.customer,
            canonical_type="Project",
            field="name",
            connection=mirror.ends["resource"],
            conflict_rule=ConflictRule.OWNER_WINS,
            changed_by="t",
        )
    mirror.add("resource", code="LOOP-1", name="First", state="active")
    mirror.run(mirror.there)
    mirror.change("resource", "LOOP-1", name="Owner's name")
    mirror.change("time", "LOOP-1", name="Somebody's name")
    assert (mirror.run(mirror.back), mirror.run(mirror.there), mirror.run(mirror.back)) == ((0, 1), (1, 0), (0, 1))
    names = {mirror.project(system, "LOOP-1")["name"] for system in ("resource", "time")}
    assert names == {"Owner's name"}


def test_a_way_back_is_found_over_other_systems(mirror: Mirror) -> None:
    with scope.work_in(mirror.partner):
        resource, time = mirror.ends["resource"], mirror.ends["time"]
        third = mirror.connect("erp")
        assert has_way_back(mirror.there)
        Flow.objects.filter(id=mirror.back.id).update(source=third, target=third)
        assert not has_way_back(mirror.there)
        ways = [(time, third), (third, resource)]
        for number, (source, target) in enumerate(ways):
            Flow.objects.create(
                customer=mirror.customer, template="x", name=f"Way {number}", source=source, target=target
            )
        assert has_way_back(mirror.there)


def test_an_origin_is_followed_over_several_systems(mirror: Mirror) -> None:
    with scope.work_in(mirror.partner):
        third = mirror.connect("erp")
        for place, key, number in (
            (third, "Project:sandbox_resource:RP-1", "E-1"),
            (mirror.ends["time"], "Project:sandbox_erp:E-1", "TP-9"),
            (mirror.ends["time"], "P-CODE", "TP-8"),  # a reference by natural key says nothing about origins
        ):
            Link.objects.create(
                customer=mirror.customer,
                connection=place,
                canonical_type="Project",
                business_key=key,
                outside_key=number,
            )
        records = [SourceRecord("projects", number, "1", {}) for number in ("TP-9", "TP-8", "TP-7")]
        session = SimpleNamespace(
            comes_back=True,
            source_id=mirror.ends["time"].id,
            customer_id=mirror.customer.id,
            compiled=SimpleNamespace(described=SimpleNamespace(name="Project"), source_system="sandbox_time"),
            target=SimpleNamespace(manifest=SimpleNamespace(slug="sandbox_resource")),
        )
        assert twins_of(session, records) == {"Project:sandbox_time:TP-9": "RP-1"}  # type: ignore[arg-type]


def test_what_a_mapping_loses_on_the_way_does_not_come_back(mirror: Mirror) -> None:
    mirror.add("resource", code="LOOP-1", name="First", state="planned")  # the time tool knows open and closed only
    assert (mirror.run(mirror.there), mirror.run(mirror.back)) == ((1, 0), (0, 1))
    assert mirror.project("resource", "LOOP-1")["state"] == "planned"
    mirror.change("time", "LOOP-1", name="Second")
    assert mirror.run(mirror.back) == (1, 0)
    changed = mirror.project("resource", "LOOP-1")
    assert (changed["name"], changed["state"]) == ("Second", "planned")
    mirror.change("time", "LOOP-1", open=True)
    assert mirror.run(mirror.back) == (1, 0)
    assert mirror.project("resource", "LOOP-1")["state"] == "active"


def test_a_record_read_before_its_making_is_settled_waits_instead_of_being_made_again(mirror: Mirror) -> None:
    mirror.add("resource", code="LOOP-1", name="First", state="active")
    mirror.run(mirror.there)
    with scope.work_in(mirror.partner):
        link = Link.objects.get()
        Link.objects.all().delete()
        unsettled = Batch.objects.filter(run__flow=mirror.there)
        unsettled.update(state=BatchState.SENT)
    assert mirror.run(mirror.back) == (0, 0)
    with scope.work_in(mirror.partner):
        waiting = Operation.objects.get(flow=mirror.back, state="waiting")
        assert "which records are ours" in waiting.error_message
        link.save(force_insert=True)
        unsettled.update(state=BatchState.SETTLED)
        Operation.objects.filter(id=waiting.id).update(due_at=timezone.now())
    with scope.public(), transaction.atomic():
        DueWork.objects.update(due_at=timezone.now())
    drain(Queue.RUN, worker="test", seconds=30)
    with scope.work_in(mirror.partner):
        assert Operation.objects.get(id=waiting.id).state == "unchanged"
    assert mirror.project("resource", "LOOP-1")["name"] == "First"
