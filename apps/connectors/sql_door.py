"""The one door to database servers: checked addresses, certificates, transactions with limits, evidence of every one."""

import asyncio
import os
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, Self, TypeVar

import psycopg
from psycopg import sql
from psycopg.pq import TransactionStatus

from apps.connectors.call_log import CallLog
from apps.connectors.call_tally import CallTally
from apps.connectors.contract import CallCounts, Exchange
from apps.connectors.egress import EgressRefusedError, parse_destination
from apps.connectors.errors import (
    AuthExpiredError,
    BusinessClass,
    MisconfiguredError,
    RemoteError,
    RetryableError,
)
from apps.connectors.judgement import is_systems_fault
from apps.connectors.name_service import LookUp, look_up_addresses
from apps.connectors.rate_budget import RateBudget
from apps.connectors.redaction import redact_text
from apps.connectors.sheet_terms import Transport
from apps.connectors.sql_connecting import Connection, connect
from apps.connectors.sql_login import SqlLogin
from apps.connectors.sql_problems import Place, RefusedStatementError, refused_values, server_error
from apps.connectors.telemetry import milliseconds_since, note_call

MAX_BYTES = 32 * 1024 * 1024  # of what one statement brings
_CLOSE_SECONDS = 5.0
_IDLE_SECONDS = 30  # a transaction that waits for us longer is ended by the server: it would hold locks
# Evidence has one form for all doors: what happened is said as HTTP would say it.
_DONE, _REFUSED, _FORBIDDEN, _ABSENT, _UNUSABLE = 200, 401, 403, 404, 422
# Answers to COMMIT after which it is certain that nothing was kept.
_NOT_KEPT = ("22", "23", "40", "44", "P0")

_T = TypeVar("_T")
Row = tuple[Any, ...]
Statement = sql.SQL | sql.Composed


class Turn:
    """One transaction under way. Statements are composed (psycopg.sql), values always bound."""

    def __init__(self, connection: Connection, place: Place, table: str, max_bytes: int) -> None:
        self._connection, self._place, self._table, self._max_bytes = connection, place, table, max_bytes
        self._points = 0
        self.shapes: list[str] = []  # the statements made, without their values
        self.rows_seen = 0

    async def rows(self, statement: Statement, values: Sequence[Any] = ()) -> list[Row]:
        """Return what a statement brings, given up as soon as it is more than a page may be.

        Raises:
            RefusedStatementError: the server refuses the values.
            RemoteError: anything else.

        """
        self._note(statement)
        found, size = list[Row](), 0
        async with self._connection.cursor() as cursor:
            try:
                async for row in cursor.stream(statement, values):
                    size += sum(len(value) for value in row if isinstance(value, str | list | dict)) + 8 * len(row)
                    if size > self._max_bytes:
                        raise _too_large(self._table, self._max_bytes)
                    found.append(row)
            except psycopg.Error as problem:
                raise self._told(problem) from problem
        self.rows_seen += len(found)
        return found

    async def attempt(self, statement: Statement, values: Sequence[Any]) -> list[Row]:
        """Like `rows`, for one record: when its values are refused, only what this statement did is taken back.

        Raises:
            RefusedStatementError: the server refuses the values; the transaction goes on.
            RemoteError: anything else; the transaction is over.

        """
        self._points += 1
        point = sql.Identifier(f"record_{self._points}")
        await self._say(sql.SQL("SAVEPOINT {}").format(point))
        try:
            found = await self.rows(statement, values)
        except RefusedStatementError:
            await self._say(sql.SQL("ROLLBACK TO SAVEPOINT {}").format(point))
            raise
        await self._say(sql.SQL("RELEASE SAVEPOINT {}").format(point))
        return found

    async def _say(self, statement: Statement) -> None:
        try:
            await self._connection.execute(statement)
        except psycopg.Error as problem:
            raise server_error(problem, self._place, self._table, ambiguous=False) from problem

    def _told(self, problem: psycopg.Error) -> Exception:
        refused = refused_values(problem, self._place.secrets)
        return refused or server_error(problem, self._place, self._table, ambiguous=False)

    def _note(self, statement: Statement) -> None:
        shape = statement.as_string(None)
        if shape not in self.shapes:
            self.shapes.append(shape)


class SqlDoor:
    """All transactions of one connection to a database server, one after the other. Use as an async context."""

    def __init__(  # noqa: PLR0913  each is one decision of the caller, all by name
        self,
        *,
        base_url: str,
        login: SqlLogin,
        allow: tuple[str, ...],
        budget: RateBudget,
        system: str = "",
        timeout: float = 30,
        max_bytes: int = MAX_BYTES,
        look_up: LookUp = look_up_addresses,
        log: CallLog | None = None,
    ) -> None:
        self.destination = parse_destination(base_url, allow, scheme=Transport.SQL)
        if self.destination.path:
            raise EgressRefusedError("The address must end with the host or its port: the database is a setting.")
        self.login, self.max_bytes = login, max_bytes
        self._budget, self._system, self._log = budget, system, log
        self._timeout, self._look_up = timeout, look_up
        self._place = Place(self.destination.host, login.user, login.database, login.secrets)
        self._connection: Connection | None = None
        self._turn = asyncio.Lock()
        self._tally = CallTally()
        self._expired = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._hang_up()
        if self._log is not None:
            self._log.tell()

    def take_counts(self) -> CallCounts:
        """Return how the calls since the last asking fared, and begin to count anew."""
        return self._tally.take()

    async def read(self, table: str, work: Callable[[Turn], Awaitable[_T]]) -> _T:
        """Let `work` read in one transaction that can change nothing. `table` is what the evidence calls it.

        Raises RemoteError.
        """
        try:
            result, _ = await self._transact("READ", table, work, writes=False)
        except RefusedStatementError as refused:
            sentence = f"The database cannot read {table}: {refused.message}."
            raise MisconfiguredError(sentence, business_class=BusinessClass.PARSE) from refused
        return result

    async def write(self, table: str, work: Callable[[Turn], Awaitable[_T]]) -> tuple[_T, Exchange]:
        """Let `work` write in one transaction; return its result and the evidence once everything is kept.

        Raises:
            RefusedStatementError: the server refuses values outside of `Turn.attempt`. Nothing was kept.
            RemoteError: nothing was kept, unless it is `ambiguous`: the answer to COMMIT was lost.

        """
        return await self._transact("WRITE", table, work, writes=True)

    async def _transact(
        self, verb: str, table: str, work: Callable[[Turn], Awaitable[_T]], *, writes: bool
    ) -> tuple[_T, Exchange]:
        await self._budget.take()
        async with self._turn:
            started, shapes = time.perf_counter(), list[str]()
            try:
                connection = await self._open()
                turn = Turn(connection, self._place, table, self.max_bytes)
                shapes = turn.shapes
                async with self._within_time(connection, table):
                    await self._begin(connection, table, writes=writes)
                    result = await work(turn)
                    await self._commit(connection, table, writes=writes)
            except RemoteError as error:
                await self._settle(error, verb, table, started, shapes)
                raise
            except RefusedStatementError as refused:
                await self._roll_back()
                self._tally.note_answer(_UNUSABLE, milliseconds_since(started))
                self._keep(self._exchange(verb, table, _UNUSABLE, started, shapes, refused.message), started)
                raise
        self._tally.note_answer(_DONE, milliseconds_since(started))
        exchange = self._exchange(verb, table, _DONE, started, shapes, f"{turn.rows_seen} rows")
        self._keep(exchange, started)
        return result, exchange

    async def _begin(self, connection: Connection, table: str, *, writes: bool) -> None:
        """Begin with settings that end with the transaction: a pooler in between may lend the session to others."""
        asked = sql.SQL(
            "BEGIN {mode}; SET LOCAL statement_timeout = {longest}; SET LOCAL lock_timeout = {longest}; "
            "SET LOCAL idle_in_transaction_session_timeout = {idle}; SET LOCAL timezone = 'UTC'; "
            "SET LOCAL datestyle = 'ISO, YMD'; SET LOCAL extra_float_digits = 1"
        ).format(
            mode=sql.SQL("READ WRITE" if writes else "READ ONLY"),
            longest=sql.Literal(int(self._timeout * 1000)),
            idle=sql.Literal(_IDLE_SECONDS * 1000),
        )
        try:
            await connection.execute(asked)
            if writes:  # what is checked at the end of a statement can be told for each record
                await connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        except psycopg.Error as problem:
            raise self._not_begun(problem, table) from problem

    def _not_begun(self, problem: psycopg.Error, table: str) -> RemoteError:
        refused = refused_values(problem, self._place.secrets)
        if refused is None:
            return server_error(problem, self._place, table, ambiguous=False)
        sentence = f"{self.destination.host} begins no transaction: {refused.message}."
        return MisconfiguredError(sentence, business_class=BusinessClass.CONNECTION)

    async def _commit(self, connection: Connection, table: str, *, writes: bool) -> None:
        try:
            cursor = await connection.execute("COMMIT")
        except psycopg.Error as problem:
            doubt = writes and not (problem.sqlstate or "").startswith(_NOT_KEPT)
            refused = refused_values(problem, self._place.secrets)
            raise refused or server_error(problem, self._place, table, ambiguous=doubt) from problem
        if cursor.statusmessage != "COMMIT":  # a transaction that had failed is rolled back without an error
            raise RetryableError(
                f"The database at {self.destination.host} kept nothing of what was written: it is tried again.",
                business_class=BusinessClass.PROVIDER_OUTAGE,
            )

    @asynccontextmanager
    async def _within_time(self, connection: Connection, table: str) -> AsyncIterator[None]:
        """End a transaction that takes too long, also when nothing is heard of the server any more.

        The line is cut instead of waiting for the server to agree to an end.
        """
        self._expired = False
        timer = asyncio.get_running_loop().call_later(self._timeout, self._cut, connection)
        try:
            yield
        except RemoteError as error:
            if not self._expired or error.business_class is not BusinessClass.CONNECTION:
                raise
            sentence = f"{self.destination.host} did not answer in time about {table}."
            late = RetryableError(sentence, business_class=BusinessClass.TIMEOUT, ambiguous=error.ambiguous)
            raise late from error
        finally:
            timer.cancel()

    def _cut(self, connection: Connection) -> None:
        self._expired = True
        with suppress(OSError, psycopg.Error):
            line = socket.socket(fileno=os.dup(connection.pgconn.socket))
            with line:
                line.shutdown(socket.SHUT_RDWR)

    async def _open(self) -> Connection:
        if self._connection is None or self._connection.closed:
            self._connection = await connect(self.destination, self.login, look_up=self._look_up, timeout=self._timeout)
        return self._connection

    async def _settle(self, error: RemoteError, verb: str, table: str, started: float, shapes: Sequence[str]) -> None:
        """Count a failed transaction and leave its evidence; the next one begins on a sound connection."""
        status = _status_of(error)
        self._tally.note_failed(status, error, milliseconds_since(started))
        if is_systems_fault(error) or error.ambiguous:
            await self._hang_up()
        else:
            await self._roll_back()
        error.exchange = self._exchange(verb, table, status, started, shapes, error.message)
        self._keep(error.exchange, started)

    async def _roll_back(self) -> None:
        connection = self._connection
        if connection is None or connection.closed:
            return
        if connection.pgconn.transaction_status == TransactionStatus.IDLE:
            return
        try:
            async with self._within_time(connection, "its last transaction"):
                await connection.execute("ROLLBACK")
        except (psycopg.Error, RemoteError):
            await self._hang_up()

    async def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(psycopg.Error, OSError, TimeoutError):
                async with asyncio.timeout(_CLOSE_SECONDS):
                    await connection.close()

    def _exchange(
        self, verb: str, table: str, status: int | None, started: float, shapes: Sequence[str], said: str
    ) -> Exchange:
        return Exchange(
            verb,
            redact_text(f"{self.destination.origin}/{self.login.database}/{table}", self.login.secrets),
            status,
            milliseconds_since(started),
            request=redact_text(";\n".join(shapes), self.login.secrets)[:4096],
            response=redact_text(said, self.login.secrets),
        )

    def _keep(self, exchange: Exchange, started: float) -> None:
        note_call(self._system, exchange.method, self.destination.host, exchange.status, started)
        if self._log is not None:
            self._log.note(exchange, exchange.request.encode(), exchange.response.encode(), self.login.secrets)


def _status_of(error: RemoteError) -> int | None:
    """Return what the server said, as HTTP would say it; None when it did not answer, or could not be asked."""
    if isinstance(error, AuthExpiredError):
        return _REFUSED
    if error.business_class is BusinessClass.PERMISSION:
        return _FORBIDDEN
    return _ABSENT if error.business_class is BusinessClass.SCHEMA_DRIFT else None


def _too_large(table: str, max_bytes: int) -> MisconfiguredError:
    return MisconfiguredError(
        f"{table} brings more than {max(1, max_bytes // (1024 * 1024))} MiB at once: leave large columns out, by a view.",
        business_class=BusinessClass.TOO_LARGE,
    )


__all__ = ["MAX_BYTES", "RefusedStatementError", "Row", "SqlDoor", "Turn"]
