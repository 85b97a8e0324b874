"""The weeks before the demo begins: people book time, flows run every evening, support clears some of what fails.

Nothing is made up in the tables: the product's own services, engine and due work do everything, against the sandbox
systems, with the product's clock set back to each of the days. No worker may run meanwhile, it would work in the present.
"""

import asyncio
import itertools
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from apps.accounts.actor import Actor, acting
from apps.accounts.models import User
from apps.connectors.models import ConnectionTest
from apps.connectors.sandbox.admin import admin_token
from apps.connectors.sandbox.client import SandboxClient
from apps.connectors.sandbox.firm import UNKNOWN_EMPLOYEE
from apps.dispatch.models import Queue
from apps.dispatch.worker import drain
from apps.flows.engine.states import RUN_TERMINAL, RunState
from apps.flows.models import Flow, Run
from apps.flows.services import ledger_writes
from apps.flows.services.start_run import run_now
from apps.monitoring import cases
from apps.monitoring.models import CaseOperation, ExceptionCase
from apps.tenants import scope
from apps.tenants.scope import PartnerRef

WEEKS = 3
EVENING, MORNING = 18, 9
ROUNDS, ROWS_A_ROUND = 40, 200


class HistoryError(RuntimeError):
    """The weeks cannot be lived through. The message says what is in the way."""


@dataclass(frozen=True, slots=True)
class Line:
    """A customer's flow and the sandbox company behind both of its systems."""

    partner: PartnerRef
    flow_id: UUID
    company: str
    support: str = ""  # the e-mail addresses of who clears its exceptions, and of who may correct records
    owner: str = ""


@contextmanager
def clock_at(moment: datetime) -> Iterator[None]:
    """Let the product think that it is `moment`, and let time go on from there."""
    present, ids = timezone.now, ledger_writes.uuid7  # type: ignore[attr-defined]  # what the room takes its ids from
    back = present() - moment
    timezone.now = lambda: present() - back
    ledger_writes.uuid7 = _id_now  # type: ignore[attr-defined, assignment]
    try:
        yield
    finally:
        timezone.now, ledger_writes.uuid7 = present, ids  # type: ignore[attr-defined]


_made = itertools.count()


def _id_now() -> UUID:
    """Return an id of the product's present moment: the ledger is cut by its ids, so the past needs ids of the past."""
    milliseconds = int(timezone.now().timestamp() * 1000)
    in_order = (next(_made) << 30 | secrets.randbits(30)) & ((1 << 62) - 1)
    return UUID(int=milliseconds << 80 | 7 << 76 | 2 << 62 | in_order)


def sandbox() -> SandboxClient:
    """Return a client of the sandbox's controls."""
    return SandboxClient(settings.SANDBOX_URL, admin_token(settings.SECRET_KEY))


async def announce_to(company: str, address: str, secret: str, *, system: str = "psa") -> None:
    """Let a sandbox company announce what happens at one of the product's webhook addresses."""
    host, path = address.split("://", 1)[1].split("/", 1)
    reachable = f"{settings.PUBLIC_SCHEME}://127.0.0.1:{host.rpartition(':')[2]}/{path}"
    async with sandbox() as client:
        await client.set_webhook(company, reachable, secret, host=host, system=system)


def days_before(now: datetime) -> list[datetime]:
    """Return the evenings of the past weeks' working days, the oldest first."""
    first = now.replace(hour=EVENING, minute=0, second=0, microsecond=0) - timedelta(days=WEEKS * 7)
    evenings = (first + timedelta(days=number) for number in range(WEEKS * 7 + 1))
    return [evening for evening in evenings if evening.weekday() < 5 and evening < now - timedelta(minutes=30)]


def live_through(lines: list[Line], *, say: Callable[[str], object]) -> None:
    """Let every line's flow run at the end of each day, and support work on what failed each next morning."""
    partners = list({line.partner.id: line.partner for line in lines}.values())
    evenings = days_before(timezone.now())
    say(f"living through {len(evenings)} days")
    for evening in evenings:
        with clock_at(evening.replace(hour=MORNING)):
            _clear_what_failed(lines)
            work_off(partners)
        asyncio.run(_show_until(lines, evening))
        with clock_at(evening):
            for line in lines:
                with scope.work_in(line.partner):
                    run_now(Flow.objects.get(id=line.flow_id), started_by="Schedule")
            work_off(partners)
    asyncio.run(_show_until(lines, None))


def work_off(partners: list[PartnerRef]) -> None:
    """Do what is due until every run and test has ended and is judged.

    Raises:
        HistoryError: it does not come to an end.

    """
    for _ in range(ROUNDS):
        begun = sum(drain(queue, worker="demo", limit=ROWS_A_ROUND) for queue in Queue)
        if not begun or not any(_unfinished(partner) for partner in partners):
            for queue in Queue:
                drain(queue, worker="demo", limit=ROWS_A_ROUND)  # what the last rows asked for: judging, mails
            return
    raise HistoryError("The demo's past does not come to an end: see make logs.")


def unfinished_runs() -> QuerySet[Run]:
    """Return the runs that are at work; those that have read everything and wait for people or events are not."""
    return Run.objects.exclude(state__in=RUN_TERMINAL).exclude(state=RunState.WAITING, reading_done=True)


def _unfinished(partner: PartnerRef) -> bool:
    with scope.work_in(partner):
        runs = unfinished_runs().exists()
        return runs or ConnectionTest.objects.filter(state=ConnectionTest.State.RUNNING).exists()


async def _show_until(lines: list[Line], moment: datetime | None) -> None:
    async with sandbox() as client:
        for line in lines:
            await client.set_clock(line.company, moment)


def _clear_what_failed(lines: list[Line]) -> None:
    """Do what a support team does in the morning to exceptions that are older than a day and that it can solve."""
    for line in lines:
        with scope.work_in(line.partner):
            person = User.objects.get(email=line.support).as_actor()
            owner = User.objects.get(email=line.owner).as_actor()
            old = timezone.now() - timedelta(days=1)
            waiting = ExceptionCase.objects.filter(
                flow_id=line.flow_id, state=ExceptionCase.State.OPEN, opened_at__lt=old, operation_count__gt=0
            )
            for case in list(waiting):
                with acting(person):
                    _solve(case, line, person, owner)


def _solve(case: ExceptionCase, line: Line, person: Actor, owner: Actor) -> None:
    match (case.error_class, case.error_field):
        case ("missing_reference", "resource"):
            cases.assign_case(case.id, owner_id=person.user_id, by=person)
            asyncio.run(_hire(line))
            cases.retry_case(case.id, by=person)
        case ("inactive_project", _):
            reason = "Booked on a project that ended; the people were told and booked again."
            cases.skip_operations(case.id, None, reason=reason, by=person)
        case ("missing_reference", "project"):
            record = CaseOperation.objects.filter(case=case, open=True).values_list("operation_id", flat=True)[0]
            reason = "The project lead named the project."
            cases.edit_and_retry(case.id, record, field="project", new_value="PRJ-0001", reason=reason, by=owner)
        case ("invalid_dimension", _):
            cases.assign_case(case.id, owner_id=person.user_id, by=person)


async def _hire(line: Line) -> None:
    """Let the customer's accounting learn of the person it did not know."""
    async with sandbox() as client:
        known = await client.records("erp", line.company, "employees")
        if any(one["number"] == UNKNOWN_EMPLOYEE for one in known):
            return
        await client.create_record(
            "erp", line.company, "employees",
            number=UNKNOWN_EMPLOYEE, name="Robin Vale (freelance)", company=known[0]["company"], active=True,
        )  # fmt: skip
