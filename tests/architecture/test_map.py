"""`docs/architecture.md` is true: the map is the one the code would write, and every file it names is there."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from apps.accounts.actions import Action
from apps.connectors.catalog import SYSTEMS
from apps.connectors.errors import BusinessClass, FailureKind
from apps.flows.engine.states import BatchState, OperationState, RunState
from apps.flows.mapping.transforms import TRANSFORMS
from deploy.local.house_map import ROOMS, map_of, modules_of, with_map

ROOT = Path(settings.BASE_DIR)
DOCUMENT = ROOT / "docs" / "architecture.md"
MODULES = [path for room in ROOMS for path in modules_of(ROOT / "apps" / room)]


def _words() -> str:
    return DOCUMENT.read_text(encoding="utf-8")


def test_the_map_is_the_one_the_code_would_write() -> None:
    assert with_map(_words(), map_of(ROOT)) == _words(), "run: python -m deploy.local.house_map"


@pytest.mark.parametrize(
    "page", [*sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md"], ids=lambda page: page.name
)
def test_every_file_that_a_page_names_is_there(page: Path) -> None:
    named = re.findall(
        r"`((?:apps|config|deploy|tests|docs|bench|templates|static)/[\w./-]+\.\w+)`", page.read_text("utf-8")
    )
    linked = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text("utf-8"))
    missing = [name for name in named if not (ROOT / name).exists()]
    missing += [name for name in linked if not (page.parent / name).exists()]
    assert missing == []


@pytest.mark.parametrize("room", ROOMS)
def test_every_module_of_a_room_says_what_it_is_for(room: str) -> None:
    silent = [
        str(path)
        for path in (ROOT / "apps" / room).rglob("*.py")
        if path.name != "__init__.py" and not {"migrations", "management"} & set(path.parts) and path not in MODULES
    ]
    assert silent == []


@pytest.mark.parametrize(
    "name",
    [*Action, *FailureKind, *BusinessClass, *OperationState, *RunState, *BatchState, *SYSTEMS],
)
def test_the_map_names(name: str) -> None:
    assert f"`{name}`" in _words()


@pytest.mark.parametrize("name", sorted(TRANSFORMS))
def test_the_map_names_the_transform(name: str) -> None:
    assert f"`{name}`" in _words() or f"`{name}:…`" in _words()


def test_the_rooms_are_those_of_the_import_contract() -> None:
    contract = (ROOT / ".importlinter").read_text("utf-8").partition("name = rooms point one way")[2]
    layers = re.findall(r"^    apps\.(\w+)$", contract.partition("[")[0], re.MULTILINE)
    assert tuple(layers) == ROOMS
