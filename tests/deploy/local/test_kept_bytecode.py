"""Compiled files are kept where the caller wants none beside the sources."""

import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local.environment import with_kept_bytecode

NO_FILES = "PYTHONDONTWRITEBYTECODE"


def _import_a_module_of(folder: Path, environment: dict[str, str]) -> None:
    (folder / "sources").mkdir()
    (folder / "sources" / "harbour.py").write_text("KEY = 1\n")
    command = [sys.executable, "-c", "import harbour"]
    subprocess.run(command, check=True, env={**environment, "PYTHONPATH": str(folder / "sources")})


def test_where_no_compiled_files_are_wanted_beside_the_sources_they_are_kept_elsewhere(tmp_path: Path) -> None:
    _import_a_module_of(tmp_path, with_kept_bytecode({NO_FILES: "1"}, tmp_path / "kept"))
    assert [path.name for path in (tmp_path / "sources").iterdir()] == ["harbour.py"]
    assert [path.name.split(".")[0] for path in (tmp_path / "kept").rglob("harbour*.pyc")] == ["harbour"]


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"HOME": "/home/robin"}, id="compiled files are welcome"),
        pytest.param({NO_FILES: "", "HOME": "/home/robin"}, id="the wish is empty"),
    ],
)
def test_everybody_elses_environment_stays_as_it_is(given: dict[str, str], tmp_path: Path) -> None:
    assert with_kept_bytecode(given, tmp_path) == given


def test_a_place_that_the_caller_chose_is_kept(tmp_path: Path) -> None:
    given = {NO_FILES: "1", "PYTHONPYCACHEPREFIX": "/elsewhere"}
    assert with_kept_bytecode(given, tmp_path) == {"PYTHONPYCACHEPREFIX": "/elsewhere"}
