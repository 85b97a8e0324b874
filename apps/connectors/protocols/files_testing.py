"""Tests a connection to a file server step by step, changing nothing, and says each result in a plain sentence."""

from collections.abc import Mapping
from typing import Any

from apps.connectors.contract import TestReport, TestStep
from apps.connectors.errors import BusinessClass, FailureKind, RemoteError
from apps.connectors.manifest import SystemManifest
from apps.connectors.protocols.files_settings import read_plan
from apps.connectors.sftp_door import SftpDoor
from apps.connectors.ssh_connecting import HostKeyError

_FURTHER = ("can read", "can write", "limits")


async def run_test(manifest: SystemManifest, door: SftpDoor, settings: Mapping[str, Any]) -> TestReport:
    """Try address, host key, sign-in and the two folders; what a failure makes moot is left untried."""
    try:
        milliseconds = await door.greet()
    except RemoteError as error:
        return TestReport(_entrance_failed(door, error))
    mib = door.max_bytes // (1024 * 1024)
    return TestReport(
        (
            TestStep("reachable", ok=True, sentence=f"{door.destination.host} answers ({milliseconds} ms)."),
            TestStep("allowed", ok=True, sentence="Its key is the one that was entered, and the sign-in is accepted."),
            await _try_reading(manifest, door, settings),
            await _try_writing(door, settings),
            TestStep("limits", ok=True, sentence=f"Files of up to {mib} MiB are read, one at a time."),
        )
    )


def _entrance_failed(door: SftpDoor, error: RemoteError) -> tuple[TestStep, ...]:
    reached = isinstance(error, HostKeyError) or (
        error.kind is FailureKind.AUTH_EXPIRED or error.business_class is BusinessClass.PERMISSION
    )
    if reached:
        later = "Tried once the sign-in is accepted."
        first = TestStep("reachable", ok=True, sentence=f"{door.destination.host} answers.")
        second = TestStep("allowed", ok=False, sentence=error.message)
    else:
        later = "Tried once the address is reached."
        first = TestStep("reachable", ok=False, sentence=error.message)
        second = TestStep("allowed", ok=None, sentence=later)
    return (first, second, *(TestStep(name, ok=None, sentence=later) for name in _FURTHER))


async def _try_reading(manifest: SystemManifest, door: SftpDoor, settings: Mapping[str, Any]) -> TestStep:
    """List the folder that is read, and count the files of each kind of record."""
    try:
        plan = read_plan(settings)
        if plan.form.parquet:
            sentence = "Parquet files are written, not read: over this connection nothing is read."
            return TestStep("can read", ok=None, sentence=sentence)
        files = await door.list_folder(plan.folder_in or ".")
    except RemoteError as error:
        return TestStep("can read", ok=False, sentence=error.message)
    counts = {
        spec.label: sum(plan.wants(spec, file.name) for file in files) for spec in manifest.objects if spec.reading
    }
    told = ", ".join(f"{label.lower()} {count}" for label, count in counts.items())
    return TestStep("can read", ok=True, sentence=f"The folder can be read. Files that fit now: {told}.")


async def _try_writing(door: SftpDoor, settings: Mapping[str, Any]) -> TestStep:
    """List the folder that is written to: whether it may be written to shows with the first file."""
    try:
        await door.list_folder(read_plan(settings).folder_out or ".")
    except RemoteError as error:
        return TestStep("can write", ok=False, sentence=error.message)
    sentence = "The folder is there. A server does not say beforehand whether writing is allowed: the first delivery will show it."
    return TestStep("can write", ok=True, sentence=sentence)
