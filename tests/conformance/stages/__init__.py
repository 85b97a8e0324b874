"""The stages: one file a system, found by its name. The suite fails when the catalogue and this folder differ."""

from importlib import import_module
from pathlib import Path

from tests.conformance.stage import Stage

STAGES: dict[str, type[Stage]] = {
    path.stem: import_module(f"tests.conformance.stages.{path.stem}").STAGE
    for path in sorted(Path(__file__).parent.glob("[a-z]*.py"))
}
