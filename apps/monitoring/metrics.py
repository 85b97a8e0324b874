"""The platform's metrics as Prometheus reads them: what the database says now, and what this machine's processes counted."""

from collections.abc import Iterable, Iterator
from datetime import date

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from apps.dispatch import figures, metric_files
from apps.flows.services.gather import INTAKE_KIND
from apps.monitoring.queries.platform_figures import list_partner_figures

CONTENT_TYPE = CONTENT_TYPE_LATEST


def render_metrics(*, today: date, folder: str) -> bytes:
    """Return everything in Prometheus's text format. Call it in public scope, inside a transaction.

    `folder` is where this machine's processes keep their counters (apps/dispatch/metric_files.py), "" for none.
    """
    stored = CollectorRegistry()
    stored.register(_Stored(today))
    with metric_files.registry_of(folder) as counted:
        return generate_latest(stored) + generate_latest(counted)


class _Stored(Collector):
    """Reads the truth at each scrape: it is shared by all machines, and nothing has to be kept up to date."""

    def __init__(self, today: date) -> None:
        self._today = today

    def describe(self) -> Iterable[Metric]:
        """Say nothing beforehand: registering must not read the database."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Read all figures."""
        yield from _due_work()
        yield from _leases()
        yield _gauge(
            "fairlead_given_up_work",
            "Rows of due work that wait for a person: failed too often, or lost with three workers.",
            ("state", "kind"),
            [((one.state, one.kind), one.rows) for one in figures.list_given_up()],
        )
        yield from _heartbeats()
        yield from _partners(self._today)


def _due_work() -> Iterator[Metric]:
    depths = figures.list_depths()
    labels = ("queue", "priority", "kind")
    keys = [(one.queue, str(one.priority), one.kind) for one in depths]
    yield _gauge(
        "fairlead_due_work",
        "Rows that are due and wait for a worker.",
        labels,
        zip(keys, [d.due for d in depths], strict=True),
    )
    yield _gauge(
        "fairlead_later_work", "Rows that will be due later.", labels, zip(keys, [d.later for d in depths], strict=True)
    )
    yield _gauge(
        "fairlead_due_work_oldest_seconds",
        "For how long the oldest waiting row has been due.",
        labels,
        zip(keys, [d.oldest_seconds for d in depths], strict=True),
    )
    inbox = max((one.oldest_seconds for one in depths if one.kind == INTAKE_KIND), default=0.0)
    yield _gauge(
        "fairlead_inbox_lag_seconds", "For how long the oldest stored event has waited for its run.", (), [((), inbox)]
    )


def _leases() -> Iterator[Metric]:
    found = figures.list_leases()
    yield _gauge("fairlead_leases", "Rows that workers hold.", ("queue",), [((one.queue,), one.held) for one in found])
    yield _gauge(
        "fairlead_lease_oldest_seconds",
        "For how long the oldest lease has been held.",
        ("queue",),
        [((one.queue,), one.oldest_seconds) for one in found],
    )
    yield _gauge(
        "fairlead_leases_overdue",
        "Leases that ran out and were not taken back yet.",
        ("queue",),
        [((one.queue,), one.overdue) for one in found],
    )


def _heartbeats() -> Iterator[Metric]:
    found = figures.list_heartbeats()
    yield _gauge(
        "fairlead_processes", "Living processes by role.", ("role",), [((one.role,), one.processes) for one in found]
    )
    yield _gauge(
        "fairlead_heartbeat_oldest_seconds",
        "How long ago the quietest living process was heard.",
        ("role",),
        [((one.role,), one.oldest_seconds) for one in found],
    )


def _partners(today: date) -> Iterator[Metric]:
    found = list_partner_figures(today)
    records = CounterMetricFamily(
        "fairlead_records", "Records since midnight UTC, by what came of them.", labels=("partner", "outcome")
    )
    for one in found:
        for outcome, number in one.records.items():
            records.add_metric((one.slug, outcome), number)
    yield records
    yield _gauge(
        "fairlead_breakers",
        "Circuit breakers of connections, by state.",
        ("partner", "state"),
        [((one.slug, state), number) for one in found for state, number in one.breakers.items()],
    )


def _gauge(
    name: str, words: str, labels: tuple[str, ...], values: Iterable[tuple[tuple[str, ...], float]]
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, words, labels=labels)
    for key, value in values:
        family.add_metric(key, value)
    return family
