"""`docs/types/` is true: pages and schemas are those the code would write, and no released schema is broken."""

from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings

from apps.connectors.canonical.registry import CANONICAL_TYPES, CanonicalType, canonical_type
from deploy.local.canonical_types import (
    BrokenPromiseError,
    broken_promises,
    files_of,
    page_name,
    page_of,
    schema_path,
    write_types,
)

FOLDER = Path(settings.BASE_DIR) / "docs" / "types"
TASK = canonical_type("Task")


def _without(field: str, version: int = 1) -> dict[str, CanonicalType]:
    fields = tuple(known for known in TASK.fields if known.name != field)
    return {"Task": replace(TASK, fields=fields, version=version)}


def test_no_type_breaks_the_schema_that_is_released_for_its_version() -> None:
    assert broken_promises(FOLDER) == {}, "a change that breaks those who use a type needs its next version"


def test_the_pages_and_schemas_are_those_the_code_would_write() -> None:
    stored = {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*") if path.is_file()}
    stale = [
        name for name, words in files_of().items() if name not in stored or (FOLDER / name).read_text("utf-8") != words
    ]
    assert stale == [], "run: python -m deploy.local.canonical_types"
    earlier = {
        f"schemas/{name}.v{version}.json"
        for name, one in CANONICAL_TYPES.items()
        for version in range(1, one.version + 1)
    }
    assert stored == files_of().keys() | earlier, "the schema of every version stays, and nothing else lies there"


def test_a_page_says_what_people_ask() -> None:
    page = page_of(canonical_type("TimeEntry"))
    assert "| `hours`* | Hours | hours |" in page
    assert "money per hour" in page
    assert "`open`, `submitted`, `approved`, `rejected`, `locked`." in page
    assert "Hours one person worked on one day" in page
    assert "hours are more than 0 and at most 24" in page
    assert "### Each of `lines`" in page_of(canonical_type("Invoice"))
    assert page_name(canonical_type("TimeEntry")) == "time-entry.md"


def test_a_change_that_breaks_a_promise_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    write_types(tmp_path, {"Task": TASK})
    released = (tmp_path / schema_path(TASK)).read_text("utf-8")
    with pytest.raises(BrokenPromiseError, match=r"Task: service_item was removed\. Give the type its next version\."):
        write_types(tmp_path, _without("service_item"))
    assert (tmp_path / schema_path(TASK)).read_text("utf-8") == released
    assert "`service_item`" in (tmp_path / "task.md").read_text("utf-8")


def test_the_next_version_stands_beside_the_released_one(tmp_path: Path) -> None:
    write_types(tmp_path, {"Task": TASK})
    released = (tmp_path / schema_path(TASK)).read_text("utf-8")
    write_types(tmp_path, _without("service_item", version=2))
    assert (tmp_path / schema_path(TASK)).read_text("utf-8") == released
    assert "service_item" not in (tmp_path / "schemas" / "Task.v2.json").read_text("utf-8")
