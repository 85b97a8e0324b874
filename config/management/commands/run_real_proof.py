"""The product's part of `make real`: install the flow between two real systems, run it, list its cases, replay one.

deploy/local/real.py calls it step by step and looks with its own eyes into the systems in between.
"""

import contextlib
import json
import time
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from apps.accounts.actions import Role
from apps.accounts.actor import Actor, acting, actor_for_person
from apps.accounts.models import User
from apps.accounts.services import create_user
from apps.connectors.connection_tests import request_test
from apps.connectors.models import Connection, ConnectionTest
from apps.connectors.services import NewConnection, create_connection
from apps.customers.models import Customer
from apps.customers.services import create_customer
from apps.flows.engine.states import RUN_TERMINAL
from apps.flows.models import Flow, Operation, Run
from apps.flows.services.install import install_template
from apps.flows.services.start_run import run_now
from apps.monitoring.cases import retry_case
from apps.monitoring.models import CaseOperation, ExceptionCase
from apps.tenants import scope
from apps.tenants.models import Partner
from apps.tenants.provisioning import NewPartner, create_partner

T = TypeVar("T")
SLUG, TEMPLATE, FLOW = "real-proof", "approved-time-to-bill", "Approved time to bill"
OWNER_EMAIL = "owner@real-proof.example"
PATIENCE_SECONDS = 180.0
_COUNTS = ("read", "written", "unchanged", "skipped", "rejected", "waiting")


class Command(BaseCommand):
    """`manage.py run_real_proof <install|run|cases|replay> --asked FILE --answer FILE`."""

    help = "One step of `make real`; reads what is asked and writes the answer as JSON files."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("step", choices=sorted(_STEPS))
        parser.add_argument("--asked", type=Path, required=True)
        parser.add_argument("--answer", type=Path, required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        asked = json.loads(options["asked"].read_text(encoding="utf-8"))
        try:
            answer = _STEPS[options["step"]](asked)
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from None
        options["answer"].write_text(json.dumps(answer, default=str), encoding="utf-8")


def install(asked: dict[str, Any]) -> dict[str, Any]:
    """Create partner, customer, both connections and the flow; test the connections. Asked: source, target, password."""
    partner = create_partner(NewPartner("Proof Integration Services", SLUG)).as_ref()
    with scope.work_in(partner):
        user = create_user(email=OWNER_EMAIL, name="Olivia Proof", role=Role.OWNER, password=asked["password"])
        with acting(_actor(user)):
            customer = create_customer(name=asked["customer"], currency="EUR", time_zone="Europe/Berlin")
            source, target = (_connect(customer, asked[side]) for side in ("source", "target"))
            tests = [request_test(connection) for connection in (source, target)]
    steps = {name: _steps_of(partner, test.id) for name, test in zip(("source", "target"), tests, strict=True)}
    with scope.work_in(partner), acting(_actor(_owner())):
        installed = install_template(
            template=TEMPLATE,
            name=FLOW,
            source=Connection.objects.get(id=source.id),
            target=Connection.objects.get(id=target.id),
            installed_by=OWNER_EMAIL,
        )
    return {"flow": installed.id, "tests": steps}


def _connect(customer: Customer, wanted: dict[str, Any]) -> Connection:
    return create_connection(
        customer,
        NewConnection(
            system=wanted["system"],
            name=wanted["name"],
            base_url=wanted["address"],
            secrets=wanted["secrets"],
            settings=wanted["settings"],
        ),
    )


def _steps_of(partner: scope.PartnerRef, test_id: UUID) -> list[dict[str, Any]]:
    def finished() -> list[dict[str, Any]] | None:
        test = ConnectionTest.objects.get(id=test_id)
        return list(test.steps) if test.state != ConnectionTest.State.RUNNING else None

    steps: list[dict[str, Any]] = _until(partner, finished, "the connection test")
    return steps


def run(_asked: dict[str, Any]) -> dict[str, Any]:
    """Run the flow once and wait for its end."""
    partner = _partner()
    with scope.work_in(partner), acting(_actor(_owner())):
        started = run_now(Flow.objects.get(name=FLOW), started_by=OWNER_EMAIL)
    return _ended(partner, started.id)


def cases(asked: dict[str, Any]) -> dict[str, Any]:
    """List the open cases once every one of `blocked` records (Redmine's numbers) is in one."""
    partner, blocked = _partner(), [str(number) for number in asked["blocked"]]

    def judged() -> list[dict[str, Any]] | None:
        lines = CaseOperation.objects.filter(open=True, operation__source_key__in=blocked)
        return _open_cases() if lines.count() >= len(blocked) else None

    return {"cases": _until(partner, judged, f"the cases of {', '.join(blocked)}")}


def open_cases(_asked: dict[str, Any]) -> dict[str, Any]:
    """Wait until no case is open any more; answer with those that stay."""
    partner = _partner()
    with contextlib.suppress(CommandError):  # what stays open is the answer
        _until(partner, lambda: True if not _open_cases() else None, "the cases to close", seconds=60)
    with scope.work_in(partner):
        return {"cases": _open_cases()}


def _open_cases() -> list[dict[str, Any]]:
    found = []
    for case in ExceptionCase.objects.exclude(state=ExceptionCase.State.CLOSED).order_by("id"):
        numbers = CaseOperation.objects.filter(case=case, open=True).values_list("operation_id", flat=True)
        operations = Operation.objects.filter(id__in=list(numbers))
        found.append(
            {
                "id": case.id,
                "title": case.title,
                "explanation": case.explanation,
                "queue": case.get_queue_display(),
                "class": case.error_class,
                "records": [operation.source_key for operation in operations],
                "sentences": [operation.error_message for operation in operations],
            }
        )
    return found


def replay(asked: dict[str, Any]) -> dict[str, Any]:
    """Try every record of one case again, as a person does on the case's page, and wait for the end."""
    partner = _partner()
    with scope.work_in(partner):
        actor = _actor(_owner())
        with acting(actor):
            runs = retry_case(UUID(asked["case"]), by=actor)
    return _ended(partner, runs[0].id)


def _ended(partner: scope.PartnerRef, run_id: UUID) -> dict[str, Any]:
    def finished() -> dict[str, Any] | None:
        found = Run.objects.get(id=run_id)
        if found.state not in RUN_TERMINAL or found.finished_at is None:
            return None
        counts = {name: getattr(found, name) for name in _COUNTS}
        seconds = (found.finished_at - found.created_at).total_seconds()
        return {"state": found.state, "error": found.error_message, "seconds": round(seconds, 2), **counts}

    ended: dict[str, Any] = _until(partner, finished, "the run")
    return ended


def _until(partner: scope.PartnerRef, look: Callable[[], Any], what: str, *, seconds: float = PATIENCE_SECONDS) -> Any:
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        with scope.work_in(partner):
            found = look()
        if found is not None:
            return found
        time.sleep(0.2)
    raise CommandError(f"Waited {seconds:.0f} s for {what}: is the dispatcher running?")


def _partner() -> scope.PartnerRef:
    with scope.public(), transaction.atomic():
        partner: scope.PartnerRef = Partner.objects.get(slug=SLUG).as_ref()
        return partner


def _owner() -> User:
    return User.objects.get(email=OWNER_EMAIL)


def _actor(user: User) -> Actor:
    return actor_for_person(user_id=user.id, name=user.name, email=user.email, role=Role(user.role))


_STEPS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "install": install,
    "run": run,
    "cases": cases,
    "open-cases": open_cases,
    "replay": replay,
}
