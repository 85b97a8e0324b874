"""Where the local set-up keeps what it makes: everything lies in `.state/`, which git ignores."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class Places:
    """The paths of one checkout. `root` differs from `ROOT` only in tests."""

    root: Path = ROOT

    @property
    def state(self) -> Path:
        """The folder of everything that is made at run time."""
        return self.root / ".state"

    @property
    def env_file(self) -> Path:
        """Secrets and ports, made once, readable by their owner only."""
        return self.state / "env"

    @property
    def logs(self) -> Path:
        """One log per service, and `all.log` with every line of all of them."""
        return self.state / "logs"

    @property
    def run_file(self) -> Path:
        """What the supervisor runs right now: its process id and one entry per service."""
        return self.state / "run.json"

    @property
    def supervisor_lock(self) -> Path:
        """Locked by the one living supervisor; the system frees it when that process dies."""
        return self.state / "supervisor.lock"

    @property
    def open_doors(self) -> Path:
        """Exists once the database is migrated: the supervisor then starts what needs tables."""
        return self.state / "open-doors"

    @property
    def summary(self) -> Path:
        """What the last `make demo` set up and found, as `seed_demo` wrote it."""
        return self.state / "demo.json"

    @property
    def vendor(self) -> Path:
        """The browser files of other projects, copied here from npm packages."""
        return self.root / "static" / "vendor"

    @property
    def python(self) -> Path:
        """The interpreter of the project's own environment."""
        return self.root / ".venv" / "bin" / "python"
