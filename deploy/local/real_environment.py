"""Environments of real systems: made from a lock file with hashes, made anew when that changes, apart from the product's."""

import hashlib
import subprocess
import sys
from pathlib import Path

from deploy.local.real_server import BootError


def environment_from(lock: Path, folder: Path, python: str, what: str) -> Path:
    """Create the environment when it is missing or its lock changed; return its Python.

    `python` is the interpreter it is made with, `what` the system that is told when it cannot be.

    Raises:
        BootError: the packages could not be installed.

    """
    venv, stamp = folder / "venv", folder / "venv.lock"
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    made = venv / "bin" / "python"
    if made.exists() and stamp.exists() and stamp.read_text() == wanted:
        return made
    folder.mkdir(parents=True, exist_ok=True)
    for step in _steps(lock, venv, python):
        ended = subprocess.run(step, capture_output=True, text=True, check=False)
        if ended.returncode:
            raise BootError(f"{what}'s packages could not be installed:\n{ended.stderr[-1500:]}")
    stamp.write_text(wanted)
    return made


def _steps(lock: Path, venv: Path, python: str) -> list[list[str]]:
    uv, made = Path(sys.executable).with_name("uv"), str(venv / "bin" / "python")
    if uv.exists():
        return [
            [str(uv), "venv", "--quiet", "--clear", "--python", python, str(venv)],
            [str(uv), "pip", "install", "--quiet", "--python", made, "--require-hashes", "-r", str(lock)],
        ]
    return [
        [python, "-m", "venv", "--clear", str(venv)],
        [made, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", str(lock)],
    ]
