"""`make schemas`: write what all migrations together make into `apps/tenants/schemas/`, which new schemas are founded from.

`make schemas ARGS=--check` writes nothing: it says where the stored texts differ from what the migrations make.
"""

import contextlib
import difflib
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit, urlunsplit

import django
import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.test.utils import override_settings
from psycopg import sql

from apps.tenants.database_roles import APP, CUSTOMER, STAFF, prepare_database
from apps.tenants.founding import PUBLIC, STAND_IN, current_text, head_line, text_path
from deploy.local import postgres
from deploy.local.places import Places
from deploy.local.testing import EXPECTED, ThrowawayError, environment_for_tests, servers_for_tests

CHECK, INSIDE = "--check", "--inside"  # INSIDE: servers and their environment are there already
SEEDED = ("django_content_type", "auth_permission")  # the rows that Django itself makes after migrating
_OF_A_MONTH = "_20[0-9][0-9]_[0-9][0-9]"  # partitions that are made for the months around today
# What a dump sets for its own session; the database founds a schema with what it has set itself.
_SET = "|".join((
    "statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "transaction_timeout", "client_encoding",
    "standard_conforming_strings", "check_function_bodies", "xmloption", "client_min_messages", "row_security",
    "default_tablespace", "default_table_access_method",
))  # fmt: skip
_NOISE = re.compile(
    rf"^(--.*|SET ({_SET}) = .*;|SELECT pg_catalog\.set_config\('search_path'.*|\\(un)?restrict .*|)\n", re.MULTILINE
)
_OF_THE_SCHEMA = re.compile(r"^(CREATE SCHEMA .*|COMMENT ON SCHEMA .*|GRANT .* ON SCHEMA .*)\n", re.MULTILINE)
_AS_READ_AGAIN = re.compile(r"ANY \(\(ARRAY\[([^\]]*)\]\)::text\[\]\)")
# The database gives each new table the usual rights; a dump only says which ones a table has.
_NO_RIGHTS = "".join(
    f"REVOKE ALL ON ALL {kind} IN SCHEMA {{schema}} FROM {APP}, {STAFF}, {CUSTOMER};\n"
    for kind in ("TABLES", "SEQUENCES")
)
_MONTHS = (
    "SELECT {schema}.flows_add_batch_month((date_trunc('month', now() AT TIME ZONE 'UTC')"
    " + months * interval '1 month')::date) FROM generate_series(0, 1) AS months;\n"
)


def texts_made(*, from_texts: bool) -> dict[str, str]:
    """Return the SQL of both schemas as the migrations make them from nothing, or as the stored texts found them.

    Raises:
        ValueError: a table holds rows that the text would leave out.

    """
    made = "founded" if from_texts else "migrated"
    with _database_made(f"schemas_{made}_{os.getpid()}", from_texts=from_texts) as dsn:
        return {schema: _structure(dsn, schema) + _rows(dsn, schema) for schema in (PUBLIC, STAND_IN)}


@contextlib.contextmanager
def _database_made(name: str, *, from_texts: bool) -> Iterator[str]:
    """Give the address of a database with both schemas, made by the migrations or founded from the stored texts."""
    from apps.tenants.provisioning import make_schema  # models, which only INSIDE has the settings for

    admin = os.environ["TEST_ADMIN_DATABASE_URL"]
    app_password, owner_password = (str(settings.DATABASES[alias]["PASSWORD"]) for alias in ("default", "owner"))
    prepare_database(admin, database=name, app_password=app_password, owner_password=owner_password)
    for alias in ("default", "owner"):
        connections[alias].close()
        connections[alias].settings_dict["NAME"] = name
    try:
        with override_settings(FOUND_FROM_TEXTS=from_texts):
            call_command("migrate_schemas", shared=True, database="owner", interactive=False, verbosity=0)
            make_schema(STAND_IN)
        yield urlunsplit(urlsplit(admin)._replace(path=f"/{name}"))
    finally:
        for alias in ("default", "owner"):
            connections[alias].close()
        with psycopg.connect(admin, autocommit=True) as server:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _structure(dsn: str, schema: str) -> str:
    words = [_pg_dump(), "--schema-only", "--no-owner", "--schema", schema]
    words += ["--exclude-table", f"{schema}.*{_OF_A_MONTH}", dsn]
    dumped = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    kept = _AS_READ_AGAIN.sub(_read_again, re.sub(_OF_THE_SCHEMA, "", _NOISE.sub("", dumped)))
    structure, grant, rights = kept.partition("\nGRANT ")
    months = _MONTHS if f"FUNCTION {schema}.flows_add_batch_month" in kept else ""
    return f"{structure}\n{_NO_RIGHTS}{grant.lstrip()}{rights}{months}".replace("{schema}", schema)


def _pg_dump() -> str:
    return str(postgres.find_binaries() / "pg_dump")


def _read_again(found: re.Match[str]) -> str:
    """Write a list of a condition as PostgreSQL itself does once it has read its own words back."""
    return f"ANY (ARRAY[{', '.join(f'({word})::text' for word in found[1].split(', '))}])"


def _rows(dsn: str, schema: str) -> str:
    with psycopg.connect(dsn) as inside:
        tables = [name for (name,) in inside.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = %s ORDER BY 1", [schema]
        )]  # fmt: skip
        for table in {*tables} - {*SEEDED, "django_migrations"}:
            place = sql.Identifier(schema, table)
            if inside.execute(sql.SQL("SELECT 1 FROM {} LIMIT 1").format(place)).fetchone():
                raise ValueError(f"Migrations leave rows in {schema}.{table}: let the text carry them.")
        names = inside.execute(
            sql.SQL("SELECT app, name FROM {} ORDER BY id").format(sql.Identifier(schema, "django_migrations"))
        ).fetchall()
    made = ",\n".join(f"('{app}', '{name}', now())" for app, name in names)
    words = [_pg_dump(), "--data-only", "--rows-per-insert=1000"]
    words += [word for table in SEEDED for word in ("--table", f"{schema}.{table}")]
    seeded = subprocess.run([*words, dsn], capture_output=True, text=True, check=True).stdout
    return f"INSERT INTO {schema}.django_migrations (app, name, applied) VALUES\n{made};\n" + _NOISE.sub("", seeded)


def write() -> int:
    """Store both texts."""
    for schema, text in texts_made(from_texts=False).items():
        text_path(schema).write_text(f"{head_line()}\n{text}", "utf-8")
        print(f"{text_path(schema).relative_to(settings.BASE_DIR)}: {len(text.splitlines())} lines")
    return 0


def check() -> int:
    """Say what the stored texts make otherwise than the migrations do; 0 when nothing."""
    migrated = texts_made(from_texts=False)
    stale = [schema for schema in migrated if current_text(schema) is None]
    founded = texts_made(from_texts=True)
    wrong = [line for schema in migrated for line in differences(migrated[schema], founded[schema])]
    for line in wrong[:40]:
        print(line)
    if stale or wrong:
        print("The stored schemas are not what the migrations make: run `make schemas`.")
        return 1
    return 0


def differences(migrated: str, founded: str) -> list[str]:
    """Return the lines in which two texts differ, + for what only the founded one has."""
    lines = difflib.unified_diff(migrated.splitlines(), founded.splitlines(), lineterm="", n=0)
    return [line for line in lines if not line.startswith(("---", "+++", "@@"))]


def main(arguments: list[str]) -> int:
    """Start throwaway servers and do the work inside their environment."""
    if INSIDE in arguments:
        django.setup()
        return check() if CHECK in arguments else write()
    places = Places()
    try:
        with servers_for_tests(places) as local:
            environment: Mapping[str, str] = environment_for_tests(local)
            words = [str(places.python), "-m", "deploy.local.schema_texts", INSIDE, *arguments]
            return subprocess.run(words, cwd=places.root, env=environment, check=False).returncode
    except (ThrowawayError, *EXPECTED) as problem:
        print(f"The schemas could not be made: {problem}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
