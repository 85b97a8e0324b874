"""The hands of people in a process of their own: install the flows, start runs, sign what waits, retry, look how far it is.

Reads one word a line, answers with one line of JSON; an answer {"error": ...} means the database was away.
"""

import asyncio
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import django

django.setup()

import orjson  # noqa: E402
from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import Error, connection  # noqa: E402
from django.db.models import Count, F  # noqa: E402

from apps.connectors.models import Connection  # noqa: E402
from apps.connectors.sandbox.admin import admin_token  # noqa: E402
from apps.connectors.sandbox.client import SandboxClient  # noqa: E402
from apps.connectors.services import NewConnection, create_connection  # noqa: E402
from apps.connectors.webhook_endpoints import create_webhook_endpoint  # noqa: E402
from apps.customers.models import Customer  # noqa: E402
from apps.customers.services import create_customer  # noqa: E402
from apps.dispatch import services as dispatch  # noqa: E402
from apps.dispatch.models import DueWork, WorkState  # noqa: E402
from apps.flows.engine.definition import FlowDefinition, parse_definition  # noqa: E402
from apps.flows.engine.states import RUN_TERMINAL, OperationState  # noqa: E402
from apps.flows.models import EventWait, Flow, Operation, Run, TriggerEvent  # noqa: E402
from apps.flows.services import events  # noqa: E402
from apps.flows.services.install import install_template  # noqa: E402
from apps.flows.services.replay import replay_operations  # noqa: E402
from apps.flows.services.start_run import run_now  # noqa: E402
from apps.flows.templates_library import registry as templates  # noqa: E402
from apps.flows.triggers.webhook import listen  # noqa: E402
from apps.tenants import scope  # noqa: E402
from apps.tenants.models import Partner  # noqa: E402
from apps.tenants.provisioning import NewPartner, create_partner  # noqa: E402
from apps.tenants.scope import PartnerRef  # noqa: E402

TEMPLATE = "approved-time-to-bill"
SIGNED = "entry.signed"
SIGNED_AT_ONCE = 400
_GIVEN_UP = [WorkState.FAILED, WorkState.QUARANTINED]
RETRIED_AT_ONCE = 500
FOUNDED = {"people": 8, "weeks": 3, "problems": False}
WALK = [
    {"kind": "extract"},
    {"kind": "check"},
    {"kind": "deliver"},
    {"kind": "wait", "name": "signed", "event": SIGNED, "about": "r.id"},
    {"kind": "deliver", "name": "group", "role": "group", "type": "TimeEntry"},
]


def found(partners: int, straight: int, walking: int, seed: int, batch: int) -> dict[str, Any]:
    """Make tables, partners, and for each a customer with a straight flow and one with a walking flow.

    `straight` and `walking` are the entries of one customer each. Returns {"firms": {company: facts}}, where facts name
    the ERPs that must hold every entry.
    """
    call_command("migrate_schemas", shared=True, database="owner", interactive=False, verbosity=0)
    firms: dict[str, Any] = {}
    for number in range(1, partners + 1):
        partner = create_partner(NewPartner(f"Chaos {number}", f"chaos-{number}")).as_ref()
        firms[f"straight-{number}"] = _found_firm(partner, f"straight-{number}", straight, seed + number, batch, ())
        if walking:
            company = f"walking-{number}"
            firms[company] = _found_firm(partner, company, walking, seed + 50 + number, batch, (f"{company}-group",))
    return {"firms": firms}


def _found_firm(
    partner: PartnerRef, company: str, entries: int, seed: int, batch: int, further: tuple[str, ...]
) -> dict[str, Any]:
    """A PSA, an ERP, and the ERPs of the group it belongs to, which know the same projects and people."""
    wishes = {**FOUNDED, "seed": seed, "entries": entries}
    places = {"psa": ("psa", company), "erp": ("erp", company), "group": ("erp", f"{company}-group")}
    wanted = {role: place for role, place in places.items() if role != "group" or further}
    tokens = asyncio.run(_found_companies(list(wanted.values()), wishes))
    with scope.work_in(partner):
        customer = create_customer(name=company, currency="EUR")
        made = {role: _connect(customer, role, *place, tokens[place]) for role, place in wanted.items()}
        flow = _install(company, made, batch)
        endpoint, address, secret = create_webhook_endpoint(made["psa"])
        listen(flow, endpoint)
    path = address.rsplit("/in/", 1)[1]
    return {
        "ledgers": [company, *further],
        "connections": len(made),
        "webhook": {"path": f"/in/{path}", "secret": secret, "host": f"{partner.slug}.localhost"},
    }


async def _found_companies(places: list[tuple[str, str]], wishes: dict[str, Any]) -> dict[tuple[str, str], str]:
    async with SandboxClient(settings.SANDBOX_URL, admin_token(settings.SECRET_KEY)) as sandbox:
        return {place: await sandbox.found_company(*place, **wishes) for place in places}


def _connect(customer: Customer, role: str, system: str, company: str, token: str) -> Connection:
    address = f"{settings.SANDBOX_URL}/{system}/{company}/api/v1"
    wanted = NewConnection(
        system=f"sandbox_{system}", name=role, base_url=address, secrets={"token": token}, settings={}
    )
    return create_connection(customer, wanted)


def _install(name: str, made: dict[str, Connection], batch: int) -> Flow:
    known = templates.TEMPLATES[TEMPLATE]
    walks = "group" in made
    changed = replace(known, definition=_definition(known.definition, batch, walks=walks), shaped_by=None)
    if walks:
        changed = replace(changed, lines=(), roles={"group": "Group ledger"})
    templates.TEMPLATES = {TEMPLATE: changed}
    try:
        roles = {"group": made["group"]} if walks else {}
        return install_template(
            template=TEMPLATE, name=name, source=made["psa"], target=made["erp"], installed_by="chaos", roles=roles
        )
    finally:
        templates.TEMPLATES = {TEMPLATE: known}


def _definition(straight: FlowDefinition, batch: int, *, walks: bool) -> FlowDefinition:
    if walks:
        straight = parse_definition({**straight.to_json(), "steps": WALK})
    return replace(straight, batch_size=batch)


def _partners() -> list[PartnerRef]:
    with scope.public():
        return [partner.as_ref() for partner in Partner.objects.filter(slug__startswith="chaos-").order_by("slug")]


def start() -> dict[str, Any]:
    """Start a reading of every flow that is not being read."""
    started = 0
    for partner in _partners():
        with scope.work_in(partner):
            reading = Run.objects.exclude(state__in=RUN_TERMINAL).filter(reading_done=False)
            idle = Flow.objects.exclude(id__in=set(reading.values_list("flow_id", flat=True)))
            started += len([run_now(flow, started_by="chaos") for flow in idle])
    return {"started": started}


def sign() -> dict[str, Any]:
    """Say of some records that wait for a signature that they were signed."""
    signed = 0
    for partner in _partners():
        with scope.work_in(partner):
            waits = EventWait.objects.filter(state=EventWait.State.OPEN, event_name=SIGNED).order_by("?")[
                :SIGNED_AT_ONCE
            ]
            for wait in waits:
                events.publish(
                    SIGNED,
                    customer_id=wait.customer_id,
                    subject=wait.correlation,
                    payload={},
                    dedupe_key=f"wait:{wait.id}",
                )
                signed += 1
    return {"signed": signed}


def retry() -> dict[str, Any]:
    """Press "retry" on records that were blocked, as people do once a system works again."""
    retried = 0
    for partner in _partners():
        with scope.work_in(partner):
            blocked = Operation.objects.filter(state=OperationState.REJECTED).order_by("id")[:RETRIED_AT_ONCE]
            chosen = list(blocked.values_list("id", flat=True))
            if chosen:
                replay_operations(chosen, started_by="chaos")
                retried += len(chosen)
    return {"retried": retried}


def revive() -> dict[str, Any]:
    """Let work go on that was put aside because three workers in a row fell silent at it, as operators do."""
    revived = 0
    for partner in _partners():
        with scope.work_in(partner):
            given_up = DueWork.objects.filter(partner_id=partner.id, state__in=_GIVEN_UP)
            revived += sum(dispatch.revive(work) for work in given_up.values_list("id", flat=True))
    return {"revived": revived}


def look() -> dict[str, Any]:
    """Return the runs by state, the ledger lines that are not done, and what they say."""
    runs: Counter[str] = Counter()
    lines: Counter[str] = Counter()
    words: set[str] = set()
    for partner in _partners():
        with scope.work_in(partner):
            runs.update(dict(Run.objects.values_list("state").annotate(number=Count("id"))))
            still_open = Operation.objects.filter(state__in=[OperationState.WAITING, OperationState.REJECTED])
            lines.update(dict(still_open.values_list("state").annotate(number=Count("id"))))
            words.update(Run.objects.exclude(error_message="").values_list("error_message", flat=True)[:50])
            blocked = still_open.filter(state=OperationState.REJECTED)
            words.update(blocked.values_list("error_message", flat=True)[:50])
    ended = sum(runs[state] for state in RUN_TERMINAL)
    with scope.public():
        given_up = DueWork.objects.filter(state__in=_GIVEN_UP).count()
    facts = {"under_way": runs.total() - ended, "given_up": given_up}
    return {**facts, "runs": dict(runs), "lines": dict(lines), "words": sorted(words)}


def heard() -> dict[str, Any]:
    """Return the keys of all stored webhooks, and the runs whose counts do not add up."""
    keys: list[str] = []
    wrong: list[str] = []
    for partner in _partners():
        with scope.work_in(partner):
            stored = TriggerEvent.objects.filter(kind=TriggerEvent.Kind.WEBHOOK)
            keys += stored.values_list("dedupe_key", flat=True)
            counted = F("written") + F("unchanged") + F("skipped") + F("rejected") + F("waiting")
            wrong += map(str, Run.objects.exclude(read=counted).values_list("id", flat=True))
    return {"keys": keys, "wrong": wrong}


def answer(word: str) -> dict[str, Any]:
    """Do what one line asks for."""
    command, *numbers = word.split()
    commands: dict[str, Callable[..., dict[str, Any]]] = {
        function.__name__: function for function in (found, start, sign, retry, revive, look, heard)
    }
    try:
        return commands[command](*map(int, numbers))
    except Error as away:
        connection.close()
        return {"error": str(away)}


if __name__ == "__main__":
    for line in sys.stdin:
        print(orjson.dumps(answer(line)).decode(), flush=True)
