"""The demo's customers that are only on their way: real rows of every kind, stopped where a person would be next."""

import asyncio
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from apps.accounts.actions import Role
from apps.accounts.actor import acting
from apps.accounts.models import User
from apps.accounts.services import invite_person
from apps.connectors.connection_tests import request_test
from apps.connectors.models import Connection
from apps.connectors.sandbox.admin import admin_token
from apps.connectors.sandbox.client import SandboxClient
from apps.connectors.services import NewConnection, create_connection
from apps.customers import onboarding_changes as changes
from apps.customers.models import Customer, Onboarding
from apps.customers.onboarding import Step
from apps.customers.onboarding_changes import WhoIsAsked
from apps.customers.services import add_legal_entity, create_customer
from apps.flows.services.dry_run import request_dry_run
from apps.flows.services.install import install_template
from apps.tenants import scope
from apps.tenants.scope import PartnerRef
from config.demo import DemoBeginner

TEMPLATE = "approved-time-to-bill"
_NAMES = {"psa": "Project software", "erp": "Accounting"}


def ensure_beginner(partner: PartnerRef, wanted: DemoBeginner) -> bool:
    """Begin a customer's onboarding as far as `wanted` says; False when it was begun before."""
    with scope.work_in(partner):
        if Customer.objects.filter(name=wanted.name).exists():
            return False
    company = f"{partner.slug}-{wanted.slug}"
    tokens = asyncio.run(_found(company, wanted))
    with scope.work_in(partner):
        owner = User.objects.get(email=wanted.owner)
        with acting(owner.as_actor()):
            customer = _begin(wanted, owner)
            connected = {system: _connect(customer, company, system, tokens[system]) for system in wanted.connected}
            if any(wanted.contact):
                _ask(customer, wanted, next(system for system in _NAMES if system not in connected))
            if set(connected) == set(_NAMES):
                _draft(customer, wanted, connected)
    return True


def _begin(wanted: DemoBeginner, owner: User) -> Customer:
    customer = create_customer(
        name=wanted.name,
        currency=wanted.currency,
        country=wanted.country,
        time_zone=wanted.time_zone,
        segment=wanted.segment,
        account_owner=owner,
    )
    changes.start_onboarding(customer, owner_id=owner.id)
    changes.change_notes(customer, notes=wanted.notes)
    for code, name in wanted.entities:
        add_legal_entity(customer, code=code, name=name, country=wanted.country, currency=wanted.currency)
    changes.plan_systems(customer, systems=[f"sandbox_{system}" for system in _NAMES])
    began = timezone.now() - timedelta(days=wanted.days)
    confirmed = {Step.ENTITIES.value: {"by": owner.name, "at": (began + timedelta(days=1)).isoformat()}}
    Onboarding.objects.filter(customer=customer).update(
        started_at=began, confirmed=confirmed if wanted.connected else {}
    )
    return customer


async def _found(company: str, wanted: DemoBeginner) -> dict[str, str]:
    wishes = {"people": wanted.people, "weeks": 2, "seed": wanted.seed, "problems": True}
    async with SandboxClient(settings.SANDBOX_URL, admin_token(settings.SECRET_KEY)) as sandbox:
        return {system: await sandbox.found_company(system, company, **wishes) for system in _NAMES}


def _connect(customer: Customer, company: str, system: str, token: str) -> Connection:
    sandbox = SandboxClient(settings.SANDBOX_URL, admin_token(settings.SECRET_KEY))
    connection = create_connection(
        customer,
        NewConnection(
            system=f"sandbox_{system}",
            name=_NAMES[system],
            base_url=sandbox.base_url(system, company),
            secrets={"token": token},
            settings={},
            environment=Connection.Environment.SANDBOX,
        ),
    )
    request_test(connection)
    changes.remember_step(customer, Step.CONNECTIONS)
    return connection


def _ask(customer: Customer, wanted: DemoBeginner, system: str) -> None:
    name, email = wanted.contact
    message = "We need the address of your accounting and an access token for it. Thank you!"
    changes.issue_link(
        customer,
        WhoIsAsked(Step.CONNECTIONS, "Systems", name, email, message, f"sandbox_{system}", f"Sandbox {system.upper()}"),
    )


def _draft(customer: Customer, wanted: DemoBeginner, connected: dict[str, Connection]) -> None:
    flow = install_template(
        template=TEMPLATE,
        name="Approved time to bill",
        source=connected["psa"],
        target=connected["erp"],
        installed_by=wanted.owner,
        live=False,
    )
    request_dry_run(flow, by=wanted.owner, sample=25)
    if any(wanted.invited):
        name, email = wanted.invited
        invite_person(email=email, name=name, role=Role.FINANCE_APPROVER, customer_id=customer.id)
    changes.remember_step(customer, Step.MAPPING)
