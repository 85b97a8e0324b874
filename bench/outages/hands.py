"""The hands of a person in a process of their own: installs the flows, starts runs, looks how far they are.

Reads one word a line, answers with one line of JSON; an answer {"error": ...} means the database was away.
"""

import asyncio
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import django

django.setup()

import orjson  # noqa: E402
from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import Error, connection  # noqa: E402
from django.db.models import Count  # noqa: E402

from apps.connectors.models import Connection  # noqa: E402
from apps.connectors.sandbox.admin import admin_token  # noqa: E402
from apps.connectors.sandbox.client import SandboxClient  # noqa: E402
from apps.connectors.services import NewConnection, create_connection  # noqa: E402
from apps.customers.models import Customer  # noqa: E402
from apps.customers.services import create_customer  # noqa: E402
from apps.flows.engine.states import RUN_TERMINAL, OperationState  # noqa: E402
from apps.flows.models import Flow, Operation, Run  # noqa: E402
from apps.flows.services.publish import install_template  # noqa: E402
from apps.flows.services.start_run import run_now  # noqa: E402
from apps.flows.templates_library import registry as templates  # noqa: E402
from apps.tenants import scope  # noqa: E402
from apps.tenants.models import Partner  # noqa: E402
from apps.tenants.provisioning import NewPartner, create_partner  # noqa: E402
from apps.tenants.scope import PartnerRef  # noqa: E402

TEMPLATE = "approved-time-to-bill"
BATCH = 10  # small, so that kills meet many batches on their way


def found(firms: int, records: int, seed: int) -> dict[str, Any]:
    """Make tables, a partner, and `firms` customers with systems of their own and the flow between them."""
    call_command("migrate_schemas", shared=True, database="owner", interactive=False, verbosity=0)
    partner = create_partner(NewPartner("Chaos", "chaos")).as_ref()
    known = templates.TEMPLATES[TEMPLATE]
    templates.TEMPLATES = {TEMPLATE: replace(known, definition=replace(known.definition, batch_size=BATCH))}
    tokens = asyncio.run(_found_companies(firms, records, seed))
    for company, token in tokens.items():
        _install(partner, company, token)
    return {"companies": list(tokens)}


async def _found_companies(firms: int, records: int, seed: int) -> dict[str, dict[str, str]]:
    async with SandboxClient(settings.SANDBOX_URL, admin_token(settings.SECRET_KEY)) as sandbox:
        tokens: dict[str, dict[str, str]] = {}
        for number in range(firms):
            wishes = {"people": 8, "weeks": 3, "seed": seed + number, "problems": False, "entries": records // firms}
            company = f"firm-{number}"
            tokens[company] = {
                system: await sandbox.found_company(system, company, **wishes) for system in ("psa", "erp")
            }
        return tokens


def _install(partner: PartnerRef, company: str, tokens: dict[str, str]) -> None:
    with scope.work_in(partner):
        customer = create_customer(name=company, currency="EUR")
        source, target = (_connect(customer, system, company, token) for system, token in tokens.items())
        install_template(template=TEMPLATE, name=company, source=source, target=target, installed_by="chaos")


def _connect(customer: Customer, system: str, company: str, token: str) -> Connection:
    address = f"{settings.SANDBOX_URL}/{system}/{company}/api/v1"
    return create_connection(
        customer,
        NewConnection(system=f"sandbox_{system}", name=system, base_url=address, secrets={"token": token}, settings={}),
    )


def _partner() -> PartnerRef:
    with scope.public():
        return Partner.objects.get(slug="chaos").as_ref()


def start() -> dict[str, Any]:
    """Start a run of every flow that has none under way."""
    with scope.work_in(_partner()):
        busy = set(Run.objects.exclude(state__in=RUN_TERMINAL).values_list("flow_id", flat=True))
        idle = Flow.objects.exclude(id__in=busy)
        return {"started": len([run_now(flow, started_by="chaos") for flow in idle])}


def look() -> dict[str, Any]:
    """Return the runs by state and the ledger lines that are not done."""
    with scope.work_in(_partner()):
        runs = Run.objects.values_list("state").annotate(number=Count("id"))
        lines = Operation.objects.filter(state__in=[OperationState.WAITING, OperationState.REJECTED])
        reasons = Run.objects.exclude(error_message="").values_list("error_message", flat=True)
        return {
            "under_way": Run.objects.exclude(state__in=RUN_TERMINAL).count(),
            "runs": dict(runs),
            "lines": dict(lines.values_list("state").annotate(number=Count("id"))),
            "rejections": sorted(
                set(lines.filter(state=OperationState.REJECTED).values_list("error_message", flat=True))
            ),
            "reasons": sorted(set(reasons)),
        }


def answer(word: str) -> dict[str, Any]:
    """Do what one line asks for."""
    command, *numbers = word.split()
    commands: dict[str, Callable[..., dict[str, Any]]] = {"found": found, "start": start, "look": look}
    try:
        return commands[command](*map(int, numbers))
    except Error as away:
        connection.close()
        return {"error": str(away)}


if __name__ == "__main__":
    for line in sys.stdin:
        print(orjson.dumps(answer(line)).decode(), flush=True)
