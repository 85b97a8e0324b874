"""Run one of the project's own commands against the local servers, with its words kept in a log.

    python -m deploy.local.commands manage.py shell

runs any Python command with the environment the product's processes have.
"""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.local.environment import load, product_environment
from deploy.local.logbook import last_lines, log_path
from deploy.local.places import Places


class CommandError(RuntimeError):
    """A command failed; `log` holds everything it said."""

    def __init__(self, words: str, log: Path) -> None:
        super().__init__(words)
        self.log = log


def run_logged(
    places: Places, name: str, words: Sequence[str], environment: Mapping[str, str], *, show: bool = False
) -> None:
    """Run a Python command to its end, writing what it says to the log `name`, and to the screen when asked.

    Shown is what it says to people, on its standard output: its own log (standard error) is only kept.

    Raises:
        CommandError: it ended with another code than 0.

    """
    places.logs.mkdir(parents=True, exist_ok=True)
    path = log_path(places.logs, name)
    command = [str(places.python), *words]
    with path.open("w", encoding="utf-8") as log, subprocess.Popen(
        command, cwd=places.root, env=dict(environment), stdin=subprocess.DEVNULL, text=True, errors="replace",
        stdout=subprocess.PIPE, stderr=log,
    ) as process:  # fmt: skip
        shown = ""
        for line in process.stdout or ():
            log.write(line)
            log.flush()
            if show and line != shown:  # a wait that repeats itself is told once
                print(f"      {line.rstrip()}", flush=True)
                shown = line
    if process.returncode != 0:
        raise CommandError(f"{' '.join(words)} ended with code {process.returncode}", path)


def tail(path: Path, count: int = 25) -> str:
    """Return the end of a log, each line set in."""
    return "\n".join(f"      {line}" for line in last_lines(path, count))


def main(arguments: list[str]) -> int:
    """Become the command, inside the product's environment."""
    places = Places()
    environment = product_environment(load(places.env_file), _without_servers(os.environ))
    python = str(places.python)
    os.execve(python, [python, *arguments], environment)


def _without_servers(caller: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in caller.items() if name not in {"DATABASE_URL", "REDIS_URL"}}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
