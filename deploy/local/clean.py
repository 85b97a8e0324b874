"""`make clean`: stop everything and remove what was made, so that the next start is a first one."""

import shutil
import sys

from deploy.local import control, postgres
from deploy.local.places import Places

MADE = (".state", ".venv", ".boot", "node_modules", "staticfiles", "static/vendor")


def main() -> int:
    """Stop, then remove the database, the environment and the copied files."""
    places = Places()
    try:
        control.stop(places)
    except (control.ControlError, postgres.PostgresError) as problem:
        print(problem, file=sys.stderr)
        return 1
    shutil.rmtree(postgres.shelter(places.state / "postgres"), ignore_errors=True)
    for name in MADE:
        if (places.root / name).exists():
            shutil.rmtree(places.root / name)
            print(f"  removed {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
