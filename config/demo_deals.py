"""The demo's client onboardings: deals of the past days, each lived through by the product up to where it is to be seen.

One customer has a CRM, workspaces and a tax service beside its PSA and ERP, and the template "Client onboarding" between
them. Its deals are done, taken back, failed half way, or waiting; one is still open in the CRM, for whoever looks around.
"""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from django.utils import timezone

from apps.accounts.actor import acting
from apps.accounts.models import User
from apps.connectors.connection_tests import request_test
from apps.connectors.models import Connection
from apps.connectors.services import NewConnection, create_connection
from apps.connectors.webhook_endpoints import create_webhook_endpoint
from apps.customers.models import Customer
from apps.dispatch.models import Queue
from apps.dispatch.worker import drain
from apps.flows.models import ApprovalRequest, EventWait, Flow, Operation
from apps.flows.services import approvals, events, undo
from apps.flows.services.approval_voices import asked_voices
from apps.flows.services.install import install_template
from apps.flows.services.start_run import run_now
from apps.flows.triggers.schedule import schedule_flow
from apps.flows.triggers.webhook import listen
from apps.monitoring.judging import judge_ledger
from apps.tenants import scope
from apps.tenants.scope import PartnerRef
from config.demo import DemoCustomer
from config.demo_history import announce_to, clock_at, sandbox

TEMPLATE, NAME = "client-onboarding", "Client onboarding"
NAMES = {"crm": "CRM", "workspace": "Team workspaces", "tax": "Tax register"}
DEALS_WEEKS = timedelta(weeks=2)  # so long ago the story begins
_EVERY_SECONDS = 900
_MOST_ANSWERS = 4  # more is never asked of one deal


class Ending(StrEnum):
    """Where a deal stands when the demo begins."""

    DONE = "done"
    ROLLED_BACK = "rolled back"
    FAILED = "failed at the workspace"
    CONTRACT = "waits for its contract"
    APPROVAL = "waits for an approval"


@dataclass(frozen=True, slots=True)
class DemoDeal:
    """A deal of the sandbox's CRM, won so many hours ago."""

    key: str
    amount: str
    hours: int
    ending: Ending


# OP-0001 stays open: winning it on the sandbox's page asks finance about a tax number that is not valid.
DEALS = (
    DemoDeal("OP-0006", "18500.00", 12 * 24, Ending.DONE),
    DemoDeal("OP-0004", "64000.00", 9 * 24, Ending.DONE),
    DemoDeal("OP-0002", "32000.00", 6 * 24, Ending.ROLLED_BACK),
    DemoDeal("OP-0007", "21000.00", 4 * 24, Ending.FAILED),
    DemoDeal("OP-0005", "84000.00", 2 * 24, Ending.CONTRACT),
    DemoDeal("OP-0003", "47000.00", 20, Ending.APPROVAL),
)
_NO_WORKSPACE = (Ending.FAILED, Ending.ROLLED_BACK)
_ANSWERED_AFTER, _SIGNED_AFTER, _TAKEN_BACK_AFTER = timedelta(hours=3), timedelta(hours=20), timedelta(hours=26)


@dataclass(frozen=True, slots=True)
class Firm:
    """The customer whose deals these are, its company in the sandbox, its flow, and who of the partner looks after it."""

    partner: PartnerRef
    customer_id: UUID
    company: str
    flow_id: UUID
    owner: str


def found_firm(partner: PartnerRef, wanted: DemoCustomer, company: str) -> Firm:
    """Connect a customer's further systems and install the template between all of them."""
    tokens = asyncio.run(_found_companies(wanted, company))
    with scope.work_in(partner):
        customer = Customer.objects.get(name=wanted.name)
        systems = {system: _connect(customer, company, system, token) for system, token in tokens.items()}
        own = {one.system: one for one in Connection.objects.filter(customer=customer)}
        flow = install_template(
            template=TEMPLATE,
            name=NAME,
            source=systems["crm"],
            target=own["sandbox_erp"],
            installed_by="Demo",
            roles={"psa": own["sandbox_psa"], "workspace": systems["workspace"], "tax": systems["tax"]},
        )
        return Firm(partner, customer.id, company, flow.id, wanted.owner)


async def _found_companies(wanted: DemoCustomer, company: str) -> dict[str, str]:
    """Make the firm's further systems, and bring its CRM to where the story begins."""
    wishes = {"people": wanted.people, "weeks": 1, "seed": wanted.seed, "problems": True}
    async with sandbox() as client:
        tokens = {system: await client.found_company(system, company, **wishes) for system in NAMES}
        told = {deal.key: deal for deal in DEALS}
        for deal in await client.records("crm", company, "opportunities"):
            stage = "negotiation" if deal["stage"] == "won" else deal["stage"]
            amount = told[deal["id"]].amount if deal["id"] in told else deal["amount"]
            await client.change_record("crm", company, "opportunities", deal["id"], stage=stage, amount=amount)
    return tokens


def _connect(customer: Customer, company: str, system: str, token: str) -> Connection:
    secrets = {"client_id": company, "client_secret": token} if system == "crm" else {"token": token}
    connection = create_connection(
        customer,
        NewConnection(
            system=f"sandbox_{system}",
            name=NAMES[system],
            base_url=sandbox().base_url(system, company),
            secrets=secrets,
            settings={},
            environment=Connection.Environment.SANDBOX,
        ),
    )
    request_test(connection)
    return connection


def live_deals(firm: Firm) -> None:
    """Let every deal be won and walk, with the clock set back, until it stands where it is to be seen."""
    now = timezone.now()
    for deal in DEALS:
        won_at = now - timedelta(hours=deal.hours)
        forbidden = 1 if deal.ending in _NO_WORKSPACE else 0
        asyncio.run(_win(firm, deal, forbidden))
        with clock_at(won_at):
            _start(firm)
        with clock_at(won_at + _ANSWERED_AFTER):
            _answer(firm, deal)
        with clock_at(won_at + _SIGNED_AFTER):
            _sign(firm, deal)
        if deal.ending is Ending.ROLLED_BACK:
            with clock_at(won_at + _TAKEN_BACK_AFTER):
                _take_back(firm, deal)
    asyncio.run(_mend(firm))
    with scope.work_in(firm.partner):
        # It refused two of them: the test tells that it works again.
        request_test(Connection.objects.get(customer_id=firm.customer_id, system="sandbox_workspace"))


def let_run(firm: Firm) -> None:
    """Let the flow start by itself from now on: by schedule, and when the CRM announces a deal that was won."""
    with scope.work_in(firm.partner):
        flow = Flow.objects.select_related("source").get(id=firm.flow_id)
        schedule_flow(flow, every_seconds=_EVERY_SECONDS)
        endpoint, address, secret = create_webhook_endpoint(flow.source)
        listen(flow, endpoint)
    asyncio.run(announce_to(firm.company, address, secret, system="crm"))


async def _win(firm: Firm, deal: DemoDeal, forbidden: float) -> None:
    async with sandbox() as client:
        await client.set_faults("workspace", firm.company, forbidden=forbidden)
        await client.win(firm.company, deal.key)


async def _mend(firm: Firm) -> None:
    async with sandbox() as client:
        await client.set_faults("workspace", firm.company)


def _start(firm: Firm) -> None:
    with scope.work_in(firm.partner):
        run_now(Flow.objects.get(id=firm.flow_id), started_by="Schedule")
    _work()


def _work() -> None:
    # Only runs and walks: reminders would come due at once by the database's clock, which nobody can set back.
    drain(Queue.RUN, worker="demo", seconds=30)


def _operation(firm: Firm, deal: DemoDeal) -> Operation:
    return Operation.objects.filter(flow_id=firm.flow_id, source_key=deal.key).latest("id")


def _answer(firm: Firm, deal: DemoDeal) -> None:
    """Let whoever is asked say yes, as often as the deal asks."""
    for _ in range(_MOST_ANSWERS if deal.ending is not Ending.APPROVAL else 0):
        with scope.work_in(firm.partner):
            asked = ApprovalRequest.objects.filter(operation_id=_operation(firm, deal).id, state="open").first()
            if asked is None:
                return
            person = asked_voices(asked, timezone.now())[0].person
            reason = "They are about to register; we have it in writing." if asked.step == "tax_agreed" else ""
            with acting(person.as_actor()):
                approvals.decide(asked.id, person=person, decision="approve", reason=reason)
        _work()


def _sign(firm: Firm, deal: DemoDeal) -> None:
    """Let the signing service tell of the contract, where the deal waits for it."""
    with scope.work_in(firm.partner):
        waits = EventWait.objects.filter(operation_id=_operation(firm, deal).id, state=EventWait.State.OPEN)
        if deal.ending is not Ending.CONTRACT and waits.exists():
            events.publish(
                "contract.signed",
                customer_id=firm.customer_id,
                subject=deal.key,
                payload={"signed_by": "both sides"},
                dedupe_key=f"signature:{deal.key}",
            )
    _work()
    _judge(firm)


def _take_back(firm: Firm, deal: DemoDeal) -> None:
    with scope.work_in(firm.partner):
        person = User.objects.get(email=firm.owner)
        with acting(person.as_actor()):
            undo.roll_back(
                _operation(firm, deal).id,
                agreed=True,
                made_by=person.name,
                reason="The client withdrew before the work began.",
            )
    _work()
    _judge(firm)


def _judge(firm: Firm) -> None:
    with scope.enter(firm.partner):
        judge_ledger()
