"""Why a flow starts nothing just now although it was asked to, and how much waits for it."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.flows.engine.states import RunState
from apps.flows.models import Flow, Run, TriggerEvent
from apps.flows.triggers.quiet import quiet_until


@dataclass(frozen=True, slots=True)
class Hold:
    """A flow that starts nothing by itself: paused (`until` None), or in a quiet time. `waiting` triggers wait for it."""

    paused: bool
    waiting: int
    until: datetime | None = None

    @property
    def words(self) -> str:
        """Return it as people say it: "paused: 3 triggers wait"."""
        if not self.waiting:
            return _("paused: nothing waits yet") if self.paused else _("quiet time: nothing waits yet")
        text = (
            ngettext("paused: %(n)s trigger waits", "paused: %(n)s triggers wait", self.waiting)
            if self.paused
            else ngettext("quiet time: %(n)s trigger waits", "quiet time: %(n)s triggers wait", self.waiting)
        )
        return text % {"n": self.waiting}


def get_hold(flow: Flow, now: datetime) -> Hold | None:
    """Return why `flow` starts nothing just now, None when it may; no query when it may."""
    return list_holds([flow], now).get(flow.id)


def list_holds(flows: Collection[Flow], now: datetime) -> dict[UUID, Hold]:
    """Return the holds of those flows that have one; two queries, none when no flow is held."""
    until = {flow.id: quiet_until(flow, now) for flow in flows if flow.state == Flow.State.LIVE and flow.blackouts}
    held = [flow for flow in flows if flow.state == Flow.State.PAUSED or until.get(flow.id)]
    waiting = count_waiting_triggers([flow.id for flow in held]) if held else Counter[UUID]()
    return {flow.id: Hold(flow.state == Flow.State.PAUSED, waiting[flow.id], until.get(flow.id)) for flow in held}


def count_waiting_triggers(ids: Collection[UUID]) -> Counter[UUID]:
    """Return how much was asked of each flow that has not begun: events nobody took, and runs that were not started."""
    waiting: Counter[UUID] = Counter()
    for asked in (
        TriggerEvent.objects.filter(flow_id__in=ids, run__isnull=True),
        Run.objects.filter(flow_id__in=ids, state=RunState.QUEUED, started_at__isnull=True),
    ):
        waiting.update(dict(asked.order_by().values_list("flow_id").annotate(Count("id"))))
    return waiting
