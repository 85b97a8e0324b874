"""A target that can tell nothing about repeats: what may have arrived is a person's to settle, what never left is simply sent."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import pytest

from apps.connectors import breaker, registry
from apps.connectors.manifest import Idempotency, SystemManifest
from apps.flows.services.deliver import IN_DOUBT
from apps.flows.services.replay import replay_operations
from apps.tenants import scope
from tests.lines import Line

MakeLine = Callable[..., Line]


def _forgetful(manifest: SystemManifest) -> SystemManifest:
    objects = []
    for spec in manifest.objects:
        if spec.writing is not None:
            writing = replace(
                spec.writing, idempotency=Idempotency.NONE, idempotency_header="", batch_path="", batch_size=1
            )
            objects.append(replace(spec, writing=writing))
        else:
            objects.append(spec)
    return replace(manifest, objects=tuple(objects))


@pytest.fixture
def forgetful_erp() -> Iterator[None]:
    """Let the sandbox's ERP declare that it can tell no repeat."""
    known = registry.manifest
    changed: dict[str, Any] = {"sandbox_erp": _forgetful(known("sandbox_erp"))}
    with patch.object(registry, "manifest", lambda slug: changed.get(slug) or known(slug)):
        yield


@pytest.mark.usefixtures("forgetful_erp")
def test_an_answer_lost_after_the_write_waits_for_a_person_and_is_never_repeated(make_line: MakeLine) -> None:
    line = make_line()
    line.faults("erp", drop_after=0.15)
    run = line.run()
    doubtful = line.operations(state="rejected", error_code=IN_DOUBT)
    assert doubtful
    tried = {operation.id: operation.attempts for operation in doubtful}
    assert run.rejected == len(doubtful)
    assert run.read == run.written + run.unchanged + run.skipped + run.rejected + run.waiting
    assert len(line.time_lines()) == run.written + len(doubtful)
    line.faults("erp")
    line.run()
    assert {o.id: o.attempts for o in line.operations(error_code=IN_DOUBT)} == tried  # nothing is repeated by itself
    with scope.work_in(line.partner):
        replay_operations([doubtful[0].id], started_by="Hanna")
    line.work()
    retried = next(o for o in line.operations() if o.id == doubtful[0].id)
    assert len(retried.attempts) == len(doubtful[0].attempts) + 1


@pytest.mark.usefixtures("forgetful_erp")
def test_records_that_never_left_are_not_in_doubt(make_line: MakeLine) -> None:
    line = make_line()
    line.faults("erp", wrong_credentials=1)
    assert line.run().state == "waiting"
    line.faults("erp")
    with scope.work_in(line.partner):
        breaker.reset(line.target.id)
    line.work()
    assert line.operations(state="rejected") == []
    assert len(line.time_lines()) == len(line.entries(status="approved", billable=True))
