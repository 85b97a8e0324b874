"""The short chaos run: processes of the product are killed while it works, and the target's journal judges."""

import os
import subprocess
import sys

import pytest

from deploy.local.places import ROOT

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]


def test_it_loses_and_doubles_nothing_when_processes_are_killed_at_random() -> None:
    command = [sys.executable, "-m", "bench.chaos", "--records", "300", "--kills", "6", "--seed", "1"]
    done = subprocess.run(command, cwd=ROOT, env=os.environ, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
    assert "lost 0, doubled 0, out of order 0" in done.stdout
