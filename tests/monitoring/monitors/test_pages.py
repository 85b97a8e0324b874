"""The pages and the API of monitors: all of a flow's, one with its settings, and those of all flows."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.actions import Action, Role
from apps.accounts.actor import acting
from apps.accounts.services import create_api_key
from apps.monitoring.models import ExceptionCase, Monitor, MonitorFigures, MonitorFinding
from apps.monitoring.monitor_kinds import SHEETS, MonitorKind
from apps.monitoring.monitors.learning import Sample
from apps.tenants import scope
from tests.flows.views.conftest import page_of
from tests.monitoring.conftest import Blocked


def _key(blocked: Blocked, *rights: Action) -> Client:
    with scope.work_in(blocked.line.partner), acting(blocked.person(Role.OWNER).as_actor()):
        _, text = create_api_key(name="Program", scopes=list(rights), customer_id=None)
    return Client(headers={"host": "alder.localhost", "authorization": f"Bearer {text}"})


def test_each_monitor_of_a_flow_is_shown_and_changed(blocked: Blocked) -> None:
    here = f"/flows/{blocked.line.flow.id}/monitors/"
    rows = {row.name: row for row in blocked.owner.get(here).context["watch"].rows}
    assert list(rows) == list(MonitorKind)
    assert rows["slow"].note == "It still learns: 0 of 20 runs seen."
    refused = blocked.owner.post(f"{here}slow/", {"own_limit": "0"})
    assert refused.status_code == 400
    assert set(refused.context["form"].errors) == {"reason", "own_limit"}
    typed = {"is_on": "on", "own_limit": "10", "severity": "high"}
    with scope.work_in(blocked.line.partner):
        seen = [Sample(timezone.now() - timedelta(hours=n), 60.0 if n else 900.0, 5).to_json() for n in range(30)]
        MonitorFigures.objects.create(
            flow=blocked.line.flow, customer=blocked.line.customer, kind="slow", samples=seen, seen_until=timezone.now()
        )
    looked = blocked.owner.post(f"{here}slow/", {**typed, "step": "look"})
    assert [one.worst for one in looked.context["preview"].told] == ["15 min"]
    with scope.work_in(blocked.line.partner):
        assert not Monitor.objects.exists()
    assert "Saved: “Slow runs”" in page_of(blocked.owner.post(f"{here}slow/", typed, follow=True))
    with scope.work_in(blocked.line.partner):
        kept = Monitor.objects.get()
        assert (kept.kind, kept.own_limit, kept.severity, kept.changed_by) == ("slow", 600.0, "high", "Owner")
    assert "tells beyond 10 min (own limit)" in page_of(blocked.owner.get(here))
    blocked.owner.post(f"{here}slow/", {"is_on": "on"})
    with scope.work_in(blocked.line.partner):
        assert not Monitor.objects.exists()
    assert blocked.owner.get(f"{here}cut-off/").status_code == 200
    assert blocked.owner.get(f"{here}weather/").status_code == 404
    assert blocked.as_(Role.READ_ONLY).get(f"{here}slow/").status_code == 403


def test_the_overview_says_what_is_off_by_whom_and_why(blocked: Blocked) -> None:
    here = f"/flows/{blocked.line.flow.id}/monitors/"
    assert blocked.owner.get("/monitors/?show=off").context["list"].rows == []
    blocked.owner.post(f"{here}empty/", {"reason": "Between two projects."})
    (row,) = blocked.owner.get("/monitors/?show=off").context["list"].rows
    assert "Owner on" in row.off[0].words
    assert row.off[0].words.endswith("Between two projects.")
    page = page_of(blocked.as_(Role.READ_ONLY).get("/monitors/"))
    assert "Between two projects." in page
    sent = b"".join(blocked.owner.get("/monitors/?format=csv").streaming_content).decode()
    assert "Empty runs: Owner on" in sent


def test_programs_read_and_change_monitors(blocked: Blocked) -> None:
    reads, here = _key(blocked, Action.VIEW_FLOWS), f"/api/v1/monitors/{blocked.line.flow.id}/"
    answer = reads.get(here).json()
    assert [one["name"] for one in answer["monitors"]] == list(MonitorKind)
    wanted = {"kind": "backlog", "is_on": False}
    assert reads.post(f"{here}set/", wanted, content_type="application/json").status_code == 403
    edits = _key(blocked, Action.VIEW_FLOWS, Action.EDIT_FLOWS)
    refused = edits.post(f"{here}set/", wanted, content_type="application/json")
    assert refused.status_code == 400
    assert "reason" in refused.content.decode()
    changed = edits.post(f"{here}set/", {**wanted, "reason": "Known."}, content_type="application/json").json()
    assert next(one for one in changed["monitors"] if one["name"] == "backlog")["state"] == "inactive"
    (row,) = edits.get("/api/v1/monitors/").json()["results"]
    assert (row["kind"], row["is_on"], row["reason"]) == ("backlog", False, "Known.")


@pytest.mark.parametrize(
    ("kind", "value", "limit", "shown"),
    [
        ("slow", 1200, 90, ["20 min", "at most 1 min 30 s"]),
        ("backlog", 7200, 3600, ["2 h", "at most 1 h"]),
        ("overdue", 90_000, 36_000, ["1 d 1 h", "at most 10 h"]),
        ("partial", 0.4, 0.015, ["40%", "at most 1.5%"]),
        ("empty", 3, 12, ["3 records", "at least 12 records"]),
        ("empty", 0, None, ["0 records", "—"]),
        ("cut-off", 4, 0, ["4 records", "at most 0 records"]),
    ],
)
def test_a_case_says_what_was_measured_against_which_limit(
    blocked: Blocked, kind: str, value: float, limit: float | None, shown: list[str]
) -> None:
    now, (case, *_) = timezone.now(), blocked.cases()
    here = f"/exceptions/{case.id}/"
    assert "What was measured" not in page_of(blocked.owner.get(here))
    with scope.work_in(blocked.line.partner):
        ExceptionCase.objects.filter(id=case.id).update(error_class=SHEETS[MonitorKind(kind)].classes[0])
        MonitorFinding.objects.create(
            flow=blocked.line.flow,
            customer=blocked.line.customer,
            kind=kind,
            sentence="Too much.",
            value=value,
            limit=limit,
            since=now - timedelta(hours=3),
            found_at=now - timedelta(hours=1),
            case=case,
        )
    answer = blocked.owner.get(here)
    (row,) = answer.context["measured"]
    assert [row.value, row.limit or "—"] == shown
    page = page_of(answer)
    for words in ("What was measured", "it goes on", "All monitors of the flow", *shown):
        assert words in page
    support = page_of(blocked.as_(Role.SUPPORT).get(here))
    assert shown[0] in support
