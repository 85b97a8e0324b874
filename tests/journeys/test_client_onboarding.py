"""A client's onboarding through tax, approval and contract: past outages of one customer, and past a restart of everything."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import httpx2
from django.conf import settings
from django.core.cache import cache
from django.db import connections
from django.utils import timezone

from apps.accounts.actions import Action, Role
from apps.accounts.models import OutgoingMail
from apps.connectors import breaker
from apps.connectors.models import CircuitBreaker
from apps.dispatch.models import DueWork, Queue
from apps.flows.models import ApprovalDecision, Milestone, OperationStep
from apps.tenants import scope
from tests.browser.site import served, web_environment
from tests.deals import Deals

MakeDeals = Callable[..., Deals]
ONBOARDING = "client-onboarding"
NEEDS_NOBODY, NEEDS_APPROVAL, NEEDS_CONTRACT = "9000.00", "18000.00", "60000.00"


def _with_one_deal(make_deals: MakeDeals, amount: str) -> tuple[Deals, str]:
    """Return a customer whose only won deal has this amount, and the deal's number."""
    deals = make_deals(ONBOARDING)
    for deal in deals.won():
        deals.change_deal(deal["id"], stage="lost")
    key = deals.open_deals()[0]
    deals.change_deal(key, amount=amount)
    deals.win(key)
    return deals, key


def _is_set_up(deals: Deals, key: str) -> bool:
    code = f"P-{key}"
    places = (("psa", "projects", "code"), ("erp", "projects", "code"), ("workspace", "workspaces", "project"))
    found = [len(deals.records(system, kind, **{field: code})) for system, kind, field in places]
    (deal,) = deals.records("crm", "opportunities", id=key)
    return found == [1, 1, 1] and deal["exported"] is True


def _milestones(deals: Deals) -> list[str]:
    with scope.work_in(deals.partner):
        return list(Milestone.objects.order_by("entered_at").values_list("state", flat=True))


def _let_time_pass(deals: Deals) -> None:
    """Bring every retry and every probe to its time, and nothing else."""
    now = timezone.now() - timedelta(seconds=1)
    with scope.work_in(deals.partner):
        OperationStep.objects.filter(due_at__isnull=False).update(due_at=now)
    DueWork.objects.filter(kind__in=["flows.walk", breaker.PROBE_KIND]).update(due_at=now)
    breaker._known.clear()  # a second has passed


def test_a_small_deal_is_set_up_everywhere_without_anybody(make_deals: MakeDeals) -> None:
    deals, key = _with_one_deal(make_deals, NEEDS_NOBODY)
    run = deals.run()
    assert (run.state, run.written) == ("clean", 1)
    assert _is_set_up(deals, key)
    assert _milestones(deals) == ["deal_closed", "client_activated", "contract_approved", "project_ready"]
    assert deals.run().written == 0


def test_a_tax_service_that_is_away_holds_up_one_customer_and_nobody_else(make_deals: MakeDeals) -> None:
    (waiting, its_key), (other, other_key) = (_with_one_deal(make_deals, NEEDS_NOBODY) for _ in range(2))
    waiting.faults("tax", down=1)
    run = waiting.run()
    for _ in range(6):
        _let_time_pass(waiting)
        waiting.work(Queue.POLL, Queue.RUN)
    (operation,) = waiting.operations(source_key=its_key)
    assert (waiting.reload(run).state, operation.state, operation.step) == ("waiting", "waiting", "tax")
    assert waiting.steps(operation)["tax"] == "waiting"
    assert waiting.effects("erp") == []

    assert other.run().state == "clean"
    assert _is_set_up(other, other_key)

    with scope.work_in(waiting.partner):
        assert CircuitBreaker.objects.get(connection_id=waiting.systems["tax"].id).state == "open"
    waiting.faults("tax")
    _let_time_pass(waiting)
    waiting.work(Queue.POLL, Queue.RUN)
    assert waiting.reload(run).state == "clean"
    assert _is_set_up(waiting, its_key)


def test_a_large_deal_waits_for_its_contract_and_nobody_works_meanwhile(make_deals: MakeDeals) -> None:
    deals, key = _with_one_deal(make_deals, NEEDS_CONTRACT)
    run = deals.run()
    assert run.state == "waiting"
    (operation,) = deals.operations(source_key=key)
    assert (operation.step, deals.effects("erp")) == ("deal_agreed", [])
    approver = deals.browser(Role.FINANCE_APPROVER)
    listed = approver.get("/approvals/").content.decode()
    found = re.search(r"/approvals/([0-9a-f-]{36})/", listed)
    assert found is not None, listed[-2000:]
    decided = approver.post(f"/approvals/{found[1]}/decide/", {"decision": "approve", "reason": ""})
    assert decided.status_code in (200, 302)
    deals.work()
    (operation,) = deals.operations(source_key=key)
    assert (operation.state, operation.step) == ("waiting", "contract")
    assert deals.records("workspace", "workspaces") == []
    assert not DueWork.objects.filter(kind="flows.walk", state="leased").exists()

    program = deals.program(Action.RUN_FLOWS)
    for _ in range(2):  # a signing service says it twice
        said = program.post(
            "/api/v1/events/",
            {"name": "contract.signed", "subject": key, "customer": str(deals.customer.id)},
            content_type="application/json",
            headers={"idempotency-key": "signature-1"},
        )
        assert said.status_code in (200, 202), said.content
    deals.work()
    assert deals.reload(run).state == "clean"
    assert _is_set_up(deals, key)


def test_an_approval_by_the_mail_s_link_works_after_everything_was_restarted(
    make_deals: MakeDeals, tmp_path: Path
) -> None:
    deals, key = _with_one_deal(make_deals, NEEDS_APPROVAL)
    approver = deals.person(Role.FINANCE_APPROVER)
    with served(tmp_path / "before.log"), _worker(tmp_path / "worker-before.log") as work:
        deals.start()
        work()
        with scope.work_in(deals.partner):
            mail = OutgoingMail.objects.get(to=approver.email)
    cache.clear()  # the broker has lost everything as well
    connections.close_all()
    link = re.search(r"https?://[^/\s]+(/approvals/mail/[^?\s]+)\?decision=approve", mail.text)
    assert link is not None, mail.text
    assert deals.effects("erp") == []

    with served(tmp_path / "after.log") as port, _worker(tmp_path / "worker-after.log") as work:
        headers = {"Host": f"alder.localhost:{port}"}
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=60) as mailbox:
            _approve(mailbox, link[1])
            again = mailbox.get(link[1])
        work()
    assert again.status_code == 410
    assert "approved this already" in again.text
    with scope.work_in(deals.partner):
        decision = ApprovalDecision.objects.get()
    assert (decision.person_id, decision.via) == (approver.id, "mail")
    assert _is_set_up(deals, key)
    assert [operation.state for operation in deals.operations(source_key=key)] == ["written"]


def _approve(mailbox: httpx2.Client, link: str) -> None:
    """Open the mail's link as its reader does, and say yes."""
    page = mailbox.get(f"{link}?decision=approve")
    assert page.status_code == 200, page.text[-2000:]
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text))
    said = mailbox.post(link, data={**hidden, "decision": "approve", "reason": "As agreed."})
    assert said.status_code == 200, said.text[-2000:]


@contextmanager
def _worker(log: Path) -> Iterator[Callable[[], None]]:
    """A worker process of its own; it does everything that is due each time it is told to, and is killed at the end."""
    command = [sys.executable, "-u", "-m", "tests.journeys.worker"]
    with (
        log.open("wb") as output,
        subprocess.Popen(
            command,
            cwd=settings.BASE_DIR,
            env=web_environment(0),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=output,
            text=True,
        ) as process,
    ):

        def work() -> None:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write("work\n")
            process.stdin.flush()
            assert process.stdout.readline() == "done\n", log.read_text(errors="replace")[-3000:]

        try:
            yield work
        finally:
            process.kill()
