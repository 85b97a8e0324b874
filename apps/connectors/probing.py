"""Finds out whether a system that was away is back, by the connection test, which changes nothing."""

import asyncio
from uuid import UUID

from django.db import transaction

from apps.connectors import breaker, identity
from apps.connectors.breaker_rule import BreakerState
from apps.connectors.contract import Connector, TestReport, TestStep
from apps.connectors.credentials import UnsealError
from apps.connectors.errors import RemoteError
from apps.connectors.models import CircuitBreaker, Connection
from apps.connectors.opening import open_connector
from apps.dispatch.kinds import RunAgain
from apps.dispatch.leases import LeasedWork


def probe(work: LeasedWork) -> RunAgain | None:
    """Try the connection while its breaker is open; once it is not, wake what may still sleep."""
    connection_id = UUID(work.reference)
    with transaction.atomic():
        work.confirm()
        row = CircuitBreaker.objects.select_related("connection").filter(connection_id=connection_id).first()
        if row is None:
            return None
        if row.state != BreakerState.OPEN:
            breaker.wake_stragglers(connection_id)
            return None
        if row.needs_person or row.connection.state == Connection.State.DISABLED:
            return None  # entering credentials, or switching it on again, closes the breaker
        connector = _opened(row.connection)
    report = connector if isinstance(connector, TestReport) else asyncio.run(_tried(connector))
    with transaction.atomic():
        work.confirm()
        if not identity.note_account(connection_id, report.account):
            return None  # a person confirms the account, which closes the breaker
        again_at = breaker.note_probe(connection_id, passed=is_back(report), reason=_reason(report))
    return RunAgain(again_at) if again_at else None


def is_back(report: TestReport) -> bool:
    """Say whether the system can be called again. Refused rights are for the work itself to meet: it tells them apart."""
    held = {step.name: step.ok for step in report.steps}
    return held.get("reachable") is True and held.get("can read") is not False


def _reason(report: TestReport) -> str:
    return next((step.sentence for step in report.steps if step.ok is False), "")


def _opened(connection: Connection) -> Connector | TestReport:
    try:
        return open_connector(connection, correlation_id=f"probe-{connection.id}")
    except RemoteError as error:
        sentence = error.message
    except UnsealError:
        sentence = "A stored secret cannot be opened any more: replace it."
    return TestReport((TestStep("set-up", ok=False, sentence=sentence),))


async def _tried(connector: Connector) -> TestReport:
    async with connector:
        return await connector.test()
