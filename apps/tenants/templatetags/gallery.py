"""Samples for the gallery of components: every state at a glance, without any record of anybody."""

from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace

from django import forms, template
from django.utils import timezone

from apps.tenants.charts import Chart, Series
from apps.tenants.templatetags.gallery_list import sample_list, sample_list_without_match

register = template.Library()


class SampleForm(forms.Form):
    """One field of each kind the portal uses."""

    name = forms.CharField(label="Connection name", help_text="Shown wherever this connection is chosen.")
    system = forms.ChoiceField(label="System", choices=[("psa", "Project software"), ("erp", "Accounting")])
    address = forms.URLField(label="Address", assume_scheme="https", help_text="Begins with https://.")
    secret = forms.CharField(
        label="API key", widget=forms.PasswordInput, help_text="Sealed at once; nobody can read it again."
    )
    colour = forms.CharField(label="Main colour", widget=forms.TextInput(attrs={"type": "color"}), initial="#0f766e")
    note = forms.CharField(label="Note", widget=forms.Textarea(attrs={"rows": 3}), required=False)
    environment = forms.ChoiceField(
        label="Environment", choices=[("sandbox", "Sandbox"), ("production", "Production")], widget=forms.RadioSelect
    )
    notify = forms.BooleanField(label="Tell me by mail when it stops working", required=False)


STATES = {
    "Runs": "queued running waiting clean partial failed empty cancelled",
    "Records": "waiting written unchanged skipped rejected superseded",
    "Batches": "planned sent settled abandoned",
    "Connections": "untested working attention disabled",
    "Tests": "running passed failed",
    "Health": "green amber red grey",
    "Cases": "open resolving closed",
    "Approvals": "waiting approved rejected expired withdrawn",
    "Flows": "draft live paused retired",
    "Customers": "onboarding live paused left",
    "Environments": "sandbox production",
    "Figures": "known estimated unknown measured derived assumed",
}


@register.simple_tag
def gallery_samples() -> SimpleNamespace:
    """`{% gallery_samples as sample %}`: what the gallery shows."""
    now = timezone.now()
    wrong = SampleForm({"name": "", "address": "accounting", "system": "erp", "environment": "sandbox"})
    wrong.is_valid()
    return SimpleNamespace(
        now=now,
        form=SampleForm(),
        wrong_form=wrong,
        states=[{"title": title, "states": names.split()} for title, names in STATES.items()],
        moments=[
            now - span
            for span in (timedelta(), timedelta(minutes=4), timedelta(hours=5), timedelta(days=3), timedelta(days=90))
        ],
        later=now + timedelta(hours=2),
        amounts=[(Decimal("48250.5"), "EUR"), (Decimal("-1200"), "USD"), (Decimal("1250000"), "JPY"), (None, "EUR")],
        number=1234567,
        risk=Decimal("114650.5"),
        worked_hours=Decimal("12840.25"),
        seconds=254,
        charts=_charts(),
        days=[12, 18, 0, 22, 31, 28, 4, 2, 25, 30, 34, 29, 41, 38],
        list=sample_list(_ROWS),
        nothing=sample_list_without_match(),
        steps=_STEPS,
        older_document=_OLDER_DOCUMENT,
        colleagues=["Hanna Alder", "Fina Lanz"],
        **_lists(now),
    )


def _charts() -> list[Chart]:
    days = [f"{day} Nov" for day in range(8, 22)]
    written = [120, 180, 90, 0, 0, 210, 240, 260, 190, 220, 30, 12, 280, 310]
    return [
        Chart(
            name="sample-stacked",
            title="Records a day",
            kind="stacked",
            categories=days,
            series=[
                Series("Written", written, "success", ["#" for _ in days]),
                Series("Unchanged", [value // 5 for value in written], "neutral"),
                Series("Rejected", [value // 20 for value in written], "danger"),
            ],
        ),
        Chart(
            name="sample-area",
            title="Money at risk",
            note="At the end of each day",
            kind="area",
            categories=days,
            series=[Series("EUR", [Decimal(value) * 71 for value in reversed(written)], "warning")],
            unit="EUR",
        ),
        Chart(
            name="sample-bar",
            title="Failures by cause",
            kind="bar",
            categories=["A period is closed", "A person is missing", "Hours are not plausible"],
            series=[Series("Records", [41, 17, 5], "brand", ["#", "#", "#"])],
        ),
        Chart(name="sample-empty", title="Nothing yet", kind="line", categories=["8 Nov"], series=[Series("EUR", [0])]),
    ]


def _lists(now: object) -> dict[str, object]:
    return {
        "crumbs": [
            {"label": "Customers", "url": "#"},
            {"label": "Northwind Consulting", "url": "#"},
            {"label": "Approved time to bill"},
        ],
        "tabs": [
            {"label": "Overview", "url": "#", "active": True},
            {"label": "Runs", "url": "#", "count": 128},
            {"label": "Mapping", "url": "#"},
            {"label": "Exceptions", "url": "#", "count": 3},
        ],
        "chips": [
            {"label": "All", "url": "#", "count": 42},
            {"label": "Finance", "url": "#", "count": 7, "active": True, "icon": "receipt"},
            {"label": "Access", "url": "#", "count": 1, "icon": "key"},
            {"label": "Waiting on customer", "url": "#"},
        ],
        "segments": [
            {"label": "Written", "count": 412, "tone": "success", "url": "#"},
            {"label": "Unchanged", "count": 73, "tone": "neutral", "url": "#"},
            {"label": "Waiting", "count": 9, "tone": "warning", "url": "#"},
            {"label": "Rejected", "count": 6, "tone": "danger", "url": "#"},
        ],
        "document": _DOCUMENT,
        "pairs": [
            {"label": "State", "state": "working"},
            {"label": "System", "value": "Accounting, production"},
            {"label": "Last used", "moment": now},
            {"label": "Money at risk", "amount": Decimal("18240"), "currency": "EUR"},
            {"label": "Record id", "code": "TE-20261120-0042"},
            {"label": "Customer", "value": "Northwind Consulting", "link": "#"},
            {"label": "Proxy", "value": ""},
        ],
        "rows": _ROWS,
        "versus": _VERSUS,
        "entries": _entries(now),
    }


_STEPS = [
    {"label": "Company", "state": "done", "url": "#", "note": "Northwind Consulting, Bristol"},
    {"label": "Connections", "state": "done", "url": "#", "note": "2 of 2 tested"},
    {"label": "Mapping", "state": "current", "url": "#", "note": "3 values have no counterpart yet"},
    {"label": "Dry run", "state": "todo", "url": "#"},
    {"label": "Go live", "state": "locked", "note": "Needs a dry run without rejections"},
]
_OLDER_DOCUMENT = {
    "entry": {"employee": "E-1042", "project": "NW-ERP-2026", "hours": 25, "work_date": "2026-11-20", "task": "T-7"},
    "headers": {"Authorization": "Bearer 0987654321", "Content-Type": "application/json"},
}
_DOCUMENT = {
    "entry": {
        "employee": "E-1042",
        "project": "NW-ERP-2026",
        "hours": 7.5,
        "work_date": "2026-11-20",
        "billable": True,
        "note": None,
    },
    "headers": {"Authorization": "Bearer 1234567890", "Content-Type": "application/json"},
}
_ROWS = [
    {
        "name": "Northwind Consulting",
        "note": "Approved time to bill",
        "state": "green",
        "read": 1284,
        "open": 0,
        "risk": Decimal(0),
    },
    {
        "name": "Hallberg & Partner",
        "note": "Approved time to bill",
        "state": "amber",
        "read": 18402,
        "open": 3,
        "risk": Decimal("18240"),
    },
    {
        "name": "Veridian Legal",
        "note": "Projects to accounting",
        "state": "red",
        "read": 312,
        "open": 11,
        "risk": Decimal("96410.5"),
    },
    {"name": "Ostend Architects", "note": "No flow yet", "state": "grey", "read": None, "open": 0, "risk": None},
]
_VERSUS = [
    {"label": "Employee", "left": "Mara Lind", "right": "Mara Lind", "differs": False},
    {"label": "Hours", "left": "7.50", "right": "7.00", "differs": True},
    {"label": "Project", "left": "NW-ERP-2026", "right": "NW-ERP-2026", "differs": False},
    {"label": "Note", "left": "Workshop", "right": None, "differs": True},
]


def _entries(now: object) -> list[dict[str, object]]:
    return [
        {"title": "Posted in accounting", "moment": now, "state": "written", "text": "Line 8841 of timesheet 2026-47."},
        {
            "title": "Mended",
            "moment": now,
            "icon": "pencil-check",
            "tone": "brand",
            "text": "Hours 25 changed to 7.5.",
            "actor": "Mara Lind",
        },
        {
            "title": "Refused by accounting",
            "moment": now,
            "state": "rejected",
            "text": "A day has 24 hours: 25 cannot be booked.",
        },
        {"title": "Read from project software", "moment": now, "icon": "database"},
    ]
