"""One business matter is followed from any of its records, through the real tables, and nobody sees another's."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from uuid_utils.compat import uuid7

from apps.accounts.actions import Action, Role
from apps.accounts.actor import acting
from apps.accounts.services import create_api_key, create_user
from apps.connectors.models import Connection
from apps.connectors.services import NewConnection, create_connection
from apps.customers.models import Customer
from apps.customers.services import add_member, create_customer
from apps.flows.models import Flow, Link, Operation, RecordReference, Run
from apps.flows.queries.record_keys import find_records
from apps.flows.services.install import install_template
from apps.flows.services.start_run import run_now
from apps.monitoring.lineage.matter import Matter, get_matter
from apps.monitoring.lineage.record import get_record_page, lines_of_record
from apps.tenants import scope
from apps.tenants.models import Partner
from apps.tenants.scope import PartnerRef
from tests.ledger_reads import count_rows_of, watched_ledger

SYSTEMS = ("crm", "contract", "psa", "erp", "workspace", "tax")
PROJECT = "P-77"


@dataclass
class Firm:
    """One customer with its systems, and a matter from a deal to its payment, written straight into the ledger."""

    partner: PartnerRef
    customer: Customer
    systems: dict[str, Connection]
    flows: dict[str, Flow]
    runs: dict[str, Run]
    lines: dict[str, Operation] = field(default_factory=dict)

    def line(self, name: str, flow: str, kind: str, number: str, **values: Any) -> Operation:
        """Write one ledger line of the flow called `flow`."""
        moment, carried = timezone.now(), self.flows[flow]
        source = carried.source.system
        self.lines[name] = Operation.objects.create(
            id=uuid7(), customer=self.customer, flow=carried, run=self.runs[flow], last_run=self.runs[flow],
            canonical_type=kind, business_key=f"{kind}:{source}:{number}", source_key=number, created_at=moment,
            changed_at=moment, correlation_id=f"cause-{name}", step="deliver",
            **{"source_version": "1", "state": "written", "label": f"{kind} {number}", **values},
        )  # fmt: skip
        return self.lines[name]

    def link(self, line: Operation, system: str, kind: str, number: str) -> None:
        """Say that a system knows what came of a line under a number."""
        Link.objects.create(
            customer=self.customer, connection=self.systems[system], canonical_type=kind,
            business_key=line.business_key, outside_key=number, delivered_at=timezone.now(),
        )  # fmt: skip

    def reference(self, line: Operation, name: str, kind: str, number: str) -> None:
        """Say that a record names another one."""
        RecordReference.objects.create(
            customer=self.customer, connection=line.flow.source, canonical_type=line.canonical_type,
            business_key=line.business_key, field=name, to_type=kind, outside_key=number,
        )  # fmt: skip

    def matter(self, name: str) -> Matter:
        """Follow the matter from one of its lines."""
        with scope.work_in(self.partner):
            return get_matter(self.lines[name])

    def browser(self, role: Role) -> Client:
        """Return the browser of somebody with this role, signed in."""
        client = Client(headers={"host": f"{self.partner.slug}.localhost"})
        with scope.work_in(self.partner):
            person = create_user(
                email=f"{uuid7().hex}@firm.example", name=role.value, role=role, password="correct horse battery"
            )
            if role is Role.CUSTOMER_OWNER:
                add_member(user=person, customer_id=self.customer.id)
            client.force_login(person)
        return client


def _found(partner: PartnerRef, name: str) -> Firm:
    customer = create_customer(name=name, currency="EUR")
    systems = {
        system: create_connection(
            customer,
            NewConnection(
                system=f"sandbox_{system}",
                name=system.upper(),
                base_url=f"http://127.0.0.1:8090/{system}/{customer.id.hex}/api/v1",
                secrets={"client_id": "c", "client_secret": "s"} if system == "crm" else {"token": "t"},
                settings={},
            ),
        )
        for system in SYSTEMS
    }
    wanted = {
        "deals": ("lead-to-project", "crm", "psa", {"workspace": systems["workspace"]}),
        "time": ("approved-time-to-bill", "psa", "erp", {}),
        "invoices": ("billing-status", "erp", "psa", {}),
    }
    flows = {
        name: install_template(
            template=template, name=name, source=systems[source], target=systems[target], installed_by="t", roles=roles
        )
        for name, (template, source, target, roles) in wanted.items()
    }
    runs = {name: run_now(flow, started_by="t") for name, flow in flows.items()}
    # A partner's own templates may carry anything: contracts of the contract system, and payments of the ERP.
    Flow.objects.filter(id=flows["invoices"].id).update(template="own-books")
    return Firm(partner, customer, systems, flows, runs)


def _fill(firm: Firm) -> None:
    deal = firm.line("deal", "deals", "Opportunity", "D-1", label="Deal Harbour relaunch, Harbour, 900 EUR")
    firm.link(deal, "psa", "Project", PROJECT)
    firm.link(deal, "psa", "Customer", "C-5")
    firm.line("older", "time", "TimeEntry", "T-1", project_ref=PROJECT, source_version="0", state="superseded")
    for number in range(3):
        held = {"state": "rejected", "error_message": "The period is closed."} if number == 2 else {}
        line = firm.line(
            f"time{number}",
            "time",
            "TimeEntry",
            f"T-{number}",
            project_ref=PROJECT,
            amount=100,
            currency="EUR",
            amount_quality="known",
            **held,
        )
        if not held:
            firm.link(line, "erp", "TimeEntry", f"L-{number}")
    firm.line("stranger", "time", "TimeEntry", "T-9", project_ref="P-78")
    invoice = firm.line("invoice", "invoices", "Invoice", "INV-4", project_ref=PROJECT)
    firm.link(invoice, "psa", "Invoice", "PI-4")
    contract = firm.line("contract", "invoices", "Contract", "K-1", label="Contract Frame, active")
    firm.reference(contract, "opportunity", "Opportunity", "D-1")  # by the number of the CRM, read from another system
    payment = firm.line("payment", "invoices", "Payment", "PAY-1")
    firm.reference(payment, "invoice", "Invoice", "INV-4")


@pytest.fixture
def firms(committed: PartnerRef) -> tuple[Firm, Firm, Firm]:
    """Two customers of one partner and one of another, all with the very same numbers."""
    other = Partner.objects.get(slug="brightforge").as_ref()
    with scope.work_in(committed):
        one, two = _found(committed, "Harbour Ltd"), _found(committed, "Meadow Ltd")
        _fill(one)
        _fill(two)
    with scope.work_in(other):
        three = _found(other, "Harbour Ltd")
        _fill(three)
    return one, two, three


def _told(matter: Matter) -> dict[str, tuple[int, str]]:
    return {stage.kind: (stage.count, stage.standing) for stage in matter.stages}


def test_a_matter_is_whole_from_whichever_record_it_is_followed_and_says_where_it_stopped(
    firms: tuple[Firm, Firm, Firm], django_assert_max_num_queries: Any
) -> None:
    firm, other, _ = firms
    whole = {
        "Opportunity": (1, "done"),
        "Contract": (1, "done"),
        "Project": (1, "done"),
        "TimeEntry": (3, "stopped"),
        "Invoice": (1, "done"),
        "Payment": (1, "done"),
    }
    for name in ("deal", "contract", "time0", "invoice", "payment"):
        found = {kind: told for kind, told in _told(firm.matter(name)).items() if told[0]}
        assert found == whole, name
    stopped = firm.matter("payment").stopped_at
    assert stopped is not None
    assert stopped.kind == "TimeEntry"
    assert stopped.stopped == 1
    theirs = {one.operation_id for stage in firm.matter("deal").stages for one in stage.records}
    assert not theirs & {line.id for line in other.lines.values()}
    with scope.work_in(firm.partner), django_assert_max_num_queries(22):
        get_matter(firm.lines["payment"])


def test_the_pages_say_it_to_the_partner_and_to_the_customer_and_to_nobody_else(
    firms: tuple[Firm, Firm, Firm],
) -> None:
    firm, other, elsewhere = firms
    held = firm.lines["time2"]
    staff, own, theirs = (
        firm.browser(Role.SUPPORT),
        firm.browser(Role.CUSTOMER_OWNER),
        other.browser(Role.CUSTOMER_OWNER),
    )
    page = staff.get(f"/records/{held.id}/")
    words = page.content.decode()
    assert [(column.name, column.tone) for column in page.context["page"].systems] == [
        ("PSA", "success"),
        ("ERP", "danger"),
    ]
    gap = page.context["page"].gap
    assert gap.sentence == "The period is closed."
    assert str(gap.sums[0].amount) == "100.0000"
    assert "It stops before ERP." in words
    assert "1 held up" in words
    listed = staff.get(f"/records/{held.id}/TimeEntry/")
    assert {line.source_key for line in listed.context["list"].rows} == {"T-0", "T-1", "T-2"}
    csv = b"".join(staff.get(f"/records/{held.id}/TimeEntry/?format=csv"))  # type: ignore[arg-type]  # an answer in parts
    assert csv.count(b"T-") >= 3
    assert own.get(f"/records/{held.id}/").headers["Location"] == f"/my/records/{held.id}/"
    mine = own.get(f"/my/records/{held.id}/")
    assert [stage.kind for stage in mine.context["stages"] if stage.words != "none yet"][-1] == "Payment"
    assert own.get(f"/records/{held.id}/TimeEntry/").context["list"].total == 3
    for stranger in (theirs, elsewhere.browser(Role.OWNER)):
        for path in (f"/records/{held.id}/", f"/records/{held.id}/TimeEntry/", f"/my/records/{held.id}/"):
            assert stranger.get(path).status_code in (403, 404), path
    assert staff.get(f"/records/{held.id}/Nonsense/").status_code == 404


def test_every_number_and_name_finds_the_record_for_those_who_may_see_it(firms: tuple[Firm, Firm, Firm]) -> None:
    firm, other, elsewhere = firms
    named = {
        "L-1": "time1",  # the ERP's number of it
        "T-0": "time0",
        "PI-4": "invoice",
        "cause-deal": "deal",
        "TimeEntry:sandbox_psa:T-2": "time2",
        "harbour relaunch": "deal",
        "Contract Fra": "contract",
    }
    for words, name in named.items():
        with scope.work_in(firm.partner):
            everywhere = {line.id for line in find_records(words, most=20)}
        with scope.work_in(firm.partner, customer_id=firm.customer.id):
            own = {line.id for line in find_records(words, most=20)}
        assert {firm.lines[name].id, other.lines[name].id} <= everywhere or words.startswith("cause"), words
        if not words.startswith("cause"):
            assert firm.lines[name].id in own, words
        assert own <= {line.id for line in firm.lines.values()}, words
        assert not everywhere & {line.id for line in elsewhere.lines.values()}, words
    with scope.work_in(firm.partner, customer_id=firm.customer.id):
        assert {line.project_ref for line in find_records(PROJECT)} <= {PROJECT, ""}
        assert find_records(PROJECT)


def test_programs_ask_by_any_number(firms: tuple[Firm, Firm, Firm]) -> None:
    firm, _other, _ = firms
    with scope.work_in(firm.partner):
        person = create_user(email="api@firm.example", name="Api", role=Role.OWNER, password="correct horse battery")
        with acting(person.as_actor()):
            _, text = create_api_key(name="Program", scopes=[Action.VIEW_RUNS], customer_id=firm.customer.id)
    program = Client(headers={"host": "alder.localhost", "authorization": f"Bearer {text}"})
    (found,) = program.get("/api/v1/lineage/", {"key": "L-1"}).json()
    assert found["operation_id"] == str(firm.lines["time1"].id)
    assert {one["name"]: one["key"] for one in found["systems"]} == {"PSA": "T-1", "ERP": "L-1"}
    assert {stage["type"]: stage["count"] for stage in found["stages"]}["TimeEntry"] == 3
    assert program.get("/api/v1/lineage/", {"key": "L-1", "type": "Invoice"}).json() == []
    assert program.get("/api/v1/lineage/").status_code == 400


_MANY = """
INSERT INTO flows_operation (id, customer_id, flow_id, run_id, last_run_id, canonical_type, business_key, source_key,
  source_version, target_key, state, step, attempts, revision, ambiguous, label, currency, amount_quality, client_ref,
  project_ref, period_ref, error_kind, error_class, error_field, error_code, error_message, correlation_id, created_at, changed_at)
SELECT gen_random_uuid(), %(customer)s, %(flow)s, %(run)s, %(run)s, 'TimeEntry', 'TimeEntry:sandbox_psa:M-' || n, 'M-' || n, '1',
  '', 'written', 'deliver', '{}', 0, false, 'Time entry ' || n, '', '', '', 'P-' || (n %% 500), '', '', '', '', '', '', '', now(), now()
FROM generate_series(1, 20000) AS n
"""


def test_no_question_of_lineage_reads_the_ledger_from_end_to_end(firms: tuple[Firm, Firm, Firm]) -> None:
    firm = firms[0]
    flow, held = firm.flows["time"], firm.lines["time2"]
    with scope.work_in(firm.partner), connection.cursor() as cursor:
        cursor.execute(_MANY, {"customer": firm.customer.id, "flow": flow.id, "run": firm.runs["time"].id})
    count_rows_of(firm.partner)
    with scope.work_in(firm.partner), watched_ledger() as reads:
        counted = get_matter(held).stage_of("TimeEntry")
        lines_of_record(held)
        get_record_page(held, can_see_costs=True)
        for words in ("L-1", PROJECT, "harbour relaunch", "M-19", "nothing-of-the-kind"):
            find_records(words)
    assert counted is not None
    assert counted.count == 43, "forty of the many belong to it as well"
    assert len(reads.found) > 10
    assert reads.largest(1_000) == []
