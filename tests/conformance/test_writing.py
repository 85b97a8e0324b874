"""Writing: one record for one write whatever the answers were, an answer for each record of a batch, and the way back."""

from typing import Any

import pytest

from apps.connectors.contract import UndoState
from apps.connectors.errors import FailureKind, RejectedError
from tests.conformance.front import Trouble, broken_after, lost_after, lost_before, silent_after
from tests.conformance.stage import Stage, not_applicable

SHORT = 0.5  # seconds that a connection waits where silence is the point
DOUBTS: dict[str, tuple[Trouble, bool]] = {  # what becomes of the call, and whether the record arrives
    "the answer is lost": (lost_after, True),
    "the answer never comes": (silent_after, True),
    "a gateway answers that it failed": (broken_after, True),
    "the call is lost": (lost_before, False),
}


@pytest.fixture(autouse=True)
def _written(stage: Stage) -> None:
    if not stage.writes:
        not_applicable("Nothing is written to this system.")


async def test_a_record_that_is_sent_twice_is_one_record(stage: Stage) -> None:
    for name in _told_apart(stage):
        before = await stage.keys(name)
        (made,) = await stage.send(name, stage.sample(name, 1))
        assert (made.error, made.created) == (None, True), name
        write = stage.sample(name, 1)
        by_another_run = type(write)(1, write.values, write.business_key, f"another-key-{name}")
        for repeat in (write, by_another_run):
            (again,) = await stage.send(name, repeat)
            assert (again.error, again.target_key) == (None, made.target_key), name
        assert await stage.keys(name) - before == {made.target_key}, name


async def test_a_change_reaches_the_record_it_names_and_no_other(stage: Stage) -> None:
    for name in stage.writes:
        first, second = await stage.send(name, stage.sample(name, 1), stage.sample(name, 2))
        before = {str(record["id"]): record for record in await stage.truth(name)}
        changed = stage.sample(name, 1, **stage.changed[name])
        update = type(changed)(1, changed.values, changed.business_key, f"key-of-the-change-{name}", first.target_key)
        (outcome,) = await stage.send(name, update)
        assert (outcome.error, outcome.target_key, outcome.created) == (None, first.target_key, False), name
        after = {str(record["id"]): record for record in await stage.truth(name)}
        assert after.pop(str(first.target_key)) != before.pop(str(first.target_key)), name
        assert after == before, name
        assert second.target_key in after


@pytest.mark.parametrize("doubt", DOUBTS)
async def test_a_write_in_doubt_is_probed_and_stays_one_record(stage: Stage, doubt: str) -> None:
    trouble, arrives = DOUBTS[doubt]
    for name in _told_apart(stage):
        before, writes = await stage.keys(name), [stage.sample(name, number) for number in (1, 2, 3)]
        async with stage.connector() as connector:
            assert await connector.probe(name, writes) == {}
            stage.front.trouble, stage.front.only_writes = trouble, True
            async with stage.connector(timeout=SHORT if trouble is silent_after else 30.0) as impatient:
                outcomes = await impatient.upsert(name, writes)
            stage.front.trouble = None
            found = await connector.probe(name, writes)
        assert len(outcomes) == 3
        assert all(outcome.error is not None and outcome.error.ambiguous for outcome in outcomes), name
        made = await stage.keys(name) - before
        assert {record.key for record in found.values()} == made, name
        assert (len(made) > 0) is arrives, name
        again = await stage.send(name, *writes)
        assert [outcome.error for outcome in again] == [None] * 3, name
        assert {outcome.target_key for outcome in again} == await stage.keys(name) - before, name
        assert len(await stage.keys(name) - before) == 3, name
        assert all(outcome.target_key == found[outcome.position].key for outcome in again if outcome.position in found)


async def test_a_batch_with_bad_records_answers_for_each(stage: Stage) -> None:
    for name in stage.writes:
        before, refusals = await stage.keys(name), stage.refusals[name][:2]
        bad = [stage.sample(name, 50 + place, **refusal.values) for place, refusal in enumerate(refusals)]
        good = [stage.sample(name, number) for number in (1, 2, 3, 4)]
        outcomes = {o.position: o for o in await stage.send(name, good[0], bad[0], *good[1:3], *bad[1:], good[3])}
        assert sorted(outcomes) == sorted(write.position for write in (*good, *bad)), name
        assert {outcomes[w.position].target_key for w in good} == await stage.keys(name) - before, name
        assert [outcomes[write.position].error for write in good] == [None] * 4, name
        for write in bad:
            error = outcomes[write.position].error
            assert isinstance(error, RejectedError), name
            assert not error.ambiguous
            shown = error.exchange.request if error.exchange else ""
            assert good[0].business_key not in shown
            assert str(good[0].values.get("external_id", "none of it")) not in shown, name


async def test_a_refusal_names_its_class_the_field_and_a_remedy(stage: Stage) -> None:
    for name in stage.writes:
        before = await stage.keys(name)
        for place, refusal in enumerate(stage.refusals[name]):
            (outcome,) = await stage.send(name, stage.sample(name, 60 + place, **refusal.values))
            error = outcome.error
            assert isinstance(error, RejectedError), f"{name}: {refusal.name}"
            told = (error.kind, error.problems[0].business_class, error.problems[0].field)
            assert told == (FailureKind.REJECTED, refusal.business_class, refusal.field), f"{name}: {refusal.name}"
            assert error.message == error.problems[0].message
            assert error.message.endswith((".", ")")), error.message
        assert await stage.keys(name) == before, name


async def test_what_was_made_is_taken_back_once(stage: Stage) -> None:
    reversible = [name for name in stage.writes if (writing := stage.spec(name).writing) and writing.can_undo]
    for name in set(stage.writes) - set(reversible):
        async with stage.connector() as connector:
            refused = await connector.undo(name, "1", idempotency_key=f"undo-{name}")
        assert refused.state is UndoState.REFUSED
        assert refused.error is not None
        assert "a person must do it there" in refused.error.message
    for name in reversible:
        (made,) = await stage.send(name, stage.sample(name, 1))
        key = str(made.target_key)
        async with stage.connector() as connector:
            before = [_unstamped(record) for record in await stage.truth(name)]
            first = await connector.undo(name, key, idempotency_key=f"undo-{name}")
            after = [_unstamped(record) for record in await stage.truth(name)]
            again = await connector.undo(name, key, idempotency_key=f"undo-{name}")
            unknown = await connector.undo(name, "no-such-record", idempotency_key=f"undo-other-{name}")
        assert first.state is UndoState.DONE, name
        assert after != before, name
        assert again.state in {UndoState.DONE, UndoState.ALREADY_GONE}, name
        assert unknown.state is UndoState.ALREADY_GONE, name
        assert [_unstamped(record) for record in await stage.truth(name)] == after, name
    if not reversible:
        not_applicable("Its sheet declares no way back: the connector says that a person must do it.")


def _told_apart(stage: Stage) -> list[str]:
    """Return what is written whose repeats the system can tell from new records."""
    found = [name for name in stage.writes if (writing := stage.spec(name).writing) and writing.tells_repeats]
    if not found:
        not_applicable("By its sheet nothing tells a repeat there: a delivery in doubt waits for a person.")
    return found


def _unstamped(record: dict[str, Any]) -> dict[str, Any]:
    return {field: value for field, value in record.items() if field not in {"modified_at", "exported_at"}}
