"""A process's database is a copy of what was founded for the present state of the code, never of an older one."""

import os
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from psycopg import sql

from tests import conftest
from tests.databases import copy_founded, state_of


def test_what_was_founded_once_is_copied_until_the_code_changes(worker_id: str) -> None:
    dsn = conftest._admin_dsn(settings.DATABASES["owner"])
    source, copy = (f"{os.environ.get('TEST_DATABASE', conftest.TEST_DATABASE)}_{n}_{worker_id}" for n in "st")
    foundings: list[str] = []

    def holds(state: str) -> str:
        def found() -> None:
            foundings.append(state)
            with psycopg.connect(dsn, dbname=source) as inside:
                inside.execute(sql.SQL("CREATE TABLE kept AS SELECT {} AS state").format(sql.Literal(state)))

        copy_founded(dsn, copy, source=source, state=state, found=found)
        with psycopg.connect(dsn, dbname=copy) as inside:
            (held,) = inside.execute("SELECT state FROM kept").fetchall()
            inside.execute("DROP TABLE kept")  # what a test does to its copy is gone with it
        return str(held[0])

    try:
        assert [holds(state) for state in ("old", "old", "new")] == ["old", "old", "new"]
        assert foundings == ["old", "new"]
    finally:
        with psycopg.connect(dsn, autocommit=True) as admin:
            for name in (source, copy):
                admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.mark.parametrize("change", ["another line", "another file", "another text", "another name", "no file"])
def test_any_change_of_the_code_is_another_state(tmp_path: Path, change: str) -> None:
    folder = tmp_path / "apps"
    folder.mkdir()
    file = folder / "models.py"
    file.write_text("one = 1\n")
    before = state_of([folder])
    assert state_of([folder]) == before
    match change:
        case "another line":
            file.write_text("one = 2\n")
        case "another file":
            (folder / "more.py").write_text("")
        case "another text":
            (folder / "tables.sql").write_text("")
        case "another name":
            file.rename(folder / "model.py")
        case _:
            file.unlink()
    assert state_of([folder]) != before
