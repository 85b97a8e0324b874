import re
import subprocess

import pytest

from deploy.local.places import ROOT

TARGETS = [
    "help", "demo", "status", "logs", "stop", "test", "conformance", "check", "format", "real", "bench", "screenshots",
    "weights", "messages", "schemas", "lock", "clean",
]  # fmt: skip
TEXT = (ROOT / "Makefile").read_text()


@pytest.mark.parametrize("target", TARGETS)
def test_a_command_has_its_line_of_help(target: str) -> None:
    assert re.search(rf"^{target}:.*## \S", TEXT, re.MULTILINE)


def test_make_alone_lists_every_command() -> None:
    listed = subprocess.run(
        ["make", "-C", str(ROOT), "--no-print-directory"], capture_output=True, text=True, check=True
    ).stdout
    assert re.findall(r"^  make (\w+)", listed, re.MULTILINE) == TARGETS


def test_every_module_that_a_command_calls_is_there() -> None:
    for module in re.findall(r"deploy\.local\.(\w+)", TEXT):
        assert (ROOT / "deploy" / "local" / f"{module}.py").exists(), module
