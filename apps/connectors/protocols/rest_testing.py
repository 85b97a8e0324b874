"""Tests a REST connection step by step, changing nothing, and says each result in a plain sentence."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from apps.connectors.answers import at_path, text_at
from apps.connectors.contract import TestReport, TestStep
from apps.connectors.errors import BusinessClass, FailureKind, RemoteError
from apps.connectors.judgement import Answer
from apps.connectors.manifest import ObjectManifest
from apps.connectors.protocols.calls import Calls
from apps.connectors.protocols.rest_shapes import one_record

_LATER = {"reachable": "Tried once the address is reached.", "allowed": "Tried once the sign-in is accepted."}
_CLOCK_TOLERANCE = timedelta(minutes=2)  # signatures with a time in them are refused beyond some minutes
_REMAINING_HEADERS = ("X-RateLimit-Remaining", "X-Rate-Limit-Remaining", "RateLimit-Remaining")


async def run_test(calls: Calls, clock: Callable[[], datetime]) -> TestReport:
    """Try address, sign-in, reading, writing rights, limits and clock, in that order; what a failure makes moot is left untried."""
    first = next((spec for spec in calls.manifest.objects if spec.reading), None)
    path = calls.manifest.test_path or (first.reading.path if first and first.reading else "")
    try:
        answer = await calls.call("GET", calls.path(path))
        here, body = clock(), answer.json()
    except RemoteError as error:
        return TestReport(_entrance_failed(calls, error))
    steps = [
        TestStep("reachable", ok=True, sentence=f"{calls.manifest.name} answers ({answer.milliseconds} ms)."),
        TestStep("allowed", ok=True, sentence=_signed_in(calls, body)),
    ]
    if first is not None:
        steps.append(await _try_reading(calls))
    if any(spec.writing for spec in calls.manifest.objects):
        steps.append(_judge_rights(calls, body))
    steps.append(TestStep("limits", ok=True, sentence=_limits(calls, answer)))
    account = text_at(body, calls.manifest.account_path)[:200].strip() if calls.manifest.account_path else ""
    return TestReport((*steps, *_compare_clocks(answer, here)), account)


def _signed_in(calls: Calls, body: Any) -> str:
    who = text_at(body, calls.manifest.identity_path)[:80].strip() if calls.manifest.identity_path else ""
    return f"The sign-in is accepted, as {who}." if who else "The sign-in is accepted."


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


async def _try_reading(calls: Calls) -> TestStep:
    """Ask for one record of each list. An account may do with less than all of them: it fails when none can be read."""
    readable, refused = list[str](), list[tuple[str, RemoteError]]()
    for spec in calls.manifest.objects:
        if spec.reading is not None:
            error = await _why_unreadable(calls, spec)
            if error is None:
                readable.append(spec.label)
            else:
                refused.append((spec.label, error))
    if not readable:
        return TestStep("can read", ok=False, sentence=refused[0][1].message)
    sentences = [f"Can be read: {_listed(readable)}."]
    if refused:
        sentences.append(f"Cannot be read: {_listed([label for label, _ in refused])}. {refused[0][1].message}")
    return TestStep("can read", ok=True, sentence=" ".join(sentences))


async def _why_unreadable(calls: Calls, spec: ObjectManifest) -> RemoteError | None:
    try:
        await one_record(calls, spec)
    except RemoteError as error:
        return error
    return None


def _listed(labels: Sequence[str]) -> str:
    return ", ".join(label.lower() if place else label for place, label in enumerate(labels))


def _judge_rights(calls: Calls, body: Any) -> TestStep:
    rights = at_path(body, calls.manifest.rights_path) if calls.manifest.rights_path else None
    if not isinstance(rights, list):
        sentence = "This system does not say beforehand whether writing is allowed: the first delivery will show it."
        return TestStep("can write", ok=True, sentence=sentence)
    if calls.manifest.write_right in rights:
        written = _listed([spec.label for spec in calls.manifest.objects if spec.writing])
        return TestStep("can write", ok=True, sentence=f"May be written: {written}.")
    return TestStep(
        "can write",
        ok=False,
        sentence="The sign-in may only read: ask the system's administrator for the right to write.",
    )


def _limits(calls: Calls, answer: Answer) -> str:
    declared = calls.manifest.limits.remaining_header
    names = (declared,) if declared else _REMAINING_HEADERS
    remaining = next((answer.headers[name] for name in names if name in answer.headers), "")
    if remaining:
        return f"{remaining} calls are left in the system's current window."
    limits = calls.manifest.limits
    if limits.calls is None:
        return f"The system publishes no call limit; at most {limits.at_once} calls are made at once."
    return f"At most {limits.calls} calls in {limits.seconds} seconds and {limits.at_once} at once are made."


def _compare_clocks(answer: Answer, here: datetime) -> tuple[TestStep, ...]:
    """Return what the answer's own time (https://www.rfc-editor.org/rfc/rfc9110#field.date) says; nothing when it has none."""
    try:
        there = parsedate_to_datetime(answer.headers.get("Date", ""))
    except ValueError:
        return ()
    if there.tzinfo is None:
        return ()
    apart = there - here
    if abs(apart) <= _CLOCK_TOLERANCE:
        return (TestStep("clock", ok=True, sentence="Its clock agrees with ours."),)
    minutes = round(abs(apart) / timedelta(minutes=1))
    way = "ahead of" if apart > timedelta() else "behind"
    sentence = (
        f"Its clock is {minutes} minutes {way} ours: changes may be read late and signatures be refused. "
        "Ask the system's administrator to set it right."
    )
    return (TestStep("clock", ok=True, sentence=sentence),)  # no reason to call nothing: what it breaks fails by itself
