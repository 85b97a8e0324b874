"""Approved time reaches the ERP: the whole path, over real HTTP, with a real database."""

from collections.abc import Callable

from tests.lines import Line


def test_every_approved_entry_arrives_once_and_the_counts_add_up(make_line: Callable[..., Line]) -> None:
    line = make_line()
    run = line.run()
    assert run.state == "clean", (run.state, run.error_message)
    assert run.read == run.written + run.unchanged + run.skipped + run.rejected + run.waiting
    assert run.written == len(line.time_lines()) > 0
