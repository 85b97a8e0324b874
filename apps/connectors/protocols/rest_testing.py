"""Tests a REST connection step by step, changing nothing, and says each result in a plain sentence."""

from typing import Any

from apps.connectors.answers import at_path
from apps.connectors.contract import TestReport, TestStep
from apps.connectors.errors import BusinessClass, FailureKind, RemoteError
from apps.connectors.judgement import Answer
from apps.connectors.manifest import ObjectManifest
from apps.connectors.pagination import page_parameters
from apps.connectors.protocols.calls import Calls

_LATER = {"reachable": "Tried once the address is reached.", "allowed": "Tried once the sign-in is accepted."}
_REMAINING_HEADERS = ("X-RateLimit-Remaining", "RateLimit-Remaining")


async def run_test(calls: Calls) -> TestReport:
    """Try address, sign-in, reading, writing rights and limits, in that order; what a failure makes moot is left untried."""
    first = next((spec for spec in calls.manifest.objects if spec.reading), None)
    path = calls.manifest.test_path or (first.reading.path if first and first.reading else "")
    try:
        answer = await calls.call("GET", calls.path(path))
        body = answer.json()
    except RemoteError as error:
        return TestReport(_entrance_failed(calls, error))
    steps = [
        TestStep("reachable", ok=True, sentence=f"{calls.manifest.name} answers ({answer.milliseconds} ms)."),
        TestStep("allowed", ok=True, sentence="The sign-in is accepted."),
    ]
    if first is not None:
        steps.append(await _try_reading(calls, first))
    if any(spec.writing for spec in calls.manifest.objects):
        steps.append(_judge_rights(calls, body))
    steps.append(TestStep("limits", ok=True, sentence=_limits(calls, answer)))
    return TestReport(tuple(steps))


def _entrance_failed(calls: Calls, error: RemoteError) -> tuple[TestStep, ...]:
    reached = (
        error.kind in {FailureKind.AUTH_EXPIRED, FailureKind.RATE_LIMITED}
        or error.business_class is BusinessClass.PERMISSION
    )
    later = _LATER["allowed" if reached else "reachable"]
    first = (
        TestStep("reachable", ok=True, sentence=f"{calls.manifest.name} answers."),
        TestStep("allowed", ok=False, sentence=error.message),
    )
    unreached = (TestStep("reachable", ok=False, sentence=error.message), TestStep("allowed", ok=None, sentence=later))
    return (*(first if reached else unreached), *(TestStep(name, ok=None, sentence=later) for name in _further(calls)))


def _further(calls: Calls) -> list[str]:
    objects = calls.manifest.objects
    reads, writes = any(spec.reading for spec in objects), any(spec.writing for spec in objects)
    return [*(["can read"] if reads else []), *(["can write"] if writes else []), "limits"]


async def _try_reading(calls: Calls, spec: ObjectManifest) -> TestStep:
    reading = spec.reading
    assert reading is not None  # noqa: S101  chosen by the caller for having one
    parameters = {**reading.parameters, **page_parameters(reading.paging, None)}
    if reading.paging.size_parameter:
        parameters[reading.paging.size_parameter] = "1"
    try:
        await calls.list_records(spec, calls.path(reading.path), parameters)
    except RemoteError as error:
        return TestStep("can read", ok=False, sentence=error.message)
    return TestStep("can read", ok=True, sentence=f"{spec.label} can be read.")


def _judge_rights(calls: Calls, body: Any) -> TestStep:
    rights = at_path(body, calls.manifest.rights_path) if calls.manifest.rights_path else None
    if not isinstance(rights, list):
        sentence = "This system does not say beforehand whether writing is allowed: the first delivery will show it."
        return TestStep("can write", ok=True, sentence=sentence)
    if calls.manifest.write_right in rights:
        return TestStep("can write", ok=True, sentence="The sign-in may write.")
    return TestStep(
        "can write",
        ok=False,
        sentence="The sign-in may only read: ask the system's administrator for the right to write.",
    )


def _limits(calls: Calls, answer: Answer) -> str:
    remaining = next((answer.headers[name] for name in _REMAINING_HEADERS if name in answer.headers), "")
    if remaining:
        return f"{remaining} calls are left in the system's current window."
    limits = calls.manifest.limits
    if limits.calls is None:
        return f"The system publishes no call limit; at most {limits.at_once} calls are made at once."
    return f"At most {limits.calls} calls in {limits.seconds} seconds and {limits.at_once} at once are made."
