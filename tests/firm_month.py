"""A firm of 600 people and everybody who does something in its March of 2030: the story that a test's table is about.

Each record goes the whole way: schedule, dispatch, engine, HTTP to the simulated systems, ledger, judging, clocks.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from apps.accounts.actions import Role
from apps.accounts.actor import Actor
from apps.accounts.services import create_user
from apps.customers.cut_offs import Rhythm, Rule
from apps.customers.models import Customer
from apps.customers.services import add_cut_off
from apps.dispatch.models import Queue
from apps.dispatch.services import enqueue
from apps.flows.models import Flow
from apps.flows.services.flow_state import pause_flow, resume_flow
from apps.flows.services.install import install_template
from apps.flows.services.rhythms import RHYTHM_KIND
from apps.flows.services.start_run import run_now
from apps.flows.triggers.calendar import Calendar
from apps.flows.triggers.reconciliations import RECONCILIATIONS_KIND, set_nightly
from apps.flows.triggers.schedule import expect_runs, schedule_flow_by_calendar
from apps.monitoring import cases, sla_settings, tasks
from apps.monitoring.models import ExceptionCase
from apps.monitoring.sla.clock import PauseCause
from apps.monitoring.sla.credits import CreditBand
from apps.monitoring.sla.opening import BusinessHours
from apps.monitoring.sla.terms import Promise, Target
from apps.monitoring.sla_settings import Package
from apps.tenants import scope
from apps.tenants.scope import PartnerRef
from tests.lines import Line, found_line
from tests.moved_clock import MovedClock
from tests.sandbox_server import SandboxServer

GOLD = Package(
    name="Gold",
    summary="For firms that bill every week",
    targets=(
        Target(Promise.DETECT, 30),
        Target(Promise.ACKNOWLEDGE, 120),
        Target(Promise.RESOLVE, 960),  # two days of the office
        Target(Promise.RESOLVE, 480, severity="high"),
        Target(Promise.DELIVERY, 240),
        Target(Promise.CUT_OFF, 0),
    ),
    pauses=frozenset({PauseCause.CUSTOMER}),
    bands=(CreditBand(0, Decimal(1)), CreditBand(240, Decimal(5))),
    cap_percent=Decimal(10),
)
CUT_OFF = "Weekly billing"
DELETED = "TE-019500"  # posted on the 26th
OFFICE = BusinessHours("Europe/Berlin", (((540, 1020),),) * 5 + ((), ()))
LOOKS = (tasks.SWEEP, tasks.SLA, tasks.CUT_OFFS)
NIGHT = (tasks.TEACH, RHYTHM_KIND, RECONCILIATIONS_KIND)


def on(day: int, hour: int = 0, minute: int = 0) -> datetime:
    """Return a moment of that March, in UTC."""
    return datetime(2030, 3, day, hour, minute, tzinfo=UTC)


Deed = Callable[[], object]


@dataclass
class Month:
    """The firm with its two flows, and the hands of everybody who does something in that month."""

    line: Line
    clock: MovedClock
    back: Flow
    support: Actor

    def live(self) -> None:
        """Live through the month, moment by moment."""
        for moment, deed, kinds in sorted([*self._days(), *self._events()], key=lambda one: one[0]):
            self.clock.move(moment)
            self.line.sandbox.do(lambda client, now=moment: client.set_clock(self.line.company, now))
            if deed is not None:
                with scope.work_in(self.line.partner):
                    deed()
            self._work()
            with scope.work_in(self.line.partner):
                for kind in kinds:
                    enqueue(kind=kind, unique_key=kind)
            self._work()

    def _work(self) -> None:
        """Let workers do what the clock has come to, and what follows from it."""
        for _ in range(2):
            self.clock.fall_due()
            self.line.work(Queue.POLL, Queue.RUN, Queue.MAINT)

    def _days(self) -> Iterator[tuple[datetime, Deed | None, tuple[str, ...]]]:
        """Yield what happens every day: the night's work, the ERP that asks for its flow, and the evening's run."""
        for day in range(1, 30):
            yield on(day, 1, 30), None, NIGHT
            yield on(day, 5), None if day in (25, 26) else self._ask_for_billing_status, ()
            if day >= 4 and on(day).weekday() < 5:
                yield on(day, 17, 30), None, LOOKS

    def _events(self) -> Iterator[tuple[datetime, Deed | None, tuple[str, ...]]]:
        """Yield what happens once."""
        for moment, deed in (
            (on(5, 17), self._found_a_legal_entity),
            (on(6, 9, 30), self._translate_it),
            (on(13, 17), lambda: self.line.faults("erp", down=1)),
            *((on(13, 17, minute), None) for minute in (31, 35, 40)),  # slices that find it away, and probes
            (on(14, 9), lambda: self.line.faults("erp")),
            (on(18, 12), lambda: pause_flow(self._flow(), reason="The ERP is upgraded", made_by="Fina")),
            (on(20, 17), lambda: resume_flow(self._flow())),
            (on(21, 17), lambda: self._set_period("closed")),
            (on(22, 9), lambda: self._take_up("closed_period")),
            (on(22, 11, 1), None),  # just after the cut-off
            (on(22, 14), lambda: self._set_period("open")),
            (on(22, 14, 5), lambda: cases.retry_case(self._case("closed_period"), by=self.support)),
            (on(25, 9), lambda: set_nightly(self._flow(), nightly=True)),
            (on(26, 8, 30), lambda: cases.retry_case(self._case("overdue"), by=self.support)),
            (on(26, 20), self._delete_a_line),
            (on(27, 1, 31), None),
            (on(27, 9), lambda: self._take_up("unreconciled")),
            (on(28, 9), self._leave_out_the_line),
        ):
            yield moment, deed, LOOKS

    def _flow(self) -> Flow:
        return Flow.objects.select_related("customer").get(id=self.line.flow.id)

    def _ask_for_billing_status(self) -> None:
        run_now(Flow.objects.get(id=self.back.id), started_by="ERP")

    def _case(self, error_class: str) -> UUID:
        return ExceptionCase.objects.exclude(state="closed").get(error_class=error_class).id

    def _take_up(self, error_class: str) -> None:
        cases.assign_case(self._case(error_class), owner_id=self.support.user_id, by=self.support)

    def _found_a_legal_entity(self) -> None:
        for entry in self.line.entries(worked_on="2030-03-05", status="approved", billable=True)[:3]:
            self._change("psa", "time-entries", entry["id"], custom={**entry["custom"], "region": "LATAM"})

    def _translate_it(self) -> None:
        case = self._case("mapping_gap")
        cases.add_value_and_retry(case, target="company", outside_value="LATAM", new_value="300", by=self.support)

    def _set_period(self, state: str) -> None:
        line = self.line
        for period in line.sandbox.do(lambda client: client.records("erp", line.company, "periods")):
            if "2030-03" in period.values():
                self._change("erp", "periods", period["id"], state=state)

    def _delete_a_line(self) -> None:
        """Take away a line that was posted that evening, as somebody in the ERP could."""
        victim = self.line.operations(source_key=DELETED)[-1]
        line = self.line
        line.sandbox.do(lambda client: client.remove_record("erp", line.company, "time-lines", victim.target_key))

    def _leave_out_the_line(self) -> None:
        cases.skip_operations(self._case("unreconciled"), None, reason="Credited by hand.", by=self.support)

    def _change(self, system: str, kind: str, key: str, **values: Any) -> None:
        self.line.sandbox.do(lambda client: client.change_record(system, self.line.company, kind, key, **values))


def found_month(partner: PartnerRef, sandbox: SandboxServer, clock: MovedClock) -> Month:
    """Found the firm with both flows, its service package, and the weekly cut-off: Fridays at 11:00 UTC."""
    line = found_line(partner, sandbox, people=600, weeks=4, daily_approvals=True, as_of="2030-03-30T00:00:00+00:00")
    with scope.work_in(partner):
        Customer.objects.filter(id=line.customer.id).update(time_zone="Europe/Berlin")
        customer, flow = Customer.objects.get(id=line.customer.id), Flow.objects.get(id=line.flow.id)
        schedule_flow_by_calendar(flow, Calendar("30 18 * * 1-5", "Europe/Berlin"))
        back = install_template(
            template="billing-status", name="Billing status", source=line.target, target=line.source, installed_by="t"
        )
        expect_runs(back, every_seconds=24 * 3600)
        for one in Flow.objects.select_related("customer"):
            set_nightly(one, nightly=False)  # it costs a reading of both sides each night: the last week is enough
        by = create_user(email="sam@alder.example", name="Sam", role=Role.SUPPORT, password="correct horse").as_actor()
        policy = sla_settings.save_policy(None, GOLD, by=by)
        calendar = sla_settings.save_calendar(None, name="Office", hours=OFFICE, by=by)
        sla_settings.agree(customer, policy=policy, calendar=calendar, fee=Decimal(5000), currency="EUR", by=by)
        add_cut_off(customer, name=CUT_OFF, purpose="", rule=Rule(Rhythm.WEEKLY, 4, time(12)))
    return Month(line, clock, back, by)
