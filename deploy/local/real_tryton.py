"""A real Tryton on loopback: environment, database, company and firm, all set up through its own interfaces.

Tryton is GPL software: it lives in an environment of its own and is only ever spoken to over HTTP.
"""

import base64
import json
import os
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from deploy.local.real_firm import CLOSED_TASK, COMPANY, CURRENCY, PEOPLE, PROJECTS, Person, Project
from deploy.local.real_http import AnswerError, JsonClient
from deploy.local.real_server import BootError, Server

DATABASE = "firm"
MODULES = ("project_invoice", "timesheet_cost")
_RATES_FROM = date(2020, 1, 1)


def tryton_date(day: date | None) -> dict[str, Any] | None:
    """Return a date the way Tryton's JSON writes it."""
    return None if day is None else {"__class__": "date", "year": day.year, "month": day.month, "day": day.day}


def decimal_value(amount: Decimal) -> dict[str, str]:
    """Return an amount the way Tryton's JSON writes it."""
    return {"__class__": "Decimal", "decimal": str(amount)}


@dataclass(frozen=True, slots=True)
class Tryton:
    """One Tryton with one company. `key` is the validated key of its REST interface."""

    server: Server
    python: Path
    password: str
    key: str

    @property
    def address(self) -> str:
        """The base address people type into the connection: it ends with the database's name."""
        return f"http://127.0.0.1:{self.server.port}/{DATABASE}"

    # --- boot ---------------------------------------------------------------------------------------------------
    def boot(self) -> None:
        """Create the database when there is none, then start the server unless it runs.

        Raises:
            BootError: a step failed.

        """
        folder = self.server.folder
        if self.server.is_running():
            return
        config = folder / "trytond.conf"
        config.write_text(
            f"[database]\nuri = sqlite://\npath = {folder}\n[web]\nlisten = 127.0.0.1:{self.server.port}\n"
        )
        if not (folder / "ready").exists():
            self._create_database(config)
        self.server.start([str(self.python.with_name("trytond")), "-c", str(config), "-d", DATABASE], {}, folder)

    def _create_database(self, config: Path) -> None:
        folder = self.server.folder
        database = folder / f"{DATABASE}.sqlite"
        database.unlink(missing_ok=True)
        database.touch()
        secret = folder / "administrator"
        secret.touch(mode=0o600)
        secret.write_text(self.password)
        base = [str(self.python.with_name("trytond-admin")), "-c", str(config), "-d", DATABASE]
        for options in (
            ["--email", "ledger@halden-rowe.example", "--all"],
            ["-u", *MODULES, "--activate-dependencies"],
        ):
            ended = subprocess.run(
                [*base, *options],
                env={**os.environ, "TRYTONPASSFILE": str(secret)},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
            )
            if ended.returncode:
                raise BootError(f"Tryton's database could not be made:\n{(ended.stderr or ended.stdout)[-1500:]}")
        (folder / "ready").touch()

    # --- set-up through the administrator's JSON-RPC ------------------------------------------------------------
    def load(self, *, closed_after: date) -> None:
        """Create company, people, projects and tasks, and the REST key; a second call changes nothing."""
        call = self.administrator(company=None)
        if call("res.user.application", "search", [["key", "=", self.key]], 0, 1, None):
            return
        company = self._create_company(call)
        call = self.administrator(company)
        for person in PEOPLE:
            self._create_employee(call, company, person)
        for project in PROJECTS:
            self._create_project(call, company, project, closed_after)
        user = call("res.user", "search", [["login", "=", "admin"]], 0, 1, None)[0]
        call("res.user.application", "create", [{"user": user, "application": "rest", "key": self.key}])

    def _create_company(self, call: Any) -> int:
        rounding = decimal_value(Decimal("0.01"))
        currency = {
            "name": "Euro",
            "code": CURRENCY,
            "numeric_code": "978",
            "symbol": "€",
            "digits": 2,
            "rounding": rounding,
        }
        [currency_id] = call("currency.currency", "create", [currency])
        [party_id] = call("party.party", "create", [{"name": COMPANY}])
        values = {"party": party_id, "currency": currency_id, "timezone": "Europe/Berlin"}
        [company_id] = call("company.company", "create", [values])
        user = call("res.user", "search", [["login", "=", "admin"]], 0, 1, None)
        call("res.user", "write", user, {"companies": [["add", [company_id]]], "company": company_id})
        return int(company_id)

    def _create_employee(self, call: Any, company: int, person: Person) -> int:
        email = {"type": "email", "value": person.email}
        party = {
            "name": f"{person.given} {person.family}",
            "code": person.employee_no,
            "contact_mechanisms": [["create", [email]]],
        }
        [party_id] = call("party.party", "create", [party])
        cost = {"date": tryton_date(_RATES_FROM), "cost_price": decimal_value(person.cost_rate)}
        values = {"party": party_id, "company": company, "cost_prices": [["create", [cost]]]}
        return int(call("company.employee", "create", [values])[0])

    def _create_project(self, call: Any, company: int, project: Project, closed_after: date) -> None:
        [client_id] = call("party.party", "create", [{"name": project.client}])
        tasks = [
            {
                "name": task,
                "type": "task",
                "company": company,
                "timesheet_available": True,
                "timesheet_end_date": tryton_date(closed_after if (project, task) == CLOSED_TASK else None),
            }
            for task in project.tasks
        ]
        values = {
            "name": project.erp_name,
            "type": "project",
            "company": company,
            "party": client_id,
            "project_invoice_method": "timesheet",
            "children": [["create", tasks]],
        }
        call("project.work", "create", [values])

    def add_employee(self, person: Person) -> int:
        """Mend an unknown person: create the employee. Returns its id."""
        call = self.administrator(company=None)
        return self._create_employee(call, call("company.company", "search", [], 0, 1, None)[0], person)

    def reopen_task(self, project: Project, task: str) -> None:
        """Mend a closed task: take its end date away."""
        call = self.administrator(company=None)
        domain = [["name", "=", task], ["parent.name", "=", project.erp_name]]
        call("project.work", "write", call("project.work", "search", domain, 0, 1, None), {"timesheet_end_date": None})

    def administrator(self, company: int | None) -> Any:
        """Sign in and return call(model, method, *parameters, **context); a name with "wizard." is a wizard's."""
        context = {} if company is None else {"company": company}
        anonymous = JsonClient(self.address, {})
        login = anonymous.call(
            "POST", "rpc/", {"id": 0, "method": "common.db.login", "params": ["admin", {"password": self.password}]}
        )
        user, token = login["result"][:2]
        session = base64.b64encode(f"admin:{user}:{token}".encode()).decode()
        client = JsonClient(self.address, {"Authorization": f"Session {session}"})

        def call(model: str, method: str, *parameters: Any, **more: Any) -> Any:
            name = f"{model}.{method}" if model.startswith("wizard.") else f"model.{model}.{method}"
            question = {"id": 0, "method": name, "params": [*parameters, {**context, **more}]}
            answer = client.call("POST", "rpc/", question)
            if "error" in answer:
                raise AnswerError("RPC", name, 400, json.dumps(answer["error"]))
            return answer["result"]

        return call

    # --- eyes: what the proof reads back ------------------------------------------------------------------------
    def lines(self) -> list["Line"]:
        """Return every timesheet line, oldest first, read through the REST interface."""
        client = JsonClient(self.address, {"Authorization": f"Bearer {self.key}", "Accept-Language": "en"})
        order = base64.urlsafe_b64encode(b'[["id","ASC"]]').decode()
        wanted = ["date", "duration", "description", "write_date", "work.rec_name", "employee.party.code"]
        return list(_parse_lines(client.call("GET", "rest/model/timesheet.line", f=wanted, o=order)))


@dataclass(frozen=True, slots=True)
class Line:
    """One timesheet line as Tryton holds it. `hours` is exact; `written` changes with every write."""

    number: int
    employee_no: str
    work: str
    work_date: date
    hours: Decimal
    description: str
    written: str


def _parse_lines(rows: Iterable[dict[str, Any]]) -> Iterable[Line]:
    for row in rows:
        day = row["date"]
        seconds = timedelta(seconds=row["duration"]["seconds"])
        yield Line(
            number=row["id"],
            employee_no=row["employee"]["party"]["code"],
            work=row["work"]["rec_name"],
            work_date=date(day["year"], day["month"], day["day"]),
            hours=Decimal(round(seconds.total_seconds())) / 3600,
            description=row["description"] or "",
            written=json.dumps(row["write_date"], sort_keys=True),
        )
