"""Tests of connections: asked for by a page, done by a worker, and what follows for the connection from their result."""

import asyncio
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts import audit
from apps.accounts.audit import AuditAction
from apps.connectors import breaker, identity, shape_book
from apps.connectors.auth import REFRESH_TOKEN
from apps.connectors.connection_state import mark_attention, mark_working
from apps.connectors.contract import Connector, TestReport, TestStep
from apps.connectors.credentials import UnsealError
from apps.connectors.errors import RemoteError
from apps.connectors.models import Connection, ConnectionTest, Credential
from apps.connectors.opening import open_connector
from apps.dispatch.kinds import RunAgain
from apps.dispatch.leases import LeasedWork
from apps.dispatch.models import Priority
from apps.dispatch.services import enqueue

TEST_KIND = "connectors.test"
TEST_MINUTES = 10  # a test without a result for so long was lost; another may be asked for


def request_test(connection: Connection) -> ConnectionTest:
    """Ask for a test; a worker does it and the page polls its result. A running one is returned as it is."""
    now = timezone.now()
    running = ConnectionTest.objects.filter(connection=connection, state=ConnectionTest.State.RUNNING)
    lost = [{"name": "test", "ok": False, "sentence": _("The test got no result: it was lost on the way.")}]
    running.filter(started_at__lt=now - timedelta(minutes=TEST_MINUTES)).update(
        state=ConnectionTest.State.FAILED, steps=lost, finished_at=now
    )
    known = running.first()
    if known is not None:
        return known
    test = ConnectionTest.objects.create(connection=connection, customer_id=connection.customer_id, started_at=now)
    enqueue(kind=TEST_KIND, reference=str(test.id), priority=Priority.INTERACTIVE, customer_id=connection.customer_id)
    audit.record(AuditAction.CONNECTION_TESTED, subject="connection", subject_id=str(connection.id))
    return test


def run_test(work: LeasedWork) -> RunAgain | None:
    """Carry out a requested test: read, call outside any transaction, store the plain result.

    What was changed while it ran is tested once more: the result would be that of the old secrets or address.
    """
    with transaction.atomic():
        test = ConnectionTest.objects.select_related("connection").filter(id=UUID(work.reference)).first()
        if test is None or test.state != ConnectionTest.State.RUNNING:
            return None
        tried = _entered(test.connection_id)
        connector = _opened_for_test(test)
    report = asyncio.run(_test(connector)) if not isinstance(connector, TestReport) else connector
    with transaction.atomic():
        work.confirm()
        if _entered(test.connection_id) != tried:
            return RunAgain()
        _store_report(test, report)
    return None


def _entered(connection_id: UUID) -> tuple[object, ...]:
    """Return what a test goes by and a person can change; a refresh token changes by itself."""
    secrets = Credential.objects.filter(connection_id=connection_id).exclude(name=REFRESH_TOKEN)
    address = Connection.objects.filter(id=connection_id).values_list("base_url", "settings").first()
    return address, list(secrets.order_by("name").values_list("name", "generation"))


def _opened_for_test(test: ConnectionTest) -> Connector | TestReport:
    try:
        return open_connector(test.connection, correlation_id=f"test-{test.id}")
    except RemoteError as error:
        sentence = error.message
    except UnsealError:
        sentence = _("A stored secret cannot be opened any more: replace it.")
    return TestReport((TestStep("set-up", ok=False, sentence=sentence),))


async def _test(connector: Connector) -> TestReport:
    async with connector:
        return await connector.test()


def _store_report(test: ConnectionTest, report: TestReport) -> None:
    now = timezone.now()
    test.steps = [{"name": s.name, "ok": s.ok, "sentence": s.sentence} for s in report.steps]
    test.state = ConnectionTest.State.PASSED if report.ok else ConnectionTest.State.FAILED
    test.finished_at = now
    test.save(update_fields=["steps", "state", "finished_at"])
    known = identity.note_account(test.connection_id, report.account)
    if report.ok and known:
        breaker.reset(test.connection_id)
        mark_working(test.connection_id)
        shape_book.ask_quietly(test.connection)
    elif known:
        reason = next((s.sentence for s in report.steps if s.ok is False), _("The test failed."))
        if any(step.name == "allowed" and step.ok is False for step in report.steps):
            breaker.release(test.connection_id)  # nobody was let in: the work itself finds out, and says so
        mark_attention(test.connection_id, reason)
