from pathlib import Path

import pytest

from deploy.local import logbook
from deploy.local.logbook import Logbook, last_lines, log_path


def test_a_line_stands_in_the_services_log_and_with_its_name_in_the_log_of_all(tmp_path: Path) -> None:
    book = Logbook(tmp_path)
    book.write("web", "GET /")
    book.write("worker", "ready")
    assert log_path(tmp_path, "web").read_text().endswith(" GET /\n")
    book.close()
    assert [line[9:] for line in last_lines(log_path(tmp_path, "all"), 5)] == [
        "web        | GET /",
        "worker     | ready",
    ]


def test_a_log_that_grew_too_large_is_kept_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logbook, "LARGEST_BYTES", 50)
    book = Logbook(tmp_path)
    for number in range(10):
        book.write("web", f"line {number}")
    book.close()
    assert (tmp_path / "web.log.1").exists()
    assert log_path(tmp_path, "web").read_text().endswith("line 9\n")
    assert log_path(tmp_path, "web").stat().st_size <= 80


def test_the_last_lines_of_no_log_are_none(tmp_path: Path) -> None:
    assert last_lines(tmp_path / "web.log", 5) == []
