import json
from pathlib import Path

import pytest

from deploy.local import bootstrap
from deploy.local.bootstrap import SetUpError


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for folder in ("requirements", ".venv/bin"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "requirements" / "run.txt").write_text("django==5.2.19\n")
    (tmp_path / "requirements" / "dev.txt").write_text("django==5.2.19\npytest==9.2.0\n")
    (tmp_path / ".venv" / "bin" / "python").write_text("")
    return tmp_path


@pytest.mark.parametrize("version", [(3, 10, 14), (3, 8), (2, 7, 18)])
def test_an_old_python_is_refused_with_the_way_out(version: tuple[int, ...]) -> None:
    with pytest.raises(
        SetUpError, match=r"Python 3\.11 or later is needed, and /usr/bin/python3 is .*PYTHON=python3\.11"
    ):
        bootstrap.refuse_old_python(version, "/usr/bin/python3")


@pytest.mark.parametrize("version", [(3, 11), (3, 11, 2), (3, 13, 0), (4, 0)])
def test_a_newer_python_is_welcome(version: tuple[int, ...]) -> None:
    bootstrap.refuse_old_python(version, "python3")


def test_nothing_is_current_before_the_first_install(root: Path) -> None:
    assert not bootstrap.is_current(root, "run")


def test_an_installed_lock_is_current_until_its_file_changes(root: Path) -> None:
    bootstrap.record(root, "run")
    assert bootstrap.is_current(root, "run")
    (root / "requirements" / "run.txt").write_text("django==5.2.20\n")
    assert not bootstrap.is_current(root, "run")


def test_an_environment_for_tests_also_serves_the_demo_but_not_the_other_way_round(root: Path) -> None:
    bootstrap.record(root, "run")
    assert not bootstrap.is_current(root, "dev")
    (root / ".venv" / "installed.json").unlink()
    bootstrap.record(root, "dev")
    assert bootstrap.is_current(root, "run")


def test_a_moved_environment_is_made_anew(root: Path, tmp_path: Path) -> None:
    bootstrap.record(root, "run")
    assert not bootstrap.was_moved(root)
    recorded = json.loads((root / ".venv" / "installed.json").read_text())
    (root / ".venv" / "installed.json").write_text(json.dumps({**recorded, "root": "/elsewhere"}))
    assert bootstrap.was_moved(root)


def test_a_damaged_record_means_install_again(root: Path) -> None:
    (root / ".venv" / "installed.json").write_text("{ not json")
    assert not bootstrap.is_current(root, "run")
    assert not bootstrap.was_moved(root)


def test_a_user_without_a_home_gets_caches_inside_the_checkout(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/nonexistent")
    caches = bootstrap.tool_environment(root)
    assert {"UV_CACHE_DIR", "PIP_CACHE_DIR", "npm_config_cache"} <= caches.keys()
    assert caches["UV_CACHE_DIR"].startswith(str(root / ".state"))
    monkeypatch.setenv("HOME", str(root))
    assert bootstrap.tool_environment(root) == {}


def test_the_locks_of_this_checkout_hold_hashes_and_no_index_address() -> None:
    for lock in ("run", "dev", "boot", "node"):
        text = bootstrap.lock_file(bootstrap.ROOT, lock).read_text()
        assert "--hash=sha256:" in text
        assert "http" not in "".join(line for line in text.splitlines() if "://" in line)
        assert "index-url" not in text


def test_dev_pins_what_run_pins() -> None:
    def pins(lock: str) -> dict[str, str]:
        lines = bootstrap.lock_file(bootstrap.ROOT, lock).read_text().splitlines()
        found = (line.split(" ")[0].split("==") for line in lines if "==" in line and not line.startswith((" ", "#")))
        return {name: version for name, version, *_ in found}

    run, dev = pins("run"), pins("dev")
    assert run.items() <= dev.items()
