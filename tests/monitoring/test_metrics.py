"""What Prometheus reads on the platform host: the truth of the database, for whoever knows the token and nobody else."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client, override_settings
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from apps.dispatch import heartbeats, leases, services
from apps.dispatch.models import DueWork, Queue, WorkState
from apps.flows.services.gather import INTAKE_KIND
from apps.tenants import scope
from apps.tenants.scope import PartnerRef
from tests.lines import Line

TOKEN = "metrics-token-of-the-test"


class Samples(dict[tuple[str, frozenset[tuple[str, str]]], float]):
    """Samples by name and labels."""

    def of(self, name: str, **labels: str) -> float | None:
        """Return the one of this name with exactly these labels, None when there is none."""
        return self.get((f"fairlead_{name}", frozenset(labels.items())))


def _scrape(token: str = TOKEN) -> Samples:
    with override_settings(METRICS_TOKEN=TOKEN):
        answer = Client().get("/metrics", headers={"host": "platform.localhost", "authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    return Samples(
        {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(answer.content.decode())
            for sample in family.samples
        }
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("host", "token", "header"),
    [
        ("platform.localhost", TOKEN, ""),
        ("platform.localhost", TOKEN, "Bearer wrong"),
        ("platform.localhost", TOKEN, f"Basic {TOKEN}"),
        ("platform.localhost", "", "Bearer "),
        ("alder.localhost", TOKEN, f"Bearer {TOKEN}"),
    ],
    ids=["no token", "wrong token", "another scheme", "none is set", "a partner's host"],
)
def test_without_the_token_there_is_no_such_page(host: str, token: str, header: str) -> None:
    with override_settings(METRICS_TOKEN=token):
        headers = {"host": host, **({"authorization": header} if header else {})}
        assert Client().get("/metrics", headers=headers).status_code == 404


def test_due_work_leases_and_processes_are_told_as_they_stand(committed: PartnerRef) -> None:
    now = timezone.now()
    with scope.work_in(committed):
        services.enqueue(kind=INTAKE_KIND, reference="a", due_at=now - timedelta(seconds=90))
        services.enqueue(kind=INTAKE_KIND, reference="b", due_at=now + timedelta(hours=1))
        services.enqueue(kind="flows.run", reference="c", due_at=now - timedelta(seconds=30))
    with scope.public():
        heartbeats.beat("one", "worker")
        heartbeats.beat("two", "worker")
    found, intake = _scrape(), {"queue": "run", "priority": "20", "kind": INTAKE_KIND}
    assert found.of("due_work", **intake) == found.of("later_work", **intake) == 1
    assert (found.of("due_work_oldest_seconds", **intake) or 0) >= 90
    assert (found.of("inbox_lag_seconds") or 0) >= 90
    assert found.of("processes", role="worker") == 2
    assert (found.of("heartbeat_oldest_seconds", role="worker") or 99) < 20
    assert found.of("leases", queue="run") is None

    (held,) = leases.claim(queue=Queue.RUN, worker="one", limit=1)
    assert (_scrape().of("lease_oldest_seconds", queue="run") or 99) < 20
    with scope.public():
        DueWork.objects.filter(id=held.id).update(
            leased_at=now - timedelta(minutes=5), lease_until=now - timedelta(seconds=1)
        )
    found = _scrape()
    assert found.of("leases", queue="run") == found.of("leases_overdue", queue="run") == 1
    assert (found.of("lease_oldest_seconds", queue="run") or 0) >= 300

    with scope.public():
        DueWork.objects.filter(id=held.id).update(state=WorkState.QUARANTINED)
    assert _scrape().of("given_up_work", state="quarantined", kind=held.kind) == 1


def test_records_calls_and_steps_of_a_run_are_counted(make_line: Callable[..., Line]) -> None:
    before = _scrape()
    run = make_line(problems=True).run()
    found = _scrape()
    for outcome in ("read", "written", "skipped", "rejected"):
        assert found.of("records_total", partner="alder", outcome=outcome) == getattr(run, outcome)
    assert found.of("records_total", partner="brightforge", outcome="read") == 0
    grown = [
        ("call_seconds_count", {"system": "sandbox_erp", "answer": "2xx"}),
        *(("step_seconds_count", {"step": step}) for step in ("extract", "plan", "deliver", "settle")),
        ("work_seconds_count", {"kind": "flows.run", "outcome": "done"}),
    ]
    for name, labels in grown:
        assert (found.of(name, **labels) or 0) > (before.of(name, **labels) or 0)
