"""The sandbox as a process: it says where it answers, stops when told, and a killed one loses nothing it answered."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings

from apps.connectors.sandbox.admin import admin_token
from apps.connectors.sandbox.client import SandboxClient

ROOT = Path(__file__).resolve().parents[3]
LINE = {
    "external_id": "TE-1",
    "company": "100",
    "project": "PRJ-0001",
    "employee": "E-0001",
    "quantity": "7.5",
    "unit_price": "120",
    "amount": "900",
    "currency": "EUR",
}


@contextmanager
def running(state: Path, how: signal.Signals) -> Iterator[str]:
    """Start the process, hand out its address, end it by `how` and check that it went as it should."""
    command = [sys.executable, "manage.py", "run_sandbox", "--port", "0", "--state", str(state)]
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings.test"}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        address = re.search(r"http://127\.0\.0\.1:\d+", said)
        try:
            assert address, said
            yield address[0]
        finally:
            process.send_signal(how)
        rest, _ = process.communicate(timeout=15)
    assert process.returncode == (0 if how is signal.SIGTERM else -signal.SIGKILL)
    assert rest == ("Sandbox systems stopped.\n" if how is signal.SIGTERM else "")


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=["told to stop", "killed"])
async def test_what_was_answered_is_there_after_a_restart(tmp_path: Path, how: signal.Signals) -> None:
    token, state = admin_token(settings.SECRET_KEY), tmp_path / "state of the sandbox"
    with running(state, how) as url:
        async with SandboxClient(url, token) as client:
            secret = await client.found_company("erp", "harbor", people=2, weeks=1)
            period = (await client.records("erp", "harbor", "periods"))[-3]["code"]
            date = "15." + ".".join(reversed(period.split("-")))
            await client.create_record("erp", "harbor", "time-lines", **LINE, posting_date=date)
            await client.set_faults("erp", "harbor", down=1)
    with running(state, signal.SIGTERM) as url:
        async with SandboxClient(url, token) as client:
            assert [e["external_id"] for e in await client.effects("erp", "harbor")] == ["TE-1"]
            assert len(await client.records("erp", "harbor", "time-lines")) == 1
            assert await client.found_company("erp", "harbor", people=2, weeks=1) != secret
            assert await client.effects("erp", "harbor") == []
