"""The short chaos run: processes of the product are killed while it works, and the targets' journals judge."""

import os
import subprocess
import sys

import pytest

from deploy.local.places import ROOT

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(600)]

# One deck of kills: children, whole workers, web, dispatcher, broker, the database twice, and a child that stands still.
SHORT = "--partners 1 --records 160 --walking 0.4 --minutes 3 --kills 19 --gap 0.8 2"


def test_it_loses_and_doubles_nothing_when_processes_are_killed_at_random() -> None:
    command = [sys.executable, "-m", "bench.chaos", *SHORT.split(), "--seed", "1"]
    done = subprocess.run(command, cwd=ROOT, env=os.environ, capture_output=True, text=True, timeout=580, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
    assert "lost 0, doubled 0, out of order 0, invented 0" in done.stdout
    assert "accepted but not stored 0; runs that do not add up 0" in done.stdout
