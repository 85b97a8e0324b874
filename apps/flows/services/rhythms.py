"""Learning the rhythm of each live flow from what it moved lately; looked at a few times a day."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from apps.dispatch.leases import LeasedWork
from apps.flows.engine.rhythm import learn_rhythm
from apps.flows.models import Flow, Run

RHYTHM_KIND = "flows.rhythms"
RHYTHM_EVERY_SECONDS = 6 * 3600
_MOST_RUNS = 400
_LOOKED_BACK = timedelta(days=90)
_LIVING = (Run.Mode.READ, Run.Mode.RECORDS)  # retries and backfills are no rhythm


def learn_rhythms(_: LeasedWork) -> None:
    """Learn the rhythm of every live flow anew; doing it twice changes nothing."""
    with transaction.atomic():
        flows = list(Flow.objects.select_related("customer").filter(state=Flow.State.LIVE))
    for flow in flows:
        with transaction.atomic():
            learn_flow(flow)


def learn_flow(flow: Flow) -> None:
    """Learn one flow's rhythm; what was learned stays while too little is seen. In a transaction."""
    moved = Run.objects.filter(flow=flow, mode__in=_LIVING, finished_at__gte=timezone.now() - _LOOKED_BACK)
    moments = moved.filter(Q(written__gt=0) | Q(unchanged__gt=0)).order_by("-id").values_list("finished_at", flat=True)
    seen = [moment for moment in moments[:_MOST_RUNS] if moment is not None]
    rhythm = learn_rhythm(seen, flow.customer.time_zone)
    if rhythm is not None:
        resumed = {name: value for name, value in (flow.rhythm or {}).items() if name == "resumed_at"}
        Flow.objects.filter(id=flow.id).update(rhythm={**rhythm.to_json(), **resumed})
