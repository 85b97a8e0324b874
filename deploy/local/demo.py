"""`make demo`: everything from nothing to a running product with its first flows run, or the box of the running one."""

import http.client
import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.local import broker, control, postgres, run_state, summary, translations, vendor_frontend
from deploy.local.commands import CommandError, run_logged, tail
from deploy.local.database import PrepareError, prepare
from deploy.local.environment import EnvironmentFileError, LocalEnvironment, product_environment
from deploy.local.logbook import log_path
from deploy.local.places import Places
from deploy.local.ports import LOOPBACK

SERVER_SECONDS, WEB_SECONDS = 60.0, 90.0
EXPECTED = (
    CommandError, control.ControlError, vendor_frontend.VendorError, translations.TranslationError, postgres.PostgresError, broker.BrokerError,
    EnvironmentFileError, PrepareError, summary.SummaryError, PermissionError,
)  # fmt: skip


class NotReadyError(RuntimeError):
    """A service does not answer in time; `log` says what it said."""

    def __init__(self, words: str, log: Path) -> None:
        super().__init__(words)
        self.log = log


@dataclass
class Demo:
    """The steps of one `make demo`."""

    places: Places
    caller: Mapping[str, str]
    local: LocalEnvironment | None = None

    @property
    def environment(self) -> dict[str, str]:
        """What the project's commands run with."""
        return product_environment(self._known(), self.caller)

    def _known(self) -> LocalEnvironment:
        if self.local is None:
            raise RuntimeError("The servers were not started yet.")
        return self.local

    def steps(self) -> list[tuple[str, Callable[[], str]]]:
        """Return every step with its name, in order. Each is safe to repeat and returns what it found."""
        return [
            ("front-end files", self.front_end),
            ("servers", self.servers),
            ("database", self.database),
            ("migrations", self.migrate),
            ("weeks before", self.weeks_before),
            ("services", self.services),
            ("first flows", self.seed),
        ]

    def front_end(self) -> str:
        """Copy the browser files of other projects, and compile the translations."""
        translations.ensure(self.places)
        return "copied" if vendor_frontend.ensure(self.places) else "there already"

    def servers(self) -> str:
        """Start the supervisor, and with it PostgreSQL and the broker, and wait for both."""
        self.local = control.start(self.places, self.caller)
        self._await_answer("database", "postgres", lambda: postgres.why_not_ready(self._known().admin_url))
        self._await_answer("broker", "broker", lambda: broker.why_not_ready(self._known().redis_url))
        state = run_state.read(self.places.run_file)
        return f"database {state.database}, broker {state.broker}" if state else ""

    def database(self) -> str:
        """Make roles and database, or see that they are right."""
        prepare(self._known())
        return "roles and grants are right"

    def migrate(self) -> str:
        """Bring the shared tables and every partner's to the newest shape."""
        for part in ("--shared", "--tenant"):
            words = ["manage.py", "migrate_schemas", part, "--database", "owner", "--verbosity", "1"]
            run_logged(self.places, f"migrate{part[1:]}", words, self.environment)
        return "up to date"

    def weeks_before(self) -> str:
        """Let a fresh demo live through the weeks before today, so that there is something to look at."""
        known = self._known()
        words = [
            "manage.py",
            "seed_demo",
            "--live-through",
            str(known.sandbox_port),
            str(self.places.state / "sandbox"),
        ]
        run_logged(self.places, "weeks-before", words, self.environment, show=True)
        return "lived through"

    def services(self) -> str:
        """Let the supervisor start what needs tables, and wait until the portal answers."""
        self.places.open_doors.touch()
        port = self._known().web_port
        self._await(lambda: portal_answers(port), f"The portal does not answer on port {port}.", "web", WEB_SECONDS)
        try:
            self._await(self._is_all_up, "Not every service came up: see make status.", "supervisor")
        except NotReadyError as problem:
            down = self._services_down()
            raise NotReadyError(
                f"{' and '.join(down)} did not come up", log_path(self.places.logs, down[0])
            ) from problem
        return f"all running, portal on port {port}"

    def seed(self) -> str:
        """Create the demo's partners and customers, and run their first flows to the end."""
        draft = self.places.summary.with_name("demo.new.json")
        draft.unlink(missing_ok=True)
        run_logged(
            self.places, "seed", ["manage.py", "seed_demo", "--summary", str(draft)], self.environment, show=True
        )
        if summary.read(draft) is None:
            raise CommandError("seed_demo wrote no summary", log_path(self.places.logs, "seed"))
        self._await(self._is_all_up, "A service died meanwhile: see make status.", "supervisor")
        draft.replace(self.places.summary)
        return "run to their end"

    def _services_down(self) -> list[str]:
        state = run_state.read(self.places.run_file)
        return [one.name for one in state.services if one.state != run_state.RUNNING] if state else ["supervisor"]

    def _is_all_up(self) -> bool:
        state = run_state.read(self.places.run_file)
        return state is not None and state.is_all_running

    def _await_answer(self, what: str, log: str, why_not: Callable[[], str]) -> None:
        try:
            self._await(lambda: not why_not(), f"The {what} does not answer", log)
        except NotReadyError as problem:
            raise NotReadyError(f"{problem}: {why_not()}", problem.log) from problem

    def _await(self, is_there: Callable[[], bool], words: str, log: str, seconds: float = SERVER_SECONDS) -> None:
        until = time.monotonic() + seconds
        while not is_there():
            if time.monotonic() > until:
                raise NotReadyError(f"{words} ({seconds:.0f} s)", log_path(self.places.logs, log))
            if not run_state.is_supervised(self.places):
                raise NotReadyError("The supervisor ended.", log_path(self.places.logs, "supervisor-start"))
            time.sleep(0.1)


def portal_answers(port: int) -> bool:
    """Say whether the web process answers a request for the platform's host without an error of its own."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=10)
    try:
        connection.request("GET", "/", headers={"Host": f"platform.localhost:{port}"})
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def is_running(places: Places) -> bool:
    """Say whether a whole demo runs already."""
    state = run_state.read(places.run_file)
    if state is None or not state.is_all_running or not run_state.is_supervised(places):
        return False
    # An older summary is of an earlier start, perhaps on other ports, whose flows were not looked at since.
    if not places.summary.exists() or places.summary.stat().st_mtime < state.started_at:
        return False
    web = next((service.port for service in state.services if service.name == "web"), None)
    return web is not None and portal_answers(web)


def code_changed_since(places: Places, moment: float) -> bool:
    """Say whether a source file is newer than the running processes."""
    folders = (places.root / name for name in ("apps", "config", "templates"))
    sources = (path for folder in folders for path in folder.rglob("*.*") if path.suffix in {".py", ".html"})
    return any(path.stat().st_mtime > moment for path in sources)


def show_running(places: Places) -> int:
    """Print the box of the demo that runs."""
    state, found = run_state.read(places.run_file), summary.read(places.summary)
    if state is None or found is None:
        return 1
    minutes = (time.time() - state.started_at) / 60
    print(summary.box(found, f"Running for {minutes:.0f} minutes.   make status · make logs · make stop"))
    if code_changed_since(places, state.started_at):
        print("The code changed since these processes started: make stop && make demo runs the new one.")
    return 0


def run_steps(demo: Demo) -> bool:
    """Run every step, saying how long each took. False when one failed; the reason is printed."""
    for name, step in demo.steps():
        started = time.monotonic()
        if sys.stdout.isatty():
            print(f"  {name:<16} ...", end="\r", flush=True)
        try:
            found = step()
        except (NotReadyError, *EXPECTED) as problem:
            report_failure(name, problem)
            return False
        print(f"  {name:<16} {found} ({time.monotonic() - started:.1f} s)", flush=True)
    return True


def report_failure(step: str, problem: Exception) -> None:
    """Say which step failed, why, and the last lines of the log that matters."""
    print(f"\n  FAILED: {step}\n  {problem}", file=sys.stderr)
    log = getattr(problem, "log", None)
    if isinstance(log, Path):
        print(f"\n  The end of {log}:\n{tail(log)}", file=sys.stderr)
    print(
        "\n  Mend the cause and run make demo again; it goes on where it stopped. Everything it said: make logs",
        file=sys.stderr,
    )


def main() -> int:
    """Start everything that does not run yet. 0 when the product runs and its first flows came to their end."""
    places, started = Places(), float(os.environ.get("STARTED_AT", time.time()))
    try:
        if is_running(places):
            control.start(places, os.environ)  # refuses when the caller names other servers than those in use
            return show_running(places)
    except EXPECTED as problem:
        report_failure("environment", problem)
        return 1
    demo = Demo(places, os.environ)
    if not run_steps(demo):
        return 1
    found = summary.read(places.summary)
    if found is None:
        return 1
    print("\n" + summary.box(found, f"Ready in {time.time() - started:.0f} s.   make status · make logs · make stop"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
