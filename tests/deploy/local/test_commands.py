import os
import shutil
import sys
from pathlib import Path

import pytest

from deploy.local import commands
from deploy.local.commands import CommandError
from deploy.local.places import Places


@pytest.fixture
def places(tmp_path: Path) -> Places:
    places = Places(tmp_path)
    places.python.parent.mkdir(parents=True)
    places.python.symlink_to(shutil.which(sys.executable) or sys.executable)
    return places


def test_what_a_command_says_is_logged_whole_and_shown_without_repeats(
    places: Places, capsys: pytest.CaptureFixture[str]
) -> None:
    commands.run_logged(places, "seed", ["-c", "print('a\\nwait\\nwait\\nb')"], os.environ, show=True)
    assert (places.logs / "seed.log").read_text() == "a\nwait\nwait\nb\n"
    assert capsys.readouterr().out.split() == ["a", "wait", "b"]


def test_a_commands_own_log_is_kept_and_not_shown(places: Places, capsys: pytest.CaptureFixture[str]) -> None:
    words = "import sys; print('a', flush=True); print('step_done', file=sys.stderr, flush=True); print('b')"
    commands.run_logged(places, "seed", ["-c", words], os.environ, show=True)
    assert sorted((places.logs / "seed.log").read_text().split()) == ["a", "b", "step_done"]
    assert capsys.readouterr().out.split() == ["a", "b"]


def test_a_command_that_fails_names_its_log_and_its_last_words(places: Places) -> None:
    with pytest.raises(CommandError, match="ended with code 3") as caught:
        commands.run_logged(places, "seed", ["-c", "import sys; print('no table'); sys.exit(3)"], os.environ)
    assert commands.tail(caught.value.log) == "      no table"
