"""Make `.venv` from a lock file with any Python 3.11 or later, then hand over to a module inside it.

    python3 -m deploy.local.bootstrap run                          # what the product needs
    python3 -m deploy.local.bootstrap dev --then deploy.local.check

Runs before anything is installed: standard library only, and syntax that an old Python can still read, so that it can
say that it is too old.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

OLDEST_PYTHON = (3, 11)
ROOT = Path(__file__).resolve().parent.parent.parent
LOCKS = ("run", "dev")
# A dev environment holds everything of run: `make lock` pins both to the same versions.
HOLDS = {"run": ("run", "dev"), "dev": ("dev",)}


class SetUpError(Exception):
    """The environment cannot be made. The message says why and what to do."""


def refuse_old_python(version: tuple[int, ...], executable: str) -> None:
    """Raise when this interpreter is too old.

    Raises:
        SetUpError: names the version found and the way out.

    """
    if version >= OLDEST_PYTHON:
        return
    found, needed = (".".join(str(part) for part in parts) for parts in (version[:2], OLDEST_PYTHON))
    raise SetUpError(
        f"Python {needed} or later is needed, and {executable} is {found}. "
        f"Install a newer one and name it: make demo PYTHON=python{needed}"
    )


def lock_file(root: Path, lock: str) -> Path:
    """Return the pinned requirements of `lock` ("run" or "dev")."""
    return root / "requirements" / (lock + ".txt")


def fingerprint(root: Path, lock: str) -> str:
    """Return what an up-to-date environment must have recorded: this lock file, in this very folder."""
    # The folder counts because a moved environment still points at its old place.
    return hashlib.sha256(lock_file(root, lock).read_bytes() + str(root).encode()).hexdigest()


def installed(root: Path) -> dict[str, str]:
    """Return the fingerprint of each lock that was installed completely, {"run": "9f2c..."}."""
    try:
        recorded = json.loads((root / ".venv" / "installed.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {lock: str(recorded[lock]) for lock in LOCKS if lock in recorded}


def is_current(root: Path, lock: str) -> bool:
    """Say whether nothing needs to be installed."""
    if not (root / ".venv" / "bin" / "python").exists():
        return False
    recorded = installed(root)
    return any(recorded.get(holder) == fingerprint(root, holder) for holder in HOLDS[lock])


def call(command: list[str], root: Path, *, extra: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command quietly and keep its words. PIP_USER would fight with a folder of our own."""
    environment = {**os.environ, **tool_environment(root), "PIP_USER": "0", **(extra or {})}
    return subprocess.run(command, cwd=str(root), env=environment, capture_output=True, text=True, check=False)


def tool_environment(root: Path) -> dict[str, str]:
    """Return cache folders for pip, uv and npm where the user's home cannot hold them (a service user has none)."""
    home = Path(os.path.expanduser("~"))  # noqa: PTH111  Path.home() raises where there is no home
    if home.is_dir() and os.access(home, os.W_OK):
        return {}
    cache = root / ".state" / "cache"
    return {
        "UV_CACHE_DIR": str(cache / "uv"),
        "PIP_CACHE_DIR": str(cache / "pip"),
        "npm_config_cache": str(cache / "npm"),
        "npm_config_update_notifier": "false",
    }


def get_uv(root: Path) -> str | None:
    """Return a uv to install with: seven times faster than pip, and it needs no ensurepip. None where it can't be had."""
    own = root / ".boot" / "bin" / "uv"
    if own.exists():
        return str(own)
    if found := shutil.which("uv"):
        return found
    pinned = root / "requirements" / "boot.txt"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target", ".boot"]
    answer = call([*install, "--require-hashes", "-r", str(pinned)], root)
    return str(own) if answer.returncode == 0 and own.exists() else None


def make_environment(root: Path, uv: str | None) -> None:
    """Create `.venv`, or create it anew when it does not work or was made in another folder.

    Raises:
        SetUpError: neither uv nor Python's own venv can.

    """
    python = root / ".venv" / "bin" / "python"
    if python.exists() and not was_moved(root) and call([str(python), "-c", "import sys"], root).returncode == 0:
        return
    shutil.rmtree(root / ".venv", ignore_errors=True)
    words = ""
    for command in (
        [uv, "venv", "--quiet", "--python", sys.executable, ".venv"],
        [sys.executable, "-m", "venv", ".venv"],
    ):
        if command[0] is None:
            continue
        answer = call([str(part) for part in command], root)
        if answer.returncode == 0:
            return
        words = (answer.stderr or answer.stdout).strip()
        shutil.rmtree(root / ".venv", ignore_errors=True)
    raise SetUpError(
        "This Python cannot make an environment. On Debian and Ubuntu: apt install python3-venv python3-pip\n" + words
    )


def was_moved(root: Path) -> bool:
    """Say whether `.venv` was made in another folder; unknown counts as no."""
    try:
        recorded = json.loads((root / ".venv" / "installed.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return bool(recorded.get("root", str(root)) != str(root))


def install(root: Path, lock: str, uv: str | None, *, into: Path | None = None) -> None:
    """Install a lock file into the environment, or into the folder `into`, every file checked against its hash.

    Raises:
        SetUpError: what the installer that came furthest said last.

    """
    python, own = str(root / ".venv" / "bin" / "python"), getattr(sys, "_base_executable", sys.executable)
    wanted = [*(["--target", str(into)] if into else []), "--require-hashes", "-r", str(lock_file(root, lock))]
    quiet = ["--quiet", "--disable-pip-version-check"]
    by_uv = [uv, "pip", "install", "--quiet", "--python", python]
    # Each further way serves a machine the one before cannot: certificates only the system knows; a mirror that only pip
    # was told of; an environment that uv made, which holds no pip of its own.
    ways = [[*by_uv, *wanted], [*by_uv, "--system-certs", *wanted]] if uv else []
    ways += [
        [python, "-m", "pip", "install", *quiet, *wanted],
        [own, "-m", "pip", "--python", python, "install", *quiet, *wanted],
    ]
    words = ""
    for way in ways:
        answer = call([str(part) for part in way], root)
        if answer.returncode == 0:
            return
        if "No module named pip" not in answer.stderr:
            words = "\n".join((answer.stderr or answer.stdout).strip().splitlines()[-12:])
    raise SetUpError(f"The packages of requirements/{lock}.txt cannot be installed:\n{words}")


def record(root: Path, lock: str) -> None:
    """Write down that `lock` is installed completely; only then does the next start skip the work."""
    kept = {name: value for name, value in installed(root).items() if name != lock}
    text = json.dumps({**kept, lock: fingerprint(root, lock), "root": str(root)}, indent=1)
    (root / ".venv" / "installed.json").write_text(text + "\n", encoding="utf-8")


def ensure(root: Path, lock: str) -> bool:
    """Bring the environment up to `lock`. Returns False when there was nothing to do.

    Raises:
        SetUpError: it cannot be done, and why.

    """
    if is_current(root, lock):
        return False
    if not os.access(str(root), os.W_OK):
        raise SetUpError(f"{root} cannot be written by this user: run as its owner.")
    uv = get_uv(root)
    make_environment(root, uv)
    install(root, lock, uv)
    record(root, lock)
    return True


def main(arguments: list[str]) -> int:
    """Bring the environment up to the named lock, then become the module named after `--then`."""
    started = time.time()
    if not arguments or arguments[0] not in LOCKS:
        print("Name what to install: run or dev.", file=sys.stderr)
        return 2
    try:
        refuse_old_python(sys.version_info[:3], sys.executable)
        if not is_current(ROOT, arguments[0]):
            print("  environment      installing the pinned packages ...", flush=True)
        if ensure(ROOT, arguments[0]):
            print(f"  environment      ready in {time.time() - started:.1f} s", flush=True)
    except SetUpError as problem:
        print(f"\nSet-up failed: {problem}", file=sys.stderr)
        return 1
    if arguments[1:2] == ["--then"]:
        python = str(ROOT / ".venv" / "bin" / "python")
        environment = {**os.environ, "STARTED_AT": str(started)}
        os.execve(python, [python, "-m", *arguments[2:]], environment)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
