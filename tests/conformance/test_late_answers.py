"""Records that a system takes first: asked about until it says what became of them, on its own host and nowhere else."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest

from apps.connectors import registry
from apps.connectors.contract import Inquirer, Receipt, WriteOutcome
from apps.connectors.errors import FailureKind
from apps.connectors.sheet_terms import Acknowledgement
from tests.conformance.stage import Later, Stage, not_applicable
from tests.conformance.stages import STAGES
from tests.sandbox_server import SandboxServer


@pytest.fixture(params=sorted(STAGES))
async def stage(
    request: pytest.FixtureRequest, record_property: Callable[[str, object], None], sandbox: SandboxServer
) -> AsyncIterator[Stage]:
    """Bring up those systems alone that tell later: most do not."""
    record_property("system", request.param)
    record_property("check", request.function.__name__.removeprefix("test_").replace("_", " "))
    made = STAGES[request.param]()
    if not any(spec.writing and spec.writing.late_answer for spec in made.manifest.objects):
        not_applicable("It says at once what became of a record.")
    assert made.late, "the stage shows none of what its sheet says"
    async with made.standing(sandbox) as standing:
        yield standing


async def _taken(stage: Stage, name: str, number: int) -> Receipt:
    (outcome,) = await stage.send(name, stage.late_sample(name, number))
    assert (outcome.error, bool(outcome.receipt)) == (None, True), name
    assert outcome.receipt is not None
    return outcome.receipt


async def _asked(stage: Stage, name: str, *receipts: Receipt) -> list[WriteOutcome]:
    async with stage.connector() as connector:
        assert isinstance(connector, Inquirer)
        return await connector.inquire(name, receipts)


async def test_a_record_that_is_taken_first_is_asked_about_until_it_is_done(stage: Stage) -> None:
    for name in stage.late:
        before = await stage.keys(name)
        stage.let_later(Later.WAITS)
        waiting = await _taken(stage, name, 1)
        stage.let_later(Later.DONE)
        ready = await _taken(stage, name, 2)
        still, done = await _asked(stage, name, waiting, ready)
        assert (still.error, still.receipt and still.receipt.place) == (None, waiting.place), name
        assert (done.error, done.receipt, done.created) == (None, None, True), name
        assert done.target_key in await stage.keys(name) - before, name
        (again,) = await _asked(stage, name, ready)
        assert (again.error, again.target_key) == (None, done.target_key), name


async def test_a_record_that_is_refused_later_is_told_like_one_refused_at_once(stage: Stage) -> None:
    for name in stage.late:
        stage.let_later(Later.REFUSED)
        (outcome,) = await _asked(stage, name, await _taken(stage, name, 1))
        assert outcome.error is not None, name
        assert (outcome.error.kind, outcome.receipt) == (FailureKind.REJECTED, None), name
        assert outcome.error.message.endswith("."), outcome.error.message


async def test_a_delivery_that_the_system_no_longer_knows_is_in_doubt(stage: Stage) -> None:
    for name in stage.late:
        stage.let_later(Later.DONE)
        receipt = await _taken(stage, name, 1)
        (outcome,) = await _asked(stage, name, replace(receipt, place=f"{receipt.place}-unknown"))
        assert outcome.error is not None, name
        assert (outcome.error.kind, outcome.error.ambiguous) == (FailureKind.RETRYABLE, True), name
        assert outcome.receipt is None, name


async def test_a_question_never_goes_to_another_host(stage: Stage) -> None:
    for name in stage.late:
        stage.let_later(Later.ELSEWHERE)
        (outcome,) = await stage.send(name, stage.late_sample(name, 1))
        assert outcome.error is not None, name
        assert (outcome.error.ambiguous, outcome.receipt) == (True, None), name
        assert "another host" in outcome.error.message, name


def test_a_sheet_that_promises_an_answer_later_says_how_it_is_asked_for() -> None:
    for manifest in registry.all_manifests():
        for spec in manifest.objects:
            later = spec.writing is not None and spec.writing.acknowledgement is Acknowledgement.OPERATION
            told = spec.writing is not None and spec.writing.late_answer is not None
            assert later == told, f"{manifest.slug}: {spec.name}"
