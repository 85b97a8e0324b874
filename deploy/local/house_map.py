"""Write the map of the house into `docs/architecture.md`: every room and module with its own first sentence.

`python -m deploy.local.house_map` rewrites the part between the two marks; a test fails while it is out of date.
"""

import ast
import sys
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

from apps.accounts.actions import ACTION_LABELS, ROLE_ACTIONS, ROLE_LABELS, Action
from apps.connectors import catalog
from apps.connectors.errors import BusinessClass, FailureKind
from apps.flows.engine.states import BATCH_MOVES, OPERATION_MOVES, RUN_MOVES, BatchState, OperationState, RunState
from apps.flows.mapping.transforms import TRANSFORMS
from deploy.local.places import Places

BEGIN, END = "<!-- map: written by python -m deploy.local.house_map -->", "<!-- end of the map -->"
ROOMS = ("monitoring", "flows", "connectors", "customers", "accounts", "dispatch", "tenants")
_SKIPPED = {"migrations", "management", "__pycache__"}


def first_sentence(path: Path) -> str:
    """Return the first line of a module's docstring, "" when it has none."""
    words = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return words.splitlines()[0].strip() if words else ""


def modules_of(room: Path) -> Iterator[Path]:
    """Yield the modules of a room, its own before those of its folders; empty package files have nothing to say."""
    entries = sorted(room.iterdir(), key=lambda entry: (entry.is_dir(), entry.name))
    for entry in entries:
        if entry.is_dir() and entry.name not in _SKIPPED:
            yield from modules_of(entry)
        elif entry.suffix == ".py" and first_sentence(entry):
            yield entry


def map_of(root: Path) -> str:
    """Return the whole map as Markdown."""
    parts = [*(_room(root, room) for room in ROOMS), _actions(), _failures(), _states(), _systems(root), _transforms()]
    return "\n\n".join(parts)


def _room(root: Path, room: str) -> str:
    folder = root / "apps" / room
    rows = [(f"`{path.relative_to(folder).as_posix()}`", first_sentence(path)) for path in modules_of(folder)]
    return f"### apps/{room}\n\n{table_of(('module', 'what it is for'), rows)}"


def _actions() -> str:
    granted = {
        action: ", ".join(ROLE_LABELS[role] for role, actions in ROLE_ACTIONS.items() if action in actions)
        for action in Action
    }
    rows = [(f"`{action}`", ACTION_LABELS[action], _who(granted[action])) for action in Action]
    return f"### Actions: who may do what\n\n{table_of(('action', 'lets people', 'granted to'), rows)}"


def _who(names: str) -> str:
    everybody = ", ".join(ROLE_LABELS.values())
    return "everybody" if names == everybody else names


def _failures() -> str:
    kinds = ", ".join(f"`{kind}`" for kind in FailureKind)
    classes = ", ".join(f"`{known}`" for known in BusinessClass)
    return f"### Failures\n\nWhat the engine does next depends on the kind: {kinds}.\nWhose work it is depends on the class: {classes}."


def _states() -> str:
    tables: tuple[tuple[type[StrEnum], Mapping[Any, Iterable[StrEnum]]], ...] = (
        (OperationState, OPERATION_MOVES),
        (RunState, RUN_MOVES),
        (BatchState, BATCH_MOVES),
    )
    rows = [
        (
            kind.__name__.removesuffix("State"),
            f"`{old}`",
            ", ".join(f"`{new}`" for new in sorted(table[old])) or "an end",
        )
        for kind, table in tables
        for old in kind
    ]
    return f"### States and the only moves between them\n\n{table_of(('of', 'from', 'to'), rows)}"


def _systems(root: Path) -> str:
    folder = root / "apps" / "connectors" / "catalog"
    rows = [(f"`{slug}`", first_sentence(folder / slug / "manifest.py")) for slug in catalog.SYSTEMS]
    return f"### The catalogue\n\n{table_of(('system', 'manifest'), rows)}"


def _transforms() -> str:
    rows = [
        (f"`{name}{':…' if known.argument else ''}`", known.summary.splitlines()[0])
        for name, known in sorted(TRANSFORMS.items())
    ]
    return f"### Transforms a mapping line may name\n\n{table_of(('transform', 'what it does'), rows)}"


def table_of(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """Return a Markdown table."""
    lines = [head, tuple("---" for _ in head), *(tuple(cell.replace("|", "\\|") for cell in row) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def with_map(document: str, new_map: str) -> str:
    """Return the document with the part between the marks replaced. Raises ValueError when a mark is missing."""
    before, _, rest = document.partition(BEGIN)
    _, _, after = rest.partition(END)
    if not rest or END not in document:
        raise ValueError(f"The document needs the two marks {BEGIN} and {END}.")
    return f"{before}{BEGIN}\n\n{new_map}\n\n{END}{after}"


def main() -> int:
    """Rewrite the map in place."""
    root = Places().root
    path = root / "docs" / "architecture.md"
    path.write_text(with_map(path.read_text(encoding="utf-8"), map_of(root)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
