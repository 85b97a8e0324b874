"""Kinds of work that write down what they were given."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.utils import timezone

from apps.dispatch import kinds, leases, services
from apps.dispatch.leases import LeasedWork
from apps.dispatch.models import DueWork, Queue
from apps.tenants import scope
from apps.tenants.scope import PartnerRef

KIND = "tests.note"
OTHER_QUEUE_KIND = "tests.note_poll"


@dataclass
class Notes:
    """What the test kinds saw; `then` decides what a run answers or raises."""

    seen: list[LeasedWork] = field(default_factory=list)
    partners: list[PartnerRef] = field(default_factory=list)
    then: Callable[[LeasedWork], kinds.RunAgain | None] = lambda work: None

    def __call__(self, work: LeasedWork) -> kinds.RunAgain | None:
        self.seen.append(work)
        self.partners.append(scope.require().partner)
        return self.then(work)

    @property
    def references(self) -> list[str]:
        return [work.reference for work in self.seen]


@pytest.fixture
def notes() -> Iterator[Notes]:
    notes = Notes()
    kinds.register(KIND, notes)
    kinds.register(OTHER_QUEUE_KIND, notes, queue=Queue.POLL)
    yield notes
    kinds.forget(KIND)
    kinds.forget(OTHER_QUEUE_KIND)


def put(partner: PartnerRef, *references: str, **more: Any) -> None:
    """Put down one row of the test kind per reference."""
    more.setdefault("kind", KIND)
    with scope.work_in(partner):
        for reference in references:
            services.enqueue(reference=reference, **more)


def take(limit: int = 1, queue: Queue = Queue.RUN, worker: str = "w1") -> list[LeasedWork]:
    return leases.claim(queue=queue, worker=worker, limit=limit)


def taken(limit: int = 1, queue: Queue = Queue.RUN) -> list[str]:
    return [work.reference for work in take(limit, queue)]


def row(reference: str) -> DueWork:
    return DueWork.objects.get(reference=reference)


def move(reference: str, **changes: Any) -> None:
    DueWork.objects.filter(reference=reference).update(**changes)


def let_lease_run_out(work: LeasedWork) -> None:
    DueWork.objects.filter(id=work.id).update(lease_until=timezone.now() - timedelta(seconds=1))


def in_seconds(seconds: float) -> Any:
    return timezone.now() + timedelta(seconds=seconds)


def customer(number: int) -> UUID:
    return UUID(int=number)


def in_thread(act: Callable[[], Any], answers: list[Any]) -> Callable[[], None]:
    """Wrap `act` for a thread: keeps its answer or error, closes its connection."""

    def run() -> None:
        try:
            answers.append(act())
        except Exception as error:  # noqa: BLE001  the test looks at it
            answers.append(error)
        finally:
            connection.close()

    return run
