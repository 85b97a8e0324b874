"""Posts timesheet lines to Tryton: names to numbers, known lines recognised, new ones created a hundred at a time."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from apps.connectors.catalog.tryton import lines, references, values
from apps.connectors.catalog.tryton.calls import RAW_LINE_FIELDS, TrytonCalls, portions, require_good
from apps.connectors.catalog.tryton.lines import Wanted
from apps.connectors.catalog.tryton.manifest import BATCH, TIME_LINE
from apps.connectors.catalog.tryton.references import Person, Task
from apps.connectors.contract import Exchange, Write, WriteOutcome
from apps.connectors.errors import BusinessClass, FieldProblem, RejectedError, RemoteError
from apps.connectors.redaction import BODY_CAP, redact_json

_CREATE_ONE = "rest/model/timesheet.line?f=id"
_CREATE_MANY = "rest/model/timesheet.line/create"


class Delivery:
    """One call of `upsert`: what is still to send, and what came of the rest."""

    def __init__(self, calls: TrytonCalls, company: int) -> None:
        self._calls, self._company = calls, company
        self._people: dict[int, Person] = {}
        self._tasks: dict[int, Task] = {}
        self._creates: list[Wanted] = []
        self._doubtful: list[Wanted] = []
        self._updates: list[tuple[Wanted, int]] = []
        self._outcomes: list[WriteOutcome] = []

    async def run(self, writes: Sequence[Write]) -> list[WriteOutcome]:
        """Deliver all writes and answer for each. Raises RemoteError when Tryton cannot even be searched."""
        await self._resolve(writes)
        await self._recognise()
        await self._compare()
        await asyncio.gather(
            *(self._create_many(portion) for portion in portions(self._creates, BATCH)),
            *(self._create_one(line) for line in self._doubtful),
            *(self._update(line, number) for line, number in self._updates),
        )
        return self._outcomes

    async def _resolve(self, writes: Sequence[Write]) -> None:
        wanted = [lines.read_wanted(write) for write in writes]
        good = [line for line in wanted if line.problem is None]
        (people, asked_people), (tasks, asked_tasks) = await asyncio.gather(
            self._calls.people({line.employee for line in good}),
            self._calls.tasks({(line.project, line.task) for line in good}),
        )
        for line in wanted:
            if line.problem is not None:
                self._refuse(line, line.problem, None)
                continue
            person, task = people[line.employee], tasks[line.project, line.task]
            if person.problem is not None:
                self._refuse(line, person.problem, asked_people)
            elif task.problem is not None:
                self._refuse(line, task.problem, asked_tasks)
            else:
                self._take(line, person, task)

    def _take(self, line: Wanted, person: Person, task: Task) -> None:
        position, key = line.write.position, line.write.target_key
        self._people[position], self._tasks[position] = person, task
        if key is None:
            self._creates.append(line)
        else:
            self._updates.append((line, int(key)))

    async def _recognise(self) -> None:
        """Find lines that were created before although nobody kept their number: after a crash, or a restored backup."""
        fresh, self._creates = self._creates, []
        if not fresh:
            return
        people = [self._people[line.write.position].number or 0 for line in fresh]
        domain = lines.nearby_domain(self._company, people, [line.day for line in fresh])
        rows = await self._calls.search(TIME_LINE.name, RAW_LINE_FIELDS, domain)
        found = lines.by_marker(rows, [line.write.business_key for line in fresh])
        for line in fresh:
            self._sort(line, found.get(line.write.business_key))

    async def _compare(self) -> None:
        """Leave out changes that Tryton holds already: a repeated batch then costs two searches, not hundreds of calls."""
        known, self._updates = self._updates, []
        rows: dict[int, Mapping[str, Any]] = {}
        for some in portions([number for _, number in known], BATCH):
            found = await self._calls.search(TIME_LINE.name, RAW_LINE_FIELDS, [["id", "in", list(some)]])
            rows |= {row["id"]: row for row in found}
        for line, number in known:
            if number in rows and lines.is_same(self._values_of(line), rows[number]):
                self._done(line, number, None, created=False)
            else:
                self._updates.append((line, number))

    def _sort(self, line: Wanted, row: Mapping[str, Any] | None) -> None:
        if row is not None:
            self._updates.append((line, row["id"]))
            return
        # One that looks closed goes alone: Tryton itself then says no, and takes no other line down with it.
        periods = self._people[line.write.position].period, self._tasks[line.write.position].period
        looks_fine = all(period.allows(line.day) for period in periods)
        (self._creates if looks_fine else self._doubtful).append(line)

    async def _create_many(self, portion: Sequence[Wanted]) -> None:
        body = {"vlist": [self._values_of(line) for line in portion]}
        try:
            answer = await self._calls.call("POST", _CREATE_MANY, body=body)
            numbers = answer.json()
        except RejectedError:
            # All or none: somebody closed a task a moment ago. One by one, the others get through.
            await asyncio.gather(*(self._create_one(line) for line in portion))
            return
        except RemoteError as error:
            self._fail(portion, error)
            return
        for line, number in zip(portion, numbers, strict=True):
            self._done(line, number, answer.exchange, created=True)

    async def _create_one(self, line: Wanted) -> None:
        try:
            answer = await self._calls.call("POST", _CREATE_ONE, body=self._values_of(line))
            number = answer.json()["id"]
        except RemoteError as error:
            self._fail([line], self._explained(line, error))
            return
        self._done(line, number, answer.exchange, created=True)

    async def _update(self, line: Wanted, number: int) -> None:
        sent = self._values_of(line)
        try:
            answer = await self._calls.send("PUT", f"rest/model/timesheet.line/{number}?f=id", body=sent)
            if answer.status == 404:
                raise _deleted(number, answer.exchange)
            require_good(answer, sent)
        except RemoteError as error:
            self._fail([line], self._explained(line, error))
            return
        self._done(line, number, answer.exchange, created=False)

    def _values_of(self, line: Wanted) -> dict[str, Any]:
        position = line.write.position
        return lines.line_values(line, self._company, self._people[position], self._tasks[position])

    def _explained(self, line: Wanted, error: RemoteError) -> RemoteError:
        """Return a refusal with the reason behind "not valid according to its domain", where it can be known."""
        if not isinstance(error, RejectedError):
            return error
        position = line.write.position
        problem = references.explain(error.message, line.day, self._people[position], self._tasks[position])
        if problem is None:
            return error
        better = RejectedError(problem.message, problems=(problem,), status=error.status)
        better.exchange = error.exchange
        return better

    def _refuse(self, line: Wanted, problem: FieldProblem, exchange: Exchange | None) -> None:
        error = RejectedError(problem.message, problems=(problem,))
        self._outcomes.append(WriteOutcome(line.write.position, line.write.target_key, error, exchange))

    def _fail(self, failed: Iterable[Wanted], error: RemoteError) -> None:
        self._outcomes += [
            WriteOutcome(line.write.position, line.write.target_key, error, error.exchange) for line in failed
        ]

    def _done(self, line: Wanted, number: int, exchange: Exchange | None, *, created: bool) -> None:
        shown = None if exchange is None else _own_part(exchange, self._values_of(line), number)
        self._outcomes.append(WriteOutcome(line.write.position, str(number), None, shown, created=created))


def _own_part(exchange: Exchange, sent: Mapping[str, Any], number: int) -> Exchange:
    """Return the evidence of one line, also when a hundred went in one call."""
    request = orjson.dumps(redact_json(values.plain(sent))).decode()[:BODY_CAP]
    return Exchange(
        exchange.method, exchange.url, exchange.status, exchange.milliseconds, request, f'{{"id":{number}}}'
    )


def _deleted(number: int, exchange: Exchange) -> RejectedError:
    sentence = (
        f"Timesheet line {number} was deleted in Tryton after it had been posted, and is not created again by itself. "
        "Restore it there, or skip this change with a reason."
    )
    problem = FieldProblem("", sentence, BusinessClass.CONFLICT, "line_deleted")
    error = RejectedError(sentence, problems=(problem,), status=404)
    error.exchange = exchange
    return error
