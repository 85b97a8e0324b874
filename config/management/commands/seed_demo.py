"""Fill a fresh installation with the demo: partners, customers, systems, flows, and their first runs to the end.

Safe to repeat: what is there stays, what is missing is added. The summary's shape is that of deploy/local/summary.py.
"""

import asyncio
import json
import time
from argparse import ArgumentParser
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from apps.accounts.actions import Role
from apps.accounts.models import User
from apps.accounts.services import create_user
from apps.connectors.connection_tests import request_test
from apps.connectors.models import Connection, ConnectionTest
from apps.connectors.sandbox.admin import admin_token
from apps.connectors.sandbox.background import BackgroundSandbox
from apps.connectors.services import NewConnection, change_connection, create_connection
from apps.connectors.webhook_endpoints import create_webhook_endpoint
from apps.customers.models import Customer, CutOff
from apps.customers.services import add_cut_off, add_member, change_customer, create_customer
from apps.flows.models import Flow, Run
from apps.flows.services.install import install_template
from apps.flows.services.start_run import run_now
from apps.flows.triggers.schedule import schedule_flow
from apps.flows.triggers.webhook import listen
from apps.monitoring.models import ExceptionCase
from apps.tenants import scope
from apps.tenants.brand_pictures import clean_picture, store_picture
from apps.tenants.brands import change_brand
from apps.tenants.models import Partner
from apps.tenants.provisioning import NewPartner, create_partner
from apps.tenants.scope import PartnerRef
from config.demo import OPERATOR, PARTNERS, PASSWORD, DemoBeginner, DemoCustomer, DemoPartner, DemoPerson
from config.demo_deals import DEALS_WEEKS, found_firm, let_run, live_deals
from config.demo_history import (
    WEEKS,
    Line,
    announce_to,
    clock_at,
    live_through,
    sandbox,
    unfinished_runs,
    work_off,
)
from config.demo_insights import look_for_insights, use_up_a_budget
from config.demo_onboarding import ensure_beginner
from config.demo_service import promise_gold

WAIT_SECONDS = 240
PICTURES = settings.BASE_DIR / "config" / "demo_brands"
TEMPLATE = "approved-time-to-bill"
COUNTS = ("read", "written", "unchanged", "skipped", "rejected", "waiting")


class Command(BaseCommand):
    """`manage.py seed_demo [--summary PATH]`; the workers and the sandbox systems must be running.

    With `--live-through PORT STATE`, nothing may run but the database and the broker: a fresh installation then also lives
    through the weeks before, as config/demo_history.py says.
    """

    help = "Create the demo's partners and run their first flows to the end."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--summary", type=Path, help="where to write what was set up, as JSON")
        parser.add_argument(
            "--live-through",
            nargs=2,
            metavar=("PORT", "STATE"),
            help="live through the weeks before; the sandbox's place",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.SANDBOX_URL:
            raise CommandError("SANDBOX_URL is not set: the demo needs the sandbox systems (make demo starts them).")
        if options["live_through"]:
            port, state = options["live_through"]
            self._live_through_weeks(int(port), Path(state))
            return
        with transaction.atomic():
            _ensure_person(OPERATOR)
        partners = [(wanted, self._ensure_partner(wanted)) for wanted in PARTNERS]
        founded = 0
        for wanted, partner in partners:
            founded += sum(self._ensure_customer(partner, customer) for customer in wanted.customers)
            with scope.work_in(partner):
                for person in wanted.people:
                    _ensure_person(person)
                for firm in wanted.customers:
                    _ensure_care(firm)
                promise_gold(wanted.customers[0].name)
            self._ensure_beginners(partner, wanted)
        self._wait_for_ends([partner for _, partner in partners], first=founded > 0)
        summary = summarise(partners)
        if options["summary"]:
            options["summary"].write_text(json.dumps(summary, indent=1))

    def _live_through_weeks(self, port: int, state: Path) -> None:
        if Partner.objects.filter(slug__in=[wanted.slug for wanted in PARTNERS]).exists():
            return  # its past is written already
        began = timezone.now() - timedelta(days=WEEKS * 7 + 3)
        with BackgroundSandbox(state, admin_token=admin_token(settings.SECRET_KEY), port=port):
            lines = list[Line]()
            with clock_at(began):
                for wanted in PARTNERS:
                    partner = self._ensure_partner(wanted)
                    people = {person.role: person.email for person in wanted.people}
                    lines += [
                        Line(
                            partner,
                            self._found(partner, one),
                            _company(partner, one),
                            people[Role.SUPPORT],
                            people[Role.OWNER],
                        )
                        for one in wanted.customers
                    ]
                    with scope.work_in(partner):
                        for person in wanted.people:
                            _ensure_person(person)
                        promise_gold(wanted.customers[0].name)
                work_off([line.partner for line in lines])
            live_through(lines, say=self.stdout.write)
            self._live_deals()
            firsts = {line.partner: line.company for line in reversed(lines)}  # of each partner its first customer
            for partner, company in firsts.items():
                self.stdout.write(f"insights at {partner.name}")
                asyncio.run(use_up_a_budget(company))
                look_for_insights(partner)
            for line in lines:
                self._let_run(line)

    def _live_deals(self) -> None:
        for wanted in PARTNERS:
            partner = self._ensure_partner(wanted)
            for one in (customer for customer in wanted.customers if customer.wins_deals):
                self.stdout.write(f"client onboardings of {one.name}")
                with clock_at(timezone.now() - DEALS_WEEKS):
                    firm = found_firm(partner, one, _company(partner, one))
                    work_off([partner])
                live_deals(firm)
                let_run(firm)

    def _found(self, partner: PartnerRef, wanted: DemoCustomer) -> UUID:
        """Set a customer up with its two systems and its flow; returns the flow's id."""
        self.stdout.write(f"customer {wanted.name} of {partner.name}")
        tokens = asyncio.run(_found_companies(partner, wanted))
        with scope.work_in(partner):
            customer = create_customer(
                name=wanted.name,
                currency=wanted.currency,
                country=wanted.country,
                time_zone=wanted.time_zone,
                segment=wanted.segment,
            )
            psa, erp = (_connect(customer, partner, wanted, system, token) for system, token in tokens.items())
            for connection in (psa, erp):
                request_test(connection)
            flow = install_template(
                template=TEMPLATE, name="Approved time to bill", source=psa, target=erp, installed_by="Demo"
            )
            change_customer(customer, changes={"state": Customer.State.LIVE})
        return flow.id

    def _let_run(self, line: Line) -> None:
        """Let a flow start by itself from now on: by schedule, and when the PSA announces an approval."""
        with scope.work_in(line.partner):
            flow = Flow.objects.select_related("source").get(id=line.flow_id)
            schedule_flow(flow, every_seconds=600)
            endpoint, address, secret = create_webhook_endpoint(flow.source)
            listen(flow, endpoint)
            run_now(flow, started_by="Demo")
        asyncio.run(announce_to(line.company, address, secret))

    def _ensure_partner(self, wanted: DemoPartner) -> PartnerRef:
        known: Partner | None = Partner.objects.filter(slug=wanted.slug).first()
        if known is not None:
            return known.as_ref()
        self.stdout.write(f"partner {wanted.name}")
        look = wanted.look
        partner = create_partner(NewPartner(wanted.name, wanted.slug, look.primary, look.accent)).as_ref()
        with transaction.atomic():
            dress(partner, wanted)
        return partner

    def _ensure_customer(self, partner: PartnerRef, wanted: DemoCustomer) -> bool:
        with scope.work_in(partner):
            if Customer.objects.filter(name=wanted.name).exists():
                _follow_sandbox(partner, wanted)
                return False
        self._let_run(Line(partner, self._found(partner, wanted), _company(partner, wanted)))
        return True

    def _ensure_beginners(self, partner: PartnerRef, wanted: DemoPartner) -> None:
        for beginner in wanted.beginners:
            if ensure_beginner(partner, beginner):
                self.stdout.write(f"onboarding of {beginner.name} at {partner.name}")
            else:
                with scope.work_in(partner):
                    _follow_sandbox(partner, beginner)

    def _wait_for_ends(self, partners: list[PartnerRef], *, first: bool) -> None:
        """Wait until every run and test has ended and, the first time, no rejected operation is without a case.

        Later runs may fail or be judged at any time: a demo that people played with is still a demo.
        """
        until = time.monotonic() + WAIT_SECONDS
        while open_work := sum((_open_work(partner, first=first) for partner in partners), Counter[str]()):
            if time.monotonic() > until:
                left = ", ".join(f"{number} {what}" for what, number in open_work.items())
                raise CommandError(f"Still unfinished after {WAIT_SECONDS} s: {left}. See make logs.")
            self.stdout.write("waiting for " + ", ".join(f"{number} {what}" for what, number in open_work.items()))
            time.sleep(1)


def dress(partner: PartnerRef, wanted: DemoPartner) -> None:
    """Give a partner its demo look, pictures included."""
    look = wanted.look
    values = {
        "font": look.font,
        "heading_font": look.heading_font,
        "corner_radius": look.radius,
        "side_scheme": look.side_scheme,
        "product_noun": look.noun,
        "customer_noun": look.customer_nouns[0],
        "customers_noun": look.customer_nouns[1],
        "sign_in_text": look.sign_in_text,
        "support_email": look.support,
        "support_name": look.support_name,
        "support_phone": look.support_phone,
        "support_hours": look.support_hours,
        "mail_header": "logo",
        "mail_header_colour": look.mail_header_colour,
        "mail_footer": look.mail_footer,
        "mail_sender_name": wanted.name,
        "mail_sender_address": look.support,
    }
    files = {
        "logo": "logo.png",
        "logo_dark": "logo-dark.png",
        "favicon": "icon.png",
        "sign_in_picture": "sign-in.webp",
    }
    for field, name in files.items():
        raw = (PICTURES / f"{wanted.slug}-{name}").read_bytes()
        values[field] = store_picture(partner, clean_picture(raw, field))
    change_brand(partner, values)


def _ensure_person(wanted: DemoPerson) -> None:
    if User.objects.filter(email=wanted.email).exists():
        return
    user = create_user(email=wanted.email, name=wanted.name, role=wanted.role, password=PASSWORD)
    if wanted.customer:
        add_member(user=user, customer_id=Customer.objects.get(name=wanted.customer).id)


def _ensure_care(wanted: DemoCustomer) -> None:
    """Give a firm its account owner and its cut-offs, unless somebody has seen to that already."""
    customer = Customer.objects.get(name=wanted.name)
    if CutOff.objects.filter(customer=customer).exists() or customer.account_owner_id:
        return
    change_customer(customer, changes={"account_owner": User.objects.filter(email=wanted.owner).first()})
    for one in wanted.cut_offs:
        add_cut_off(customer, name=one.name, purpose=one.purpose, rule=one.rule)


def _company(partner: PartnerRef, wanted: DemoCustomer | DemoBeginner) -> str:
    return f"{partner.slug}-{wanted.slug}"


async def _found_companies(partner: PartnerRef, wanted: DemoCustomer) -> dict[str, str]:
    """Make the customer's two simulated systems; returns their tokens, the PSA's first."""
    wishes = {"people": wanted.people, "weeks": WEEKS, "seed": wanted.seed, "problems": True, "daily_approvals": True}
    async with sandbox() as client:
        company = _company(partner, wanted)
        return {system: await client.found_company(system, company, **wishes) for system in ("psa", "erp")}


def _follow_sandbox(partner: PartnerRef, wanted: DemoCustomer | DemoBeginner) -> None:
    """Point known connections at the sandbox's present address: somebody may have taken its port meanwhile."""
    for connection in Connection.objects.filter(customer__name=wanted.name, system__startswith="sandbox_"):
        system = connection.system.removeprefix("sandbox_")
        address = sandbox().base_url(system, _company(partner, wanted))
        if connection.base_url != address:
            change_connection(connection, name=connection.name, base_url=address, values=connection.settings)
            request_test(connection)


def _connect(customer: Customer, partner: PartnerRef, wanted: DemoCustomer, system: str, token: str) -> Connection:
    names = {"psa": "Project software", "erp": "Accounting"}
    return create_connection(
        customer,
        NewConnection(
            system=f"sandbox_{system}",
            name=names[system],
            base_url=sandbox().base_url(system, _company(partner, wanted)),
            secrets={"token": token},
            settings={},
            environment=Connection.Environment.SANDBOX,
        ),
    )


def _open_work(partner: PartnerRef, *, first: bool) -> Counter[str]:
    with scope.work_in(partner):
        runs = unfinished_runs().count()
        tests = ConnectionTest.objects.filter(state=ConnectionTest.State.RUNNING).count()
        rejected = sum(Run.objects.values_list("rejected", flat=True))
        in_cases = sum(ExceptionCase.objects.values_list("operation_count", flat=True))
        failed = Run.objects.filter(state="failed").count()
    if not first:
        return +Counter({"runs": runs, "connection tests": tests})
    if failed:
        raise CommandError(f"A first run of {partner.name} failed: see its run page and make logs.")
    waiting = Counter({"runs": runs, "connection tests": tests, "records without a case": max(rejected - in_cases, 0)})
    return +waiting


def summarise(partners: list[tuple[DemoPartner, PartnerRef]]) -> dict[str, Any]:
    """Return what the box of `make demo` shows."""
    port = f":{settings.PUBLIC_PORT}" if settings.PUBLIC_PORT else ""
    console = f"{settings.PUBLIC_SCHEME}://{settings.PLATFORM_HOST}{port}/"
    addresses, sign_ins = [], []
    records: Counter[str] = Counter()
    at_risk: Counter[str] = Counter()
    cases: list[dict[str, Any]] = []
    for wanted, partner in partners:
        portal = f"{settings.PUBLIC_SCHEME}://{partner.slug}.{settings.BASE_DOMAIN}{port}/"
        addresses.append({"label": f"{partner.name} portal", "url": portal})
        sign_ins += [_sign_in(person, portal) for person in wanted.people]
        with scope.work_in(partner):
            for run in Run.objects.all():
                records.update({name: getattr(run, name) for name in COUNTS})
            for case in (
                ExceptionCase.objects.filter(closed_at=None)
                .select_related("customer")
                .order_by(F("amount").desc(nulls_last=True))
            ):
                amount = case.amount or Decimal(0)
                at_risk[case.currency] += amount  # type: ignore[assignment]
                cases.append(
                    {
                        "title": f"{case.customer.name}: {case.title}",
                        "records": case.operation_count,
                        "amount": f"{amount:,.2f} {case.currency}" if case.currency else "amount unknown",
                    }
                )
    addresses += [
        {"label": "Operator console", "url": console},
        {"label": "Sandbox systems", "url": f"{settings.SANDBOX_URL.rstrip('/')}/sandbox/"},
    ]
    sign_ins.append(_sign_in(OPERATOR, console))
    first = sign_ins[0]
    return {
        "addresses": addresses,
        "sign_ins": sign_ins,
        "records": {name: records[name] for name in COUNTS},
        "cases": cases,
        "money_at_risk": [f"{amount:,.2f} {currency}" for currency, amount in sorted(at_risk.items()) if currency],
        "look_first": [
            f"Sign in at {first['address']} as {first['email']}: the home page says what is at risk.",
            "Open Exceptions, take a case, correct the record and retry it: it arrives in the accounting system once.",
            "Sign in as the finance approver of a customer: the same facts in business words.",
        ],
    }


def _sign_in(person: DemoPerson, address: str) -> dict[str, str]:
    role = f"{person.role.replace('_', ' ')}" + (f" at {person.customer}" if person.customer else "")
    return {"role": role, "address": address, "email": person.email, "password": PASSWORD}
