"""From tried drafts to live flows with their schedules: the end of an onboarding."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db import transaction

from apps.customers.models import Customer
from apps.customers.onboarding_changes import finish_onboarding
from apps.flows.models import Flow, Run
from apps.flows.services.flow_state import set_live
from apps.flows.services.start_run import run_now
from apps.flows.triggers.schedule import schedule_flow


def go_live(
    customer: Customer, flows: Sequence[Flow], *, every_seconds: Mapping[UUID, int], start: bool, by: str
) -> list[Run]:
    """Set drafts live, schedule them (0: not by itself), finish the onboarding; returns the first runs when `start`.

    Doing it twice is harmless: what is live already keeps its schedule and is not run again.
    """
    runs = []
    with transaction.atomic():
        for flow in flows:
            if not set_live(flow):
                continue
            if every_seconds.get(flow.id):
                schedule_flow(flow, every_seconds=every_seconds[flow.id])
            if start:
                runs.append(run_now(flow, started_by=by))
        finish_onboarding(customer)
    return runs
