"""When each of the partner's people last looked at the home page: what changed since then is told there."""

from datetime import datetime, timedelta
from uuid import UUID

from apps.monitoring.models import HomeVisit

VISIT_ENDS_AFTER = timedelta(minutes=30)  # who looks again sooner is still on the same visit
FIRST_LOOKS_BACK = timedelta(days=1)  # what somebody who never was here is told


def record_visit(person_id: UUID, *, now: datetime) -> datetime:
    """Note that somebody opened the home page; returns since when changes are news to them.

    Opening it again during one visit keeps the news: it is not gone because the page was reloaded.
    """
    visit, is_first = HomeVisit.objects.get_or_create(
        person_id=person_id, defaults={"since": now - FIRST_LOOKS_BACK, "seen_at": now}
    )
    if is_first:
        return visit.since
    if now - visit.seen_at > VISIT_ENDS_AFTER:
        visit.since = visit.seen_at
    visit.seen_at = max(now, visit.seen_at)
    visit.save(update_fields=["since", "seen_at"])
    return visit.since


def last_visit(person_id: UUID | None, *, now: datetime) -> datetime:
    """Return since when changes are news to somebody, without noting a visit."""
    known = HomeVisit.objects.filter(person_id=person_id).values_list("since", flat=True).first() if person_id else None
    return known or now - FIRST_LOOKS_BACK
