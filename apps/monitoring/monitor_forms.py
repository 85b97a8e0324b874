"""What people type about one monitor of a flow."""

from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.stale_check import StaleCheck
from apps.monitoring.alert_models import SEVERITY_LABELS
from apps.monitoring.monitor_kinds import SHEETS, MonitorKind
from apps.monitoring.monitors.switching import Wanted

_SEVERITIES = (
    ("", gettext_lazy("As usual for its kind")),
    *((severity.value, label) for severity, label in SEVERITY_LABELS.items()),
)


class MonitorForm(StaleCheck, forms.Form):
    """One monitor: on or off, beyond what it tells somebody, how bad that is."""

    is_on = forms.BooleanField(label=gettext_lazy("The monitor is on"), required=False)
    own_limit = forms.DecimalField(label=gettext_lazy("Limit"), required=False, max_digits=12, decimal_places=2)
    severity = forms.ChoiceField(label=gettext_lazy("Severity of what it finds"), required=False, choices=_SEVERITIES)
    paused_until = forms.DateField(
        label=gettext_lazy("Paused until"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("It is on again by itself when this day begins for the customer."),
    )
    reason = forms.CharField(
        label=gettext_lazy("Why"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("Needed where it is off or paused."),
    )

    def __init__(self, *args: Any, kind: MonitorKind, now: Wanted, zone: str, **kwargs: Any) -> None:
        sheet = SHEETS[kind]
        self._size, self._zone = sheet.size, ZoneInfo(zone)
        until = now.paused_until.astimezone(self._zone).date() if now.paused_until else None
        limit = round(now.own_limit / self._size, 2) if now.own_limit is not None else None
        initial = {
            "is_on": now.is_on,
            "own_limit": limit,
            "severity": now.severity,
            "paused_until": until,
            "reason": now.reason,
        }
        super().__init__(*args, initial=initial, **kwargs)
        if sheet.unit:
            words = _("In %(unit)s. Left empty, it is learned from what is usual.")
            if kind is MonitorKind.CUT_OFF:
                words = _("How many %(unit)s it is told. Left empty: 4.")
            self.fields["own_limit"].help_text = words % {"unit": _(sheet.unit)}
        else:
            del self.fields["own_limit"]
        if not sheet.graded:
            del self.fields["severity"]

    @property
    def wanted(self) -> Wanted:
        """Return how the monitor is to be; ask only a valid form."""
        given = self.cleaned_data
        limit, until = given.get("own_limit"), given["paused_until"]
        return Wanted(
            is_on=given["is_on"],
            paused_until=datetime.combine(until, time(), tzinfo=self._zone) if until else None,
            own_limit=round(float(limit) * self._size, 6) if limit is not None else None,
            severity=given.get("severity", ""),
            reason=given["reason"].strip(),
        )
