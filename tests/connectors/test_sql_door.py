"""The door to databases: judged addresses, certificates that are checked, limits, and no value or secret in any record."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from apps.connectors.contract import Exchange
from apps.connectors.egress import EgressRefusedError
from apps.connectors.errors import (
    AuthExpiredError,
    BusinessClass,
    MisconfiguredError,
    RemoteError,
    RetryableError,
)
from apps.connectors.rate_budget import NoBudget
from apps.connectors.sql_door import Row, SqlDoor, Turn
from apps.connectors.sql_login import Encryption, SqlLogin
from apps.connectors.sql_problems import Place, RefusedStatementError, connect_error, refused_values, server_error
from tests.connectors.authority import Authority, shown_by
from tests.connectors.sql_front import fronted
from tests.connectors.sql_server import PASSWORD, SCHEMA, database, port, signed_in

PERSON = sql.SQL("SELECT name FROM {} WHERE employee_no = {}").format(
    sql.Identifier(SCHEMA, "people"), sql.Placeholder()
)


class Log:
    """What a door writes down."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def note(self, exchange: Exchange, sent: bytes | None, received: bytes, secrets: tuple[str, ...]) -> None:
        self.lines.append(f"{exchange} {sent!r} {received!r}")

    def tell(self) -> None:
        """Hand nothing on."""


def login(**changes: object) -> SqlLogin:
    return replace(SqlLogin(database(), database(), PASSWORD, Encryption.PLAIN), **changes)


def door(
    host: str = "127.0.0.1",
    at: int = 0,
    *,
    allowed: bool = True,
    found: tuple[str, ...] = ("127.0.0.1",),
    sign_in: SqlLogin | None = None,
    **limits: object,
) -> SqlDoor:
    async def look_up(_host: str, _port: int) -> list[str]:
        if not found:
            raise OSError("no such host")
        return list(found)

    place = f"{host}:{at or port()}"
    return SqlDoor(
        base_url=f"postgresql://{place}",
        login=sign_in or login(),
        allow=(place,) if allowed else (),
        budget=NoBudget(),
        look_up=look_up,
        **limits,  # type: ignore[arg-type]
    )


async def names(turn: Turn, key: str = "E-1") -> list[Row]:
    return await turn.rows(PERSON, [key])


# --- addresses --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("found", "kind", "words"),
    [
        pytest.param((), RetryableError, "is not known", id="a name that is not known"),
        pytest.param(("10.0.0.5",), MisconfiguredError, "private address", id="a private address"),
        pytest.param(("169.254.169.254",), MisconfiguredError, "never called", id="cloud metadata"),
        pytest.param(("93.184.215.14", "127.0.0.1"), MisconfiguredError, "private address", id="one of two is private"),
    ],
)
async def test_every_address_of_the_host_is_judged_before_one_is_called(
    found: tuple[str, ...], kind: type[RemoteError], words: str
) -> None:
    sign_in = login(encryption=Encryption.VERIFIED)
    async with door("db.example.com", allowed=False, found=found, sign_in=sign_in) as to_it:
        with pytest.raises(kind, match=words):
            await to_it.read("people", names)
        assert to_it.take_counts().failed == (1 if kind is RetryableError else 0)


@pytest.mark.parametrize(
    "address", ["postgresql://db.example.com/warehouse", "postgresql://me@db.example.com", "https://x.example"]
)
def test_an_address_with_more_than_host_and_port_is_refused(address: str) -> None:
    with pytest.raises(EgressRefusedError):
        SqlDoor(base_url=address, login=login(), allow=(), budget=NoBudget())


async def test_what_is_connected_to_is_the_address_that_was_judged() -> None:
    """The name leads nowhere: only the address that the look-up gave can have been called."""
    async with signed_in(), door("db.nowhere.invalid") as to_it:
        assert await to_it.read("people", names) == []


async def test_the_next_address_is_tried_when_nobody_answers_at_the_first() -> None:
    async with signed_in(), door("db.nowhere.invalid", found=("127.0.0.9", "127.0.0.1")) as to_it:
        assert await to_it.read("people", names) == []


# --- encryption -------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def authority() -> Iterator[Authority]:
    return Authority()


async def test_a_certificate_that_holds_is_taken_and_the_way_is_encrypted(authority: Authority, tmp_path: Path) -> None:
    sign_in = login(encryption=Encryption.VERIFIED, authority=authority.pem)
    async with signed_in(), fronted(port(), shown_by(authority, tmp_path, "db.firm.example")) as front:
        async with door("db.firm.example", front.port, sign_in=sign_in) as to_it:
            assert await to_it.read("people", names) == []
        assert front.encrypted == 1


@pytest.mark.parametrize("wrong", ["another host", "another authority", "the public authorities"])
async def test_a_certificate_that_does_not_hold_ends_the_call_before_anything_is_sent(
    authority: Authority, tmp_path: Path, wrong: str
) -> None:
    shown = "other.firm.example" if wrong == "another host" else "db.firm.example"
    trusted = {"another host": authority.pem, "another authority": Authority().pem, "the public authorities": ""}[wrong]
    sign_in = login(encryption=Encryption.VERIFIED, authority=trusted)
    async with fronted(port(), shown_by(authority, tmp_path, shown)) as front:
        async with door("db.firm.example", front.port, sign_in=sign_in) as to_it:
            with pytest.raises(RetryableError, match="No safe connection") as refused:
                await to_it.read("people", names)
        assert refused.value.business_class is BusinessClass.CONNECTION
        assert front.asked == []


async def test_a_server_without_encryption_is_not_used_unless_that_was_chosen() -> None:
    sign_in = login(encryption=Encryption.UNVERIFIED)
    async with door(sign_in=sign_in) as to_it:
        with pytest.raises(MisconfiguredError, match="offers no encrypted connection"):
            await to_it.read("people", names)


async def test_no_encryption_is_for_addresses_that_the_operator_allowed() -> None:
    async with door("db.example.com", allowed=False) as to_it:
        with pytest.raises(MisconfiguredError, match="only to addresses that the operator allowed"):
            await to_it.read("people", names)


# --- transactions -----------------------------------------------------------------------------------------------------
async def test_reading_can_change_nothing() -> None:
    remove = sql.SQL("DELETE FROM {} RETURNING 1").format(sql.Identifier(SCHEMA, "people"))
    async with signed_in(), door() as to_it:
        with pytest.raises(MisconfiguredError, match="only lets read"):
            await to_it.read("people", lambda turn: turn.rows(remove))


async def test_what_comes_too_late_is_given_up_and_the_next_call_works() -> None:
    async with signed_in(), door(timeout=0.4) as to_it:
        with pytest.raises(RetryableError) as late:
            await to_it.read("people", lambda turn: turn.rows(sql.SQL("SELECT pg_sleep(20)")))
        assert late.value.business_class is BusinessClass.TIMEOUT
        assert not late.value.ambiguous
        assert await to_it.read("people", names) == []
        assert (to_it.take_counts().failed, to_it.take_counts().ok) == (1, 0)


async def test_more_than_a_page_may_be_is_given_up_while_it_comes() -> None:
    many = sql.SQL("SELECT repeat('x', 1000), generate_series(1, 100000000)")
    async with door(max_bytes=100_000) as to_it:
        with pytest.raises(MisconfiguredError) as refused:
            await to_it.read("people", lambda turn: turn.rows(many))
    assert refused.value.business_class is BusinessClass.TOO_LARGE


async def test_rows_that_somebody_else_keeps_locked_are_a_matter_of_time() -> None:
    made = sql.SQL("INSERT INTO {} (employee_no) VALUES ('E-1') RETURNING 1").format(sql.Identifier(SCHEMA, "people"))
    async with signed_in() as hands:
        await hands.execute("BEGIN")
        await hands.execute(made)
        async with door(timeout=0.4) as to_it:
            with pytest.raises(RetryableError) as late:
                await to_it.write("people", lambda turn: turn.rows(made))
        await hands.execute("ROLLBACK")
    assert late.value.business_class is BusinessClass.TIMEOUT


async def test_two_who_wait_for_each_other_are_told_to_try_again() -> None:
    change = sql.SQL("UPDATE {} SET name = 'x' WHERE employee_no = {} RETURNING 1").format(
        sql.Identifier(SCHEMA, "people"), sql.Placeholder()
    )
    both = asyncio.Barrier(2)

    async def cross(turn: Turn, first: str, second: str) -> None:
        await turn.rows(change, [first])
        await both.wait()
        await turn.rows(change, [second])

    async with signed_in() as hands:
        await hands.execute(f"INSERT INTO {SCHEMA}.people (employee_no) VALUES ('E-1'), ('E-2')")
        async with door() as one, door() as other:
            done = await asyncio.gather(
                one.write("people", lambda turn: cross(turn, "E-1", "E-2")),
                other.write("people", lambda turn: cross(turn, "E-2", "E-1")),
                return_exceptions=True,
            )
    (failed,) = [result for result in done if isinstance(result, BaseException)]
    assert isinstance(failed, RetryableError)
    assert (failed.business_class, failed.ambiguous) == (BusinessClass.CONFLICT, False)


async def test_no_value_and_no_secret_is_in_what_is_written_down() -> None:
    log = Log()
    wrong = login(password="another-pass-word-that-is-wrong")
    async with signed_in(), door(log=log) as to_it, door(log=log, sign_in=wrong) as refused:
        await to_it.read("people", lambda turn: names(turn, "E-secret-number"))
        with pytest.raises(RemoteError):
            await to_it.write("people", lambda turn: turn.rows(sql.SQL("SELECT * FROM nowhere")))
        with pytest.raises(AuthExpiredError, match="check user and password"):
            await refused.read("people", names)
    written = "\n".join((*log.lines, repr(to_it.login)))
    assert 'SELECT name FROM "delivery"."people" WHERE employee_no = %s' in written
    assert len(log.lines) == 3
    assert not any(word in written for word in ("E-secret-number", PASSWORD, wrong.password))


@asynccontextmanager
async def _without_right(hands: psycopg.AsyncConnection) -> AsyncIterator[None]:
    await hands.execute(sql.SQL("REVOKE SELECT ON delivery.people FROM {}").format(sql.Identifier(database())))
    try:
        yield
    finally:
        await hands.execute(sql.SQL("GRANT SELECT ON delivery.people TO {}").format(sql.Identifier(database())))


async def test_a_missing_right_is_told_as_such() -> None:
    async with signed_in() as hands, _without_right(hands), door() as to_it:
        with pytest.raises(MisconfiguredError, match="ask the database's administrator") as refused:
            await to_it.read("people", names)
    assert refused.value.business_class is BusinessClass.PERMISSION


# --- what is said -----------------------------------------------------------------------------------------------------
PLACE = Place("db.password.example", "integration", "warehouse", ("very-secret-word",))
SAID = 'connection failed: connection to server at "db.password.example" (1.2.3.4), port 5432 failed: '


@pytest.mark.parametrize(
    ("text", "kind", "business_class", "words"),
    [
        ('FATAL:  password authentication failed for user "x"', AuthExpiredError, BusinessClass.PERMISSION, "let integration in"),
        ("FATAL:  Passwort-Authentifizierung für Benutzer »x« fehlgeschlagen", AuthExpiredError, BusinessClass.PERMISSION, "in:"),
        ("FATAL:  authentification par mot de passe échouée", AuthExpiredError, BusinessClass.PERMISSION, "in:"),
        ('FATAL:  role "x" does not exist', AuthExpiredError, BusinessClass.PERMISSION, "in:"),
        ('FATAL:  no pg_hba.conf entry for host "1.2.3.4"', MisconfiguredError, BusinessClass.PERMISSION, "from here"),
        ('FATAL:  database "warehouse" does not exist', MisconfiguredError, BusinessClass.CONNECTION, "no database warehouse"),
        ('FATAL:  permission denied for database "w"', MisconfiguredError, BusinessClass.PERMISSION, "may not connect"),
        ("FATAL:  sorry, too many clients already", RetryableError, BusinessClass.PROVIDER_OUTAGE, "no connection left"),
        ("FATAL:  remaining connection slots are reserved", RetryableError, BusinessClass.PROVIDER_OUTAGE, "no connection"),
        ("FATAL:  the database system is starting up", RetryableError, BusinessClass.PROVIDER_OUTAGE, "not available"),
        ("server does not support SSL, but SSL was required", MisconfiguredError, BusinessClass.CONNECTION, "no encrypted"),
        ("SSL error: certificate verify failed", RetryableError, BusinessClass.CONNECTION, "certificate is not valid"),
        ('authentication method requirement "scram-sha-256" failed', MisconfiguredError, BusinessClass.CONNECTION, "scram"),
        ("expected authentication request from server, but received H", MisconfiguredError, BusinessClass.CONNECTION, "else"),
        ("Connection refused", RetryableError, BusinessClass.CONNECTION, "does not accept connections"),
    ],
)  # fmt: skip
def test_a_connection_that_did_not_come_about_is_told_by_its_text(
    text: str, kind: type[RemoteError], business_class: BusinessClass, words: str
) -> None:
    error = connect_error(psycopg.OperationalError(SAID + text), PLACE)
    assert (type(error), error.business_class) == (kind, business_class)
    assert words in error.message


@pytest.mark.parametrize(
    ("problem", "kind", "business_class", "ambiguous"),
    [
        (psycopg.errors.InsufficientPrivilege, MisconfiguredError, BusinessClass.PERMISSION, False),
        (psycopg.errors.DeadlockDetected, RetryableError, BusinessClass.CONFLICT, False),
        (psycopg.errors.SerializationFailure, RetryableError, BusinessClass.CONFLICT, False),
        (psycopg.errors.QueryCanceled, RetryableError, BusinessClass.TIMEOUT, True),
        (psycopg.errors.AdminShutdown, RetryableError, BusinessClass.PROVIDER_OUTAGE, True),
        (psycopg.errors.TooManyConnections, RetryableError, BusinessClass.PROVIDER_OUTAGE, True),
        (psycopg.errors.DiskFull, RetryableError, BusinessClass.PROVIDER_OUTAGE, True),
        (psycopg.errors.UndefinedTable, MisconfiguredError, BusinessClass.SCHEMA_DRIFT, False),
        (psycopg.errors.ReadOnlySqlTransaction, MisconfiguredError, BusinessClass.PERMISSION, False),
        (psycopg.OperationalError, RetryableError, BusinessClass.CONNECTION, True),
    ],
)  # fmt: skip
def test_a_statement_that_failed_is_told_by_its_code(
    problem: type[psycopg.Error], kind: type[RemoteError], business_class: BusinessClass, ambiguous: bool
) -> None:
    error = server_error(problem("very-secret-word"), PLACE, "delivery.people", ambiguous=True)
    assert (type(error), error.business_class, error.ambiguous) == (kind, business_class, ambiguous)
    assert refused_values(problem("x"), ()) is None
    assert "very-secret-word" not in error.message


def test_a_refusal_of_values_is_known_from_everything_else() -> None:
    refused = refused_values(psycopg.errors.CheckViolation("with very-secret-word"), PLACE.secrets)
    assert isinstance(refused, RefusedStatementError)
    assert (refused.code, refused.message) == ("23514", "with [hidden]")
