"""Failures: each lands in its kind and class, with a sentence a person understands, and no secret in any record of it."""

import logging
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from apps.connectors.errors import BusinessClass, FailureKind, RateLimitedError, RemoteError
from tests.conformance.front import (
    Trouble,
    answers,
    broken_after,
    cut_short,
    lost_after,
    lost_before,
    silent_after,
)
from tests.conformance.plain_words import require_plain_words
from tests.conformance.stage import Stage, not_applicable

K, B = FailureKind, BusinessClass
SHORT, PATIENT = 0.5, 30.0  # seconds that a connection waits: short only where silence is the point
PAGE = b"<!doctype html><html><body>Traceback (most recent call last): sign in</body></html>"
# what happens to the call -> kind, class, whether a write is in doubt afterwards
FAILURES: dict[str, tuple[Trouble, FailureKind, BusinessClass, bool]] = {
    "401": (answers(401), K.AUTH_EXPIRED, B.PERMISSION, False),
    "403": (answers(403), K.MISCONFIGURED, B.PERMISSION, False),
    "429": (answers(429, Retry_After="7"), K.RATE_LIMITED, B.PROVIDER_OUTAGE, False),
    "500": (answers(500, b"Traceback (most recent call last)", "text/plain"), K.RETRYABLE, B.PROVIDER_OUTAGE, True),
    "502 of a gateway": (broken_after, K.RETRYABLE, B.PROVIDER_OUTAGE, True),
    "503": (answers(503), K.RETRYABLE, B.PROVIDER_OUTAGE, True),
    "503 that says when": (answers(503, Retry_After="30"), K.RATE_LIMITED, B.PROVIDER_OUTAGE, False),
    "504": (answers(504), K.RETRYABLE, B.TIMEOUT, True),
    "a web page": (answers(200, PAGE, "text/html"), K.MISCONFIGURED, B.CONNECTION, False),
    "a redirect": (answers(302, b"", Location="http://169.254.169.254/"), K.MISCONFIGURED, B.CONNECTION, False),
    "JSON cut short": (cut_short, K.RETRYABLE, B.PARSE, True),
    "no answer": (silent_after, K.RETRYABLE, B.TIMEOUT, True),
    "the call lost": (lost_before, K.RETRYABLE, B.CONNECTION, True),
    "the answer lost": (lost_after, K.RETRYABLE, B.CONNECTION, True),
}


@pytest.mark.parametrize("failure", FAILURES)
async def test_a_failed_reading_lands_in_its_kind(stage: Stage, failure: str) -> None:
    trouble, kind, business_class, _ = FAILURES[failure]
    stage.front.trouble = _fault(stage, failure, trouble)
    error = await _failed_reading(stage)
    assert (error.kind, error.business_class, error.ambiguous) == (kind, business_class, False)
    require_plain_words(error)


@pytest.mark.parametrize("failure", FAILURES)
async def test_a_failed_writing_lands_in_its_kind(stage: Stage, failure: str) -> None:
    if not stage.writes:
        not_applicable("Nothing is written to this system.")
    trouble, kind, business_class, in_doubt = FAILURES[failure]
    names = [name for name in stage.writes if trouble is not cut_short or name not in stage.bodiless]
    if not names:
        not_applicable("Its good answers to writes have no body that could be cut short.")
    for name in names:
        for count in (3,) if trouble is silent_after else (1, 3):  # waiting once is enough
            stage.front.trouble, stage.front.only_writes = _fault(stage, failure, trouble), True
            errors = await _failed_writing(stage, name, count)
            stage.front.trouble = None
            for error in errors:
                assert error is not None, name
                told = (error.kind, error.business_class, error.ambiguous)
                assert told == (kind, business_class, in_doubt), f"{name}, {count} at once"
                require_plain_words(error)


async def test_wrong_credentials_are_told_as_such(stage: Stage) -> None:
    if not stage.secrets:
        not_applicable("It asks nobody who they are.")
    wrong = {name: f"wrong-{value}" for name, value in stage.secrets.items()}
    async with stage.connector(secrets=wrong) as connector:
        with pytest.raises(RemoteError) as caught:
            await stage.ask(connector)
        report = await connector.test()
    assert (caught.value.kind, caught.value.business_class) == (K.AUTH_EXPIRED, B.PERMISSION)
    assert "connection's page" in caught.value.message
    require_plain_words(caught.value)
    assert next(step.name for step in report.steps if step.ok is False) == "allowed"


async def test_an_outage_fails_the_connection_test_in_words(stage: Stage) -> None:
    stage.front.trouble = _fault(stage, "503", answers(503))
    async with stage.connector() as connector:
        report = await connector.test()
    assert [step.ok for step in report.steps] == [False] + [None] * (len(report.steps) - 1)
    assert all(step.sentence.endswith(".") for step in report.steps)


@pytest.mark.parametrize("form", ["seconds", "a date"])
async def test_a_rate_limit_is_obeyed(stage: Stage, form: str) -> None:
    until = datetime.now(UTC) + timedelta(seconds=40)
    wanted = "40" if form == "seconds" else format_datetime(until, usegmt=True)
    stage.front.trouble = _fault(stage, "429", answers(429, Retry_After=wanted))
    budget = Held()
    async with stage.connector(budget=budget) as connector:
        with pytest.raises(RateLimitedError) as caught:
            await stage.ask(connector)
        asked = len(stage.front.asked)
        assert asked <= connector.manifest.limits.at_once
        assert budget.seconds
        assert all(10 < seconds <= 40 for seconds in budget.seconds)
        assert abs((caught.value.until - until).total_seconds()) < 30
        for name in stage.writes[:1]:
            with pytest.raises(RateLimitedError):
                await connector.upsert(name, [stage.sample(name, number) for number in range(40)])
            # One call for each that may be under way at once; then nothing more is sent.
            assert len(stage.front.asked) - asked <= connector.manifest.limits.at_once


async def test_no_secret_is_in_any_record_of_a_call(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    if not stage.secrets:
        not_applicable("It asks nobody who they are, so there is no secret.")
    caplog.set_level(logging.DEBUG)
    shown: list[str] = []
    async with stage.connector() as connector:
        await stage.ask(connector)
    own = {secret for secret in stage.secrets.values() if len(secret) > 20}  # a company's name is no secret
    faults = [stage.fault(name, trouble) for name, (trouble, *_) in FAILURES.items() if trouble is not silent_after]
    for trouble in (stage.echo(own), *(fault for fault in faults if fault is not None)):
        stage.front.trouble, stage.front.only_writes = trouble, False
        shown += _record_of(await _failed_reading(stage))
        stage.front.only_writes = True
        for name in stage.writes:
            for count in (1, 3):
                for error in await _failed_writing(stage, name, count):
                    shown += _record_of(error)
        stage.front.trouble = None
        async with stage.connector() as connector:
            shown.append(repr(await connector.test()))
            shown += [repr(connector), repr(connector._door), repr(getattr(connector._door, "_auth", connector._door))]
    shown += [repr(record.__dict__) for record in caplog.records] + [caplog.text]
    everything, hidden = "\n".join(shown), own | stage.front.wire_secrets
    assert hidden
    assert [secret for secret in hidden if secret in everything] == []
    assert "[hidden]" in everything  # the echo did reach the records


class Held:
    """A budget that notes how long it was told to hold."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def take(self) -> None:
        """Let every call pass: what is counted is what the connector sends by itself."""

    async def hold(self, seconds: float) -> None:
        self.seconds.append(seconds)


def _fault(stage: Stage, name: str, trouble: Trouble) -> Trouble:
    """Return a failure as this system has it, or leave the check out."""
    fault = stage.fault(name, trouble)
    if fault is None:
        not_applicable(f"Its protocol knows nothing like this: {name}.")
    return fault or trouble


def _patience(stage: Stage) -> float:
    return SHORT if stage.front.trouble is silent_after else PATIENT


async def _failed_reading(stage: Stage) -> RemoteError:
    async with stage.connector(timeout=_patience(stage)) as connector:
        with pytest.raises(RemoteError) as caught:
            await stage.ask(connector)
    return caught.value


async def _failed_writing(stage: Stage, name: str, count: int) -> list[RemoteError | None]:
    writes = [stage.sample(name, 20 + 10 * count + number) for number in range(count)]
    async with stage.connector(timeout=_patience(stage)) as connector:
        try:
            return [outcome.error for outcome in await connector.upsert(name, writes)]
        except RemoteError as raised:
            return [raised]


def _record_of(error: RemoteError | None) -> list[str]:
    return [] if error is None else [str(error), repr(error), repr(vars(error)), repr(error.__cause__)]
