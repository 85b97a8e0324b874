"""What is kept in the repository, and that its settings and migrations are whole."""

import os
import re
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

ROOT = Path(settings.BASE_DIR)
# Written apart so that this file does not find itself.
_MACHINE = re.compile(r"(?<![\w./<-])/(?:work|home/\w+|Users/\w+)/" + r"\w")
_REGISTRIES = re.compile(
    "|".join(("pypi" + r"\.org", "pythonhosted" + r"\.org", "registry\\." + "npmjs", "--(?:extra-)?index" + "-url"))
)
_BINARY = {".png", ".ico", ".woff2", ".jpg", ".zst"}


def _git(*words: str) -> list[str]:
    answer = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True)
    return answer.stdout.splitlines()


def _kept() -> list[Path]:
    return [ROOT / name for name in _git("ls-files") if (ROOT / name).is_file() and Path(name).suffix not in _BINARY]


def test_nothing_ignored_is_kept() -> None:
    assert _git("ls-files", "--cached", "--ignored", "--exclude-standard") == []


def test_no_path_of_a_machine_is_kept() -> None:
    assert _lines_with(_MACHINE) == []


def test_no_address_of_a_package_registry_is_kept() -> None:
    assert _lines_with(_REGISTRIES) == []


def _lines_with(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:120]}"
        for path in _kept()
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1)
        if pattern.search(line)
    ]


def test_no_large_file_is_kept() -> None:
    kept = [ROOT / name for name in _git("ls-files") if not name.endswith(".po")]  # translations grow with the product
    assert [str(path) for path in kept if path.is_file() and path.stat().st_size > 400_000] == []


def test_no_secret_is_kept() -> None:
    assert _lines_with(re.compile(r"^-----BEGIN [A-Z ]*PRIVATE KEY|fl_live_[A-Za-z0-9]{20,}|AKIA[0-9A-Z]{16}")) == []


@pytest.mark.django_db(databases=["default", "owner"])
def test_the_models_and_their_migrations_agree() -> None:
    out = StringIO()
    call_command("makemigrations", check=True, dry_run=True, stdout=out)
    assert "No changes" in out.getvalue()


def _production(**changes: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        "PRODUCTION": "1",
        "DJANGO_SETTINGS_MODULE": "config.settings.production",
        "SECRET_KEY": "k7" * 20 + "a-long-key-with-many-different-letters-0123456789",
        "CREDENTIALS_KEY": "dHR0dHR0dHR0dHR0dHR0dHR0dHR0dHR0dHR0dHR0dHQ=",
        "DATABASE_URL": "postgresql://fairlead_app:app@127.0.0.1:1/fairlead",
        "REDIS_URL": "redis://127.0.0.1:1",
        "PUBLIC_SCHEME": "https",
        **changes,
    }
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=90, check=False,
    )  # fmt: skip


def test_production_settings_pass_the_deployment_check() -> None:
    answer = _production()
    assert answer.returncode == 0, answer.stderr[-3000:]


@pytest.mark.parametrize("name", ["SECRET_KEY", "CREDENTIALS_KEY", "DATABASE_URL", "REDIS_URL"])
def test_production_refuses_to_start_without(name: str) -> None:
    answer = _production(**{name: ""})
    assert answer.returncode != 0
    assert name in answer.stderr
