"""A list page's parts for the gallery, as `apps/accounts/list_pages.py` hands them to the components: samples only."""

from collections.abc import Sequence
from types import SimpleNamespace

from apps.tenants.templatetags.marks import cell_begins

_COLUMNS = (
    ("customer", "Customer", False),
    ("health", "Health", False),
    ("read", "Records read", True),
    ("open", "Open cases", True),
    ("risk", "Money at risk", True),
    ("success", "Last success", False),
)


def sample_list(rows: Sequence[object]) -> SimpleNamespace:
    """Return a list with rows, filters, a saved view and a bulk action; its links lead to the gallery itself."""
    return _list(
        "sample",
        rows=rows,
        words="1 to 4 of 38",
        active_filters=[SimpleNamespace(label="Owner", value="Hanna Alder", url="?")],
        bulk=(
            SimpleNamespace(
                name="pause",
                label="Pause",
                url="?",
                question="Pause these customers?",
                text="Nothing new starts for them until they are resumed. Nothing is lost.",
                icon="player-pause",
                tone="danger",
                reason_label="Reason",
            ),
        ),
    )


def sample_list_without_match() -> SimpleNamespace:
    """Return a list that nothing fits."""
    return _list("sample-nothing", active_filters=[SimpleNamespace(label="Search", value="Nrothwind", url="?")])


def _list(key: str, **parts: object) -> SimpleNamespace:
    spec = SimpleNamespace(key=key)
    known: dict[str, object] = {
        "name": f"list-{key}",
        "path": "",
        "query": "",
        "rows": [],
        "words": "",
        "bulk": (),
        "total": 38,
        "cells": {
            name: cell_begins(label, fixed=name == "customer", numeric=numeric) for name, label, numeric in _COLUMNS
        },
        "state": SimpleNamespace(spec=spec, has_default_view=False),
        "headers": [_head(name, label, numeric=numeric) for name, label, numeric in _COLUMNS],
        "chip_groups": [SimpleNamespace(label="State", chips=_chips())],
        "clear_url": "?",
        "search": SimpleNamespace(name="q", value="", label="Search customers"),
        "controls": [_control("owner", "Everybody's", ("Hanna Alder", "Fina Lanz"))],
        "column_choices": [SimpleNamespace(name=name, label=label, shown=True) for name, label, _n in _COLUMNS[1:]],
        "fixed_column": "customer",
        "csv_url": "?",
        "can_select_all": True,
        "match_words": "Select all 38 that match",
        "older_url": "?",
    }
    return SimpleNamespace(**{**known, **parts})


def _head(name: str, label: str, *, numeric: bool) -> SimpleNamespace:
    direction = "descending" if name == "risk" else ""
    return SimpleNamespace(name=name, label=label, numeric=numeric, sort_url="?", direction=direction)


def _chips() -> list[SimpleNamespace]:
    named = (("All", 38, True), ("Healthy", 33, False), ("Need attention", 4, False), ("Blocked", 1, False))
    return [SimpleNamespace(label=label, url="?", active=on, count=number, icon="") for label, number, on in named]


def _control(name: str, everybody: str, people: tuple[str, ...]) -> SimpleNamespace:
    options = [SimpleNamespace(value=person, label=person) for person in people]
    return SimpleNamespace(name=name, label="Owner", kind="select", value="", all_label=everybody, options=options)
