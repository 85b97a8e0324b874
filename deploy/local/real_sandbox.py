"""The sandbox PSA as the source of `make real` where no Redmine can be installed: same firm, same entries."""

import shutil
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from apps.connectors.sandbox.admin import admin_token
from deploy.local.real_firm import CURRENCY, Booked, Entry
from deploy.local.real_http import JsonClient
from deploy.local.real_server import Server

_COMPANY = "proof"
_RATE = "120.00"


@dataclass(frozen=True, slots=True)
class SandboxPsa:
    """One company of a sandbox PSA, served by a process of its own. `environment` is the product's."""

    server: Server
    python: Path
    root: Path
    environment: dict[str, str]

    @property
    def address(self) -> str:
        """The base address people type into the connection."""
        return f"http://127.0.0.1:{self.server.port}/psa/{_COMPANY}/api/v1"

    @property
    def connection(self) -> dict[str, Any]:
        """What the product needs to connect."""
        return {
            "system": "sandbox_psa",
            "name": "Sandbox PSA",
            "address": self.address,
            "secrets": {"token": (self.server.folder / "token").read_text()},
            "settings": {},
        }

    def boot(self) -> None:
        """Start the sandbox with an empty memory."""
        self.server.stop()
        memory = self.server.folder / "memory"
        shutil.rmtree(memory, ignore_errors=True)
        words = ["run_sandbox", "--port", str(self.server.port), "--state", str(memory)]
        self.server.start([str(self.python), "manage.py", *words], self.environment, self.root)

    def load(self, entries: list[Entry]) -> None:
        """Found the company and book the entries."""
        wishes = {"people": 1, "weeks": 1, "entries": 1, "problems": False}
        token = self._controls("PUT", "", wishes)["token"]
        path = self.server.folder / "token"
        path.touch(mode=0o600)
        path.write_text(token)
        for own in self._controls("GET", "/records/time-entries")["records"]:
            self._controls("PATCH", f"/records/time-entries/{own['id']}", {"status": "rejected"})
        self._controls("POST", "/approvals", {"ids": [self._book(entry) for entry in entries]})

    def add_entry(self, entry: Entry) -> str:
        """Book one approved entry and return its number."""
        number = self._book(entry)
        self._controls("POST", "/approvals", {"ids": [number]})
        return number

    def edit_hours(self, number: str, hours: Decimal) -> None:
        """Change the hours of one entry."""
        self._controls("PATCH", f"/records/time-entries/{number}", {"hours": str(hours)})

    def entries(self) -> list[Booked]:
        """Return every approved entry, oldest first."""
        records = self._controls("GET", "/records/time-entries")["records"]
        return [
            Booked(
                record["id"],
                record["person_name"],
                record["project_name"],
                date.fromisoformat(record["worked_on"]),
                Decimal(record["hours"]),
            )
            for record in sorted(records, key=lambda record: record["id"])
            if record["status"] == "approved"
        ]

    def _book(self, entry: Entry) -> str:
        record = {
            "person_id": entry.person.employee_no,
            "person_name": f"{entry.person.given} {entry.person.family}",
            "project_code": entry.project.code,
            "project_name": entry.project.name,
            "task_name": entry.task,
            "worked_on": entry.work_date.isoformat(),
            "hours": str(entry.hours),
            "rate": _RATE,
            "currency": CURRENCY,
            "billable": True,
            "notes": entry.note,
        }
        return str(self._controls("POST", "/records/time-entries", record)["id"])

    def _controls(self, method: str, path: str, body: Any = None) -> Any:
        token = admin_token(self.environment["SECRET_KEY"])
        client = JsonClient(f"http://127.0.0.1:{self.server.port}", {"Authorization": f"Bearer {token}"})
        return client.call(method, f"sandbox/psa/{_COMPANY}{path}", body)
