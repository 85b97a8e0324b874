"""The environment of a bench: the caller's servers (as `make bench` gives them) or throwaway ones, and a fresh database."""

import contextlib
import os
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit, urlunsplit

import psycopg
from psycopg import sql

from apps.tenants.database_roles import prepare_database
from deploy.local.places import Places
from deploy.local.testing import environment_for_tests, servers_for_tests


@contextlib.contextmanager
def bench_environment(database: str, *, keep: bool = False) -> Iterator[dict[str, str]]:
    """Give the environment of the measured processes, with a database of their own that is empty and dropped after.

    With `keep` it is used as an earlier call left it, and stays.
    """
    with contextlib.ExitStack() as stack:
        given = dict(os.environ)
        if not given.get("OWNER_DATABASE_URL") or not given.get("TEST_ADMIN_DATABASE_URL"):
            local = stack.enter_context(servers_for_tests(Places(), careless=False))
            given = environment_for_tests(local)
        admin = urlunsplit(urlsplit(given["TEST_ADMIN_DATABASE_URL"])._replace(path="/postgres"))
        app, owner = given["DATABASE_URL"], given["OWNER_DATABASE_URL"]
        if not keep:
            _drop(admin, database)
            stack.callback(_drop, admin, database)
        prepare_database(admin, database=database, app_password=_password(app), owner_password=_password(owner))
        yield {
            **given,
            "DJANGO_SETTINGS_MODULE": "config.settings.base",
            "DATABASE_URL": _with_database(app, database),
            "OWNER_DATABASE_URL": _with_database(owner, database),
            "LOG_FORMAT": "console",
        }


def _drop(admin: str, database: str) -> None:
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))


def _password(url: str) -> str:
    return unquote(urlsplit(url).password or "")


def _with_database(url: str, database: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))
