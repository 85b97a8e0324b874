"""The Celery doorway: one task that says "look for work", and the base of any task that works for a partner."""

from typing import Any
from uuid import UUID

from celery import Task, shared_task

from apps.dispatch import heartbeats, wakeups, worker, worker_process
from apps.dispatch.models import Queue
from apps.tenants import scope
from apps.tenants.models import Partner, partner_ref


class PartnerTask(Task):
    """Base of every task: runs inside the scope of the partner named by the required argument `partner_id`.

    Without one, or for a partner that is gone or not active, it raises; it never falls back to the public schema. Only
    a task that says `public = True` runs without a partner.

    Raises:
        NoPartnerError: the message names no active partner.

    """

    abstract = True
    public = False

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Enter the partner's scope, then run."""
        if self.public:
            with scope.public():
                return super().__call__(*args, **kwargs)
        with scope.enter(self._require_partner(kwargs.pop("partner_id", None))):
            return super().__call__(*args, **kwargs)

    def _require_partner(self, partner_id: str | None) -> scope.PartnerRef:
        if not partner_id:
            raise scope.NoPartnerError(f"Task {self.name} was sent without partner_id: pass the partner's id.")
        with scope.public():
            active = Partner.objects.filter(id=UUID(partner_id), state=Partner.State.ACTIVE).exists()
            if not active:
                raise scope.NoPartnerError(f"Task {self.name} was sent for partner {partner_id}, which is not active.")
            return partner_ref(UUID(partner_id))


@shared_task(name=wakeups.TASK, base=PartnerTask, public=True)
def wake(queue: str) -> None:
    """Do what is due in `queue`."""
    worker.drain(Queue(queue), worker=heartbeats.worker_name(), stopping=worker_process.stopping, wake_others=True)
