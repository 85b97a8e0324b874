"""What people type to organise the work on a case: where it belongs, its rest, whom it waits for, what it is merged into."""

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.monitoring.blame import QUEUE_LABELS, WAITING_LABELS, WaitingOn, WorkQueue
from apps.monitoring.case_work import LONGEST_REASON, Sorting
from apps.monitoring.models import CasePriority, ExceptionCase
from apps.monitoring.queries.case_people import list_merge_targets
from apps.monitoring.queries.case_queue import list_teams
from apps.monitoring.routing_rules import read_tags

MORNING = time(8)
_MONDAY = 0


def _to_choices(pairs: list[tuple[UUID, str]]) -> list[tuple[str, str]]:
    return [(str(key), name) for key, name in pairs]


class SortForm(forms.Form):
    """Which queue and team a case belongs to, how important it is, and its tags."""

    queue = forms.ChoiceField(label=gettext_lazy("Queue"))
    priority = forms.TypedChoiceField(label=gettext_lazy("Priority"), coerce=int, choices=CasePriority.choices)
    team = forms.ChoiceField(label=gettext_lazy("Team"), required=False)
    tags = forms.CharField(
        label=gettext_lazy("Tags"), required=False, max_length=320, help_text=gettext_lazy("With commas between them.")
    )

    def __init__(self, *args: Any, case: ExceptionCase, **kwargs: Any) -> None:
        kept = {"queue": case.queue, "priority": case.priority, "team": str(case.team_id or "")}
        kwargs["initial"] = {**kept, "tags": ", ".join(case.tags)}
        super().__init__(*args, **kwargs)
        queues = [(queue.value, _(label)) for queue, label in QUEUE_LABELS.items()]
        self.fields["queue"].choices = queues  # type: ignore[attr-defined]
        self.fields["team"].choices = [("", _("No team")), *_to_choices(list_teams())]  # type: ignore[attr-defined]

    def clean_tags(self) -> list[str]:
        """Return the tags."""
        try:
            return read_tags(self.cleaned_data["tags"])
        except forms.ValidationError as error:
            raise forms.ValidationError(error.messages) from error

    @property
    def typed(self) -> Sorting:
        """Return what was chosen; ask only a valid form."""
        chosen = self.cleaned_data
        team = UUID(chosen["team"]) if chosen["team"] else None
        return Sorting(WorkQueue(chosen["queue"]), CasePriority(chosen["priority"]), team, chosen["tags"])


class SnoozeForm(forms.Form):
    """Until when a case rests: one of the usual moments, or the morning of a day."""

    until = forms.ChoiceField(
        label=gettext_lazy("Until"),
        choices=[
            ("hours", gettext_lazy("4 hours from now")),
            ("tomorrow", gettext_lazy("Tomorrow at 08:00")),
            ("monday", gettext_lazy("Next Monday at 08:00")),
            ("day", gettext_lazy("The day below, at 08:00")),
        ],
    )
    day = forms.DateField(
        label=gettext_lazy("Day"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), required=False, max_length=LONGEST_REASON)

    def clean(self) -> dict[str, Any]:
        """Ask for the day where one is meant."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("until") == "day" and not cleaned.get("day") and "day" not in self.errors:
            self.add_error("day", _("Say which day."))
        return cleaned

    def moment(self, now: datetime) -> datetime:
        """Return until when it rests, on the reader's clock; ask only a valid form."""
        chosen, today = self.cleaned_data["until"], timezone.localtime(now).date()
        if chosen == "hours":
            return now + timedelta(hours=4)
        days = {"tomorrow": 1, "monday": (_MONDAY - today.weekday() - 1) % 7 + 1}
        day = self.cleaned_data["day"] if chosen == "day" else today + timedelta(days=days[chosen])
        return timezone.make_aware(datetime.combine(day, MORNING))


class WaitForm(forms.Form):
    """Who has the next step."""

    party = forms.TypedChoiceField(label=gettext_lazy("Waits for"), coerce=WaitingOn)
    note = forms.CharField(label=gettext_lazy("What for"), required=False, max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        parties = [(party.value, _(label)) for party, label in WAITING_LABELS.items()]
        self.fields["party"].choices = parties  # type: ignore[attr-defined]


class AttachForm(forms.Form):
    """A file for the case."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        max_length=255,
        help_text=gettext_lazy("A picture, PDF, text, CSV, Excel or Word file of at most 5 MB."),
    )


class MergeForm(forms.Form):
    """Which other case goes on with this one's records."""

    into = forms.TypedChoiceField(
        label=gettext_lazy("Goes on as"),
        coerce=UUID,
        error_messages={"required": gettext_lazy("Choose the exception that goes on.")},
    )

    def __init__(self, *args: Any, case: ExceptionCase, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["into"].choices = [  # type: ignore[attr-defined]
            ("", _("Choose…")),
            *_to_choices(list_merge_targets(case)),
        ]
