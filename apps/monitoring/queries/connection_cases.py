"""Open exceptions of the flows that use a connection: told to the connectors room, which is below and asks."""

from collections.abc import Collection
from uuid import UUID

from apps.connectors.usage_directory import OpenCase
from apps.monitoring.case_words import title_words
from apps.monitoring.models import ExceptionCase

_MOST = 50


def open_cases_of_flows(flow_ids: Collection[UUID]) -> list[OpenCase]:
    """Return the open exceptions of these flows, the oldest first, fifty at most. One query."""
    cases = ExceptionCase.objects.filter(flow_id__in=flow_ids).exclude(state=ExceptionCase.State.CLOSED)
    return [
        OpenCase(case.id, title_words(case.title, case.error_class), case.opened_at)
        for case in cases.order_by("opened_at", "id")[:_MOST]
    ]
