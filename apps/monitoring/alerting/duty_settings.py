"""What people do with on-call schedules: who takes turns, in which hours, and who stands in."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.actor import Actor
from apps.monitoring.alerting.route_settings import record, require_unused
from apps.monitoring.cases import require_workers
from apps.monitoring.models import OnCallSchedule, OnCallStandIn

SCHEDULE_FIELDS = ("name", "zone", "hand_over", "people", "first_day", "turn_days", "weekdays", "calendar_id")


def save_schedule(schedule: OnCallSchedule | None, values: Mapping[str, Any], *, by: Actor) -> OnCallSchedule:
    """Store a schedule. Raises ValidationError: a taken name, nobody in it, or somebody who cannot work exceptions."""
    made = schedule or OnCallSchedule()
    people = [*values["people"], *(UUID(one) for one in values["weekdays"] if one)]
    if not people:
        raise ValidationError(_("Name at least one person: for a turn, or for a weekday."))
    require_workers(people)
    with transaction.atomic():
        if OnCallSchedule.objects.filter(name__iexact=values["name"]).exclude(id=made.id).exists():
            raise ValidationError({"name": _("There is a schedule with this name already: choose another.")})
        for name in SCHEDULE_FIELDS:
            setattr(made, name, values[name])
        made.changed_at, made.changed_by = timezone.now(), by.shown_name
        made.save()
        record("schedule", made.id, made.name)
    return made


def remove_schedule(schedule: OnCallSchedule) -> None:
    """Take a schedule away. Raises ValidationError while a route still asks it."""
    require_unused(f"on_call:{schedule.id}")
    with transaction.atomic():
        record("schedule", schedule.id, schedule.name, removed=True)
        schedule.delete()


def add_stand_in(
    schedule: OnCallSchedule, *, person: UUID, begins_at: datetime, ends_at: datetime, by: Actor
) -> OnCallStandIn:
    """Let somebody take over for a while. Raises ValidationError: it ends before it begins, or they cannot work exceptions."""
    if ends_at <= begins_at:
        raise ValidationError({"ends_at": _("It must end after it begins.")})
    require_workers([person])
    with transaction.atomic():
        made = OnCallStandIn.objects.create(
            schedule=schedule, person_id=person, begins_at=begins_at, ends_at=ends_at, written_by=by.shown_name
        )
        record("schedule", schedule.id, schedule.name, stand_in=str(made.person))
    return made


def remove_stand_in(one: OnCallStandIn) -> None:
    """Take a stand-in back."""
    with transaction.atomic():
        record("schedule", one.schedule_id, one.schedule.name, stand_in=str(one.person), removed=True)
        one.delete()
