"""`make bench`: run the programs of `bench/` against throwaway servers that do wait for the disk, as real ones do.

Names choose some of them: `make bench ARGS="mapping throughput"`. Each prints its table and returns 1 when a promise of
its own is broken.
"""

import subprocess
import sys

from deploy.local import broker, postgres
from deploy.local.database import PrepareError
from deploy.local.environment import EnvironmentFileError
from deploy.local.places import Places
from deploy.local.testing import ThrowawayError, clear_leftovers, environment_for_tests, servers_for_tests


def list_benches(places: Places) -> list[str]:
    """Return the names of all benches: every module of `bench/` that can be run by itself."""
    modules = sorted((places.root / "bench").glob("*.py"))
    return [module.stem for module in modules if '__name__ == "__main__"' in module.read_text(encoding="utf-8")]


def main(wanted: list[str]) -> int:
    """Run the named benches, or all. 0 when every one kept its promises."""
    places = Places()
    known = list_benches(places)
    if unknown := sorted(set(wanted) - set(known)):
        print(f"No such bench: {', '.join(unknown)}. Known: {', '.join(known)}", file=sys.stderr)
        return 2
    codes = []
    try:
        clear_leftovers(places)
        with servers_for_tests(places, careless=False) as local:
            environment = {**environment_for_tests(local), "DJANGO_SETTINGS_MODULE": "config.settings.base"}
            for name in wanted or known:
                print(f"\n== {name}: make bench ARGS={name}", flush=True)
                command = [str(places.python), "-m", f"bench.{name}"]
                codes.append(subprocess.run(command, cwd=places.root, env=environment, check=False).returncode)
    except (postgres.PostgresError, broker.BrokerError, ThrowawayError, PrepareError, EnvironmentFileError) as problem:
        print(f"The benches could not start: {problem}", file=sys.stderr)
        return 1
    return 1 if any(codes) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
