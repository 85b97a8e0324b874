"""What Tryton is asked: searches by domain, its companies, and people, projects and tasks by their names."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, TypeVar
from urllib.parse import urlencode

from apps.connectors.catalog.tryton import lines, references, values
from apps.connectors.catalog.tryton.manifest import EMPLOYEE, EMPLOYEE_FIELDS, INVOICE, MANIFEST, PROJECT, TIME_LINE
from apps.connectors.catalog.tryton.references import Person, Task
from apps.connectors.contract import Exchange
from apps.connectors.error_adapter import failure_of
from apps.connectors.errors import BusinessClass, FieldProblem, MisconfiguredError
from apps.connectors.http import Answer, Door

RAW_LINE_FIELDS = ("company", "employee", "work", "date", "duration", "description")
_TASK_FIELDS = ("name", "path", "timesheet_works.timesheet_start_date", "timesheet_works.timesheet_end_date")
_KEYS_AT_ONCE = 50

T = TypeVar("T")
ProjectOrProblem = Mapping[str, Any] | FieldProblem


class TrytonCalls:
    """Asks one company of one Tryton database."""

    def __init__(self, door: Door, company_name: str) -> None:
        self._door, self._company_name = door, company_name
        self._company: int | None = None
        self._company_lock = asyncio.Lock()

    async def company(self) -> int:
        """Return the company's number in Tryton.

        Raises:
            MisconfiguredError: the setting names none, or there are several to choose from.

        """
        async with self._company_lock:
            if self._company is None:
                self._company = only_company(await self.companies(), self._company_name)
        return self._company

    async def companies(self) -> list[dict[str, Any]]:
        """Return the companies this user may see: the cheapest question that needs address and key."""
        rows: list[dict[str, Any]] = (await self.call("GET", "rest/model/company.company?f=party.name")).json()
        return rows

    async def search(
        self, model: str, fields: Sequence[str], domain: list[Any], *, size: int = 0, oldest_by: str = ""
    ) -> list[dict[str, Any]]:
        """Return the rows of a search as Tryton writes them; `oldest_by` orders them by an instant, then by number."""
        rows: list[dict[str, Any]] = (await self._ask(model, fields, domain, size=size, oldest_by=oldest_by)).json()
        return rows

    async def people(self, keys: Iterable[str]) -> tuple[dict[str, Person], Exchange | None]:
        """Return one Person per key, and the evidence of the last search."""
        found: dict[str, Person] = {}
        asked: Exchange | None = None
        company = await self.company()
        for some in portions(sorted(set(keys)), _KEYS_AT_ONCE):
            answer = await self._ask(EMPLOYEE.name, EMPLOYEE_FIELDS, references.people_domain(company, some))
            found |= references.match_people(some, values.plain(answer.json()))
            asked = answer.exchange
        return found, asked

    async def projects(self, codes: Iterable[str]) -> tuple[dict[str, ProjectOrProblem], Exchange | None]:
        """Return one project row per code, or its problem, and the evidence of the last search."""
        found: dict[str, ProjectOrProblem] = {}
        asked: Exchange | None = None
        company = await self.company()
        for some in portions(sorted(set(codes)), _KEYS_AT_ONCE):
            answer = await self._ask(PROJECT.name, ("number", "name"), references.projects_domain(company, some))
            found |= references.match_projects(some, values.plain(answer.json()))
            asked = answer.exchange
        return found, asked

    async def invoices(self, numbers: Iterable[str]) -> dict[str, Mapping[str, Any]]:
        """Return the customer invoice per number, where there is exactly one."""
        found: dict[str, Mapping[str, Any]] = {}
        company = await self.company()
        for some in portions(sorted(set(numbers)), _KEYS_AT_ONCE):
            domain = references.invoices_domain(company, some)
            rows = await self.search(INVOICE.name, ("number", "party.name", "invoice_date", "state"), domain)
            found |= references.match_invoices(some, values.plain(rows))
        return found

    async def tasks(self, pairs: Iterable[tuple[str, str]]) -> tuple[dict[tuple[str, str], Task], Exchange | None]:
        """Return one Task per (project code, task name), and the evidence of the last search."""
        wanted = set(pairs)
        projects, asked = await self.projects({project for project, _ in wanted})
        known = {code: row for code, row in projects.items() if isinstance(row, Mapping)}
        rows: list[Mapping[str, Any]] = []
        if known:
            names = {task for project, task in wanted if project in known}
            domain = references.tasks_domain([row["id"] for row in known.values()], names)
            answer = await self._ask(PROJECT.name, _TASK_FIELDS, domain)
            rows, asked = values.plain(answer.json()), answer.exchange
        return {pair: _task(pair, projects[pair[0]], rows) for pair in wanted}, asked

    async def lines_marked(
        self, business_keys: Sequence[str], days: Iterable[date] = ()
    ) -> dict[str, Mapping[str, Any]]:
        """Return the timesheet lines that carry our keys, on these days only where some are given."""
        narrow = lines.days_domain(days)
        found: dict[str, Mapping[str, Any]] = {}
        for some in portions(list(business_keys), _KEYS_AT_ONCE):
            rows = await self.search(TIME_LINE.name, RAW_LINE_FIELDS, [*narrow, lines.marked_domain(some)])
            found |= lines.by_marker(rows, some)
        return found

    async def call(self, method: str, path: str, *, body: Any = None, writes: bool | None = None) -> Answer:
        """Call and return a good answer. Raises RemoteError, worded by the manifest's rules, for any other."""
        answer = await self.send(method, path, body=body, writes=writes)
        require_good(answer, body)
        return answer

    async def send(
        self,
        method: str,
        path: str,
        *,
        parameters: Mapping[str, str] | None = None,
        body: Any = None,
        writes: bool | None = None,
    ) -> Answer:
        """Call and return whatever is answered."""
        # Without active_test Tryton hides people who left, even when asked for by name; without a language the errors
        # come in the user's own.
        context: dict[str, Any] = {"active_test": False}
        if self._company is not None:
            context["company"] = self._company
        headers = {"Accept-Language": "en", "X-Tryton-Context": values.encode(context)}
        return await self._door.send(method, path, parameters=parameters, body=body, headers=headers, writes=writes)

    async def _ask(
        self, model: str, fields: Sequence[str], domain: list[Any], *, size: int = 0, oldest_by: str = ""
    ) -> Answer:
        parameters = {"d": values.encode(domain)}
        if size:
            parameters["s"] = str(size)
        if oldest_by:
            parameters["o"] = values.encode([[oldest_by, "ASC"], ["id", "ASC"]])
        wanted = urlencode([("f", field) for field in fields])
        answer = await self.send("GET", f"rest/model/{model}?{wanted}", parameters=parameters)
        require_good(answer, None)
        return answer


def require_good(answer: Answer, sent: Any) -> None:
    """Raise the RemoteError that an answer means, if it is not a good one."""
    error = failure_of(MANIFEST, answer, spec=TIME_LINE, sent=sent)
    if error is not None:
        raise error


def only_company(rows: list[dict[str, Any]], wanted: str) -> int:
    """Return the number of the company called `wanted`, or of the only one. Raises MisconfiguredError."""
    names = {row["id"]: (row.get("party") or {}).get("name") or "" for row in rows}
    fitting = [number for number, name in names.items() if not wanted or name.casefold() == wanted.casefold()]
    if len(fitting) == 1:
        return int(fitting[0])
    listed = ", ".join(f"“{name}”" for name in names.values()) or "none that this user may see"
    raise MisconfiguredError(
        f"Set the connection's company to one of Tryton's: {listed}.", business_class=BusinessClass.CONNECTION
    )


def portions(sequence: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Yield the sequence in parts of at most `size`."""
    return (sequence[start : start + size] for start in range(0, len(sequence), size))


def _task(pair: tuple[str, str], project: ProjectOrProblem, rows: list[Mapping[str, Any]]) -> Task:
    if isinstance(project, FieldProblem):
        return Task(*pair, problem=project)
    return references.match_task(*pair, project, rows)
