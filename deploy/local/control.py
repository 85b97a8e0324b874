"""Start and stop the supervisor, and say what it runs: `python -m deploy.local.control status`, `logs [service]` or `stop`."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import timedelta

from deploy.local import broker, postgres, run_state
from deploy.local.environment import (
    EnvironmentFileError,
    LocalEnvironment,
    load,
    place,
    save,
    with_free_ports,
    with_real_servers,
)
from deploy.local.logbook import ALL, last_lines, log_path
from deploy.local.places import Places
from deploy.local.processes import ProcessMark, mark, wait_until_gone
from deploy.local.run_state import RUNNING, RunState, ServiceState
from deploy.local.services import database_server
from deploy.local.supervisor import end_leftovers

STOP_SECONDS = 90.0


class ControlError(RuntimeError):
    """Nothing can be started or stopped. The message says why."""


def start(places: Places, caller: Mapping[str, str]) -> LocalEnvironment:
    """Start the supervisor, unless one runs, and return the environment it works with.

    Raises:
        ControlError: another set of servers is in use, or the supervisor does not come up.
        EnvironmentFileError: a stored or given address cannot be used.

    """
    if run_state.is_supervised(places):
        return _running_environment(places, caller)
    places.open_doors.unlink(missing_ok=True)
    local = with_real_servers(load(places.env_file), caller)
    _require_real_servers(local)
    end_leftovers(places)
    if not local.admin_database_url:
        postgres.clear_the_way(database_server(places, local))
    local = with_free_ports(local)
    save(places.env_file, local)
    places.logs.mkdir(parents=True, exist_ok=True)
    with log_path(places.logs, "supervisor-start").open("wb") as output:
        process = subprocess.Popen(
            [str(places.python), "-m", "deploy.local.supervisor"], cwd=places.root, stdin=subprocess.DEVNULL,
            stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    _await_state(places, process)
    return local


def _running_environment(places: Places, caller: Mapping[str, str]) -> LocalEnvironment:
    local = load(places.env_file)
    asked = with_real_servers(local, caller)
    for name, used, wanted in (
        ("DATABASE_URL", local.admin_database_url, asked.admin_database_url),
        ("REDIS_URL", local.external_redis_url, asked.external_redis_url),
    ):
        if wanted and used != wanted:
            used_place = place(used) if used else "its own server"
            raise ControlError(f"{name} names {place(wanted)}, but {used_place} is in use: run make stop first.")
    return local


def _require_real_servers(local: LocalEnvironment) -> None:
    """Refuse to start on servers that do not answer: nothing of ours could make them."""
    for name, url, why_not in (
        ("DATABASE_URL", local.admin_database_url, postgres.why_not_ready),
        ("REDIS_URL", local.external_redis_url, broker.why_not_ready),
    ):
        if url and (reason := why_not(url)):
            raise ControlError(f"{name} names {place(url)}, which does not let us in: {reason}")


def _await_state(places: Places, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + 20
    while run_state.read(places.run_file) is None:
        if process.poll() is not None or time.monotonic() > until:
            words = "\n".join(last_lines(log_path(places.logs, "supervisor-start"), 12))
            raise ControlError(f"The supervisor does not start.\n{words}")
        time.sleep(0.05)


def stop(places: Places) -> bool:
    """Stop everything in order. Returns False when nothing ran.

    Raises:
        ControlError: it does not end.

    """
    state = run_state.read(places.run_file)
    if not run_state.is_supervised(places):
        end_leftovers(places)
        local = load(places.env_file) if places.env_file.exists() else None
        if local and not local.admin_database_url:
            postgres.clear_the_way(database_server(places, local))
        return False
    supervisor = mark(state.pid) if state else None
    if supervisor is None:
        raise ControlError(f"A supervisor runs but has not written {places.run_file} yet: try again in a second.")
    os.kill(supervisor.pid, signal.SIGTERM)
    if not wait_until_gone(ProcessMark(supervisor.pid, supervisor.born_at), STOP_SECONDS):
        raise ControlError(f"The supervisor, process {supervisor.pid}, does not end: see {places.logs}.")
    return True


def status_table(state: RunState, now: float) -> list[str]:
    """Return what runs as lines of a table."""
    rows = [("service", "state", "process", "port", "up for", "restarts")]
    rows += [_row(service, now) for service in state.services]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]


def _row(service: ServiceState, now: float) -> tuple[str, str, str, str, str, str]:
    up_for = str(timedelta(seconds=int(now - service.started_at))) if service.state == RUNNING else ""
    pid, port = str(service.pid or ""), str(service.port or "")
    return service.name, service.state, pid, port, up_for, str(service.restarts or "")


def show_status(places: Places) -> int:
    """Print what runs. 0 when everything does, 1 otherwise."""
    state = run_state.read(places.run_file)
    if state is None or not run_state.is_supervised(places):
        print("Nothing runs. Start everything with: make demo")
        return 1
    print("\n".join(status_table(state, time.time())))
    print(f"\n  database: {state.database}   broker: {state.broker}   logs: {places.logs}")
    return 0 if state.is_all_running else 1


def show_logs(places: Places, service: str) -> int:
    """Print the last lines of a log, and what comes, as long as somebody watches a terminal."""
    path = log_path(places.logs, service)
    if not path.exists():
        known = ", ".join(sorted(file.stem for file in places.logs.glob("*.log"))) or "none yet"
        print(f"No log of {service!r}. Known: {known}")
        return 1
    print("\n".join(last_lines(path, 60)), flush=True)
    if sys.stdout.isatty():
        try:
            subprocess.run(["tail", "-n", "0", "-F", str(path)], check=False)
        except KeyboardInterrupt:
            print()
    return 0


def main(arguments: list[str]) -> int:
    """Do what the first word says."""
    places = Places()
    verb, *rest = arguments or [""]
    try:
        if verb == "status":
            return show_status(places)
        if verb == "logs":
            return show_logs(places, rest[0] if rest and rest[0] else ALL)
        if verb == "stop":
            print("Stopped." if stop(places) else "No supervisor was running; what one had left is ended.")
            return 0
    except (ControlError, EnvironmentFileError, postgres.PostgresError, PermissionError) as problem:
        print(problem, file=sys.stderr)
        return 1
    print(f"Unknown: {verb!r}. Say status, logs or stop.", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
