"""What a database's refusals and a lost connection to it mean: by SQLSTATE, in the five kinds of failure and plain words.

The codes are those of https://www.postgresql.org/docs/current/errcodes-appendix.html. A refused sign-in comes without
one (libpq hands on its text only), so there the text decides; servers write it in their own language.
"""

import re
from dataclasses import dataclass, field

import psycopg

from apps.connectors.errors import AuthExpiredError, BusinessClass, MisconfiguredError, RemoteError, RetryableError
from apps.connectors.redaction import redact_text

_LONGEST_REASON = 160
# Classes whose errors are about the values of one record: wrong values, constraints, a trigger's own refusal, a view's
# check option.
_ABOUT_VALUES = ("22", "23", "P0", "44")
_OUTAGES = ("08", "53", "57", "58", "XX", "F0")
_TIMEOUTS = frozenset({"57014", "55P03", "25P03", "57P05", "25P04"})
_AGAIN = frozenset({"40001", "40P01"})
_ABSENT = frozenset({"3F000", "42P01", "42703", "42704", "3D000"})
_WHERE = re.compile(r"^.*? port \d+ failed: ", re.DOTALL)  # names the host, whose name could look like a reason
_COLUMNS = re.compile(
    r"\(([^()]+)\)=\("
)  # "Key (number)=(7) already exists.": the brackets are the same in every language

_B = BusinessClass
_C, _P = _B.CONNECTION, _B.PERMISSION
_Sentence = tuple[re.Pattern[str], type[RemoteError], BusinessClass, str]


def _said(pattern: str, kind: type[RemoteError], business_class: BusinessClass, sentence: str) -> _Sentence:
    return re.compile(pattern, re.IGNORECASE), kind, business_class, sentence


# What a failed sign-in or connection says -> what it means. The first that fits decides.
_CONNECTING: tuple[_Sentence, ...] = (
    _said(
        r"too many clients|connection slots|too many connections|53300",
        RetryableError,
        _B.PROVIDER_OUTAGE,
        "{host} has no connection left for {user}: it is tried again by itself.",
    ),
    _said(
        r"starting up|shutting down|recovery mode|not yet accepting|57P0",
        RetryableError,
        _B.PROVIDER_OUTAGE,
        "The database at {host} is not available right now.",
    ),
    _said(
        r"invalid response to SSL|unsupported frontend|expected authentication request",
        MisconfiguredError,
        _C,
        "{host} speaks something else than PostgreSQL at this port: check address and port.",
    ),
    _said(
        r"does not support SSL|SSL was required",
        MisconfiguredError,
        _C,
        "{host} offers no encrypted connection: ask its administrator to switch it on.",
    ),
    _said(
        r"certificate|SSL error|tlsv1",
        RetryableError,
        _C,
        "No safe connection to {host} could be made: its certificate is not valid, has another name, or is vouched for by "
        "an authority that was not entered.",
    ),
    _said(
        r"authentication method requirement|did not complete authentication",
        MisconfiguredError,
        _C,
        "{host} asks for the password in a form that whoever reads along could use: let its administrator choose "
        "scram-sha-256, or let the certificate be checked.",
    ),
    _said(
        r"pg_hba\.conf|no encryption",
        MisconfiguredError,
        _P,
        "{host} lets nobody in from here as {user}: ask its administrator to allow this user, database and address.",
    ),
    _said(
        r"password|authenti[fc]|role .* does not exist|not permitted to log in|28P01|28000|contrase|passwor[dt]|mot de passe",
        AuthExpiredError,
        _P,
        "{host} does not let {user} in: check user and password on the connection's page.",
    ),
    _said(
        r"permission denied for database|42501",
        MisconfiguredError,
        _P,
        "The user {user} may not connect to the database {database}: ask its administrator for the right to connect.",
    ),
    _said(
        r"database .* does not exist|3D000",
        MisconfiguredError,
        _C,
        "{host} has no database {database}: check it in the connection's settings.",
    ),
)


@dataclass(frozen=True, slots=True)
class Place:
    """What sentences name: the server, who signs in, the database; `secrets` never appear in one."""

    host: str
    user: str
    database: str
    secrets: tuple[str, ...] = field(default=(), repr=False)


class RefusedStatementError(Exception):
    """The server understood a statement and refuses its values.

    `columns` are those it blames, as far as it says; `constraint` the rule that was broken, "" where it names none.
    """

    def __init__(self, code: str, message: str, columns: tuple[str, ...], constraint: str) -> None:
        super().__init__(message)
        self.code, self.message, self.columns, self.constraint = code, message, columns, constraint


def refused_values(problem: psycopg.Error, secrets: tuple[str, ...]) -> RefusedStatementError | None:
    """Return the refusal when an error is about the values of one record, None when it is about anything else."""
    code = problem.sqlstate or ""
    if not code and isinstance(problem, psycopg.DataError):  # refused before it was sent: a null character in a text
        return RefusedStatementError("22021", _reason(problem, secrets), (), "")
    if not code.startswith(_ABOUT_VALUES):
        return None
    diagnosis = problem.diag
    named = (diagnosis.column_name,) if diagnosis.column_name else ()
    found = _COLUMNS.search(diagnosis.message_detail or "")
    told = tuple(part.strip().strip('"') for part in found[1].split(",")) if found else ()
    return RefusedStatementError(code, _reason(problem, secrets), named or told, diagnosis.constraint_name or "")


def server_error(problem: psycopg.Error, place: Place, table: str, *, ambiguous: bool) -> RemoteError:
    """Return the error for a statement about `table` that failed for another reason than the values in it."""
    code = problem.sqlstate or ""
    if not code and not isinstance(problem, psycopg.OperationalError | psycopg.InterfaceError):
        sentence = f"The statement about {table} could not be put together: {_reason(problem, place.secrets)}."
        return MisconfiguredError(sentence, business_class=_B.INTERNAL)
    if not code:
        sentence = f"{place.host} closed the connection before it had answered."
        return RetryableError(sentence, business_class=_C, ambiguous=ambiguous)
    if code == "42501":
        sentence = (
            f"The user {place.user} may not do that with {table}: ask the database's administrator for the right."
        )
        return MisconfiguredError(sentence, business_class=_P)
    if code in {"28P01", "28000"}:
        sentence = f"{place.host} does not let {place.user} in: check user and password on the connection's page."
        return AuthExpiredError(sentence, business_class=_P)
    if code in _AGAIN:
        sentence = f"Somebody else was changing the same rows of {table}: nothing was written, it is tried again."
        return RetryableError(sentence, business_class=_B.CONFLICT)
    if code in _TIMEOUTS:
        sentence = f"{place.host} did not finish with {table} in time, or somebody else keeps its rows locked."
        return RetryableError(sentence, business_class=_B.TIMEOUT, ambiguous=ambiguous)
    if code.startswith(_OUTAGES):
        sentence = f"The database at {place.host} is not available right now."
        return RetryableError(sentence, business_class=_B.PROVIDER_OUTAGE, ambiguous=ambiguous)
    return _set_up(code, place, table, _reason(problem, place.secrets))


def _set_up(code: str, place: Place, table: str, reason: str) -> RemoteError:
    """Return the error for what every record would meet alike."""
    if code in _ABSENT:
        sentence = f"The database {place.database} no longer has {table} as it was: its administrator changed it."
        return MisconfiguredError(sentence, business_class=_B.SCHEMA_DRIFT)
    if code == "25006":
        sentence = f"{place.host} only lets read: enter the address of the main server, not that of a copy."
        return MisconfiguredError(sentence, business_class=_P)
    if code == "42P10":
        sentence = f"{table} has no unique index on the column with our number: ask its administrator for one."
        return MisconfiguredError(sentence, business_class=_C)
    return MisconfiguredError(
        f"The database cannot do that with {table} ({code}): {reason}.", business_class=_B.VALIDATION
    )


def connect_error(problem: Exception, place: Place) -> RemoteError:
    """Return the error for a connection that did not come about; nothing is in doubt after it."""
    if isinstance(problem, TimeoutError | psycopg.errors.ConnectionTimeout):
        sentence = f"{place.host} did not answer in time."
        return RetryableError(sentence, business_class=_B.TIMEOUT)
    text = _told(problem)
    for pattern, kind, business_class, sentence in _CONNECTING:
        if pattern.search(text):
            filled = sentence.format(host=place.host, user=place.user, database=place.database)
            return kind(filled, business_class=business_class)
    return RetryableError(f"{place.host} does not accept connections right now.", business_class=_C)


def is_unreached(problem: Exception) -> bool:
    """Tell whether nobody answered at an address, so that another one of the same host may be tried."""
    text = _told(problem)
    return isinstance(problem, TimeoutError | psycopg.errors.ConnectionTimeout) or not any(
        pattern.search(text) for pattern, *_ in _CONNECTING
    )


def _told(problem: Exception) -> str:
    return _WHERE.sub("", str(problem))


def _reason(problem: psycopg.Error, secrets: tuple[str, ...]) -> str:
    text = redact_text(problem.diag.message_primary or str(problem), secrets).replace("\x00", "")
    return " ".join(text.split())[:_LONGEST_REASON].rstrip(".") or "no reason was given"
