"""The list of what runs: commands, order of start and stop, and how to see that each is ready."""

import os
import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass, field

from deploy.local import broker, postgres
from deploy.local.environment import LocalEnvironment, product_environment
from deploy.local.places import Places
from deploy.local.ports import LOOPBACK
from deploy.local.postgres import RunAs

QUEUES = "run,deliver,poll,notify,maint"


@dataclass(frozen=True)
class Service:
    """One process the supervisor keeps alive."""

    name: str
    command: list[str]
    environment: dict[str, str]
    working_folder: str
    is_ready: Callable[[], bool]
    prepare: Callable[[], object] | None = None  # before each start, e.g. clearing a stale lock file
    port: int | None = None
    ready_words: str = ""  # what it says once it is up, for a process that listens nowhere
    needs_tables: bool = False  # started only once the database is migrated
    stop_signal: signal.Signals = signal.SIGTERM
    grace_seconds: float = 10
    owns_group: bool = True  # what is left of its process group may be killed after its end
    run_as: RunAs = field(default_factory=RunAs)


def all_services(places: Places, local: LocalEnvironment) -> list[Service]:
    """Return everything that runs, in the order of starting; they are stopped the other way round."""
    found: list[Service] = []
    if not local.admin_database_url:
        found.append(_postgres(places, local))
    if not local.external_redis_url:
        found.append(_broker(places, local))
    return [*found, *_product(places, local)]


def database_server(places: Places, local: LocalEnvironment) -> postgres.PostgresServer:
    """Return the checkout's own PostgreSQL server."""
    return postgres.server_at(places.state / "postgres", local.postgres_port, local.postgres_password)


def _postgres(places: Places, local: LocalEnvironment) -> Service:
    server = database_server(places, local)

    def prepare() -> None:
        postgres.make_cluster(server)
        postgres.clear_the_way(server)

    return Service(
        name="postgres",
        command=postgres.command(server),
        environment=postgres.clean_environment(os.environ),
        working_folder="/",
        is_ready=lambda: not postgres.why_not_ready(server.url),
        prepare=prepare,
        port=server.port,
        stop_signal=postgres.STOP_SIGNAL,
        grace_seconds=30,
        owns_group=False,  # its own children end by themselves and must not be killed while they write
        run_as=server.run_as,
    )


def _broker(places: Places, local: LocalEnvironment) -> Service:
    server = broker.server_at(places.state / "broker", local.broker_port, local.broker_password)
    return Service(
        name="broker",
        command=broker.command(server),
        environment=dict(os.environ),
        working_folder=str(places.root),
        is_ready=lambda: not broker.why_not_ready(server.url),
        prepare=lambda: broker.write_configuration(server),
        port=server.port,
        stop_signal=broker.STOP_SIGNAL,
    )


def _product(places: Places, local: LocalEnvironment) -> list[Service]:
    metrics = {"PROMETHEUS_MULTIPROC_DIR": str(places.state / "metrics")}
    python, environment = str(places.python), {**product_environment(local, os.environ), **metrics}

    def service(
        name: str, *words: str, port: int | None = None, grace_seconds: float = 10, ready_words: str = ""
    ) -> Service:
        return Service(
            name=name,
            command=[python, *words],
            environment=environment,
            working_folder=str(places.root),
            is_ready=lambda: port is None or answers(port),
            port=port,
            needs_tables=True,
            ready_words=ready_words,
            grace_seconds=grace_seconds,
        )

    web = ["-m", "granian", "--interface", "wsgi", "config.wsgi:application", "--host", LOOPBACK]
    worker = ["-m", "celery", "-A", "config.celery", "worker", "--pool", "prefork", "--concurrency", "2"]
    sandbox = ["manage.py", "run_sandbox", "--port", str(local.sandbox_port), "--state", str(places.state / "sandbox")]
    return [
        service("sandbox", *sandbox, port=local.sandbox_port),
        service("worker", *worker, "--queues", QUEUES, "--loglevel", "INFO", grace_seconds=35, ready_words=" ready."),
        service("dispatcher", "manage.py", "run_dispatcher", grace_seconds=35, ready_words="looks for due work"),
        service(
            "web", *web, "--port", str(local.web_port), "--workers", "1", "--blocking-threads", "4", "--no-ws",
            "--access-log", port=local.web_port,
        ),
    ]  # fmt: skip


def answers(port: int) -> bool:
    """Say whether something listens on a port of this machine."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=0.5):
            return True
    except OSError:
        return False
