"""A database for each process of tests: a copy of one that is founded once for a state of the code."""

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path

import psycopg
from psycopg import sql

_DECIDES = (".py", ".sql")  # which files of a folder
_ONE_AT_A_TIME = 724902  # founding and copying: a database is only copied while nobody is connected to it


def state_of(places: Iterable[Path]) -> str:
    """Return a mark of everything that decides what a founded database holds: the files, and the code in the folders."""
    mark = hashlib.sha256()
    for place in places:
        inside = sorted(file for file in place.rglob("*") if file.suffix in _DECIDES)
        for file in inside if place.is_dir() else [place]:
            mark.update(file.as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return mark.hexdigest()


def copy_founded(admin_dsn: str, name: str, *, source: str, state: str, found: Callable[[], None]) -> None:
    """Make the database `name` anew, as a copy of `source`, which is founded first unless it is of this `state` already.

    `found` fills the empty database `source` and leaves nobody connected to it. Whoever comes meanwhile waits: a copy takes
    half a second, founding ten times as long and more.
    """
    with psycopg.connect(admin_dsn, autocommit=True) as admin:
        admin.execute("SELECT pg_advisory_lock(%s, hashtext(%s))", [_ONE_AT_A_TIME, source])
        if _mark(admin, source) != state:
            _make(admin, source, "template0")
            found()
            words = sql.SQL("COMMENT ON DATABASE {} IS {}")
            admin.execute(words.format(sql.Identifier(source), sql.Literal(state)))
        _make(admin, name, source)


def _mark(admin: psycopg.Connection, name: str) -> str | None:
    question = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s"
    found = admin.execute(question, [name]).fetchone()
    return found[0] if found else None


def _make(admin: psycopg.Connection, name: str, source: str) -> None:
    admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
    words = sql.SQL("CREATE DATABASE {} TEMPLATE {} ENCODING 'UTF8'")
    admin.execute(words.format(sql.Identifier(name), sql.Identifier(source)))
