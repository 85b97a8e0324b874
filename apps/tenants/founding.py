"""An empty schema gets its tables from one text of SQL, not from a hundred migrations one after the other.

The texts in `schemas/` are what all migrations together make; `make schemas` writes them, and a test compares them with what
Django's executor makes from nothing. A text counts only while it belongs to the very migrations of this release: otherwise,
and for every schema that has tables already, Django migrates as ever.
"""

import hashlib
import inspect
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.commands import migrate
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader

FOLDER = Path(__file__).with_name("schemas")
PUBLIC = "public"
STAND_IN = "schema_of_a_partner"  # stands in the text wherever a partner's own schema is named


class Migrate(migrate.Command):
    """Django's `migrate`, which django-tenants runs in each schema: one without tables is founded from its text."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Found or migrate the schema that the connection points at."""
        connection = connections[options["database"]]
        all_of_it = not (options["app_label"] or options["plan"] or options["fake"] or options["check_unapplied"])
        if all_of_it and settings.FOUND_FROM_TEXTS and _is_empty(connection):
            text = current_text(connection.schema_name)  # type: ignore[attr-defined]
            if text is not None:
                found(connection, text)
                if options["verbosity"] >= 1:
                    self.stdout.write("  Founded with all its tables.")
                return
        super().handle(*args, **options)


def current_text(schema: str) -> str | None:
    """Return the SQL that fills the empty `schema`, or None when the stored one is of other migrations than these."""
    path = text_path(schema)
    if not path.exists():
        return None
    head, _, text = path.read_text("utf-8").partition("\n")
    if head != head_line():
        return None
    return text if schema == PUBLIC else text.replace(STAND_IN, schema)


def text_path(schema: str) -> Path:
    """Return where the text of a schema is kept: one for the public schema, one for all partners'."""
    return FOLDER / ("public.sql" if schema == PUBLIC else "partner.sql")


def head_line() -> str:
    """Return the first line of a stored text: a mark of every migration there is, by name and content."""
    mark = hashlib.sha256()
    for (app, name), migration in sorted(MigrationLoader(None).disk_migrations.items()):
        source = Path(inspect.getfile(type(migration))).read_bytes()
        mark.update(f"{app}.{name}\0".encode() + source + b"\0")
    return f"-- Made by the migrations {mark.hexdigest()}"


def found(connection: BaseDatabaseWrapper, text: str) -> None:
    """Run the text in the connection's schema: all of it, or nothing."""
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS django_migrations")  # django-tenants makes it before it calls `migrate`
        cursor.execute(text)


def _is_empty(connection: BaseDatabaseWrapper) -> bool:
    question = "SELECT count(*) FROM pg_tables WHERE schemaname = %s AND tablename <> 'django_migrations'"
    with connection.cursor() as cursor:
        cursor.execute(question, [connection.schema_name])  # type: ignore[attr-defined]
        (tables,) = cursor.fetchone()
    return int(tables) == 0
