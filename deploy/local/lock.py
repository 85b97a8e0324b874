"""Pin every package with its hashes, for every platform, without the address of any index."""

import shutil
import subprocess
import sys

from deploy.local.bootstrap import SetUpError, get_uv
from deploy.local.places import Places

# dev is pinned within run, so that one environment can hold both; the others have environments of their own.
LOCKS: dict[str, list[str]] = {"run": [], "dev": ["--constraints", "run.txt"], "boot": [], "node": []}
_OPTIONS = ["--generate-hashes", "--no-header", "--universal", "--python-version", "3.11", "--quiet"]


def main() -> int:
    """Write the lock files of `requirements/` and `package-lock.json` anew; pins that still fit are kept."""
    places = Places()
    uv = get_uv(places.root)
    if uv is None:
        raise SetUpError("Pinning needs uv: pip install uv.")
    folder = places.root / "requirements"
    for name, more in LOCKS.items():
        print(f"  requirements/{name}.txt", flush=True)
        command = [uv, "pip", "compile", f"{name}.in", "--output-file", f"{name}.txt", *_OPTIONS, *more]
        subprocess.run(command, cwd=folder, check=True)
    if npm := shutil.which("npm"):
        print("  package-lock.json", flush=True)
        command = [npm, "install", "--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
        subprocess.run([*command, "--omit-lockfile-registry-resolved"], cwd=places.root, check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
