"""The room's round as workers do it: outside any transaction but those that the work opens itself."""

import pytest

from apps.dispatch.models import DueWork, Queue
from apps.dispatch.services import enqueue
from apps.dispatch.worker import drain
from apps.monitoring import tasks
from apps.tenants import scope
from apps.tenants.scope import PartnerRef

ROUND = (tasks.INSIGHTS, tasks.SWEEP, tasks.SLA, tasks.CUT_OFFS, tasks.TEACH, tasks.TRIAGE, tasks.DIGEST, tasks.VALUE)


@pytest.mark.parametrize("kind", ROUND)
def test_a_worker_carries_the_round_out_to_its_end(committed: PartnerRef, kind: str) -> None:
    with scope.work_in(committed):
        enqueue(kind=kind, unique_key=kind)
    assert drain(Queue.MAINT, worker="test", seconds=20, limit=3) == 1, "it was tried again"
    assert not DueWork.objects.exclude(last_error="").exists()
