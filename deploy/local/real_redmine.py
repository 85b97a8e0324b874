"""A real Redmine on loopback, from Debian's package: own instance folder, own database, loaded through its own API.

The package needs root once (apt); after that the instance runs as whoever calls. Redmine is GPL software and is only
ever spoken to over HTTP.
"""

import json
import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from deploy.local.real_firm import PEOPLE, PROJECTS, STRANGER, Booked, Entry, Person, Project
from deploy.local.real_http import JsonClient
from deploy.local.real_server import BootError, Server

PACKAGES = ("redmine", "redmine-sqlite", "puma")
_HOME = Path("/usr/share/redmine")
_SETUP = Path(__file__).with_name("real_redmine_setup.rb")
_FOLDERS = ("config", "log", "tmp", "files", "plugins", "public/plugin_assets")


def is_installed() -> bool:
    """True when Debian's Redmine and its web server are there."""
    return (_HOME / "config.ru").exists() and shutil.which("puma") is not None and shutil.which("bundle") is not None


def install() -> str:
    """Install the packages; return "" when they are there, else the sentence that says why not."""
    if is_installed():
        return ""
    if shutil.which("apt-get") is None:
        return "Redmine is a Debian package and this machine has no apt-get."
    if os.geteuid() != 0:
        return f"Redmine needs root once: apt-get install --no-install-recommends {' '.join(PACKAGES)}"
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    answer = b"redmine redmine/instances/default/dbconfig-install boolean false\n"
    subprocess.run(["debconf-set-selections"], input=answer, check=False, env=quiet)
    for step in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *PACKAGES]):
        ended = subprocess.run(["apt-get", *step], env=quiet, capture_output=True, text=True, check=False)
    return "" if is_installed() else f"Redmine could not be installed: {ended.stderr.strip()[-300:]}"


@dataclass(frozen=True, slots=True)
class Redmine:
    """One Redmine instance. `key` is the administrator's API key."""

    server: Server
    password: str
    key: str

    @property
    def address(self) -> str:
        """The base address people type into the connection."""
        return f"http://127.0.0.1:{self.server.port}"

    @property
    def connection(self) -> dict[str, Any]:
        """What the product needs to connect."""
        return {
            "system": "redmine",
            "name": "Redmine (real)",
            "address": self.address,
            "secrets": {"api_key": self.key},
            "settings": {"approval_field": "Approval", "employee_field": "Employee number"},
        }

    @property
    def client(self) -> JsonClient:
        """The administrator's API."""
        return JsonClient(self.address, {"X-Redmine-API-Key": self.key})

    # --- boot ---------------------------------------------------------------------------------------------------
    def boot(self) -> None:
        """Create the instance when there is none, then start it unless it runs.

        Raises:
            BootError: a step failed.

        """
        folder = self.server.folder
        if self.server.is_running():
            return
        if not (folder / "ready").exists():
            self._create_instance()
        listen = f"tcp://127.0.0.1:{self.server.port}"
        command = [
            "bundle",
            "exec",
            "puma",
            "-b",
            listen,
            "-t",
            "1:8",
            "-e",
            "production",
            "--no-config",
            str(_HOME / "config.ru"),
        ]
        self.server.start(command, self._environment(), _HOME, seconds=90)

    def _create_instance(self) -> None:
        folder = self.server.folder
        for name in _FOLDERS:
            (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / "redmine.sqlite").unlink(missing_ok=True)
        (folder / "config" / "database.yml").write_text(
            f'production:\n  adapter: sqlite3\n  database: "{folder}/redmine.sqlite"\n  timeout: 15000\n  pool: 16\n'
        )
        (folder / "config" / "secret_key.txt").write_text(os.urandom(64).hex())
        (folder / "Gemfile").write_text(f'gem "sqlite3", "~> 1.4.0"\ngem "puma"\neval_gemfile "{_HOME}/Gemfile"\n')
        self._run(["rake", "db:migrate"])
        self._run(["rails", "runner", str(_SETUP)])
        (folder / "ready").touch()

    def _environment(self) -> dict[str, str]:
        folder = self.server.folder.resolve()
        return {
            # Debian looks below /var/lib/redmine for instances; climbing out of it keeps ours in the project's folder.
            "REDMINE_INSTANCE": "../../../../../../../.." + str(folder),
            "BUNDLE_GEMFILE": str(folder / "Gemfile"),
            "RAILS_ENV": "production",
            "SCHEMA": str(folder / "schema.rb"),
            "HOME": str(folder),
            "LANG": "C.UTF-8",
            "REAL_REDMINE": json.dumps({"password": self.password, "api_key": self.key}),
        }

    def _run(self, command: list[str]) -> None:
        ended = subprocess.run(
            ["bundle", "exec", *command],
            cwd=_HOME,
            env={**os.environ, **self._environment()},
            capture_output=True,
            text=True,
            check=False,
        )
        if ended.returncode:
            raise BootError(f"Redmine's set-up step {command} failed:\n{(ended.stderr or ended.stdout)[-1500:]}")

    # --- the firm, through the API ------------------------------------------------------------------------------
    def load(self, entries: list[Entry]) -> None:
        """Create people, projects, issues and the time entries; a second call changes nothing."""
        if self.client.call("GET", "time_entries.json", limit=1)["total_count"] >= len(entries):
            return
        for person in (*PEOPLE, STRANGER):
            self._create_person(person)
        for project in PROJECTS:
            self._create_project(project)
        names = self.names()
        # One after another: the ids then follow the order of the list on every machine.
        for entry in entries:
            self.add_entry(entry, names)

    def _create_person(self, person: Person) -> None:
        number = {"id": self._custom_field("Employee number"), "value": person.employee_no}
        values = {
            "login": person.login,
            "firstname": person.given,
            "lastname": person.family,
            "mail": person.email,
            "password": self.password,
            "custom_fields": [number],
        }
        self.client.call("POST", "users.json", {"user": values})

    def _create_project(self, project: Project) -> None:
        values = {
            "name": project.name,
            "identifier": project.code,
            "enabled_module_names": ["time_tracking", "issue_tracking"],
            "tracker_ids": [2],
        }
        self.client.call("POST", "projects.json", {"project": values})
        for user in self.names()["people"].values():
            self.client.call(
                "POST", f"projects/{project.code}/memberships.json", {"membership": {"user_id": user, "role_ids": [4]}}
            )
        for task in project.tasks:
            issue = {"project_id": project.code, "tracker_id": 2, "status_id": 1, "priority_id": 2, "subject": task}
            self.client.call("POST", "issues.json", {"issue": issue})

    def names(self) -> dict[str, dict[Any, int]]:
        """Return the ids of people (by e-mail), issues (by project name and subject), activities and custom fields."""
        call = self.client.call
        issues = call("GET", "issues.json", status_id="*", limit=100)["issues"]
        activities = call("GET", "enumerations/time_entry_activities.json")["time_entry_activities"]
        fields = call("GET", "custom_fields.json")["custom_fields"]
        users = call("GET", "users.json", limit=100)["users"]
        return {
            "people": {user["mail"]: user["id"] for user in users if not user["admin"]},
            "issues": {(issue["project"]["name"], issue["subject"]): issue["id"] for issue in issues},
            "activities": {activity["name"]: activity["id"] for activity in activities},
            "fields": {field["name"]: field["id"] for field in fields},
        }

    def _custom_field(self, name: str) -> int:
        return self.names()["fields"][name]

    def add_entry(self, entry: Entry, names: dict[str, dict[Any, int]] | None = None) -> str:
        """Book one approved entry and return its id."""
        names = names or self.names()
        values = {
            "issue_id": names["issues"][entry.project.name, entry.task],
            "user_id": names["people"][entry.person.email],
            "activity_id": names["activities"][entry.activity],
            "spent_on": entry.work_date.isoformat(),
            "hours": str(entry.hours),
            "comments": entry.note,
            "custom_fields": [{"id": names["fields"]["Approval"], "value": "approved"}],
        }
        return str(self.client.call("POST", "time_entries.json", {"time_entry": values})["time_entry"]["id"])

    def edit_hours(self, number: str, hours: Decimal) -> None:
        """Change the hours of one entry."""
        self.client.call("PUT", f"time_entries/{number}.json", {"time_entry": {"hours": str(hours)}})

    # --- eyes ---------------------------------------------------------------------------------------------------
    def entries(self) -> list[Booked]:
        """Return every time entry, oldest first, as Redmine's own API lists them."""
        first = self.client.call("GET", "time_entries.json", limit=100, sort="id")
        offsets = range(100, first["total_count"], 100)
        with ThreadPoolExecutor(2) as pool:
            rest = pool.map(
                lambda offset: self.client.call("GET", "time_entries.json", limit=100, offset=offset, sort="id"),
                offsets,
            )
        rows = [row for page in (first, *rest) for row in page["time_entries"]]
        return [
            Booked(
                str(row["id"]),
                row["user"]["name"],
                row["project"]["name"],
                date.fromisoformat(row["spent_on"]),
                Decimal(str(row["hours"])),
            )
            for row in rows
        ]
