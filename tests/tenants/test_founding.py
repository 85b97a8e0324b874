"""A new schema is founded from one text, and has just what the migrations would have made of it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import DatabaseError, connections
from pytest_django import DjangoDbBlocker

from apps.tenants import founding

EMPTY = "schema_of_a_test"


@pytest.fixture
def empty_schema(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Turn the owner's connection to a schema without tables."""
    with django_db_blocker.unblock():
        owner = connections["owner"]
        with owner.cursor() as cursor:
            cursor.execute(f"CREATE SCHEMA {EMPTY}")
        owner.set_schema(EMPTY, include_public=False)  # type: ignore[attr-defined]
        yield
        owner.set_schema_to_public()  # type: ignore[attr-defined]
        with owner.cursor() as cursor:
            cursor.execute(f"DROP SCHEMA {EMPTY} CASCADE")
        owner.close()


def _tables() -> int:
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_tables WHERE schemaname = %s", [EMPTY])
        return int(cursor.fetchone()[0])


@pytest.mark.timeout(1800)
def test_the_stored_texts_make_what_all_migrations_make_from_nothing(django_db_setup: None) -> None:
    words = [sys.executable, "-m", "deploy.local.schema_texts", "--inside", "--check"]
    ran = subprocess.run(words, cwd=settings.BASE_DIR, env=os.environ, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_a_text_of_other_migrations_founds_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert founding.current_text("p_1") is not None
    monkeypatch.setattr(founding, "FOLDER", tmp_path)
    assert founding.current_text("p_1") is None, "there is none"
    (tmp_path / "partner.sql").write_text("-- Made by the migrations 00\nSELECT 1;\n", "utf-8")
    assert founding.current_text("p_1") is None


def test_each_partner_is_founded_under_its_own_name() -> None:
    text = founding.current_text("p_1")
    assert text is not None
    assert "CREATE TABLE p_1.customers_customer " in text
    assert founding.STAND_IN not in text


def test_a_text_that_breaks_off_leaves_nothing_behind(empty_schema: None) -> None:
    text = f"CREATE TABLE {EMPTY}.one (id int); SELECT 1 / 0;"
    with pytest.raises(DatabaseError, match="division by zero"):
        founding.found(connections["owner"], text)
    assert _tables() == 0
