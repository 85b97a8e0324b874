"""`make check`: formatting, lint, import contracts, types, templates, migrations; each with its seconds."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from deploy.local.environment import load, product_environment
from deploy.local.places import Places

AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class Check:
    """One tool and what it is asked."""

    name: str
    command: list[str]
    mend: str = ""


def all_checks(places: Places) -> list[Check]:
    """Return the checks, the longest first."""
    python, tools = str(places.python), places.python.parent
    return [
        Check("types", [python, "-m", "mypy", "apps", "config", "deploy"]),
        Check("format", [str(tools / "ruff"), "format", "--check", "."], "make format"),
        Check("lint", [str(tools / "ruff"), "check", "."], "make format"),
        Check("import contracts", [python, str(tools / "lint-imports")]),
        Check("templates", [python, "-m", "djlint", "templates", "--lint", "--quiet"]),
        Check(
            "migrations", [python, "manage.py", "makemigrations", "--check", "--dry-run"], "manage.py makemigrations"
        ),
    ]


def mend(places: Places) -> int:
    """Format the code and mend what lint can mend by itself."""
    ruff = str(places.python.parent / "ruff")
    for words in (["check", "--fix-only", "--quiet", "."], ["format", "."]):
        subprocess.run([ruff, *words], cwd=places.root, check=False)
    return 0


def main(arguments: list[str]) -> int:
    """Run every check, also after one failed. 0 when all pass."""
    places = Places()
    if arguments == ["--mend"]:
        return mend(places)
    local = load(places.env_file)
    environment = {**product_environment(local, os.environ), "DJANGO_SETTINGS_MODULE": "config.settings.test"}
    failed = []
    # The tools use one processor each: types take as long as all others together, beside them.
    with ThreadPoolExecutor(AT_ONCE) as hands:
        running = [(check, hands.submit(_ask, check, places, environment)) for check in all_checks(places)]
        for check, answer in running:
            complaints, seconds = answer.result()
            print(f"  {check.name:<18} {'FAILED' if complaints else 'ok'} ({seconds:.1f} s)", flush=True)
            if complaints:
                failed.append(check)
                print("\n".join(f"      {line}" for line in complaints))
    for check in failed:
        print(f"  {check.name}: mend it{' with ' + check.mend if check.mend else ''} and run make check again.")
    return 1 if failed else 0


def _ask(check: Check, places: Places, environment: dict[str, str]) -> tuple[list[str], float]:
    """Return what a tool complains of, nothing when it passes, and how long it took."""
    started = time.monotonic()
    answer = subprocess.run(
        check.command, cwd=places.root, env=environment, capture_output=True, text=True, check=False
    )
    seconds = time.monotonic() - started
    if answer.returncode == 0:
        return [], seconds
    said = (answer.stdout + answer.stderr).strip().splitlines()
    return said or [f"It ended with {answer.returncode} and said nothing."], seconds


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
